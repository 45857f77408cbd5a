/**
 * Invalid rows, targets and labels: each must be refused with the exact error class and message, and leave the model
 * unchanged.
 */
import { describe } from 'vitest';
import { ShapeError, ValueError } from '../../src/index.js';
import { any, LABELS, refuses, X, Y } from '../support/reference/refusals.js';

describe('x and y', () => {
  refuses([
    [
      'ragged rows',
      (m) => m.predict([[1, 2], [3]]),
      ShapeError,
      'predict: x expected 2 values per row, got 1 in row 1.',
    ],
    [
      'ragged rows in fit',
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
      'fit: x expected 2 values per row, got 3 in row 1.',
    ],
    [
      'ragged Float32Arrays',
      (m) => m.evaluate([new Float32Array(2), new Float32Array(3), new Float32Array(2)], Y),
      ShapeError,
      'evaluate: x expected 2 values per row, got 3 in row 1.',
    ],
    [
      'NaN',
      (m) =>
        m.predict([
          [1, 2],
          [3, NaN],
        ]),
      ValueError,
      'predict: x expected finite numbers, got NaN in row 1, column 1.',
    ],
    [
      'NaN in a flat array',
      (m) => m.fit(Float32Array.of(1, 2, 3, 4, NaN, 6), Y),
      ValueError,
      'fit: x expected finite numbers, got NaN in row 2, column 0.',
    ],
    [
      'an infinity',
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
      'trainOnBatch: x expected finite numbers, got -Infinity in row 2, column 0.',
    ],
    [
      'numbers too large for float32',
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
      'gradients: x expected finite numbers, got Infinity in row 1, column 1.',
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
      'fit: y expected finite numbers, got NaN in row 1, column 1.',
    ],
    [
      'an infinity in y',
      (m) =>
        m.evaluate(X, [
          [1, 0, 0],
          [0, 1, 0],
          [0, Infinity, 1],
        ]),
      ValueError,
      'evaluate: y expected finite numbers, got Infinity in row 2, column 1.',
    ],
    [
      'rows that are too wide',
      (m) => m.predict([[1, 2, 3]]),
      ShapeError,
      'predict: x expected 2 values per row, got 3 in row 0.',
    ],
    [
      'a flat array without a whole number of rows',
      (m) => m.predict(new Float32Array(5)),
      ShapeError,
      'predict: x expected a multiple of 2 values, got 5.',
    ],
    [
      'targets that are too narrow',
      (m) =>
        m.trainOnBatch(X, [
          [1, 0],
          [0, 1],
          [0, 1],
        ]),
      ShapeError,
      'trainOnBatch: y expected 3 values per row, got 2 in row 0.',
    ],
    ['fewer targets than rows', (m) => m.fit(X, Y.slice(1)), ShapeError, 'fit: y expected 3 rows as in x, got 2.'],
    [
      'class indices without the sparse loss',
      (m) => m.fit(X, LABELS),
      ShapeError,
      'fit: y expected an array of 3 numbers in row 0, got the number 0. For class indices use sparseCategoricalCrossentropy.',
    ],
    [
      'class indices in a typed array without the sparse loss',
      (m) => m.evaluate(X, Uint8Array.from(LABELS)),
      ShapeError,
      'evaluate: y expected 3 rows as in x, got 1. For class indices use sparseCategoricalCrossentropy.',
    ],
    [
      'class indices in a Float32Array without the sparse loss',
      (m) => m.trainOnBatch(X, Float32Array.from(LABELS)),
      ShapeError,
      'trainOnBatch: y expected 3 rows as in x, got 1. For class indices use sparseCategoricalCrossentropy.',
    ],
    [
      'no rows for validation',
      (m) => m.fit(X, Y, { validationData: [[], []] }),
      ShapeError,
      'fit: validationData[0] expected at least one row, got none.',
    ],
    [
      'no rows in a batch of a source',
      (m) => m.fit(() => [[[], []]]),
      ShapeError,
      'fit: batch 0 of epoch 0: x expected at least one row, got none.',
    ],
    ['no rows in fit', (m) => m.fit([], []), ShapeError, 'fit: x expected at least one row, got none.'],
    [
      'no rows in trainOnBatch',
      (m) => m.trainOnBatch(new Float32Array(0), new Float32Array(0)),
      ShapeError,
      'trainOnBatch: x expected at least one row, got none.',
    ],
    [
      'text instead of rows',
      (m) => m.predict(any('abc')),
      ValueError,
      'predict: x expected a Float32Array or an array of rows, got "abc".',
    ],
    [
      'missing rows',
      (m) => m.predict(any(undefined)),
      ValueError,
      'predict: x expected a Float32Array or an array of rows, got undefined.',
    ],
    [
      'text among the numbers',
      (m) => m.predict(any([[1, '2']])),
      ValueError,
      'predict: x expected numbers, got "2" in row 0, column 1.',
    ],
    [
      'a hole among the numbers',
      (m) => m.predict(any([Object.assign(new Array(2), [1])])),
      ValueError,
      'predict: x expected numbers, got undefined in row 0, column 1.',
    ],
    [
      'BigInts',
      (m) => m.predict(any(new BigInt64Array(2))),
      ValueError,
      'predict: x expected a Float32Array or an array of rows, got BigInt64Array(2). Convert BigInts by Float64Array.from(data, Number).',
    ],
    [
      'a row of BigInts',
      (m) => m.predict(any([[1, 2], new BigUint64Array(2)])),
      ValueError,
      'predict: x expected an array of 2 numbers in row 1, got BigUint64Array(2). Convert BigInts by Float64Array.from(data, Number).',
    ],
    [
      'a flat list of numbers',
      (m) => m.predict(any([1, 2])),
      ShapeError,
      'predict: x expected an array of 2 numbers in row 0, got the number 1. Write rows as arrays, [[…],[…]], or one after the other in a Float32Array.',
    ],
    [
      'validationData of the wrong width',
      (m) => m.fit(X, Y, { validationData: [[[1]], [[1, 0, 0]]] }),
      ShapeError,
      'fit: validationData[0] expected 2 values per row, got 1 in row 0.',
    ],
    [
      'NaN in validationData',
      (m) => m.fit(X, Y, { validationData: [[[1, NaN]], [[1, 0, 0]]] }),
      ValueError,
      'fit: validationData[0] expected finite numbers, got NaN in row 0, column 1.',
    ],
    [
      'predictInto with too short an output array',
      (m) => m.predictInto(new Float32Array(2), new Float32Array(2)),
      ShapeError,
      'predictInto: out expected 3 values for 1 row, got 2.',
    ],
    [
      'predictInto with too long an input array',
      (m) => m.predictInto(new Float32Array(3), new Float32Array(3)),
      ShapeError,
      'predictInto: x expected a multiple of 2 values, got 3.',
    ],
    [
      'predictInto with rows as input',
      (m) => m.predictInto(any([[1, 2]]), new Float32Array(3)),
      ValueError,
      'predictInto: x expected a Float32Array, got an array of 1.',
    ],
    [
      'predictInto with a list as output',
      (m) => m.predictInto(new Float32Array(2), any([0, 0, 0])),
      ValueError,
      'predictInto: out expected a Float32Array, got [0,0,0].',
    ],
    [
      'predictInto with NaN',
      (m) => m.predictInto(Float32Array.of(1, NaN), new Float32Array(3)),
      ValueError,
      'predictInto: x expected finite numbers, got NaN in row 0, column 1.',
    ],
  ]);
});

