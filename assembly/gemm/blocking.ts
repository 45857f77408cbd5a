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
 * first-level TLB holds (784 × 512, 128 samples, 3×12 on V8 11.3: 30 GFLOP/s as they stand, 35 packed); with few samples or outputs the copies are not earned back.
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

/**
 * Bytes of a block of strips; src/engine/machine.ts has the same. 160 rows of 800 inputs, since each block takes all panels from memory again: with blocks of 80
 * KiB, 256 rows of 2048 inputs and units are 15 % slower, with 256 KiB 8 %.
 */
const STRIPS: i32 = 512 * 1024;

/**
 * Whether the rows of A are packed into strips as high as the tile, which takes one pointer instead of one for each row: 3×12 then has 28 instructions for 18
 * products and sums instead of 30, 5×8 31 for 20 instead of 36, and what bounds all tiles is how many a processor takes in at a time. Few columns do not earn
 * the copy back.
 */
export function packsRows(m: i32, n: i32, strips: usize): bool {
  // @ts-ignore: an integer of asconfig.json, 1 where size counts more than speed
  return CHAINS > 1 && strips != 0 && m > 1 && n >= 64;
}

/** m split into equal blocks of whole strips that there is room for, with the three floats that packing writes past the last. */
export function packedRows(m: i32, depth: i32, tileRows: i32): i32 {
  return equalBlocks(m, (STRIPS - 16) / (max(depth, 1) << 2), tileRows);
}

/**
 * How many of `rows` rows strips of `edge` rows take; the others go into strips of `tileRows`. With strips of 6 and 4, any number of rows from 7 on leaves at most one row of
 * the last strip empty.
 */
export function edgeRows(rows: i32, tileRows: i32, edge: i32): i32 {
  const rest = rows % tileRows;
  if (rest > edge) return 0;
  return rest > 0 && rest + rest <= edge && rows > tileRows ? rest + tileRows : rest;
}

/** `total` split into equal blocks of at most `most`, also when they are filled up to a multiple of `step`, which each but the last is. */
function equalBlocks(total: i32, most: i32, step: i32): i32 {
  const whole = max(most / step, 1) * step;
  if (total <= whole) return total;
  const blocks = (total + whole - 1) / whole;
  return (((total + blocks - 1) / blocks + step - 1) / step) * step;
}

/** k split into equal blocks of at most MAX_DEPTH, each a multiple of 4. */
export function depthBlock(k: i32): i32 {
  return equalBlocks(k, MAX_DEPTH, 4);
}

/** m split into equal blocks of at most A_BLOCK_BYTES, each but the last a multiple of the tile's rows. */
export function rowBlock(m: i32, depth: i32, tileRows: i32): i32 {
  return equalBlocks(m, max(A_BLOCK_BYTES / (max(depth, 1) << 2), tileRows), tileRows);
}
