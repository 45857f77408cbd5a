/** Small tables for regressions, in float64: inputs and targets as rows. */
import { generator } from '../measure/statistics.mjs';

const SEED = 11;

/** Two periods of a sine on [−1, 1): 100 rows. */
export function sine() {
  const x = Array.from({ length: 100 }, (_, i) => [(i - 50) / 50]);
  return { x, y: x.map(([v]) => [Math.sin(2 * Math.PI * v)]) };
}

/**
 * Friedman's first function (1991) as scikit-learn's make_friedman1 has it, without noise: inputs uniform in [0, 1), of
 * which the last five say nothing; 200 rows.
 */
export function friedman1() {
  const random = generator(SEED);
  const x = Array.from({ length: 200 }, () => Array.from({ length: 10 }, random));
  const y = x.map(([a, b, c, d, e]) => [10 * Math.sin(Math.PI * a * b) + 20 * (c - 0.5) ** 2 + 10 * d + 5 * e]);
  return { x, y };
}
