import { readCustom, type Custom, type Named } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { integer, readOptions } from '../common/options.js';
import type { Kernels } from '../engine/abi.js';
import type { Machine } from '../engine/machine.js';
import type { Place, Step } from '../engine/step.js';

/** What is measured beside the loss: running sums in linear memory, and how the metric follows from them. */
export interface MetricDefinition {
  /** Its key in logs. */
  readonly name: string;
  /** Float64 running sums that it keeps, 0 at the start. */
  readonly sums: number;
  /** Adds a batch to the sums at address `totals`, a multiple of 8. Rows ascending, so batches may be cut anywhere. */
  bind(machine: Machine, y: Place, targets: Place, totals: number): Step;
  /** The metric from its sums after `samples` rows. */
  value(sums: Float64Array, samples: number): number;
}

/**
 * A metric of one's own: a number for each row, averaged over rows. `value` gets copies of the row's n outputs `y` and n targets `t`, which
 * are one-hot where targets are class indices, and smoothed where the loss smooths them. It is slower than the metrics with a name,
 * which are kernels.
 * @example
 * const model = await sequential({ layers: [dense({ units: 2, inputShape: [2], kernelInitializer: 'zeros' })] });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [{ name: 'error', value: (y, t) => Math.abs(y[0] - t[0]) }] });
 * model.evaluate([[1, 2], [3, 4]], [[3, 0], [-4, 0]]).error; // 3.5
 */
export interface CustomMetric extends Named {
  /** The metric of one row. NaN and infinities are averaged like all numbers; anything else is a ValueError. */
  value(y: Float32Array, t: Float32Array): number;
}

/** Above this an output counts as 1: as in Keras. */
const THRESHOLD = 0.5;

/** Bins of the histogram of scores that the area under the ROC curve is taken from. */
const BINS = 1024;

/** What `topKAccuracy` takes. */
export interface TopKAccuracyOptions {
  /** How many of the best count, an integer ≥ 1. Default 5. */
  k?: number;
}

/**
 * Share of rows whose target class is among the k best: where fewer than k other classes have a larger output. Classes that are equal to
 * the target's do not count against it; a row with a NaN is wrong. With k at least the number of classes it is 1. The target class
 * is the column of the largest target. `k` an integer >= 1, default 5. Key in logs: topKAccuracy.
 * @throws ValueError for a k that is not an integer >= 1.
 * @example
 * const model = await sequential({ layers: [dense({ units: 3, inputShape: [3], useBias: false })] });
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
   * Share of right answers. With several outputs and a categorical target `categoricalAccuracy`; with one output, or independent ones
   * under the loss binaryCrossentropy, `binaryAccuracy`. As in Keras.
   */
  accuracy: withoutOptions('accuracy'),
  /** Share of rows whose largest output stands where the largest target stands; of equal ones the first counts. */
  categoricalAccuracy: withoutOptions('categoricalAccuracy'),
  /** Share of outputs on the target's side of 0.5. */
  binaryAccuracy: withoutOptions('binaryAccuracy'),
  topKAccuracy,
  /**
   * Right answers TP over answers PP, TP/PP. With several outputs and a categorical target: of each class, then the mean over the classes
   * that occur as a target or as an answer (macro average). With one output: of the answers above 0.5. With several under
   * binaryCrossentropy: of each output, then the mean over all. 0 where it would be 0/0. As in scikit-learn with zero_division=0.
   */
  precision: withoutOptions('precision'),
  /** Right answers over those wanted, TP/(TP + FN); averaged as `precision`. */
  recall: withoutOptions('recall'),
  /** Harmonic mean of precision and recall of a class, 2·TP/(2·TP + FP + FN); averaged as `precision`. */
  f1: withoutOptions('f1'),
  /**
   * Area under the ROC curve: the share of pairs of a row with target above 0.5 and a row with target below in which the first has the
   * larger output; equal ones count half. Outputs are compared by their bins, 1024 over [0, 1], those outside in the end bins, so
   * the result is off by at most half the share of pairs within one bin. With several outputs the mean over those that have
   * both kinds of target; 0.5, chance, where none has.
   */
  auc: withoutOptions('auc'),
  /** Mean of (t − y)² over rows and outputs. */
  meanSquaredError: withoutOptions('meanSquaredError'),
  /** Mean of |t − y| over rows and outputs. */
  meanAbsoluteError: withoutOptions('meanAbsoluteError'),
  /** √ of the mean of (t − y)² over rows and outputs. */
  rootMeanSquaredError: withoutOptions('rootMeanSquaredError'),
  /**
   * Coefficient of determination: 1 − Σ (t − y)² / Σ (t − mean t)² of each output, then the mean over outputs. An output whose targets are all
   * equal counts 1 where they are met exactly, else 0. As in scikit-learn.
   */
  r2: withoutOptions('r2'),
} as const;

