/**
 * Memories of disposed engines, for engines to come. The collector counts no shared memory, so a process that makes and
 * disposes engines would grow by gigabytes before it collects. Only weak references stand here: what nobody asks for
 * again is freed as if this file were not there.
 */

import { PAGE } from './constants.generated.js';

/** A memory that may be used again. */
export interface Spare {
  readonly memory: WebAssembly.Memory;
  /** Bytes from its beginning that were used, and have to be cleared. */
  readonly used: number;
}

interface Kept {
  readonly memory: WeakRef<WebAssembly.Memory>;
  readonly maximum: number;
  readonly used: number;
}

/** As many as a program will have engines at a time. */
const MOST = 4;

/** Bytes up to which a memory may be longer than what was asked for, unless it is less than twice that. */
const MOST_EXTRA = 32 * 1024 * 1024;

const kept: Kept[] = [];
let waiting = 0;

/**
 * Keeps a memory of so many pages at most, which no thread and no object uses any more. It can be had from the next
 * turn of the microtask queue on: a call that runs now, and reads the data of a user whose code disposed its engine,
 * may still write to it.
 */
export function keepSpare(memory: WebAssembly.Memory, maximum: number, used: number): void {
  // Those that wait are held until then: in a loop that makes engines without a turn they would be many.
  if (waiting === MOST) return;
  waiting += 1;
  void Promise.resolve().then(() => {
    waiting -= 1;
    kept.push({ memory: new WeakRef(memory), maximum, used });
    if (kept.length > MOST) kept.shift();
  });
}

/** A memory that grows to as many pages as asked, and has the initial ones. */
export function takeSpare(initial: number, maximum: number): Spare | undefined {
  const most = Math.max(2 * initial * PAGE, MOST_EXTRA);
  for (let index = kept.length - 1; index >= 0; index--) {
    const memory = kept[index].memory.deref();
    if (memory === undefined) {
      kept.splice(index, 1);
      continue;
    }
    const { byteLength } = memory.buffer;
    if (kept[index].maximum !== maximum || byteLength < initial * PAGE || byteLength > most) continue;
    const [{ used }] = kept.splice(index, 1);
    return { memory, used };
  }
  return undefined;
}
