import type { WasmRuntime } from './wasm-runtime.js';
import { tileOf, TILE_NAMES, type TileName } from './tile.js';

/**
 * Sizes that the nearest caches hold, so that what is timed is arithmetic, and for which the rows of A are packed as
 * those of larger ones are.
 */
const ROWS = 32;
const COLUMNS = 96;
const DEPTH = 64;

/** Operations of one product: a multiplication and an addition for each. */
const OPERATIONS = 2 * ROWS * COLUMNS * DEPTH;

/** Measurements of a tile, of which the best counts, and how long each takes in milliseconds. */
const REPEATS = 5;
const MEASURED = 1;

/** A product whose numbers take every bit, and how fast it is made. */
export interface TileTiming {
  /** As it was made first. */
  readonly first: Float32Array;
  /** As it was made last, by the optimizing tier. */
  readonly result: Float32Array;
  /** 10⁹ operations a second, at best. */
  readonly gigaflops: number;
}

/**
 * Runs a tile on fixed numbers for `warmUp` milliseconds, which brings it to an engine's optimizing tier, and times it.
 */
export function timeTile({ arena, kernels, memory, packedA }: WasmRuntime, tile: TileName, warmUp: number): TileTiming {
  const sizes = [ROWS * DEPTH, COLUMNS * DEPTH, ROWS * COLUMNS];
  const [a, b, c] = sizes.map((floats) => arena.allocate(4 * floats));
  const { f32 } = memory;
  // Thirds and sevenths have no end in binary: every rounding shows.
  for (let i = 0; i < sizes[0]; i++) f32[a / 4 + i] = ((i % 97) - 48) / 3;
  for (let i = 0; i < sizes[1]; i++) f32[b / 4 + i] = ((i % 89) - 44) / 7;
  const { gemm } = tileOf(kernels, tile);
  const multiply = (): void => gemm(ROWS, COLUMNS, DEPTH, a, DEPTH, b, 0, 0, c, COLUMNS, packedA);
  /** Milliseconds of a product, over so many milliseconds of them. */
  const time = (milliseconds: number): number => {
    const start = performance.now();
    let calls = 0;
    let now = start;
    for (; now - start < milliseconds; now = performance.now()) {
      for (let i = 0; i < 8; i++) multiply();
      calls += 8;
    }
    return (now - start) / calls;
  };
  multiply();
  const first = memory.copy(c, sizes[2]);
  time(warmUp);
  let best = Infinity;
  for (let i = 0; i < REPEATS; i++) best = Math.min(best, time(MEASURED));
  const result = memory.copy(c, sizes[2]);
  for (const address of [a, b, c]) arena.free(address);
  return { first, result, gigaflops: OPERATIONS / best / 1e6 };
}

/** What a tile makes of a machine, by tile. */
export type TileBenchmark = Readonly<Record<TileName, number>>;

/**
 * Milliseconds that each tile is run for before any is timed: engines compile in the background what has run for a
 * while.
 */
const WARM_UP = 8;

/**
 * Times every tile: 10⁹ operations a second, at best. Takes about 115 ms: 8 + 1 + 5 · 1 to get it going, once more 1 +
 * 5 · 1, for each of six tiles.
 */
export function benchmarkTiles(runtime: WasmRuntime): TileBenchmark {
  for (const tile of TILE_NAMES) timeTile(runtime, tile, WARM_UP);
  return Object.fromEntries(TILE_NAMES.map((tile) => [tile, timeTile(runtime, tile, 1).gigaflops])) as Record<
    TileName,
    number
  >;
}
