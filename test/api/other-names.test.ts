/**
 * Names and options of Keras, PyTorch and scikit-learn: the usual short ones are accepted as aliases, others are
 * refused with the name to write instead.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  batchNormalization,
  createEngine,
  dense,
  dropout,
  earlyStopping,
  FormatError,
  loadModel,
  rmsprop,
  sequential,
  sgd,
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
      'compile: loss is unknown: "acc". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, ' +
        'binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy.',
    );
    const { message } = await thrownBy(() => dense({ units: 1, activation: any('mse') }));
    expect(message).not.toContain('meanSquaredError');
  });
});

const refused: [title: string, act: () => unknown, message: string][] = [
  [
    'adam({ weightDecay })',
    () => adam(any({ weightDecay: 0.01 })),
    'adam: unknown option "weightDecay". Use adamw, or kernelRegularizer: l2(…) in layers.',
  ],
  [
    'sgd({ weight_decay })',
    () => sgd(any({ weight_decay: 1 })),
    'sgd: unknown option "weight_decay". Use adamw, or kernelRegularizer: l2(…) in layers.',
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
      { verbose: 1 },
      'unknown option "verbose". Print in a callback: { onEpochEnd: (epoch, logs) => console.log(epoch, logs) }.',
    ],
    [
      { callbacks: [{ onBatchBegin: () => undefined }] },
      'callbacks[0]: unknown method "onBatchBegin". Did you mean "onBatchEnd"?',
    ],
    [
      { callbacks: [{ onTrainBatchEnd: () => undefined }] },
      'callbacks[0]: unknown method "onTrainBatchEnd". Did you mean "onBatchEnd"?',
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
