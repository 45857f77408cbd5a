/**
 * One training that uses every feature whose arithmetic reaches a weight, and the SHA-256 of the weights at its end.
 * Takes the library as an argument and uses nothing of any platform, so that Node, Bun, Deno and pages run the same
 * file.
 */
import { trainFurtherFeatures } from './further-features.mjs';

/**
 * The hash that every engine and every tile must give. It changes only with the bits of the library, which is a
 * breaking change.
 */
export const EVERY_FEATURE_SHA256 = 'ca2cfde5c76f9427e3ec9ccbda51f29163b93bf8e9928e9184fbaeb10f79248e';

/** @typedef {typeof import('../../src/index.js')} Library */
/** @typedef {import('../../src/index.js').Engine} Engine */
/** @typedef {import('../../src/index.js').EngineOptions} EngineOptions */

const ROWS = 200;
const CLASSES = 4;

/** The last batch of an epoch holds 8 rows. */
export const BATCH_SIZE = 24;

/** Draws by integers and the four basic operations only, so that the data has the same bits in every engine. */
function createSource() {
  let state = 20_26;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) / 2 ** 24;
  };
}

/** Rows of two inputs, with classes and amounts as targets, and weights of the rows. */
export function everyFeatureData() {
  const uniform = createSource();
  const rows = Array.from({ length: ROWS }, () => {
    // On different scales, to be normalized.
    const numbers = [1, 10, 0.1, 100, 1, 5].map((scale, i) => Math.fround(scale * (uniform() + i)));
    const ratings = [0, 1, 2].map(() => Math.floor(6 * uniform()));
    const mix = numbers[0] * 3 + numbers[1] / 10 - numbers[3] / 50 + (ratings[0] * ratings[1]) / 10;
    return {
      numbers,
      ratings,
      kind: (numbers[0] > 0.5 ? 1 : 0) + (ratings[0] > ratings[1] ? 2 : 0),
      amount: [Math.fround(mix - ratings[2] / 3)],
    };
  });
  return {
    x: { numbers: rows.map(({ numbers }) => numbers), ratings: rows.map(({ ratings }) => ratings) },
    y: { kind: rows.map(({ kind }) => kind), amount: rows.map(({ amount }) => amount) },
    sampleWeight: rows.map((_, row) => 0.5 + (row % 3) / 2),
  };
}

const ACTIVATIONS = /** @type {const} */ ([
  'sigmoid',
  'tanh',
  'relu',
  'leakyRelu',
  'prelu',
  'elu',
  'selu',
  'swish',
  'gelu',
  'softplus',
  'softsign',
  'mish',
  'hardSigmoid',
  'unitStep',
]);

/** The initializers that draw, one for each branch in turn. */
const INITIALIZERS = /** @type {const} */ ([
  'xavier',
  'heUniform',
  'glorotNormal',
  'lecunNormal',
  'lecunUniform',
  'truncatedNormal',
  'randomUniform',
]);

/**
 * Builds the network and compiles it with the first optimizer of `trainEveryFeature`.
 *
 * @param {Library} library
 * @param {Engine} engine
 */
