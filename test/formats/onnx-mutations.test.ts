/**
 * ONNX files that were mutated, or whose references were multiplied: each is refused by a FormatError or is a model that
 * predicts, within a second and a few times its size. `ONNX_MUTATIONS` is the number of files, `ONNX_SEED` the first seed.
 */
import { expect, test } from 'vitest';
import type { Model } from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx.js';
import { multiplied } from '../support/files/multiply-onnx.js';
import { mutated } from '../support/files/mutate-onnx.js';
import { NETWORKS, randomModel } from '../support/files/networks.js';
import { HANDMADE } from '../support/files/onnx-handmade.js';
import { onnxFile } from '../support/files/onnx.js';
import { expectSafe, faultsOf, predictOnce, type Attempt } from '../support/files/safe.js';
import type { Source } from '../support/reference/random.js';

const written = (net: Model<Float32Array | Float32Array[]>): Uint8Array => {
  const file = exportOnnx(net);
  net.dispose();
  return file;
};

const files = [
  ...[3, 5, 8, 13, 21, 34, 55, 89].map((seed) => written(randomModel(seed).net)),
  ...Object.values(NETWORKS).map((make) => written(make().net)),
  ...HANDMADE.map(onnxFile),
];

const count = Number(process.env.ONNX_MUTATIONS ?? 3000);

/** A changed file, and how it is read. */
function attempt(random: Source): Attempt {
  const base = files[random.below(files.length)];
  const { file, externalData } =
    random.below(20) === 0 ? multiplied(base, random) : { file: mutated(base, random), externalData: undefined };
  const beside = Object.values(externalData ?? {}).reduce((total, { length }) => total + length, 0);
  return {
    bytes: file.length + beside,
    read: async () => predictOnce(await importOnnx<Float32Array | Float32Array[]>(file, { externalData })),
  };
}

test(
  `${count} mutated files are refused or predict`,
  () => expectSafe(count, Number(process.env.ONNX_SEED ?? 1), attempt),
  60_000 + 20 * count,
);

// Chains of 25,000 nodes, which was refused once all of its layers were made, and of 12,102, which was read.
test.each([6, 625_500])('the file of seed %i, which once took too long', async (seed) => {
  expect((await faultsOf(1, seed, attempt)).faults).toEqual([]);
});
