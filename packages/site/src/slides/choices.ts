/** What the sections offer, by name, and the sizes of what the worker computes. Page and worker both need them. */

/** Activations in the order of the slides, then those that the library has besides. */
export const CURVES = [
  ...(['unitStep', 'tanh', 'sigmoid', 'relu', 'prelu', 'maxout', 'elu', 'selu', 'swish', 'linear'] as const),
  ...(['leakyRelu', 'celu', 'gelu', 'tanhGelu', 'mish', 'softplus', 'softsign', 'hardSigmoid'] as const),
  ...(['hardSwish', 'relu6', 'exponential', 'softmax', 'logSoftmax'] as const),
] as const;
export type CurveName = (typeof CURVES)[number];

/** Pieces of the maxout that is drawn: three lines, of which it is the largest. */
export const MAXOUT_PIECES: readonly (readonly [weight: number, bias: number])[] = [
  [-1, -1],
  [0.2, 0],
  [1, -1],
];

/** Activations of the slides' network for XOR. */
export const NONLINEARITIES = ['unitStep', 'sigmoid', 'tanh', 'relu', 'linear'] as const;

/** Activations whose gradients are compared by layer. */
export const VANISHING = ['sigmoid', 'relu', 'tanh'] as const;
export type VanishingName = (typeof VANISHING)[number];
export const VANISHING_INITIALIZERS = ['lecunNormal', 'heNormal', 'glorotUniform'] as const;

/** Networks whose units die, or do not. */
export const DEAD_UNITS = ['relu', 'leakyRelu'] as const;
export type DeadUnitsName = (typeof DEAD_UNITS)[number];
export const LIFE = { units: 16, layers: 2, steps: 40 } as const;

/** The two costs of the slides for a sigmoid unit. */
export const BINARY_COSTS = ['halfSquaredError', 'binaryCrossentropy'] as const;
export type BinaryCost = (typeof BINARY_COSTS)[number];

/** Paths under penalties. */
export const PENALTIES = ['none', 'l2', 'l1'] as const;
export type PenaltyName = (typeof PENALTIES)[number];
export const PENALTY = { learningRate: 0.1, steps: 200 } as const;

/** The slides' initializations in their order; the Gaussian of fixed variance twice, too small and too large. */
export const INITIALIZATIONS = ['zeros', 'constant', 'small', 'large', 'xavier', 'msra'] as const;
export type InitializationName = (typeof INITIALIZATIONS)[number];
export const HISTOGRAMS = {
  depth: 30,
  units: 100,
  rows: 100,
  bins: 41,
  /** Half the width, by activation. */
  range: { tanh: 1, sigmoid: 1, relu: 3 },
} as const;

/** Who races, with a learning rate that suits these surfaces; L-BFGS has none. */
export const RACERS = {
  sgd: 0.2,
  momentum: 0.03,
  nesterov: 0.03,
  adagrad: 0.4,
  rmsprop: 0.03,
  adadelta: 20,
  adam: 0.1,
  adamw: 0.1,
  adamax: 0.15,
  nadam: 0.1,
  lion: 0.03,
  lbfgs: undefined,
} as const;
export type RacerName = keyof typeof RACERS;
