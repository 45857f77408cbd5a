import { expect, it } from 'vitest';
import { weightsSha256 } from '../src/cli/hash.js';
import { digitPixels, loadTrainingDigits } from '../src/cli/mnist.js';
import { createClassifier } from '../src/cli/network.js';
import { parseOptions } from '../src/cli/options.js';
import { createEngine } from '../src/index.js';

/** The same in Node 20, Node 26, Bun and Deno, and for every register tile. */
const expectedSha256 = '707531cd6fe102c8c8b3db58c22d9f88f18dcc9b899b2fd5d1b4895d12c7bcfe';

it('learns the same bits everywhere: an epoch of the main job over a tenth of the digits', async () => {
  const count = 6_000;
  const { images, labels } = await loadTrainingDigits();
  const options = parseOptions([])!;
  const engine = await createEngine();
  const model = createClassifier(engine, options);
  await model.fit(images.subarray(0, count * digitPixels), labels.subarray(0, count), { batchSize: options.batchSize });
  expect(weightsSha256(model.getWeights())).toBe(expectedSha256);
  engine.dispose();
});
