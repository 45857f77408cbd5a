/** Long runs leave the JavaScript heap and the linear memory where they were (measured on the built package). */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

/** What V8 itself moves between two collections: compiled code and inline caches. One kept object per call would be far more. */
const HEAP_NOISE = 32 * 1024;

interface Report {
  before: { heap: number; memory: object };
  after: { heap: number; memory: object };
  /** Heap growth over the run itself, before any collection. */
  garbage: number;
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

async function check(job: string): Promise<Report> {
  const script = path('./helpers/memory-child.mjs');
  const arguments_ = ['--expose-gc', script, path('../dist/index.js'), job];
  const { stdout } = await promisify(execFile)(process.execPath, arguments_);
  const report = JSON.parse(stdout) as Report;
  console.log(`memory: ${job}: heap ${report.after.heap - report.before.heap} bytes, garbage ${report.garbage} bytes`);
  expect(report.after.memory).toEqual(report.before.memory);
  expect(report.after.heap - report.before.heap).toBeLessThan(HEAP_NOISE);
  return report;
}

test('10,000 calls of predictInto, which make no garbage either', async () => {
  const { garbage } = await check('predictInto');
  // Less than one byte and a half per call: no call made an object.
  expect(garbage).toBeLessThan(16 * 1024);
});

test.each(['trainOnBatch', 'fit'])('1,000 steps by %s', async (job) => {
  await check(job);
});

test('1,000 models built, compiled, trained for a step and disposed', async () => {
  await check('models');
});
