/**
 * Predictions with weights of eight bits that threads divide: the bits of one thread, by both sets of kernels, from the
 * moment on at which the first such model reaches an engine whose workers run already.
 */
import { once } from 'node:events';
import v8 from 'node:v8';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { compileInt8 } from '../../src/runtime/int8/load.js';
import type { Int8Path } from '../../src/runtime/int8/abi.js';
import { instantiateInt8, type Int8Code } from '../../src/runtime/int8/products.js';
import { Dispatcher } from '../../src/runtime/threads/dispatcher.js';
import type { HostedWorker } from '../../src/runtime/threads/host.js';
import { CONTROL_BYTES, WORD } from '../../src/runtime/threads/job.js';
import { Pool, type PoolOptions } from '../../src/runtime/threads/pool.js';
import type { BindRows } from '../../src/runtime/threads/row-pass.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import {
  activation,
  add,
  createEngine,
  dense,
  input,
  maxout,
  quantize,
  type Engine,
  type InferenceModel,
  type Model,
} from '../../src/index.js';
import { source } from '../support/reference/random.js';
import { watchWorkers } from '../support/workers.js';

// Node 20 has the relaxed instruction by a flag, and right only in its optimizing compiler.
if (process.versions.node.startsWith('20.')) {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  v8.setFlagsFromString('--no-liftoff');
}

const INPUTS = 97;
const ROWS = 256;
/** Time for workers to leave their loop and to begin again, on a busy machine. */
const PATIENCE_MS = 20_000;

const workers = watchWorkers();
const codes = new Map<Int8Path, Int8Code>();
beforeAll(async () => {
  for (const path of ['plain', 'relaxed'] as const) codes.set(path, (await compileInt8(path))!);
});

const engines: Engine[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const engine of engines.splice(0)) engine.dispose();
});

async function engineOn(threads: number, path?: Int8Path): Promise<Engine> {
  const engine = await createEngine({ threads });
  engines.push(engine);
  expect(engine.info).toMatchObject({ threads, reasons: [] });
  // An engine keeps the kernels that reach it first.
  if (path !== undefined) engine.runtime.useInt8((memory) => instantiateInt8(codes.get(path)!, memory));
  return engine;
}

/** A graph whose layers of eight bits have inputs of several widths, so that their quantized rows differ in size. */
function graphOn(engine: Engine): Model {
  const x = input({ shape: [INPUTS] });
  const wide = dense({ units: 301, activation: 'tanh', biasInitializer: 'ones' }).apply(x);
  const narrow = dense({ units: 50 }).apply(wide);
  const joined = add().apply([maxout({ units: 50, pieces: 3 }).apply(wide), activation('relu').apply(narrow)]);
  const y = dense({ units: 95, activation: 'softmax', useBias: false }).apply(joined);
  return engine.model({ seed: 4, inputs: x, outputs: y });
}

const rowsOf = (seed: number, rows: number): Float32Array => {
  const random = source(seed);
  return Float32Array.from({ length: rows * INPUTS }, () => random.symmetric(3));
};

/** Compares bits, by their text: comparing so many floats one by one takes minutes. */
function expectBits(got: Float32Array, wanted: Float32Array, where = ''): void {
  const textOf = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
    Buffer.from(buffer, byteOffset, byteLength).toString('latin1');
  expect(textOf(got) === textOf(wanted), where).toBe(true);
}

/** Predicts until threads divide the rows. */
async function expectDivided(model: InferenceModel, x: Float32Array, wanted: Float32Array): Promise<void> {
  const pass = vi.spyOn(Dispatcher.prototype, 'pass');
  await vi.waitFor(
    () => {
      expectBits(model.predict(x), wanted);
      expect(pass).toHaveBeenCalled();
    },
    { timeout: PATIENCE_MS, interval: 1 },
  );
  pass.mockRestore();
}

describe.each(['plain', 'relaxed'] as const)('the %s kernels', (path) => {
  test.each([2, 3, 4, 7])('give the bits of one thread on %i', async (threads) => {
    const [several, one] = [await engineOn(threads, path), await engineOn(1, path)];
    for (const calibration of [undefined, rowsOf(1, 20)]) {
      const options = calibration === undefined ? {} : { calibration };
      const [divided, alone] = [await quantize(graphOn(several), options), await quantize(graphOn(one), options)];
      expect([divided.int8Path, alone.int8Path]).toEqual([path, path]);
      await expectDivided(divided, rowsOf(0, ROWS), alone.predict(rowsOf(0, ROWS)));
      for (let round = 1; round < 20; round++) {
        // Parts of 256 rows, and a last one of fewer; a row that is not finite after the first layer gives NaN.
        const x = rowsOf(round, round % 4 === 0 ? 2 * ROWS + 75 : ROWS - round);
        if (round === 7) x.fill(3e38, 5 * INPUTS, 6 * INPUTS);
        expectBits(divided.predict(x), alone.predict(x), `round ${round}`);
      }
    }
  });
});

