/**
 * Cache blocking of the GEMM drivers, which scripts/kernels/gemm/ generates: the sizes of the blocks, and the
 * conditions for packing operands. Blocks change only the order in which whole tiles are visited, never the order of
 * the products within one element, so no result depends on these numbers. Sizes that the library must know too are in
 * scripts/kernels/shared-constants.mjs.
 */
import { PACKED_A_BYTES } from './constants.generated';

/**
 * Longest part of a panel that is processed at once. A panel is read in sequence, and the second-level cache keeps up:
 * 256 to 1024 rows are within 3 % of each other. The inputs of an MNIST digit, 784, are one part.
 */
const MAX_DEPTH: i32 = 800;

/**
 * Bytes of a block of A that is multiplied with all panels before the next rows of A. This is more than a second-level
 * cache of 512 KiB holds: the next level is fast enough for A, and each block of rows reads all panels from memory
 * again. 256 rows of 2048 inputs at once are 2 to 5 % faster than in blocks of 384 KiB; with 4 MiB, 1,024 rows are 7 %
 * slower.
 */
const A_BLOCK_BYTES: i32 = 768 * 1024;

/**
 * Returns the address of row k0 of the panel that starts at column j, in a matrix of k rows. `width` is the width of
 * that panel.
 */
// @ts-ignore: decorator
@inline
export function panelAt(panels: usize, j: i32, k: i32, k0: i32, width: i32): usize {
  return panels + ((<usize>j * k + <usize>k0 * width) << 2);
}

/**
 * Whether the weight gradient copies its operands into scratch first. Walking down the columns of both touches a page
 * per sample, more than the first-level TLB holds (784 × 512, 128 samples, 3×12 on V8 11.3: 30 GFLOP/s unpacked, 35
 * packed). With few samples or outputs the copies do not pay.
 */
export function packsTN(n: i32, k: i32): bool {
  return k >= 64 && n >= 64;
}

/** Copies `rows` rows of `vectors` vectors. Strides in bytes. */
export function copyRows(rows: i32, vectors: i32, from: usize, stride: usize, to: usize, toStride: usize): void {
  for (; rows > 0; --rows, from += stride, to += toStride) {
    for (let at: usize = 0, end = (<usize>vectors) << 4; at < end; at += 16) v128.store(to + at, v128.load(from + at));
  }
}

/**
 * Whether the rows of A are packed in groups of the height of the tile. The tile then reads them through one pointer
 * instead of one per row: 3×12 has 28 instructions for 18 products and sums instead of 30, 5×8 has 31 for 20 instead of
 * 36, and all tiles are bound by the number of instructions that a processor decodes per cycle. With few columns the
 * copy does not pay.
 */
export function packsA(m: i32, n: i32, packed: usize): bool {
  // @ts-ignore: an integer of asconfig.json, 1 where size counts more than speed
  return CHAINS > 1 && packed != 0 && m > 1 && n >= 64;
}

/** Splits m into equal blocks of whole tiles that fit into PACKED_A_BYTES, including the three floats past the last. */
export function packedRowBlock(m: i32, depth: i32, tileRows: i32): i32 {
  return equalBlocks(m, (PACKED_A_BYTES - 16) / (max(depth, 1) << 2), tileRows);
}

/**
 * Returns how many of `rows` rows go into tiles of `edge` rows; the others go into tiles of `tileRows`. With 6 and 4,
 * any number of rows from 7 on leaves at most one row of the last tile empty.
 */
export function edgeRows(rows: i32, tileRows: i32, edge: i32): i32 {
  const rest = rows % tileRows;
  if (rest > edge) return 0;
  return rest > 0 && rest + rest <= edge && rows > tileRows ? rest + tileRows : rest;
}

/**
 * Splits `total` into equal blocks, multiples of `step` except the last. No block is above `most`, unless `step` is.
 */
function equalBlocks(total: i32, most: i32, step: i32): i32 {
  const whole = max(most / step, 1) * step;
  if (total <= whole) return total;
  const blocks = (total + whole - 1) / whole;
  return (((total + blocks - 1) / blocks + step - 1) / step) * step;
}

/** Splits k into equal blocks of at most MAX_DEPTH, each a multiple of 4. */
export function depthBlock(k: i32): i32 {
  return equalBlocks(k, MAX_DEPTH, 4);
}

/** Splits m into equal blocks of at most A_BLOCK_BYTES, each a multiple of the rows of the tile except the last. */
export function rowBlock(m: i32, depth: i32, tileRows: i32): i32 {
  return equalBlocks(m, max(A_BLOCK_BYTES / (max(depth, 1) << 2), tileRows), tileRows);
}
