/**
 * Models that several threads predict from: all use the same weights, and each sees a change of them as a whole. Also
 * the sequence lock that ensures it. Handles with wrong values are in shared-handles.test.ts.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { SEQLOCK_WORDS, SeqlockReader, SeqlockWriter } from '../../src/runtime/threads/seqlock.js';
import {
  attachModel,
  createEngine,
  dense,
  StateError,
  ValueError,
  WorkerError,
  type Engine,
  type Model,
  type ModelHandle,
} from '../../src/index.js';
import { source } from '../support/reference/random.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const INPUTS = 48;
const from = source(5);
const x = Float32Array.from({ length: 20 * INPUTS }, () => from.symmetric(1));
const y = Float32Array.from({ length: 20 }, () => from.symmetric(1));
const row = x.subarray(0, INPUTS);

const engine = await createEngine();
afterAll(() => engine.dispose());

function network(on: Engine = engine): Model {
  const model = on.sequential({
    seed: 6,
    layers: [dense({ units: 200, activation: 'tanh', inputShape: [INPUTS] }), dense({ units: 1 })],
  });
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  return model;
}

/** The thread of support/attached-child.mjs. */
class Child {
  private readonly worker = new Worker(new URL('../support/attached-child.mjs', import.meta.url));

  async ask<T>(act: string, message: object = {}): Promise<T> {
    this.worker.postMessage({ act, ...message });
    // Rejects where the worker emits an error in the meantime.
    const [answer] = (await once(this.worker, 'message')) as [T];
    return answer;
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

const children: Child[] = [];
const child = (): Child => {
  const one = new Child();
  children.push(one);
  return one;
};
afterEach(async () => {
  for (const one of children.splice(0)) await one.end();
});

describe('another thread', () => {
  test('predicts the same, from the weights at that time', async () => {
    const model = network();
    const two = child();
    expect(await two.ask('attach', { handle: model.share() })).toBe(model.parameterCount);
    expect(await two.ask('predict', { x })).toEqual(model.predict(x));
    await model.fit(x, y, { epochs: 3 });
    expect(await two.ask('predict', { x })).toEqual(model.predict(x));
    await model.fit(x, y, { epochs: 3, runIn: 'worker' });
    const after = model.predict(x);
    expect(await two.ask('predict', { x })).toEqual(after);
    model.dispose();
  });

  test("does not affect the owner's training, though memory grows on both sides", async () => {
    const [alone, shared] = [network(await createEngine()), network(await createEngine())];
    const [one, two] = [child(), child()];
    for (const one_ of [one, two]) await one_.ask('attach', { handle: shared.share() });
    for (const rows of [1, 20]) {
      const part = x.subarray(0, rows * INPUTS);
      const [first, second] = [await one.ask('predict', { x: part }), await two.ask('predict', { x: part })];
      expect(second).toEqual(first);
      for (const model of [alone, shared]) {
        // Each time a larger batch, for which memory grows.
        await model.fit(part, y.subarray(0, rows), { epochs: 2, batchSize: rows });
      }
      expect(shared.getWeights()).toEqual(alone.getWeights());
      expect(await one.ask('predict', { x })).toEqual(alone.predict(x));
    }
  });

  test('makes no prediction from two states of the weights', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [4096], useBias: false })] });
    const ones = new Float32Array(4096).fill(1);
    const set = (value: number): void => model.setWeights([{ shape: [1, 4096], data: ones.map(() => value) }]);
    set(1);
    const two = child();
    await two.ask('attach', { handle: model.share() });
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const repeating = two.ask<{ seen: number[]; count: number }>('repeat', { x: ones, stop });
    for (let i = 0; i < 4000; i++) {
      set(1 + (i % 8));
      if (i % 50 === 0) await new Promise(setImmediate);
    }
    Atomics.store(stop, 0, 1);
    const { seen, count } = await repeating;
    expect(count).toBeGreaterThan(10);
    expect(seen.length).toBeGreaterThan(1);
    // Sums of 4096 equal weights are exact in float32; a mixture would lie between them.
    for (const sum of seen) expect(Number.isInteger(sum / 4096)).toBe(true);
  });

  test('can attach and dispose again and again without more memory', async () => {
    const handle = network().share();
    const two = child();
    const after = await two.ask<number>('cycle', { handle, x: row, times: 2 });
    expect(await two.ask('cycle', { handle, x: row, times: 100 })).toBe(after);
  });

  test.each([2, 3, 24])('can attach to %i at once, again and again, without more memory', async (count) => {
    const own = await createEngine();
    const model = network(own);
    const handle = model.share();
    const y = model.predict(row);
    const cycle = (): number => {
      const all = Array.from({ length: count }, () => attachModel(handle));
      for (const one of all) expect(one.predict(row)).toEqual(y);
      // In another order than they came.
      for (let i = 0; i < count; i++) all[(7 * i) % count].dispose();
      for (const one of all) one.dispose();
      return handle.memory.buffer.byteLength;
    };
    const bytes = cycle();
    for (let i = 0; i < 40; i++) expect(cycle()).toBe(bytes);
    expect(own.memory().bytes).toBe(bytes);
    // The owner uses the memory that was left before it allocates more.
    const next = own.sequential({ seed: 3, layers: [dense({ units: 4, inputShape: [1024 * count] })] });
    expect(own.memory().bytes).toBe(bytes);
    const alone = engine.sequential({ seed: 3, layers: [dense({ units: 4, inputShape: [1024 * count] })] });
    expect(next.getWeights()).toEqual(alone.getWeights());
    own.dispose();
  });

  test('can attach to models that come and go without more memory', async () => {
    const own = await createEngine();
    const two = child();
    const round = async (): Promise<void> => {
      const model = network(own);
      await two.ask('cycle', { handle: model.share(), x: row, times: 1 });
      model.dispose();
    };
    for (let i = 0; i < 3; i++) await round();
    const [bytes, { used }] = [own.memory().bytes, own.memory()];
    for (let i = 0; i < 60; i++) await round();
    expect(own.memory().used).toBe(used);
    expect(own.memory().bytes).toBeLessThan(bytes + 2 * 65536);
    own.dispose();
  });

  test('is refused once the owner disposed the model', async () => {
    const model = network();
    const handle = model.share();
    const two = child();
    await two.ask('attach', { handle });
    model.dispose();
    const refusal = (where: string) => ({
      error: { name: 'StateError', message: `${where}: a live model expected, got one that its owner disposed.` },
    });
    expect(await two.ask('predict', { x: row })).toEqual(refusal('predict'));
    expect(await two.ask('dispose')).toBeUndefined();
    expect(await two.ask('attach', { handle })).toEqual(refusal('attachModel'));
    // Another model uses the same words now: the old handle must not apply to it.
    const next = network();
    expect(next.share().words).toBe(handle.words);
    expect(await two.ask('attach', { handle })).toEqual(refusal('attachModel'));
    expect(await two.ask('attach', { handle: next.share() })).toBe(next.parameterCount);
  });
});

