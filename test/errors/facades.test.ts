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
    [
      'a share of validation that leaves no rows',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { validation: 0.99 }),
      ValueError,
      'mlpRegressor.fit: validation expected to leave rows on both sides, got 0.99 of 3.',
    ],
    [
      'validation rows as a pair',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { validation: any([rows, [1, 2, 3]]) }),
      ValueError,
      'mlpRegressor.fit: validation expected a share of the rows in (0, 1) or { x, y }, got an array of 2.',
    ],
    [
      'validation rows of another width',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { validation: { x: [[1]], y: [1] } }),
      ShapeError,
      'mlpRegressor.fit: validation.x expected 2 values per row, got 1 in row 0.',
    ],
    [
      'targets of validation of another width',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { validation: { x: [[1, 2]], y: [[1, 2]] } }),
      ShapeError,
      'mlpRegressor.fit: validation.y expected 1 value per row, got 2.',
    ],
    [
      'a label of validation that training lacks',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'b', 'a'], { validation: { x: [[1, 2]], y: ['c'] } }),
      ValueError,
      'mlpClassifier.fit: validation.y expected labels that are among ["a","b"], got "c" in row 0.',
    ],
    [
      'one label and lists of labels',
      () => mlpClassifier({ engine }).fit(rows, any(['a', ['b'], 'a'])),
      ValueError,
      'mlpClassifier.fit: labels expected strings, finite numbers, true or false, got ["b"] in row 1.',
    ],
    [
      'lists of labels and one label',
      () => mlpClassifier({ engine }).fit(rows, any([['a'], 'b', 'a'])),
      ValueError,
      'mlpClassifier.fit: labels expected lists of strings, finite numbers, true or false, got "b" in row 1.',
    ],
    [
      'lists that are all empty',
      () => mlpClassifier<string[]>({ engine }).fit(rows, [[], [], []]),
      ValueError,
      'mlpClassifier.fit: labels expected at least one label, got 0.',
    ],
    [
      'weights of lists of labels',
      () => mlpClassifier<string[]>({ engine }).fit(rows, [['a'], [], ['b']], { classWeight: 'balanced' }),
      ValueError,
      'mlpClassifier.fit: classWeight expected none for rows that have several labels, got "balanced".',
    ],
    [
      'a weight of an unknown label',
      () => mlpClassifier({ engine }).fit(rows, ['a', 'b', 'a'], { classWeight: { c: 2 } }),
      ValueError,
      'mlpClassifier.fit: classWeight expected labels among ["a","b"], got "c".',
    ],
    [
      'balanced weights of a part of the rows',
      () => mlpClassifier({ engine }).partialFit(rows, ['a', 'b', 'a'], { classWeight: any('balanced') }),
      ValueError,
      'mlpClassifier.partialFit: classWeight expected a weight by label, got "balanced".',
    ],
    [
      'a label that the classes lack',
      () => mlpClassifier({ engine }).partialFit(rows, ['a', 'b', 'c'], { classes: ['a', 'b'] }),
      ValueError,
      'mlpClassifier.partialFit: labels expected labels that are among ["a","b"], got "c" in row 2.',
    ],
    [
      'validation in partialFit',
      () => mlpRegressor({ engine }).partialFit(rows, [1, 2, 3], any({ validation: 0.3 })),
      ValueError,
      'mlpRegressor.partialFit: unknown option "validation". There are: sampleWeight, featureNames, callbacks, signal, runIn, verbose.',
    ],
    [
      'two names for three columns',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { featureNames: ['a', 'b', 'c'] }),
      ValueError,
      'mlpRegressor.fit: featureNames expected 2 different names, one per column, got ["a","b","c"].',
    ],
    [
      'an embedding of a column that is not there',
      () => mlpRegressor({ engine, embeddings: [{ column: 2, categories: 2, units: 1 }] }).fit(rows, [1, 2, 3]),
      ValueError,
      'mlpRegressor.fit: embeddings expected different columns from 0 to 1, got [2].',
    ],
    [
      'a weight too few',
      () => mlpRegressor({ engine }).fit(rows, [1, 2, 3], { sampleWeight: [1, 2] }),
      ShapeError,
      'mlpRegressor.fit: sampleWeight expected 3 values, got 2.',
    ],
  ]);
});
