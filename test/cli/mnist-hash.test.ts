/**
 * Known answers: the SHA-256 of weights trained on MNIST. `npm run test:engines` checks the second one in every engine.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { weightsSha256 } from '../../src/cli/hash.js';
import { digitPixels, loadTrainingDigits } from '../../src/cli/mnist.js';
import { createClassifier } from '../../src/cli/network.js';
import { parseOptions } from '../../src/cli/options.js';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import { createEngine } from '../../src/index.js';

const shortSha256 = '707531cd6fe102c8c8b3db58c22d9f88f18dcc9b899b2fd5d1b4895d12c7bcfe';
const mainJobSha256 = '6dfc754ce6577f70e8742b6f21bde48f25ccc10a2660b5d43e31086975b7c5eb';

it.each(TILE_NAMES)('an epoch of the main job over a tenth of the digits has the known hash, tile %s', async (tile) => {
  const count = 6_000;
  const { images, labels } = await loadTrainingDigits();
  const options = parseOptions([])!;
  const engine = await createEngine({ tile });
  expect(engine.info.tile).toBe(tile);
  const model = createClassifier(engine, options, count);
  await model.fit(images.subarray(0, count * digitPixels), labels.subarray(0, count), { batchSize: options.batchSize });
  expect(weightsSha256(model.getWeights())).toBe(shortSha256);
  engine.dispose();
});

it('the main job has the known hash, and reaches 97.5 % of the test digits', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-main-job-'));
  try {
    const command = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
    const job = [command, '--json', '--output', join(folder, 'model.safetensors')];
    const { stdout, status } = spawnSync(process.execPath, job, { encoding: 'utf8' });
    expect(status).toBe(0);
    const result = JSON.parse(stdout);
    expect(result.weightsSha256).toBe(mainJobSha256);
    expect(result.test.accuracy).toBeGreaterThanOrEqual(0.975);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
