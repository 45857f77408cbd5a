/**
 * Memory that threads leave when they let go of a model of another's: linear memory does not shrink, so the next to attach takes it. A table in shared
 * memory, of stretches from page to page; what finds no place in it is lost until the memory is.
 */

import { CONTROL_BYTES } from './job.js';

const PLACES = 16;

/** Where the table stands: behind the control block of the pool, below all scratch. A new memory is all zeros, which is an empty table. */
export const LEFTOVER_ADDRESS = CONTROL_BYTES;

/** Words of the table. */
export const LEFTOVER_WORDS = 2 * PLACES;

const PAGE = 65536;

/** A place that is being filled or emptied. No stretch starts there, nor at 0. */
const BUSY = -1;

/** A stretch of whole pages. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Leaves a stretch. */
export function leave(words: Int32Array, { start, end }: Stretch): void {
  for (let at = 0; at < LEFTOVER_WORDS; at += 2) {
    if (Atomics.compareExchange(words, at, 0, BUSY) !== 0) continue;
    words[at + 1] = end / PAGE;
    Atomics.store(words, at, start / PAGE);
    return;
  }
}

/** Takes all that there is. */
export function takeLeft(words: Int32Array): Stretch[] {
  const taken: Stretch[] = [];
  for (let at = 0; at < LEFTOVER_WORDS; at += 2) {
    const start = Atomics.load(words, at);
    if (start <= 0 || Atomics.compareExchange(words, at, start, BUSY) !== start) continue;
    taken.push({ start: start * PAGE, end: words[at + 1] * PAGE });
    Atomics.store(words, at, 0);
  }
  return taken;
}
