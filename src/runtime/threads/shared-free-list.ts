/**
 * Memory that threads leave when they let go of a model of another's: linear memory does not shrink, so whoever needs
 * more looks here before it grows. A table in shared memory, of stretches from page to page; what finds no place in it
 * is lost until the memory is.
 */

import { FIRST_ADDRESS, PAGE } from '../constants.generated.js';
import type { LinearMemory } from '../linear-memory.js';
import { CONTROL_BYTES } from './job.js';

/**
 * Where the table stands: behind the control block of the pool, below all scratch. A new memory is all zeros, which is
 * an empty table.
 */
const ADDRESS = CONTROL_BYTES;

/**
 * Words of the table, two for each stretch: as many as there is room for. With as many readers at once no more
 * stretches can lie apart.
 */
const WORDS = (FIRST_ADDRESS - ADDRESS) / 4;

/**
 * A place that is being filled or emptied. No stretch starts there, nor at 0. A thread that ends meanwhile takes the
 * place with it.
 */
const BUSY = -1;

/** A stretch of whole pages. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** From now on this thread looks here before it grows the memory. */
export function useSharedFreeList(memory: LinearMemory): SharedFreeList {
  const freeList = new SharedFreeList(memory);
  memory.take = (bytes) => freeList.take(bytes);
  return freeList;
}

/** The table of one memory, as one of its threads sees it. */
export class SharedFreeList {
  private readonly words: Int32Array;

  constructor(memory: Pick<LinearMemory, 'words'>) {
    this.words = memory.words(ADDRESS, WORDS);
  }

  /** Leaves a stretch, joined to those that it touches. */
  leave({ start, end }: Stretch): void {
    const { words } = this;
    let [first, last] = [start / PAGE, end / PAGE];
    for (let at = 0; at < WORDS; at += 2) {
      const from = Atomics.load(words, at);
      const to = words[at + 1];
      if (from <= 0 || (from !== last && to !== first)) continue;
      if (Atomics.compareExchange(words, at, from, BUSY) !== from) continue;
      // It may have been replaced between the two looks.
      if (words[at + 1] !== to) {
        Atomics.store(words, at, from);
        continue;
      }
      first = Math.min(first, from);
      last = Math.max(last, to);
      Atomics.store(words, at, 0);
      // What is longer may touch what was passed over.
      at = -2;
    }
    for (let at = 0; at < WORDS; at += 2) {
      if (Atomics.compareExchange(words, at, 0, BUSY) !== 0) continue;
      words[at + 1] = last;
      Atomics.store(words, at, first);
      return;
    }
  }

  /** Takes so many bytes, in whole pages, where a stretch has them. */
  take(bytes: number): Stretch | undefined {
    const { words } = this;
    const pages = Math.ceil(bytes / PAGE);
    for (let at = 0; at < WORDS; at += 2) {
      const from = Atomics.load(words, at);
      if (from <= 0 || words[at + 1] - from < pages) continue;
      if (Atomics.compareExchange(words, at, from, BUSY) !== from) continue;
      const to = words[at + 1];
      const enough = to - from >= pages;
      const rest = enough ? from + pages : from;
      Atomics.store(words, at, rest === to ? 0 : rest);
      if (enough) return { start: from * PAGE, end: rest * PAGE };
    }
    return undefined;
  }
}
