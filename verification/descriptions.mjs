/**
 * Random descriptions of networks, by seed: layers, activations, initializers, losses, optimizers, schedules,
 * penalties, constraints, batches. Numbers are drawn by integer arithmetic, so every engine draws the same.
 */

import { Draw } from './draw.mjs';
import { withLbfgs, withLevenbergMarquardt } from './full-batch-descriptions.mjs';
import { withLater } from './later-descriptions.mjs';

/** @typedef {import('./library.mjs').Description} Description */
/** @typedef {import('./library.mjs').Described} Described */
/** @typedef {import('./library.mjs').Choice} Choice */
/** @typedef {import('./library.mjs').Targets} Targets */

/** @type {readonly Choice[]} */
const ACTIVATIONS = [
  ...['linear', 'unitStep', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'prelu', 'elu', 'selu', 'swish', 'gelu'],
  ...['softplus', 'softsign', 'mish', 'hardSigmoid', 'relu6', 'hardSwish', 'celu', 'exponential', 'tanhGelu'],
  ...['softmax', 'logSoftmax', 'tanh', 'relu', 'sigmoid'],
  ...[
    { kind: 'leakyRelu', alpha: 0.3 },
    { kind: 'elu', alpha: 0.7 },
    { kind: 'celu', alpha: 1.5 },
  ],
];

/** @type {readonly Choice[]} */
const INITIALIZERS = [
  ...['glorotUniform', 'glorotNormal', 'heNormal', 'heUniform', 'lecunNormal', 'lecunUniform', 'xavier', 'msra'],
  ...['randomNormal', 'randomUniform', 'truncatedNormal', 'orthogonal', 'identity', 'ones', 'varianceScaling'],
  ...['zeros', 'constant'],
  ...[
    { kind: 'constant', value: 0.1 },
    { kind: 'randomNormal', mean: 0.1, stddev: 0.3 },
    { kind: 'randomUniform', minval: -0.3, maxval: 0.7 },
    { kind: 'truncatedNormal', mean: -0.1, stddev: 0.4 },
    { kind: 'orthogonal', gain: 1.5 },
    { kind: 'varianceScaling', scale: 2, mode: 'fanAvg', distribution: 'uniform' },
    { kind: 'identity', gain: 0.4 },
    { kind: 'varianceScaling', scale: 0.7, mode: 'fanOut', distribution: 'untruncatedNormal' },
  ],
];

/** @type {readonly Described[]} */
const CONSTRAINTS = [
  { kind: 'maxNorm', limit: 0.9 },
  { kind: 'maxNorm' },
  { kind: 'minMaxNorm' },
  { kind: 'unitNorm' },
  { kind: 'nonNegative' },
  { kind: 'minMaxNorm', minValue: 0.5, maxValue: 1.1, rate: 0.7 },
];

/** @type {readonly Described[]} */
const PENALTIES = [
  { kind: 'l1l2', l1: 0.003, l2: 0 },
  { kind: 'l1l2', l1: 0, l2: 0.01 },
  { kind: 'l1l2', l1: 0.001, l2: 0.02 },
];

/**
 * Losses with the targets and the output activations that they are for.
 * @type {readonly [loss: Choice, targets: Targets, activations: readonly string[]][]}
 */
