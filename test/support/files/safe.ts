/** What must hold of every reader of files from strangers: how long it takes, how much memory, and how it refuses. */
import { expect } from 'vitest';
import { source, type Source } from '../reference/random.js';

/** A file, how it is read, and the error that refuses it. */
interface Attempt {
  readonly file: Uint8Array;
  readonly read: () => unknown;
  readonly error: new () => Error;
}

/** Bytes that a read may leave behind before garbage is collected, besides four times the file. */
const ROOM = 64 * 1024 * 1024;

const inUse = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

/**
 * Reads a file for each seed from `first` on: it is refused by its error, or read, within a second, four times its size
 * and 64 MB; and no object gets properties.
 */
export async function expectSafe(count: number, first: number, attempt: (random: Source) => Attempt): Promise<void> {
  const faults: string[] = [];
  let done = 0;
  for (let seed = first; seed < first + count; seed++) {
    const { file, read, error: Refusal } = attempt(source(seed));
    const before = inUse();
    const start = process.cpuUsage();
    try {
      await read();
      done++;
    } catch (error) {
      if (!(error instanceof Refusal)) faults.push(`seed ${seed}: ${String(error)} ${(error as Error).stack}`);
    }
    // Time of the processor: other programs may have the rest.
    const { user, system } = process.cpuUsage(start);
    const [time, memory] = [(user + system) / 1000, inUse() - before];
    if (time > 1000) faults.push(`seed ${seed}: ${time} ms`);
    if (memory > 4 * file.length + ROOM) faults.push(`seed ${seed}: ${memory} bytes for ${file.length}`);
  }
  expect(faults.slice(0, 5).join('\n')).toBe('');
  expect(done).toBeGreaterThan(count / 20);
  expect(done).toBeLessThan(count);
  expect(Object.keys(Object.prototype)).toEqual([]);
}
