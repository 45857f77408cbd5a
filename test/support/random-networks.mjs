/**
 * Random networks on random and extreme data, and one hash of everything that they compute: gradients, optimizer state,
 * logs, predictions, files. Numbers are drawn by integer arithmetic, so that every engine builds the same networks.
 * Takes the library as an argument and uses nothing of any platform.
 */
import { Fingerprint } from './fingerprint.mjs';

/** Number of networks in one hash. */
export const RANDOM_NETWORKS = 80;

/**
 * The hash that every engine must give in strict numerics. It changes only with the bits of the library, which is a
 * breaking change.
 */
export const RANDOM_NETWORKS_SHA256 = '11d04efd4cbc076eda6755e0259f16753c17118d7cf3ebac11512efafd534e96';

/** @typedef {typeof import('../../src/index.js')} Library */
/** @typedef {import('../../src/index.js').Engine} Engine */
/** @typedef {import('../../src/index.js').EngineOptions} EngineOptions */
/** @typedef {import('../../src/index.js').SymbolicTensor} SymbolicTensor */

/** Draws numbers from one seed. */
class Draw {
  /** @param {number} seed */
  constructor(seed) {
    this.state = Math.imul(seed + 1, 0x9e3779b1) >>> 0;
  }

  /** A number in [0, 1) of 24 bits. */
  uniform() {
    this.state = (Math.imul(this.state, 1_664_525) + 1_013_904_223) >>> 0;
    return (this.state >>> 8) / 2 ** 24;
  }

  /**
   * An integer from `low` to `high`.
   * @param {number} low
   * @param {number} high
   */
  integer(low, high) {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }

  /** @template T @param {readonly T[]} list */
  of(list) {
    return list[this.integer(0, list.length - 1)];
  }
}

const ACTIVATIONS = /** @type {const} */ ([
  ...['linear', 'unitStep', 'sigmoid', 'tanh', 'relu', 'leakyRelu', 'prelu', 'elu', 'selu', 'swish', 'gelu'],
  ...['softplus', 'softsign', 'mish', 'hardSigmoid', 'softmax', 'relu6', 'tanhGelu', 'hardSwish', 'celu'],
  ...['exponential', 'logSoftmax'],
]);

const INITIALIZERS = /** @type {const} */ ([
  ...['glorotUniform', 'glorotNormal', 'heNormal', 'heUniform', 'lecunNormal', 'lecunUniform', 'xavier'],
  ...['randomNormal', 'randomUniform', 'truncatedNormal', 'orthogonal', 'zeros', 'ones', 'identity', 'varianceScaling'],
]);

/**
 * Kinds of values: around 1, at the edges of float32 (largest 3.4e38, smallest normal 1.2e-38, subnormal below), zeros
 * of both signs, or all of these in one column.
 *
 * @type {readonly ((draw: Draw) => number)[]}
 */
const RANGES = [
  (draw) => 2 * draw.uniform() - 1,
  (draw) => 100 * (draw.uniform() - 0.5),
  (draw) => 3e38 * (2 * draw.uniform() - 1),
  (draw) => 1e19 * (2 * draw.uniform() - 1),
  (draw) => 4e-38 * (2 * draw.uniform() - 1),
  (draw) => 1e-40 * (2 * draw.uniform() - 1),
  (draw) => draw.of([0, -0]),
];

/** @param {Draw} draw */
function range(draw) {
  // Ordinary numbers in half of the cases: from the others a step may leave nothing but NaN.
  const one = draw.uniform() < 0.5 ? RANGES[0] : draw.of(RANGES);
  return draw.uniform() < 0.8 ? one : (/** @type {Draw} */ again) => again.of(RANGES)(again);
}

/** @param {Draw} draw @param {number} rows @param {number} width */
function matrix(draw, rows, width) {
  const value = range(draw);
  return Float32Array.from({ length: rows * width }, () => value(draw));
}

const MERGES = /** @type {const} */ (['add', 'average', 'maximum', 'minimum', 'multiply', 'subtract']);

/**
 * What a layer is added to: the tensor and its width.
 *
 * @typedef {[tensor: SymbolicTensor, width: number]} End
 */

/**
 * Kinds of layers, each with how many times as often it is drawn as one of weight 1.
 *
 * @type {readonly (readonly [weight: number, add: (library: Library, draw: Draw, end: End) => End])[]}
 */
