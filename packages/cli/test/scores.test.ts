/** Scores are those of scikit-learn, by golden/make_scores.py, and of a few rows by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Predictions } from '../src/training/estimate.js';
import { guessScore, scoresOf, spreadOf } from '../src/training/scores.js';

const golden = JSON.parse(readFileSync(new URL('golden/scores.json', import.meta.url), 'utf8')) as Record<
  string,
  number
>;

const rows = Array.from({ length: 200 }, (_, i) => i);
const truth = rows.map((i) => (i * 7) % 3);
const labels = rows.map((i) => (i % 5 === 0 ? (i + (i % 2)) % 3 : (i * 7) % 3));
const numbers = rows.map(Math.sin);
const predicted = Float64Array.from(rows, (i) => Math.sin(i) + Math.cos(i * i) / 4);
const others = rows.map((i) => 100 * Math.cos(i));
const further = Float64Array.from(rows, (i) => 90 * Math.cos(i));

const said = (of: Partial<Predictions>): Predictions => ({ labels: [], probabilities: [], numbers: [], ...of });
const close = (scores: readonly { name: string; value: number }[]): void => {
  for (const { name, value } of scores) expect(value, name).toBeCloseTo(golden[name], 12);
};

describe('scores of scikit-learn', () => {
  test('classes', () => close(scoresOf('classification', [truth], said({ labels: [labels] }))));
  test('a quantity', () => close(scoresOf('regression', [numbers], said({ numbers: [predicted] }))));
  test('two quantities', () => {
    const [score, ...none] = scoresOf('regression', [numbers, others], said({ numbers: [predicted, further] }));
    expect(none).toEqual([]);
    expect(score.value).toBeCloseTo(golden['R² of two targets'], 12);
  });
  test('guessing', () => {
    expect(guessScore('classification', [truth])).toEqual({ name: 'accuracy', value: golden['most frequent'] });
    expect(guessScore('regression', [numbers]).value).toBe(0);
  });
});

test('several labels: the mean of their accuracies', () => {
  const columns = [
    [true, false, true, true],
    [false, false, false, true],
  ];
  const answers = [
    [true, true, true, true],
    [false, false, false, false],
  ];
  expect(scoresOf('multilabel', columns, said({ labels: answers }))).toEqual([{ name: 'accuracy', value: 0.75 }]);
  expect(guessScore('multilabel', columns).value).toBe(0.75);
});

test('where all values are the same, R² is 1 if they are met and 0 otherwise', () => {
  const same = [2, 2, 2];
  expect(scoresOf('regression', [same], said({ numbers: [Float64Array.of(2, 2, 2)] }))[0].value).toBe(1);
  expect(scoresOf('regression', [same], said({ numbers: [Float64Array.of(2, 2, 3)] }))[0].value).toBe(0);
});

test('spread is the standard deviation of a sample', () => {
  expect(spreadOf([1, 2, 3, 4])).toEqual({ mean: 2.5, spread: Math.sqrt(5 / 3) });
  expect(spreadOf([7])).toEqual({ mean: 7, spread: 0 });
});
