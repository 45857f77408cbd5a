/**
 * Divisions of tables: sizes and classes against scikit-learn's (test/golden/make_selection.py), properties over random
 * tables, rows in every form, and what is refused.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError, ValueError } from '../../src/index.js';
import { kFold, stratifiedKFold, takeRows, trainTestSplit } from '../../src/tables.js';
import { any, refusesAll } from '../support/reference/refusals.js';
import { golden } from './golden.js';

const sorted = (rows: Iterable<number>): number[] => [...rows].sort((a, b) => a - b);
const upTo = (rows: number): number[] => [...Array(rows).keys()];

describe('folds', () => {
  test.each(golden.folds)('of $rows rows in $folds are those of scikit-learn', ({ rows, folds, tests }) => {
    expect(kFold(rows, { folds, shuffle: false }).map((fold) => [...fold.test])).toEqual(tests);
  });

  test.each(golden.stratified)('by class, $folds of them, are those of scikit-learn', ({ labels, folds, tests }) => {
    expect(stratifiedKFold(labels, { folds, shuffle: false }).map((fold) => [...fold.test])).toEqual(tests);
  });

  test('test each row once, train on all others, and follow their seed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 2, max: 9 }), fc.nat(99), (rows, most, seed) => {
        const folds = Math.min(rows, most);
        const all = kFold(rows, { folds, seed });
        expect(sorted(all.flatMap(({ test }) => [...test]))).toEqual(upTo(rows));
        for (const { train, test } of all) expect(sorted([...train, ...test])).toEqual(upTo(rows));
        const sizes = all.map(({ test }) => test.length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThan(2);
        expect(kFold(rows, { folds, seed })).toEqual(all);
      }),
    );
    expect(kFold(50, { seed: 1 })).not.toEqual(kFold(50, { seed: 2 }));
  });

  test('by class hold the share of each class, to a row', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('a', 'b', 7, null), { minLength: 8, maxLength: 80 }),
        fc.integer({ min: 2, max: 5 }),
        (labels, folds) => {
          const sizes = new Map(labels.map((label) => [label, labels.filter((other) => other === label).length]));
          fc.pre(Math.max(...sizes.values()) >= folds);
          const all = stratifiedKFold(labels, { folds, seed: 3 });
          expect(sorted(all.flatMap(({ test }) => [...test]))).toEqual(upTo(labels.length));
          for (const { test } of all) {
            for (const [label, size] of sizes) {
              const own = [...test].filter((row) => labels[row] === label).length;
              expect(Math.abs(own - size / folds)).toBeLessThan(1);
            }
          }
        },
      ),
    );
  });
});

describe('trainTestSplit', () => {
  test.each(golden.heldOut)('gives classes of $sizes rows the shares of scikit-learn', ({ sizes, share, counts }) => {
    const labels = sizes.flatMap((size, one) => Array.from({ length: size }, () => one));
    const { test } = trainTestSplit({ labels }, { testSize: share, stratify: labels });
    expect(sizes.map((_, one) => test.labels.filter((label) => label === one).length)).toEqual(counts);
  });

  test('divides parts of every form alike, and keeps their form', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 50 }), fc.integer({ min: 1, max: 3 }), fc.nat(9), (rows, width, seed) => {
        const flat = Float64Array.from({ length: rows * width }, (_, i) => Math.floor(i / width));
        const list = upTo(rows).map((row) => ({ row }));
        const columns = { row: upTo(rows), name: upTo(rows).map(String) };
        const split = trainTestSplit({ flat, list, columns }, { seed });
        for (const [part, indices] of [
          [split.train, split.rows.train],
          [split.test, split.rows.test],
        ] as const) {
          expect(part.list.map(({ row }) => row)).toEqual([...indices]);
          expect(part.columns).toEqual({ row: [...indices], name: [...indices].map(String) });
          expect(part.flat).toBeInstanceOf(Float64Array);
          expect([...part.flat]).toEqual([...indices].flatMap((row) => Array.from({ length: width }, () => row)));
        }
        expect(sorted([...split.rows.train, ...split.rows.test])).toEqual(upTo(rows));
        expect(split.rows.test).toHaveLength(Math.ceil(rows / 4));
      }),
    );
  });

  test('takes the last rows without shuffling, and keeps a class of one row in training', () => {
    expect(trainTestSplit({ x: upTo(10) }, { shuffle: false, testSize: 3 }).test.x).toEqual([7, 8, 9]);
    const labels = ['a', 'b', 'b', 'b', 'b', 'b', 'c'];
    for (let seed = 0; seed < 20; seed++) {
      const { train } = trainTestSplit({ labels }, { stratify: labels, testSize: 4, seed });
      expect(new Set(train.labels).size).toBe(3);
    }
  });

  test('counts a share without the rounding error of its product', () => {
    for (let rows = 10; rows < 3000; rows += 10) {
      for (const share of [0.1, 0.2, 0.3, 0.7]) {
        const { test } = trainTestSplit({ x: new Uint8Array(rows) }, { testSize: share });
        expect(test.x).toHaveLength(Math.round(rows * share));
      }
    }
  });
});

describe('what is refused', () => {
  refusesAll([
    [
      'parts of different lengths',
      () => trainTestSplit({ x: [1, 2, 3], y: [1, 2] }),
      ShapeError,
      'trainTestSplit: y expected 3 rows, as many as the others, got 2.',
    ],
    [
      'a flat array of another number of rows',
      () => trainTestSplit({ x: new Float32Array(7), y: [1, 2, 3] }),
      ShapeError,
      'trainTestSplit: x expected 3 rows, as many as the others, got 7 values.',
    ],
    [
      'no rows',
      () => trainTestSplit({ x: [] }),
      ShapeError,
      'trainTestSplit: data expected at least one row, got none.',
    ],
    [
      'a list in place of parts',
      () => trainTestSplit(any([1, 2])),
      ValueError,
      'trainTestSplit: data expected an object of parts, got [1,2]. Write { x, y }.',
    ],
    [
      'a size that leaves no rows',
      () => trainTestSplit({ x: [1, 2] }, { testSize: 2 }),
      ValueError,
      'trainTestSplit: testSize expected to leave rows on both sides, got 2 of 2.',
    ],
    [
      'a size that is neither a share nor a number of rows',
      () => trainTestSplit({ x: [1, 2] }, { testSize: 1.5 }),
      ValueError,
      'trainTestSplit: testSize expected a share below 1 or a number of rows, got 1.5.',
    ],
    [
      'more folds than rows',
      () => kFold(4, { folds: 5 }),
      ValueError,
      'kFold: folds expected at most 4, the number of rows, got 5.',
    ],
    [
      'more folds than rows of any class',
      () => stratifiedKFold(['a', 'b', 'a'], { folds: 3 }),
      ValueError,
      'stratifiedKFold: folds expected at most 2, the rows of the largest class, got 3.',
    ],
    [
      'an option of scikit-learn',
      () => kFold(4, any({ nSplits: 2 })),
      ValueError,
      'kFold: unknown option "nSplits". Did you mean "folds"?',
    ],
    [
      'a row that is not there',
      () => takeRows([1, 2], [2]),
      ValueError,
      'takeRows: indices expected integers from 0 to 1, got 2.',
    ],
    [
      'columns of different lengths',
      () => takeRows({ a: [1, 2], b: [1] }, [0]),
      ShapeError,
      'takeRows: data.b expected 2 values as in other columns, got 1.',
    ],
  ]);
});
