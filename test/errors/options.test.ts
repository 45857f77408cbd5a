/** Bad options: each refused by class and exact words, with the model unchanged after it. */
import { describe } from 'vitest';
import { adam, sgd, ValueError, type Model } from '../../src/index.js';
import { any, refuses, X, Y } from '../support/reference/refusals.js';

describe('options of fit', () => {
  const fit = (options: object) => (model: Model) => model.fit(X, Y, any(options));
  refuses([
    ['unknown', fit({ epoch: 3 }), ValueError, 'fit: unknown option "epoch". Did you mean "epochs"?'],
    [
      'unknown, nothing near',
      fit({ xyzzy: 3 }),
      ValueError,
      'fit: unknown option "xyzzy". There are: epochs, batchSize, shuffle, validationSplit, validationData, sampleWeight, classWeight, batchesPerEpoch, initialEpoch, callbacks, signal, runIn.',
    ],
    ['epochs negative', fit({ epochs: -1 }), ValueError, 'fit: epochs expected an integer >= 1, got -1.'],
    ['epochs a fraction', fit({ epochs: 1.5 }), ValueError, 'fit: epochs expected an integer >= 1, got 1.5.'],
    ['epochs text', fit({ epochs: '3' }), ValueError, 'fit: epochs expected an integer >= 1, got "3".'],
    ['epochs NaN', fit({ epochs: NaN }), ValueError, 'fit: epochs expected an integer >= 1, got NaN.'],
    ['batchSize 0', fit({ batchSize: 0 }), ValueError, 'fit: batchSize expected an integer >= 1, got 0.'],
    ['shuffle not a boolean', fit({ shuffle: 'yes' }), ValueError, 'fit: shuffle expected true or false, got "yes".'],
    [
      'validationSplit 1',
      fit({ validationSplit: 1 }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got 1.',
    ],
    [
      'validationSplit negative',
      fit({ validationSplit: -0.1 }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got -0.1.',
    ],
    [
      'validationSplit NaN',
      fit({ validationSplit: NaN }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got NaN.',
    ],
    [
      'validationSplit that leaves no row',
      fit({ validationSplit: 0.99 }),
      ValueError,
      'fit: validationSplit expected to leave rows on both sides, got 0.99 of 3 rows.',
    ],
    [
      'validationSplit and validationData',
      fit({ validationSplit: 0.5, validationData: [X, Y] }),
      ValueError,
      'fit: validationSplit expected 0 where validationData is given, got both.',
    ],
    [
      'validationData not a pair',
      fit({ validationData: X[0] }),
      ValueError,
      'fit: validationData[0] expected a Float32Array or an array of rows, got 0.1.',
    ],
    [
      'initialEpoch negative',
      fit({ initialEpoch: -1 }),
      ValueError,
      'fit: initialEpoch expected an integer >= 0, got -1.',
    ],
    [
      'callbacks not a list',
      fit({ callbacks: {} }),
      ValueError,
      'fit: callbacks expected a list of objects, got an object.',
    ],
    [
      'unknown callback method',
      fit({ callbacks: [{ onEpochEnds: () => undefined }] }),
      ValueError,
      'fit: callbacks[0]: unknown method "onEpochEnds". Did you mean "onEpochEnd"?',
    ],
    ['signal not a signal', fit({ signal: {} }), ValueError, 'fit: signal expected an AbortSignal, got an object.'],
    [
      'predict: unknown',
      (m) => m.predict(X, any({ batchsize: 3 })),
      ValueError,
      'predict: unknown option "batchsize". Did you mean "batchSize"?',
    ],
    [
      'predict: batchSize',
      (m) => m.predict(X, { batchSize: 0 }),
      ValueError,
      'predict: batchSize expected an integer >= 1, got 0.',
    ],
    [
      'evaluate: batchSize',
      (m) => m.evaluate(X, Y, { batchSize: 2.5 }),
      ValueError,
      'evaluate: batchSize expected an integer >= 1, got 2.5.',
    ],
    [
      'save: unknown',
      (m) => m.save(any({ optimizer: false })),
      ValueError,
      'save: unknown option "optimizer". There are: includeOptimizer.',
    ],
  ]);
});

describe('compile', () => {
  const compile = (options: object) => (model: Model) =>
    model.compile(any({ optimizer: 'sgd', loss: 'meanSquaredError', ...options }));
  refuses([
    [
      'unknown option',
      compile({ metric: ['accuracy'] }),
      ValueError,
      'compile: unknown option "metric". Did you mean "metrics"?',
    ],
    [
      'unknown optimizer',
      compile({ optimizer: 'sdg' }),
      ValueError,
      'compile: optimizer is unknown: "sdg". Did you mean "sgd"?',
    ],
    [
      'unknown loss',
      compile({ loss: 'crossEntropy' }),
      ValueError,
      'compile: loss is unknown: "crossEntropy". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy.',
    ],
    [
      'unknown metric',
      compile({ metrics: ['acuracy'] }),
      ValueError,
      'compile: metrics is unknown: "acuracy". Did you mean "accuracy"?',
    ],
    [
      'no loss',
      compile({ loss: undefined }),
      ValueError,
      'compile: loss expected a name or what its factory makes, got undefined.',
    ],
    [
      'no optimizer',
      compile({ optimizer: undefined }),
      ValueError,
      'compile: optimizer expected a name or what its factory makes, got undefined.',
    ],
    [
      'optimizer of wrong kind',
      compile({ optimizer: 3 }),
      ValueError,
      'compile: optimizer expected a name or what its factory makes, got 3.',
    ],
    [
      'loss of wrong kind',
      compile({ loss: adam() }),
      ValueError,
      'compile: loss is unknown: "adam". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy.',
    ],
    [
      'no options',
      (m) => m.compile(any(undefined)),
      ValueError,
      'compile: optimizer expected a name or what its factory makes, got undefined.',
    ],
    ['sgd: unknown', () => sgd(any({ lr: 0.1 })), ValueError, 'sgd: unknown option "lr". Did you mean "learningRate"?'],
    [
      'sgd: learningRate negative',
      () => sgd({ learningRate: -1 }),
      ValueError,
      'sgd: learningRate expected a number > 0, got -1.',
    ],
    [
      'sgd: learningRate NaN',
      () => sgd({ learningRate: NaN }),
      ValueError,
      'sgd: learningRate expected a number > 0, got NaN.',
    ],
    ['sgd: momentum', () => sgd({ momentum: 1.5 }), ValueError, 'sgd: momentum expected a number in [0, 1), got 1.5.'],
    [
      'sgd: nesterov without momentum',
      () => sgd({ nesterov: true }),
      ValueError,
      'sgd: nesterov expected a momentum > 0, got 0.',
    ],
    ['adam: beta1', () => adam({ beta1: 1 }), ValueError, 'adam: beta1 expected a number in [0, 1), got 1.'],
    ['adam: epsilon', () => adam({ epsilon: -1e-8 }), ValueError, 'adam: epsilon expected a number > 0, got -1e-8.'],
  ]);
});
