/**
 * ONNX files that were mutated: each is refused by a FormatError or is a model that predicts, within a second and a few
 * times its size. `ONNX_MUTATIONS` is the number of files, `ONNX_SEED` the first seed.
 */
import { expect, test } from 'vitest';
import { FormatError, type Model } from '../../src/index.js';
import { exportOnnx, importOnnx } from '../../src/onnx.js';
import { mutated } from '../support/files/mutate-onnx.js';
import { NETWORKS, randomModel } from '../support/files/networks.js';
import { HANDMADE } from '../support/files/onnx-handmade.js';
import { onnxFile } from '../support/files/onnx.js';
import { source } from '../support/reference/random.js';

const count = Number(process.env.ONNX_MUTATIONS ?? 3000);
const firstSeed = Number(process.env.ONNX_SEED ?? 1);

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

/** Bytes that a read may leave behind before garbage is collected, besides four times the file. */
const ROOM = 64 * 1024 * 1024;

const inUse = (): number => {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
};

test(
  `${count} mutated files are refused or predict`,
  async () => {
    const faults: string[] = [];
    let models = 0;
    for (let seed = firstSeed; seed < firstSeed + count; seed++) {
      const random = source(seed);
      const file = mutated(files[random.below(files.length)], random);
      const before = inUse();
      const start = performance.now();
      try {
        const model = await importOnnx<Float32Array | Float32Array[]>(file);
        models++;
        const xs = model.inputs.map(({ layer }) => new Float32Array((layer.config as { shape: number[] }).shape[0]));
        // Rows of numbers that are large or wide may overflow, which is no fault of the file's reader.
        if (xs.every(({ length }) => length < 100_000)) model.predict(xs.length === 1 ? xs[0] : xs);
        model.dispose();
      } catch (error) {
        if (!(error instanceof FormatError)) faults.push(`seed ${seed}: ${String(error)} ${(error as Error).stack}`);
      }
      const [time, memory] = [performance.now() - start, inUse() - before];
      if (time > 1000) faults.push(`seed ${seed}: ${time} ms`);
      if (memory > 4 * file.length + ROOM) faults.push(`seed ${seed}: ${memory} bytes for ${file.length}`);
    }
    expect(faults.slice(0, 5).join('\n')).toBe('');
    expect(models).toBeGreaterThan(count / 20);
    expect(models).toBeLessThan(count);
    expect(Object.keys(Object.prototype)).toEqual([]);
  },
  60_000 + 20 * count,
);
