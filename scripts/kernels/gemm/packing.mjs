/**
 * Templates of the packing steps within the drivers. The loops that copy are in assembly/gemm/packed-a.ts and
 * blocking.ts.
 */
import { EDGE_ROWS, nameOf } from './family.mjs';

/**
 * `gemm`: packs the rows of a block for the tiles of R rows and, if the family has one, the lower tile at the edge.
 *
 * @param {number} R
 * @param {number} W
 */
export function packRowsOfA(R, W) {
  const lower = EDGE_ROWS[nameOf(R, W)];
  if (lower === undefined) return `packA(${R}, rows, depth, ai, lda, packed);`;
  return `
  const whole = rows - edgeRows(rows, ${R}, ${lower});
  packA(${R}, whole, depth, ai, lda, packed);
  packA(${lower}, rows - whole, depth, ai + <usize>whole * lda, lda, packed + ((<usize>whole * depth) << 2));`;
}

/** `gemmTN`: copies a block of A. The stride of the copy is the width of a block. */
export const packBlockOfA = () => `
  copyRows(depth, (rows + 3) >> 2, ai, lda, scratch, GEMM_TN_ROWS << 2);
  ai = scratch;
  strideA = GEMM_TN_ROWS << 2;`;

/** `gemmTN`: copies a panel of B to behind the block of A. @param {number} W */
export const packPanelOfB = (W) =>
  `copyRows(depth, ${W / 4}, bk + (<usize>j << 2), ldb, scratch + GEMM_TN_A_BYTES, ${4 * W});`;
