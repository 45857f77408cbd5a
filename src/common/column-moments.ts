import { ValueError } from './errors.js';
import type { RowSource } from './rows.js';

/** Mean and biased variance of each column, in float64, rows in order: the same numbers on every engine. */
export function columnMoments(where: string, source: RowSource, what = 'x'): { mean: number[]; variance: number[] } {
  const { rows, width } = source;
  const data = new Float32Array(rows * width);
  source.write(data, 0);
  const mean = new Array<number>(width).fill(0);
  const variance = new Array<number>(width).fill(0);
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) {
      throw new ValueError(
        `${where}: ${what} expected finite numbers, got ${data[i]} in row ${Math.floor(i / width)}, column ${i % width}.`,
      );
    }
    mean[i % width] += data[i];
  }
  for (let j = 0; j < width; j++) {
    mean[j] /= rows;
    // The mean of equal numbers may be off in its last bit, and would make a variance of it.
    if (isConstant(data, j, width)) mean[j] = data[j];
  }
  for (let i = 0; i < data.length; i++) {
    const d = data[i] - mean[i % width];
    variance[i % width] += d * d;
  }
  for (let j = 0; j < width; j++) variance[j] /= rows;
  return { mean, variance };
}

/** Whether column j holds one number only. */
function isConstant(data: Float32Array, j: number, width: number): boolean {
  for (let i = j + width; i < data.length; i += width) if (data[i] !== data[j]) return false;
  return true;
}

/** Mean and variance as the float32 that a model keeps, or a ValueError where float32 does not hold them. */
export function float32Moments(
  where: string,
  { mean, variance }: { readonly mean: readonly number[]; readonly variance: readonly number[] },
): { readonly mean: Float32Array; readonly variance: Float32Array } {
  const rounded = Float32Array.from(variance);
  rounded.forEach((value, column) => {
    if (Number.isFinite(value) && (value >= SMALLEST_NORMAL || variance[column] === 0)) return;
    throw new ValueError(
      `${where}: x expected columns whose variance float32 holds, got ${variance[column]} in column ${column}. Scale the data first.`,
    );
  });
  return { mean: Float32Array.from(mean), variance: rounded };
}

/** 2^−126: below it float32 loses digits. */
const SMALLEST_NORMAL = 1.1754943508222875e-38;
