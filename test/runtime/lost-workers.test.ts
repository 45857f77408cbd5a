/**
 * Workers that are lost in the middle of an update: the calling thread finishes it, so the weights are always those of
 * a finished step. KILLS is the number of random moments of each optimizer (default 1,000), and a hundredth of it that
 * of workers that are terminated while they train.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import {
  CONTROL_BYTES,
  finishChunks,
  KEPT_FLOATS,
  runChunks,
  ticketOf,
  WORD,
  type Kernel,
  type ThreadContext,
} from '../../src/runtime/threads/job.js';
import { floatKernels, parametersOf } from '../../src/runtime/threads/range-kernels.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import { createEngine, WorkerError } from '../../src/index.js';
import { watchWorkers } from '../support/workers.js';
import { source } from '../support/reference/random.js';
import { UNITS, weightsOf, wideNetwork } from '../support/reference/wide-network.js';

const KILLS = Number(process.env.KILLS ?? 1000);

/** Compares bytes: a comparison element by element of so many vectors takes minutes. */
const same = (some: readonly Float32Array[], others: readonly Float32Array[]): boolean =>
  some.length === others.length &&
  some.every((one, i) => Buffer.compare(Buffer.from(one.buffer), Buffer.from(others[i].buffer)) === 0);

const rules = floatKernels().filter(({ changes }) => changes.length > 0);

describe(`an update is finished after ${KILLS} kills of a worker at random moments`, () => {
  const settings = { module: compileSync(), tile: '3x12', initialMemory: 1 << 20, maximumMemory: 1 << 24 } as const;
  const runtime = new WasmRuntime(settings);
  const { memory, arena } = runtime;
  const kernels = runtime.kernels as unknown as Record<string, Kernel>;
  const names = Object.keys(kernels);
  const control = memory.words(0, CONTROL_BYTES / 4);
  const numbers = memory.doubles(0, CONTROL_BYTES / 8);
  const FLOATS = 5 * KEPT_FLOATS + 100;
  const scratch = [0, 1].map(() => arena.allocate(4 * 4 * KEPT_FLOATS));
  const killed = new Error('killed');

  test.each(rules)(
    '$name',
    (rule) => {
      const { length, pointers, changed } = parametersOf(rule);
      const random = source(7);
      const vectors = Array.from({ length: pointers }, () => arena.allocate(4 * FLOATS));
      const initial = vectors.map(() => Float32Array.from({ length: FLOATS }, () => 0.1 + random.uniform()));
      const fill = (): void => vectors.forEach((at, i) => memory.f32.set(initial[i], at / 4));
      const read = (): Float32Array[] => vectors.map((at) => memory.f32.slice(at / 4, at / 4 + FLOATS));
      const scalars = Array.from({ length: length - 1 - pointers }, (_, i) => 0.1 + 0.07 * i);
      fill();
      kernels[rule.name](FLOATS, ...vectors, ...scalars);
      const whole = read();

      let inUpdate = 0;
      for (let kill = 0; kill < KILLS; kill++) {
        fill();
        control.fill(0);
        control[WORD.kernel] = names.indexOf(rule.name);
        control[WORD.length] = length;
        control[WORD.changed] = changed;
        numbers.set([FLOATS, ...vectors, ...scalars], WORD.parameters / 2);
        numbers.set(
          Array.from({ length }, (_, i) => (i >= 1 && i <= pointers ? 4 : 0)),
          WORD.strides / 2,
        );
        const ends = [1, 2, 3].map(() => 16 * random.below(FLOATS / 16)).sort((a, b) => a - b);
        control.set([0, ...ends, FLOATS], WORD.starts);
        // The worker is killed in the middle of a call: part of its floats are written.
        let calls = random.below(24);
        const mortal =
          (kernel: Kernel, updates: boolean): Kernel =>
          (n, ...more) => {
            if (calls-- > 0) return kernel(n, ...more);
            kernel(4 * random.below(n / 4 + 1), ...more);
            if (updates) inUpdate += 1;
            throw killed;
          };
        const own = { control, numbers, gemm: runtime.tile.gemm, gemmTN: runtime.tile.gemmTN, packedA: 0 };
        const caller: ThreadContext = {
          ...own,
          index: 0,
          kernels: names.map((name) => kernels[name]),
          copy: kernels.f32_copy,
          doubles: () => memory.f64,
          scratch: scratch[0],
        };
        const worker: ThreadContext = {
          ...caller,
          index: 1,
          kernels: names.map((name) => mortal(kernels[name], true)),
          copy: mortal(kernels.f32_copy, false),
          scratch: scratch[1],
        };
        const first = random.below(2) === 0;
        Atomics.store(control, WORD.ticket, ticketOf(kill, 4));
        // The calling thread takes some of the chunks, before or after.
        let left = random.below(4);
        const counted = { ...caller, kernels: caller.kernels.map((kernel) => stopping(kernel)) };
        function stopping(kernel: Kernel): Kernel {
          return (...args) => {
            if (left-- <= 0) throw killed;
            kernel(...args);
          };
        }
        const run = (thread: ThreadContext): void => {
          try {
            runChunks(thread, kill);
          } catch (error) {
            expect(error).toBe(killed);
          }
        };
        for (const thread of first ? [counted, worker] : [worker, counted]) run(thread);
        runChunks(caller, kill);
        finishChunks(caller, 4, (index) => scratch[index]);
        expect(same(read(), whole), `kill ${kill}`).toBe(true);
      }
      expect(inUpdate).toBeGreaterThan(KILLS / 10);
      for (const at of vectors) arena.free(at);
    },
    60_000 + 20 * KILLS,
  );
});

const STEPS = 40;

const from = source(3);
const x = Float32Array.from({ length: 2 * STEPS * UNITS }, () => from.symmetric(1));
const labels = Int32Array.from({ length: 2 * STEPS }, () => from.below(10));

const workers = watchWorkers();

afterEach(() => {
  vi.restoreAllMocks();
});

test(
  'workers that are terminated while they train leave the weights of a finished step',
  async () => {
    const alone = wideNetwork(await createEngine());
    const finished: Float32Array[][] = [weightsOf(alone)];
    await alone.fit(x, labels, {
      batchSize: 2,
      shuffle: false,
      callbacks: [{ onBatchEnd: () => void finished.push(weightsOf(alone)) }],
    });
    const random = source(11);
    // Time that is waited for a worker passes ten times as fast.
    const now = performance.now.bind(performance);
    let readings = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 10 * readings++);
    let reported = 0;
    for (let kill = 0; kill < Math.ceil(KILLS / 100); kill++) {
      const engine = await createEngine({ threads: 2 });
      const model = wideNetwork(engine);
      const last = random.below(STEPS - 10);
      let ended: Promise<unknown> | undefined;
      const onBatchEnd = (batch: number): void => {
        if (batch !== last) return;
        // Not awaited: the thread ends at some moment of one of the next steps.
        ended = Promise.all([...workers].map((worker) => worker.terminate()));
      };
      try {
        await model.fit(x, labels, { batchSize: 2, shuffle: false, callbacks: [{ onBatchEnd }] });
      } catch (error) {
        expect(error).toBeInstanceOf(WorkerError);
        reported += 1;
      }
      await ended;
      expect(model.stepCount).toBeGreaterThan(last);
      expect(same(weightsOf(model), finished[model.stepCount]), `after step ${model.stepCount}`).toBe(true);
      engine.dispose();
    }
    // A thread may end after the last step.
    expect(reported).toBeGreaterThan(0);
  },
  60_000 + 60 * KILLS,
);
