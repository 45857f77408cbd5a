/**
 * A valid call of everything that the package exports: of each function, and of each method and property of the objects
 * that they return. test/api/hostile-arguments.test.ts replaces parts of these arguments, one at a time, and fails for
 * a function or a method without an entry here.
 */
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fused from '../../../dist/fused.js';
import * as predict from '../../../dist/predict.js';
import * as tablesPredict from '../../../dist/tables-predict.js';
import * as library from '../../../src/index.js';
import * as keras from '../../../src/keras.js';
import * as numpy from '../../../src/numpy.js';
import * as module from '../../../src/module.js';
import * as node from '../../../src/node.js';
import * as brain from '../../../src/brain.js';
import * as onnx from '../../../src/onnx.js';
import * as tables from '../../../src/tables.js';
import * as tfjs from '../../../src/tfjs.js';
import { Own } from './values.js';

/** Makes the arguments of a valid call, anew for each. */
export type Arguments = () => unknown[];

/** A call of a function, and valid arguments of one or more kinds. */
export interface Call {
  readonly run: (args: unknown[]) => unknown;
  readonly valid: readonly Arguments[];
  /** Whether the call may make training steps before it is refused: these belong to the model. */
  readonly trains: boolean;
  /**
   * An option whose value another option must bound. If both were replaced, the call would be valid and would never
   * end.
   */
  readonly alone?: string;
}