const LOSSES = [
  ['halfSquaredError', 'values', ['linear', 'sigmoid', 'tanh']],
  ['meanSquaredError', 'values', ['linear', 'tanh', 'softmax', 'prelu']],
  ['meanAbsoluteError', 'values', ['linear', 'relu']],
  ['huber', 'values', ['linear', 'elu']],
  [{ kind: 'huber', delta: 0.3 }, 'values', ['linear']],
  ['logCosh', 'values', ['linear', 'softsign']],
  ['hinge', 'signs', ['linear', 'tanh']],
  ['hinge', 'binary', ['linear']],
  ['squaredHinge', 'signs', ['linear', 'tanh']],
  ['categoricalHinge', 'oneHot', ['linear', 'softmax']],
  ['binaryCrossentropy', 'binary', ['sigmoid', 'sigmoid', 'hardSigmoid']],
  [{ kind: 'binaryCrossentropy', labelSmoothing: 0.1 }, 'binary', ['sigmoid', 'softmax']],
  [{ kind: 'binaryCrossentropy', fromLogits: true }, 'binary', ['linear', 'tanh']],
  ['categoricalCrossentropy', 'oneHot', ['softmax', 'softmax', 'sigmoid']],
  [{ kind: 'categoricalCrossentropy', labelSmoothing: 0.2 }, 'oneHot', ['softmax', 'softplus']],
  [{ kind: 'categoricalCrossentropy', fromLogits: true }, 'oneHot', ['linear', 'logSoftmax']],
  ['sparseCategoricalCrossentropy', 'classes', ['softmax', 'sigmoid']],
  ['kullbackLeibler', 'oneHot', ['softmax', 'sigmoid']],
  [{ kind: 'kullbackLeibler', fromLogits: true }, 'oneHot', ['linear']],
  ['binaryFocalCrossentropy', 'binary', ['sigmoid', 'hardSigmoid']],
  [
    { kind: 'binaryFocalCrossentropy', gamma: 1.5, alpha: 0.3, applyClassBalancing: true },
    'binary',
    ['sigmoid', 'relu6'],
  ],
  [{ kind: 'binaryFocalCrossentropy', fromLogits: true, labelSmoothing: 0.16 }, 'binary', ['linear', 'celu']],
  [{ kind: 'binaryFocalCrossentropy', applyClassBalancing: true, labelSmoothing: 0.3 }, 'binary', ['softmax']],
  ['categoricalFocalCrossentropy', 'oneHot', ['softmax', 'sigmoid']],
  [{ kind: 'categoricalFocalCrossentropy', labelSmoothing: 0.1 }, 'oneHot', ['softmax', 'softplus']],
  [{ kind: 'categoricalFocalCrossentropy', gamma: 0.5, alpha: 0.6, fromLogits: true }, 'oneHot', ['linear']],
  ['meanAbsolutePercentageError', 'values', ['linear']],
  ['meanSquaredLogarithmicError', 'positive', ['softplus', 'relu']],
  ['poisson', 'positive', ['softplus', 'exponential']],
  [{ kind: 'poisson', logInput: true }, 'positive', ['linear']],
  [{ kind: 'quantile', quantiles: [0.1, 0.5, 0.8] }, 'values', ['linear']],
  [{ kind: 'gaussianNegativeLogLikelihood', full: true }, 'values', ['softplus']],
  [{ kind: 'gaussianNegativeLogLikelihood', epsilon: 0.01 }, 'values', ['linear']],
  ['cosineSimilarity', 'values', ['linear', 'tanh']],
];

/** @type {readonly Described[]} */
const OPTIMIZERS = [
  { kind: 'sgd' },
  { kind: 'sgd', momentum: 0.9 },
  { kind: 'sgd', momentum: 0.8, nesterov: true, weightDecay: 0.01 },
  { kind: 'adagrad' },
  { kind: 'rmsprop' },
  { kind: 'rmsprop', momentum: 0.5 },
  { kind: 'rmsprop', centered: true, momentum: 0.7, rho: 0.9 },
  { kind: 'adadelta' },
  { kind: 'adam' },
  { kind: 'adam', beta1: 0.8, beta2: 0.95, epsilon: 1e-6 },
  { kind: 'adam', amsgrad: true },
  { kind: 'adamw' },
  { kind: 'adamw', amsgrad: true, weightDecay: 0.3 },
  { kind: 'adamax' },
  { kind: 'lion', weightDecay: 0.1 },
  { kind: 'nadam' },
];

/** @type {readonly (number | Described)[]} */
const RATES = [
  ...[0.01, 0.03, 0.1],
  { kind: 'exponential', initialLearningRate: 0.1, decayRate: 0.9, decaySteps: 3 },
  { kind: 'step', initialLearningRate: 0.1, dropEvery: 2, factor: 0.3 },
  { kind: 'inverseTime', initialLearningRate: 0.1, decayRate: 0.9, decaySteps: 3, staircase: true },
  { kind: 'polynomial', initialLearningRate: 0.1, decaySteps: 5, power: 1.5, endLearningRate: 0.01 },
  { kind: 'cosine', initialLearningRate: 0.1, decaySteps: 3, restarts: true, periodFactor: 1.5, peakFactor: 0.8 },
  { kind: 'step', initialLearningRate: 0.1, dropEvery: 3 },
  { kind: 'polynomial', initialLearningRate: 0.1, decaySteps: 7 },
  { kind: 'cosine', initialLearningRate: 0.1, decaySteps: 3, restarts: true },
  { kind: 'cosine', initialLearningRate: 0.1, decaySteps: 4, restarts: true, periodFactor: 1, peakFactor: 0.7 },
  { kind: 'oneCycle', maxLearningRate: 0.1, totalSteps: 20 },
  { kind: 'oneCycle', maxLearningRate: 0.1, totalSteps: 9, pctStart: 0.5, divFactor: 10, finalDivFactor: 100 },
  { kind: 'warmUp', steps: 3, schedule: { kind: 'cosine', initialLearningRate: 0.1, decaySteps: 9 } },
];

/**
 * Metrics that fit targets.
 * @type {Partial<Record<Targets, readonly string[]>>}
 */
