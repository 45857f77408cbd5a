/**
 * Memories of disposed engines, kept for later engines. The collector does not count shared memory, so a process that
 * creates and disposes engines would grow by gigabytes before it collects. The references here are weak: a memory that
 * is not reused is collected as if this file did not exist.
 */

import { PAGE } from './constants.generated.js';

/** A memory that can be reused. */
export interface ReusableMemory {
  readonly memory: WebAssembly.Memory;
  /** Bytes from its beginning that were used and have to be cleared. */
  readonly used: number;
}

interface Kept {
  readonly memory: WeakRef<WebAssembly.Memory>;
  readonly maximum: number;
  readonly used: number;
}

/** Memories kept at most: as many as a program has engines at a time. */
const MOST = 4;

/** A memory may be longer than asked for up to this many bytes, or up to twice the size asked for. */
const MOST_EXTRA = 32 * 1024 * 1024;

const kept: Kept[] = [];
let waiting = 0;

/**
 * Keeps a memory of at most `maximum` pages that no thread and no object uses any more. It becomes available in the
 * next turn of the microtask queue: a running call that reads data through code of the user, which disposed the engine,
 * may still write to the memory.
 */
export function keepMemory(memory: WebAssembly.Memory, maximum: number, used: number): void {
  // Memories that wait are held strongly until then, so a loop that creates engines without yielding would pile them
  // up.
  if (waiting === MOST) return;
  waiting += 1;
  void Promise.resolve().then(() => {
    waiting -= 1;
    kept.push({ memory: new WeakRef(memory), maximum, used });
    if (kept.length > MOST) kept.shift();
  });
}

/** Returns a kept memory with that maximum and at least `initial` pages. */
export function takeMemory(initial: number, maximum: number): ReusableMemory | undefined {
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
