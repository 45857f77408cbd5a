/**
 * Cache blocking of the GEMM drivers. Blocks only change the order in which whole tiles are visited, never the order of the
 * products within one element, so no result depends on these numbers.
 */

/** Longest panel stretch kept hot: 512 rows of 8 columns are 16 KiB, half of a common 32 KiB L1 data cache. */
const MAX_DEPTH: i32 = 512;

/** Bytes of A kept hot while all panels pass: half of a 512 KiB L2 cache. */
const A_BLOCK_BYTES: i32 = 256 * 1024;

/** Samples per block of the weight gradient. */
// @ts-ignore: decorator
@inline
export const OUTER_DEPTH: i32 = 256;

/** Inputs per block of the weight gradient: whole cache lines of the activations, reused by every panel of the deltas. */
// @ts-ignore: decorator
@inline
export const OUTER_ROWS: i32 = 64;

/** k split into equal blocks of at most MAX_DEPTH, each a multiple of 4. */
export function depthBlock(k: i32): i32 {
  if (k <= MAX_DEPTH) return k;
  const blocks = (k + MAX_DEPTH - 1) / MAX_DEPTH;
  return ((k + blocks - 1) / blocks + 3) & -4;
}

/** Rows of A per block, a multiple of the tile's rows. */
export function rowBlock(depth: i32, tileRows: i32): i32 {
  const rows = A_BLOCK_BYTES / (max(depth, 1) << 2);
  return max(rows / tileRows, 1) * tileRows;
}
