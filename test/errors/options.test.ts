/**
 * Invalid options of fit, predict, evaluate, save and compile: each must be refused with the exact error class and
 * message, and leave the model unchanged.
 */
import { describe } from 'vitest';
import { adam, sgd, ValueError, type Model } from '../../src/index.js';
import { any, refuses, X, Y } from '../support/reference/refusals.js';

describe('options of fit', () => {
  const fit = (options: object) => (model: Model) => model.fit(X, Y, any(options));
  refuses([
    ['an unknown option', fit({ epoch: 3 }), ValueError, 'fit: unknown option "epoch". Did you mean "epochs"?'],
    [
      'an unknown option with no similar name',
      fit({ xyzzy: 3 }),
      ValueError,
      'fit: unknown option "xyzzy". There are: epochs, batchSize, shuffle, validationSplit, validationData, validationBatches, sampleWeight, classWeight, validationFrequency, dropLast, batchesPerEpoch, initialEpoch, verbose, callbacks, signal, runIn.',
    ],
    ['negative epochs', fit({ epochs: -1 }), ValueError, 'fit: epochs expected an integer >= 1, got -1.'],
    ['epochs that are a fraction', fit({ epochs: 1.5 }), ValueError, 'fit: epochs expected an integer >= 1, got 1.5.'],
    ['epochs as text', fit({ epochs: '3' }), ValueError, 'fit: epochs expected an integer >= 1, got "3".'],
    ['epochs of NaN', fit({ epochs: NaN }), ValueError, 'fit: epochs expected an integer >= 1, got NaN.'],
    ['a batchSize of 0', fit({ batchSize: 0 }), ValueError, 'fit: batchSize expected an integer >= 1, got 0.'],
    [
      'shuffle that is no boolean',
      fit({ shuffle: 'yes' }),
      ValueError,
      'fit: shuffle expected true or false, got "yes".',
    ],
    [
      'a validationSplit of 1',
      fit({ validationSplit: 1 }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got 1.',
    ],
    [
      'a negative validationSplit',
      fit({ validationSplit: -0.1 }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got -0.1.',
    ],
    [
      'a validationSplit of NaN',
      fit({ validationSplit: NaN }),
      ValueError,
      'fit: validationSplit expected a number in [0, 1), got NaN.',
    ],
    [
      'a validationSplit that leaves no rows to train on',
      fit({ validationSplit: 0.99 }),
      ValueError,
      'fit: validationSplit expected to leave rows on both sides, got 0.99 of 3 rows.',
    ],
    [
      'validationSplit together with validationData',
      fit({ validationSplit: 0.5, validationData: [X, Y] }),
      ValueError,
      'fit: validationSplit expected 0 where validationData is given, got both.',
    ],
    [
      'validationData that is no pair',
      fit({ validationData: X[0] }),
      ValueError,
      'fit: validationData[0] expected a Float32Array or an array of rows, got 0.1.',
    ],
    [
      'a negative initialEpoch',
      fit({ initialEpoch: -1 }),
      ValueError,
      'fit: initialEpoch expected an integer >= 0, got -1.',
    ],
    [
      'callbacks that are no list',
      fit({ callbacks: {} }),
      ValueError,
      'fit: callbacks expected a list of objects, got an object.',
    ],
    [
      'an unknown callback method',
      fit({ callbacks: [{ onEpochEnds: () => undefined }] }),
      ValueError,
      'fit: callbacks[0]: unknown method "onEpochEnds". Did you mean "onEpochEnd"?',
    ],
    [
      'a signal that is no AbortSignal',
      fit({ signal: {} }),
      ValueError,
      'fit: signal expected an AbortSignal, got an object.',
    ],
    [
      'an unknown option of predict',
      (m) => m.predict(X, any({ batchsize: 3 })),
      ValueError,
      'predict: unknown option "batchsize". Did you mean "batchSize"?',
    ],
    [
      'a batchSize of 0 in predict',
      (m) => m.predict(X, { batchSize: 0 }),
      ValueError,
      'predict: batchSize expected an integer >= 1, got 0.',
    ],
    [
      'a batchSize of 2.5 in evaluate',
      (m) => m.evaluate(X, Y, { batchSize: 2.5 }),
      ValueError,
      'evaluate: batchSize expected an integer >= 1, got 2.5.',
    ],
    [
      'an unknown option of save',
      (m) => m.save(any({ optimizer: false })),
      ValueError,
      'save: unknown option "optimizer". There are: includeOptimizer, weights.',
    ],
  ]);
});

describe('compile', () => {
  const compile = (options: object) => (model: Model) =>
    model.compile(any({ optimizer: 'sgd', loss: 'meanSquaredError', ...options }));
  refuses([
    [
      'an unknown option',
      compile({ metric: ['accuracy'] }),
      ValueError,
      'compile: unknown option "metric". Did you mean "metrics"?',
    ],
    [
      'an unknown optimizer',
      compile({ optimizer: 'sdg' }),
      ValueError,
      'compile: optimizer is unknown: "sdg". Did you mean "sgd"?',
    ],
    [
      'an unknown loss',
      compile({ loss: 'fokal' }),
      ValueError,
      'compile: loss is unknown: "fokal". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, logCosh, binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy, kullbackLeibler, binaryFocalCrossentropy, categoricalFocalCrossentropy, squaredHinge, categoricalHinge, meanAbsolutePercentageError, meanSquaredLogarithmicError, poisson, quantile, gaussianNegativeLogLikelihood, cosineSimilarity.',
    ],
    [
      'an unknown metric',
      compile({ metrics: ['acuracy'] }),
      ValueError,
      'compile: metrics is unknown: "acuracy". Did you mean "accuracy"?',
    ],
    [
      'a missing loss',
      compile({ loss: undefined }),
      ValueError,
      'compile: loss expected a name or the result of its factory, got undefined.',
    ],
    [
      'a missing optimizer',
      compile({ optimizer: undefined }),
      ValueError,
      'compile: optimizer expected a name or the result of its factory, got undefined.',
    ],
    [
      'an optimizer of the wrong kind',
      compile({ optimizer: 3 }),
      ValueError,
      'compile: optimizer expected a name or the result of its factory, got 3.',
    ],
    [
      'the name of an optimizer as loss',
      compile({ loss: adam() }),
      ValueError,
      'compile: loss is unknown: "adam". There are: halfSquaredError, meanSquaredError, meanAbsoluteError, huber, hinge, logCosh, binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy, kullbackLeibler, binaryFocalCrossentropy, categoricalFocalCrossentropy, squaredHinge, categoricalHinge, meanAbsolutePercentageError, meanSquaredLogarithmicError, poisson, quantile, gaussianNegativeLogLikelihood, cosineSimilarity.',
    ],
    [
      'missing options',
      (m) => m.compile(any(undefined)),
      ValueError,
      'compile: optimizer expected a name or the result of its factory, got undefined.',
    ],
    [
      'an unknown option of sgd',
      () => sgd(any({ lr: 0.1 })),
      ValueError,
      'sgd: unknown option "lr". Did you mean "learningRate"?',
    ],
    [
      'sgd with a negative learningRate',
      () => sgd({ learningRate: -1 }),
      ValueError,
      'sgd: learningRate expected a number > 0, got -1.',
    ],
    [
      'sgd with a learningRate of NaN',
      () => sgd({ learningRate: NaN }),
      ValueError,
      'sgd: learningRate expected a number > 0, got NaN.',
    ],
    [
      'sgd with a momentum above 1',
      () => sgd({ momentum: 1.5 }),
      ValueError,
      'sgd: momentum expected a number in [0, 1), got 1.5.',
    ],
    [
      'sgd with nesterov but no momentum',
      () => sgd({ nesterov: true }),
      ValueError,
      'sgd: nesterov expected a momentum > 0, got 0.',
    ],
    ['adam with a beta1 of 1', () => adam({ beta1: 1 }), ValueError, 'adam: beta1 expected a number in [0, 1), got 1.'],
    [
      'adam with a negative epsilon',
      () => adam({ epsilon: -1e-8 }),
      ValueError,
      'adam: epsilon expected a number > 0, got -1e-8.',
    ],
  ]);
});
