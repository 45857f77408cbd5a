/**
 * Metrics as descriptors: names, factories and checks. `bind.ts` computes them by kernels and running sums.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { integer, readOptions } from '../common/options.js';

/**
 * A custom metric: a number for each row, averaged over rows. `value` receives copies of the row's n outputs `y` and n
 * targets `t`, which are one-hot if targets are class indices, and never smoothed. It is slower than the named metrics,
 * which are kernels.
 * @example
 * const model = await sequential({ layers: [dense({ units: 2, inputShape: [2], kernelInitializer: 'zeros' })] });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [{ name: 'error', value: (y, t) => Math.abs(y[0] - t[0]) }] });
 * model.evaluate([[1, 2], [3, 4]], [[3, 0], [-4, 0]]).error; // 3.5
 * @category Metrics
 */
export interface CustomMetric extends Named {
  /** Returns the metric of one row. NaN and infinities are averaged like all numbers; anything else is a ValueError. */
  value(y: Float32Array, t: Float32Array): number;
}

/**
 * Options of `topKAccuracy`.
 * @category Metrics
 */
export interface TopKAccuracyOptions {
  /** Number of the best classes that count, an integer ≥ 1. Default 5. */
  k?: number;
}

/**
 * Top-k accuracy: share of rows whose target class is among the k best, which means that fewer than k other classes
 * have a larger output. Classes equal to the target's do not count against it; a row with a NaN is wrong. With k at
 * least the number of classes it is 1. The target class is the column of the largest target. `k` an integer >= 1,
 * default 5. Key in logs: topKAccuracy.
 * @throws ValueError for a k that is not an integer >= 1.
 * @example
 * const layers = [dense({ units: 3, activation: 'softmax', inputShape: [3], useBias: false })];
 * const model = await sequential({ layers });
 * model.setWeights([{ shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }]);
 * model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy', topKAccuracy({ k: 2 })] });
 * const logs = model.evaluate([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]], [1, 2]);
 * [logs.accuracy, logs.topKAccuracy]; // [0.5, 1]
 * @category Metrics
 */
export const topKAccuracy = (
  options?: TopKAccuracyOptions,
): Descriptor<'topKAccuracy', Required<TopKAccuracyOptions>> => ({
  kind: 'topKAccuracy',
  config: readOptions('topKAccuracy', options, { k: { check: integer(1), or: 5 } }),
});

/** Factories by the names that users and saved models may give. */
export const METRICS = {
  /**
   * Share of right answers: `categoricalAccuracy` for several outputs and a categorical target; `binaryAccuracy` for
   * one output, or for independent ones under the loss binaryCrossentropy. As in Keras.
   */
  accuracy: withoutOptions('accuracy'),
  /** Share of rows whose largest output is in the column of the largest target; of equal ones the first counts. */
  categoricalAccuracy: withoutOptions('categoricalAccuracy'),
  /**
   * Share of outputs on the target's side of the cut. The cut is 0 under the loss hinge and if a target is negative,
   * since yes and no are 1 and −1 then, else 0.5. It is always 0.5 for activations that are never below 0, such as
   * sigmoid. If all targets are yes, which shows nothing, the cut of tanh and softsign is 0.
   */
  binaryAccuracy: withoutOptions('binaryAccuracy'),
  topKAccuracy,
  /**
   * Right answers TP over answers PP, TP/PP. With several outputs and a categorical target: of each class, then the
   * mean over the classes that occur as a target or as an answer (macro average). With one output: of the answers above
   * the cut of `binaryAccuracy`. With several under binaryCrossentropy: of each output, then the mean over all. 0 for
   * 0/0. As in scikit-learn with zero_division=0.
   */
  precision: withoutOptions('precision'),
  /** Right answers over positive targets, TP/(TP + FN); averaged as `precision`. */
  recall: withoutOptions('recall'),
  /** Harmonic mean of precision and recall of a class, 2·TP/(2·TP + FP + FN); averaged as `precision`. */
  f1: withoutOptions('f1'),
  /**
   * Area under the ROC curve: the share of pairs of a row with target above the cut of `binaryAccuracy` and a row with
   * target below in which the first has the larger output; equal ones count half. Exact for any outputs: the outputs of
   * all rows are kept, in JavaScript's memory, four to eight bytes for each row and output. With several outputs the
   * mean over those that have both kinds of target; 0.5, chance, if none has. NaN if an output is NaN.
   */
  auc: withoutOptions('auc'),
  /** Mean of (t − y)² over rows and outputs. */
  meanSquaredError: withoutOptions('meanSquaredError'),
  /** Mean of |t − y| over rows and outputs. */
  meanAbsoluteError: withoutOptions('meanAbsoluteError'),
  /** √ of the mean of (t − y)² over rows and outputs. */
  rootMeanSquaredError: withoutOptions('rootMeanSquaredError'),
  /**
   * Coefficient of determination: 1 − Σ (t − y)² / Σ (t − mean t)² of each output, then the mean over outputs. An
   * output whose targets are all equal counts 1 if they are met exactly, else 0. As in scikit-learn.
   */
  r2: withoutOptions('r2'),
} as const;

