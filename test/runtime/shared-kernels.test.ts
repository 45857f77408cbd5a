/**
 * What threads share besides matrix products: kernels that work float by float, gathering, and passes over the rows of
 * a prediction. Each result is compared with that of one thread.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { Cutter } from '../../src/runtime/threads/cutter.js';
import { CONTROL_BYTES, MOST_CHUNKS, WORD, type Kernel } from '../../src/runtime/threads/job.js';
import { padded, panelFloats } from '../../src/runtime/panels.js';
import { Pool, startComputeWorker } from '../../src/runtime/threads/pool.js';
import { floatKernels, parametersOf } from '../../src/runtime/threads/range-kernels.js';
import { WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import { activation, createEngine, dense, rescaling, ValueError, type Engine, type Model } from '../../src/index.js';
import { source } from '../support/reference/random.js';

describe('jobs are cut into chunks that leave nothing out', () => {
  const control = new Int32Array(CONTROL_BYTES / 4);
  const threads = Array.from({ length: 63 }, (_, i) => i + 2);

  /** Expects chunks that follow each other from 0 to `units`. */
  function expectWhole(chunks: number, units: number, where: string): void {
    expect(chunks, where).toBeLessThanOrEqual(MOST_CHUNKS);
    const starts = [...control.subarray(WORD.starts, WORD.starts + chunks + 1)];
    expect([starts[0], starts.at(-1)], where).toEqual([0, units]);
    expect(
      starts.every((start, i) => i === 0 || start > starts[i - 1]),
      where,
    ).toBe(true);
  }

  test.each(threads)('ranges, for %i threads', (count) => {
    const cutter = new Cutter(control, count);
    for (const step of [1, 3, 4, 16]) {
      for (let units = 1; units < 3000; units += units < 300 ? 1 : 37) {
        cutter.range(units, step);
        expectWhole(cutter.chunks, units, `${units} units, steps of ${step}`);
      }
    }
  });

  test.each(threads)('outputs of products, for %i threads', (count) => {
    const cutter = new Cutter(control, count);
    const random = source(count);
    for (let round = 0; round < 500; round++) {
      const [m, n, width] = [1 + random.below(300), 1 + random.below(700), [8, 12, 16, 48, 64][random.below(5)]];
      cutter.output(m, n, width);
      expectWhole(cutter.chunks, Math.ceil(n / width) * control[WORD.groups], `${m} × ${n} in panels of ${width}`);
      expect(control[WORD.groups] * control[WORD.groupRows]).toBeGreaterThanOrEqual(m);
    }
  });
});