const LAYERS = [
  [
    4,
    (library, draw, [x]) => {
      const units = draw.integer(1, 21);
      return [library.dense({ units, activation: draw.of(ACTIVATIONS), ...kernel(library, draw) }).apply(x), units];
    },
  ],
  [
    1,
    (library, draw, [x]) => {
      const units = draw.integer(1, 21);
      return [library.maxout({ units, pieces: draw.integer(1, 3), ...kernel(library, draw) }).apply(x), units];
    },
  ],
  [1, (library, draw, [x, width]) => [library.activation(draw.of(ACTIVATIONS)).apply(x), width]],
  [1, (library, _, [x, width]) => [library.prelu().apply(x), width]],
  [1, (library, draw, [x, width]) => [library[draw.of(DROPOUTS)]({ rate: draw.of([0, 0.25, 0.5]) }).apply(x), width]],
  [1, (library, draw, [x, width]) => [library.gaussianNoise({ stddev: draw.of([0, 0.5]) }).apply(x), width]],
  [1, (library, draw, [x, width]) => [library.batchNormalization(scaleAndCenter(draw)).apply(x), width]],
  [1, (library, draw, [x, width]) => [library.layerNormalization(scaleAndCenter(draw)).apply(x), width]],
  [1, (library, _, [x, width]) => [library.rmsNormalization().apply(x), width]],
  [1, (library, _, [x, width]) => [library.activityRegularization({ l1: 0.01, l2: 0.1 }).apply(x), width]],
  [
    1,
    (library, draw, [x, width]) => {
      const options = { scale: draw.of([0.5, -3, 1e-20, 1e20]), offset: draw.of([0, 1]) };
      return [library.rescaling(options).apply(x), width];
    },
  ],
  [
    2,
    (library, draw, [x, width]) => {
      const branch = library.dense({ units: width, activation: draw.of(ACTIVATIONS), ...kernel(library, draw) });
      return [library[draw.of(MERGES)]().apply([x, branch.apply(x)]), width];
    },
  ],
  [
    1,
    (library, draw, [x, width]) => {
      const units = draw.integer(1, 21);
      const branch = library.dense({ units, activation: draw.of(ACTIVATIONS), ...kernel(library, draw) }).apply(x);
      return [library.concatenate().apply([branch, x]), units + width];
    },
  ],
  [
    1,
    (library, draw, [x, width]) => {
      const branch = library.dense({ units: width, ...kernel(library, draw) }).apply(x);
      const product = library.dot({ normalize: draw.uniform() < 0.5 }).apply([x, branch]);
      return [library.concatenate().apply([product, branch]), width + 1];
    },
  ],
];

const WEIGHTED_LAYERS = LAYERS.flatMap(([weight, add]) => Array(weight).fill(add));

const DROPOUTS = /** @type {const} */ (['dropout', 'alphaDropout', 'gaussianDropout']);

/** @param {Draw} draw */
const scaleAndCenter = (draw) => ({ scale: draw.uniform() < 0.8, center: draw.uniform() < 0.8 });

/**
 * Draws the options of a layer with a kernel.
 *
 * @param {Library} library
 * @param {Draw} draw
 */
function kernel(library, draw) {
  const { l1l2, l2, maxNorm, minMaxNorm, nonNegative, randomNormal, unitNorm } = library;
  const useBias = draw.uniform() < 0.8;
  const constraint = draw.of([maxNorm(0.7), unitNorm(), nonNegative(), minMaxNorm({ minValue: 0.3, maxValue: 0.9 })]);
  return {
    useBias,
    kernelInitializer: draw.uniform() < 0.1 ? randomNormal({ stddev: 1e18 }) : draw.of(INITIALIZERS),
    ...(draw.uniform() < 0.2 && { kernelRegularizer: l1l2({ l1: 1e-3, l2: 1e-2 }) }),
    ...(draw.uniform() < 0.2 && { kernelConstraint: constraint }),
    ...(useBias && draw.uniform() < 0.1 && { biasRegularizer: l2(1e-2) }),
    ...(useBias && draw.uniform() < 0.1 && { biasConstraint: nonNegative() }),
    ...(draw.uniform() < 0.1 && { trainable: false }),
    ...(draw.uniform() < 0.1 && { learningRateFactor: 0.5 }),
  };
}

