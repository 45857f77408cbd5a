/**
 * Cases of sklearn/metrics/tests/test_regression.py (scikit-learn 1.2.1) of losses that came after the first count.
 * The percentage error is a share there and in per cent here.
 */
import { describe, expect, it } from 'vitest';
import { quantile } from '../../../src/index.js';
import { column, lossOf, uniform } from '../support.js';

const pinball = (alpha: number, targets: number[], outputs: number[]): Promise<number> =>
  lossOf(quantile({ quantiles: [alpha] }), column(targets), column(outputs));

/** Draws from the distributions of the suite, from uniform numbers. */
const NORMAL = (u: number, v: number): number => Math.sqrt(-2 * Math.log(u)) * Math.cos(2 * Math.PI * v);
const DISTRIBUTIONS = {
  normal: NORMAL,
  lognormal: (u: number, v: number): number => Math.exp(NORMAL(u, v)),
  exponential: (u: number): number => -Math.log(u),
  uniform: (u: number): number => u,
};

describe('regression losses of scikit-learn', () => {
  it('regression_metrics: mean_squared_log_error and mean_pinball_loss', async () => {
    const targets = Array.from({ length: 50 }, (_, i) => i);
    const above = targets.map((value) => value + 1);
    const below = targets.map((value) => value - 1);
    const logs = targets.map((value) => Math.log((1 + value) / (2 + value)) ** 2);
    const expected = logs.reduce((total, value) => total + value, 0) / 50;
    expect(await lossOf('meanSquaredLogarithmicError', column(targets), column(above))).toBeCloseTo(expected, 6);
    expect(await pinball(0.5, targets, above)).toBeCloseTo(0.5, 6);
    expect(await pinball(0.5, targets, below)).toBeCloseTo(0.5, 6);
    expect(await pinball(0.4, targets, above)).toBeCloseTo(0.6, 6);
    expect(await pinball(0.4, targets, below)).toBeCloseTo(0.4, 6);
  });

  it('regression_metrics_at_limits', async () => {
    for (const loss of ['meanSquaredLogarithmicError', 'meanAbsolutePercentageError'] as const)
      expect(await lossOf(loss, [[0]], [[0]])).toBe(0);
    expect(await pinball(0.5, [0], [0])).toBe(0);
    await expect(lossOf('meanSquaredLogarithmicError', column([1, -2, 3]), column([1, 2, 3]))).rejects.toThrow();
  });

  it('mean_absolute_percentage_error', async () => {
    const targets = uniform(42, 1, 100)[0].map((value) => -Math.log(value));
    const outputs = targets.map((value) => 1.2 * value);
    expect(await lossOf('meanAbsolutePercentageError', column(targets), column(outputs))).toBeCloseTo(20, 4);
  });

  it('pinball_loss_relation_with_mae', async () => {
    const targets = uniform(714, 1, 100)[0];
    const outputs = targets.map((value) => value + 37.5);
    const half = await pinball(0.5, targets, outputs);
    expect(2 * half).toBeCloseTo(await lossOf('meanAbsoluteError', column(targets), column(outputs)), 5);
  });

  describe.each(Object.entries(DISTRIBUTIONS))('mean_pinball_loss_on_constant_predictions: %s', (_name, draw) => {
    it.each([0.05, 0.5, 0.75])('quantile %d', async (alpha) => {
      const [u, v] = uniform(42, 2, 3000);
      const data = u.map((value, i) => Math.fround(draw(value, v[i])));
      const sorted = [...data].sort((a, b) => a - b);
      const at = (share: number): number => sorted[Math.floor(share * (data.length - 1))];
      const of = (value: number): Promise<number> =>
        pinball(
          alpha,
          data,
          data.map(() => value),
        );
      const best = await of(at(alpha));
      for (let share = 0; share <= 1; share += 0.1) {
        const value = at(share);
        const errors = data.map((one) => (one < value ? (value - one) * (1 - alpha) : (one - value) * alpha));
        const expected = errors.reduce((total, one) => total + one, 0) / data.length;
        const loss = await of(value);
        expect(loss).toBeGreaterThanOrEqual(best - 1e-5);
        expect(Math.abs(loss - expected)).toBeLessThanOrEqual(1e-5 * Math.max(1, expected));
      }
    });
  });
});
