/**
 * Metrics as descriptors: names, factories and checks. `bind.ts` computes them by kernels and running sums.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { finite, integer, nameOf, optional, positive, readOptions, type OptionTable } from '../common/options.js';

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

/** How a rate of each class, or of each independent output, becomes one number. */
export interface Averaging {
  /**
   * `macro`: the mean over the classes that occur as a target or as an answer, or over all outputs. `micro`: of the
   * counts of all classes together. `weighted`: the mean weighted by the number of targets. Default `macro`.
   */
  readonly average: 'macro' | 'micro' | 'weighted';
  /** The class, or output, whose rate alone is measured, by its index; no average then. */
  readonly class: number | undefined;
}

/**
 * Options of `binaryAccuracy`, and of the rates where outputs are yes or no each.
 * @category Metrics
 */
export interface ThresholdOptions {
  /** Outputs above it are yes. Default: the cut of `binaryAccuracy`. Targets keep theirs. No effect on categories. */
  threshold?: number;
}

/**
 * Options of `precision`, `recall`, `f1` and `specificity`.
 * @category Metrics
 */
export interface RateOptions extends ThresholdOptions {
  /**
   * `macro`: the mean over the classes that occur as a target or as an answer, or over all independent outputs.
   * `micro`: of the counts of all classes together. `weighted`: the mean weighted by the number of targets. The key in
   * logs says which, as in precisionMicro. Default `macro`.
   */
  average?: 'macro' | 'micro' | 'weighted';
  /** Index of the class, or output, to measure alone. Key in logs: precisionClass2 for class 2. Default: all. */
  class?: number;
}

/**
 * Options of `fBeta`.
 * @category Metrics
 */
export interface FBetaOptions extends RateOptions {
  /** Weight β > 0 of recall against precision. Default 2. */
  beta?: number;
}

/** Settled options of a rate. */
interface Settled extends Averaging {
  /** Outputs above it are yes; undefined for the cut of `binaryAccuracy`. */
  readonly threshold: number | undefined;
}

const RATE: OptionTable<Settled> = {
  average: { check: nameOf(['macro', 'micro', 'weighted']), or: 'macro' },
  class: { check: optional(integer(0)), or: undefined },
  threshold: { check: optional(finite), or: undefined },
};

const rate =
  <K extends string>(kind: K) =>
  (options?: RateOptions): Descriptor<K, Settled> => ({ kind, config: readOptions<Settled>(kind, options, RATE) });

/**
 * Precision, TP/(TP + FP): right answers of a class over its answers, 0 for 0/0, as in scikit-learn. With several
 * outputs and a categorical target of each class, else of the answers above the cut of each output; then averaged. Key
 * in logs: precision, and as the options say.
 * @throws ValueError for an unknown option or value; `compile` for a class that the output does not have.
 * @example
 * precision({ average: 'micro' }).config.average; // 'micro'
 * @category Metrics
 */
export const precision = /* @__PURE__ */ rate('precision');

/**
 * Recall, TP/(TP + FN): right answers of a class over its targets; as `precision`.
 * @throws ValueError for an unknown option or value; `compile` for a class that the output does not have.
 * @example
 * recall({ class: 1 }).config.class; // 1
 * @category Metrics
 */
export const recall = /* @__PURE__ */ rate('recall');

/**
 * F1, the harmonic mean of precision and recall of a class, 2·TP/(2·TP + FP + FN); as `precision`.
 * @throws ValueError for an unknown option or value; `compile` for a class that the output does not have.
 * @example
 * f1({ average: 'weighted' }).config.average; // 'weighted'
 * @category Metrics
 */
export const f1 = /* @__PURE__ */ rate('f1');

/**
 * Specificity, TN/(TN + FP): the recall of what is not the class; as `precision`.
 * @throws ValueError for an unknown option or value; `compile` for a class that the output does not have.
 * @example
 * specificity({ threshold: 0.3 }).config.threshold; // 0.3
 * @category Metrics
 */
export const specificity = /* @__PURE__ */ rate('specificity');

/**
 * F-β, (1 + β²)·TP/((1 + β²)·TP + β²·FN + FP), in which recall counts β times as much as precision; as `precision`.
 * @throws ValueError for an unknown option or value; `compile` for a class that the output does not have.
 * @example
 * fBeta({ beta: 0.5 }).config.beta; // 0.5
 * @category Metrics
 */
