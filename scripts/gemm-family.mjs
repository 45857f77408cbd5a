/** The family of GEMM register tiles: what gemm-tiles.mjs writes and src/engine/tile.ts offers. */

/**
 * Main tiles on offer, rows × columns; the engine picks one.
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
 * Panels that one row of A meets at a time when m = 1, the most first: from eight chains on the latency of the addition is hidden, and the more
 * there are, the fewer loads of A there are among those of B, which bound it. Tiles for 256 bits take twice as many.
 *
 * @type {Readonly<Record<string, readonly number[]>>}
 */
export const VECTOR_PANELS = {
  '4x8': [4, 1],
  '5x8': [4, 1],
  '3x12': [4, 3, 2, 1],
  '2x16': [2, 1],
  '4x16': [4, 2, 1],
  '6x16': [4, 2, 1],
};

/**
 * Ends of one row that are taken in fewer goes, or more even ones, than panel by panel: columns of a panel, then for each go how many panels and the columns of a narrower last one,
 * which alone would wait for its additions. 16, 64, 256 and 1024 columns end in 12 + 4, 32 in 24 + 8, and 128, 512 and 2048 in 36 and 36 + 8: of 128, the last 80 as 48 and 24 + 8 made it 4 % slower.
 *
 * @type {readonly (readonly [columns: number, ...goes: readonly (readonly [panels: number, last: number])[]])[]}
 */
export const VECTOR_ENDS = [
  [12, [1, 4]],
  [12, [2, 8]],
  [12, [3, 0], [3, 8]],
];
