/** Calibration: whether of the rows with a probability of 0.8 eight in ten are positive. */
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { integer, nameOf, readOptions, unchecked } from '../common/options.js';
import type { Label, LabelList, RowNumbers } from '../index.js';
import { readBinary } from './binary.js';

/**
 * Options of `calibrationCurve`.
 * @category Tables
 */
export interface CalibrationOptions {
  /** Label whose probability is given. Default the last of the two in order: true, the larger number, the later text. */
  positive?: Label;
  /** Number of bins. Default 5. */
  bins?: number;
  /** Bins of equal width ('uniform'), or of as many rows each ('quantile'). Default 'uniform'. */
  strategy?: 'uniform' | 'quantile';
}

/**
 * Rows whose probability is in a bin.
 * @category Tables
 */
export interface CalibrationBin {
  /** Bounds: the bin holds probabilities above `from`, the first also `from`, up to `to`. */
  readonly from: number;
  /** Upper bound. */
  readonly to: number;
  /** Number of rows. */
  readonly rows: number;
  /** Mean of their probabilities. */
  readonly predicted: number;
  /** Share of them that are positive. */
  readonly observed: number;
}

/**
 * What `calibrationCurve` returns.
 * @category Tables
 */
export interface CalibrationCurve {
  /** The bins that hold rows, in ascending order. */
  readonly bins: readonly CalibrationBin[];
  /** Mean of |predicted − observed| over the rows, each with the values of its bin (Guo et al. 2017). */
  readonly error: number;
  /** Mean of (probability − positive)², the Brier score. */
  readonly brierScore: number;
}

/**
 * Compares probabilities of a label with how often it is the true one: in each bin of probabilities, their mean and the
 * share of positive rows. A calibrated model has them equal. Bins are those of scikit-learn's `calibration_curve`.
 * @throws ShapeError if there are not as many probabilities as labels; ValueError for more than two labels, a number
 * that is no probability, or an unknown option.
 * @example
 * const { bins } = calibrationCurve(['no', 'no', 'yes', 'yes'], [0.1, 0.4, 0.35, 0.8], { positive: 'yes', bins: 2 });
 * bins.map(({ observed }) => observed); // [0.3333333333333333, 1]
 * @category Tables
 */
export function calibrationCurve(
  truth: LabelList,
  probabilities: RowNumbers,
  options?: CalibrationOptions,
): CalibrationCurve {
  const where = 'calibrationCurve';
  const { positive, bins, strategy } = readOptions<{
    positive: unknown;
    bins: number;
    strategy: 'uniform' | 'quantile';
  }>(where, options, {
    positive: { check: unchecked, or: undefined },
    bins: { check: integer(1, 1e6), or: 5 },
    strategy: { check: nameOf(['uniform', 'quantile']), or: 'uniform' },
  });
  const { isPositive, scores } = readBinary(where, truth, 'probabilities', probabilities, positive);
  const stray = scores.findIndex((value) => value < 0 || value > 1);
  if (stray >= 0) {
    throw new ValueError(
      `${where}: probabilities expected numbers from 0 to 1, got ${describe(scores[stray])} in row ${stray}.`,
    );
  }
  if (scores.length === 0) throw new ShapeError(`${where}: truth expected at least one row, got none.`);
  const edges = strategy === 'uniform' ? uniform(bins) : quantiles(scores, bins);
  const sums = Array.from({ length: bins }, () => ({ rows: 0, predicted: 0, positive: 0 }));
  let squares = 0;
  scores.forEach((score, row) => {
    const bin = sums[binOf(edges, score)];
    bin.rows += 1;
    bin.predicted += score;
    bin.positive += isPositive[row];
    squares += (score - isPositive[row]) * (score - isPositive[row]);
  });
  const filled = sums.flatMap((sum, i): CalibrationBin[] =>
    sum.rows === 0
      ? []
      : [
          {
            from: edges[i],
            to: edges[i + 1],
            rows: sum.rows,
            predicted: sum.predicted / sum.rows,
            observed: sum.positive / sum.rows,
          },
        ],
  );
  const error = filled.reduce((sum, bin) => sum + bin.rows * Math.abs(bin.predicted - bin.observed), 0);
  return { bins: filled, error: error / scores.length, brierScore: squares / scores.length };
}

/** Bounds 0, 1/bins, … 1. */
const uniform = (bins: number): number[] =>
  Array.from({ length: bins + 1 }, (_, i) => (i === bins ? 1 : i * (1 / bins)));

/** Quantiles of the scores, between two of them by their distance (type 7 of Hyndman & Fan). */
function quantiles(scores: Float64Array, bins: number): number[] {
  const sorted = Float64Array.from(scores).sort();
  return uniform(bins).map((q) => {
    const at = q * (sorted.length - 1);
    const low = Math.floor(at);
    const [a, b] = [sorted[low], sorted[Math.min(low + 1, sorted.length - 1)]];
    const t = at - low;
    return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
  });
}

/** Returns the bin of a score: the number of inner bounds below it. */
function binOf(edges: readonly number[], score: number): number {
  let [low, high] = [1, edges.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle] < score) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
