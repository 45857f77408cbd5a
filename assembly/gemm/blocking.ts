/**
 * Cache blocking of the GEMM drivers. Blocks only change the order in which whole tiles are visited, never the order of the
 * products within one element, so no result depends on these numbers.
 */

/**
 * Longest stretch of a panel that is taken at once. A panel is read in sequence, which the second-level cache keeps up with: 256 to 1024 rows are within
 * 3 % of each other. The inputs of an MNIST digit, 784, go in one.
 */
const MAX_DEPTH: i32 = 800;

/**
 * Bytes of A that all panels pass before the next rows of A do. More than a second-level cache of 512 KiB holds, since the next level is fast enough for A,
 * and each block of rows takes all panels from memory again: 256 rows of 2048 inputs at once are 2 to 5 % faster than in blocks of 384 KiB; with 4 MiB
 * 1,024 rows are 7 % slower.
 */
const A_BLOCK_BYTES: i32 = 768 * 1024;

/**
 * Samples and inputs per block of the weight gradient: 128 samples of 144 inputs are 72 KiB packed, which the second-level cache keeps for all panels of
 * deltas, and 128 samples of a panel of 16 deltas 8 KiB in the first level. Every block of inputs has its deltas packed anew: with 48 inputs that was 5 % of
 * the time with 128-bit vectors and 10 to 13 % with 256-bit ones; 240 or 336 are no faster. 144 is a multiple of the rows of nearly all tiles, and packed rows
 * of 144 take an odd number of cache lines, so that they fall on all sets (192 rows, 12 lines each: 8 % slower).
 */
// @ts-ignore: decorator
@inline
export const OUTER_DEPTH: i32 = 128;

// @ts-ignore: decorator
@inline
export const OUTER_ROWS: i32 = 144;

/** Bytes of a packed block of inputs; a packed panel of deltas stands behind it. */
// @ts-ignore: decorator
@inline
export const OUTER_BLOCK: usize = 128 * 144 * 4;

/**
 * Whether the weight gradient copies its operands into scratch first. Walking down the columns of both touches a page for each sample, more than the
 * first-level TLB holds (512 × 480, 128 samples, 3×12: 30 GFLOP/s as they stand, 35 packed); with few samples or outputs the copies are not earned back.
 */
export function packsOuter(n: i32, k: i32): bool {
  return k >= 64 && n >= 64;
}

/** Copies `rows` rows of `vectors` vectors. Strides in bytes. */
export function copyRows(rows: i32, vectors: i32, from: usize, stride: usize, to: usize, toStride: usize): void {
  for (; rows > 0; --rows, from += stride, to += toStride) {
    for (let at: usize = 0, end = (<usize>vectors) << 4; at < end; at += 16) v128.store(to + at, v128.load(from + at));
  }
}

/** k split into equal blocks of at most MAX_DEPTH, each a multiple of 4. */
export function depthBlock(k: i32): i32 {
  if (k <= MAX_DEPTH) return k;
  const blocks = (k + MAX_DEPTH - 1) / MAX_DEPTH;
  return ((k + blocks - 1) / blocks + 3) & -4;
}

/** m split into equal blocks of at most A_BLOCK_BYTES, each but the last a multiple of the tile's rows. */
export function rowBlock(m: i32, depth: i32, tileRows: i32): i32 {
  const most = max(A_BLOCK_BYTES / (max(depth, 1) << 2) / tileRows, 1) * tileRows;
  if (m <= most) return m;
  const blocks = (m + most - 1) / most;
  return (((m + blocks - 1) / blocks + tileRows - 1) / tileRows) * tileRows;
}
