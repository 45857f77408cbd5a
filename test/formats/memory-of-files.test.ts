/**
 * How much memory reading and writing files takes, measured in processes of their own on the built package: resident
 * memory, what is returned included. FILE_SIDE is the side of the largest matrix (default 3000: 36 MB; 5000 makes 100).
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const side = process.env.FILE_SIDE ?? '3000';
const child = fileURLToPath(new URL('../support/files/memory-child.mjs', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-memory-'));
const file = join(folder, 'model');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const run = (operation: string): string =>
  execFileSync(process.execPath, ['--expose-gc', child, operation, file, side], { encoding: 'utf8' });
beforeAll(() => void run('make'));

const MB = 2 ** 20;

test.each([
  // The file, and one copy of the tensors.
  ['save', 2, 32],
  ['exportOnnx', 2, 32],
  // The weights of the model.
  ['loadModel', 1, 32],
  ['predict.loadModel', 1, 32],
  // One copy of the tensors, and what is read of an engine's memory.
  ['loadWeights', 2, 32],
  // The weights of the model, and a copy of the file or of the tensors, which may stay until it is collected.
  ['importOnnx', 3, 64],
  ['fromTfjs', 3, 64],
  // The file, and the tensors.
  ['toTfjs', 2, 32],
])('%s takes at most %i times the size of the file and %i MB', (operation, times, free) => {
  const { bytes, peak } = JSON.parse(run(operation)) as { bytes: number; peak: number };
  expect(bytes).toBeGreaterThan(4 * Number(side) ** 2);
  expect(peak).toBeLessThan(times * bytes + free * MB);
});
