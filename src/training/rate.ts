/**
 * The learning rate of a training, and its momentum where a schedule moves it. schedules/rate.ts computes schedules.
 */
import { StateError } from '../common/errors.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import type { Optimizer } from '../optimizers/optimizers.js';
import { movedMomentum, rateAt } from '../schedules/rate.js';
import type { Schedule } from '../schedules/schedule-types.js';

export class Rate {
  private current: number | Schedule;

  constructor(private readonly optimizer: Optimizer) {
    this.current = isFullBatch(optimizer) ? 1 : optimizer.config.learningRate;
  }

  /** Learning rate of the next update after `step` updates. */
  after(step: number): number {
    return typeof this.current === 'number' ? this.current : rateAt(this.current, step);
  }

  /** Momentum (β1) of the next update where a schedule moves it. */
  momentumAfter(step: number): number | undefined {
    return typeof this.current === 'number' ? undefined : movedMomentum(this.current, step);
  }

  /**
   * Learning rate to be saved: 0 if a schedule computes it from the number of updates, which may be too large for
   * another update.
   */
  get saved(): number {
    return typeof this.current === 'number' ? this.current : 0;
  }

  /** Sets a saved rate; a schedule computes it from the number of updates. */
  restore(rate: number): void {
    if (!this.scheduled) this.current = rate;
  }

  /** Whether the learning rate follows a schedule. */
  get scheduled(): boolean {
    return typeof this.current !== 'number';
  }

  /** Whether a schedule holds the learning rate down after `step` updates because it warms up. */
  warmsUp(step: number): boolean {
    const { current } = this;
    if (typeof current === 'number') return false;
    return current.kind === 'warmUp' && step < current.config.steps;
  }

  /** Expected and given optimizer, for messages, where the learning rate cannot be set; undefined where it can. */
  get refusal(): string | undefined {
    if (this.scheduled) return 'an optimizer with a fixed learning rate expected, got one with a schedule';
    if (!isFullBatch(this.optimizer)) return undefined;
    return `an optimizer with a learning rate expected, got ${this.optimizer.kind}, which finds its steps itself`;
  }

  set(where: string, rate: number): void {
    const { refusal } = this;
    if (refusal !== undefined) throw new StateError(`${where}: ${refusal}.`);
    this.current = rate;
  }
}
