/**
 * Choices of an engine: fused numerics (golden values within the same bounds, the same bits for every tile), 256-bit
 * vectors and the tile, with clear messages where something is not available. Strict numerics are tested in
 * golden.test.ts.
 */
import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { fusedKernels } from '../../src/runtime/fused.js';
import { TILE_NAMES, type TileName } from '../../src/runtime/tile.js';
import { createEngine, createEngineSync, dense, FormatError, UnsupportedError, type Engine } from '../../src/index.js';
import * as golden from '../support/reference/golden.js';
import { goldenBound, goldenModel, worstError } from '../support/reference/library.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const major = Number(process.versions.node.split('.')[0]);

const WITHOUT =
  "createEngine: numerics expected 'strict', got 'fused' on an engine without relaxed SIMD. " +
  'Node 21, Chrome 114 and Firefox 145 have it; Node 20 with --experimental-wasm-relaxed-simd.';

test.skipIf(major > 20)('an engine without relaxed SIMD names the platforms that have it', async () => {
  expectError(await thrownBy(() => createEngine({ numerics: 'fused' })), UnsupportedError, WITHOUT);
});

test('a synchronous engine asks for the fused kernels', async () => {
  expectError(
    await thrownBy(() => createEngineSync({ numerics: 'fused' })),
    UnsupportedError,
    "createEngineSync: numerics expected 'strict', got 'fused' without its kernels. " +
      'Pass wasm: fusedKernels() of wasm-mlp/fused, or use createEngine.',
  );
});

describe('fused numerics', () => {
  // Node 20 has relaxed SIMD behind a flag, which affects only what is compiled from then on.
  const make = (tile: TileName = '4x8'): Promise<Engine> => {
    if (major <= 20) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
    return createEngine({ numerics: 'fused', tile });
  };
  const cases = [...golden.optimizerCases, ...golden.trainingCases].map((data) => ({
    title: `${data.activations.join(', ')}; ${data.loss}; ${data.optimizer}`,
    ...data,
  }));

  test.each(cases)('match the golden values: $title', async (data) => {
    const engine = await make();
    expect(engine.info).toMatchObject({ numerics: 'fused', reasons: [] });
    const model = await goldenModel(data, engine);
    let compared = 0;
    for (let s = 0; s < data.steps; s++) {
      model.trainOnBatch(...golden.batchOf(data, s));
      const after = data.after[s + 1];
      if (after === undefined) continue;
      expect(worstError(model.getWeights(), after)).toBeLessThanOrEqual(goldenBound(s + 1));
      compared += 1;
    }
    expect(compared).toBeGreaterThan(1);
    engine.dispose();
  });

  test('give the same bits for every tile, other bits than strict, and a row the same bits alone and in a batch', async () => {
    const x = Float32Array.from({ length: 23 * 37 }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const y = Float32Array.from({ length: 23 * 19 }, (_, i) => ((i * 17) % 97) / 97);
    const trained = async (engine: Engine): Promise<[Uint8Array, Float32Array, Float32Array]> => {
      const model = engine.sequential({
        seed: 5,
        layers: [dense({ units: 43, activation: 'tanh', inputShape: [37] }), dense({ units: 19 })],
      });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      await model.fit(x, y, { epochs: 3, batchSize: 7 });
      const result = [model.save(), model.predict(x).slice(0, 19), model.predict(x.slice(0, 37))] as const;
      engine.dispose();
      return [...result];
    };
    const [first, inBatch, alone] = await trained(await make());
    expect(alone).toEqual(inBatch);
    for (const tile of TILE_NAMES) expect((await trained(await make(tile)))[0]).toEqual(first);
    expect((await trained(await createEngine()))[0]).not.toEqual(first);
  });

  test('refuse the kernels of strict numerics, and the reverse', async () => {
    (await make()).dispose();
    expect(createEngineSync({ numerics: 'fused', wasm: fusedKernels() }).info.numerics).toBe('fused');
    expectError(
      await thrownBy(() => createEngineSync({ wasm: fusedKernels() })),
      FormatError,
      "createEngineSync: wasm expected the kernels of numerics 'strict', got those of 'fused'.",
    );
  });
});

describe('256-bit vectors', () => {
  test('are used, or the engine gives the reason', async () => {
    const { info } = await createEngine({ simd256: true });
    if (info.simd256) expect(info.reasons).toEqual([]);
    else expect(info.reasons.join()).toMatch(/^simd256: (Node 24 or newer has it, this is 2|no effect)/);
  });

  test('are not tried by a synchronous engine', () => {
    expect(createEngineSync({ simd256: true }).info).toMatchObject({
      simd256: false,
      reasons: ['simd256: only createEngine, which does not block, tries it, and only with the inlined kernels.'],
    });
  });
});

describe('the tile of an engine', () => {
  test("is the fastest in a benchmark of all where 'auto' is asked for", async () => {
    const { info } = await createEngine({ tile: 'auto' });
    const { calibration, tile } = info;
    expect(Object.keys(calibration!)).toEqual([...TILE_NAMES]);
    for (const gigaflops of Object.values(calibration!)) expect(gigaflops).toBeGreaterThan(0);
    expect(calibration![tile]).toBe(Math.max(...Object.values(calibration!)));
  });

  test('is the one that was asked for, or 3x12 by default', async () => {
    expect((await createEngine({ tile: '2x16' })).info).toMatchObject({ tile: '2x16' });
    expect((await createEngine()).info.tile).toBe('3x12');
    expect((await createEngine()).info).not.toHaveProperty('calibration');
  });
});
