/**
 * Columns of a table that float32 does not hold: times in milliseconds, large numbers that differ little, numbers
 * beyond its range. The facades standardize these themselves, in double, and round once; all others go to the network
 * as they are, whose `normalization` layer does it.
 */
import { columnMoments, holdsVariance, roundingOf, type Matrix, type Moments } from '../common/column-moments.js';
import { NOISE } from '../common/rounding.js';

/** What each column is subtracted and divided by, in double: 0 and 1 for columns that the network standardizes. */
export interface Scaling {
  readonly shift: readonly number[];
  readonly scale: readonly number[];
}

/** Rows for a network, and how they were made of the table's. */
export interface Prepared {
  readonly x: Float32Array;
  /** Nothing where the network is given the table as it is. */
  readonly scaling: Scaling | undefined;
  /** For the network's `normalization`. */
  readonly moments: Moments;
}

/**
 * The share of a column's standard deviation that rounding to float32 may move its numbers by. Within 256 deviations of
 * 0 it moves none by more.
 */
const TOLERATED = 1 / 2 ** 16;

/**
 * Finds the columns that the network cannot be given as they are, and standardizes them. What is float32 already is
 * never moved by rounding, and goes to the network with all its bits.
 */
export function prepareColumns(where: string, data: Matrix, width: number): Prepared {
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
    // Noise of a computation whose result is the same in each row is no information.
    if (deviation > NOISE * Math.abs(mean[j])) scale[j] = deviation;
    moments.mean[j] = 0;
    moments.variance[j] = 1;
  }
  const scaling = found ? { shift, scale } : undefined;
  return { x: scaled(data, scaling), scaling, moments };
}

/** Rows as the network takes them. */
export function scaled(data: Matrix, scaling: Scaling | undefined): Float32Array {
  if (scaling === undefined) return data instanceof Float32Array ? data : Float32Array.from(data);
  const { shift, scale } = scaling;
  const width = shift.length;
  const x = new Float32Array(data.length);
  for (let i = 0; i < x.length; i++) x[i] = (data[i] - shift[i % width]) / scale[i % width];
  return x;
}
