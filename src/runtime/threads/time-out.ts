/**
 * Time-outs of waiting for another thread. They count time in which this thread ran, not the clock: a browser freezes
 * pages in the background and slows their timers down to one a minute, a laptop sleeps, a debugger stops. The other
 * thread did not run either then, so it is not to blame.
 */

/** Ticks of a time-out. */
const TICKS = 5;

/**
 * Calls `expired` after about `milliseconds`, counted in ticks. A tick that comes late, by more than its own length,
 * restarts the count. Returns a function that cancels the time-out.
 */
export function expireAfter(milliseconds: number, expired: () => void): () => void {
  const period = milliseconds / TICKS;
  let count = 0;
  let last = performance.now();
  let timer: ReturnType<typeof setTimeout>;
  const tick = (): void => {
    const now = performance.now();
    count = now - last > 2 * period ? 0 : count + 1;
    last = now;
    if (count < TICKS) timer = setTimeout(tick, period);
    else expired();
  };
  timer = setTimeout(tick, period);
  return () => clearTimeout(timer);
}

/** Milliseconds between two polls that count at most: ten times the length of a poll that sleeps in between. */
const MOST_BETWEEN_POLLS = 10;

/** Returns the part of the milliseconds between two polls of a waiting loop that counts. */
export const countedWait = (milliseconds: number): number => Math.min(milliseconds, MOST_BETWEEN_POLLS);
