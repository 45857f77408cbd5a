/** The search for wide vectors: its decision from noisy rounds, and its rounds with clocks of all kinds. */
import { afterAll, describe, expect, test } from 'vitest';
import { compileSync } from '../../src/runtime/binary.js';
import { judge, TileRace, type Clock } from '../../src/runtime/tile-race.js';
import { PACKED_A_FROM, WasmRuntime } from '../../src/runtime/wasm-runtime.js';
import { source } from '../support/reference/random.js';

/** Rounds until a decision, and the decision. */
function decide(ratios: () => number): { rounds: number; found: number | 'none' } {
  const seen: number[] = [];
  for (;;) {
    seen.push(ratios());
    const found = judge(seen);
    if (found !== undefined) return { rounds: seen.length, found };
  }
}

describe('the decision', () => {
  test('is no where the usual tile is faster, after a moment for the other to be compiled', () => {
    expect(decide(() => 0.68)).toEqual({ rounds: 8, found: 'none' });
  });

  test('is yes where the wide tile is faster, by the least of the last rounds', () => {
    const slow = [0.2, 0.25, 1.5, 1.6, 1.45, 1.7];
    expect(decide(() => slow.shift()!)).toEqual({ rounds: 6, found: 1.45 });
  });

  test('does not take a usual tile in its slow form for wide vectors', () => {
    const slow = [1, 4, 4.5, 5, 4, 4.2, 0.7, 0.7, 0.7];
    expect(decide(() => slow.shift() ?? 0.7).found).toBe('none');
  });

  test('survives noise in any one round of two, and ends', () => {
    const from = source(5);
    let taken = 0;
    let longest = 0;
    for (let trial = 0; trial < 10_000; trial++) {
      // The fastest of three measurements each, of which a round may be disturbed by up to half.
      const noise = (): number => (from.uniform() < 0.5 ? 1 : 1 + from.symmetric(0.5));
      const { rounds, found } = decide(() => 0.75 * noise());
      if (found !== 'none') taken += 1;
      longest = Math.max(longest, rounds);
    }
    expect(taken).toBe(0);
    expect(longest).toBeLessThanOrEqual(16);
  });
});

describe('a round', () => {
  const runtime = new WasmRuntime({
    module: compileSync(),
    tile: '3x12',
    initialMemory: 1 << 20,
    maximumMemory: PACKED_A_FROM,
  });
  afterAll(() => runtime.dispose());

  const raced = (clock?: Clock): { ratio: number | undefined; race: TileRace } => {
    const race = new TileRace(runtime, ['3x12', '4x16'], clock);
    return { ratio: race.round(), race };
  };

  test('compares the speed with the clock of the platform, and both tiles give the same bits', () => {
    const { ratio, race } = raced();
    expect(ratio).toBeGreaterThan(0);
    expect(ratio).toBeLessThan(100);
    expect(race.sameBits).toBe(true);
  });

  test.each([0.005, 0.1])('finds a tile twice as fast by a clock of %s ms', (tick) => {
    // In this time a look at the clock takes 0.5 µs, and products take 10 µs and 5 µs.
    let now = 0;
    const { f32_gemm_3x12: narrow, f32_gemm_4x16: wide } = runtime.kernels;
    const timed =
      (gemm: typeof narrow, milliseconds: number): typeof narrow =>
      (...args) => {
        now += milliseconds;
        gemm(...args);
      };
    const kernels = { ...runtime.kernels, f32_gemm_3x12: timed(narrow, 0.01), f32_gemm_4x16: timed(wide, 0.005) };
    const slowed = Object.assign(Object.create(runtime) as WasmRuntime, { kernels });
    const race = new TileRace(slowed, ['3x12', '4x16'], () => Math.floor((now += 0.0005) / tick) * tick);
    const ratio = race.round();
    expect(ratio).toBeGreaterThan(1.6);
    expect(ratio).toBeLessThan(2.4);
  });

  test('is given up where the clock ticks each millisecond', () => {
    let now = 0;
    expect(raced(() => Math.floor((now += 0.001))).ratio).toBeUndefined();
  });

  test('ends where the clock stands still', () => {
    expect(raced(() => 5).ratio).toBeUndefined();
  });

  test('notices other bits', () => {
    const race = new TileRace(runtime, ['3x12', '4x16']);
    race.round();
    const { f32 } = runtime.memory;
    for (let at = 0; at < f32.length; at++) if (f32[at] !== 0) f32[at] += 1;
    expect(race.sameBits).toBe(false);
  });
});
