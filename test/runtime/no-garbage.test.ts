/**
 * Long runs leave the JavaScript heap and the linear memory at their size, measured on the built package in processes
 * of their own (test/support/memory-child.mjs).
 */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

interface Report {
  /** Heap after a collection, round by round. */
  heaps: number[];
  /** Growth of the heap over the last round, before any collection. */
  garbage: number;
  memory: object;
  memoryAfter: object;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/**
 * Runs a job and checks its growth. Linear memory must not grow at all. V8 compiles code and drops it between two
 * collections, so the heap varies by some kilobytes from round to round. Garbage of the job accumulates, so that the
 * smallest heap of the later rounds is above that of the earlier ones.
 */
async function check(job: string, limit: number): Promise<Report> {
  const script = path('../support/memory-child.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--expose-gc',
    script,
    path('../../dist/index.js'),
    job,
  ]);
  const report = JSON.parse(stdout) as Report;
  const half = report.heaps.length / 2;
  const growth = (Math.min(...report.heaps.slice(half)) - Math.min(...report.heaps.slice(0, half))) / half;
  console.log(`memory: ${job}: heap grows by ${growth} bytes per round; garbage ${report.garbage} bytes`);
  expect(report.memoryAfter).toEqual(report.memory);
  expect(growth).toBeLessThanOrEqual(limit);
  return report;
}

test('10,000 calls of predictInto leave nothing, and make no garbage', async () => {
  const { garbage } = await check('predictInto', 4096);
  // No call made an object: the smallest takes 12 bytes.
  expect(garbage).toBeLessThan(16 * 1024);
});

test('1,000 steps by trainOnBatch leave nothing', () => check('trainOnBatch', 4096).then(() => undefined));

test('1,000 steps by fit, in 100 epochs, leave nothing', () => check('fit', 16 * 1024).then(() => undefined));

test('1,000 steps by trainOnBatch of a network with every feature leave nothing', () =>
  check('everyFeature', 4096).then(() => undefined));

test('1,000 steps by fit of a network with every feature, in 125 epochs, leave nothing', () =>
  check('everyFeatureFit', 16 * 1024).then(() => undefined));

test('10,000 calls of predictInto of a network with every feature, two inputs and two outputs, make no garbage', async () => {
  const { garbage } = await check('everyFeaturePredict', 4096);
  expect(garbage).toBeLessThan(16 * 1024);
});

test('1,000 diagnoses leave less than 16 bytes of heap each', () => check('diagnose', 16_000).then(() => undefined));

test('1,000 models that are built, compiled, trained for a step and disposed leave less than 64 bytes of heap each', () =>
  check('models', 64_000).then(() => undefined));
