/**
 * The value that `earlyStopping`, `reduceLROnPlateau` and `adaptiveLearningRate` follow: which direction is better, and
 * whether an epoch improved it.
 */
import { ValueError } from '../../common/errors.js';
import { suggestionFor } from '../../common/other-names.js';
import type { Logs } from '../execution-context.js';

/**
 * Whether smaller ('min') or larger ('max') values are better; 'auto' decides by the name of the value.
 * @category Training and callbacks
 */
export type Mode = 'auto' | 'min' | 'max';
export const MODES = ['auto', 'min', 'max'] as const;

/**
 * Names of metrics whose larger values are better; after an output's name or `val` they have a capital. `inaccuracy`
 * and `imprecision` are excluded.
 */
const MORE_IS_BETTER =
  /(?<![A-Za-z])(precision|recall|f1|fBeta|specificity|matthewsCorrelation)(Micro|Weighted|Class\d+)?$|(Precision|Recall|F1|FBeta|Specificity|MatthewsCorrelation)(Micro|Weighted|Class\d+)?$|(?<![A-Za-z])(acc|f1|auc|aucPR|r2|cosineSimilarity)$|(Acc|F1|AUC|Auc|AucPR|R2|CosineSimilarity|Accuracy|Precision|Recall)$|(?<![Ii]n)accuracy$|(?<![Ii]m)precision$|recall$/;

/** Names of losses, errors and penalties, whose smaller values are better. */
const LESS_IS_BETTER =
  /(?<![A-Za-z])(loss|error|mse|mae|rmse|regularization|huber|logCosh|hinge|quantile|poisson|kullbackLeibler)$|(Loss|Error|MSE|MAE|RMSE|Mse|Mae|Rmse|Regularization|Huber|LogCosh|Hinge|Quantile|Poisson|KullbackLeibler|Crossentropy|Likelihood)$/;

/** Follows one value of the logs over the epochs and tells whether it improved. */
export class Monitor {
  /** Best value so far. */
  best: number | undefined;
  private keys: readonly string[] = [];

  constructor(
    private readonly where: string,
    private readonly key: string,
    private readonly mode: Mode,
    private readonly minDelta: number,
    /** Whether the best so far takes gains of any size, so that small ones never add up to an improvement. */
    private readonly takesAnyGain = false,
  ) {}

  /** Starts following a training whose logs will have these keys. */
  reset(keys: readonly string[]): void {
    this.best = undefined;
    this.keys = keys;
    this.require(keys);
    this.direction();
  }

  /** Whether an epoch has no value: one without validation, where `validationFrequency` is above 1. */
  skips(logs: Logs): boolean {
    return this.keys.includes(this.key) && !Object.hasOwn(logs, this.key);
  }

  /** Whether the value of an epoch is better than `other` by more than `least`, which is minDelta by default. */
  beats(logs: Logs, other: number, least = this.minDelta): boolean {
    const value = logs[this.key];
    return (this.direction() === 'max' ? value - other : other - value) > least;
  }

  /** Takes an epoch's logs; returns whether the value beats the best so far by more than minDelta. A NaN does not. */
  improved(logs: Logs): boolean {
    this.require(Object.keys(logs));
    const value = logs[this.key];
    this.direction();
    const { best } = this;
    if (Number.isNaN(value)) return false;
    const improved = best === undefined || this.beats(logs, best);
    if (improved || (this.takesAnyGain && this.beats(logs, best, 0))) this.best = value;
    return improved;
  }

  /**
   * Returns which direction is better. Throws for a name that does not tell: following it in the wrong direction would
   * stop a training that improves.
   */
  private direction(): 'min' | 'max' {
    const { mode, key } = this;
    if (mode !== 'auto') return mode;
    if (MORE_IS_BETTER.test(key)) return 'max';
    if (LESS_IS_BETTER.test(key)) return 'min';
    throw new ValueError(
      `${this.where}: mode expected "min" or "max" for monitor "${key}", whose name does not say which is better, got "auto".`,
    );
  }

  private require(keys: readonly string[]): void {
    if (keys.includes(this.key)) return;
    throw new ValueError(
      `${this.where}: monitor expected a key of the logs, got "${this.key}".${suggestionFor(this.key, keys)}` +
        (this.key.startsWith('val') ? ' Keys that start with val need validation data.' : ''),
    );
  }
}
