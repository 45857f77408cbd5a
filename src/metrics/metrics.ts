/**
 * Metrics as descriptors: their table by name, their keys in logs, and what `compile` takes for a metric. factories.ts
 * has the metrics with options; `bind.ts` computes them by kernels and running sums.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { LOSSES, type LossConfig, type LossName } from '../losses/losses.js';
import {
  auc,
  binaryAccuracy,
  calibrationError,
  f1,
  fBeta,
  precision,
  recall,
  specificity,
  topKAccuracy,
} from './factories.js';

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
  auc,
  /**
   * Average precision, the usual area under the precision-recall curve: Σ (R_n − R_{n−1})·P_n over all outputs as
   * thresholds, in descending order, without interpolation. Cuts, several outputs and memory as for `auc`. As in
   * scikit-learn.
   */
  averagePrecision: withoutOptions('averagePrecision'),
  /** Mean of (t − y)² over rows and outputs. */
  meanSquaredError: withoutOptions('meanSquaredError'),
  /** Mean of |t − y| over rows and outputs. */
  meanAbsoluteError: withoutOptions('meanAbsoluteError'),
  /** √ of the mean of (t − y)² over rows and outputs. */
  rootMeanSquaredError: withoutOptions('rootMeanSquaredError'),
  /**
   * Mean of 100·|t − y| / max(|t|, 1e-7) over rows and outputs, in percent as in Keras; scikit-learn's is a hundredth.
   * Computed in JavaScript.
   */
  meanAbsolutePercentageError: withoutOptions('meanAbsolutePercentageError'),
  /**
   * Mean of [ln(1 + t) − ln(1 + y)]² over rows and outputs; targets and outputs below 1e-7 count as 1e-7, as in Keras.
   * Computed in JavaScript.
   */
  meanSquaredLogarithmicError: withoutOptions('meanSquaredLogarithmicError'),
  /**
   * Mean over rows of the cosine of outputs and targets, from −1 to 1, as in Keras: the loss of this name is its
   * negative. A row with a norm of at most 1e-8 counts 0. Computed in JavaScript.
   */
  cosineSimilarity: withoutOptions('cosineSimilarity'),
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
 * | `auc` | area under the ROC curve, exact; keeps the outputs of all rows; of precision and recall by its factory |
 * | `averagePrecision` | precision over recall, as steps |
 * | `meanSquaredError` | mean of (t − y)² over rows and outputs |
 * | `meanAbsoluteError` | mean of \|t − y\| over rows and outputs |
 * | `rootMeanSquaredError` | √ of the mean of (t − y)² |
 * | `meanAbsolutePercentageError` | mean of 100·\|t − y\|/\|t\| |
 * | `meanSquaredLogarithmicError` | mean of (ln(1 + t) − ln(1 + y))² |
 * | `cosineSimilarity` | mean cosine of outputs and targets, 1 for the same direction |
 * | `r2` | 1 − Σ(t − y)²/Σ(t − mean t)² of each output, then the mean over outputs |
 * | names of losses | mean over rows of the loss, as `compile` computes it as `loss`; options by the loss's factory |
 * @category Metrics
 */
export type MetricName = keyof typeof METRICS | LossName;

/** A loss as a metric: one whose name is not that of a metric. */
type LossAsMetric = {
  [K in Exclude<LossName, keyof typeof METRICS>]: Descriptor<K, LossConfig<K>>;
}[Exclude<LossName, keyof typeof METRICS>];

/**
 * A metric: a descriptor made by a factory of a metric or of a loss, or a custom metric.
 * @category Metrics
 */
export type Metric = ReturnType<(typeof METRICS)[keyof typeof METRICS]> | LossAsMetric | Custom<CustomMetric>;

/** Whether a metric is a loss as a metric. */
export const isLoss = (metric: Metric): metric is LossAsMetric =>
  !Object.hasOwn(METRICS, metric.kind) && metric.kind !== 'custom';

/** Options of metrics that their keys tell apart. */
interface KeyOptions {
  readonly average?: string | undefined;
  readonly class?: number | undefined;
  readonly curve?: string | undefined;
  readonly name?: string | undefined;
}

/** Own fields, so that none is read from `Object.prototype`. */
const NO_KEY_OPTIONS: KeyOptions = { average: undefined, class: undefined, curve: undefined, name: undefined };

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

/**
 * Returns the key of a metric in the logs, which tells rates of different averages and classes and curves apart, and
 * metrics with row weights from those without.
 */
export function metricKey(metric: Metric, weighs: boolean): string {
  return weighs ? `weighted${capital(plainKey(metric))}` : plainKey(metric);
}

function plainKey(metric: Metric): string {
  if (metric.kind === 'custom') return metric.config.name;
  const { average = 'macro', class: one, curve = '', name } = { ...NO_KEY_OPTIONS, ...(metric.config as KeyOptions) };
  // A loss as a metric has no name of its own.
  if (name !== undefined && !isLoss(metric)) return name;
  if (one !== undefined) return `${metric.kind}Class${String(one)}`;
  return average === 'macro' ? metric.kind + curve : metric.kind + capital(average);
}

/** Keys in logs that the library reserves: those of `fit`, and val… for validation. */
const RESERVED = /^(loss|size|epoch|learningRate|regularization|val[A-Z].*)$/;

/** Whether a metric has options, of which one is its name. */
const isNamed = ({ kind, config }: Metric): boolean => kind !== 'custom' && Object.hasOwn(config, 'name');

const same = (a: Metric, b: Metric): boolean =>
  a.kind === 'custom'
    ? b.kind === 'custom' && a.custom === b.custom
    : a.kind === b.kind && JSON.stringify(a.config) === JSON.stringify(b.config);

/** What a name may mean: a metric, else a loss. */
const ALL = { ...LOSSES, ...METRICS };

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
    const metric = readCustom<CustomMetric>(path, given, ['value']) ?? resolve<Metric>(path, given, ALL);
    const name = metricKey(metric, false);
    const before = metrics.get(name);
    if (RESERVED.test(name) || (before !== undefined && !same(before, metric))) {
      const hint =
        isNamed(metric) && metric.kind === before?.kind ? ` Give one a name: ${metric.kind}({ name: '…' }).` : '';
      throw new ValueError(
        `${path} expected a different key in the logs for each, got ${describe(name)}, which is taken.${hint}`,
      );
    }
    metrics.set(name, metric);
  }
  return [...metrics.values()];
}
