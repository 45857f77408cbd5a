/**
 * Compares the speed of two register tiles in short rounds, between which the thread does other work, and decides by
 * them whether an engine uses wide vectors. tile-benchmark.ts times all tiles in one call instead.
 */
import { tileOf, type TileName } from './tile.js';
import type { WasmRuntime } from './wasm-runtime.js';

/** Sizes of the product. Its operands fit into the nearest caches, and its rows are packed as those of larger ones. */
const ROWS = 32;
const COLUMNS = 96;
const DEPTH = 64;

/** Milliseconds of one measurement, 30 products on a processor of 2025; more where the clock is coarse. */
const SHORTEST = 0.2;

/** Ticks of the clock in one measurement, so that a tick is an error of an eighth. */
const TICKS = 8;

/** The coarsest clock that is used, in milliseconds: Chromium's is 0.1 in pages that are not isolated. */
const COARSEST = 0.15;

/** Looks at the clock after which it counts as one that stands still. */
const LOOKS = 50_000;

/** Products after which a measurement ends whatever the clock says. */
const MOST_PRODUCTS = 4096;

/** Measurements of each tile in a round, of which the fastest counts. */
const REPEATS = 3;

/** Rounds in a row that have to agree. */
const AGREEING = 4;

/** Rounds at least before the usual tile is left as it is, in which the other has become as fast as it will. */
const LEAST_ROUNDS = 8;

/** Rounds at most. */
const MOST_ROUNDS = 16;

/**
 * Bounds on the speedup that count as wide vectors. The measured ones are 1.2 to 2.1 with them, 0.6 to 0.75 without. A
 * larger one means that the usual tile is still in its slow form.
 */
const LEAST_GAIN = 1.2;
const MOST_GAIN = 2.6;

/** Milliseconds, as `performance.now` has them. */
export type Clock = () => number;

/** Returns the milliseconds between two ticks of the clock, or Infinity if it is too coarse. */
function tickOf(clock: Clock): number {
  let tick = Infinity;
  let last = clock();
  let seen = 0;
  // The first difference may be part of a tick.
  for (let look = 0; look < LOOKS && seen < 3; look++) {
    const now = clock();
    if (now === last) continue;
    if (seen > 0) tick = Math.min(tick, now - last);
    last = now;
    seen += 1;
  }
  return tick <= COARSEST ? tick : Infinity;
}

/** Two tiles, each with operands in its own layout, on a runtime that nothing else uses. */
export class TileRace {
  private readonly sides: readonly { readonly multiply: () => void; readonly result: () => Float32Array }[];
  private readonly first: Float32Array;
  private products = 16;

  constructor(
    runtime: WasmRuntime,
    tiles: readonly [narrow: TileName, wide: TileName],
    private readonly clock: Clock = () => performance.now(),
  ) {
    const { arena, kernels, memory, packedA } = runtime;
    const place = (floats: number): number => arena.allocate(4 * floats);
    const [a, rows] = [place(ROWS * DEPTH), place(16 * DEPTH)];
    // Thirds and sevenths have no finite binary expansion, so every rounding shows.
    for (let i = 0; i < ROWS * DEPTH; i++) memory.f32[a / 4 + i] = ((i % 97) - 48) / 3;
    this.sides = tiles.map((name) => {
      const { gemm, panelWidth } = tileOf(kernels, name);
      const [b, c] = [place(COLUMNS * DEPTH), place(ROWS * COLUMNS)];
      for (let column = 0; column < COLUMNS; column += panelWidth) {
        for (let i = 0; i < panelWidth * DEPTH; i++) {
          memory.f32[rows / 4 + i] = (((column * DEPTH + i) % 89) - 44) / 7;
        }
        kernels.f32_pack_panel(DEPTH, panelWidth, rows, b + 4 * column * DEPTH);
      }
      return {
        multiply: () => gemm(ROWS, COLUMNS, DEPTH, a, DEPTH, b, 0, 0, c, COLUMNS, packedA),
        result: () => memory.copy(c, ROWS * COLUMNS),
      };
    });
    this.sides[0].multiply();
    this.first = this.sides[0].result();
  }

  /** Times both tiles in turns; returns how many times as fast the second is, or undefined without a clock for it. */
  round(): number | undefined {
    const wanted = Math.max(SHORTEST, TICKS * tickOf(this.clock));
    if (wanted === Infinity) return undefined;
    while (this.time(0) < wanted && this.products < MOST_PRODUCTS) this.products *= 2;
    const best = [Infinity, Infinity];
    for (let repeat = 0; repeat < REPEATS; repeat++) {
      for (const side of repeat % 2 === 0 ? [0, 1] : [1, 0]) best[side] = Math.min(best[side], this.time(side));
    }
    return best[0] / best[1];
  }

  /** Whether both tiles still give the bits of the very first product. */
  get sameBits(): boolean {
    return this.sides.every(({ result }) => result().every((value, index) => value === this.first[index]));
  }

  private time(side: number): number {
    const { multiply } = this.sides[side];
    const start = this.clock();
    for (let i = 0; i < this.products; i++) multiply();
    return this.clock() - start;
  }
}

/**
 * Returns the speedup if the last rounds agree on wide vectors, 'none' if it is decided that there are none, and
 * undefined while that is open.
 */
export function judge(ratios: readonly number[]): number | 'none' | undefined {
  const last = ratios.slice(-AGREEING);
  const count = (test: (ratio: number) => boolean): boolean => last.length === AGREEING && last.every(test);
  if (count((ratio) => ratio > LEAST_GAIN && ratio < MOST_GAIN)) return Math.min(...last);
  if (ratios.length >= MOST_ROUNDS) return 'none';
  return ratios.length >= LEAST_ROUNDS && count((ratio) => ratio <= LEAST_GAIN) ? 'none' : undefined;
}
