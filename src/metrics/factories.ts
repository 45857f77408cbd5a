/** Factories of the metrics that have options, which are about classes and probabilities. metrics.ts has the table. */
import type { Descriptor } from '../common/descriptor.js';
import {
  finite,
  integer,
  nameOf,
  optional,
  positive,
  readOptions,
  text,
  type Option,
  type OptionTable,
} from '../common/options.js';

/**
 * Options of all metrics with options.
 * @category Metrics
 */
export interface MetricOptions {
  /** Key in logs, by which two metrics of one kind with different options are told apart. Default: as the metric says. */
  name?: string;
}

/** A settled `name`. */
export interface NamedMetric {
  /** Key in logs; undefined for the one that the metric says. */
  readonly name: string | undefined;
}

const NAME: Option<string | undefined> = { check: optional(text), or: undefined };

/**
 * Options of `topKAccuracy`.
 * @category Metrics
 */
export interface TopKAccuracyOptions extends MetricOptions {
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
): Descriptor<'topKAccuracy', NamedMetric & Required<Pick<TopKAccuracyOptions, 'k'>>> => ({
  kind: 'topKAccuracy',
  config: readOptions('topKAccuracy', options, { k: { check: integer(1), or: 5 }, name: NAME }),
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
export interface ThresholdOptions extends MetricOptions {
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
export interface Settled extends Averaging, NamedMetric {
  /** Outputs above it are yes; undefined for the cut of `binaryAccuracy`. */
  readonly threshold: number | undefined;
}

const RATE: OptionTable<Settled> = {
  average: { check: nameOf(['macro', 'micro', 'weighted']), or: 'macro' },
  class: { check: optional(integer(0)), or: undefined },
  threshold: { check: optional(finite), or: undefined },
  name: NAME,
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
): Descriptor<'binaryAccuracy', Pick<Settled, 'threshold' | 'name'>> => ({
  kind: 'binaryAccuracy',
  config: readOptions<Pick<Settled, 'threshold' | 'name'>>('binaryAccuracy', options, {
    threshold: RATE.threshold,
    name: NAME,
  }),
});

/**
 * Options of `calibrationError`.
 * @category Metrics
 */
export interface CalibrationErrorOptions extends MetricOptions {
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
): Descriptor<'calibrationError', NamedMetric & Required<Pick<CalibrationErrorOptions, 'bins'>>> => ({
  kind: 'calibrationError',
  config: readOptions('calibrationError', options, { bins: { check: integer(1, 1000), or: 10 }, name: NAME }),
});

/**
 * Options of `auc`.
 * @category Metrics
 */
export interface AucOptions extends MetricOptions {
  /**
   * 'ROC': true against false positives. 'PR': precision against recall, with points joined as Davis and Goadrich
   * (2006) show, which is Keras' AUC(curve='PR') with a threshold at every output; key in logs: aucPR. Default 'ROC'.
   */
  curve?: 'ROC' | 'PR';
}

/**
 * Area under a curve, exact for any outputs. Of the ROC curve it is the share of pairs of a row with target above the
 * cut of `binaryAccuracy` and a row with target below in which the first has the larger output; equal ones count half.
 * With several outputs the mean over those that have both kinds of target, 0.5, chance, if none has; for 'PR' the mean
 * over those that have positives, 0 if none has. NaN if an output is NaN. The outputs of all rows are kept, in
 * JavaScript's memory, four to eighteen bytes for each row and output. Key in logs: auc, or aucPR.
 * @throws ValueError for an unknown option or curve.
 * @example
 * auc({ curve: 'PR' }).config; // { curve: 'PR' }
 * @category Metrics
 */
export const auc = (
  options?: AucOptions,
): Descriptor<
  'auc',
  {
    /** Absent for the ROC curve. */
    readonly curve?: 'PR';
    /** Key in logs; undefined for auc or aucPR. */
    readonly name: string | undefined;
  }
> => {
  const { curve, name } = readOptions<{ curve: 'ROC' | 'PR' } & NamedMetric>('auc', options, {
    curve: { check: nameOf(['ROC', 'PR']), or: 'ROC' },
    name: NAME,
  });
  return { kind: 'auc', config: curve === 'PR' ? { curve, name } : { name } };
};
