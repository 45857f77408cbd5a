/**
 * `scorePredictions` has the scores that cross-validation has, whose numbers packages/cli/test/scores.test.ts compares
 * with scikit-learn's, and refuses what they are not for.
 */
import { expect, test } from 'vitest';
import { ShapeError, ValueError } from '../../src/index.js';
import { crossValidate, scorePredictions, type ScoreName } from '../../src/tables.js';

const LABELS: ScoreName[] = ['accuracy', 'balancedAccuracy', 'f1'];
const NUMBERS: ScoreName[] = ['r2', 'meanAbsoluteError', 'rootMeanSquaredError'];

/** Predicts what it is told, whatever it is fitted with. */
const parrot = { fit: () => undefined, predict: (x: readonly unknown[]) => x };

test.each<[string, readonly unknown[], readonly unknown[], ScoreName[]]>([
  ['labels', ['a', 'b', 'b', 'c', 'a', 'b'], ['a', 'b', 'a', 'a', 'a', 'b'], LABELS],
  ['truth values', [true, false, true, true], [true, true, false, true], LABELS],
  ['numbers', [1, 2, 4, 8], [1.5, 2, 3, 9], NUMBERS],
  [
    'rows of numbers',
    [
      [1, 10],
      [2, 30],
      [4, 20],
    ],
    [
      [1, 12],
      [3, 30],
      [4, 19],
    ],
    NUMBERS,
  ],
])('%s: those of cross-validation', async (_, truth, predicted, names) => {
  const rows = Int32Array.from(truth, (_one, row) => row);
  const folds = [{ train: rows, test: rows }];
  const data = { x: predicted, y: truth } as never;
  const { scores } = await crossValidate(() => parrot as never, data, { folds, scores: names });
  const found = scorePredictions(truth as number[], predicted as number[], names);
  expect(Object.keys(found)).toEqual(names);
  for (const name of names) expect(found[name]).toBe(scores[name].values[0]);
});

test('what a score is not for is refused', () => {
  const numbers = [1, 2, 3];
  expect(() => scorePredictions(numbers, [1, 2], ['r2'])).toThrow(ShapeError);
  expect(() => scorePredictions([], [], ['r2'])).toThrow(ValueError);
  expect(() => scorePredictions(['a'], ['b'], ['r2'])).toThrow(/truth expected numbers, got "a"/);
  expect(() => scorePredictions([1, NaN], [1, 2], ['meanAbsoluteError'])).toThrow(/expected finite numbers/);
  expect(() => scorePredictions(numbers, numbers, ['R2' as never])).toThrow(
    /scores\[0\] is unknown: "R2"\. Did you mean "r2"\?/,
  );
  expect(() => scorePredictions(numbers, numbers, [(() => 1) as never])).toThrow(ValueError);
  expect(() => scorePredictions(numbers, numbers, 'r2' as never)).toThrow(/a list of names, got "r2"/);
  expect(scorePredictions(numbers, numbers, [])).toEqual({});
});
