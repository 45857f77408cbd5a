/**
 * Templates of the exported kernels: they cut a product into cache blocks, pack operands where that pays (packing.mjs),
 * and go over the panels of each block. Sizes of blocks and the conditions for packing are in
 * assembly/gemm/blocking.ts.
 */
import { EDGE_ROWS, GEMV_PANELS, TAIL_ROWS, nameOf, tailWidths } from './family.mjs';
import { gemvName } from './gemv.mjs';
import { packBlockOfA, packPanelOfB, packRowsOfA } from './packing.mjs';
import { PACKED, UNPACKED } from './tile.mjs';

/**
 * The last panel, if it is narrower than W columns, with the tile of its width.
 *
 * @param {number} W
 * @param {(width: number, tile: string) => string} call
 */
const narrowerPanel = (W, call) =>
  tailWidths(W)
    .map((width) => `if (n - j > ${width - 4} && n - j <= ${width}) ${call(width, nameOf(TAIL_ROWS[width], width))}`)
    .join('\nelse ');

/** `gemm`: forward and delta propagation. @param {number} R @param {number} W */
export function gemmDriver(R, W) {
  const tile = nameOf(R, W);
  const unpackedTile = nameOf(EDGE_ROWS[tile] ?? R, W);
  return `
/**
 * C (m, n) = init + A (m, k) · B. A and C are row-major, B is in panels of ${W}.
 * init: a row (ldi 0), a matrix, or null for zero. packed: room for PACKED_A_BYTES, or null.
 */
export function f32_gemm_${tile}(
  m: i32, n: i32, k: i32, a: usize, lda: usize, b: usize, init: usize, ldi: usize, c: usize, ldc: usize, packed: usize,
): void {
  lda <<= 2;
  ldi <<= 2;
  ldc <<= 2;
  const packs = packsA(m, n, packed);
  const kc = depthBlock(k);
  const mc = packs ? packedRowBlock(m, kc, ${R}) : rowBlock(m, kc, ${R});
  let k0 = 0;
  do {
    const depth = min(kc, k - k0);
    for (let i = 0; i < m; i += mc) {
      const rows = min(mc, m - i);
      const ai = a + <usize>i * lda + (<usize>k0 << 2);
      let ci = c + <usize>i * ldc;
      let ii: usize = init == 0 ? 0 : init + <usize>i * ldi;
      let j = 0;
      if (packs) {
        ${packRowsOfA(R, W)}
      } else if (rows == 1) {
        ${gemvName(W, GEMV_PANELS[tile])}(n, k, k0, depth, ai, b, ii, ci);
        continue;
      }
      for (; j + ${W - 4} < n; j += ${W}) {
        const bj = panelAt(b, j, k, k0, ${W});
        if (packs) ${PACKED.gemm}Panel${tile}(rows, depth, packed, bj, ii, ldi, ci, ldc);
        else ${UNPACKED.gemm}Panel${unpackedTile}(rows, depth, ai, lda, bj, ii, ldi, ci, ldc);
        ci += ${4 * W};
        if (ii != 0) ii += ${4 * W};
      }
      if (j >= n) continue;
      ${narrowerPanel(
        W,
        (width, tail) =>
          `${UNPACKED.gemm}Panel${tail}(rows, depth, ai, lda, panelAt(b, j, k, k0, ${width}), ii, ldi, ci, ldc);`,
      )}
    }
    init = c;
    ldi = ldc;
    k0 += kc;
  } while (k0 < k);
}`;
}

/** `gemmTN`: the weight gradient. @param {number} R @param {number} W */
export function gemmTNDriver(R, W) {
  const tile = nameOf(R, W);
  return `
/**
 * C (m, n) = [C +] Aᵀ · B. A (k, m) and B (k, n) are row-major, C is in panels of ${W}. k = 0 leaves zero, or C.
 * scratch: a packed block of A, GEMM_TN_A_BYTES, and behind it a packed panel of B, GEMM_TN_DEPTH rows.
 */
export function f32_gemm_tn_${tile}(
  m: i32, n: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: i32, scratch: usize,
): void {
  lda <<= 2;
  ldb <<= 2;
  let add: bool = accumulate != 0;
  const packs = packsTN(n, k);
  let k0 = 0;
  do {
    const depth = min(GEMM_TN_DEPTH, k - k0);
    const bk = b + <usize>k0 * ldb;
    for (let i = 0; i < m; i += GEMM_TN_ROWS) {
      const rows = min(GEMM_TN_ROWS, m - i);
      let ai = a + <usize>k0 * lda + (<usize>i << 2);
      let strideA = lda;
      let j = 0;
      if (packs) {
        ${packBlockOfA()}
        for (; j + ${W - 4} < n; j += ${W}) {
          ${packPanelOfB(W)}
          const ci = panelAt(c, j, m, i, ${W});
          gemmTNPanel${tile}(rows, depth, ai, strideA, scratch + GEMM_TN_A_BYTES, ${4 * W}, ci, add);
        }
      } else {
        for (; j + ${W - 4} < n; j += ${W}) {
          gemmTNPanel${tile}(rows, depth, ai, lda, bk + (<usize>j << 2), ldb, panelAt(c, j, m, i, ${W}), add);
        }
      }
      if (j >= n) continue;
      ${narrowerPanel(
        W,
        (width, tail) => `
        gemmTNPanel${tail}(rows, depth, ai, strideA, bk + (<usize>j << 2), ldb, panelAt(c, j, m, i, ${width}), add);`,
      )}
    }
    add = true;
    k0 += GEMM_TN_DEPTH;
  } while (k0 < k);
}`;
}
