import { ValueError } from '../../common/errors.js';
import { suggestion } from '../../common/nearest.js';
import type { Logs } from '../measure.js';

/** Whether less or more of a number is better; 'auto' goes by its name. */
export type Mode = 'auto' | 'min' | 'max';
export const MODES = ['auto', 'min', 'max'] as const;

/** Metrics of which more is better, behind a name of an output or `val` with a capital; of everything else, losses and errors, less is. */
const MORE_IS_BETTER =
  /(^|[^a-z])(f1|auc|r2)$|(F1|AUC|Auc|R2)$|(?<![Ii]n)[Aa]ccuracy$|(?<![Ii]m)[Pp]recision$|[Rr]ecall$/;

/** Follows one number over the epochs and knows whether it has become better. */
export class Monitor {
  private best: number | undefined;
  private readonly larger: boolean;

  constructor(
    private readonly where: string,
    private readonly key: string,
    mode: Mode,
    private readonly minDelta: number,
  ) {
    this.larger = mode === 'max' || (mode === 'auto' && MORE_IS_BETTER.test(key));
  }

  /** Starts a training whose logs will have these keys. */
  reset(keys: readonly string[]): void {
    this.best = undefined;
    this.require(keys);
  }

  /** Takes an epoch's logs; whether the number is better than the best so far by more than minDelta. A NaN is not. */
  improved(logs: Logs): boolean {
    this.require(Object.keys(logs));
    const value = logs[this.key];
    const gain = this.best === undefined ? Infinity : this.larger ? value - this.best : this.best - value;
    if (Number.isNaN(value) || !(gain > this.minDelta)) return false;
    this.best = value;
    return true;
  }

  private require(keys: readonly string[]): void {
    if (keys.includes(this.key)) return;
    throw new ValueError(
      `${this.where}: monitor expected a key of the logs, got "${this.key}".${suggestion(this.key, keys)}` +
        (this.key.startsWith('val') ? ' Keys that start with val need validation data.' : ''),
    );
  }
}
