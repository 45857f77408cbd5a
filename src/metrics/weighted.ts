/**
 * Metrics with row weights. A metric that adds something for each row is computed row by row, and what a row adds is
 * multiplied by its weight; its value is that for the sum of the weights as the number of rows, as in scikit-learn and
 * Keras. R² has moments that do not add up, so it is computed here by weighted ones.
 */
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { MetricDefinition } from './definition.js';

const rowOf = (matrix: MatrixView, row: number): MatrixView => ({
  ...matrix,
  address: matrix.address + 4 * row * matrix.ld,
});

/**
 * Returns a metric that multiplies what each row adds by the row's weight; a row of weight 0 adds nothing, whatever it
 * holds. Sums: those of the metric, the sum of the weights, and those of one row. Without any weight the value is 0, as
 * in Keras.
 */
export function weighted(metric: MetricDefinition): MetricDefinition {
  const { sums } = metric;
  return {
    ...metric,
    sums: 2 * sums + 1,
    bind(runtime, y, targets, totals, rest) {
      const { memory } = runtime;
      const scratch = totals + 8 * (sums + 1);
      const steps: Step[] = [];
      const stepOf = (row: number): Step =>
        (steps[row] ??= metric.bind(runtime, rowOf(y, row), rowOf(targets, row), scratch, rest));
      return (rows) => {
        for (let row = 0; row < rows; row++) {
          const weight = rest.rowWeights === 0 ? 1 : memory.f32[rest.rowWeights / 4 + row];
          if (weight === 0) continue;
          stepOf(row)(1);
          const { f64 } = memory;
          const [to, from] = [totals / 8, scratch / 8];
          for (let i = 0; i < sums; i++) {
            f64[to + i] += weight * f64[from + i];
            f64[from + i] = 0;
          }
          f64[to + sums] += weight;
        }
      };
    },
    value: (all) => (all[sums] === 0 ? 0 : metric.value(all.subarray(0, sums), all[sums])),
  };
}

/**
 * Returns R² with row weights: the sums of the kernel f32_residual_moments, by weighted moments (West 1979). First the
 * sum of the weights, then for each output the mean of the targets, Σ w(t − mean)² and Σ w(t − y)². Without any weight
 * the value is 0.
 */
export const weightedMoments = (metric: MetricDefinition): MetricDefinition => ({
  ...metric,
  bind:
    ({ memory }, y, targets, totals, { rowWeights }) =>
    (rows) => {
      const { f32, f64 } = memory;
      const at = totals / 8;
      for (let row = 0; row < rows; row++) {
        const weight = rowWeights === 0 ? 1 : f32[rowWeights / 4 + row];
        if (weight === 0) continue;
        f64[at] += weight;
        for (let j = 0; j < y.width; j++) {
          const target = f32[targets.address / 4 + row * targets.ld + j];
          const missed = target - f32[y.address / 4 + row * y.ld + j];
          const from = target - f64[at + 3 * j + 1];
          f64[at + 3 * j + 1] += (from * weight) / f64[at];
          f64[at + 3 * j + 2] += weight * from * (target - f64[at + 3 * j + 1]);
          f64[at + 3 * j + 3] += weight * missed * missed;
        }
      }
    },
  value: (all, samples) => (all[0] === 0 ? 0 : metric.value(all, samples)),
});
