/**
 * Threads: the same bits for any number of threads and any shape, and no result lost when a worker is. Time-outs are
 * tested in time-outs.test.ts.
 */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import {
  CONTROL_BYTES,
  runChunks,
  MOST_CHUNKS,
  GEMM as GEMM_JOB,
  ticketOf,
  WORD,
} from '../../src/runtime/threads/job.js';
import type { HostedWorker } from '../../src/runtime/threads/host.js';
import { Pool, startComputeWorker } from '../../src/runtime/threads/pool.js';
import { TILE_NAMES, type TileName } from '../../src/runtime/tile.js';
import { createEngine, createEngineSync, dense, ValueError, WorkerError, type Engine } from '../../src/index.js';
import * as library from '../../src/index.js';
import { EVERY_FEATURE_SHA256, trainEveryFeature } from '../support/every-feature.mjs';
import { allEnded, watchWorkers, withEndingWorkers, withoutWorker } from '../support/workers.js';
import { source } from '../support/reference/random.js';
import { UNITS, weightsOf, wideNetwork } from '../support/reference/wide-network.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const ROWS = 96;
const BATCH = 32;

const from = source(3);
const x = Float32Array.from({ length: ROWS * UNITS }, () => from.symmetric(1));
const labels = Int32Array.from({ length: ROWS }, () => from.below(10));

/** Returns the weights after some epochs on one thread. */
async function alone(epochs: number): Promise<Float32Array[]> {
  const engine = await createEngine();
  const model = wideNetwork(engine);
  await model.fit(x, labels, { epochs, batchSize: BATCH });
  const weights = weightsOf(model);
  engine.dispose();
  return weights;
}

const engines: Engine[] = [];
async function engineWith(threads: number): Promise<Engine> {
  const engine = await createEngine({ threads });
  engines.push(engine);
  expect(engine.info).toMatchObject({ threads, reasons: [] });
  return engine;
}

afterEach(() => {
  for (const engine of engines.splice(0)) engine.dispose();
});

const workers = watchWorkers();

describe('any number of threads gives the same bits', () => {
  test.each([2, 3, 4])('in a training on %i threads', async (threads) => {
    const engine = await engineWith(threads);
    const model = wideNetwork(engine);
    await model.fit(x, labels, { epochs: 2, batchSize: BATCH });
    expect(weightsOf(model)).toEqual(await alone(2));
  });

  test.each([2, 4])('in a training with every feature on %i threads', async (threads) => {
    expect((await trainEveryFeature(library, { threads })).sha256).toBe(EVERY_FEATURE_SHA256);
  });

  test('on an engine that was made synchronously, whose threads join later', async () => {
    const engine = createEngineSync({ threads: 2 });
    engines.push(engine);
    const model = wideNetwork(engine);
    await model.fit(x, labels, { epochs: 2, batchSize: BATCH });
    expect(weightsOf(model)).toEqual(await alone(2));
  });

  test('in predictions of batches and of one row, which may stay on the calling thread', async () => {
    const [one, two] = [wideNetwork(await createEngine()), wideNetwork(await engineWith(2))];
    expect(two.predict(x)).toEqual(one.predict(x));
    const row = x.subarray(0, UNITS);
    expect(two.predict(row)).toEqual(one.predict(row));
  });
});

test('memory may grow in the middle of shared products, by another thread and by this one', async () => {
  const engine = await engineWith(2);
  const model = wideNetwork(engine);
  const child = new Worker(new URL('../support/attached-child.mjs', import.meta.url));
  const bytes = engine.memory().bytes;
  const attached = once(child, 'message');
  child.postMessage({ act: 'cycle', handle: model.share(), x, times: 30 });
  let grown = 0;
  const onBatchEnd = async (): Promise<void> => {
    // This thread grows memory too, for a larger model, and lets the event loop receive the other's message.
    engine.sequential({ layers: [dense({ units: 64 * ++grown, inputShape: [1024] })] });
    await new Promise(setImmediate);
  };
  await model.fit(x, labels, { epochs: 2, batchSize: BATCH, callbacks: [{ onBatchEnd }] });
  const [end] = (await attached) as [number];
  await child.terminate();
  expect(end).toBeGreaterThan(bytes);
  expect(weightsOf(model)).toEqual(await alone(2));
});

