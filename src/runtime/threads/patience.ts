/**
 * Time-outs for what another thread should do. They count time in which this thread ran, not what the clock says: a
 * browser freezes pages in the background and slows their timers down to one a minute, a laptop sleeps, a debugger
 * stops. The other thread has stood still then too, and is not to blame.
 */

/** Parts that a time-out is counted in. */
const TICKS = 5;

/**
 * Calls `expired` after about so many milliseconds, counted in ticks. A tick that comes late, by more than its own
 * length, starts the count anew. Returns what ends the count.
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

/** Milliseconds between two looks that count at most: ten times what a look takes that sleeps in between. */
const MOST_BETWEEN_LOOKS = 10;

/** What counts of the milliseconds between two looks of a thread that waits in a loop. */
export const countable = (milliseconds: number): number => Math.min(milliseconds, MOST_BETWEEN_LOOKS);
