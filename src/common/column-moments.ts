/**
 * Mean and variance of columns in float64, with the checks that float32 can hold them. `normalization` layers and the
 * facades of tabular data use them; `rounding.ts` warns about columns of training data that float32 cannot tell apart.
 */
import { ValueError } from './errors.js';
import { differ, SUBTRACT_MEAN } from './rounding.js';
import { copyRows, type RowSource } from './rows.js';
import { warnOnce } from './warn.js';

/** Mean and biased variance of each column. */
export interface Moments {
  readonly mean: number[];
  readonly variance: number[];
}

/** Rows of doubles or float32, row-major. */
export type Matrix = Float32Array | Float64Array;

/** Throws a ValueError that names the first number that is not finite. */
function requireFinite(
  where: string,
  what: string,
  data: Matrix,
  width: number,
  round: (value: number) => number,
): void {
  for (let i = 0; i < data.length; i++) {
    const value = round(data[i]);
    if (Number.isFinite(value)) continue;
    throw new ValueError(
      `${where}: ${what} expected finite numbers, got ${value} in row ${Math.floor(i / width)}, column ${i % width}.`,
    );
  }
}

/**
 * Computes the moments of rows of `width` values, in float64 and in the order of the rows: the same numbers on every
 * engine.
 * @throws ValueError for a number that is not finite.
 */
export function columnMoments(where: string, data: Matrix, width: number, what = 'x'): Moments {
  requireFinite(where, what, data, width, Number);
  const rows = data.length / width;
  const mean = new Array<number>(width).fill(0);
  const variance = new Array<number>(width).fill(0);
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i];
  for (let j = 0; j < width; j++) {
    mean[j] /= rows;
    // The mean of equal numbers may be off in its last bit, which would give a variance above 0.
    if (isConstant(data, j, width, Number)) mean[j] = data[j];
  }
  for (let i = 0; i < data.length; i++) {
    const d = data[i] - mean[i % width];
    variance[i % width] += d * d;
  }
  for (let j = 0; j < width; j++) {
    variance[j] /= rows;
    if (Number.isFinite(variance[j])) continue;
    throw new ValueError(
      `${where}: ${what} expected columns whose variance a double holds, got ${variance[j]} in column ${j}.`,
    );
  }
  return { mean, variance };
}

/** Whether column j holds one number only, after rounding. */
function isConstant(data: Matrix, j: number, width: number, round: (value: number) => number): boolean {
  const first = round(data[j]);
  for (let i = j + width; i < data.length; i += width) if (round(data[i]) !== first) return false;
  return true;
}

/**
 * Rounds mean and variance to the float32 that a model keeps. Throws a ValueError if float32 cannot hold a variance.
 */
export function float32Moments(
  where: string,
  { mean, variance }: { readonly mean: readonly number[]; readonly variance: readonly number[] },
): { readonly mean: Float32Array; readonly variance: Float32Array } {
  variance.forEach((value, column) => {
    if (holdsVariance(value)) return;
    throw new ValueError(
      `${where}: x expected columns whose variance float32 holds, got ${value} in column ${column}. Scale the data first.`,
    );
  });
  return { mean: Float32Array.from(mean), variance: Float32Array.from(variance) };
}

/** Whether float32 keeps all digits of a variance. */
export function holdsVariance(variance: number): boolean {
  const rounded = Math.fround(variance);
  return Number.isFinite(rounded) && (rounded >= SMALLEST_NORMAL || variance === 0);
}

/** 2^−126: below it float32 loses digits. */
export const SMALLEST_NORMAL = 1.1754943508222875e-38;

/** Returns, for each column, the largest distance by which rounding to float32 moves one of its numbers. */
export function roundingOf(data: Matrix, width: number): number[] {
  const most = new Array<number>(width).fill(0);
  if (data.BYTES_PER_ELEMENT === 4) return most;
  for (let i = 0; i < data.length; i++) {
    const moved = Math.abs(data[i] - Math.fround(data[i]));
    if (moved > most[i % width]) most[i % width] = moved;
  }
  return most;
}

/** Share of a column's standard deviation by which rounding may move its numbers without a warning. */
const NOTICEABLE = 0.05;

/**
 * Computes the moments for a `normalization` layer, from doubles where the rows are given as doubles. The layer itself
 * receives float32: a column whose numbers become one float32 is refused, and a warning names a column that rounding
 * changes noticeably.
 */
export function momentsToAdapt(where: string, what: string, source: RowSource): Moments {
  const { width } = source;
  const data = copyRows(source);
  requireFinite(where, what, data, width, Math.fround);
  const { mean, variance } = columnMoments(where, data, width, what);
  roundingOf(data, width).forEach((moved, column) => {
    if (moved === 0 || variance[column] === 0) return;
    if (isConstant(data, column, width, Math.fround)) {
      const other = farthest(data, column, width);
      if (differ(data[column], other)) {
        throw new ValueError(
          `${where}: ${what} expected columns whose numbers float32 tells apart, got ${data[column]} and ${other} in column ${column}, ` +
            `which are one number there. ${SUBTRACT_MEAN}`,
        );
      }
      // The numbers differ only by the noise of a computation that has the same result in each row.
      mean[column] = data[column];
      variance[column] = 0;
    } else if (moved > NOTICEABLE * Math.sqrt(variance[column])) {
      warnOnce(
        `${where} ${what} ${column}`,
        `${where}: ${what} expected columns that float32 holds to a twentieth of their standard deviation: rounding moves ` +
          `numbers of column ${column} by ${moved}, its standard deviation is ${Math.sqrt(variance[column])}. ${SUBTRACT_MEAN}`,
      );
    }
  });
  return { mean, variance };
}

/** Returns the number of a column that is farthest from its first. */
function farthest(data: Matrix, column: number, width: number): number {
  let found = data[column];
  for (let i = column; i < data.length; i += width) {
    if (Math.abs(data[i] - data[column]) > Math.abs(found - data[column])) found = data[i];
  }
  return found;
}
