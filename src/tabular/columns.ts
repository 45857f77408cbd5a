/**
 * Columns of a table that float32 cannot hold: times in milliseconds, large numbers that differ little, numbers beyond
 * its range. The facades standardize these in double and round once. All other columns are passed to the network
 * unchanged, and its `normalization` layer standardizes them.
 */
import { columnMoments, holdsVariance, roundingOf, type Matrix, type Moments } from '../common/column-moments.js';
import { NOISE } from '../common/rounding.js';
import type { Scaling } from './outputs.js';

/** How a table becomes rows for a network. */
export interface Preparation {
  /** Undefined if the network receives the table unchanged. */
  readonly scaling: Scaling | undefined;
  /** Moments for the network's `normalization`. */
  readonly moments: Moments;
}

/**
 * Largest movement by rounding to float32, as a share of a column's standard deviation, that the network may be given.
 * Rounding moves no number within 256 deviations of 0 by more.
 */
const TOLERATED = 1 / 2 ** 16;

/**
 * Finds the columns that the network cannot be given unchanged, and how to standardize them. Rounding never moves
 * float32 data, which is passed to the network with all its bits.
 */
export function prepareColumns(where: string, data: Matrix, width: number): Preparation {
  const { mean, variance } = columnMoments(where, data, width);
  const moved = roundingOf(data, width);
  const shift = new Array<number>(width).fill(0);
  const scale = new Array<number>(width).fill(1);
  const moments = { mean: [...mean], variance: [...variance] };
  let found = false;
  for (let j = 0; j < width; j++) {
    const deviation = Math.sqrt(variance[j]);
    if (moved[j] <= TOLERATED * deviation && holdsVariance(variance[j])) continue;
    found = true;
    shift[j] = mean[j];
    // The noise of a computation that has the same result in each row is no information.
    if (deviation > NOISE * Math.abs(mean[j])) scale[j] = deviation;
    moments.mean[j] = 0;
    moments.variance[j] = 1;
  }
  return { scaling: found ? { shift, scale } : undefined, moments };
}

/** Returns rows for the network, standardized by `scaling` and rounded to float32. */
export function scaled(data: Matrix, scaling: Scaling | undefined): Float32Array {
  if (scaling === undefined) return data instanceof Float32Array ? data : Float32Array.from(data);
  const { shift, scale } = scaling;
  const width = shift.length;
  const x = new Float32Array(data.length);
  for (let i = 0; i < x.length; i++) x[i] = (data[i] - shift[i % width]) / scale[i % width];
  return x;
}
