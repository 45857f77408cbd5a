/**
 * ONNX files that were mutated, or whose references were multiplied: each is refused by a FormatError or is a model that
 * predicts, within a second and a few times its size. `ONNX_MUTATIONS` is the number of files, `ONNX_SEED` the first seed.
 */
import { test } from 'vitest';
import type { Model } from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx.js';
import { multiplied } from '../support/files/multiply-onnx.js';
import { mutated } from '../support/files/mutate-onnx.js';
import { NETWORKS, randomModel } from '../support/files/networks.js';
import { HANDMADE } from '../support/files/onnx-handmade.js';
import { onnxFile } from '../support/files/onnx.js';
import { expectSafe, predictOnce } from '../support/files/safe.js';

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

test(
  `${count} mutated files are refused or predict`,
  async () => {
    await expectSafe(count, Number(process.env.ONNX_SEED ?? 1), (random) => {
      const base = files[random.below(files.length)];
      const { file, externalData } =
        random.below(20) === 0 ? multiplied(base, random) : { file: mutated(base, random), externalData: undefined };
      const beside = Object.values(externalData ?? {}).reduce((total, { length }) => total + length, 0);
      return {
        bytes: file.length + beside,
        read: async () => predictOnce(await importOnnx<Float32Array | Float32Array[]>(file, { externalData })),
      };
    });
  },
  60_000 + 20 * count,
);