/**
 * The metrics, by name, which is their key in the logs. With several outputs and any loss but binaryCrossentropy the outputs are
 * categories, of which one is right; else each output is right or wrong by itself, above or below 0.5.
 *
 * | name | what it is |
 * |---|---|
 * | `accuracy` | `categoricalAccuracy` of categories, else `binaryAccuracy` |
 * | `categoricalAccuracy` | share of rows whose largest output stands where the largest target stands |
 * | `binaryAccuracy` | share of outputs on the target's side of 0.5 |
 * | `topKAccuracy` | share of rows whose target class is among the 5 best; other numbers by the factory `topKAccuracy` |
 * | `precision` | TP/(TP + FP) of each category or output, then the mean over the categories that occur, or over all outputs; 0 for 0/0 |
 * | `recall` | TP/(TP + FN), averaged alike |
 * | `f1` | 2·TP/(2·TP + FP + FN), averaged alike |
 * | `auc` | area under the ROC curve, from a histogram of 1024 bins over [0, 1] |
 * | `meanSquaredError` | mean of (t − y)² over rows and outputs |
 * | `meanAbsoluteError` | mean of \|t − y\| over rows and outputs |
 * | `rootMeanSquaredError` | √ of the mean of (t − y)² |
 * | `r2` | 1 − Σ(t − y)²/Σ(t − mean t)² of each output, then the mean over outputs |
 */
export type MetricName = keyof typeof METRICS;

/** A metric as a descriptor, or a user's own. */
export type Metric = ReturnType<(typeof METRICS)[MetricName]> | Custom<CustomMetric>;

type Residuals = 'f32_squared_residuals' | 'f32_absolute_residuals' | 'f32_residual_moments';
type Summing = 'f32_categorical_matches' | 'f32_class_counts' | Residuals;

/** A kernel that takes outputs, targets and the address of its sums. */
const summing =
  (kernel: Summing): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run: Kernels[Summing] = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals);
  };

/** A kernel that asks as well which side of the threshold values are on. */
const thresholding =
  (kernel: 'f32_binary_matches' | 'f32_threshold_counts'): MetricDefinition['bind'] =>
  ({ kernels }, y, targets, totals) => {
    const run = kernels[kernel];
    return (rows) => run(rows, y.width, y.address, targets.address, y.ld, totals, THRESHOLD);
  };

const meanOf = (sums: Float64Array, samples: number): number => sums[0] / samples;

const accuracy = (name: string, categorical: boolean): MetricDefinition => ({
  name,
  sums: 1,
  bind: categorical ? summing('f32_categorical_matches') : thresholding('f32_binary_matches'),
  value: meanOf,
});

const topK = (name: string, k: number): MetricDefinition => ({
  name,
  sums: 1,
  bind:
    ({ kernels }, y, targets, totals) =>
    (rows) =>
      // More than there are is all: a k of 2^31 would be negative in the kernel.
      kernels.f32_top_k_matches(rows, y.width, y.address, targets.address, y.ld, totals, Math.min(k, y.width)),
  value: meanOf,
});

/** Of one class: rows where it is both answer and target, where it is the answer, where it is the target. */
type Rate = (hits: number, answers: number, targets: number) => number;

const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);
const precision: Rate = (hits, answers) => ratio(hits, answers);
const recall: Rate = (hits, _, targets) => ratio(hits, targets);
const f1: Rate = (hits, answers, targets) => ratio(2 * hits, answers + targets);

/** The mean of a rate over classes; of categories only those that occur, of independent outputs all. */
const macro = (name: string, rate: Rate, outputs: number, categorical: boolean): MetricDefinition => ({
  name,
  sums: 3 * outputs,
  bind: categorical ? summing('f32_class_counts') : thresholding('f32_threshold_counts'),
  value(sums) {
    let total = 0;
    let count = 0;
    for (let at = 0; at < 3 * outputs; at += 3) {
      const [hits, answers, targets] = [sums[at], sums[at + 1], sums[at + 2]];
      if (categorical && answers + targets === 0) continue;
      total += rate(hits, answers, targets);
      count += 1;
    }
    return ratio(total, count);
  },
});