describe('an attached model on the same thread', () => {
  test('checks its inputs, and can be disposed', async () => {
    const model = network();
    const attached = attachModel(model.share());
    const out = new Float32Array(1);
    expect(attached.predictInto(row, out)).toBe(out);
    expect(out).toEqual(model.predict(row));
    expect(await thrownBy(() => attached.predict([[1]]))).toMatchObject({ name: 'ShapeError' });
    expect(await thrownBy(() => attached.predict([new Array<number>(INPUTS).fill(NaN)]))).toBeInstanceOf(ValueError);
    attached.dispose();
    attached.dispose();
    expect(await thrownBy(() => attached.predict(row))).toBeInstanceOf(StateError);
    expect(model.predict(row)).toEqual(out);
  });

  test('needs custom activations to be passed again', async () => {
    const square = {
      name: 'square',
      forward: (z: Float32Array) => z.map((v) => v * v),
      derivative: (z: Float32Array) => z.map((v) => 2 * v),
    };
    const model = engine.sequential({ layers: [dense({ units: 3, activation: square, inputShape: [INPUTS] })] });
    const handle = structuredClone(model.toJSON());
    const shared = { ...model.share(), architecture: handle };
    expect(await thrownBy(() => attachModel(shared))).toBeInstanceOf(ValueError);
    expect(attachModel(shared, { custom: [square] }).predict(row)).toEqual(model.predict(row));
  });

  test('repeats a disturbed prediction from the original rows, even where the first attempt overwrote them', () => {
    let disturb: (() => void) | undefined;
    const activation = {
      name: 'disturbed',
      forward: (z: Float32Array) => {
        disturb?.();
        return z;
      },
      derivative: (z: Float32Array) => z.map(() => 1),
    };
    const model = engine.sequential({ layers: [dense({ units: 2, activation, inputShape: [2] })] });
    const scale = (by: number): void =>
      model.setWeights([
        { shape: [2, 2], data: [by, 0, 0, by] },
        { shape: [2], data: [0, 0] },
      ]);
    scale(3);
    const attached = attachModel(model.share(), { custom: [activation] });
    disturb = () => {
      disturb = undefined;
      scale(2);
    };
    const memory = Float32Array.of(5, 7, 1);
    const rows = memory.subarray(0, 2);
    attached.predictInto(rows, rows);
    expect([...memory]).toEqual([10, 14, 1]);
  });

  test('is refused for a value that is no handle', async () => {
    for (const handle of [undefined, null, 7, {}, { kind: 'model' }]) {
      expect(await thrownBy(() => attachModel(any(handle)))).toBeInstanceOf(ValueError);
    }
    const handle: ModelHandle = network().share();
    for (const cut of [JSON.parse(JSON.stringify(handle)), { kind: handle.kind }, { ...handle, tile: '9x9' }]) {
      expect(await thrownBy(() => attachModel(any(cut)))).toBeInstanceOf(ValueError);
    }
    const other = new WebAssembly.Module(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
    expect((await thrownBy(() => attachModel({ ...handle, module: other }))).name).toBe('FormatError');
    const disposed = network();
    disposed.dispose();
    expect(await thrownBy(() => disposed.share())).toBeInstanceOf(StateError);
  });
});

describe('the sequence lock of the weights', () => {
  const sides = (): [Int32Array, SeqlockWriter, SeqlockReader] => {
    const words = new Int32Array(new SharedArrayBuffer(4 * SEQLOCK_WORDS));
    const writer = new SeqlockWriter(words);
    return [words, writer, new SeqlockReader(words, writer.generation)];
  };

  test('reports a disturbed read', () => {
    const [, writer, reader] = sides();
    const first = reader.begin('predict');
    expect(reader.end('predict', first)).toBe(true);
    writer.begin();
    writer.end();
    expect(reader.end('predict', first)).toBe(false);
  });

  test('reports a writer that stopped in the middle', () => {
    const [, writer, reader] = sides();
    writer.begin();
    expectError(
      (() => {
        try {
          reader.begin('predict');
        } catch (error) {
          return error as Error;
        }
        return expect.fail('went on');
      })(),
      WorkerError,
      'predict: the weights have been in the middle of a change for 1 s.',
    );
  });

  test('makes the writer wait for a reader that was disturbed repeatedly, but not for ever', () => {
    const [words, writer, reader] = sides();
    for (let i = 0; i < 4; i++) {
      const version = reader.begin('predict');
      writer.begin();
      writer.end();
      expect(reader.end('predict', version)).toBe(false);
    }
    const version = reader.begin('predict');
    expect(words[1]).not.toBe(0);
    // The reader never finishes: the writer gives up waiting, and the reader learns that it was disturbed.
    writer.begin();
    writer.end();
    expect(words[1]).toBe(0);
    expect(reader.end('predict', version)).toBe(false);
    const last = reader.begin('predict');
    expect(reader.end('predict', last)).toBe(true);
    expect(words[1]).toBe(0);
  });
});