describe('labels', () => {
  refuses(
    [
      [
        'an index out of range',
        (m) => m.fit(X, [0, 1, 3]),
        ValueError,
        'fit: y expected a class index from 0 to 2, got 3 in row 2.',
      ],
      [
        'a negative index',
        (m) => m.trainOnBatch(X, Int32Array.of(0, -1, 2)),
        ValueError,
        'trainOnBatch: y expected a class index from 0 to 2, got -1 in row 1.',
      ],
      [
        'an index that is a fraction',
        (m) => m.evaluate(X, [0, 1.5, 2]),
        ValueError,
        'evaluate: y expected a class index from 0 to 2, got 1.5 in row 1.',
      ],
      [
        'NaN',
        (m) => m.gradients(X, [0, NaN, 2]),
        ValueError,
        'gradients: y expected a class index from 0 to 2, got NaN in row 1.',
      ],
      ['too few labels', (m) => m.fit(X, Uint8Array.of(0, 1)), ShapeError, 'fit: y expected 3 rows as in x, got 2.'],
      [
        'one-hot rows in a Float32Array',
        (m) => m.fit(X, any(Float32Array.from(Y.flat()))),
        ShapeError,
        'fit: y expected 3 rows as in x, got 9. For one-hot targets use categoricalCrossentropy.',
      ],
      [
        'one-hot rows',
        (m) => m.fit(X, Y),
        ShapeError,
        'fit: y expected one class index per row, got [1,0,0] in row 0. For one-hot targets use categoricalCrossentropy.',
      ],
      [
        'BigInts',
        (m) => m.fit(X, any(new BigInt64Array(3))),
        ValueError,
        'fit: y expected a class index from 0 to 2, got 0n in row 0. Convert BigInts by Float64Array.from(data, Number).',
      ],
    ],
    'sparseCategoricalCrossentropy',
  );
});
