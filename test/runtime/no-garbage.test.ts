/** Long runs leave the JavaScript heap and the linear memory where they were (measured on the built package). */
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
 * Linear memory must not move at all. V8 compiles and drops code of its own between two collections, so the heap goes
 * up and down by some kilobytes from round to round; what the job leaves behind adds up, and lifts the least heap of
 * the later rounds over that of the earlier ones.
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

test('10,000 calls of predictInto, which make no garbage either', async () => {
  const { garbage } = await check('predictInto', 4096);
  // Not one call made an object: the smallest takes 12 bytes.
  expect(garbage).toBeLessThan(16 * 1024);
});

test('1,000 steps by trainOnBatch', () => check('trainOnBatch', 4096).then(() => undefined));

test('1,000 steps by fit, in 100 epochs', () => check('fit', 16 * 1024).then(() => undefined));

test('1,000 steps by trainOnBatch of a network with every feature', () =>
  check('everyFeature', 4096).then(() => undefined));

test('1,000 steps by fit of a network with every feature, in 125 epochs', () =>
  check('everyFeatureFit', 16 * 1024).then(() => undefined));

test('10,000 calls of predictInto of a network with every feature, which has two inputs and two outputs', async () => {
  const { garbage } = await check('everyFeaturePredict', 4096);
  expect(garbage).toBeLessThan(16 * 1024);
});

test('1,000 diagnoses: below 16 bytes of heap for each', () => check('diagnose', 16_000).then(() => undefined));

test('1,000 models built, compiled, trained for a step and disposed: below 64 bytes of heap for each', () =>
  check('models', 64_000).then(() => undefined));
