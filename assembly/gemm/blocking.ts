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
 * Strips of `height` rows from A (m, k): the values of one k side by side, k after k; rows past m repeat row m − 1. Strides in bytes.
 *
 * Four rows at a time, the last ones first: what a store of fewer writes too much, the next one or the rows before write over. So there may be three floats
 * past the last strip.
 */
export function packStrips(height: i32, m: i32, k: i32, a: usize, lda: usize, to: usize): void {
  const step = (<usize>height) << 2;
  for (; m > 0; m -= height, a += <usize>height * lda, to += <usize>k * step) {
    for (let first = (height - 1) & ~3; first >= 0; first -= 4) {
      let p0 = a + <usize>min(first, m - 1) * lda;
      let p1 = first + 1 < min(m, height) ? p0 + lda : p0;
      let p2 = first + 2 < min(m, height) ? p1 + lda : p1;
      let p3 = first + 3 < min(m, height) ? p2 + lda : p2;
      let at = to + ((<usize>first) << 2);
      let rest = k;
      for (; rest >= 4; rest -= 4) {
        const r0 = v128.load(p0);
        const r1 = v128.load(p1);
        const r2 = v128.load(p2);
        const r3 = v128.load(p3);
        const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
        const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
        const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
        const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
        v128.store(at, v128.shuffle<f32>(low01, low23, 0, 1, 4, 5));
        v128.store((at += step), v128.shuffle<f32>(low01, low23, 2, 3, 6, 7));
        v128.store((at += step), v128.shuffle<f32>(high01, high23, 0, 1, 4, 5));
        v128.store((at += step), v128.shuffle<f32>(high01, high23, 2, 3, 6, 7));
        at += step;
        p0 += 16;
        p1 += 16;
        p2 += 16;
        p3 += 16;
      }
      for (; rest > 0; --rest, at += step) {
        const r = f32x4.splat(f32.load(p0));
        const r1 = f32x4.replace_lane(r, 1, f32.load(p1));
        const r2 = f32x4.replace_lane(r1, 2, f32.load(p2));
        v128.store(at, f32x4.replace_lane(r2, 3, f32.load(p3)));
        p0 += 4;
        p1 += 4;
        p2 += 4;
        p3 += 4;
      }
    }
  }
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
