/**
 * A free list in shared memory. Linear memory does not shrink, so threads that detach from a model put their memory
 * here, and a thread that needs more takes it from here before it grows the memory. The list is a table of stretches of
 * whole pages; a stretch that finds no free entry is lost until the memory itself is freed. linear-memory.ts calls
 * `take`.
 */

import { FIRST_ADDRESS, PAGE } from '../constants.generated.js';
import type { LinearMemory } from '../linear-memory.js';
import { CONTROL_BYTES } from './job.js';

/**
 * Address of the table: behind the control block of the pool, below all scratch. A new memory is all zeros, which is an
 * empty table.
 */
const ADDRESS = CONTROL_BYTES;

/**
 * Words of the table, two for each stretch: as many as there is room for. With that many readers at once, no more
 * stretches can be separate.
 */
const WORDS = (FIRST_ADDRESS - ADDRESS) / 4;

/**
 * Marks an entry that is being filled or emptied. No stretch starts there, nor at 0. If the thread ends meanwhile, the
 * entry is lost.
 */
const BUSY = -1;

/** A stretch of whole pages. */
export interface Stretch {
  readonly start: number;
  readonly end: number;
}

/** Makes this thread take memory from the free list before it grows the memory. */
export function useSharedFreeList(memory: LinearMemory): SharedFreeList {
  const freeList = new SharedFreeList(memory);
  memory.take = (bytes) => freeList.take(bytes);
  return freeList;
}

/** The table of one memory, as seen by one of its threads. */
export class SharedFreeList {
  private readonly words: Int32Array;

  constructor(memory: Pick<LinearMemory, 'words'>) {
    this.words = memory.words(ADDRESS, WORDS);
  }

  /** Adds a stretch, joined with those that it touches. */
  leave({ start, end }: Stretch): void {
    const { words } = this;
    let [first, last] = [start / PAGE, end / PAGE];
    for (let at = 0; at < WORDS; at += 2) {
      const from = Atomics.load(words, at);
      const to = words[at + 1];
      if (from <= 0 || (from !== last && to !== first)) continue;
      if (Atomics.compareExchange(words, at, from, BUSY) !== from) continue;
      // The entry may have been replaced between the two reads.
      if (words[at + 1] !== to) {
        Atomics.store(words, at, from);
        continue;
      }
      first = Math.min(first, from);
      last = Math.max(last, to);
      Atomics.store(words, at, 0);
      // The longer stretch may touch entries that were passed over.
      at = -2;
    }
    for (let at = 0; at < WORDS; at += 2) {
      if (Atomics.compareExchange(words, at, 0, BUSY) !== 0) continue;
      words[at + 1] = last;
      Atomics.store(words, at, first);
      return;
    }
  }

  /** Takes `bytes` bytes, rounded up to whole pages, from the first stretch that has them. */
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