test('networks in float32 and in eight bits are divided by the same workers', async () => {
  const [several, one] = [await engineOn(2), await engineOn(1)];
  const [model, reference] = [graphOn(several), graphOn(one)];
  const [quantized, alone] = [await quantize(model), await quantize(reference)];
  const x = rowsOf(2, ROWS);
  await expectDivided(quantized, x, alone.predict(x));
  for (let round = 0; round < 50; round++) {
    const rows = rowsOf(round, ROWS);
    expectBits(model.predict(rows), reference.predict(rows), `float32, round ${round}`);
    expectBits(quantized.predict(rows), alone.predict(rows), `eight bits, round ${round}`);
  }
});

test('the kernels may arrive at any moment of a training', async () => {
  const train = async (threads: number, when: number): Promise<readonly Float32Array[]> => {
    const engine = await engineOn(threads);
    const [model, other] = [graphOn(engine), graphOn(engine)];
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const [x, y] = [rowsOf(5, 320), Float32Array.from({ length: 320 * 95 }, (_, i) => (i % 7) / 70)];
    let quantized: Promise<InferenceModel> | undefined;
    let steps = 0;
    await model.fit(x, y, {
      epochs: 2,
      batchSize: 32,
      callbacks: [{ onBatchEnd: () => void (steps++ === when && (quantized = quantize(other))) }],
    });
    return [...model.getWeights().map(({ data }) => data), (await quantized!).predict(x)];
  };
  const wanted = await train(1, 0);
  for (const when of [0, 1, 2, 9, 17]) {
    const got = await train(3, when);
    for (const [i, floats] of got.entries()) expectBits(floats, wanted[i], `after step ${when}: ${i}`);
  }
});

test('a worker that ends leaves one thread, which predicts the same', async () => {
  const [several, one] = [await engineOn(2), await engineOn(1)];
  const [quantized, alone] = [await quantize(graphOn(several)), await quantize(graphOn(one))];
  const x = rowsOf(3, ROWS);
  const wanted = alone.predict(x);
  await expectDivided(quantized, x, wanted);
  const ended = [...workers].map((worker) => once(worker, 'exit'));
  expect(ended).toHaveLength(1);
  for (const worker of workers) void worker.terminate();
  await Promise.all(ended);
  expectBits(quantized.predict(x), wanted);
  expect(several.info).toMatchObject({ threads: 1 });
  // Another model of that engine, bound when there are no workers any more.
  expectBits((await quantize(graphOn(several))).predict(x), wanted);
});

test('rows are divided once all workers have the kernels, and not before', () => {
  const posted: unknown[] = [];
  const start = (): HostedWorker => ({ post: (message) => void posted.push(message), end: () => undefined });
  const settings = { module: compileSync(), tile: '3x12', initialMemory: 1 << 20, maximumMemory: 1 << 26 } as const;
  const startPool = (parts: Omit<PoolOptions, 'start'>): Pool => new Pool({ ...parts, start });
  const runtime = new WasmRuntime({ ...settings, threads: 3, startPool });
  const code = codes.get('plain')!;
  runtime.useInt8((memory) => instantiateInt8(code, memory));
  expect(posted).toMatchObject([0, 1].map((index) => ({ role: 'compute', index, int8: code.module, restarts: 1 })));
  const control = runtime.memory.words(0, CONTROL_BYTES / 4);
  expect(control[WORD.restarts]).toBe(1);
  const bind: BindRows = ({ int8 }, first) => {
    const room = int8!.roomFor(512);
    const [x, z] = [2048 * first, 256 * first];
    return [(rows) => int8!.products.multiply(rows, 64, 512, x, 512, 0, 0, 0, z, 64, room)];
  };
  const pass = runtime.pool!.bindPass(runtime.arena, bind, ROWS);
  const paid = [0, 1, 2].map((equipped) => {
    control[WORD.equipped] = equipped;
    return pass.pays(ROWS);
  });
  expect(paid).toEqual([false, false, true]);
  pass.free();
  runtime.dispose();
});

test('rows that take more than the room for them stay on the calling thread', async () => {
  const [several, one] = [await engineOn(2), await engineOn(1)];
  const WIDE = 20_000;
  const build = async (engine: Engine): Promise<InferenceModel> =>
    quantize(engine.sequential({ seed: 6, layers: [dense({ units: 4, inputShape: [WIDE] }), dense({ units: 3 })] }));
  const x = Float32Array.from({ length: 30 * WIDE }, (_, i) => Math.sin(i));
  expectBits((await build(several)).predict(x), (await build(one)).predict(x));
});

test('a model that is freed gives the room of its rows back', async () => {
  const engine = await engineOn(2);
  const x = rowsOf(9, ROWS);
  const build = async (): Promise<InferenceModel> => {
    const model = graphOn(engine);
    const quantized = await quantize(model);
    model.dispose();
    quantized.predict(x);
    return quantized;
  };
  (await build()).dispose();
  const { used } = engine.runtime;
  (await build()).dispose();
  expect(engine.runtime.used).toBe(used);
});
