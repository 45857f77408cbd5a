/** Bad data and bad options: each refused by class and exact words, with the model unchanged after it. */
import { describe } from 'vitest';
import { adam, ShapeError, sgd, ValueError, type Model } from '../src/index.js';
import { any, LABELS, refuses, X, Y } from './reference/refusals.js';

describe('x and y', () => {
  refuses([
    ['ragged rows', (m) => m.predict([[1, 2], [3]]), ShapeError, ''],
    [
      'ragged rows, fit',
      (m) =>
        m.fit(
          [
            [1, 2],
            [3, 4, 5],
            [6, 7],
          ],
          Y,
        ),
      ShapeError,
      '',
    ],
    [
      'ragged Float32Arrays',
      (m) => m.evaluate([new Float32Array(2), new Float32Array(3), new Float32Array(2)], Y),
      ShapeError,
      '',
    ],
    [
      'NaN',
      (m) =>
        m.predict([
          [1, 2],
          [3, NaN],
        ]),
      ValueError,
      '',
    ],
    ['NaN in a flat array', (m) => m.fit(Float32Array.of(1, 2, 3, 4, NaN, 6), Y), ValueError, ''],
    [
      'infinite',
      (m) =>
        m.trainOnBatch(
          [
            [1, 2],
            [3, 4],
            [-Infinity, 5],
          ],
          Y,
        ),
      ValueError,
      '',
    ],
    [
      'too large for float32',
      (m) =>
        m.gradients(
          [
            [1, 2],
            [3, 1e39],
            [5, 6],
          ],
          Y,
        ),
      ValueError,
      '',
    ],
    [
      'NaN in y',
      (m) =>
        m.fit(X, [
          [1, 0, 0],
          [0, NaN, 0],
          [0, 0, 1],
        ]),
      ValueError,
      '',
    ],
    [
      'infinite in y',
      (m) =>
        m.evaluate(X, [
          [1, 0, 0],
          [0, 1, 0],
          [0, Infinity, 1],
        ]),
      ValueError,
      '',
    ],
    ['rows too wide', (m) => m.predict([[1, 2, 3]]), ShapeError, ''],
    ['flat array not a whole number of rows', (m) => m.predict(new Float32Array(5)), ShapeError, ''],
    [
      'y too narrow',
      (m) =>
        m.trainOnBatch(X, [
          [1, 0],
          [0, 1],
          [0, 1],
        ]),
      ShapeError,
      '',
    ],
    ['fewer rows in y', (m) => m.fit(X, Y.slice(1)), ShapeError, ''],
    ['labels without the sparse loss', (m) => m.fit(X, LABELS), ShapeError, ''],
    ['no rows, fit', (m) => m.fit([], []), ShapeError, ''],
    ['no rows, trainOnBatch', (m) => m.trainOnBatch(new Float32Array(0), new Float32Array(0)), ShapeError, ''],
    ['text', (m) => m.predict(any('abc')), ValueError, ''],
    ['nothing', (m) => m.predict(any(undefined)), ValueError, ''],
    ['text inside', (m) => m.predict(any([[1, '2']])), ValueError, ''],
    ['a hole', (m) => m.predict(any([[1, , 2].slice(0, 2)])), ValueError, ''],
    ['Float64Array', (m) => m.predict(any(new Float64Array(2))), ValueError, ''],
    ['a flat list of numbers', (m) => m.predict(any([1, 2])), ShapeError, ''],
    ['validationData of wrong width', (m) => m.fit(X, Y, { validationData: [[[1]], [[1, 0, 0]]] }), ShapeError, ''],
    ['NaN in validationData', (m) => m.fit(X, Y, { validationData: [[[1, NaN]], [[1, 0, 0]]] }), ValueError, ''],
    ['predictInto, out too short', (m) => m.predictInto(new Float32Array(2), new Float32Array(2)), ShapeError, ''],
    ['predictInto, x too long', (m) => m.predictInto(new Float32Array(3), new Float32Array(3)), ShapeError, ''],
    ['predictInto, x of rows', (m) => m.predictInto(any([[1, 2]]), new Float32Array(3)), ValueError, ''],
    ['predictInto, out a list', (m) => m.predictInto(new Float32Array(2), any([0, 0, 0])), ValueError, ''],
    ['predictInto, NaN', (m) => m.predictInto(Float32Array.of(1, NaN), new Float32Array(3)), ValueError, ''],
  ]);
});