/**
 * Draws a loss with a last activation that suits it, metrics, and a function that draws targets.
 * @param {Library} library
 * @param {Draw} draw
 */
function objective(library, draw) {
  const { binaryCrossentropy, huber, categoricalCrossentropy, quantile, sparseCategoricalCrossentropy } = library;
  const smoothing = { labelSmoothing: draw.of([0, 0.2]) };
  const regression = /** @type {const} */ (['meanSquaredError', 'meanAbsoluteError', 'r2', 'rootMeanSquaredError']);
  const classes = /** @type {const} */ (['accuracy', 'precision', 'recall', 'f1', 'auc']);
  /** @type {(rows: number, width: number) => Float32Array} */
  const oneHot = (rows, width) => {
    const targets = new Float32Array(rows * width);
    for (let row = 0; row < rows; row++) targets[row * width + draw.integer(0, width - 1)] = 1;
    return targets;
  };
  /** @type {(rows: number, width: number) => Int32Array} */
  const labels = (rows, width) => Int32Array.from({ length: rows }, () => draw.integer(0, width - 1));
  /** @type {(rows: number, width: number) => Float32Array} */
  const real = (rows, width) => matrix(draw, rows, width);
  /** @type {(rows: number, width: number) => Float32Array} */
  const bits = (rows, width) => Float32Array.from({ length: rows * width }, () => draw.integer(0, 1));
  const chosen = draw.of(
    /** @type {const} */ ([
      { last: 'linear', loss: 'halfSquaredError', metrics: regression, targets: real },
      { last: 'tanh', loss: 'meanSquaredError', metrics: regression, targets: real },
      { last: 'linear', loss: 'meanAbsoluteError', metrics: regression, targets: real },
      { last: 'softplus', loss: huber({ delta: 0.5 }), metrics: regression, targets: real },
      { last: 'linear', loss: 'hinge', metrics: ['accuracy'], targets: bits },
      { last: 'sigmoid', loss: 'binaryCrossentropy', metrics: ['accuracy', 'precision', 'auc'], targets: bits },
      { last: 'softmax', loss: categoricalCrossentropy(smoothing), metrics: classes, targets: oneHot },
      { last: 'softmax', loss: sparseCategoricalCrossentropy(smoothing), metrics: classes, targets: labels },
      { last: 'linear', loss: 'logCosh', metrics: regression, targets: real },
      { last: 'linear', loss: 'cosineSimilarity', metrics: regression, targets: real },
      { last: 'linear', loss: quantile({ quantiles: [0.9] }), metrics: regression, targets: real },
      { last: 'linear', loss: 'meanAbsolutePercentageError', metrics: regression, targets: real },
      { last: 'softplus', loss: 'meanSquaredLogarithmicError', metrics: regression, targets: bits },
      { last: 'exponential', loss: 'poisson', metrics: regression, targets: bits },
      { last: 'linear', loss: 'squaredHinge', metrics: ['accuracy'], targets: bits },
      { last: 'linear', loss: 'categoricalHinge', metrics: ['accuracy'], targets: oneHot },
      { last: 'sigmoid', loss: 'binaryFocalCrossentropy', metrics: ['accuracy'], targets: bits },
      { last: 'softmax', loss: 'categoricalFocalCrossentropy', metrics: classes, targets: oneHot },
      { last: 'softmax', loss: 'kullbackLeibler', metrics: ['meanAbsoluteError'], targets: oneHot },
      { last: 'linear', loss: binaryCrossentropy({ fromLogits: true }), metrics: ['logLoss'], targets: bits },
      {
        last: 'linear',
        loss: categoricalCrossentropy({ ...smoothing, fromLogits: true }),
        metrics: ['accuracy', 'matthewsCorrelation'],
        targets: oneHot,
      },
    ]),
  );
  // One output is not a choice between classes.
  return { ...chosen, fewestUnits: chosen.targets === oneHot || chosen.targets === labels ? 2 : 1 };
}

