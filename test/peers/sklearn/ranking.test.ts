/** Cases of sklearn/metrics/tests (scikit-learn 1.2.1) of the average precision. */
import { describe, expect, it } from 'vitest';
import { column, metricOf, uniform } from '../support.js';

const averagePrecision = (targets: number[], scores: number[]): Promise<number> =>
  metricOf('averagePrecision', column(targets), column(scores), 'binaryCrossentropy');

describe('average precision of scikit-learn', () => {
  it('average_precision_score_duplicate_values', async () => {
    const targets = [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1];
    const scores = [0, 0.1, 0.1, 0.4, 0.5, 0.6, 0.6, 0.9, 0.9, 1, 1];
    expect(await averagePrecision(targets, scores)).toBe(1);
  });

  it('average_precision_score_tied_values', async () => {
    expect(await averagePrecision([0, 1, 1], [0.5, 0.5, 0.6])).toBeLessThan(1);
  });

  it('average_precision_constant_values', async () => {
    const targets = Array.from({ length: 100 }, (_, i) => Number(i % 4 === 0));
    expect(
      await averagePrecision(
        targets,
        targets.map(() => 1),
      ),
    ).toBe(0.25);
  });

  it('score_scale_invariance', async () => {
    const [noise, other] = uniform(9, 2, 50);
    const targets = noise.map((value) => Number(value > 0.5));
    const scores = noise.map((value, i) => Math.fround((value + other[i]) / 2));
    const plain = await averagePrecision(targets, scores);
    const scaled = [(one: number) => 128 * one, (one: number) => one / 2 ** 20, (one: number) => one - 16];
    for (const change of scaled) expect(await averagePrecision(targets, scores.map(change))).toBeCloseTo(plain, 12);
  });
});
