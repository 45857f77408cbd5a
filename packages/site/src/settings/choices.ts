/**
 * What the playground offers, by the library's names. A test compares the lists with the library's tables, so that
 * nothing of it is missing here.
 */
import type { Task } from '../data/datasets.js';

export const ACTIVATIONS = [
  ...['tanh', 'relu', 'sigmoid', 'linear', 'leakyRelu', 'prelu', 'elu', 'selu', 'celu', 'gelu', 'tanhGelu', 'swish'],
  ...['mish', 'softplus', 'softsign', 'hardSigmoid', 'hardSwish', 'relu6', 'exponential', 'softmax', 'logSoftmax'],
  'unitStep',
] as const;
export type ActivationName = (typeof ACTIVATIONS)[number];

/** How a loss is used: the activation of the output, and how targets are written for it. */
export interface LossUse {
  readonly title: string;
  readonly tasks: readonly Task[];
  readonly activation: ActivationName;
  /**
   * `share`: 0 or 1 for two classes, one output. `sign`: −1 or 1. `oneHot`: an output for each class. `index`: the
   * number of the class. `value`: the value. `positive`: the value plus one. `meanAndVariance`: the value, with two
   * outputs for each.
   */
  readonly targets: 'share' | 'sign' | 'oneHot' | 'index' | 'value' | 'positive' | 'meanAndVariance';
}

const classes: readonly Task[] = ['classes'];
const values: readonly Task[] = ['values'];

/** Losses; of classes those for one output serve two classes alone. */
export const LOSSES = {
  binaryCrossentropy: { title: 'Binary cross-entropy', tasks: classes, activation: 'sigmoid', targets: 'share' },
  categoricalCrossentropy: { title: 'Cross-entropy', tasks: classes, activation: 'softmax', targets: 'oneHot' },
  sparseCategoricalCrossentropy: {
    title: 'Cross-entropy of class numbers',
    tasks: classes,
    activation: 'softmax',
    targets: 'index',
  },
  binaryFocalCrossentropy: { title: 'Binary focal loss', tasks: classes, activation: 'sigmoid', targets: 'share' },
  categoricalFocalCrossentropy: { title: 'Focal loss', tasks: classes, activation: 'softmax', targets: 'oneHot' },
  kullbackLeibler: { title: 'Kullback–Leibler divergence', tasks: classes, activation: 'softmax', targets: 'oneHot' },
  hinge: { title: 'Hinge', tasks: classes, activation: 'linear', targets: 'sign' },
  squaredHinge: { title: 'Squared hinge', tasks: classes, activation: 'linear', targets: 'sign' },
  categoricalHinge: { title: 'Hinge of several classes', tasks: classes, activation: 'linear', targets: 'oneHot' },
  cosineSimilarity: { title: 'Cosine similarity', tasks: classes, activation: 'linear', targets: 'oneHot' },
  meanSquaredError: { title: 'Mean squared error', tasks: values, activation: 'linear', targets: 'value' },
  halfSquaredError: { title: 'Half squared error', tasks: values, activation: 'linear', targets: 'value' },
  meanAbsoluteError: { title: 'Mean absolute error', tasks: values, activation: 'linear', targets: 'value' },
  huber: { title: 'Huber', tasks: values, activation: 'linear', targets: 'value' },
  logCosh: { title: 'log cosh', tasks: values, activation: 'linear', targets: 'value' },
  quantile: { title: 'Quantile (median)', tasks: values, activation: 'linear', targets: 'value' },
  gaussianNegativeLogLikelihood: {
    title: 'Mean and variance (Gaussian)',
    tasks: values,
    activation: 'linear',
    targets: 'meanAndVariance',
  },
  meanAbsolutePercentageError: {
    title: 'Mean absolute percentage error',
    tasks: values,
    activation: 'softplus',
    targets: 'positive',
  },
  meanSquaredLogarithmicError: {
    title: 'Mean squared logarithmic error',
    tasks: values,
    activation: 'softplus',
    targets: 'positive',
  },
  poisson: { title: 'Poisson', tasks: values, activation: 'exponential', targets: 'positive' },
} as const satisfies Readonly<Record<string, LossUse>>;
export type LossName = keyof typeof LOSSES;

/** Optimizers with a learning rate that suits the playground's data; undefined for those without one. */
export const OPTIMIZERS = {
  sgd: 0.03,
  adam: 0.01,
  adamw: 0.01,
  adamax: 0.01,
  nadam: 0.01,
  rmsprop: 0.003,
  adagrad: 0.1,
  adadelta: 1,
  lion: 0.001,
  lbfgs: undefined,
  levenbergMarquardt: undefined,
} as const;
export type OptimizerName = keyof typeof OPTIMIZERS;

export const INITIALIZERS = [
  ...['glorotUniform', 'glorotNormal', 'heUniform', 'heNormal', 'lecunUniform', 'lecunNormal', 'orthogonal'],
  ...['randomUniform', 'randomNormal', 'truncatedNormal', 'varianceScaling', 'xavier', 'msra', 'identity', 'constant'],
  ...['ones', 'zeros'],
] as const;

export const REGULARIZERS = ['none', 'l1', 'l2', 'l1l2'] as const;
export type RegularizerName = (typeof REGULARIZERS)[number];

/** Learning-rate schedules, over the given number of steps. */
export const SCHEDULES = [
  ...(['constant', 'step', 'exponential', 'inverseTime', 'polynomial', 'cosine', 'warmUp'] as const),
  ...(['cyclic', 'oneCycle', 'piecewiseConstant', 'sequential'] as const),
] as const;
export type ScheduleName = (typeof SCHEDULES)[number];