/** @param {Library} library @param {Draw} draw */
function optimizer({ sgd, adam, adamax, adamw, lion, nadam, rmsprop, adagrad, adadelta }, draw) {
  const clip = draw.of([{}, {}, { clipNorm: 1 }, { clipValue: 0.5 }]);
  return draw.of([
    () => sgd({ learningRate: draw.of([0.01, 1]), ...clip }),
    () => sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true, ...clip }),
    () => adam({ learningRate: 0.01, ...clip }),
    () => adamw({ learningRate: 0.01, ...clip }),
    () => nadam({ learningRate: 0.01, ...clip }),
    () => rmsprop({ learningRate: 0.01, momentum: 0.5, ...clip }),
    () => adagrad({ learningRate: 0.1, ...clip }),
    () => adadelta({ learningRate: 1, ...clip }),
    () => adam({ learningRate: 0.01, amsgrad: true, ...clip }),
    () => adamax({ learningRate: 0.01, ...clip }),
    () => sgd({ learningRate: 0.01, momentum: 0.9, accumulate: 2, ...clip }),
    () => adam({ learningRate: 0.01, ema: { momentum: 0.5, overwriteFrequency: 2 }, ...clip }),
    () => lion({ learningRate: 0.001, weightDecay: 0.1, ...clip }),
    () => rmsprop({ learningRate: 0.01, centered: true, ...clip }),
  ])();
}

/**
 * Builds network number `seed`, trains it a little, and adds all its results to the fingerprint.
 *
 * @param {Library} library
 * @param {Engine} engine
 * @param {number} seed
 * @param {Pick<import('../../src/index.js').FitOptions, 'runIn'> | undefined} fitOptions
 * @param {Fingerprint} fingerprint
 */
async function runNetwork(library, engine, seed, fitOptions, fingerprint) {
  const draw = new Draw(seed);
  const inputs = draw.integer(1, 19);
  const x = library.input({ shape: [inputs] });
  /** @type {SymbolicTensor} */
  let tensor = x;
  let width = inputs;
  for (let left = draw.integer(1, 5); left > 0; left--) {
    [tensor, width] = draw.of(WEIGHTED_LAYERS)(library, draw, [tensor, width]);
  }
  const { last, loss, metrics, targets, fewestUnits } = objective(library, draw);
  const units = draw.integer(fewestUnits, 7);
  const outputs = library.dense({ units, activation: last }).apply(tensor);
  const model = engine.model({ seed, inputs: x, outputs });
  model.compile({ optimizer: optimizer(library, draw), loss, metrics: [...metrics] });
  const rows = draw.integer(6, 40);
  const rowsOfX = matrix(draw, rows, inputs);
  const y = /** @type {Float32Array} */ (targets(rows, units));
  const sampleWeight = Float32Array.from({ length: rows }, () => draw.integer(0, 4) / 2);
  const batchSize = draw.integer(2, 16);

  const { history } = await model.fit(rowsOfX, y, {
    epochs: 2,
    batchSize,
    ...(draw.uniform() < 0.5 && { sampleWeight }),
    ...(draw.uniform() < 0.5 && { validationSplit: 0.25 }),
    ...fitOptions,
  });
  for (const [key, values] of Object.entries(history)) {
    fingerprint.addText(key);
    fingerprint.addDoubles(values);
  }
  fingerprint.addTensors(model.gradients(rowsOfX, y, { sampleWeight }));
  fingerprint.addDoubles(Object.values(model.evaluate(rowsOfX, y, { batchSize })));
  fingerprint.addFloats(model.predict(rowsOfX));
  // Weights and optimizer state.
  fingerprint.addFile(model.save());
  model.dispose();
}

/**
 * Hashes the networks from number `first` on.
 *
 * @param {Library} library
 * @param {EngineOptions} [engineOptions]
 * @param {Pick<import('../../src/index.js').FitOptions, 'runIn'>} [fitOptions]
 * @param {{ first?: number, count?: number }} [which]
 */
export async function hashRandomNetworks(
  library,
  engineOptions,
  fitOptions,
  { first = 0, count = RANDOM_NETWORKS } = {},
) {
  const engine = await library.createEngine(engineOptions);
  const fingerprint = new Fingerprint();
  try {
    for (let seed = first; seed < first + count; seed++) {
      await runNetwork(library, engine, seed, fitOptions, fingerprint);
    }
  } finally {
    engine.dispose();
  }
  return fingerprint.sha256();
}
