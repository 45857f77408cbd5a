import { EventLoopYielder } from './event-loop.js';

/** Steps of less than a quarter of a millisecond are so many together between two looks at the clock. */
const SHORT_MS = 0.25;
const SHORT_STEPS = 8;

/**
 * Tells after each of many steps of like duration when to yield to the event loop: while they take microseconds, only
 * every eighth looks at the clock, which takes a twentieth of the smallest step.
 */
export class StepYielder extends EventLoopYielder {
  /** Time of the last look at the clock, and steps until the next. */
  private seen = -Infinity;
  private unseen = 0;

  get shouldYieldAfterStep(): boolean {
    if (this.unseen > 0) {
      this.unseen -= 1;
      return false;
    }
    const now = performance.now();
    this.unseen = now - this.seen < SHORT_MS ? SHORT_STEPS - 1 : 0;
    this.seen = now;
    return this.shouldYield;
  }
}
