/** Training data, made by sums and products alone, so that its bits are the same on every platform. */
import { generator } from '../measure/statistics.mjs';

const SEED = 20;

/**
 * Returns rows of `classes` classes: half the pattern of the class, half noise, in [0, 1); and the class of each row.
 *
 * @param {{ inputs: number, classes: number, rows: number }} sizes
 */
export function classificationData({ inputs, classes, rows }) {
  const random = generator(SEED);
  const patterns = Float32Array.from({ length: classes * inputs }, random);
  const x = new Float32Array(rows * inputs);
  const labels = new Int32Array(rows);
  for (let row = 0; row < rows; row++) {
    const label = Math.floor(random() * classes);
    labels[row] = label;
    for (let i = 0; i < inputs; i++) x[row * inputs + i] = 0.5 * patterns[label * inputs + i] + 0.5 * random();
  }
  return { x, labels };
}

/** The data of a network's workload. @param {{ sizes: readonly number[], rows: number }} network */
export const dataOf = ({ sizes, rows }) => classificationData({ inputs: sizes[0], classes: sizes.at(-1) ?? 0, rows });
