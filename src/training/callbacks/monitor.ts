import { ValueError } from '../../common/errors.js';
import { suggestion } from '../../common/nearest.js';
import type { Logs } from '../execution-context.js';

/** Whether less or more of a number is better; 'auto' goes by its name. */
export type Mode = 'auto' | 'min' | 'max';
export const MODES = ['auto', 'min', 'max'] as const;

/** Metrics of which more is better, behind a name of an output or `val` with a capital; `inaccuracy` is none. */
const MORE_IS_BETTER =
  /(?<![A-Za-z])(acc|f1|auc|r2)$|(Acc|F1|AUC|Auc|R2|Accuracy|Precision|Recall)$|(?<![Ii]n)accuracy$|(?<![Ii]m)precision$|recall$/;

/** Losses and errors, of which less is better. */
const LESS_IS_BETTER = /(?<![A-Za-z])(loss|error|mse|mae|rmse)$|(Loss|Error|MSE|MAE|RMSE|Mse|Mae|Rmse)$/;

/** Follows one number over the epochs and knows whether it has become better. */
export class Monitor {
  private best: number | undefined;

  constructor(
    private readonly where: string,
    private readonly key: string,
    private readonly mode: Mode,
    private readonly minDelta: number,
  ) {}

  /** Starts a training whose logs will have these keys. */
  reset(keys: readonly string[]): void {
    this.best = undefined;
    this.require(keys);
    this.direction();
  }

  /** Takes an epoch's logs; whether the number is better than the best so far by more than minDelta. A NaN is not. */
  improved(logs: Logs): boolean {
    this.require(Object.keys(logs));
    const value = logs[this.key];
    const larger = this.direction() === 'max';
    const gain = this.best === undefined ? Infinity : larger ? value - this.best : this.best - value;
    if (Number.isNaN(value) || !(gain > this.minDelta)) return false;
    this.best = value;
    return true;
  }

  /**
   * Which way is better. Nothing is assumed of a name that says neither: to follow it the wrong way would stop a
   * training that gets better.
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
      `${this.where}: monitor expected a key of the logs, got "${this.key}".${suggestion(this.key, keys)}` +
        (this.key.startsWith('val') ? ' Keys that start with val need validation data.' : ''),
    );
  }
}
