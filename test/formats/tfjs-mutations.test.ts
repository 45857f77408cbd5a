/**
 * Files of TensorFlow.js that were mutated, or whose references were multiplied, with their weights and ml5's description: each is refused by a FormatError
 * or is a model that predicts, within a second and a few times its size. `TFJS_MUTATIONS` is the number of files,
 * `TFJS_SEED` the first seed.
 */
import { expect, test } from 'vitest';
import { fromTfjs, toTfjs } from '../../src/tfjs.js';
import { kerasFile } from '../support/files/keras-files.mjs';
import { mutatedJson } from '../support/files/mutate-json.js';
import { multipliedTopology, multipliedWeights } from '../support/files/multiply-topology.js';
import { expectSafe, faultsOf, predictOnce, type Attempt } from '../support/files/safe.js';
import { categories, tfjsModel } from '../support/files/tfjs-networks.js';
import type { Source } from '../support/reference/random.js';

/** A file with its shards by their paths. */
interface Files {
  readonly file: object;
  readonly shards: Readonly<Record<string, Uint8Array>>;
}

function written({ net }: ReturnType<typeof tfjsModel>): Files {
  const { 'model.json': json, ...shards } = toTfjs(net, { shardBytes: 256 });
  net.dispose();
  return { file: JSON.parse(new TextDecoder().decode(json)) as object, shards };
}

const files: readonly Files[] = [
  ...[3, 6, 9, 2, 4, 5, 7, 8].map((seed) => written(tfjsModel(seed, true))),
  written(categories()),
  ...(['tfjs', 'keras2', 'keras3', 'camel'] as const).map((form) => {
    const { file, bytes } = kerasFile(form);
    return { file, shards: { 'group1-shard1of1.bin': bytes } };
  }),
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

/** A file changed: its JSON as text, and its shards. */
function changed(random: Source): { text: string; shards: Files['shards'] } {
  const { file, shards } = files[random.below(files.length)];
  const kind = random.below(40);
  if (kind < 3) {
    return { text: JSON.stringify((kind === 0 ? multipliedWeights : multipliedTopology)(file, random)), shards };
  }
  const text = kind < 6 ? JSON.stringify(file) : mutatedJson(file, WORDS, random);
  const [path] = Object.keys(shards);
  const cut = shards[path].slice(0, random.below(20) === 0 ? random.below(shards[path].length) : undefined);
  if (random.below(3) === 0 && cut.length > 0) cut[random.below(cut.length)] = random.below(256);
  return { text, shards: { ...shards, [path]: cut } };
}

/** Shards as callers may pass them: by a function that reads them, or all in order. */
function passed(shards: Files['shards'], random: Source): Parameters<typeof fromTfjs>[1] {
  if (random.below(2) === 0) return (path) => (Object.hasOwn(shards, path) ? shards[path] : new Uint8Array(0));
  return Object.values(shards);
}

const count = Number(process.env.TFJS_MUTATIONS ?? 3000);

/** A changed file, and how it is read. */
function attempt(random: Source): Attempt {
  const { text, shards } = changed(random);
  const weights = passed(shards, random);
  const meta = random.below(8) === 0 ? mutatedJson(META, WORDS, random) : undefined;
  return {
    bytes: Object.values(shards).reduce((total, { length }) => total + length, text.length),
    read: async () => predictOnce(await fromTfjs<Float32Array | Float32Array[]>(text, weights, { meta })),
  };
}

test(
  `${count} mutated files are refused or predict`,
  () => expectSafe(count, Number(process.env.TFJS_SEED ?? 1), attempt),
  60_000 + 20 * count,
);

// Rows that double in 21 layers, and models in models whose layers are used 16,384 times.
test.each([216_567, 298_248, 445_916, 86_092, 277_258])(
  'the file of seed %i, which once took too much',
  async (seed) => {
    expect((await faultsOf(1, seed, attempt)).faults).toEqual([]);
  },
);
