/**
 * MNIST with the accurate preset of the main job (dropout and a schedule), on all digits: about the accuracy that a
 * multilayer perceptron of this size can reach.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { parseOptions } from '../../src/cli/options.js';

/** The training takes a minute or two, so it runs only when asked for. */
const reasonToSkip =
  process.env.MNIST === 'full' ? undefined : 'the accurate training of MNIST runs only with MNIST=full';

it('the accurate preset reaches 98.4 % of the test digits in at most 15 epochs', async ({ skip }) => {
  const options = parseOptions(['--preset', 'accurate'])!;
  expect(options.epochs).toBeLessThanOrEqual(15);
  expect(options.dropout).toBeGreaterThan(0);
  expect(options.schedule).toBe('cosine');
  if (reasonToSkip !== undefined) {
    console.warn(`skipped: ${reasonToSkip}`);
    skip(reasonToSkip);
  }

  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-accurate-'));
  try {
    const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const job = [command, '--preset', 'accurate', '--json', '--output', join(folder, 'model.safetensors')];
    const { stdout } = await promisify(execFile)(process.execPath, job);
    const { test, history, seconds } = JSON.parse(stdout);
    console.log(`accuracy ${test.accuracy} after ${history.loss.length} epochs, ${seconds.toFixed(0)} s`);
    expect(history.loss).toHaveLength(options.epochs);
    expect(test.accuracy).toBeGreaterThanOrEqual(0.984);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 900_000);
