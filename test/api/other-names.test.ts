/**
 * Names and options of Keras, PyTorch and scikit-learn: the usual short ones are accepted as aliases, others are
 * refused with the name to write instead.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  adamw,
  add,
  batchNormalization,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  createEngine,
  dense,
  dropout,
  earlyStopping,
  FormatError,
  input,
  layerNormalization,
  lbfgs,
  rmsNormalization,
  loadClassifier,
  loadModel,
  mlpClassifier,
  mlpRegressor,
  prelu,
  rmsprop,
  schedules,
  sequential,
  sgd,
  sparseCategoricalCrossentropy,
  stochasticWeightAveraging,
  topKAccuracy,
  ValueError,
  type ActivationLike,
  type LossLike,
  type MetricLike,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const line = (): ReturnType<typeof engine.sequential> =>
  engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
const compiled = (options: object): unknown =>
  line().compile(any({ optimizer: 'sgd', loss: 'meanSquaredError', ...options }));

describe("aliases are accepted, and reported, saved and logged by the library's own name", () => {
  test.each([
    ['silu', 'swish'],
    ['SiLU', 'swish'],
    ['logistic', 'sigmoid'],
    ['identity', 'linear'],
    ['hard_silu', 'hardSwish'],
    ['hardSilu', 'hardSwish'],
    ['exp', 'exponential'],
    ['log_softmax', 'logSoftmax'],
    ['LogSoftmax', 'logSoftmax'],
    ['gelu_new', 'tanhGelu'],
    ['gelu_approximate', 'tanhGelu'],
    ['gelu_tanh', 'tanhGelu'],
    ['gelu_pytorch_tanh', 'tanhGelu'],
    ['gelu_fast', 'tanhGelu'],
  ] as const)('activation %s is %s', (given, name) => {
    const named = activation({ activation: given as ActivationLike, inputShape: [3] });
    expect(named.config.activation).toEqual({ kind: name, config: {} });
    const model = engine.sequential({
      layers: [dense({ units: 2, activation: given as ActivationLike, inputShape: [3] })],
    });
    const plain = engine.sequential({ layers: [dense({ units: 2, activation: name, inputShape: [3] })] });
    expect(model.toJSON()).toEqual(plain.toJSON());
    expect(model.save()).toEqual(plain.save());
    expect(model.summary()).toBe(plain.summary());
  });

  test.each([
    ['mse', 'meanSquaredError'],
    ['mae', 'meanAbsoluteError'],
    ['bce', 'binaryCrossentropy'],
  ] as const)('loss %s is %s', async (given, name) => {
    const files = [given as LossLike, name].map((loss) => {
      const model = engine.sequential({ layers: [dense({ units: 1, activation: 'sigmoid', inputShape: [1] })] });
      model.compile({ optimizer: 'adam', loss });
      model.trainOnBatch([[1], [2]], [[0], [1]]);
      return model.save();
    });
    expect(files[0]).toEqual(files[1]);
    expect(new TextDecoder().decode(files[0])).toContain(name);
    const again = await loadModel(files[0]);
    expect(Object.keys(again.evaluate([[1]], [[1]]))).toEqual(['loss']);
  });

  test.each([
    ['L-BFGS', 'lbfgs'],
    ['trainlm', 'levenbergMarquardt'],
    ['LM', 'levenbergMarquardt'],
    ['levenberg_marquardt', 'levenbergMarquardt'],
  ])('optimizer %s is %s', (given, name) => {
    const model = line();
    model.compile(any({ optimizer: given, loss: 'mse' }));
    const other = line();
    other.compile(any({ optimizer: name, loss: 'mse' }));
    expect(model.save()).toEqual(other.save());
  });

  test.each([
    ['MSELoss', 'meanSquaredError'],
    ['squared_error', 'meanSquaredError'],
    ['L1Loss', 'meanAbsoluteError'],
    ['SmoothL1Loss', 'huber'],
    ['HuberLoss', 'huber'],
    ['BCELoss', 'binaryCrossentropy'],
  ])('loss %s is %s', (given, name) => {
    const [one, other] = [given, name].map((loss) => {
      const model = line();
      model.compile(any({ optimizer: 'sgd', loss, checks: 'off' }));
      return model.save();
    });
    expect(one).toEqual(other);
  });

  test('metrics acc, mse, mae, rmse, f1_score and others are accepted', async () => {
    const given = ['acc', 'mse', 'mae', 'rmse', 'f1_score', 'r2_score', 'roc_auc'] as MetricLike[];
    const names = ['accuracy', 'meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'f1', 'r2', 'auc'];
    const model = line();
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: given });
    expect(Object.keys(model.evaluate([[1], [2]], [[0], [1]]))).toEqual(['loss', ...names]);
    const { history } = await model.fit([[1], [2]], [[0], [1]], { validationData: [[[1]], [[1]]] });
    const keys = ['loss', ...names];
    const validation = keys.map((name) => `val${name[0].toUpperCase()}${name.slice(1)}`);
    expect(Object.keys(history)).toEqual([...keys, ...validation]);
    // The same metric by two names counts once.
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['acc', 'accuracy'] });
    expect(Object.keys(model.evaluate([[1]], [[0]]))).toEqual(['loss', 'accuracy']);
  });

  test.each([
    ['kaimingNormal', 'heNormal'],
    ['kaiming_uniform', 'heUniform'],
    ['xavierNormal', 'glorotNormal'],
    ['xavierUniform', 'glorotUniform'],
    ['eye', 'identity'],
  ])('initializer %s is %s', (given, name) => {
    const [one, other] = [given, name].map((kernelInitializer) =>
      dense({ units: 2, inputShape: [3], kernelInitializer: any(kernelInitializer) }),
    );
    expect(one.config).toEqual(other.config);
  });

  test('an alias of another kind of object is refused', async () => {
    expectError(
      await thrownBy(() => compiled({ loss: 'acc' })),
      ValueError,
      'compile: loss is unknown: "acc". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, logCosh, ' +
        'binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy, kullbackLeibler, ' +
        'binaryFocalCrossentropy, categoricalFocalCrossentropy, squaredHinge, categoricalHinge, ' +
        'meanAbsolutePercentageError, meanSquaredLogarithmicError, poisson, quantile, gaussianNegativeLogLikelihood, ' +
        'cosineSimilarity.',
    );
    const { message } = await thrownBy(() => dense({ units: 1, activation: any('mse') }));
    expect(message).not.toContain('meanSquaredError');
  });
});

const refused: [title: string, act: () => unknown, message: string][] = [
  [
    'bce_with_logits',
    () => compiled({ loss: 'bce_with_logits' }),
    'compile: loss is unknown: "bce_with_logits". Write binaryCrossentropy({ fromLogits: true }).',
  ],
  [
    'softmaxCrossEntropy',
    () => compiled({ loss: 'softmaxCrossEntropy' }),
    'compile: loss is unknown: "softmaxCrossEntropy". Write categoricalCrossentropy({ fromLogits: true }).',
  ],
  [
    'lbfgs({ maxIter })',
    () => lbfgs(any({ maxIter: 3 })),
    'lbfgs: unknown option "maxIter". An epoch is an iteration: give fit epochs.',
  ],
  [
    'schedules.cosine({ T_max })',
    () => schedules.cosine(any({ initialLearningRate: 1, T_max: 3 })),
    'schedules.cosine: unknown option "T_max". Did you mean "decaySteps"?',
  ],
  [
    'schedules.step({ stepSize })',
    () => schedules.step(any({ initialLearningRate: 1, stepSize: 3 })),
    'schedules.step: unknown option "stepSize". Did you mean "dropEvery"?',
  ],
  [
    'stochasticWeightAveraging({ swaStart })',
    () => stochasticWeightAveraging(any({ swaStart: 3 })),
    'stochasticWeightAveraging: unknown option "swaStart". Did you mean "startEpoch"?',
  ],
  [
    'adam({ weightDecay })',
    () => adam(any({ weightDecay: 0.01 })),
    'adam: unknown option "weightDecay". Use adamw, or kernelRegularizer: l2(…) in layers.',
  ],
  [
    'sgd({ weight_decay })',
    () => sgd(any({ weight_decay: 1 })),
    'sgd: unknown option "weight_decay". Did you mean "weightDecay", which acts apart from the gradient? ' +
      "For PyTorch's write kernelRegularizer: l2(…).",
  ],
  [
    'adamw({ weight_decay })',
    () => adamw(any({ weight_decay: 1 })),
    'adamw: unknown option "weight_decay". Did you mean "weightDecay"?',
  ],
  ['decay', () => sgd(any({ decay: 1 })), 'sgd: unknown option "decay". Give learningRate one of schedules.'],
  ['lr', () => adam(any({ lr: 0.1 })), 'adam: unknown option "lr". Did you mean "learningRate"?'],
  [
    'learning_rate',
    () => adam(any({ learning_rate: 0.1 })),
    'adam: unknown option "learning_rate". Did you mean "learningRate"?',
  ],
  ['eps', () => rmsprop(any({ eps: 1 })), 'rmsprop: unknown option "eps". Did you mean "epsilon"?'],
  ['a bare rate', () => adam(any(0.01)), 'adam: options expected an object, got 0.01. Write { learningRate: 0.01 }.'],
  ['inputDim', () => dense(any({ units: 2, inputDim: 3 })), 'dense: unknown option "inputDim". Write inputShape: [n].'],
  [
    'input_dim',
    () => dense(any({ units: 2, input_dim: 3 })),
    'dense: unknown option "input_dim". Write inputShape: [n].',
  ],
  [
    'input_shape',
    () => dense(any({ units: 2, input_shape: [3] })),
    'dense: unknown option "input_shape". Did you mean "inputShape"?',
  ],
  ['dense(10)', () => dense(any(10)), 'dense: options expected an object, got 10. Write { units: 10 }.'],
  ['dropout(0.5)', () => dropout(any(0.5)), 'dropout: options expected an object, got 0.5. Write { rate: 0.5 }.'],
  [
    'activation ReLU',
    () => dense({ units: 1, activation: any('ReLU') }),
    'dense: activation is unknown: "ReLU". Did you mean "relu"?',
  ],
  [
    'leaky_relu',
    () => dense({ units: 1, activation: any('leaky_relu') }),
    'dense: activation is unknown: "leaky_relu". Did you mean "leakyRelu"?',
  ],
  [
    'sequential([…])',
    () => sequential(any([dense({ units: 1, inputShape: [1] })])),
    'sequential: options expected an object, got an array of 1. Write { layers: […] }.',
  ],
  [
    'engine.sequential([…])',
    () => engine.sequential(any([dense({ units: 1 }), batchNormalization()])),
    'sequential: options expected an object, got an array of 2. Write { layers: […] }.',
  ],
  [
    'optimizer Adam',
    () => compiled({ optimizer: 'Adam' }),
    'compile: optimizer is unknown: "Adam". Did you mean "adam"?',
  ],
  [
    'a loss by its Keras name',
    () => compiled({ loss: 'categorical_crossentropy' }),
    'compile: loss is unknown: "categorical_crossentropy". Did you mean "categoricalCrossentropy"?',
  ],
  [
    'mean_squared_error',
    () => compiled({ loss: 'mean_squared_error' }),
    'compile: loss is unknown: "mean_squared_error". Did you mean "meanSquaredError"?',
  ],
  [
    'an option of fit in compile',
    () => compiled({ batchSize: 3 }),
    'compile: unknown option "batchSize". fit takes it.',
  ],
  [
    'an option of compile in sequential',
    () => engine.sequential(any({ layers: [], optimizer: 'adam' })),
    'sequential: unknown option "optimizer". compile takes it.',
  ],
  [
    'compile(optimizer)',
    () => line().compile(any('adam')),
    'compile: options expected an object, got "adam". Write { optimizer: "adam" }.',
  ],
  [
    'earlyStopping(5)',
    () => earlyStopping(any(5)),
    'earlyStopping: options expected an object, got 5. Write { patience: 5 }.',
  ],
];

test.each(refused)('%s is refused with what to write instead', async (_, act, message) => {
  expectError(await thrownBy(act), ValueError, message);
});

describe('fit', () => {
  const fitted = async (options: object): Promise<Error> => {
    const model = line();
    model.compile({ optimizer: 'sgd', loss: 'mse', metrics: ['acc'] });
    const before = model.save();
    const error = await thrownBy(() => model.fit([[1]], [[2]], options));
    expect(model.save()).toEqual(before);
    return error;
  };

  test.each([
    [{ validation_split: 0.1 }, 'unknown option "validation_split". Did you mean "validationSplit"?'],
    [{ batch_size: 3 }, 'unknown option "batch_size". Did you mean "batchSize"?'],
    [{ steps_per_epoch: 3 }, 'unknown option "steps_per_epoch". Did you mean "batchesPerEpoch"?'],
    [{ metrics: ['acc'] }, 'unknown option "metrics". compile takes it.'],
    [
      { callbacks: [{ onTrainBatchBegin: () => undefined }] },
      'callbacks[0]: unknown method "onTrainBatchBegin". Did you mean "onBatchBegin"?',
    ],
    [
      { classWeight: 'balanced' },
      'classWeight expected weights by class, got "balanced". Give each class the number of rows / (the number of classes · its own number of rows).',
    ],
    [
      { validationData: { x: [[1]], y: [[1]] } },
      'validationData expected [x, y], [x, y, sampleWeight] or a source of batches, got an object. Write [x, y].',
    ],
    [{ validation_freq: 2 }, 'unknown option "validation_freq". Did you mean "validationFrequency"?'],
    [
      { callbacks: [{ onTrainBatchEnd: () => undefined }] },
      'callbacks[0]: unknown method "onTrainBatchEnd". Did you mean "onBatchEnd"?',
    ],
    [
      { callbacks: [{ onTestBegin: () => undefined }] },
      'callbacks[0]: unknown method "onTestBegin". Did you mean "onEvaluateBegin"?',
    ],
    [
      { callbacks: [{ on_test_end: () => undefined }] },
      'callbacks[0]: unknown method "on_test_end". Did you mean "onEvaluateEnd"?',
    ],
    [
      { callbacks: [{ on_epoch_end: () => undefined }] },
      'callbacks[0]: unknown method "on_epoch_end". Did you mean "onEpochEnd"?',
    ],
  ])('%o is refused with what to write instead', async (options, message) => {
    expectError(await fitted(options), ValueError, `fit: ${message}`);
  });

  test.each([
    ['val_loss', 'valLoss'],
    ['val_acc', 'valAccuracy'],
    ['acc', 'accuracy'],
    ['valAcc', 'valAccuracy'],
    ['val_accuracy', 'valAccuracy'],
  ])('monitor %s is refused with the name %s', async (monitor, name) => {
    const error = await fitted({ validationData: [[[1]], [[1]]], callbacks: [earlyStopping({ monitor })] });
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toContain(
      `earlyStopping: monitor expected a key of the logs, got "${monitor}". Did you mean "${name}"?`,
    );
  });
});

test.each(['{"seed":0,"layers":[]}', '{ "a": 1, "b": 2 }', JSON.stringify(line().toJSON())])(
  'loadModel of JSON %s is refused with what to do',
  async (text) => {
    expectError(
      await thrownBy(() => loadModel(new TextEncoder().encode(text))),
      FormatError,
      'loadModel: file expected the bytes of a safetensors file, got JSON, which is not a safetensors file. toJSON() has no weights: pass what save() returned.',
    );
  },
);

describe('files of other kinds are refused with what they look like, and what to do', () => {
  const bytesOf = (start: string, length = 200): Uint8Array =>
    Uint8Array.from({ length }, (_, i) => (i < start.length ? start.charCodeAt(i) : 65 + (i % 26)));
  const weights = 'Save its tensors as safetensors, build the model and call loadWeights.';
  const archive =
    'fromKeras of wasm-mlp/keras reads Keras; of PyTorch, save the tensors as safetensors and call loadWeights.';
  const page = 'Look at the address that it was fetched from, and at the status of the response.';
  test.each([
    ['PK\x03\x04\x14\x00\x00\x00', 'a zip archive, as .keras and PyTorch files are', archive],
    ['PK\x03\x04\x00\x00\x08\x08', 'a zip archive, as .keras and PyTorch files are', archive],
    ['\x80\x02\x8a\x0a\x6c\xfc', 'a Python pickle, as old PyTorch files are', weights],
    ['\x80\x04\x95\x23\x00\x00\x00\x00\x00\x00\x00', 'a Python pickle', weights],
    ['\x89HDF\r\n\x1a\n', 'an HDF5 file, as .h5 files of Keras are', 'fromKeras of wasm-mlp/keras reads it.'],
    ['\x93NUMPY\x01\x00', 'a NumPy array', 'readNpy of wasm-mlp/numpy reads it.'],
    ['\x08\x07\x12\x07pytorch', 'an ONNX file', 'importOnnx of wasm-mlp/onnx reads it.'],
    ['\x1f\x8b\x08\x00\x00\x00\x00\x00', 'a gzip file', 'Unpack it first.'],
    ['version https://git-lfs.github.com/spec/v1\n', 'a pointer of Git LFS', 'Fetch the file itself: git lfs pull.'],
    ['<!DOCTYPE html><html>', 'HTML or XML', page],
    ['\n  <html>', 'HTML or XML', page],
    ['\xef\xbb\xbf<?xml version="1.0"?>', 'HTML or XML', page],
  ])('%j', async (start, kind, advice) => {
    const message = `file expected the bytes of a safetensors file, got ${kind}. ${advice}`;
    for (const length of [start.length + 1, 200, 2_000_000]) {
      const bytes = bytesOf(start, length);
      expectError(await thrownBy(() => loadModel(bytes)), FormatError, `loadModel: ${message}`);
    }
    expectError(await thrownBy(() => loadClassifier(bytesOf(start))), FormatError, `loadClassifier: ${message}`);
  });

  test('a file that is cut off is not taken for another, whatever the length of its header', async () => {
    // Lengths whose bytes are ' {', ' <' and 'PK'.
    for (const length of [0x7b20, 0x3c20, 0x3c, 0x7b, 0x4b50]) {
      const bytes = new Uint8Array(20);
      new DataView(bytes.buffer).setUint32(0, length, true);
      const { message } = await thrownBy(() => loadModel(bytes));
      expect(message).toBe(
        `loadModel: header expected ${length} bytes from byte 8, got a file that ends at byte 20. It is cut off.`,
      );
    }
  });
});

describe('tensors given to the factory of a layer are refused with the call of apply', () => {
  const [a, b] = [input({ shape: [2] }), input({ shape: [2] })];
  test.each([
    [
      'add([a, b])',
      () => add(any([a, b])),
      'add: options expected an object, got a list of tensors. Write add().apply([a, b]).',
    ],
    [
      'concatenate([a, b])',
      () => concatenate(any([a, b])),
      'concatenate: options expected an object, got a list of tensors. Write concatenate().apply([a, b]).',
    ],
    [
      'add(a, b)',
      () => (add as (...tensors: unknown[]) => unknown)(a, b),
      'add: options expected an object, got a tensor. Write add().apply([a, b]).',
    ],
    ['dense(a)', () => dense(any(a)), 'dense: options expected an object, got a tensor. Write dense({ … }).apply(x).'],
    [
      'add().apply(a, b)',
      () => (add().apply as (...tensors: unknown[]) => unknown)(a, b),
      'add: apply expected one tensor or one list, got 2 arguments. Write apply([a, b]).',
    ],
    [
      'dense({ … }).apply(a, b)',
      () => (dense({ units: 1 }).apply as (...tensors: unknown[]) => unknown)(a, b),
      'dense: apply expected one tensor or one list, got 2 arguments. Write apply([a, b]).',
    ],
  ])('%s', async (_, act, message) => {
    expectError(await thrownBy(act), ValueError, message);
  });
});

describe('facades', () => {
  const unknown = 'mlpClassifier: unknown option';
  test.each([
    ['maxIter', 'epochs'],
    ['max_iter', 'epochs'],
    ['randomState', 'seed'],
    ['random_state', 'seed'],
    ['hiddenLayerSizes', 'hiddenLayers'],
    ['hidden_layer_sizes', 'hiddenLayers'],
    ['learningRateInit', 'learningRate'],
    ['learning_rate_init', 'learningRate'],
    ['alpha', 'l2'],
    ['batch_size', 'batchSize'],
    ['n_iter_no_change', 'patience'],
    ['tol', 'minDelta'],
    ['warm_start', 'warmStart'],
  ])("scikit-learn's %s is refused with the name %s", async (name, own) => {
    for (const facade of [mlpClassifier, mlpRegressor]) {
      const error = await thrownBy(() => facade(any({ [name]: 1 })));
      expectError(error, ValueError, `${facade.name}: unknown option "${name}". Did you mean "${own}"?`);
    }
  });

  test("scikit-learn's solver and verbose are refused with what there is", async () => {
    const solver = await thrownBy(() => mlpClassifier(any({ solver: 'sgd' })));
    const advice = 'Facades train with adam: for another optimizer build a model by sequential.';
    expectError(solver, ValueError, `${unknown} "solver". ${advice}`);
    const verbose = await thrownBy(() => mlpClassifier(any({ verbose: true })));
    const names =
      'hiddenLayers, activation, learningRate, l2, epochs, patience, minDelta, batchSize, seed, warmStart, embeddings, standardize, engine';
    expectError(verbose, ValueError, `${unknown} "verbose". There are: ${names}.`);
  });

  test("scikit-learn's options are no names of choices", async () => {
    const error = await thrownBy(() => dense(any({ units: 1, kernelRegularizer: 'alpha' })));
    expect(error.message).toContain('dense: kernelRegularizer is unknown: "alpha".');
  });
});

test.each([
  'crossEntropy',
  'crossentropy',
  'cross_entropy',
  'CrossEntropyLoss',
  'categorical',
  'logLoss',
  'log_loss',
  'nll',
  'NLLLoss',
])('loss %s is refused with the three cross-entropies', async (loss) => {
  expectError(
    await thrownBy(() => compiled({ loss })),
    ValueError,
    `compile: loss is unknown: "${loss}". For one-hot targets write "categoricalCrossentropy", ` +
      'for class indices "sparseCategoricalCrossentropy", for independent labels "binaryCrossentropy".',
  );
});

test.each([binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy])(
  '%o suggests fromLogits for from_logits',
  async (loss) => {
    const error = await thrownBy(() => loss(any({ from_logits: true })));
    expectError(error, ValueError, `${loss().kind}: unknown option "from_logits". Did you mean "fromLogits"?`);
  },
);

test.each([
  ['acc', `got "acc". Write ['accuracy'].`],
  ['accuracy', `got "accuracy". Write ['accuracy'].`],
  [topKAccuracy({ k: 2 }), 'got an object. Write [topKAccuracy(…)].'],
  [{ name: 'own', value: () => 1 }, 'got an object.'],
] as const)('metrics %o without a list is refused with the list', async (metrics, text) => {
  expectError(await thrownBy(() => compiled({ metrics })), ValueError, `compile: metrics expected a list, ${text}`);
});

test.each([batchNormalization, layerNormalization, rmsNormalization, prelu])(
  '%o of a number is refused with what to write',
  async (layer) => {
    const error = await thrownBy(() => layer(any(64)));
    expect(error).toBeInstanceOf(ValueError);
    const [kind] = error.message.split(':');
    expect(error.message).toBe(
      `${kind}: options expected an object, got 64. It is as wide as the layer before: write ${kind}().`,
    );
  },
);

test('one of a thing is written in the singular', async () => {
  const model = line();
  model.compile({ optimizer: 'sgd', loss: 'mse' });
  const two = engine.sequential({ layers: [dense({ units: 2, inputShape: [2] })] });
  const messages = [
    await thrownBy(() => model.predict([[1, 2]])),
    await thrownBy(() => model.evaluate([[1]], [[1], [2]])),
    await thrownBy(() => model.trainOnBatch([[1]], [[1]], { sampleWeight: [1, 2] })),
    await thrownBy(() => model.predictInto(Float32Array.of(1), new Float32Array(2))),
    await thrownBy(() => model.setWeights([])),
    await thrownBy(() =>
      model.setWeights([
        { shape: [1, 1], data: Float32Array.of(1, 2) },
        { shape: [1], data: Float32Array.of(1) },
      ]),
    ),
    await thrownBy(() => two.predict([[1]])),
  ].map(({ message }) => message);
  expect(messages[0]).toContain('expected 1 value per row');
  expect(messages[1]).toContain('expected 1 row as in x');
  for (const message of messages) expect(message).not.toMatch(/\b1 (values|rows|tensors|outputs|numbers)\b/);
  expect(messages[6]).toContain('expected 2 values per row');
});