/** Makes a runtime of one thread, and one that shares even its smallest products. */
async function runtimesOf(tile: TileName, threads: number): Promise<[WasmRuntime, WasmRuntime]> {
  const settings = { module: compileSync(), tile, initialMemory: 1 << 20, maximumMemory: 1 << 28 };
  const shared = new WasmRuntime({
    ...settings,
    threads,
    startPool: (parts) => new Pool({ ...parts, start: startComputeWorker(undefined) }),
  });
  await shared.pool!.ready();
  shared.pool!.threshold = 0;
  return [new WasmRuntime(settings), shared];
}

describe('products of random shapes have the same bits', () => {
  test.each([
    ['2x16', 2],
    ['3x12', 3],
    ['4x8', 4],
    ['5x8', 2],
    ['4x16', 4],
    ['6x16', 3],
  ] as const)('tile %s, %i threads', async (tile, threads) => {
    const runtimes = await runtimesOf(tile, threads);
    const random = source(threads);
    const size = (): number => 1 + random.below(random.below(3) === 0 ? 200 : 40);
    for (let round = 0; round < 200; round++) {
      const [m, n, k] = [size(), size(), random.below(8) === 0 ? 0 : size()];
      const start = random.below(3);
      const accumulate = random.below(2);
      const [seed, filling] = [random.below(1e6), random.below(4) === 0];
      const [alone, shared] = runtimes.map((runtime) =>
        products(runtime, { m, n, k, start, accumulate, seed, filling }),
      );
      expect(shared, `${m} × ${n} × ${k}`).toEqual(alone);
    }
    for (const runtime of runtimes) runtime.dispose();
  });

  test.each(TILE_NAMES)('one row, tile %s', async (tile) => {
    const runtimes = await runtimesOf(tile, 3);
    // Around the columns that the matrix–vector product takes at a time, 24 to 64, for one thread and for all.
    for (const n of [63, 64, 65, 96, 143, 144, 191, 192, 288, 383, 384, 512]) {
      for (const start of [0, 1, 2]) {
        const product = { m: 1, n, k: 37, start, accumulate: 0, seed: n, filling: false };
        const [alone, shared] = runtimes.map((runtime) => products(runtime, product));
        expect(shared, `${n} columns`).toEqual(alone);
      }
    }
    for (const runtime of runtimes) runtime.dispose();
  });
});

/**
 * Computes both forms of a product, on fresh memory filled from the seed. `filling` first takes the free memory, so
 * that memory grows while threads work.
 */
function products(
  { arena, memory, tile, scratch, packedA }: WasmRuntime,
  shape: { m: number; n: number; k: number; start: number; accumulate: number; seed: number; filling: boolean },
): Float32Array[] {
  const { m, n, k, start, accumulate, seed, filling } = shape;
  const padded = (count: number): number => Math.ceil(count / 4) * 4;
  const taken: number[] = [];
  const region = (floats: number, fill: boolean): number => {
    const address = arena.allocate(4 * floats);
    taken.push(address);
    const numbers = source(seed + taken.length);
    for (let i = 0; i < floats; i++) memory.f32[address / 4 + i] = fill ? numbers.symmetric(1) : 0;
    return address;
  };
  if (filling) taken.push(arena.allocate(1 << 20));
  const [lda, ldc] = [padded(k), padded(n)];
  const a = region(m * lda, true);
  const panels = region(k * ldc, true);
  const init = start === 0 ? 0 : region(start === 1 ? ldc : m * ldc, true);
  const c = region(m * ldc, false);
  tile.gemm(m, n, k, a, lda, panels, init, start === 2 ? ldc : 0, c, ldc, packedA);
  const [ldx, x] = [padded(m), region(k * padded(m), true)];
  const deltas = region(k * ldc, true);
  const dw = region(m * ldc, true);
  tile.gemmTN(m, n, k, x, ldx, deltas, ldc, dw, accumulate, scratch);
  const read = (address: number): Float32Array => memory.f32.slice(address / 4, address / 4 + m * ldc);
  const results = [read(c), read(dw)];
  for (const address of taken) arena.free(address);
  return results;
}