const METRICS = {
  values: ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError'],
  oneHot: ['categoricalAccuracy'],
  classes: ['categoricalAccuracy'],
  binary: ['binaryAccuracy'],
};

/** Layers with weights. */
const LEARNING = [
  ...['dense', 'maxout', 'prelu', 'embedding'],
  ...['batchNormalization', 'layerNormalization', 'rmsNormalization'],
];

const MERGES = ['add', 'multiply', 'subtract', 'average', 'maximum', 'minimum', 'concatenate', 'dot'];

/**
 * Options of weights: initializers, penalties, constraints.
 * @param {Draw} draw
 * @param {string} kernel
 */
const weightsOf = (draw, kernel) => ({
  ...(draw.once(2) && { [`${kernel}Initializer`]: draw.of(INITIALIZERS) }),
  ...(draw.once(5) && { [`${kernel}Regularizer`]: draw.of(PENALTIES) }),
  ...(draw.once(6) && { [`${kernel}Constraint`]: draw.of(CONSTRAINTS) }),
});

/** @param {Draw} draw @param {number} units @param {Choice} activation @returns {Described} */
const denseLayer = (draw, units, activation) => ({
  kind: 'dense',
  units,
  activation,
  ...weightsOf(draw, 'kernel'),
  ...(draw.once(5) && { useBias: false }),
  ...(draw.once(4) && { biasInitializer: draw.of(['ones', 'randomNormal', 'randomUniform']) }),
  ...(draw.once(9) && { biasRegularizer: draw.of(PENALTIES), biasConstraint: draw.of(CONSTRAINTS) }),
  ...(draw.once(9) && { activityRegularizer: draw.of(PENALTIES) }),
  ...(draw.once(9) && { learningRateFactor: draw.of([0.1, 2]) }),
});

/** Layers that keep the width. @param {Draw} draw @returns {Described} */
function sameWidth(draw) {
  const scale = draw.once(3) ? {} : { scale: draw.once(2) };
  const center = draw.once(3) ? {} : { center: draw.once(2) };
  return draw.of([
    { kind: 'batchNormalization', momentum: draw.of([0, 0.5, 0.9]), ...scale, ...center },
    { kind: 'batchNormalization', epsilon: 0.01 },
    { kind: 'layerNormalization', ...scale, ...center },
    { kind: 'rmsNormalization', epsilon: 0.01, ...scale },
    { kind: 'dropout', rate: draw.of([0, 0.1, 0.5]) },
    { kind: 'alphaDropout', rate: draw.of([0.1, 0.3]) },
    { kind: 'gaussianDropout', rate: draw.of([0.1, 0.3]) },
    { kind: 'gaussianNoise', stddev: draw.of([0, 0.25]) },
    { kind: 'activation', activation: draw.of(ACTIVATIONS) },
    { kind: 'prelu', ...(draw.once(2) && { slopeInitializer: draw.of(['randomUniform', 'heNormal', 'constant']) }) },
    { kind: 'rescaling', scale: 0.7, offset: 0.1 },
    { kind: 'activityRegularization', l1: 0.001, l2: 0.01 },
  ]);
}

/**
 * A table for each column of categories, or one for all.
 * @param {Draw} draw @param {number} columns @param {number} categories
 * @returns {[layer: Described, width: number]}
 */
function embeddingLayer(draw, columns, categories) {
  const options = {
    ...(draw.once(2) && { embeddingsInitializer: draw.of(['randomNormal', 'glorotUniform', 'ones']) }),
    ...(draw.once(4) && { embeddingsConstraint: draw.of(CONSTRAINTS) }),
    ...(draw.once(4) && { embeddingsRegularizer: draw.of(PENALTIES) }),
  };
  if (draw.once(2)) {
    const outputDim = draw.integer(1, 5);
    return [{ kind: 'embedding', inputDim: categories + 2, outputDim, ...options }, columns * outputDim];
  }
  const inputDim = Array.from({ length: columns }, () => categories + draw.integer(0, 2));
  const outputDim = inputDim.map(() => draw.integer(1, 4));
  return [{ kind: 'embedding', inputDim, outputDim, ...options }, outputDim.reduce((sum, width) => sum + width, 0)];
}

/**
 * Adds hidden layers. `widths` are those of the input and of each layer; merges read what is from `first` on.
 * @param {Draw} draw @param {Described[]} layers @param {number[]} widths @param {number} first
 */
