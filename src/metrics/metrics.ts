import { readCustom, type Custom, type Named } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { integer, readOptions } from '../common/options.js';

/**
 * A metric of one's own: a number for each row, averaged over rows. `value` gets copies of the row's n outputs `y` and
 * n targets `t`, which are one-hot where targets are class indices, and never smoothed. It is slower than the metrics
 * with a name, which are kernels.
 * @example
 * const model = await sequential({ layers: [dense({ units: 2, inputShape: [2], kernelInitializer: 'zeros' })] });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [{ name: 'error', value: (y, t) => Math.abs(y[0] - t[0]) }] });
 * model.evaluate([[1, 2], [3, 4]], [[3, 0], [-4, 0]]).error; // 3.5
 */
export interface CustomMetric extends Named {
  /** The metric of one row. NaN and infinities are averaged like all numbers; anything else is a ValueError. */
  value(y: Float32Array, t: Float32Array): number;
}

/** What `topKAccuracy` takes. */
export interface TopKAccuracyOptions {
  /** How many of the best count, an integer ≥ 1. Default 5. */
  k?: number;
}

/**
 * Share of rows whose target class is among the k best: where fewer than k other classes have a larger output. Classes
 * that are equal to the target's do not count against it; a row with a NaN is wrong. With k at least the number of
 * classes it is 1. The target class is the column of the largest target. `k` an integer >= 1, default 5. Key in logs:
 * topKAccuracy.
 * @throws ValueError for a k that is not an integer >= 1.
 * @example
 * const layers = [dense({ units: 3, activation: 'softmax', inputShape: [3], useBias: false })];
 * const model = await sequential({ layers });
 * model.setWeights([{ shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }]);
 * model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy', topKAccuracy({ k: 2 })] });
 * const logs = model.evaluate([[0.2, 0.3, 0.5], [0.2, 0.3, 0.5]], [1, 2]);
 * [logs.accuracy, logs.topKAccuracy]; // [0.5, 1]
 */
export const topKAccuracy = (
  options?: TopKAccuracyOptions,
): Descriptor<'topKAccuracy', Required<TopKAccuracyOptions>> => ({
  kind: 'topKAccuracy',
  config: readOptions('topKAccuracy', options, { k: { check: integer(1), or: 5 } }),
});

/** What a name or a saved model may call for. */
export const METRICS = {
  /**
   * Share of right answers. With several outputs and a categorical target `categoricalAccuracy`; with one output, or
   * independent ones under the loss binaryCrossentropy, `binaryAccuracy`. As in Keras.
   */
  accuracy: withoutOptions('accuracy'),
  /** Share of rows whose largest output stands where the largest target stands; of equal ones the first counts. */
  categoricalAccuracy: withoutOptions('categoricalAccuracy'),
  /**
   * Share of outputs on the target's side of the cut: of 0 under the loss hinge and where a target is negative, since
   * yes and no are 1 and −1 then, else of 0.5. Where all targets are yes, which tells nothing, tanh and softsign are
   * cut at 0.
   */
  binaryAccuracy: withoutOptions('binaryAccuracy'),
  topKAccuracy,
  /**
   * Right answers TP over answers PP, TP/PP. With several outputs and a categorical target: of each class, then the
   * mean over the classes that occur as a target or as an answer (macro average). With one output: of the answers above
   * the cut of `binaryAccuracy`. With several under binaryCrossentropy: of each output, then the mean over all. 0 where
   * it would be 0/0. As in scikit-learn with zero_division=0.
   */
  precision: withoutOptions('precision'),
  /** Right answers over those wanted, TP/(TP + FN); averaged as `precision`. */
  recall: withoutOptions('recall'),
  /** Harmonic mean of precision and recall of a class, 2·TP/(2·TP + FP + FN); averaged as `precision`. */
  f1: withoutOptions('f1'),
  /**
   * Area under the ROC curve: the share of pairs of a row with target above the cut of `binaryAccuracy` and a row with
   * target below in which the first has the larger output; equal ones count half. Exact for any outputs: the outputs of
   * all rows are kept, in JavaScript's memory, four to eight bytes for each row and output. With several outputs the
   * mean over those that have both kinds of target; 0.5, chance, where none has. NaN where an output is NaN.
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
   * output whose targets are all equal counts 1 where they are met exactly, else 0. As in scikit-learn.
   */
  r2: withoutOptions('r2'),
} as const;

/**
 * The metrics, by name, which is their key in the logs. With several outputs and any loss but binaryCrossentropy the
 * outputs are categories, of which one is right; else each output is right or wrong by itself, above or below a cut: 0
 * under the loss hinge and where a target is negative, as of targets −1 and 1, else 0.5. All take the targets that were
 * given, label smoothing or not.
 *
 * | name | what it is |
 * |---|---|
 * | `accuracy` | `categoricalAccuracy` of categories, else `binaryAccuracy` |
 * | `categoricalAccuracy` | share of rows whose largest output stands where the largest target stands |
 * | `binaryAccuracy` | share of outputs on the target's side of the cut |
 * | `topKAccuracy` | share of rows whose target class is among the 5 best; other numbers by the factory `topKAccuracy` |
 * | `precision` | TP/(TP + FP) of each category or output, then the mean over the categories that occur, or over all outputs; 0 for 0/0 |
 * | `recall` | TP/(TP + FN), averaged alike |
 * | `f1` | 2·TP/(2·TP + FP + FN), averaged alike |
 * | `auc` | area under the ROC curve, exact; keeps the outputs of all rows |
 * | `meanSquaredError` | mean of (t − y)² over rows and outputs |
 * | `meanAbsoluteError` | mean of \|t − y\| over rows and outputs |
 * | `rootMeanSquaredError` | √ of the mean of (t − y)² |
 * | `r2` | 1 − Σ(t − y)²/Σ(t − mean t)² of each output, then the mean over outputs |
 */
export type MetricName = keyof typeof METRICS;

/** A metric as a descriptor, or a user's own. */
export type Metric = ReturnType<(typeof METRICS)[MetricName]> | Custom<CustomMetric>;

/** Keys in logs that are the library's: those of `fit`, and val… for validation. */
const RESERVED = /^(loss|size|epoch|val[A-Z].*)$/;

const same = (a: Metric, b: Metric): boolean =>
  a.kind === 'custom'
    ? b.kind === 'custom' && a.custom === b.custom
    : a.kind === b.kind && JSON.stringify(a.config) === JSON.stringify(b.config);

/**
 * Reads the `metrics` of `compile`: names, factories' results, and objects of a user's own. What is there twice is
 * taken once.
 * @throws ValueError for unknown names, and where two different metrics would have one name in the logs.
 */
export function readMetrics(path: string, value: unknown): Metric[] {
  if (!isList(value)) throw new ValueError(`${path} expected a list of metrics, got ${describe(value)}.`);
  const metrics = new Map<string, Metric>();
  // By index: forEach would pass over holes.
  for (let i = 0; i < value.length; i++) {
    const given = value[i];
    const metric = readCustom<CustomMetric>(path, given, ['value']) ?? resolve<Metric>(path, given, METRICS);
    const name = metric.kind === 'custom' ? metric.config.name : metric.kind;
    const before = metrics.get(name);
    if (RESERVED.test(name) || (before !== undefined && !same(before, metric))) {
      throw new ValueError(
        `${path} expected a key of its own in the logs for each, got ${describe(name)}, which is taken.`,
      );
    }
    metrics.set(name, metric);
  }
  return [...metrics.values()];
}
