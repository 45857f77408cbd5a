/** What must hold of every reader of files from strangers: how long it takes, how much memory, and how it refuses. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { FormatError, type Model } from '../../../src/index.js';
import { source, type Source } from '../reference/random.js';

/** A file, and how it is read. */
export interface Attempt {
  /** Its bytes, those of files beside it included. */
  readonly bytes: number;
  readonly read: () => unknown;
}

/** Limits of a read: milliseconds of the processor, and bytes besides four times the file. */
const MOST_MS = 1000;
const ROOM = 64 * 1024 * 1024;

/** Resident bytes of this process now, and the most since `resetPeak`; undefined where the system does not say it. */
function resident(): { now: number; most: number } | undefined {
  try {
    const status = readFileSync('/proc/self/status', 'latin1');
    const bytes = (field: string): number => 1024 * Number(new RegExp(`${field}:\\s+(\\d+)`).exec(status)?.[1]);
    return { now: bytes('VmRSS'), most: bytes('VmHWM') };
  } catch {
    return undefined;
  }
}

function resetPeak(): void {
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Without a reset, the peak of all files counts.
  }
}

/** Milliseconds of the processor since a time: other programs may have the rest. */
export function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}

async function measured(read: Attempt['read']) {
  resetPeak();
  const before = resident();
  const start = process.cpuUsage();
  let error: unknown;
  try {
    await read();
  } catch (thrown) {
    error = thrown;
  }
  const ms = processorMs(start);
  const bytes = before === undefined ? 0 : (resident()?.most ?? 0) - before.now;
  return { error, ms, bytes };
}

/** Predicts from zeros, one row. Rows that are large or wide may overflow, which is no fault of the file's reader. */
export function predictOnce(model: Model<Float32Array | Float32Array[]>): void {
  const widths = model.inputs.map(({ layer }) => (layer.config as { shape: readonly number[] }).shape[0]);
  const xs = widths.every((width) => width < 100_000) ? widths.map((width) => new Float32Array(width)) : [];
  if (xs.length > 0) model.predict(xs.length === 1 ? xs[0] : xs);
  model.dispose();
}

/**
 * Reads a file for each seed from `first` on: it is refused by a FormatError, or read, within a second, four times its
 * size and 64 MB at any time; and no object gets properties. `attempt` makes the file of a seed.
 */
export async function expectSafe(count: number, first: number, attempt: (random: Source) => Attempt): Promise<void> {
  const { faults, done } = await faultsOf(count, first, attempt);
  expect(faults.slice(0, 20).join('\n')).toBe('');
  expect(done).toBeGreaterThan(count / 20);
  expect(done).toBeLessThan(count);
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined();
}

/** Returns what is wrong with the reading of these files, and how many were read. */
export async function faultsOf(count: number, first: number, attempt: (random: Source) => Attempt) {
  const faults: string[] = [];
  let done = 0;
  for (let seed = first; seed < first + count; seed++) {
    const { bytes, read } = attempt(source(seed));
    const isOver = (of: { ms: number; bytes: number }): boolean => of.ms > MOST_MS || of.bytes > 4 * bytes + ROOM;
    let result = await measured(read);
    if (isOver(result)) {
      // Garbage of earlier files, and of making this one, may have been counted: collect it and measure again.
      globalThis.gc?.();
      result = await measured(read);
    }
    const { error, ms } = result;
    if (error === undefined) done++;
    else if (!(error instanceof FormatError)) faults.push(`seed ${seed}: ${(error as Error).stack}`);
    if (isOver(result)) faults.push(`seed ${seed}: ${ms} ms and ${result.bytes} bytes for a file of ${bytes}`);
  }
  return { faults, done };
}