/** The share of (positive, negative) pairs that one output's histogram has in order; undefined where one kind is missing. */
function orderedPairs(histogram: Float64Array): number | undefined {
  let negatives = 0;
  let positives = 0;
  let ordered = 0;
  for (let bin = 0; bin < histogram.length; bin += 2) {
    const [negative, positive] = [histogram[bin], histogram[bin + 1]];
    ordered += positive * (negatives + negative / 2);
    negatives += negative;
    positives += positive;
  }
  return negatives === 0 || positives === 0 ? undefined : ordered / (negatives * positives);
}

const auc = (name: string, outputs: number): MetricDefinition => ({
  name,
  sums: 2 * BINS * outputs,
  bind:
    ({ kernels }, y, targets, totals) =>
    (rows) =>
      kernels.f32_score_histogram(rows, y.width, y.address, targets.address, y.ld, totals, BINS, THRESHOLD),
  value(sums) {
    let total = 0;
    let count = 0;
    for (let j = 0; j < outputs; j++) {
      const area = orderedPairs(sums.subarray(2 * BINS * j, 2 * BINS * (j + 1)));
      if (area === undefined) continue;
      total += area;
      count += 1;
    }
    return count === 0 ? 0.5 : total / count;
  },
});

const residuals = (name: string, kernel: Residuals, outputs: number): MetricDefinition => ({
  name,
  sums: 1,
  bind: summing(kernel),
  value: ([sum], samples) => sum / (samples * outputs),
});

const r2 = (name: string, outputs: number): MetricDefinition => ({
  name,
  sums: 1 + 3 * outputs,
  bind: summing('f32_residual_moments'),
  value(sums) {
    let total = 0;
    for (let j = 0; j < outputs; j++) {
      const [around, missed] = [sums[3 * j + 2], sums[3 * j + 3]];
      if (around === 0) total += missed > 0 ? 0 : 1 - missed;
      else total += 1 - missed / around;
    }
    return total / outputs;
  },
});

const custom = (name: string, object: CustomMetric): MetricDefinition => ({
  name,
  sums: 1,
  bind({ memory }, y, targets, totals) {
    const row = ({ address, width, ld }: Place, index: number): Float32Array => {
      const first = address / 4 + index * ld;
      return memory.f32.slice(first, first + width);
    };
    return (rows) => {
      for (let i = 0; i < rows; i++) {
        const value: unknown = object.value(row(y, i), row(targets, i));
        if (typeof value !== 'number') {
          throw new ValueError(`metric ${describe(name)}: value expected to return a number, got ${describe(value)}.`);
        }
        memory.f64[totals / 8] += value;
      }
    };
  },
  value: meanOf,
});

/** The metric for a model with `outputs` outputs trained on `loss`, which decide what a right answer is. */
export function metricDefinition(metric: Metric, outputs: number, loss: string): MetricDefinition {
  const categorical = outputs > 1 && loss !== 'binaryCrossentropy';
  switch (metric.kind) {
    case 'accuracy':
      return accuracy(metric.kind, categorical);
    case 'categoricalAccuracy':
      return accuracy(metric.kind, true);
    case 'binaryAccuracy':
      return accuracy(metric.kind, false);
    case 'topKAccuracy':
      return topK(metric.kind, metric.config.k);
    case 'precision':
      return macro(metric.kind, precision, outputs, categorical);
    case 'recall':
      return macro(metric.kind, recall, outputs, categorical);
    case 'f1':
      return macro(metric.kind, f1, outputs, categorical);
    case 'auc':
      return auc(metric.kind, outputs);
    case 'meanSquaredError':
      return residuals(metric.kind, 'f32_squared_residuals', outputs);
    case 'meanAbsoluteError':
      return residuals(metric.kind, 'f32_absolute_residuals', outputs);
    case 'rootMeanSquaredError': {
      const mean = residuals(metric.kind, 'f32_squared_residuals', outputs);
      return { ...mean, value: (sums, samples) => Math.sqrt(mean.value(sums, samples)) };
    }
    case 'r2':
      return r2(metric.kind, outputs);
    case 'custom':
      return custom(metric.config.name, metric.custom);
  }
}

/** Keys in logs that are the library's: those of `fit`, and val… for validation. */
const RESERVED = /^(loss|size|epoch|val[A-Z].*)$/;

const same = (a: Metric, b: Metric): boolean =>
  a.kind === 'custom'
    ? b.kind === 'custom' && a.custom === b.custom
    : a.kind === b.kind && JSON.stringify(a.config) === JSON.stringify(b.config);

/**
 * Reads the `metrics` of `compile`: names, factories' results, and objects of a user's own. What is there twice is taken once.
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