describe('labels', () => {
  refuses(
    [
      ['out of range', (m) => m.fit(X, [0, 1, 3]), ValueError, ''],
      ['negative', (m) => m.trainOnBatch(X, Int32Array.of(0, -1, 2)), ValueError, ''],
      ['a fraction', (m) => m.evaluate(X, [0, 1.5, 2]), ValueError, ''],
      ['NaN', (m) => m.gradients(X, [0, NaN, 2]), ValueError, ''],
      ['too few', (m) => m.fit(X, Uint8Array.of(0, 1)), ShapeError, ''],
      ['one-hot rows', (m) => m.fit(X, Y), ShapeError, ''],
    ],
    'sparseCategoricalCrossentropy',
  );
});

describe('options of fit', () => {
  const fit = (options: object) => (model: Model) => model.fit(X, Y, any(options));
  refuses([
    ['unknown', fit({ epoch: 3 }), ValueError, ''],
    ['unknown, nothing near', fit({ xyzzy: 3 }), ValueError, ''],
    ['epochs negative', fit({ epochs: -1 }), ValueError, ''],
    ['epochs a fraction', fit({ epochs: 1.5 }), ValueError, ''],
    ['epochs text', fit({ epochs: '3' }), ValueError, ''],
    ['epochs NaN', fit({ epochs: NaN }), ValueError, ''],
    ['batchSize 0', fit({ batchSize: 0 }), ValueError, ''],
    ['shuffle not a boolean', fit({ shuffle: 'yes' }), ValueError, ''],
    ['validationSplit 1', fit({ validationSplit: 1 }), ValueError, ''],
    ['validationSplit negative', fit({ validationSplit: -0.1 }), ValueError, ''],
    ['validationSplit NaN', fit({ validationSplit: NaN }), ValueError, ''],
    ['validationSplit that leaves no row', fit({ validationSplit: 0.99 }), ValueError, ''],
    ['validationSplit and validationData', fit({ validationSplit: 0.5, validationData: [X, Y] }), ValueError, ''],
    ['validationData not a pair', fit({ validationData: X[0] }), ValueError, ''],
    ['initialEpoch negative', fit({ initialEpoch: -1 }), ValueError, ''],
    ['callbacks not a list', fit({ callbacks: {} }), ValueError, ''],
    ['unknown callback method', fit({ callbacks: [{ onEpochEnds() {} }] }), ValueError, ''],
    ['signal not a signal', fit({ signal: {} }), ValueError, ''],
    ['predict: unknown', (m) => m.predict(X, any({ batchsize: 3 })), ValueError, ''],
    ['predict: batchSize', (m) => m.predict(X, { batchSize: 0 }), ValueError, ''],
    ['evaluate: batchSize', (m) => m.evaluate(X, Y, { batchSize: 2.5 }), ValueError, ''],
    ['save: unknown', (m) => m.save(any({ optimizer: false })), ValueError, ''],
  ]);
});

describe('compile', () => {
  const compile = (options: object) => (model: Model) =>
    model.compile(any({ optimizer: 'sgd', loss: 'meanSquaredError', ...options }));
  refuses([
    ['unknown option', compile({ metric: ['accuracy'] }), ValueError, ''],
    ['unknown optimizer', compile({ optimizer: 'sdg' }), ValueError, ''],
    ['unknown loss', compile({ loss: 'crossEntropy' }), ValueError, ''],
    ['unknown metric', compile({ metrics: ['acuracy'] }), ValueError, ''],
    ['no loss', compile({ loss: undefined }), ValueError, ''],
    ['no optimizer', compile({ optimizer: undefined }), ValueError, ''],
    ['optimizer of wrong kind', compile({ optimizer: 3 }), ValueError, ''],
    ['loss of wrong kind', compile({ loss: adam() }), ValueError, ''],
    ['no options', (m) => m.compile(any(undefined)), ValueError, ''],
    ['sgd: unknown', () => sgd(any({ lr: 0.1 })), ValueError, ''],
    ['sgd: learningRate negative', () => sgd({ learningRate: -1 }), ValueError, ''],
    ['sgd: learningRate NaN', () => sgd({ learningRate: NaN }), ValueError, ''],
    ['sgd: momentum', () => sgd({ momentum: 1.5 }), ValueError, ''],
    ['sgd: nesterov without momentum', () => sgd({ nesterov: true }), ValueError, ''],
    ['adam: beta1', () => adam({ beta1: 1 }), ValueError, ''],
    ['adam: epsilon', () => adam({ epsilon: -1e-8 }), ValueError, ''],
  ]);
});
