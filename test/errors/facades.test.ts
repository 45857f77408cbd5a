/**
 * Calls that the facades `mlpClassifier` and `mlpRegressor` refuse: each with the exact error class and message, and
 * nothing left behind.
 */
import { describe } from 'vitest';
import { mlpClassifier, mlpRegressor, ShapeError, StateError, ValueError } from '../../src/index.js';
import { any, engine, refusesAll } from '../support/reference/refusals.js';

describe('facades', () => {
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  refusesAll([
    [
      'predict before fit',
      () => mlpClassifier({ engine }).predict(rows),
      StateError,
      'mlpClassifier.predict: a fitted model expected, got one that is not. Call fit first.',
    ],
    [
      'score before fit',
      () => mlpRegressor({ engine }).score(rows, [1, 2, 3]),
      StateError,
      'mlpRegressor.score: a fitted model expected, got one that is not. Call fit first.',
    ],
    [
      'a single class',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'a', 'a']),
      ValueError,
      'mlpClassifier.fit: labels expected at least two different ones, got 1.',
    ],
    [
      'labels that are neither strings, numbers nor booleans',
      () => mlpClassifier({ engine }).fit(rows, any([1, 2, null])),
      ValueError,
      'mlpClassifier.fit: labels expected strings, finite numbers, true or false, got null in row 2.',
    ],
    [
      'fewer labels than rows',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'b']),
      ShapeError,
      'mlpClassifier.fit: x expected 2 rows, one per target, got 3.',
    ],
    [
      'ragged rows',
      () => mlpRegressor({ engine }).fit([[1, 2], [3]], [1, 2]),
      ShapeError,
      'mlpRegressor.fit: x expected 2 values per row, got 1 in row 1.',
    ],
    [
      'a number among rows',
      () => mlpRegressor({ engine }).fit(any([[1, 2], 2, 3]), [1, 2, 3]),
      ShapeError,
      'mlpRegressor.fit: x expected an array of 2 numbers in row 1, got the number 2. Write rows as arrays, [[…],[…]], or one after the other in a Float32Array.',
    ],
    [
      'empty data',
      () => mlpRegressor({ engine }).fit([], []),
      ShapeError,
      'mlpRegressor.fit: y expected at least one row, got none.',
    ],
    [
      'no labels',
      () => mlpClassifier({ engine }).fit(new Float32Array(0), []),
      ShapeError,
      'mlpClassifier.fit: labels expected at least one row, got none.',
    ],
    [
      'save before fit',
      () => mlpRegressor({ engine }).save(),
      StateError,
      'mlpRegressor.save: a fitted model expected, got one that is not. Call fit first.',
    ],
    [
      'a NaN',
      () => mlpRegressor({ engine }).fit(rows, [1, NaN, 2]),
      ValueError,
      'mlpRegressor.fit: y expected finite numbers, got NaN in row 1, column 0.',
    ],
  ]);
});
