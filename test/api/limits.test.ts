/**
 * Arguments that only a careless or hostile caller passes, objects of another realm, and memory that does not suffice.
 */
import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  createEngineSync,
  dense,
  FormatError,
  loadModel,
  MemoryError,
  nadam,
  normalization,
  sequential,
  ValueError,
  type NamedTensor,
} from '../../src/index.js';
import { any, expectError, refuses, thrownBy, trained, X, Y } from '../support/reference/refusals.js';
import { headerOf, withHeader } from '../support/reference/safetensors.js';

describe('arguments of the wrong kind', () => {
  const layers = [dense({ units: 1, inputShape: [1] })];
  refuses([
    [
      'a hole among the rows',
      (m) => m.predict(any(Object.assign(new Array(2), { 1: [1, 2] }))),
      ValueError,
      'predict: x expected an array of 2 numbers in row 0, got undefined.',
    ],
    [
      'an object that resembles a signal',
      (m) => m.fit(X, Y, { signal: any({ aborted: false }) }),
      ValueError,
      'fit: signal expected an AbortSignal, got an object.',
    ],
    [
      'sequential without options',
      () => sequential(any(undefined)),
      ValueError,
      'sequential: layers expected a list of layers, got undefined.',
    ],
    [
      'an object that is no engine',
      () => sequential({ layers, engine: any({}) }),
      ValueError,
      'sequential: engine expected an engine of createEngine, got an object.',
    ],
  ]);

  test.each([
    ['createEngine', createEngine],
    ['createEngineSync', createEngineSync],
  ])('kernels that are no WebAssembly are refused: %s', async (name, create) => {
    const thrown = await thrownBy(() => create({ wasm: Uint8Array.of(1, 2, 3) }));
    expectError(thrown, FormatError, `${name}: wasm expected a WebAssembly module, got 3 bytes that are none.`);
    const damaged = Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 99);
    const other = await thrownBy(() => create({ wasm: damaged }));
    expect(other).toBeInstanceOf(FormatError);
    expect(other.message).toMatch(
      /^createEngine(Sync)?: wasm expected a WebAssembly module, got 9 bytes that this engine does not take: .+\.$/,
    );
  });

  test('a transferred buffer is refused as kernels', async () => {
    const { buffer } = Uint8Array.of(1, 2, 3);
    structuredClone(buffer, { transfer: [buffer] });
    expect(await thrownBy(() => createEngine({ wasm: buffer }))).toBeInstanceOf(ValueError);
  });

  test('arrays, signals and kernels of another realm are accepted like those of this one', async () => {
    const elsewhere = <T>(code: string, given: object = {}): T => runInNewContext(code, given) as T;
    const model = trained();
    const flat = Float32Array.from(X.flat());
    const foreign = elsewhere<Float32Array>('Float32Array.from(values)', { values: X.flat() });
    expect(foreign).not.toBeInstanceOf(Float32Array);
    expect(model.predict(foreign)).toEqual(model.predict(flat));
    const rows = elsewhere<Float32Array[]>('rows.map((row) => Float32Array.from(row))', { rows: X });
    expect(model.predict(rows)).toEqual(model.predict(flat));
    const out = elsewhere<Float32Array>('new Float32Array(9)');
    expect([...model.predictInto(foreign, out)]).toEqual([...model.predict(flat)]);
    const weights = model.getWeights();
    model.setWeights(
      weights.map(({ shape, data }) => ({ shape, data: elsewhere('Float32Array.from(data)', { data: [...data] }) })),
    );
    expect(model.getWeights()).toEqual(weights);
    expect(await thrownBy(() => model.fit(X, Y, any(elsewhere('new Map()'))))).toBeInstanceOf(ValueError);
    const wasm = elsewhere<Uint8Array<ArrayBuffer>>('Uint8Array.from(bytes)', {
      bytes: readFileSync('dist/kernels.wasm'),
    });
    expect(createEngineSync({ wasm }).info.numerics).toBe('strict');
    const signal = {
      aborted: false,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
      throwIfAborted: () => undefined,
    };
    await model.fit(X, Y, { signal: any(signal) });
    const errors = [ValueError, FormatError, MemoryError].map(({ name }) => name);
    expect(errors).toEqual(['ValueError', 'FormatError', 'MemoryError']);
  });
});

test('everything that a model returns is a copy, or frozen', () => {
  const model = trained();
  const before = model.save();
  const spoil = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
    const fields = value as Record<string, unknown>;
    for (const key of Object.keys(fields)) {
      spoil(fields[key]);
      fields[key] = 7;
    }
  };
  spoil(model.toJSON());
  spoil(model.getWeights());
  expect(Buffer.compare(model.save(), before)).toBe(0);
});

