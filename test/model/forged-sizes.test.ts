/**
 * Small files that describe much: each is refused before the memory is allocated, or takes no more than its size
 * warrants.
 */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import * as predictLibrary from '../../dist/predict.js';
import * as library from '../../src/index.js';
import { planBuffers } from '../../src/graph/buffers.js';
import {
  add,
  concatenate,
  createEngineSync,
  dense,
  input,
  loadModel,
  MemoryError,
  model,
  rescaling,
} from '../../src/index.js';
import { engine, expectError, thrownBy, trained } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

/** Makes a file of a graph of layers without weights: the file is nothing but its description. */
function described(
  layers: { kind: string; config: object }[],
  nodes: { layer: number; inputs: number[] }[],
  outputs: number[],
  width = 1,
): Uint8Array {
  const architecture = {
    seed: 0,
    layers: [{ kind: 'input', config: { shape: [width] } }, ...layers],
    nodes: [{ layer: 0, inputs: [] }, ...nodes],
    inputs: [0],
    outputs,
  };
  const description = JSON.stringify({ formatVersion: 1, architecture, epochCount: 0 });
  const text = new TextEncoder().encode(JSON.stringify({ __metadata__: { format: 'pt', 'wasm-mlp': description } }));
  const file = new Uint8Array(8 + text.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file;
}

const DOUBLING = { kind: 'concatenate', config: {} };
const doublings = (times: number): Uint8Array =>
  described(
    [DOUBLING],
    Array.from({ length: times }, (_, i) => ({ layer: 1, inputs: [i, i] })),
    [times],
  );

describe('values that double in width', () => {
  test.each([31, 40, 60, 1100])('doubled %i times are refused with a MemoryError on loading', async (times) => {
    const before = engine.memory();
    for (const load of [
      () => loadModel(doublings(times), { engine }),
      () => predictLibrary.loadModelSync(doublings(times)),
    ]) {
      const thrown = await thrownBy(load);
      expect(thrown.name).toBe('MemoryError');
      expect(thrown.message).toMatch(
        /^loadModel: linear memory expected to hold at most \d+ bytes, got a need of .+ for a single row\. /,
      );
    }
    expect(engine.memory()).toEqual(before);
  });

  test('load where a row has room and predict it, and are refused otherwise', () => {
    const small = createEngineSync({ maximumMemory: 2 ** 22 });
    let loaded = 0;
    for (let times = 12; times < 30; times++) {
      const file = doublings(times);
      try {
        const one = small.loadModel(file);
        const y = one.predict([[0.5]]);
        expect([y.length, y.every((value) => value === 0.5)]).toEqual([2 ** times, true]);

        one.dispose();
        loaded = times;
      } catch (error) {
        expect(error).toBeInstanceOf(MemoryError);
        expect((error as Error).message).toMatch(/^loadModel: linear memory expected to hold at most 4194304 bytes, /);
      }
    }
    // 2¹⁸ floats and the values before them are 1.5 MB, 2¹⁹ are 3.
    expect(loaded).toBe(19);
    const x = input({ shape: [1] });
    let y = x;
    for (let i = 0; i < 25; i++) y = concatenate().apply([y, y]);
    expect(() => small.model({ inputs: x, outputs: y })).toThrow(
      'model: linear memory expected to hold at most 4194304 bytes',
    );
    small.dispose();
  });

  test('of widths around the limit load only where a row can be predicted', () => {
    // Not a whole number of pages.
    const limit = 2 ** 22 + 60_000;
    const small = createEngineSync({ maximumMemory: limit });
    let [loaded, refused] = [0, 0];
    for (let width = 300_000; width < 500_000; width += 997) {
      const file = described([{ kind: 'concatenate', config: {} }], [{ layer: 1, inputs: [0, 0] }], [1], width);
      let one: library.Model;
      try {
        one = small.loadModel(file);
      } catch (error) {
        expect(error).toBeInstanceOf(MemoryError);
        refused += 1;
        continue;
      }
      loaded += 1;
      expect(one.predict(new Float32Array(width)).length).toBe(2 * width);
      one.dispose();
    }
    expect([loaded > 20, refused > 20]).toEqual([true, true]);
    small.dispose();
  });

  test('are refused by predict where the platform has no array for the predictions', async () => {
    const wide = await loadModel(doublings(24), { engine });
    expectError(
      await thrownBy(() => wide.predict(new Float32Array(2 ** 20))),
      MemoryError,
      `predict: values expected to fit into memory, got ${2 ** 44} of them. Use less data at a time.`,
    );
    wide.dispose();
  });
});

/** Number of inputs, outputs, values or layers in a graph of many. */
const MANY = 16_000;
const scaled = { kind: 'rescaling', config: { scale: 2, offset: 0 } };
const indices = Array.from({ length: MANY }, (_, i) => i);
const kinds: [string, Uint8Array][] = [
  ['inputs of a concatenation', described([DOUBLING], [{ layer: 1, inputs: indices.map(() => 0) }], [1])],
  ['inputs of a sum', described([{ kind: 'add', config: {} }], [{ layer: 1, inputs: indices.map(() => 0) }], [1])],
  [
    'outputs of one layer',
    described(
      [scaled],
      indices.map(() => ({ layer: 1, inputs: [0] })),
      indices.map((i) => i + 1),
    ),
  ],
  [
    'outputs of different layers',
    described(
      indices.map(() => scaled),
      indices.map((i) => ({ layer: i + 1, inputs: [0] })),
      indices.map((i) => i + 1),
    ),
  ],
  [
    'values that are live at the same time',
    described(
      [scaled, DOUBLING],
      [...indices.map(() => ({ layer: 1, inputs: [0] })), { layer: 2, inputs: indices.map((i) => i + 1) }],
      [MANY + 1],
    ),
  ],
  [
    'layers in a row',
    described(
      [scaled],
      indices.map((i) => ({ layer: 1, inputs: [i] })),
      [MANY],
    ),
  ],
];

/** Returns all numbers of predictions as text. */
const textOf = (y: Float32Array | Float32Array[]): string => (Array.isArray(y) ? y : [y]).map(String).join(';');

describe(`${MANY} of a kind`, () => {
  test.each(kinds)('load, predict, save and compile: %s', async (_, file) => {
    const loaded = await loadModel<Float32Array | Float32Array[]>(file, { engine });
    const y = loaded.predict([[1]]);
    const alone = predictLibrary.loadModelSync<Float32Array | Float32Array[]>(file);
    expect(textOf(alone.predict([[1]]))).toBe(textOf(y));
    alone.dispose();
    const again = await loadModel(loaded.save(), { engine });
    expect(Buffer.compare(again.save(), loaded.save())).toBe(0);
    again.dispose();
    expect(loaded.summary().length).toBeLessThan(200 * MANY);
    loaded.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    loaded.dispose();
  });

  test('as outputs of one layer get different names', async () => {
    const loaded = await loadModel<Float32Array[]>(kinds[2][1], { engine });
    loaded.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const names = Object.keys(loaded.evaluate([[1]], loaded.predict([[1]]), { batchSize: 1 }));
    expect(names.length).toBe(MANY + 1);
    expect(names).toContain('rescaling_15999Loss');
    loaded.dispose();
  });

  test('are refused beyond the limits of a network', async () => {
    const x = input({ shape: [1] });
    const many = Array.from({ length: 131_073 }, () => x);
    await expect(model({ inputs: x, outputs: concatenate().apply(many) })).rejects.toThrow(
      'model: graph expected at most 131072 connections between layers, got 131073.',
    );
    await expect(model({ inputs: x, outputs: add().apply(many) })).rejects.toThrow(library.ValueError);
    const row = rescaling({ scale: 1 });
    let y = x;
    for (let i = 0; i < 16_384; i++) y = row.apply(y);
    await expect(model({ inputs: x, outputs: y })).rejects.toThrow(
      'model: graph expected at most 16384 layers, got 16385.',
    );
  });
});

test('planning reads each buffer a few times, however many there are and however long they live', () => {
  const liveRanges: ((i: number, count: number) => [from: number, to: number])[] = [
    (i) => [i, i + 1],
    (i, count) => [i, count],
    (_, count) => [0, count],
    (i, count) => [i, 2 * count - i],
    (i) => [1, 1 + (i % 2)],
  ];
  for (const live of liveRanges) {
    const count = 30_000;
    let reads = 0;
    const requests = Array.from({ length: count }, (_, i) => {
      const [from, to] = live(i, count);
      const read = (value: number): number => {
        reads += 1;
        return value;
      };
      return {
        get bytes() {
          return read(64 * (1 + (i % 5)));
        },
        get from() {
          return read(from);
        },
        get to() {
          return read(to);
        },
      };
    });
    planBuffers(requests);
    expect(reads).toBeLessThan(60 * count);
  }
});

describe('text that takes more memory than a process has', () => {
  const child = fileURLToPath(new URL('../support/files/load-child.mjs', import.meta.url));

  // With a heap of 200 MB. An abort would end the process with a signal, which no code in it can catch.
  test.each([
    ['a list of zeros in the architecture', 'architecture', '0,', 40],
    ['a list of empty lists', 'architecture', '[],', 40],
    ['a list of empty objects', 'top', '{},', 98],
    ['empty lists next to the tensors', 'header', '[],', 30],
    ['a list of numbers in a layer', 'layer', '0.5,', 60],
    ['tensors of no values', 'tensors', '', 30],
  ])('is refused: %s', (_, place, piece, megabytes) => {
    const { status, signal, stdout, stderr } = spawnSync(
      process.execPath,
      ['--max-old-space-size=200', child, place, piece, String(megabytes)],
      { encoding: 'utf8' },
    );
    expect([status, signal, stderr]).toEqual([0, null, '']);
    expect(stdout).toMatch(/^FormatError loadModel: .*\nFormatError loadModel: /);
  });

  test('loads up to sixteen megabytes of names and preprocessing', async () => {
    const header = headerOf(trained().save());
    header.__metadata__.notes = 'n'.repeat(16 * 1024 * 1024 - 10_000);
    const loaded = await loadModel(withHeader(trained().save(), header), { engine });
    loaded.dispose();
    header.__metadata__.notes = 'n'.repeat(17 * 1024 * 1024);
    await expect(loadModel(withHeader(trained().save(), header), { engine })).rejects.toThrow(
      /^loadModel: header length at byte 0 expected at most 16818688 for 324 bytes of data, got \d+\.$/,
    );
  });

  test('loads the preprocessing of many inputs as it was saved', () => {
    const width = 300_000;
    const values = Array.from({ length: width }, (_, i) => 1 + i / 7);
    const small = createEngineSync();
    const wide = small.sequential({
      layers: [
        library.normalization({ mean: values, variance: values, inputShape: [width] }),
        dense({ units: 1, kernelInitializer: 'ones' }),
      ],
    });
    const file = wide.save();
    expect(file.length).toBeGreaterThan(12e6);
    expect(Buffer.compare(small.loadModel(file).save(), file)).toBe(0);
    small.dispose();
  });
});

describe('more metrics than an output has', () => {
  const refusal = (where: string, count: number): string => `${where} expected at most 256 metrics, got ${count}.`;

  test.each([257, 200_000])('%i of them in a file are refused', async (count) => {
    const file = trained().save();
    const header = headerOf(file);
    const own = JSON.parse(header.__metadata__['wasm-mlp']) as { training: { options: { metrics: unknown } } };
    own.training.options.metrics = [Array.from({ length: count }, () => ({ kind: 'accuracy', config: {} }))];
    const metadata = { ...header.__metadata__, 'wasm-mlp': JSON.stringify(own) };
    const thrown = await thrownBy(() => loadModel(withHeader(file, { ...header, __metadata__: metadata }), { engine }));
    const message = refusal('compile: metrics of "dense_1"', count);
    expectError(thrown, library.FormatError, `loadModel: the file's model is refused. ${message}`);
  });

  test('are refused by compile', async () => {
    const network = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    const compile = (count: number): void =>
      network.compile({
        optimizer: 'sgd',
        loss: 'meanSquaredError',
        metrics: Array.from({ length: count }, () => 'meanAbsoluteError' as const),
      });
    expectError(await thrownBy(() => compile(257)), library.ValueError, refusal('compile: metrics', 257));
    compile(256);
    network.dispose();
  });
});
