/**
 * Decides when to look for vectors of 256 bits that a JavaScript engine uses unasked, as V8 does once its pairing of
 * neighbouring vectors is on by default. They make another register tile the fastest. wide/search.ts, which is loaded
 * then, compares the tiles while the thread is idle, and changes the tile of the engines that are noted here.
 */
import { wideVectors } from '../runtime/wide-vectors.js';
import type { Engine } from './engine.js';

/** Engines with the default tile; undefined once it is known which tile is the fastest. */
let candidates: Set<WeakRef<Engine>> | undefined = new Set();

/** When the first of them was noted, on the clock of `performance.now`. */
let noted = 0;

/**
 * Milliseconds after the first engine until the search may begin: a page has loaded by then, and a process is no longer
 * one that makes a prediction and ends.
 */
const DELAY = 2000;

/** Most engines that are noted: the oldest are left out. */
const MOST_NOTED = 64;

function look(): void {
  if (candidates === undefined || performance.now() - noted < DELAY) return;
  wideVectors.look = undefined;
  const found = candidates;
  import('./wide/search.js')
    .then(({ searchWide }) => searchWide(found))
    // Where nothing can be loaded, or there is no memory, the tile stays.
    .catch(() => undefined)
    .finally(() => (candidates = undefined));
}

/**
 * Notes an engine whose tile may change. The search begins at the end of an epoch (training/fit.ts), and in a page or
 * its workers also by a timer. In Node, Bun and Deno a timer could fire after what started it has ended, as a file of
 * tests does.
 */
export function noteEngine(engine: Engine): void {
  if (candidates === undefined) return;
  if (candidates.size === 0) {
    noted = performance.now();
    wideVectors.look = look;
    const { process } = globalThis as { process?: { versions?: { node?: string } } };
    if (process?.versions?.node === undefined) setTimeout(() => wideVectors.look?.(), DELAY);
  }
  candidates.add(new WeakRef(engine));
  // Programs that make engines again and again.
  if (candidates.size > MOST_NOTED) candidates.delete(candidates.values().next().value!);
}