export const fBeta = (options?: FBetaOptions): Descriptor<'fBeta', Settled & Required<Pick<FBetaOptions, 'beta'>>> => ({
  kind: 'fBeta',
  config: readOptions<Settled & Required<Pick<FBetaOptions, 'beta'>>>('fBeta', options, {
    ...RATE,
    beta: { check: positive, or: 2 },
  }),
});

/**
 * Binary accuracy: share of outputs on the target's side of the cut. The cut is 0 under hinge losses and if a target is
 * negative, since yes and no are 1 and −1 then, else 0.5; logits are cut at 0. It is always 0.5 for activations that
 * are never below 0, such as sigmoid. If all targets are yes, which shows nothing, the cut of tanh and softsign is 0.
 * `threshold` replaces the cut of outputs. Key in logs: binaryAccuracy.
 * @throws ValueError for an unknown option or value.
 * @example
 * binaryAccuracy({ threshold: 0.7 }).config.threshold; // 0.7
 * @category Metrics
 */
export const binaryAccuracy = (
  options?: ThresholdOptions,
): Descriptor<'binaryAccuracy', Pick<Settled, 'threshold'>> => ({
  kind: 'binaryAccuracy',
  config: readOptions<Pick<Settled, 'threshold'>>('binaryAccuracy', options, { threshold: RATE.threshold }),
});

/**
 * Options of `calibrationError`.
 * @category Metrics
 */
export interface CalibrationErrorOptions {
  /** Number of equal bins of confidence, from 1 to 1,000. Default 10. */
  bins?: number;
}

/**
 * Expected calibration error (Guo et al. 2017): the difference between the confidence of answers and the share of right
 * ones, by bins of confidence, averaged over answers. Of categories the confidence is the largest probability of a row,
 * of independent outputs each probability, with targets above a half as right. Under a loss with `fromLogits` of the
 * probabilities of the logits. Computed in JavaScript. Key in logs: calibrationError.
 * @throws ValueError for bins that are not an integer from 1 to 1,000.
 * @example
 * calibrationError({ bins: 15 }).config; // { bins: 15 }
 * @category Metrics
 */
export const calibrationError = (
  options?: CalibrationErrorOptions,
): Descriptor<'calibrationError', Required<CalibrationErrorOptions>> => ({
  kind: 'calibrationError',
  config: readOptions('calibrationError', options, { bins: { check: integer(1, 1000), or: 10 } }),
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
  binaryAccuracy,
  topKAccuracy,
  precision,
  recall,
  f1,
  fBeta,
  specificity,
  /**
   * Mean recall of the classes that are targets; of outputs that are yes or no each, the mean of recall and
   * specificity, then the mean over outputs. As in scikit-learn.
   */
  balancedAccuracy: withoutOptions('balancedAccuracy'),
  /**
   * Matthews' correlation coefficient, from −1 to 1, 0 where all answers or all targets are the same; of categories
   * that of all classes (Gorodkin 2004), else the mean over outputs. As in scikit-learn.
   */
  matthewsCorrelation: withoutOptions('matthewsCorrelation'),
  /**
   * −ln of the probability of the truth: of categories summed over classes, of the shares of the row's sum, else the
   * mean over outputs. Of the targets without smoothing, and without penalties. Probabilities are held at 2⁻²³ from 0
   * and 1; under a loss with `fromLogits` they are those of the logits. Computed in JavaScript.
   */
  logLoss: withoutOptions('logLoss'),
  calibrationError,
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
 * | `fBeta` | recall counts β = 2 times as much as precision |
 * | `specificity` | TN/(TN + FP), averaged alike |
 * | `balancedAccuracy` | mean recall of the classes, of one output that of yes and no |
 * | `matthewsCorrelation` | Matthews' correlation of answers and targets |
 * | `logLoss` | −ln of the probability of the truth |
 * | `calibrationError` | difference between confidence and share of right answers, in 10 bins |
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

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

/** Returns the key of a metric in the logs, which tells rates of different averages and classes apart. */
export function metricKey(metric: Metric): string {
  if (metric.kind === 'custom') return metric.config.name;
  const { average = 'macro', class: one } = { average: undefined, class: undefined, ...metric.config };
  if (one !== undefined) return `${metric.kind}Class${String(one)}`;
  return average === 'macro' ? metric.kind : metric.kind + capital(average);
}

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
    const name = metricKey(metric);
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
