/**
 * The family of GEMM register tiles: which tiles there are, and for each how its loops are written. The tables hold
 * decisions and the measurements behind them; tile.mjs, panels.mjs, gemv.mjs and drivers.mjs write AssemblyScript by
 * them, and shared-constants.mjs passes the names on to the library. A tile of R rows and W columns is named `RxW`.
 */

/**
 * Main tiles, rows × columns. The engine picks one.
 *
 * @type {readonly (readonly [rows: number, columns: number])[]}
 */
export const TILES = [
  [4, 8],
  [5, 8],
  [3, 12],
  [2, 16],
  [4, 16],
  [6, 16],
];

/**
 * Tiles for a last panel that is narrower than the others, columns → rows, whatever the main tile is.
 *
 * @type {Readonly<Record<number, number>>}
 */
export const TAIL_ROWS = { 4: 8, 8: 4, 12: 3 };

/**
 * Tiles that read packed A only, and the rows of the tile that handles the rest: unpacked rows, since 6×16 has not
 * enough registers to hold a pointer to each, and the rows that `edgeRows` in assembly/gemm/blocking.ts leaves to it.
 * So 32 rows are four times 6 and twice 4, where six times 6 would be 36.
 */
export const EDGE_ROWS = { '6x16': 4 };

/**
 * k steps per iteration of the `gemm` loop, where not 1: the row pointers are advanced once for all of them. Measured
 * on V8 11.3 and 14: only 4×8 gains (37 instead of 36 GFLOP/s). With more accumulators or wider rows V8 11.3 spills
 * (3×12 falls from 39 to 18, 4×16 from 28 to 13).
 *
 * @type {Readonly<Partial<Record<string, number>>>}
 */
export const UNROLL = { '4x8': 2 };

/**
 * Tiles whose products are ordered column by column: each vector of B is multiplied with all rows before the next
 * vector is loaded. The others go row by row. V8 14 keeps this order (2×16: 41 GFLOP/s by columns, 35 by rows). V8 11.3
 * chooses its own order where it can, and spills where it cannot (5×8: 20 by columns, 38 by rows).
 */
export const BY_COLUMNS = new Set(['2x16']);

/**
 * Tiles written for V8's pairing of neighbouring vectors to 256 bits. V8 pairs two operations only if they are in one
 * basic block, and a chain of operations only as a whole, from its first value to its store. So the initial
 * accumulators are loaded one after another without a branch between them, and a start at zero is a mask on them. With
 * branches, Binaryen makes the last accumulator the value of an `if`, whose zero is in its own block, and 4×16 keeps
 * one pair of eight unpaired (fused `gemm`: 78 instead of 88 GFLOP/s). V8's flag `--trace-wasm-revectorize` prints
 * which operations were not paired, and why.
 */
export const PAIRED = new Set(['4x16', '6x16']);

/**
 * Panels that one row of A is multiplied with at once when m = 1, the most first. From eight chains on the latency of
 * the addition is hidden. Loads are the bound, and with more panels there are fewer loads of A per load of B. Tiles for
 * 256 bits take twice as many.
 *
 * @type {Readonly<Record<string, readonly number[]>>}
 */
export const GEMV_PANELS = {
  '4x8': [4, 1],
  '5x8': [4, 1],
  '3x12': [4, 3, 2, 1],
  '2x16': [2, 1],
  '4x16': [4, 2, 1],
  '6x16': [4, 2, 1],
};

/**
 * Column remainders of the matrix–vector product that one fused call or two balanced calls handle, instead of one call
 * per panel: the panel's width, then for each call the number of panels and the columns of a narrower last panel, which
 * would wait for its additions on its own.
 *
 * | columns            | end in      |
 * | ------------------ | ----------- |
 * | 16, 64, 256, 1024  | 12 + 4      |
 * | 32                 | 24 + 8      |
 * | 128, 512, 2048     | 36, 36 + 8  |
 *
 * Handling the last 80 of 128 columns as 48 and 24 + 8 was 4 % slower.
 *
 * @type {readonly (readonly [width: number, ...calls: readonly (readonly [panels: number, last: number])[]])[]}
 */
export const GEMV_REMAINDERS = [
  [12, [1, 4]],
  [12, [2, 8]],
  [12, [3, 0], [3, 8]],
];

/** @param {number} rows @param {number} columns */
export const nameOf = (rows, columns) => `${rows}x${columns}`;

/** Widths of a narrower last panel behind panels of `width` columns. @param {number} width */
export const tailWidths = (width) =>
  Object.keys(TAIL_ROWS)
    .map(Number)
    .filter((tail) => tail < width);
