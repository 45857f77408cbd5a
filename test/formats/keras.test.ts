/**
 * `fromKeras`: files in the layouts of Keras 2 and 3, which test/golden/make_keras_files.py made with h5py, and files
 * that Keras wrote, from the folder `FIXTURES`, by default ../shared/fixtures beside the checkout. Expected outputs are
 * those of that script, which computes them from the files in float64.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  activation,
  batchNormalization,
  dense,
  FormatError,
  layerNormalization,
  normalization,
  prelu,
  sequential,
  StateError,
  ValueError,
  type Model,
} from '../../src/index.js';
import { fromKeras } from '../../src/keras.js';
import { zipOf } from '../support/files/zip.js';
import { processorMs } from '../support/files/safe.js';

interface Expected {
  readonly inputs: readonly number[][];
  readonly outputs: readonly number[][];
}

const own = fileURLToPath(new URL('../golden/keras/', import.meta.url));
const others = join(process.env.FIXTURES ?? resolve('../shared/fixtures'), 'keras');
const areThere = existsSync(join(others, 'expected.json'));

const reader =
  (folder: string) =>
  (name: string): Uint8Array =>
    new Uint8Array(readFileSync(join(folder, name)));
const read = reader(own);
const expectedIn = (folder: string): Record<string, Expected> =>
  JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as Record<string, Expected>;
const expected = expectedIn(own);

type AnyModel = Model<Float32Array | Float32Array[]>;

function expectOutputs(model: AnyModel, { inputs, outputs }: Expected): void {
  const rows = inputs.map((values) => Float32Array.from(values));
  const predicted = model.predict(rows.length === 1 ? rows[0] : rows);
  const all = Array.isArray(predicted) ? predicted : [predicted];
  expect(all.map(({ length }) => length)).toEqual(outputs.map(({ length }) => length));
  all.forEach((values, output) => {
    values.forEach((value, i) => {
      const wanted = outputs[output][i];
      expect(Math.abs(value - wanted)).toBeLessThan(1e-6 * Math.max(1, Math.abs(wanted)));
    });
  });
}

async function modelOf(bytes: Uint8Array, options?: Parameters<typeof fromKeras>[1]): Promise<AnyModel> {
  const model: AnyModel = await fromKeras<Float32Array | Float32Array[]>(bytes, options);
  onTestFinished(() => model.dispose());
  return model;
}

test.each(Object.keys(expected))('outputs of %s', async (name) => {
  expectOutputs(await modelOf(read(name)), expected[name]);
});

describe('weights alone', () => {
  const weights = read('chain.weights.h5');

  test.each<[string, (text: string) => string | Uint8Array | object]>([
    ['text', (text) => text],
    ['bytes', (text) => new TextEncoder().encode(text)],
    ['an object', (text) => JSON.parse(text) as object],
  ])('with the architecture as %s', async (_, form) => {
    const config = form(readFileSync(join(own, 'chain.json'), 'utf8'));
    expectOutputs(await modelOf(weights, { config }), expected['chain-float32.keras']);
  });

  const chain = (): Promise<Model> =>
    sequential({
      layers: [
        normalization({ inputShape: [4] }),
        dense({ units: 8, activation: 'gelu' }),
        batchNormalization({ epsilon: 1e-3 }),
        dense({ units: 6, useBias: false }),
        prelu(),
        layerNormalization({ epsilon: 1e-3 }),
        dense({ units: 5, activation: 'selu' }),
        activation({ activation: { kind: 'leakyRelu', config: { alpha: 0.25 } } }),
        dense({ units: 3, activation: 'softmax' }),
      ],
    });

  test('into a model that is there, which is returned', async () => {
    const model = await chain();
    expect(await modelOf(weights, { model })).toBe(model);
    expectOutputs(model, expected['chain-float32.keras']);
  });

  test('refuses a model of other layers, and changes nothing', async () => {
    const narrow = await sequential({ layers: [dense({ units: 2, inputShape: [4] })] });
    const before = narrow.getWeights();
    await expect(fromKeras(weights, { model: narrow })).rejects.toThrow(
      /^fromKeras: "0.weight" expected an array of shape \(4, 2\), got \(4, 8\)/,
    );
    const short = await sequential({ layers: [dense({ units: 8, inputShape: [4] })] });
    await expect(fromKeras(weights, { model: short })).rejects.toThrow(/weights of 1 layer, got "layers\/.*" besides/);
    expect(narrow.getWeights()).toEqual(before);
    short.dispose();
    await expect(fromKeras(weights, { model: short })).rejects.toThrow(StateError);
    await expect(fromKeras(weights, { model: {} as never })).rejects.toThrow(ValueError);
  });

  test('alone are not enough', async () => {
    await expect(fromKeras(weights)).rejects.toThrow(/got weights alone.*model.to_json\(\).*\{ model \}/);
  });
});

describe('refuses', () => {
  test.each<[string, RegExp]>([
    ['refuse-lstm.keras', /^fromKeras: layer "lstm", LSTM expected/],
    ['refuse-many-hdf5-1.8.keras', /HDF5 1.8 with many members.*libver='earliest'/],
  ])('%s', async (name, message) => {
    await expect(fromKeras(read(name))).rejects.toThrow(FormatError);
    await expect(fromKeras(read(name))).rejects.toThrow(message);
  });

  test('other files', async () => {
    const text = (value: string): Uint8Array => new TextEncoder().encode(value);
    await expect(fromKeras(text('hello'))).rejects.toThrow(/\.keras archive or HDF5, got something else/);
    await expect(fromKeras(text('<html>'))).rejects.toThrow(/got HTML or XML\. Look at the address/);
    await expect(fromKeras(zipOf([{ name: 'a', data: text('b') }]))).rejects.toThrow(
      /config.json and model.weights.h5, got "a"/,
    );
    await expect(fromKeras(read('chain-float32.keras').subarray(0, 5000))).rejects.toThrow(/cut off/);
    await expect(fromKeras('model.keras' as never)).rejects.toThrow(ValueError);
    await expect(fromKeras('model.keras' as never)).rejects.toThrow(/got "model.keras"\. Read the file first: await/);
    await expect(fromKeras(read('few-hdf5-1.8.keras'), { config: 3 as never })).rejects.toThrow(ValueError);
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    onTestFinished(() => model.dispose());
    await expect(fromKeras(read('chain.weights.h5'), { config: {}, model })).rejects.toThrow(
      'options expected config or model, got both',
    );
  });

  describe('small files that ask for much', () => {
    const input = (width: number): object => ({
      class_name: 'InputLayer',
      config: { name: 'in', batch_shape: [null, width] },
    });
    const refusal = (config: object | string): Promise<unknown> => {
      const started = process.cpuUsage();
      return fromKeras(read('chain.weights.h5'), { config }).catch((error: unknown) => {
        expect(processorMs(started)).toBeLessThan(5000);
        expect(error).toBeInstanceOf(FormatError);
        return (error as Error).message;
      });
    };

    test.each([0, 1])('models in models, each used 1000 times, with %i layers inside', async (layers) => {
      let name = 'm0';
      let inner: object = {
        class_name: 'Sequential',
        config: { name, layers: [input(2), { class_name: 'Flatten', config: { name: 'f' } }].slice(0, 1 + layers) },
      };
      for (let level = 1; level <= 10; level++) {
        const inbound_nodes = Array.from({ length: 1000 }, () => [['in', 0, 0, {}]]);
        const config = {
          name: `m${level}`,
          layers: [input(2), { ...inner, name, inbound_nodes }],
          input_layers: [['in', 0, 0]],
          output_layers: [[name, 1, 0]],
        };
        inner = { class_name: 'Functional', config };
        name = config.name;
      }
      expect(await refusal(inner)).toMatch(/^fromKeras: model expected at most \d+ uses of layers, got more/);
    });

    test('models beside each other with fewer layers each than a network may have, and many more together', async () => {
      const inner = (_: unknown, index: number): object => ({
        class_name: 'Sequential',
        config: { name: `m${index}`, layers: Array.from({ length: 13_000 }, () => ({ class_name: 'Dropout' })) },
      });
      const layers = [input(2), ...Array.from({ length: 10 }, inner)];
      const start = process.cpuUsage();
      expect(await refusal({ class_name: 'Sequential', config: { layers } })).toMatch(
        /^fromKeras: model expected at most 32768 layers, got more/,
      );
      expect(processorMs(start)).toBeLessThan(1000);
    });

    test('a chain of normalizations, each of a million columns by one number', async () => {
      const layers = Array.from({ length: 100 }, (_, i) => ({
        class_name: 'Normalization',
        config: { name: `n${i}`, mean: 0, variance: 1 },
      }));
      const config = { class_name: 'Sequential', config: { layers: [input(1_000_000), ...layers] } };
      expect(await refusal(config)).toMatch(/at most 1048576 values that one number gives/);
    });

    test.each([100, 100_000])('%i lists around nothing', async (levels) => {
      const text = JSON.stringify({
        class_name: 'Sequential',
        config: { layers: [input(2), { class_name: 'Rescaling', config: { name: 'r', scale: 'DEEP' } }] },
      });
      const deep = '['.repeat(levels) + ']'.repeat(levels);
      expect(await refusal(text.replace('"DEEP"', deep))).toMatch(
        /layer "r", Rescaling: scale expected a number, or a list of 2/,
      );
    });

    test('thousands of models with layers of one name', async () => {
      const layers = Array.from({ length: 5000 }, (_, i) => ({
        class_name: 'Sequential',
        config: { name: `s${i}`, layers: [input(2), { class_name: 'Dropout', config: { name: 'd', rate: 0.5 } }] },
      }));
      const started = process.cpuUsage();
      const model = await modelOf(read('chain.weights.h5'), {
        config: { class_name: 'Sequential', config: { layers } },
      });
      expect(processorMs(started)).toBeLessThan(5000);
      expect(new Set(model.layers.map(({ name }) => name)).size).toBe(5000);
    });
  });

  test('thousands of members of one long name', async () => {
    const [count, letters] = [60_000, 1000];
    const places = { root: 96, table: 160, heap: 176 + 40 * count, members: 256 + 40 * count + letters };
    const file = Buffer.alloc(places.members + 16 * count);
    const write = (at: number, ...numbers: readonly number[]): void =>
      numbers.forEach((number, i) => file.writeBigUInt64LE(BigInt(number), at + 8 * i));
    file.write('\x89HDF\r\n\x1a\n', 'latin1');
    file.writeUInt16LE(0x0808, 13);
    write(64, places.root);
    // A header with one message: the table of members and the heap of their names.
    file.writeUInt8(1, places.root);
    file.writeUInt32LE(24, places.root + 8);
    file.writeUInt32LE(0x100011, places.root + 16);
    write(places.root + 24, places.table, places.heap);
    file.write('SNOD', places.table);
    file.writeUInt16LE(count, places.table + 6);
    file.write('HEAP', places.heap);
    write(places.heap + 8, letters + 1, 0, places.heap + 32);
    file.fill('x', places.heap + 32, places.heap + 32 + letters);
    for (let i = 0; i < count; i++) {
      write(places.table + 8 + 40 * i, 0, places.members + 16 * i);
      file.writeUInt8(1, places.members + 16 * i);
    }
    await expect(fromKeras(file)).rejects.toThrow(/expected shorter names/);
  });

  test('an archive that is larger once it is read', async () => {
    const zeros = new Uint8Array(40_000_000);
    const bomb = zipOf([
      { name: 'config.json', data: new TextEncoder().encode('{}') },
      { name: 'model.weights.h5', data: zeros, deflated: true },
    ]);
    await expect(fromKeras(bomb)).rejects.toThrow(/at most \d+ bytes, got 40000000.*does not compress/);
  });
});

test('models train further and are saved', async () => {
  const model = await fromKeras(read('chain-float32.keras'));
  onTestFinished(() => model.dispose());
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  await model.fit(Float32Array.from(expected['chain-float32.keras'].inputs[0]), [0, 1, 2, 0], { epochs: 2 });
  expect(model.stepCount).toBe(2);
  expect(model.save().length).toBeGreaterThan(1000);
});

describe.skipIf(!areThere)(`files of Keras${areThere ? '' : ': skipped, there are none in FIXTURES/keras'}`, () => {
  const theirs = areThere ? expectedIn(others) : {};
  const files = areThere ? readdirSync(others) : [];

  test.each(Object.keys(theirs))('%s', async (name) => {
    expectOutputs(await modelOf(reader(others)(name)), theirs[name]);
  });

  test.each(files.filter((name) => name.startsWith('refuse')))('%s', async (name) => {
    await expect(fromKeras(reader(others)(name))).rejects.toThrow(FormatError);
  });
});
