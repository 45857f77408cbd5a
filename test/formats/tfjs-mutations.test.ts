/**
 * Files of TensorFlow.js that were mutated, with their weights and ml5's description: each is refused by a FormatError
 * or is a model that predicts, within a second and a few times its size. `TFJS_MUTATIONS` is the number of files,
 * `TFJS_SEED` the first seed.
 */
import { expect, test } from 'vitest';
import { FormatError } from '../../src/index.js';
import { fromTfjs, toTfjs } from '../../src/tfjs.js';
import { kerasFile } from '../support/files/keras-files.mjs';
import { mutatedJson } from '../support/files/mutate-json.js';
import { categories, tfjsModel } from '../support/files/tfjs-networks.js';
import { source } from '../support/reference/random.js';

const count = Number(process.env.TFJS_MUTATIONS ?? 3000);
const firstSeed = Number(process.env.TFJS_SEED ?? 1);

const written = ({ net }: ReturnType<typeof tfjsModel>) => {
  const { 'model.json': json, ...shards } = toTfjs(net, { shardBytes: 256 });
  net.dispose();
  const bytes = Uint8Array.from(Object.values(shards).flatMap((shard) => [...shard]));
  return { file: JSON.parse(new TextDecoder().decode(json)) as object, bytes };
};

const files = [
  ...[3, 6, 9, 2, 4, 5, 7, 8].map((seed) => written(tfjsModel(seed, true))),
  written(categories()),
  ...(['tfjs', 'keras2', 'keras3', 'camel'] as const).map(kerasFile),
];

/** ml5's description of the chains above, whose inputs and outputs are not always as many. */
const META = {
  inputs: { a: { dtype: 'number', min: 1, max: 5 }, b: { dtype: 'array', min: -1, max: 2 } },
  outputs: { c: { dtype: 'string', uniqueValues: ['u', 'v'], legend: { u: [1, 0], v: [0, 1] } } },
  isNormalized: true,
};

const WORDS = [
  ...[
    'Dense',
    'Embedding',
    'PReLU',
    'ReLU',
    'LeakyReLU',
    'Softmax',
    'BatchNormalization',
    'LayerNormalization',
    'Rescaling',
  ],
  ...[
    'Normalization',
    'Dropout',
    'Flatten',
    'Reshape',
    'Add',
    'Concatenate',
    'Dot',
    'Sequential',
    'Functional',
    'Model',
  ],
  ...[
    'InputLayer',
    'L1L2',
    'MaxNorm',
    'GlorotUniform',
    'hard_sigmoid',
    'softmax',
    'relu',
    'layers',
    'config',
    'class_name',
  ],
  ...[
    'inbound_nodes',
    'input_layers',
    'output_layers',
    'name',
    'axis',
    'units',
    'scale',
    'offset',
    'batch_input_shape',
  ],
  ...[
    'batch_shape',
    'quantization',
    'dtype',
    'uint8',
    'float16',
    'int32',
    'shape',
    'weights',
    'weightSpecs',
    'trainable',
  ],
  ...[
    '__proto__',
    'dense',
    'dense_1',
    'in.0',
    'in.1',
    'tower',
    'classes',
    'both',
    'inner',
    'dense/kernel',
    'dense/bias',
  ],
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
      const { file, bytes } = files[random.below(files.length)];
      const text = random.below(10) === 0 ? JSON.stringify(file) : mutatedJson(file, WORDS, random);
      const cut = random.below(20) === 0 ? bytes.slice(random.below(bytes.length)) : bytes.slice();
      if (random.below(3) === 0 && cut.length > 0) cut[random.below(cut.length)] = random.below(256);
      const meta = random.below(8) === 0 ? mutatedJson(META, WORDS, random) : undefined;
      const before = inUse();
      const start = performance.now();
      try {
        const model = await fromTfjs<Float32Array | Float32Array[]>(text, () => cut, { meta });
        models++;
        const xs = model.inputs.map(({ layer }) => new Float32Array((layer.config as { shape: number[] }).shape[0]));
        // Rows of numbers that are large or wide may overflow, which is no fault of the file's reader.
        if (xs.every(({ length }) => length < 100_000)) model.predict(xs.length === 1 ? xs[0] : xs);
        model.dispose();
      } catch (error) {
        if (!(error instanceof FormatError)) faults.push(`seed ${seed}: ${String(error)} ${(error as Error).stack}`);
      }
      const [time, memory] = [performance.now() - start, inUse() - before];
      const size = text.length + cut.length;
      if (time > 1000) faults.push(`seed ${seed}: ${time} ms`);
      if (memory > 4 * size + ROOM) faults.push(`seed ${seed}: ${memory} bytes for ${size}`);
    }
    expect(faults.slice(0, 5).join('\n')).toBe('');
    expect(models).toBeGreaterThan(count / 20);
    expect(models).toBeLessThan(count);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect((Object.prototype as { polluted?: unknown }).polluted).toBeUndefined();
  },
  60_000 + 20 * count,
);