test('a worker that is late for a job takes no chunk, not even while the next job is being prepared', () => {
  const control = new Int32Array(new SharedArrayBuffer(CONTROL_BYTES));
  const numbers = new Float64Array(control.buffer);
  const calls: number[] = [];
  const kernel = (...args: number[]): void => void calls.push(args[1]);
  const kernels = { gemm: kernel, gemmTN: kernel, kernels: [], copy: kernel };
  const own = { ...kernels, doubles: () => numbers, scratch: 0, packedA: 0 };
  const thread = { index: 1, control, numbers, ...own };
  const prepare = (chunks: number): void => {
    // A product of one row and a column for each chunk.
    control[WORD.kernel] = GEMM_JOB;
    control[WORD.width] = control[WORD.groupRows] = control[WORD.groups] = 1;
    numbers.fill(0, WORD.parameters / 2, WORD.parameters / 2 + 10);
    numbers[WORD.parameters / 2] = 1;
    numbers[WORD.parameters / 2 + 1] = chunks;
    for (let chunk = 0; chunk <= chunks; chunk++) control[WORD.starts + chunk] = chunk;
  };
  prepare(3);
  Atomics.store(control, WORD.ticket, ticketOf(7, 3));
  runChunks(thread, 7);
  expect(calls).toHaveLength(3);
  // The calling thread writes the parameters of job 8 before it opens it.
  prepare(50);
  runChunks(thread, 7);
  expect(calls).toHaveLength(3);
  Atomics.store(control, WORD.ticket, ticketOf(8, 50));
  runChunks(thread, 7);
  expect(calls).toHaveLength(3);
  runChunks(thread, 8);
  expect(calls).toHaveLength(53);
  // The most chunks, and job numbers that have wrapped around.
  prepare(MOST_CHUNKS);
  Atomics.store(control, WORD.ticket, ticketOf(-1, MOST_CHUNKS));
  runChunks(thread, -1);
  expect(calls).toHaveLength(53 + MOST_CHUNKS);
  expect(calls.every((columns) => columns === 1)).toBe(true);
});

