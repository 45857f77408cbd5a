/**
 * Converted regressors answer in the units of their targets: in every format that is written, within the bound that
 * model-files/target-units.ts states, also where targets are large and differ little.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from 'wasm-mlp';
import { readNpz } from 'wasm-mlp/numpy';
import { importOnnx } from 'wasm-mlp/onnx';
import { loadTable, tableRegressor, type TableColumns, type TableRegressor } from 'wasm-mlp/tables';
import { fromTfjs } from 'wasm-mlp/tfjs';
import { noOnnxRuntime, onnxRuntime } from '../../../test/support/oracles.js';
import { run, temporaryFolder } from './command.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const ROWS = 300;
const column = <T>(of: (i: number) => T): T[] => Array.from({ length: ROWS }, (_, i) => of(i));

const inputs = {
  a: column((i) => ((i * 37) % 100) / 10),
  b: column((i) => ((i * 7919) % 1000) / 1000),
  kind: column((i) => 'xyz'.charAt(i % 3)),
};
/** Enough values for an embedding. */
const town = column((i) => `town ${i % 40}`);
const targets = {
  year: column((i) => 2000 + ((i * 37) % 100) / 50 + (i % 3) / 10),
  price: column((i) => -3e6 + 1e5 * ((i * 7919) % 1000)),
  tiny: column((i) => 1e-5 * (i % 3) + 3e-8 * (i % 7)),
};

interface Case {
  readonly name: string;
  readonly table: TableColumns;
  readonly of: readonly string[];
}
const CASES: readonly Case[] = [
  { name: 'one', table: { ...inputs, year: targets.year }, of: ['year'] },
  { name: 'several', table: { ...inputs, ...targets }, of: Object.keys(targets) },
  { name: 'embedded', table: { ...inputs, town, price: targets.price }, of: ['price'] },
];

type Numbers = Record<string, Float64Array>;
const trained = new Map<string, TableRegressor<Numbers>>();

beforeAll(async () => {
  for (const { name, table, of } of CASES) {
    const model = tableRegressor<Numbers>({ hiddenLayers: [16], epochs: 5, learningRate: 0.01 });
    await model.fit(table, of);
    writeFileSync(at(`${name}.safetensors`), model.save());
    trained.set(name, model);
    for (const end of ['onnx', 'json', 'npz', 'mjs', 'network.safetensors']) {
      // Layers of TensorFlow.js have one number of places for all columns.
      if (end === 'json' && name === 'embedded') continue;
      const { status, errors } = await run(['convert', `${name}.safetensors`, `${name}.${end}`], { cwd: folder });
      expect({ end, status, errors: status === 0 ? '' : errors }).toEqual({ end, status: 0, errors: '' });
    }
  }
});

/** What the network is given: the numbers of the columns, and the places in embeddings, where there are some. */
function inputsOf({ name, table }: Case): Float32Array | Float32Array[] {
  const { numbers, places } = trained.get(name)!.preprocessing.transform(table);
  return places.length === 0 ? numbers : [numbers, Float32Array.from(places)];
}

/** Checks answers, row-major, against `predict`. `slack`: what another runtime may round differently, of the scale. */
function expectNear({ name, table, of }: Case, answers: ArrayLike<number>, slack = 0): void {
  const model = trained.get(name)!;
  const { scale, shift } = model.targetScaling;
  const predicted = model.predict(table);
  expect(answers).toHaveLength(ROWS * of.length);
  of.forEach((target, j) => {
    const values = of.length === 1 ? (predicted as unknown as Float64Array) : predicted[target];
    values.forEach((value, row) => {
      const bound = 2 ** -24 * (3 * Math.abs(value - shift[j]) + 2 * Math.abs(shift[j])) * (1 + 2 ** -20);
      const error = Math.abs(answers[row * of.length + j] - value);
      expect(error, `${target} in row ${row}: ${error}, at most ${bound}`).toBeLessThanOrEqual(
        bound + slack * scale[j],
      );
    });
  });
}

const bytes = (name: string): Uint8Array => readFileSync(at(name));

describe.each(CASES)('$name', (one) => {
  const { name } = one;

  test('the scale is that of the targets', () => {
    const { scale, shift } = trained.get(name)!.targetScaling;
    one.of.forEach((target, j) => {
      const values = one.table[target] as number[];
      const mean = values.reduce((sum, value) => sum + value, 0) / ROWS;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / ROWS;
      expect(shift[j] / mean).toBeCloseTo(1, 9);
      expect(scale[j] / Math.sqrt(variance)).toBeCloseTo(1, 9);
    });
  });

  test('a network of this library', async () => {
    expectNear(one, (await loadModel(bytes(`${name}.network.safetensors`))).predict(inputsOf(one)));
  });

  test('ONNX, read by this library', async () => {
    expectNear(one, (await importOnnx(bytes(`${name}.onnx`))).predict(inputsOf(one)));
  });

  test.skipIf(noOnnxRuntime !== undefined)('ONNX, in ONNX Runtime', async () => {
    const { InferenceSession, Tensor } = onnxRuntime();
    const session = await InferenceSession.create(bytes(`${name}.onnx`));
    const given = [inputsOf(one)].flat();
    const feeds = Object.fromEntries(
      session.inputNames.map((input, i) => {
        const { type } = session.inputMetadata[i];
        const data = type === 'int64' ? BigInt64Array.from(given[i], BigInt) : given[i];
        return [input, new Tensor(type, data, [ROWS, data.length / ROWS])];
      }),
    );
    const [output] = session.outputNames;
    expectNear(one, (await session.run(feeds))[output].data, 1e-5);
  });

  test.skipIf(name === 'embedded')('TensorFlow.js, read by this library', async () => {
    const model = await fromTfjs(bytes(`${name}.json`), (shard: string) => bytes(basename(shard)));
    expectNear(one, model.predict(inputsOf(one)));
  });

  test('a module', async () => {
    const { predict } = (await import(/* @vite-ignore */ pathToFileURL(at(`${name}.mjs`)).href)) as {
      predict: (x: Float32Array | Float32Array[]) => Float32Array;
    };
    expectNear(one, predict(inputsOf(one)));
  });

  test('NumPy has the scale as the last weights', () => {
    const { scale, shift } = trained.get(name)!.targetScaling;
    const arrays = Object.values(readNpz(bytes(`${name}.npz`)));
    const [weight, bias] = arrays.slice(-2).map(({ data }) => Array.from(data as Float32Array));
    expect(bias).toEqual(shift.map(Math.fround));
    expect(weight).toEqual(scale.flatMap((value, i) => scale.map((_, j) => (i === j ? Math.fround(value) : 0))));
  });
});

test('a table model without a fit has no scale', async () => {
  expect(() => tableRegressor().targetScaling).toThrow(/a fitted model expected/);
  const loaded = await loadTable(bytes('several.safetensors'));
  expect((loaded as unknown as TableRegressor<Numbers>).targetScaling).toEqual(trained.get('several')!.targetScaling);
});