/**
 * Names of the metrics, which are their keys in the logs. With several outputs and any loss except binaryCrossentropy
 * the outputs are categories, of which one is right; else each output is right or wrong by itself, above or below a
 * cut: 0 under the loss hinge and if a target is negative, as with targets −1 and 1, else 0.5, as always on a sigmoid.
 * All use the targets as given, without label smoothing.
 *
 * | name | value |
 * |---|---|
 * | `accuracy` | `categoricalAccuracy` of categories, else `binaryAccuracy` |
 * | `categoricalAccuracy` | share of rows whose largest output is in the column of the largest target |
 * | `binaryAccuracy` | share of outputs on the target's side of the cut |
 * | `topKAccuracy` | share of rows whose target class is among the 5 best; other numbers by its factory |
 * | `precision` | TP/(TP + FP) of each category or output, 0 for 0/0; then the mean over categories that occur, or all outputs |
 * | `recall` | TP/(TP + FN), averaged alike |
 * | `f1` | 2·TP/(2·TP + FP + FN), averaged alike |
 * | `auc` | area under the ROC curve, exact; keeps the outputs of all rows |
 * | `meanSquaredError` | mean of (t − y)² over rows and outputs |
 * | `meanAbsoluteError` | mean of \|t − y\| over rows and outputs |
 * | `rootMeanSquaredError` | √ of the mean of (t − y)² |
 * | `r2` | 1 − Σ(t − y)²/Σ(t − mean t)² of each output, then the mean over outputs |
 * @category Metrics
 */
export type MetricName = keyof typeof METRICS;

/**
 * A metric: a descriptor made by a factory, or a custom metric.
 * @category Metrics
 */
export type Metric = ReturnType<(typeof METRICS)[MetricName]> | Custom<CustomMetric>;

/** Keys in logs that the library reserves: those of `fit`, and val… for validation. */
const RESERVED = /^(loss|size|epoch|learningRate|val[A-Z].*)$/;

const same = (a: Metric, b: Metric): boolean =>
  a.kind === 'custom'
    ? b.kind === 'custom' && a.custom === b.custom
    : a.kind === b.kind && JSON.stringify(a.config) === JSON.stringify(b.config);

/** Most metrics of an output. Each is read and named in the logs, and a file may list any number. */
const MOST_METRICS = 256;

/**
 * Reads the `metrics` of `compile`: names, factories' descriptors, and custom metrics. Duplicates are dropped.
 * @throws ValueError for unknown names, and if two different metrics would have one name in the logs.
 */
export function readMetrics(path: string, value: unknown): Metric[] {
  if (!isList(value)) throw new ValueError(`${path} expected a list of metrics, got ${describe(value)}.`);
  const { length } = value;
  if (!(length <= MOST_METRICS)) {
    throw new ValueError(`${path} expected at most ${MOST_METRICS} metrics, got ${describe(length)}.`);
  }
  const metrics = new Map<string, Metric>();
  // By index: forEach would skip holes.
  for (let i = 0; i < length; i++) {
    const given = value[i];
    const metric = readCustom<CustomMetric>(path, given, ['value']) ?? resolve<Metric>(path, given, METRICS);
    const name = metric.kind === 'custom' ? metric.config.name : metric.kind;
    const before = metrics.get(name);
    if (RESERVED.test(name) || (before !== undefined && !same(before, metric))) {
      throw new ValueError(
        `${path} expected a different key in the logs for each, got ${describe(name)}, which is taken.`,
      );
    }
    metrics.set(name, metric);
  }
  return [...metrics.values()];
}