describe('memory', () => {
  const layersOf = (units: number, inputs: number) => [
    dense({ units, inputShape: [inputs], kernelInitializer: 'zeros' }),
  ];

  test.each([
    [2 ** 16, 2 ** 16],
    [2 ** 31, 2 ** 31],
    [2 ** 31 - 1, 1],
    [1, 2 ** 32],
    [2 ** 40, 2 ** 12],
  ])('a model of %d × %d weights is refused as too large, and takes no memory', async (units, inputs) => {
    const own = await createEngine();
    const before = own.memory();
    const thrown = await thrownBy(() => own.sequential({ layers: layersOf(units, inputs) }));
    expect(thrown).toBeInstanceOf(MemoryError);
    expect(own.memory()).toEqual(before);
    own.dispose();
  });

  test('setWeights without room for its rows changes nothing', async () => {
    const small = await createEngine({ initialMemory: 2 ** 20, maximumMemory: 2 ** 20 });
    const model = small.sequential({
      layers: [dense({ units: 2000, inputShape: [2] }), dense({ units: 12 })],
    });
    const before = model.getWeights();
    // Leaves room for the rows of the first layer's panels, which take 96 bytes, but not for those of the second, which
    // take 96,000.
    const fillers: { dispose(): void }[] = [];
    const full = (inputs: number): boolean => {
      try {
        fillers.push(
          small.sequential({ layers: [dense({ units: 1, inputShape: [inputs], kernelInitializer: 'zeros' })] }),
        );
        return false;
      } catch (error) {
        expect(error).toBeInstanceOf(MemoryError);
        return true;
      }
    };
    for (let inputs = 2 ** 15; inputs >= 2 ** 8; inputs /= 2) while (!full(inputs));
    const others = before.map(({ shape, data }) => ({ shape, data: data.map((value) => value + 1) }));
    expect(() => model.setWeights(others)).toThrow(MemoryError);
    // There is still room for rows of the first layer's size.
    small.sequential({ layers: [dense({ units: 12, inputShape: [2] })] });
    for (const filler of fillers) filler.dispose();
    expect(model.getWeights()).toEqual(before);
    small.dispose();
  });

  test('a larger call without room takes no memory from the calls that had theirs', async () => {
    const small = await createEngine({ initialMemory: 2 ** 18, maximumMemory: 2 ** 18 });
    const model = small.sequential({ layers: [dense({ units: 100, inputShape: [100] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const rows = (count: number) => Array.from({ length: count }, () => new Float32Array(100));
    const [row, out] = [new Float32Array(100), new Float32Array(100)];
    model.predictInto(row, out);
    model.trainOnBatch(rows(2), rows(2));
    model.evaluate(rows(2), rows(2));
    const held = model.memory();
    expect(() => model.predict(rows(256))).toThrow(MemoryError);
    expect(() => model.evaluate(rows(200), rows(200), { batchSize: 200 })).toThrow(MemoryError);
    expect(() => model.trainOnBatch(rows(100), rows(100))).toThrow(MemoryError);
    expect(model.memory()).toEqual(held);
    small.dispose();
  });

  test("an engine's memory stays within its limit, in whole pages", async () => {
    const small = await createEngine({ initialMemory: 150_000, maximumMemory: 150_000 });
    expect(small.memory()).toMatchObject({ bytes: 131_072, limit: 150_000 });
    small.dispose();
  });

  test('an engine whose memory could not hold its own scratch is refused', async () => {
    await expect(createEngine({ initialMemory: 65536, maximumMemory: 65536 })).rejects.toThrow(MemoryError);
  });

  /**
   * The engine's limit has room for some of the regions of this work, but not for all: the regions already allocated
   * must be freed.
   */
  test('work for which memory runs out midway frees what it had allocated', async () => {
    const outcomes = { done: 0, refused: 0 };
    for (let kibibytes = 128; kibibytes <= 1536; kibibytes += 64) {
      const small = await createEngine({ initialMemory: 65536, maximumMemory: kibibytes * 1024 });
      const rows = Array.from({ length: 256 }, () => new Float32Array(100));
      const attempt = (work: () => unknown): boolean => {
        const before = small.memory().used;
        try {
          work();
          outcomes.done++;
          return true;
        } catch (error) {
          expect(error).toBeInstanceOf(MemoryError);
          expect(small.memory().used, `used, of ${kibibytes} KiB`).toBe(before);
          outcomes.refused++;
          return false;
        }
      };
      attempt(() => {
        const model = small.sequential({ layers: layersOf(200, 100) });
        const compiled = attempt(() => model.compile({ optimizer: 'adam', loss: 'meanSquaredError' }));
        attempt(() => model.predict(rows));
        const y = Array.from({ length: 256 }, () => new Float32Array(200));
        if (compiled) attempt(() => model.evaluate(rows, y));
        if (compiled) attempt(() => model.gradients(rows, y));
        model.dispose();
      });
      expect(small.memory().used).toBe(0);
      small.dispose();
    }
    expect(Math.min(outcomes.done, outcomes.refused)).toBeGreaterThan(5);
  });
});

test('normalization keeps the variances that float32 holds, and refuses others', async () => {
  const model = await sequential({ layers: [normalization({ inputShape: [1] })] });
  const before: NamedTensor[] = model.getWeights();
  for (const rows of [
    [[1e25], [3e25]],
    [[1e-25], [3e-25]],
  ]) {
    const thrown = await thrownBy(() => model.adapt(rows));
    expect(thrown).toBeInstanceOf(ValueError);
    expect(thrown.message).toMatch(/^adapt: x expected columns whose variance float32 holds, got .* in column 0\./);
    await thrownBy(() => normalization().adapt(rows));
  }
  expect(model.getWeights()).toEqual(before);
});

test('a file that claims many updates loads and trains without delay', async () => {
  const model = await sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: nadam(), loss: 'meanSquaredError' });
  const file = model.save();
  const header = headerOf(file);
  const own = JSON.parse(header.__metadata__['wasm-mlp']) as { training: { stepCount: number } };
  own.training.stepCount = 2 ** 52;
  header.__metadata__['wasm-mlp'] = JSON.stringify(own);
  const again = await loadModel(withHeader(file, header));
  expect(Number.isFinite(again.trainOnBatch(X, Y).loss)).toBe(true);
  expect(again.stepCount).toBe(2 ** 52 + 1);
});
