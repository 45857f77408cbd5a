/**
 * Errors in proportion to the targets, and the cosine of outputs and targets, computed in JavaScript row by row in
 * float64, with exact functions of the library. The losses of these names are float32.
 */
import { log } from '../common/elementary.js';
import type { MetricDefinition } from './definition.js';

/** Adds a row, whose outputs and targets start at `y` and `t`, and returns what it adds to the sum. */
type OfRow = (values: Float32Array, y: number, t: number, width: number) => number;

/** Keras' epsilon, the least target that errors are divided by, and the least output of a logarithm. */
const EPSILON = 1e-7;

/** The smallest norm of a row that has a direction. */
const SMALLEST_NORM = 1e-8;

/** The mean over rows of what each adds. */
const meanOf = (name: string, ofRow: OfRow): MetricDefinition => ({
  name,
  sums: 1,
  bind:
    ({ memory }, y, targets, totals) =>
    (rows) => {
      const { f32, f64 } = memory;
      let sum = f64[totals / 8];
      for (let row = 0; row < rows; row++) {
        sum += ofRow(f32, y.address / 4 + row * y.ld, targets.address / 4 + row * targets.ld, y.width);
      }
      f64[totals / 8] = sum;
    },
  value: ([sum], samples) => sum / samples,
});

/** 100·|t − y| / max(|t|, 1e-7), the mean over outputs. */
export const percentageError = (name: string): MetricDefinition =>
  meanOf(name, (values, y, t, width) => {
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const target = values[t + j];
      sum += Math.abs(target - values[y + j]) / Math.max(Math.abs(target), EPSILON);
    }
    return (100 * sum) / width;
  });

/** [ln(1 + y) − ln(1 + t)]², the mean over outputs; outputs and targets below 1e-7 count as 1e-7, as in Keras. */
export const squaredLogarithmicError = (name: string): MetricDefinition =>
  meanOf(name, (values, y, t, width) => {
    let sum = 0;
    for (let j = 0; j < width; j++) {
      const difference = log(1 + Math.max(values[y + j], EPSILON)) - log(1 + Math.max(values[t + j], EPSILON));
      sum += difference * difference;
    }
    return sum / width;
  });

/** y·t / (‖y‖·‖t‖); 0 for a row of outputs or targets without a direction. */
export const cosine = (name: string): MetricDefinition =>
  meanOf(name, (values, y, t, width) => {
    let [product, ofY, ofT] = [0, 0, 0];
    for (let j = 0; j < width; j++) {
      const [a, b] = [values[y + j], values[t + j]];
      product += a * b;
      ofY += a * a;
      ofT += b * b;
    }
    const [long, other] = [Math.sqrt(ofY), Math.sqrt(ofT)];
    return long <= SMALLEST_NORM || other <= SMALLEST_NORM ? 0 : product / long / other;
  });