export const X = (): number[][] => [
  [0.1, 0.2],
  [0.3, -0.4],
  [0.5, 0.6],
];
export const Y = (): number[][] => [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const flat = (): Float32Array => Float32Array.from(X().flat());

/** The engine of all objects here, so that its memory shows what a refused call has left behind. */
export const engine = library.createEngineSync({ maximumMemory: 2 ** 24 });

export const usedAtFirst = engine.memory().used;
const kernels = new Uint8Array(readFileSync(new URL('../../../dist/kernels.wasm', import.meta.url)));
const idle = library.createEngineSync({ maximumMemory: 2 ** 20 });

const activationOfOwn = (): library.CustomActivation => ({
  name: 'own activation',
  forward: (z) => z,
  derivative: (z) => z.map(() => 1),
});
const lossOfOwn = (): library.CustomLoss => ({
  name: 'own loss',
  value: (y, t) => (y[0] - t[0]) ** 2,
  gradient: (y) => Array.from(y, () => 0.5),
});
const metricOfOwn = (): library.CustomMetric => ({ name: 'own metric', value: (y, t) => y[0] - t[0] });
const initializerOfOwn = (): library.CustomInitializer => ({
  name: 'own initializer',
  values: ({ shape }) => new Float32Array(shape.reduce((a, b) => a * b)),
});
const scheduleOfOwn = (): library.CustomSchedule => ({ name: 'own schedule', rate: () => 0.01 });

const compileOptions = (): object => ({
  optimizer: { kind: 'adam', config: { learningRate: 0.01, clipNorm: 1 } },
  loss: 'categoricalCrossentropy',
  metrics: ['accuracy', library.topKAccuracy({ k: 2 })],
});

/** A classifier of rows of two numbers that has made one step. */
function classifier(seed: number): library.Model {
  const model = engine.sequential({
    seed,
    layers: [
      library.normalization({ inputShape: [2] }),
      library.dense({ units: 4, activation: 'relu' }),
      library.batchNormalization(),
      library.dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile(compileOptions() as library.CompileOptions);
  model.trainOnBatch(X(), Y());
  model.evaluate(X(), Y());
  model.predict(X());
  return model;
}

/** A model of two inputs and two outputs. */
function graph(): library.Model<Float32Array[]> {
  const a = library.input({ shape: [2], name: 'a' });
  const b = library.input({ shape: [1], name: 'b' });
  const joined = library.concatenate().apply([a, b]);
  const y = library.dense({ units: 2, name: 'y' }).apply(joined);
  const z = library.dense({ units: 1, name: 'z' }).apply(joined);
  const model = engine.model({ inputs: [a, b], outputs: [y, z] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

/** Custom functions, one for every option that takes one. */
const functionsOfOwn: Arguments = () => [
  activationOfOwn(),
  initializerOfOwn(),
  lossOfOwn(),
  metricOfOwn(),
  scheduleOfOwn(),
];

/** Makes a model with these functions, and a step of its training. */
function stepWithOwn([activation, initializer, loss, metric, schedule]: never[]): void {
  const model = engine.sequential({
    layers: [library.dense({ units: 3, activation, kernelInitializer: initializer, inputShape: [2] })],
  });
  try {
    model.compile({ optimizer: library.sgd({ learningRate: schedule }), loss, metrics: [metric] });
    model.trainOnBatch(X(), Y());
    model.predict(X());
    model.save();
  } finally {
    model.dispose();
  }
}

export const subject = classifier(1);
export const bystander = classifier(2);
const branched = graph();
/** The parts of a model that show whether it was changed. */
export type Stated = Pick<library.Model, 'getWeights' | 'stepCount' | 'epochCount'>;

const file = subject.save();
const loaded = predict.loadModelSync(file);
const onnxBytes = onnx.exportOnnx(subject);
const kerasFile = (name: string): Buffer => readFileSync(new URL(`../../golden/keras/${name}`, import.meta.url));
const numpyArray = (): numpy.NumpyArrayLike => ({ shape: [3, 2], data: flat(), dtype: 'float16' });
const npyBytes = numpy.writeNpy(numpyArray());
const npzBytes = numpy.writeNpz({ a: numpyArray() });
const { 'model.json': tfjsJson, ...tfjsShards } = tfjs.toTfjs(subject);
const brainJson = { sizes: [1, 1], layers: [{}, { weights: [[2]], biases: [1] }] };
const attached = library.attachModel(subject.share());
const facadeOptions = (): object => ({ hiddenLayers: [2], epochs: 2, learningRate: 0.01, l2: 0, batchSize: 2, engine });
const sorter = library.mlpClassifier(facadeOptions());
await sorter.fit(X(), ['a', 'b', 'a']);
const estimator = library.mlpRegressor(facadeOptions());
await estimator.fit(X(), [1, 2, 3]);

/** An estimator that predicts the same of any rows. */
const constant = {
  fit: () => undefined,
  predict: (x: unknown) => Array.from({ length: (x as unknown[]).length }, () => 'a'),
};

/** Options of `fit` and `partialFit` of facades. */
const runOptions = (): object => ({ sampleWeight: [1, 2, 1], featureNames: ['a', 'b'], callbacks: [], verbose: 0 });

/** A table with a column of each kind. */
const mixed = (): tables.TableRow[] => [
  { a: 1, b: 'x', day: '2020-01-01', yes: true, y: 1, label: 'p' },
  { a: null, b: 'y', day: new Date(1e12), yes: false, y: 2, label: 'q' },
  { a: 3, b: 'x', day: null, yes: true, y: 4, label: 'p' },
];
const mixedColumns = (): tables.TableColumns => ({
  ...{ a: [1, 2, 3], b: ['x', 'y', 'x'], day: ['2020-01-01', '', '2021-01-01'], yes: [true, false, true] },
  ...{ y: Float64Array.of(1, 2, 3), label: ['p', 'q', 'p'], no: [0, 1, 0] },
});
const tableOptions = (): object => ({ ...facadeOptions(), columns: { a: 'number' } });
const tableSorter = tables.tableClassifier(tableOptions());
await tableSorter.fit(mixed(), 'label');
const tableEstimator = tables.tableRegressor(tableOptions());
await tableEstimator.fit(mixed(), 'y');
const tableFile = tableSorter.save();
const tablePredictor = await tablesPredict.loadTable(tableFile);
const preprocessingLearner = tables.learnPreprocessing();

/** Ends any training after an epoch, however many were asked for. */
const stopper = (): library.Callback => ({
  onEpochEnd: (_epoch, _logs, model) => {
    model.stopTraining = true;
  },
});
const hooks = (): object => ({
  onTrainBegin: () => undefined,
  onEpochBegin: () => undefined,
  onBatchEnd: () => undefined,
  onEpochEnd: () => undefined,
  onTrainEnd: () => undefined,
});

const tensors = (): object[] =>
  subject.getWeights().map(({ name, shape, data }) => ({ name, shape: [...shape], data: Array.from(data) }));

const layer =
  (config: object): Arguments =>
  () => [{ ...structuredClone(config), inputShape: [2], name: 'n' }];
const kernel = {
  kernelInitializer: 'zeros',
  biasInitializer: 'ones',
  useBias: true,
  learningRateFactor: 0.5,
  trainable: true,
} as const;
const kernelData = {
  kernelInitializer: { kind: 'constant', config: { value: 1 } },
  kernelRegularizer: { kind: 'l1l2', config: { l1: 1, l2: 1 } },
  kernelConstraint: { kind: 'maxNorm', config: { limit: 2 } },
  activityRegularizer: { kind: 'l1l2', config: { l1: 1, l2: 1 } },
  biasRegularizer: { kind: 'l1l2', config: { l1: 1, l2: 1 } },
  biasConstraint: { kind: 'minMaxNorm', config: { minValue: 0.5, maxValue: 2, rate: 0.5 } },
};

const none: Arguments = () => [];
/** A factory that takes one object of options, which may be optional. */
const options = (...valid: object[]): readonly Arguments[] => [
  none,
  ...valid.map((one): Arguments => () => [structuredClone(one)]),
];
const rate = { learningRate: 0.1, clipNorm: 1, accumulate: 2, ema: { momentum: 0.9, overwriteFrequency: 3 } };
const adamLike = { ...rate, beta1: 0.9, beta2: 0.99, epsilon: 1e-8 };
const decay = { weightDecay: 0.01, excludeFromWeightDecay: [/bias$/, { source: 'weight', flags: 'i' }] };
const monitored = { monitor: 'loss', patience: 1, minDelta: 0, mode: 'min' };

/** Valid arguments of each exported function. */
const FUNCTIONS: Record<string, readonly Arguments[]> = {
  createEngine: [
    none,
    () => [
      {
        threads: 1,
        tile: '3x12',
        initialMemory: 0,
        maximumMemory: 2 ** 20,
        simd256: false,
        numerics: 'strict',
        sameBits: 'report',
      },
    ],
  ],
  createEngineSync: [
    none,
    () => [
      {
        threads: 1,
        tile: '3x12',
        initialMemory: 0,
        maximumMemory: 2 ** 20,
        simd256: false,
        numerics: 'strict',
        sameBits: 'report',
      },
    ],
    () => [{ maximumMemory: 2 ** 20, wasm: kernels, numerics: 'strict', workerUrl: 'worker.js' }],
  ],
  sequential: [
    () => [
      {
        engine,
        seed: 1,
        layers: [
          { kind: 'dense', config: { units: 2, inputShape: [2], ...structuredClone(kernelData) } },
          { kind: 'dropout', config: { rate: 0.5 } },
        ],
      },
    ],
    () => [{ engine, layers: [library.dense({ units: 2, inputShape: [2] })] }],
  ],
  model: [
    () => {
      const x = library.input({ shape: [2] });
      return [{ engine, inputs: [x], outputs: [library.dense({ units: 1 }).apply(x)], seed: 1 }];
    },
  ],
  fromModule: [() => [lossOfOwn(), { module: 'https://example.com/own.js', export: 'own' }]],
  loadModel: [() => [file, { engine, custom: [activationOfOwn()] }]],
  quantize: [() => [subject, { calibration: X(), skip: ['dense'] }]],
  compareQuantized: [() => [subject, subject, X()]],
  modelFromJSON: [
    () => [JSON.parse(JSON.stringify(subject)), { engine, custom: [activationOfOwn()] }],
    () => [JSON.stringify(branched), { engine }],
  ],
  loadClassifier: [() => [sorter.save(), { engine, custom: [activationOfOwn()] }]],
  loadRegressor: [() => [estimator.save(), { engine, custom: [activationOfOwn()] }]],
  // The parts of a handle are tested in test/model/shared-handles.test.ts: it is no object of options, but what another
  // thread has posted.
  attachModel: [() => [Object.setPrototypeOf(subject.share(), {}), { custom: [activationOfOwn()] }]],
  input: [() => [{ shape: [2], name: 'n' }]],
  dense: [
    layer({ units: 2, activation: 'relu', ...kernel }),
    () => [
      {
        units: 2,
        ...structuredClone(kernelData),
        activation: activationOfOwn(),
        biasInitializer: initializerOfOwn(),
      },
    ],
    () => [{ units: 2, activation: { kind: 'custom', config: { name: 'a' }, custom: activationOfOwn() } }],
  ],
  maxout: [layer({ units: 2, pieces: 2, ...kernel }), () => [{ units: 2, ...structuredClone(kernelData) }]],
  activation: [() => ['relu'], layer({ activation: { kind: 'elu', config: { alpha: 1 } } }), () => [activationOfOwn()]],
  prelu: [none, layer({ slopeInitializer: { kind: 'constant', config: { value: 0.1 } } })],
  dropout: [layer({ rate: 0.5 })],
  activityRegularization: [none, layer({ l1: 0.5, l2: 0.5 })],
  alphaDropout: [layer({ rate: 0.5 })],
  gaussianDropout: [layer({ rate: 0.5 })],
  gaussianNoise: [layer({ stddev: 0.5 })],
  batchNormalization: [none, layer({ momentum: 0.5, epsilon: 1e-3, scale: false, center: false })],
  layerNormalization: [none, layer({ epsilon: 1e-3, scale: false, center: false })],
  rmsNormalization: [none, layer({ epsilon: 1e-3, scale: false })],
  normalization: [none, layer({ mean: [1, 2], variance: [1, 2] })],
  embedding: [
    layer({
      inputDim: 3,
      outputDim: 2,
      embeddingsInitializer: { kind: 'constant', config: { value: 1 } },
      embeddingsRegularizer: { kind: 'l1l2', config: { l1: 1, l2: 1 } },
      embeddingsConstraint: { kind: 'maxNorm', config: { limit: 2 } },
    }),
    layer({ inputDim: [3, 4], outputDim: [2, 1] }),
  ],
  rescaling: [layer({ scale: 0.5, offset: 1 })],
  add: [none, layer({})],
  dot: [none, layer({ normalize: true })],
  concatenate: [none, layer({})],
  celu: options({ alpha: 1 }),
  multiply: [none, layer({})],
  subtract: [none, layer({})],
  average: [none, layer({})],
  maximum: [none, layer({})],
  minimum: [none, layer({})],
  elu: options({ alpha: 1 }),
  leakyRelu: options({ alpha: 1 }),
  maxNorm: [none, () => [2]],
  minMaxNorm: options({ minValue: 0.5, maxValue: 2, rate: 0.5 }),
  nonNegative: options({}),
  unitNorm: options({}),
  l1: [none, () => [2]],
  l2: [none, () => [2]],
  l1l2: options({ l1: 1, l2: 1 }),
  constant: options({ value: 1 }),
  glorotNormal: options({}),
  glorotUniform: options({}),
  heNormal: options({}),
  heUniform: options({}),
  identity: options({ gain: 1 }),
  lecunNormal: options({}),
  lecunUniform: options({}),
  msra: options({}),
  ones: options({}),
  orthogonal: options({ gain: 1 }),
  randomNormal: options({ mean: 0, stddev: 1 }),
  randomUniform: options({ minval: 0, maxval: 1 }),
  truncatedNormal: options({ mean: 0, stddev: 1 }),
  varianceScaling: options({ scale: 1, mode: 'fanIn', distribution: 'uniform' }),
  xavier: options({}),
  zeros: options({}),
  binaryCrossentropy: options({ labelSmoothing: 0.1, fromLogits: true }),
  categoricalCrossentropy: options({ labelSmoothing: 0.1, fromLogits: true }),
  sparseCategoricalCrossentropy: options({ labelSmoothing: 0.1, fromLogits: true }),
  binaryFocalCrossentropy: options({
    labelSmoothing: 0.1,
    fromLogits: true,
    gamma: 2,
    alpha: 0.25,
    applyClassBalancing: true,
  }),
  categoricalFocalCrossentropy: options({ labelSmoothing: 0.1, fromLogits: true, gamma: 2, alpha: 0.25 }),
  kullbackLeibler: options({ fromLogits: true }),
  poisson: options({ logInput: true }),
  quantile: options({ quantiles: [0.1, 0.9] }),
  gaussianNegativeLogLikelihood: options({ epsilon: 1e-6, full: true }),
  squaredHinge: options({}),
  categoricalHinge: options({}),
  cosineSimilarity: options({}),
  meanAbsolutePercentageError: options({}),
  meanSquaredLogarithmicError: options({}),
  halfSquaredError: options({}),
  logCosh: options({}),
  hinge: options({}),
  huber: options({ delta: 1 }),
  meanAbsoluteError: options({}),
  meanSquaredError: options({}),
  learningRateAt: [
    () => [
      { kind: 'warmUp', config: { schedule: { kind: 'constant', config: { learningRate: 0.1 } }, steps: 2, from: 0 } },
      3,
    ],
    () => [scheduleOfOwn(), 3],
    () => [() => 0.1, 3],
  ],
  momentumAt: [() => [{ kind: 'constant', config: { learningRate: 0.1 } }, 3], () => [scheduleOfOwn(), 3]],
  'schedules.constant': [() => [{ learningRate: 0.1 }]],
  'schedules.step': [() => [{ initialLearningRate: 0.1, dropEvery: 2, factor: 0.5 }]],
  'schedules.exponential': [() => [{ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5, staircase: true }]],
  'schedules.inverseTime': [() => [{ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5, staircase: true }]],
  'schedules.polynomial': [() => [{ initialLearningRate: 0.1, decaySteps: 2, endLearningRate: 0, power: 1 }]],
  'schedules.cosine': [
    () => [{ initialLearningRate: 0.1, decaySteps: 2, alpha: 0, restarts: true, periodFactor: 2, peakFactor: 1 }],
  ],
  'schedules.oneCycle': [
    () => [{ maxLearningRate: 0.1, totalSteps: 9, pctStart: 0.3, divFactor: 25, finalDivFactor: 100 }],
    () => [{ maxLearningRate: 0.1, totalSteps: 9, cycleMomentum: true, baseMomentum: 0.8, maxMomentum: 0.9 }],
  ],
  'schedules.piecewiseConstant': [() => [{ boundaries: [2, 5], values: [0.1, 0.01, 0] }]],
  'schedules.cyclic': [
    () => [
      {
        baseLearningRate: 0.01,
        maxLearningRate: 0.1,
        stepSizeUp: 3,
        stepSizeDown: 5,
        mode: 'expRange',
        gamma: 0.9,
        cycleMomentum: true,
        baseMomentum: 0.7,
        maxMomentum: 0.9,
      },
    ],
  ],
  'schedules.sequential': [
    () => [{ schedules: [0.1, { kind: 'constant', config: { learningRate: 0.1 } }, () => 0.1], milestones: [2, 5] }],
  ],
  'schedules.warmUp': [() => [{ schedule: { kind: 'constant', config: { learningRate: 0.1 } }, steps: 2, from: 0 }]],
  sgd: options({ ...rate, momentum: 0.5, nesterov: true, ...decay }),
  adagrad: options({ ...rate, epsilon: 1e-8 }),
  rmsprop: options({ ...rate, rho: 0.9, momentum: 0.5, epsilon: 1e-8, centered: true }),
  adadelta: options({ ...rate, rho: 0.9, epsilon: 1e-8 }),
  adam: options({ ...adamLike, amsgrad: true }),
  adamax: options(adamLike),
  adamw: options({ ...adamLike, amsgrad: true, ...decay }),
  lion: options({ ...rate, beta1: 0.9, beta2: 0.99, ...decay }),
  nadam: options(adamLike),
  lbfgs: options({ historySize: 3, gradientTolerance: 1e-4, changeTolerance: 1e-6 }),
  levenbergMarquardt: options({
    damping: 0.01,
    dampingDecrease: 0.5,
    dampingIncrease: 3,
    maxDamping: 1e6,
    gradientTolerance: 1e-6,
    goal: 1e-3,
  }),
  confusionMatrix: [() => [[0, 1, 1], [0, 1, 0], { classes: 2 }], () => [flat(), X(), { classes: 2 }]],
  topKAccuracy: options({ k: 2 }),
  auc: options({ curve: 'PR' }),
  binaryAccuracy: options({ threshold: 0.5 }),
  precision: options({ average: 'micro', class: 1, threshold: 0.5 }),
  recall: options({ average: 'micro', class: 1, threshold: 0.5 }),
  f1: options({ average: 'micro', class: 1, threshold: 0.5 }),
  specificity: options({ average: 'micro', class: 1, threshold: 0.5 }),
  fBeta: options({ average: 'micro', class: 1, threshold: 0.5, beta: 2 }),
  calibrationError: options({ bins: 10 }),
  csvLogger: [() => [() => undefined, { separator: ';', append: true }]],
  earlyStopping: options({ ...monitored, restoreBestWeights: true }),
  reduceLROnPlateau: options({ ...monitored, factor: 0.5, cooldown: 1, minLearningRate: 0 }),
  stochasticWeightAveraging: [() => [{ startEpoch: 0, every: 1 }]],
  adaptiveLearningRate: options({ ...monitored, divisor: 5, minLearningRate: 0 }),
  learningRateScheduler: [() => [() => 0.1]],
  terminateOnNaN: [none],
  diagnostics: [none, () => [{ every: 1, onDiagnosis: () => undefined }]],
  mlpClassifier: [() => [facadeOptions()], () => [{ ...facadeOptions(), activation: activationOfOwn() }]],
  mlpRegressor: [() => [facadeOptions()]],
  'predict.loadModel': [() => [file, { custom: [activationOfOwn()] }]],
  'predict.loadModelSync': [() => [file, { custom: [activationOfOwn()] }]],
  'fused.fusedKernels': [none],
  'module.toModule': [
    () => [subject, { labels: ['a', 'b', 3], declarations: true }],
    () => [subject, { labels: ['a', 'b', 3] }],
  ],
  'node.modelCheckpoint': [
    () => [
      join(tmpdir(), 'wasm-mlp-{epoch}'),
      { monitor: 'loss', mode: 'min', saveBestOnly: true, saveFreq: { epochs: 2 }, keep: 1 },
    ],
  ],
  'node.writeFileAtomic': [() => ['file', Uint8Array.of(1)], () => ['file', 'text']],
  'node.latestCheckpoint': [() => [join(tmpdir(), 'wasm-mlp-absent-{epoch}'), { custom: [activationOfOwn()] }]],
  'onnx.exportOnnx': [() => [subject, { labels: ['a', 'b', 3] }]],
  'keras.fromKeras': [
    () => [kerasFile('few-hdf5-1.8.keras')],
    () => [kerasFile('chain.weights.h5'), { config: JSON.parse(kerasFile('chain.json').toString()) as unknown }],
  ],
  'numpy.readNpy': [() => [npyBytes.slice(), { dtype: 'float32', maxBytes: 1e6 }]],
  'numpy.readNpz': [() => [npzBytes.slice(), { dtype: 'float32', maxBytes: 1e6 }]],
  'numpy.writeNpy': [() => [numpyArray()]],
  'numpy.writeNpz': [() => [[{ name: 'a', ...numpyArray() }]], () => [{ a: numpyArray(), b: { data: flat() } }]],
  'tables.inferSchema': [() => [mixed(), { columns: { a: 'category' } }], () => [mixedColumns()]],
  'tables.inferTask': [() => [mixed(), 'y'], () => [mixedColumns(), 'label']],
  'tables.learnPreprocessing': [() => [{ columns: { a: 'category', b: 'drop' } }]],
  'tables.tableClassifier': [() => [tableOptions()]],
  'tables.tableRegressor': [() => [tableOptions()]],
  'tables.loadTable': [() => [tableFile, { engine, custom: [activationOfOwn()] }]],
  'tables-predict.loadTable': [() => [tableFile, { custom: [activationOfOwn()] }]],
  'tables.scorePredictions': [
    () => [[1, 2, 3], Float64Array.of(1, 2, 4), ['r2', 'meanAbsoluteError']],
    () => [
      ['a', 'b'],
      ['a', 'a'],
      ['accuracy', 'balancedAccuracy', 'f1'],
    ],
    () => [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [1, 3],
        [3, 5],
      ],
      ['rootMeanSquaredError'],
    ],
  ],
  'tables.takeRows': [() => [X(), [0, 2]], () => [flat(), Int32Array.of(0, 2), 3], () => [{ a: [1, 2, 3] }, [1]]],
  'tables.trainTestSplit': [
    () => [
      { x: X(), y: ['a', 'b', 'a'] },
      { testSize: 1, stratify: ['a', 'b', 'a'], seed: 1 },
    ],
    () => [
      { x: flat(), y: Int32Array.of(0, 1, 2), z: { a: [1, 2, 3] } },
      { testSize: 0.5, shuffle: false, seed: 1 },
    ],
  ],
  'tables.confusionTable': [
    () => [['a', 'b', 'a'], ['a', 'a', 'b'], { labels: ['a', 'b'], normalize: 'true', sampleWeight: [1, 2, 3] }],
  ],
  'tables.classificationReport': [
    () => [[1, 2, 1], Int32Array.of(1, 1, 2), { labels: [1, 2], sampleWeight: [1, 2, 3], zeroDivision: 1, digits: 3 }],
    () => [
      [['a'], []],
      [['a', 'b'], ['b']],
    ],
  ],
  'tables.calibrationCurve': [
    () => [[0, 1, 1], [0.2, 0.5, 0.9], { positive: 1, bins: 3, strategy: 'quantile' }],
    () => [[true, false], Float32Array.of(0.5, 0.25)],
  ],
  'tables.thresholdCurve': [() => [['a', 'b', 'a'], [1, 2, 3], { positive: 'a', sampleWeight: [1, 2, 3] }]],
  'tables.bestThreshold': [
    () => [['a', 'b', 'a'], [1, 2, 3], { positive: 'a', sampleWeight: [1, 2, 3], metric: 'accuracy' }],
    () => [['a', 'b', 'a'], [1, 2, 3], { costs: { falsePositive: 1, falseNegative: 2 } }],
  ],
  'tables.crossValidate': [
    () => [
      () => constant,
      { x: X(), y: ['a', 'b', 'a'], sampleWeight: [1, 2, 3] },
      { folds: 3, seed: 1, stratify: false, scores: ['accuracy'], fit: {}, onFold: () => undefined },
    ],
    () => [
      () => constant,
      { x: flat(), y: [1, 2, 3] },
      { folds: [{ train: [0, 1], test: [2] }], scores: { own: () => 1 }, keepEstimators: true },
    ],
  ],
  'tables.permutationImportance': [
    () => [constant, X(), ['a', 'b', 'a'], { score: 'accuracy', repeats: 2, seed: 1 }],
    () => [constant, [{ a: 1 }, { a: 2 }], ['a', 'b'], { score: () => 1 }],
    () => [constant, { a: [1, 2] }, [1, 2], { score: () => 1 }],
  ],
  'tables.kFold': [() => [4, { folds: 2, shuffle: true, seed: 1 }]],
  'tables.stratifiedKFold': [() => [['a', 'b', 'a', 'b'], { folds: 2, shuffle: true, seed: 1 }]],
  'tfjs.toTfjs': [() => [subject, { shardBytes: 100 }]],
  'tfjs.fromTfjs': [
    () => [new TextDecoder().decode(tfjsJson), { ...tfjsShards }],
    () => [tfjsJson.slice(), Object.values(tfjsShards)],
  ],
  'brain.fromBrain': [() => [JSON.stringify(brainJson)], () => [structuredClone(brainJson)]],
  'onnx.importOnnx': [() => [onnxBytes.slice(), { externalData: { a: new Uint8Array(4) } }]],
};

const logs = (): object => ({ loss: 0.5, valLoss: 0.5, size: 3 });

/** Valid arguments of each method, by class; for a settable property its value. */
const METHODS: Record<string, readonly Arguments[]> = {
  'Engine.sequential': [
    () => [
      { seed: 1, layers: [{ kind: 'dense', config: { units: 2, inputShape: [2], ...structuredClone(kernelData) } }] },
    ],
    () => [
      {
        layers: [
          library.dense({
            units: 2,
            inputShape: [2],
            kernelInitializer: { name: 'x', values: () => new Float32Array(4) },
          }),
        ],
      },
    ],
  ],
  'Engine.model': [
    () => {
      const x = library.input({ shape: [2] });
      const z = library.input({ shape: [2] });
      return [{ inputs: [x, z], outputs: library.add().apply([x, z]), seed: 1 }];
    },
  ],
  'Engine.modelFromJSON': [() => [JSON.parse(JSON.stringify(branched)), { custom: [activationOfOwn()] }]],
  'Engine.loadModel': [() => [file, { custom: [activationOfOwn()] }]],
  'Engine.warmUp': [none, () => [{ milliseconds: 0, rows: 1 }]],
  'Engine.memory': [none],
  'Layer.apply': [
    () => [library.input({ shape: [2] })],
    () => [[library.input({ shape: [2] }), library.input({ shape: [2] })]],
  ],
  'Normalization.adapt': [() => [X()], () => [flat()]],
  'Model.compile': [
    () => [
      {
        optimizer: 'sgd',
        loss: lossOfOwn(),
        metrics: [metricOfOwn()],
        weightedMetrics: [metricOfOwn(), 'r2'],
        lossWeights: [1],
      },
    ],
    () => [
      {
        optimizer: { kind: 'sgd', config: { learningRate: scheduleOfOwn() } },
        loss: { kind: 'huber', config: { delta: 1 } },
        lossWeights: { dense_1: 1 },
      },
    ],
    () => [compileOptions()],
  ],
  'Model.fit': [
    () => [
      X(),
      Y(),
      {
        epochs: 2,
        batchSize: 2,
        shuffle: true,
        validationData: [X(), Y(), [1, 1, 1]],
        sampleWeight: [1, 1, 1],
        classWeight: { 0: 1, 2: 1 },
        initialEpoch: 0,
        callbacks: [stopper(), hooks(), library.earlyStopping({ monitor: 'loss' })],
        signal: new AbortController().signal,
        runIn: 'main',
        verbose: 0,
      },
    ],
    () => [flat(), Y(), { validationSplit: 0.3, callbacks: [stopper()] }],
    () => [
      [[X(), Y()]][Symbol.iterator](),
      { epochs: 1, batchesPerEpoch: 1, callbacks: [stopper()], classWeight: [1] },
    ],
    () => [() => [[X(), Y(), [1, 1, 1]]], { epochs: 2, callbacks: [stopper()] }],
    () => [X(), Y(), { validationData: () => [[X(), Y()]], validationBatches: 1, callbacks: [stopper()] }],
  ],
  'Model.evaluate': [
    () => [X(), Y(), { batchSize: 2, sampleWeight: [1, 1, 1], callbacks: [hooks()] }],
    () => [flat(), Y()],
    () => [() => [[X(), Y(), [1, 1, 1]]], { batches: 1, callbacks: [hooks()] }],
  ],
  'Model.trainOnBatch': [() => [X(), Y(), { sampleWeight: [1, 1, 1], classWeight: { 0: 1 } }], () => [flat(), Y()]],
  'Model.gradients': [() => [X(), Y(), { sampleWeight: [1, 1, 1], classWeight: [1] }]],
  'Model.applyGradients': [() => [subject.gradients(X(), Y())]],
  'Model.diagnose': [() => [X(), Y()]],
  'Model.adapt': [() => [X()]],
  'Model.apply': [() => [library.input({ shape: [2] }), { name: 'n' }], () => [[library.input({ shape: [2] })]]],
  'Model.getLayer': [() => ['dense'], () => [1]],
  'Model.predict': [() => [X(), { batchSize: 2, callbacks: [hooks()] }], () => [flat()]],
  'Model.getWeights': [none],
  'Model.getAveragedWeights': [
    () => {
      subject.compile({
        ...(compileOptions() as library.CompileOptions),
        optimizer: library.sgd({ ema: {} }),
      });
      subject.trainOnBatch(X(), Y());
      return [];
    },
  ],
  'Model.setWeights': [() => [tensors()], () => [subject.getWeights()]],
  'Model.loadWeights': [() => [subject.save(), { strict: true, names: {} }]],
  'Model.memory': [none],
  'Model.share': [none],
  'Model.summary': [none],
  'Model.toJSON': [none],
  'Model.save': [none, () => [{ includeOptimizer: true }], () => [{ weights: 'float16' }]],
  'Model.learningRate': [() => [0.01]],
  'Model.stopTraining': [() => [true]],
  'Model.trainable': [() => [true]],
  'ModelLayer.trainable': [() => [true]],
  'ModelLayer.getWeights': [none],
  'ModelLayer.setWeights': [
    () => [
      subject
        .getLayer('dense')
        .getWeights()
        .map(({ name, shape, data }) => ({ name, shape: [...shape], data: Array.from(data) })),
    ],
  ],
  'InferenceModel.predict': [() => [X(), { batchSize: 2 }], () => [flat()]],
  'InferenceModel.predictInto': [() => [flat(), new Float32Array(9)]],
  'AttachedModel.predict': [() => [X(), { batchSize: 2 }]],
  'AttachedModel.predictInto': [() => [flat(), new Float32Array(9)]],
  'MlpClassifier.fit': [
    () => [X(), ['a', 'b', 'a'], { ...runOptions(), classWeight: { a: 2 } }],
    () => [flat(), ['a', 'b', 'a'], { validation: { x: X(), y: ['a', 'b', 'a'], sampleWeight: [1, 2, 1] } }],
  ],
  'MlpClassifier.partialFit': [() => [X(), ['a', 'b', 'a'], { ...runOptions(), classes: ['a', 'b'] }]],
  'MlpClassifier.predict': [() => [X()]],
  'MlpClassifier.predictProbabilities': [() => [X()]],
  'MlpClassifier.score': [() => [X(), ['a', 'b', 'a']]],
  'MlpClassifier.save': [none],
  'MlpRegressor.save': [none],
  'MlpRegressor.fit': [
    () => [flat(), X(), { ...runOptions(), validation: 0.3 }],
    () => [X(), [1, 2, 3], { validation: { x: X(), y: [1, 2, 3] } }],
  ],
  'MlpRegressor.partialFit': [() => [X(), [1, 2, 3], runOptions()]],
  'MlpRegressor.predict': [() => [X()]],
  'MlpRegressor.score': [() => [X(), [1, 2, 3]]],
  'TableClassifier.fit': [
    () => [mixedColumns(), ['yes', 'no']],
    () => [mixed(), 'label', { sampleWeight: [1, 2, 1], validation: mixed(), classWeight: 'balanced' }],
  ],
  'TableClassifier.partialFit': [() => [mixed(), 'label', { classes: ['p', 'q'], sampleWeight: [1, 2, 1] }]],
  'TableClassifier.predict': [() => [mixed()], () => [mixedColumns()]],
  'TableClassifier.predictProbabilities': [() => [mixed()]],
  'TableClassifier.score': [() => [mixed()]],
  'TableClassifier.save': [none],
  'TableRegressor.fit': [() => [mixedColumns(), ['y', 'a']], () => [mixed(), 'y', { validation: 0.3 }]],
  'TableRegressor.partialFit': [() => [mixed(), 'y', { sampleWeight: [1, 2, 1] }]],
  'TableRegressor.predict': [() => [mixed()]],
  'TableRegressor.score': [() => [mixed()]],
  'TableRegressor.save': [none],
  'TablePredictor.predict': [() => [mixed()]],
  'TablePredictor.predictProbabilities': [() => [mixed()]],
  'Preprocessing.transform': [() => [mixed()], () => [mixedColumns()]],
  'Preprocessing.toJSON': [none],
  'PreprocessingLearner.add': [() => [mixed()], () => [mixedColumns()]],
  'PreprocessingLearner.finish': [none],
};

const pair = (): object => ({ a: X(), b: [[1], [2], [3]] });
const goals = (): object => ({ y: X(), z: [[1], [2], [3]] });

/** Calls of a model with two inputs and two outputs, and of custom functions. */
const MORE: Record<string, Call> = {
  'two inputs: predict': {
    run: (args) => branched.predict(...(args as Parameters<typeof branched.predict>)),
    valid: [() => [pair(), { batchSize: 2 }], () => [[X(), new Float32Array(3)]]],
    trains: false,
  },
  'two inputs: predictInto': {
    run: (args) => branched.predictInto(...(args as Parameters<typeof branched.predictInto>)),
    valid: [
      () => [
        [flat(), new Float32Array(3)],
        [new Float32Array(6), new Float32Array(3)],
      ],
    ],
    trains: false,
  },
  'two inputs: evaluate': {
    run: (args) => branched.evaluate(...(args as Parameters<typeof branched.evaluate>)),
    valid: [
      () => [pair(), goals()],
      () => [
        [X(), new Float32Array(3)],
        [X(), new Float32Array(3)],
      ],
    ],
    trains: false,
  },
  'two outputs: compile': {
    run: (args) => branched.compile(...(args as Parameters<typeof branched.compile>)),
    valid: [
      () => [
        {
          optimizer: 'sgd',
          loss: ['meanSquaredError', 'huber'],
          lossWeights: [1, 2],
          metrics: [['r2'], ['meanAbsoluteError']],
        },
      ],
      () => [
        {
          optimizer: 'sgd',
          loss: { y: 'meanSquaredError', z: lossOfOwn() },
          lossWeights: { y: 1 },
          metrics: { z: ['r2'] },
        },
      ],
      () => [{ optimizer: 'sgd', loss: 'meanSquaredError' }],
    ],
    trains: true,
  },
  'custom functions': {
    run: (args) => stepWithOwn(args as never[]),
    valid: [functionsOfOwn],
    trains: false,
  },
};

/** Methods whose call disposes the object: they are tested on objects of their own. */
const ENDING = ['dispose', '[Symbol.dispose]', '[nodejs.dispose]'];

/** The method that consoles call on any object, with arbitrary arguments. */
const SHOWN = '[nodejs.util.inspect.custom]';

/**
 * Methods and properties that are internal or private and appear in no declaration, though JavaScript can reach them.
 * None of them may be documented for users.
 */
const INTERNAL: Record<string, readonly string[]> = {
  Engine: ['awaitThreads', 'build', 'live', 'loadModelLater'],
  Layer: ['lower', 'inputs'],
  Model: [
    'own',
    'recompile',
    'requireUnchanged',
    'train',
    'restore',
    'runFit',
    'writeFlat',
    'release',
    'target',
    'dataset',
    'requireRunning',
    'requireIdle',
    'requireTrainer',
    'owner',
    'symbolic',
    'endRemoteFit',
    'forQuantize',
    'readWeights',
    'writeWeights',
    'replaceWeights',
    '[wasm-mlp.content]',
    '[wasm-mlp.adopt]',
  ],
  InferenceModel: [
    'predictIntoLists',
    'requireList',
    'warmUpRun',
    'release',
    'requireFlat',
    'requireLive',
    'requireNotInStep',
  ],
  AttachedModel: [],
  ModelLayer: [],
  Normalization: [],
  MlpClassifier: ['train', 'probabilities', 'likeliest'],
  MlpRegressor: ['train', 'predictions'],
  TableClassifier: [],
  TableRegressor: [],
  TablePredictor: ['outputs'],
  Preprocessing: ['transformOpen', 'requireColumns'],
  PreprocessingLearner: ['addOpen'],
};

/** An object of each class that the package returns. */
const OBJECTS: Record<string, readonly object[]> = {
  Engine: [engine],
  Layer: [library.dense({ units: 1 })],
  Normalization: [library.normalization({ inputShape: [2] })],
  Model: [subject],
  ModelLayer: [subject.getLayer('dense')],
  InferenceModel: [subject, loaded],
  AttachedModel: [attached],
  MlpClassifier: [sorter],
  MlpRegressor: [estimator],
  TableClassifier: [tableSorter],
  TableRegressor: [tableEstimator],
  TablePredictor: [tablePredictor],
  Preprocessing: [tableSorter.preprocessing],
  PreprocessingLearner: [preprocessingLearner],
};

/** Disposes every object of this module. */
export function disposeAll(): void {
  const tabular = [sorter, estimator, tableSorter, tableEstimator, tablePredictor];
  for (const one of [subject, bystander, branched, loaded, attached, ...tabular]) one.dispose();
}

/** The callbacks of the library. Their hooks may be called by anyone who wraps them. */
const CALLBACKS: Record<string, () => library.Callback> = {
  csvLogger: () => library.csvLogger(() => undefined),
  earlyStopping: () => library.earlyStopping({ monitor: 'loss' }),
  reduceLROnPlateau: () => library.reduceLROnPlateau({ monitor: 'loss' }),
  stochasticWeightAveraging: () => library.stochasticWeightAveraging({ startEpoch: 0 }),
  adaptiveLearningRate: () => library.adaptiveLearningRate({ monitor: 'loss' }),
  learningRateScheduler: () => library.learningRateScheduler(() => 0.01),
  terminateOnNaN: () => library.terminateOnNaN(),
  diagnostics: () => library.diagnostics(),
  modelCheckpoint: () => node.modelCheckpoint(join(tmpdir(), 'wasm-mlp-hostile')),
};

/** Writes where no file of the repository can be: names of files are hostile, too. */
const writeFileAtomic: typeof node.writeFileAtomic = (path, data) =>
  node.writeFileAtomic(
    typeof path === 'string' && path !== '' ? join(tmpdir(), `wasm-mlp-hostile-${path}`) : path,
    data,
  );

/** Every exported function, by its name in the tables; also the functions of exported objects. */
function exportedFunctions(): Map<string, (...args: unknown[]) => unknown> {
  const found = new Map<string, (...args: unknown[]) => unknown>();
  const visit = (prefix: string, members: object): void => {
    for (const [name, value] of Object.entries(members) as [string, unknown][]) {
      if (typeof value === 'object' && value !== null) visit(`${prefix}${name}.`, value);
      if (typeof value !== 'function') continue;
      // Error classes are JavaScript's Error: the caller chooses the arguments.
      if (value === Error || value.prototype instanceof Error) continue;
      found.set(`${prefix}${name}`, value as (...args: unknown[]) => unknown);
    }
  };
  visit('', library);
  visit('predict.', predict);
  visit('keras.', keras);
  visit('numpy.', numpy);
  visit('module.', module);
  visit('node.', { ...node, writeFileAtomic });
  visit('onnx.', onnx);
  visit('tfjs.', tfjs);
  visit('tables.', tables);
  visit('tables-predict.', tablesPredict);
  visit('brain.', brain);
  visit('fused.', fused);
  return found;
}

/** The name of a method in the tables. */
const labelOf = (key: string | symbol): string => (typeof key === 'symbol' ? `[${key.description}]` : key);

/** The prototypes whose members belong to a class here: its own, without those of public classes that it extends. */
function prototypesOf(className: string): object[] {
  const chain: object[] = [];
  let prototype = Object.getPrototypeOf(OBJECTS[className][0]) as object;
  while (prototype !== Object.prototype) {
    chain.push(prototype);
    prototype = Object.getPrototypeOf(prototype) as object;
  }
  // `Model` extends `InferenceModel` through a class that is not public.
  if (className === 'InferenceModel') return chain.slice(-1);
  // Models of tables have a class in common.
  if (className.startsWith('Table')) return chain;
  return className === 'Model' ? chain.slice(0, -1) : chain.slice(0, 1);
}

/** Methods, and properties that can be set, of an object's class itself, not of the public classes that it extends. */
const membersOf = (className: string): (string | symbol)[] => [
  ...new Set(
    prototypesOf(className).flatMap((prototype) =>
      Reflect.ownKeys(prototype).filter((key) => {
        const one = Object.getOwnPropertyDescriptor(prototype, key)!;
        return key !== 'constructor' && (typeof one.value === 'function' || one.set !== undefined);
      }),
    ),
  ),
];

/** Errors of the library, of whichever of its entries, and those that a caller's own objects throw. */
export const isAllowed = (error: unknown): boolean =>
  error instanceof library.WasmMlpError || error instanceof predict.WasmMlpError || error instanceof Own;

const method =
  (object: object, name: string | symbol): Call['run'] =>
  (args) => {
    const owner = object as Record<string | symbol, unknown>;
    if (typeof owner[name] === 'function') return (owner[name] as (...args: unknown[]) => unknown).apply(object, args);
    [owner[name]] = args;
    return undefined;
  };

/** All calls by name. Where an entry is missing, `valid` is empty. */
export function calls(): Map<string, Call> {
  const found = new Map<string, Call>(Object.entries(MORE));
  for (const [name, run] of exportedFunctions()) {
    found.set(name, { run: (args) => run(...args), valid: FUNCTIONS[name] ?? [], trains: false });
  }
  for (const [className, objects] of Object.entries(OBJECTS)) {
    for (const key of membersOf(className)) {
      const member = labelOf(key);
      if (ENDING.includes(member) || INTERNAL[className].includes(member)) continue;
      objects.forEach((object, index) => {
        found.set(`${className}.${member}${index === 0 ? '' : ` (${index})`}`, {
          // An engine warms up each of its models for the time it is given, so warmUp is called on an engine without
          // models.
          run: method(member === 'warmUp' ? idle : object, key),
          valid: METHODS[`${className}.${member}`] ?? (member === SHOWN ? [none] : []),
          trains: ['fit', 'trainOnBatch', 'compile'].includes(member),
          ...(member === 'fit' && { alone: 'epochs' }),
        });
      });
    }
  }
  for (const [name, make] of Object.entries(CALLBACKS)) {
    for (const hook of Object.keys(make())) {
      if (!hook.startsWith('on')) continue;
      found.set(`${name}().${hook}`, {
        run: (args) => method(make(), hook)(args),
        valid: [() => [0, logs(), subject]],
        trains: true,
      });
    }
  }
  return found;
}

/** Entries of the tables that match no export. */
export const stale = (): string[] => {
  const known = calls();
  return [...Object.keys(FUNCTIONS), ...Object.keys(METHODS)].filter((name) => !known.has(name));
};