describe('failures of threads', () => {
  test('a worker killed between two batches: fit fails, keeps the last weights, and the engine continues on one thread', async () => {
    const engine = await engineWith(2);
    const model = wideNetwork(engine);
    let last: Float32Array[] = [];
    const callbacks = [
      {
        async onBatchEnd(batch: number) {
          last = weightsOf(model);
          if (batch !== 1) return;
          expect(workers.size).toBe(1);
          await Promise.all([...workers].map((worker) => worker.terminate()));
          await new Promise((resolve) => setTimeout(resolve, 20));
        },
      },
    ];
    const thrown = await thrownBy(() => model.fit(x, labels, { epochs: 1, batchSize: BATCH, callbacks }));
    expect(thrown).toBeInstanceOf(WorkerError);
    expect(thrown.message).toMatch(
      /^threads: every worker expected to be running, but worker 0 was lost: .+[^.]\. One thread continues\.$/,
    );
    expect(weightsOf(model)).toEqual(last);
    expect(engine.info.threads).toBe(1);
    expect(engine.info.reasons).toHaveLength(1);
    await model.fit(x, labels, { epochs: 1, batchSize: BATCH });
  });

  test('a worker killed while nothing runs: no later call fails, and the engine continues on one thread', async () => {
    const engine = await engineWith(2);
    const model = wideNetwork(engine);
    await Promise.all([...workers].map((worker) => worker.terminate()));
    expect(engine.info.threads).toBe(1);
    expect(engine.info.reasons).toEqual([expect.stringMatching(/worker 0 was lost: .+\. One thread continues\.$/)]);
    model.getWeights();
    await model.fit(x, labels, { epochs: 2, batchSize: BATCH });
    expect(weightsOf(model)).toEqual(await alone(2));
  });

  test('a kernel that fails in the calling thread ends the workers, which may still compute for its job', () => {
    const runtime = new WasmRuntime({ module: compileSync(), tile: '3x12', initialMemory: 0, maximumMemory: 1 << 20 });
    const { memory, tile, kernels, module } = runtime;
    const gemm = (): never => {
      throw new RangeError('out of bounds');
    };
    const none = (): number => 0;
    let ended = 0;
    const start = (): HostedWorker => ({ post: () => undefined, end: () => void (ended += 1) });
    const own = { module, memory, tile: { ...tile, gemm }, kernels };
    const pool = new Pool({ ...own, threads: 2, scratch: none, packedA: none, start });
    expect(() => pool.shared().gemm(96, 96, 512, 0, 512, 0, 0, 0, 0, 96, 0)).toThrow(new RangeError('out of bounds'));
    expect(pool.live).toBe(false);
    expect(ended).toBe(1);
  });

  test('a platform that starts one worker and refuses the next leaves one thread, and no worker', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    try {
      const engine = await withoutWorker(1, () => createEngine({ threads: 4 }));
      engines.push(engine);
      expect(engine.info.threads).toBe(1);
      expect(engine.info.reasons).toEqual([
        'threads: workers could not be started: Worker initialization failure: EAGAIN.',
      ]);
      await allEnded(workers);
      await new Promise(setImmediate);
      expect(unhandled).not.toHaveBeenCalled();
    } finally {
      process.off('unhandledRejection', unhandled);
    }
  });

  test('a platform whose workers end before they begin leaves one thread', async () => {
    const waited = await withEndingWorkers(() => createEngine({ threads: 2 }));
    engines.push(waited);
    expect(waited.info.threads).toBe(1);
    expect(waited.info.reasons).toEqual(['threads: workers did not begin: blocked.']);

    const engine = await withEndingWorkers(() => createEngineSync({ threads: 2 }));
    engines.push(engine);
    while (engine.info.threads > 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const model = wideNetwork(engine);
    await model.fit(x, labels, { epochs: 2, batchSize: BATCH });
    expect(weightsOf(model)).toEqual(await alone(2));
  });

  test('more threads than a product has chunks give the same bits', async () => {
    const engine = await engineWith(64);
    expect(wideNetwork(engine).predict(x)).toEqual(wideNetwork(await createEngine()).predict(x));
  });

  test('a callback that throws, and an abort, end fit, after which it can be called again', async () => {
    const model = wideNetwork(await engineWith(2));
    const stop = new Error('enough');
    const callbacks = [
      {
        onBatchEnd() {
          throw stop;
        },
      },
    ];
    expect(await thrownBy(() => model.fit(x, labels, { batchSize: BATCH, callbacks }))).toBe(stop);
    const controller = new AbortController();
    const aborting = [{ onBatchEnd: () => controller.abort(stop) }];
    const aborted = model.fit(x, labels, { batchSize: BATCH, callbacks: aborting, signal: controller.signal });
    expect(await thrownBy(() => aborted)).toBe(stop);
    expect(model.stepCount).toBe(2);
    await model.fit(x, labels, { batchSize: BATCH });
  });

  test('an engine disposed during fit ends it with a StateError', async () => {
    const engine = await engineWith(2);
    const model = wideNetwork(engine);
    const callbacks = [{ onBatchEnd: () => engine.dispose() }];
    const thrown = await thrownBy(() => model.fit(x, labels, { batchSize: BATCH, callbacks }));
    expect(thrown.name).toBe('StateError');
  });

  test('thread counts out of range are refused', async () => {
    for (const threads of [0, 1.5, 65, NaN, 'two']) {
      expect(await thrownBy(() => createEngine({ threads: threads as number }))).toBeInstanceOf(ValueError);
    }
  });

  test('a workerUrl that is no address is refused', async () => {
    const thrown = await thrownBy(() => createEngine({ workerUrl: 'http://[' }));
    expectError(thrown, ValueError, 'createEngine: workerUrl expected an address, got "http://[".');
    (await createEngine({ workerUrl: './worker.js' })).dispose();
  });

  test('fifty engines made and disposed leave no worker', async () => {
    for (let i = 0; i < 50; i++) {
      const engine = await createEngine({ threads: 2, maximumMemory: 1 << 20 });
      expect(workers.size).toBeGreaterThan(0);
      engine.dispose();
    }
    await allEnded(workers);
    expect(workers.size).toBe(0);
  });
});

test('auto uses the processors of the computer, at most eight', async () => {
  const engine = await createEngine({ threads: 'auto' });
  engines.push(engine);
  const { availableParallelism } = await import('node:os');
  expect(engine.info.threads).toBe(Math.min(8, availableParallelism()));
});

test('threads do not keep a process alive', () => {
  const script = `
    const { createEngine } = await import(${JSON.stringify(new URL('../../dist/index.js', import.meta.url).href)});
    const engine = await createEngine({ threads: 3 });
    console.log(engine.info.threads);
  `;
  const args = ['--input-type=module', '--eval', script];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8', timeout: 300_000 })).toBe('3\n');
});
