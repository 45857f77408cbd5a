/**
 * Programs that make models and engines again and again without disposing of them stay within a bound, without forced
 * collections: each in a process of its own, on the built package. These are short runs of
 * test/support/lifetime-child.mjs. Forced collections are tested in lifetimes.test.ts.
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Report {
  /** Memory of the process in megabytes: after the first round, at most, and after the last. */
  start: number;
  peak: number;
  end: number;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** Allowed growth of the process in megabytes: the memory in use, and what V8 lets accumulate before it collects. */
const LARGEST_GROWTH = 300;

/** Each round leaves megabytes behind; all rounds together leave 600 or more. */
test.each([
  ['classifiers', 150, 'classifiers that are fitted and dropped'],
  ['models', 150, 'models that are trained and dropped'],
  ['loaded', 250, 'models that are loaded and dropped'],
  ['workerFits', 12, 'a model that is trained in a worker again and again'],
  ['droppedWorkerFits', 25, 'models that are trained in a worker and dropped'],
  ['disposedEngines', 60, 'engines that are disposed'],
  ['disposedEnginesSync', 60, 'engines that are disposed, made without a promise'],
  ['droppedEngines', 60, 'engines that are dropped'],
] as const)('%s × %i: %s stay within the bound', { timeout: 300_000 }, async (job, count, _) => {
  const script = path('../support/lifetime-child.mjs');
  const child = [script, path('../../dist/index.js'), job, String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, child);
  console.log(stdout.trim());
  const { start, peak } = JSON.parse(stdout) as Report;
  expect(peak - start).toBeLessThan(LARGEST_GROWTH);
});
