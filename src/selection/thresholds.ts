/**
 * Thresholds of a score: what becomes of the rows if those with a score of at least a threshold are called positive,
 * for each threshold that makes a difference, and the threshold that is best by a measure.
 */
import { nonNegative, nameOf, optional, readOptions, unchecked, isRecord, type Check } from '../common/options.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import type { Label, LabelList, RowNumbers } from '../index.js';
import { readBinary } from './binary.js';
import { readWeights } from './labels.js';

/**
 * Options of `thresholdCurve`.
 * @category Tables
 */
export interface ThresholdOptions {
  /** Label whose score is given. Default the last of the two in order: true, the larger number, the later text. */
  positive?: Label;
  /** Weight of each row, at least 0. Default 1. */
  sampleWeight?: RowNumbers;
}

/**
 * What becomes of the rows at a threshold: those with a score of at least the threshold are called positive.
 * @category Tables
 */
export interface ThresholdPoint {
  /** Infinite for the point at which no row is called positive. */
  readonly threshold: number;
  /** Rows that are called positive and are, or their weight. */
  readonly truePositives: number;
  /** Rows that are called positive and are not. */
  readonly falsePositives: number;
  /** Other rows that are not called positive. */
  readonly trueNegatives: number;
  /** Positive rows that are not called so. */
  readonly falseNegatives: number;
  /** Share of rows called positive that are; 1 where none are called so. */
  readonly precision: number;
  /** Share of positive rows that are called so, the true positive rate; 0 without such rows. */
  readonly recall: number;
  /** Share of other rows that are called positive; 0 without such rows. */
  readonly falsePositiveRate: number;
}

/**
 * What `thresholdCurve` returns.
 * @category Tables
 */
export interface ThresholdCurve {
  /** A point for each different score, thresholds descending, behind the point at which no row is called positive. */
  readonly points: readonly ThresholdPoint[];
  /** Area under recall over falsePositiveRate, by trapezoids: the chance that a positive row has the larger score. */
  readonly auc: number;
  /** Mean of the precision over the recall, by steps. */
  readonly averagePrecision: number;
}

/**
 * Measures of a threshold, of which the best has the largest: 'f1'; 'accuracy'; 'balancedAccuracy', the mean of both
 * labels' recalls, which is largest where Youden's J is; 'matthewsCorrelation'.
 * @category Tables
 */
export type ThresholdMeasure = 'f1' | 'accuracy' | 'balancedAccuracy' | 'matthewsCorrelation';

/**
 * Options of `bestThreshold`: a measure to make as large as possible, or costs to make as small as possible.
 * @category Tables
 */
export interface BestThresholdOptions extends ThresholdOptions {
  /** Measure that the best threshold has the largest of. Default 'f1', or none where `costs` are given. */
  metric?: ThresholdMeasure;
  /** Costs of a row that is called positive and is not, and of one that is positive and not called so. Default none. */
  costs?: ThresholdCosts;
}

/**
 * Costs of the two errors, each at least 0.
 * @category Tables
 */
export interface ThresholdCosts {
  /** Of a row that is called positive and is not. */
  readonly falsePositive: number;
  /** Of a row that is positive and not called so. */
  readonly falseNegative: number;
}

/**
 * The point of the best threshold.
 * @category Tables
 */
export interface BestThreshold extends ThresholdPoint {
  /** The largest value of the measure, or minus the costs of all rows. */
  readonly value: number;
}

const OPTIONS = {
  positive: { check: unchecked, or: undefined },
  sampleWeight: { check: unchecked, or: undefined },
};

/**
 * Counts, for each threshold that makes a difference, the rows that are called positive rightly and wrongly: the points
 * of the ROC curve and of the precision-recall curve, with the areas under them.
 * @throws ShapeError if there are not as many scores as labels; ValueError for more than two labels, a score that is not
 * finite, or an unknown option.
 * @example
 * const { points, auc } = thresholdCurve([false, false, true, true], [0.1, 0.4, 0.35, 0.8]);
 * auc; // 0.75
 * points.map(({ threshold }) => threshold).slice(1); // [0.8, 0.4, 0.35, 0.1]
 * @category Tables
 */
export function thresholdCurve(truth: LabelList, scores: RowNumbers, options?: ThresholdOptions): ThresholdCurve {
  const where = 'thresholdCurve';
  const { positive, sampleWeight } = readOptions<{ positive: unknown; sampleWeight: unknown }>(where, options, OPTIONS);
  return curveOf(where, truth, scores, positive, sampleWeight);
}