export function buildEveryFeature(library, engine) {
  const { add, batchNormalization, concatenate, dense, dropout, gaussianNoise, input, layerNormalization } = library;
  const { activation, constant, l1l2, l2, maxNorm, maxout, normalization, orthogonal, prelu, rescaling } = library;
  const { adam, huber, schedules, sparseCategoricalCrossentropy } = library;
  const { x } = everyFeatureData();

  const numbers = input({ shape: [6], name: 'numbers' });
  const ratings = input({ shape: [3], name: 'ratings' });
  const noisy = gaussianNoise({ stddev: 0.1 }).apply(normalization().adapt(x.numbers).apply(numbers));
  const wide = dense({
    units: 19,
    useBias: false,
    kernelInitializer: 'heNormal',
    kernelRegularizer: l2(1e-3),
    kernelConstraint: maxNorm(1.5),
  }).apply(noisy);
  const start = dropout({ rate: 0.25 }).apply(prelu().apply(batchNormalization().apply(wide)));

  // A residual block, and a layer that is used twice.
  const block = dense({ units: 19, activation: 'gelu', kernelInitializer: orthogonal() }).apply(start);
  const shared = dense({ units: 19, activation: 'tanh', biasInitializer: constant({ value: 0.1 }) });
  const sum = add().apply([start, block, shared.apply(shared.apply(start))]);
  const middle = layerNormalization().apply(sum);

  const branches = ACTIVATIONS.map((name, i) =>
    activation(name).apply(dense({ units: 3, kernelInitializer: INITIALIZERS[i % INITIALIZERS.length] }).apply(middle)),
  );
  const pieces = maxout({ units: 5, pieces: 3, kernelRegularizer: l1l2({ l1: 1e-4, l2: 1e-3 }) });
  const rated = pieces.apply(rescaling({ scale: 0.4, offset: -1 }).apply(ratings));
  const joined = dropout({ rate: 0.1 }).apply(concatenate().apply([middle, rated, ...branches]));
  const model = engine.model({
    seed: 11,
    inputs: [numbers, ratings],
    outputs: [
      dense({ units: CLASSES, activation: 'softmax', name: 'kind' }).apply(joined),
      dense({ units: 1, name: 'amount' }).apply(joined),
    ],
  });
  model.compile({
    ...objective({ huber, sparseCategoricalCrossentropy }),
    optimizer: adam({
      learningRate: schedules.cosine({ initialLearningRate: 0.01, decaySteps: 60, restarts: true }),
      clipNorm: 1,
    }),
  });
  return model;
}

/** @param {Pick<Library, 'huber' | 'sparseCategoricalCrossentropy'>} library */
const objective = ({ huber, sparseCategoricalCrossentropy }) => ({
  loss: { kind: sparseCategoricalCrossentropy({ labelSmoothing: 0.1 }), amount: huber() },
  lossWeights: { amount: 0.5 },
});

/**
 * Every optimizer except Adam, each with another schedule.
 *
 * @param {Library} library
 */
function otherOptimizers({ adadelta, adagrad, adamw, nadam, rmsprop, schedules, sgd }) {
  const { exponential, inverseTime, oneCycle, polynomial, step, warmUp } = schedules;
  return [
    sgd({
      learningRate: exponential({ initialLearningRate: 0.02, decaySteps: 10, decayRate: 0.9 }),
      momentum: 0.9,
      nesterov: true,
    }),
    rmsprop({ learningRate: step({ initialLearningRate: 0.001, dropEvery: 9 }), momentum: 0.5 }),
    adagrad({ learningRate: inverseTime({ initialLearningRate: 0.01, decaySteps: 9, decayRate: 0.5 }) }),
    adadelta({ learningRate: 0.5, clipValue: 0.1 }),
    adamw({ learningRate: oneCycle({ maxLearningRate: 0.005, totalSteps: 27 }) }),
    nadam({
      learningRate: warmUp({
        schedule: polynomial({ initialLearningRate: 0.003, decaySteps: 20, power: 1.5 }),
        steps: 7,
      }),
    }),
  ];
}

/**
 * Trains for 20 epochs with Adam, then 3 with each other optimizer, at 9 updates an epoch.
 *
 * @param {Library} library
 * @param {EngineOptions} [engineOptions]
 * @param {Pick<import('../../src/index.js').FitOptions, 'runIn' | 'callbacks'>} [fitOptions]
 * @returns {Promise<{ updates: number, losses: number[], sha256: string }>} the losses of the epochs, and the hash of the weights
 */
export async function trainEveryFeature(library, engineOptions, fitOptions) {
  const engine = await library.createEngine(engineOptions);
  const model = buildEveryFeature(library, engine);
  const { x, y, sampleWeight } = everyFeatureData();
  const { history } = await model.fit(x, y, { epochs: 20, batchSize: BATCH_SIZE, ...fitOptions });
  const losses = [...history.loss];
  let updates = model.stepCount;
  for (const optimizer of otherOptimizers(library)) {
    model.compile({ ...objective(library), optimizer });
    const more = await model.fit(x, y, { epochs: 3, batchSize: BATCH_SIZE, sampleWeight, ...fitOptions });
    losses.push(...more.history.loss);
    updates += model.stepCount;
  }
  const further = await trainFurtherFeatures(library, engine, fitOptions);
  const weights = [...model.getWeights(), ...further];
  engine.dispose();
  return { updates, losses, sha256: await sha256(weights) };
}

/** @param {{ data: Float32Array }[]} weights */
async function sha256(weights) {
  const bytes = await new Blob(weights.map(({ data }) => new Float32Array(data))).arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
