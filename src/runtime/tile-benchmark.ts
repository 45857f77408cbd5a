/**
 * Times register tiles on a small product: `tile: 'auto'` picks the fastest one by it, and simd256.ts compares vector
 * widths. tile.ts lists the tiles.
 */
import type { WasmRuntime } from './wasm-runtime.js';
import { tileOf, TILE_NAMES, type TileName } from './tile.js';

/**
 * Sizes of the product. Its operands fit into the nearest caches, so that arithmetic is timed, and the rows of A are
 * packed as those of larger products are.
 */
const ROWS = 32;
const COLUMNS = 96;
const DEPTH = 64;

/** Operations of one product: a multiplication and an addition for each term. */
const OPERATIONS = 2 * ROWS * COLUMNS * DEPTH;

/** Measurements of a tile, of which the best counts, and the milliseconds of each. */
const REPEATS = 5;
const MEASURED = 1;

/** Result of timing a tile on numbers that show every rounding. */
export interface TileTiming {
  /** The first product. */
  readonly first: Float32Array;
  /** The last product, computed by the optimizing tier. */
  readonly result: Float32Array;
  /** 10⁹ operations per second in the fastest measurement. */
  readonly gigaflops: number;
}

/** Times a tile on fixed numbers, after `warmUp` milliseconds that bring it to the engine's optimizing tier. */
export function timeTile({ arena, kernels, memory, packedA }: WasmRuntime, tile: TileName, warmUp: number): TileTiming {
  const sizes = [ROWS * DEPTH, COLUMNS * DEPTH, ROWS * COLUMNS];
  const [a, b, c] = sizes.map((floats) => arena.allocate(4 * floats));
  const { f32 } = memory;
  // Thirds and sevenths have no finite binary expansion, so every rounding shows.
  for (let i = 0; i < sizes[0]; i++) f32[a / 4 + i] = ((i % 97) - 48) / 3;
  for (let i = 0; i < sizes[1]; i++) f32[b / 4 + i] = ((i % 89) - 44) / 7;
  const { gemm } = tileOf(kernels, tile);
  const multiply = (): void => gemm(ROWS, COLUMNS, DEPTH, a, DEPTH, b, 0, 0, c, COLUMNS, packedA);
  /** Milliseconds per product, measured for `milliseconds`. */
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

/** 10⁹ operations per second, by tile. */
export type TileBenchmark = Readonly<Record<TileName, number>>;

/**
 * Warm-up of each tile in milliseconds, before any is timed: engines compile code in the background once it has run for
 * a while.
 */
const WARM_UP = 8;

/**
 * Times every tile: 10⁹ operations per second in the fastest measurement. Takes about 115 ms: 8 + 5 · 1 to warm up and
 * then 1 + 5 · 1, for each of six tiles.
 */
export function benchmarkTiles(runtime: WasmRuntime): TileBenchmark {
  for (const tile of TILE_NAMES) timeTile(runtime, tile, WARM_UP);
  return Object.fromEntries(TILE_NAMES.map((tile) => [tile, timeTile(runtime, tile, 1).gigaflops])) as Record<
    TileName,
    number
  >;
}