function curveOf(
  where: string,
  truth: unknown,
  given: unknown,
  positive: unknown,
  sampleWeight: unknown,
): ThresholdCurve {
  const { isPositive, scores } = readBinary(where, truth, 'scores', given, positive);
  const weights = readWeights(where, sampleWeight, scores.length);
  const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
  const weightOf = (row: number): number => weights?.[row] ?? 1;
  let [positives, negatives] = [0, 0];
  for (const row of order) {
    if (isPositive[row] === 1) positives += weightOf(row);
    else negatives += weightOf(row);
  }
  const points: ThresholdPoint[] = [];
  let [hits, false_, auc, averagePrecision] = [0, 0, 0, 0];
  const add = (threshold: number): void => {
    const point = {
      threshold,
      truePositives: hits,
      falsePositives: false_,
      trueNegatives: negatives - false_,
      falseNegatives: positives - hits,
      precision: hits + false_ === 0 ? 1 : hits / (hits + false_),
      recall: positives === 0 ? 0 : hits / positives,
      falsePositiveRate: negatives === 0 ? 0 : false_ / negatives,
    };
    const last = points.at(-1);
    if (last !== undefined) {
      auc += ((point.falsePositiveRate - last.falsePositiveRate) * (point.recall + last.recall)) / 2;
      averagePrecision += (point.recall - last.recall) * point.precision;
    }
    points.push(point);
  };
  add(Infinity);
  order.forEach((row, i) => {
    if (isPositive[row] === 1) hits += weightOf(row);
    else false_ += weightOf(row);
    if (i === order.length - 1 || scores[order[i + 1]] !== scores[row]) add(scores[row]);
  });
  return { points, auc, averagePrecision };
}

/** Measures of a point; larger is better. */
const MEASURES: Readonly<Record<ThresholdMeasure, (point: ThresholdPoint) => number>> = {
  f1: ({ truePositives: tp, falsePositives: fp, falseNegatives: fn }) => (tp === 0 ? 0 : (2 * tp) / (2 * tp + fp + fn)),
  accuracy: ({ truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn }) =>
    (tp + tn) / (tp + fp + tn + fn),
  balancedAccuracy: ({ recall, falsePositiveRate }) => (recall + 1 - falsePositiveRate) / 2,
  matthewsCorrelation: ({ truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn }) => {
    const whole = Math.sqrt(tp + fp) * Math.sqrt(tp + fn) * Math.sqrt(tn + fp) * Math.sqrt(tn + fn);
    return whole === 0 ? 0 : (tp * tn - fp * fn) / whole;
  },
};

const costsCheck: Check<{ falsePositive: number; falseNegative: number }> = (path, value) => {
  if (!isRecord(value)) {
    throw new ValueError(`${path} expected { falsePositive, falseNegative }, got ${describe(value)}.`);
  }
  return readOptions(path, value, { falsePositive: { check: nonNegative }, falseNegative: { check: nonNegative } });
};

/**
 * Finds the threshold whose point is best by a measure, or costs least. Of equal ones it takes the largest; it is a
 * score that occurs, or infinite if it is best to call no row positive. Choose it on rows that are neither for training
 * nor for the final test.
 * @returns the point of the best threshold, and the value of the measure, or minus the costs of all rows.
 * @throws as `thresholdCurve`.
 * @example
 * const truth = ['no', 'no', 'no', 'yes', 'yes'];
 * const probabilities = [0.1, 0.2, 0.3, 0.25, 0.4];
 * bestThreshold(truth, probabilities, { positive: 'yes' }).threshold; // 0.25
 * const costs = { falsePositive: 10, falseNegative: 1 };
 * bestThreshold(truth, probabilities, { positive: 'yes', costs }).threshold; // 0.4
 * @category Tables
 */
export function bestThreshold(truth: LabelList, scores: RowNumbers, options?: BestThresholdOptions): BestThreshold {
  const where = 'bestThreshold';
  const { positive, sampleWeight, metric, costs } = readOptions<{
    positive: unknown;
    sampleWeight: unknown;
    metric: ThresholdMeasure | undefined;
    costs: { falsePositive: number; falseNegative: number } | undefined;
  }>(where, options, {
    ...OPTIONS,
    metric: { check: optional(nameOf(Object.keys(MEASURES) as ThresholdMeasure[])), or: undefined },
    costs: { check: optional(costsCheck), or: undefined },
  });
  if (metric !== undefined && costs !== undefined) {
    throw new ValueError(`${where}: metric expected none where costs are given, got ${describe(metric)}.`);
  }
  const measure =
    costs === undefined
      ? MEASURES[metric ?? 'f1']
      : (point: ThresholdPoint) =>
          -(point.falsePositives * costs.falsePositive + point.falseNegatives * costs.falseNegative);
  const { points } = curveOf(where, truth, scores, positive, sampleWeight);
  let best = points[0];
  for (const point of points) if (measure(point) > measure(best)) best = point;
  return { ...best, value: measure(best) };
}