function addHiddenLayers(draw, layers, widths, first) {
  /** @param {Described} layer @param {number} width */
  const push = (layer, width) => {
    layers.push(layer);
    widths.push(width);
  };
  for (let left = draw.integer(0, 6); left > 0; left--) {
    const [last, width] = [widths.length - 1, widths[widths.length - 1]];
    const units = draw.integer(1, 19);
    const which = draw.integer(0, 11);
    if (which < 5) push(denseLayer(draw, units, draw.of(ACTIVATIONS)), units);
    else if (which === 5)
      push({ kind: 'maxout', units, pieces: draw.integer(1, 3), ...weightsOf(draw, 'kernel') }, units);
    else if (which < 10) push(sameWidth(draw), width);
    else {
      const kind = draw.of(MERGES);
      const pair = kind === 'subtract' || kind === 'dot';
      const fitting = widths.flatMap((own, at) =>
        at >= first && (kind === 'concatenate' || own === width) ? [at] : [],
      );
      const from = [last, ...Array.from({ length: pair ? 1 : draw.integer(1, 2) }, () => draw.of(fitting))];
      if (kind === 'dot') push({ kind, from, normalize: draw.once(2) }, 1);
      else push({ kind, from }, kind === 'concatenate' ? from.reduce((sum, at) => sum + widths[at], 0) : width);
    }
  }
}

/** The last layer with its loss, and the outputs that the loss has for each target. @param {Draw} draw */
function drawEnding(draw) {
  const [loss, targets, activations] = draw.of(LOSSES);
  const blocks = typeof loss === 'string' ? 1 : loss.kind === 'quantile' ? 3 : loss.kind.startsWith('gaussian') ? 2 : 1;
  const classes = targets === 'oneHot' || targets === 'classes';
  const layer = denseLayer(draw, blocks * draw.integer(classes ? 2 : 1, 9), draw.of(activations));
  return { layer, loss, targets, blocks };
}

/**
 * A chain of layers with merges.
 * @param {number} seed
 * @returns {Description}
 */
function chainOf(seed) {
  const draw = new Draw(seed);
  const inputs = draw.integer(1, 13);
  const categories = draw.once(9) ? draw.integer(1, 5) : 0;
  /** @type {Described[]} */
  const layers = [];
  const widths = [inputs];
  if (categories > 0) {
    const [layer, width] = embeddingLayer(draw, inputs, categories);
    layers.push(layer);
    widths.push(width);
  }
  addHiddenLayers(draw, layers, widths, widths.length - 1);
  if (draw.once(5)) {
    // Those that are merges, dropout and so on have nothing to freeze.
    for (const layer of layers) if (LEARNING.includes(layer.kind) && draw.once(3)) layer.trainable = false;
  }
  const { layer, loss, targets, blocks } = drawEnding(draw);
  layers.push(layer);
  const optimizer = draw.of(OPTIMIZERS);
  // Now and then more rows than a block of a sum has.
  const long = draw.once(40);
  const rows = draw.integer(2, 70) + (long ? 4096 : 0);
  const extreme = draw.once(8);
  const limit = draw.integer(0, 5);
  const metrics = METRICS[targets] ?? [];
  /** @type {Description} */
  const description = {
    seed: draw.integer(0, 0xffffff),
    data: draw.integer(0, 9999),
    rows,
    inputs,
    targets,
    layers,
    loss,
    ...(categories > 0 ? { categories } : { scale: extreme ? 2 ** draw.integer(-40, 40) : 1 }),
    metrics: blocks === 1 && draw.once(2) ? [draw.of(metrics)].filter((name) => name !== undefined) : [],
    optimizer: {
      ...optimizer,
      ...(!draw.once(3) && { learningRate: draw.of(RATES) }),
      ...(limit === 0 && { clipNorm: 0.3 }),
      ...(limit === 1 && { clipValue: 0.02 }),
      ...(draw.once(5) && { accumulate: draw.integer(2, 4) }),
      ...(draw.once(6) && { ema: draw.of([{}, { momentum: 0.9 }, { momentum: 0.8, overwriteFrequency: 2 }]) }),
    },
    batchSize: long ? draw.integer(2000, 5000) : draw.integer(2, 33),
    epochs: long ? 1 : draw.integer(1, 4),
    shuffle: !draw.once(4),
    sampleWeight: draw.once(4),
    validationRows: draw.once(3) ? draw.integer(1, 20) : 0,
  };
  // Drawn last, so that all other networks are those that they were without it.
  const which = draw.integer(0, 11);
  if (which === 0) return withLbfgs(draw, description);
  return which === 1 ? withLevenbergMarquardt(draw, description, widths) : description;
}

/** Seeds of the second stream: its numbers are not those of the first. */
const LATER = 0x10000000;

/**
 * Returns the random description of a seed.
 * @param {number} seed
 * @returns {Description}
 */
export function randomDescription(seed) {
  const later = new Draw(seed + LATER);
  return withLater(later, chainOf(seed), () => {
    const { layer, loss, targets } = drawEnding(later);
    return { layer, loss, targets };
  });
}