describe.each([2, 3, 5])('kernels that are cut into ranges have the same bits on %i threads', (threads) => {
  const settings = { module: compileSync(), tile: '3x12', initialMemory: 1 << 20, maximumMemory: 1 << 26 } as const;
  let shared: WasmRuntime;

  beforeAll(async () => {
    const startPool = (parts: ConstructorParameters<typeof Pool>[0]): Pool => new Pool(parts);
    const start = startComputeWorker(undefined);
    shared = new WasmRuntime({ ...settings, threads, startPool: (parts) => startPool({ ...parts, start }) });
    await shared.pool!.ready();
    shared.pool!.threshold = 0;
  });
  afterAll(() => shared.dispose());

  const alone = new WasmRuntime(settings);

  /** Runs a kernel on fresh memory, filled by a seed, and returns all of its vectors. */
  function run(
    runtime: WasmRuntime,
    name: string,
    floats: number,
    pointers: number,
    scalars: readonly number[],
    absent: number,
  ): Float32Array[] {
    const random = source(floats);
    const vectors = Array.from({ length: pointers }, () => runtime.arena.allocate(4 * (floats + 4)));
    for (const at of vectors) {
      // A few floats behind the end show whether one is written there.
      for (let i = 0; i < floats + 4; i++) runtime.memory.f32[at / 4 + i] = i % 7 === 0 ? 0 : 0.1 + random.uniform();
    }
    const kernel = (runtime.kernels as unknown as Record<string, Kernel>)[name];
    kernel(floats, ...vectors.map((at, i) => (i === absent ? 0 : at)), ...scalars);
    const read = vectors.map((at) => runtime.memory.f32.slice(at / 4, at / 4 + floats + 4));
    for (const at of vectors) runtime.arena.free(at);
    return read;
  }

  const bytes = (vectors: readonly Float32Array[]): Buffer =>
    Buffer.concat(vectors.map(({ buffer, byteLength }) => Buffer.from(buffer, 0, byteLength)));

  test.each(floatKernels())('$name', (kernel) => {
    const { length, pointers } = parametersOf(kernel);
    const optional = kernel.name === 'f32_rmsprop' || kernel.name === 'f32_rmsprop_centered' ? pointers - 1 : -1;
    for (const floats of [1, 4, 15, 16, 17, 100, 1000, 4103]) {
      for (const zero of [0.3, -0]) {
        for (const absent of new Set([-1, optional])) {
          const scalars = Array.from({ length: length - 1 - pointers }, (_, i) => (i === 0 ? zero : 0.1 + 0.07 * i));
          const [one, several] = [alone, shared].map((runtime) =>
            run(runtime, kernel.name, floats, pointers, scalars, absent),
          );
          expect(bytes(several).equals(bytes(one)), `${floats} floats, ${scalars.join()}, without ${absent}`).toBe(
            true,
          );
        }
      }
    }
  });

  test('f32_gather_rows', () => {
    const [m, n, rows, ld] = [37, 5, 50, 8];
    const results = [alone, shared].map(({ arena, memory, kernels }) => {
      const random = source(9);
      const [from, indices, to] = [4 * rows * n, 4 * m, 4 * m * ld].map((size) => arena.allocate(size));
      for (let i = 0; i < rows * n; i++) memory.f32[from / 4 + i] = random.symmetric(1);
      for (let i = 0; i < m; i++) memory.i32[indices / 4 + i] = random.below(rows);
      memory.f32.fill(0, to / 4, to / 4 + m * ld);
      kernels.f32_gather_rows(m, n, rows, from, indices, to, ld);
      return memory.f32.slice(to / 4, to / 4 + m * ld);
    });
    expect(results[1]).toEqual(results[0]);
    expect(results[1].some((value) => value !== 0)).toBe(true);
  });

  test.each([
    [1, 1],
    [3, 40],
    [12, 5],
    [37, 13],
    [100, 25],
    [301, 64],
  ])('f32_transpose_panels and f32_column_sums, %i × %i', (k, n) => {
    const width = shared.tile.panelWidth;
    const [from, to, sums] = [panelFloats(k, n), panelFloats(n, k), padded(n)];
    const results = [alone, shared].map(({ arena, memory, kernels }) => {
      const random = source(k);
      const [b, bt, out] = [from + k * sums, to + 4, sums + 4].map((floats) => arena.allocate(4 * floats));
      for (let i = 0; i < from + k * sums; i++) memory.f32[b / 4 + i] = random.symmetric(1);
      // A few floats behind the end show whether one is written there.
      for (let i = 0; i < to + 4; i++) memory.f32[bt / 4 + i] = random.symmetric(1);
      for (let i = 0; i < sums + 4; i++) memory.f32[out / 4 + i] = random.symmetric(1);
      kernels.f32_transpose_panels(k, n, width, b, bt, 0, Math.ceil(k / width));
      kernels.f32_column_sums(k, n, b, sums, out, 0);
      const fresh = memory.f32.slice(out / 4, out / 4 + sums + 4);
      kernels.f32_column_sums(k, n, b, sums, out, 1);
      const read = [memory.f32.slice(bt / 4, bt / 4 + to + 4), fresh, memory.f32.slice(out / 4, out / 4 + sums + 4)];
      for (const at of [b, bt, out]) arena.free(at);
      return read;
    });
    expect(bytes(results[1]).equals(bytes(results[0]))).toBe(true);
  });
});

describe.each([2, 3, 4, 6, 10])('predictions of many rows on %i threads', (threads) => {
  const ROWS = 256;
  const INPUTS = 200;
  let engine: Engine;
  let one: Engine;

  beforeAll(async () => {
    [engine, one] = [await createEngine({ threads }), await createEngine()];
    expect(engine.info).toMatchObject({ threads, reasons: [] });
  });
  afterAll(() => {
    engine.dispose();
    one.dispose();
  });

  const build = (on: Engine): Model =>
    on.sequential({
      seed: 3,
      layers: [
        // Computed in place, in the memory of the inputs.
        rescaling({ scale: -1, inputShape: [INPUTS] }),
        activation('tanh'),
        dense({ units: 300, activation: 'relu' }),
        dense({ units: 7, activation: 'softmax' }),
      ],
    });

  const rowsOf = (seed: number, rows: number): Float32Array => {
    const random = source(seed);
    return Float32Array.from({ length: rows * INPUTS }, () => random.symmetric(2));
  };

  test('are those of one thread, each time anew', () => {
    const [several, alone] = [build(engine), build(one)];
    for (let round = 0; round < 40; round++) {
      // Parts of 256 rows, and a last one of fewer.
      const x = rowsOf(round, round % 4 === 0 ? 3 * ROWS - 50 : ROWS);
      expect(several.predict(x), `round ${round}`).toEqual(alone.predict(x));
    }
  });

  test.each([0, 100, 200, ROWS - 1])('refuse an infinity in row %i, and name it', (row) => {
    const model = build(engine);
    for (const value of [Infinity, -Infinity, NaN]) {
      const x = rowsOf(1, ROWS);
      x[row * INPUTS + 5] = value;
      expect(() => model.predict(x)).toThrow(ValueError);
      expect(() => model.predict(x)).toThrow(`got ${value} in row ${row}, column 5`);
    }
    expect(model.predict(rowsOf(2, ROWS))).toEqual(build(one).predict(rowsOf(2, ROWS)));
  });
});
