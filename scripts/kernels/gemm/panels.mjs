/** Templates of the panel loops: all rows of A with one panel of B, tile by tile. */
import { EDGE_ROWS, nameOf } from './family.mjs';
import { PACKED } from './tile.mjs';

/**
 * All rows with a panel of B, for `gemm`. The tile function has two call sites, which keeps it from being inlined: V8
 * 11.3 spills registers when it is. Of packed A, the rows of a lower tile follow those of the main one, see EDGE_ROWS.
 *
 * @param {number} R
 * @param {number} W
 * @param {import('./tile.mjs').OperandA} A
 */
export function gemmPanel(R, W, A) {
  const tile = nameOf(R, W);
  const edgeRows = A === PACKED ? EDGE_ROWS[tile] : undefined;
  const call = (/** @type {number | string} */ rows) =>
    `${A.gemm}${tile}(${rows}, k, ${A.operands}, b, init, ldi, c, ldc);`;
  const leaveEdge = `
  const edge = edgeRows(m, ${R}, ${edgeRows});
  m -= edge;`;
  const doEdge = `else if (edge > 0) ${A.gemm}Panel${edgeRows}x${W}(edge, k, ${A.operands}, b, init, ldi, c, ldc);`;
  return `
function ${A.gemm}Panel${tile}(
  m: i32, k: i32, ${A.parameters}, b: usize, init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  ${edgeRows ? leaveEdge : ''}
  for (; m >= ${R}; m -= ${R}) {
    ${call(R)}
    ${A.advance(R)}
    c += ${R} * ldc;
    if (init != 0) init += ${R} * ldi;
  }
  if (m > 0) ${call('m')}
  ${edgeRows ? doEdge : ''}
}`;
}

/**
 * All rows of C with a panel of B, for `gemmTN`.
 *
 * @param {number} R
 * @param {number} W
 */
export function gemmTNPanel(R, W) {
  const tile = nameOf(R, W);
  return `
function gemmTNPanel${tile}(
  m: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: bool,
): void {
  for (; m >= ${R}; m -= ${R}) {
    gemmTN${tile}(${R}, k, a, lda, b, ldb, c, accumulate);
    a += ${4 * R};
    c += ${4 * R * W};
  }
  if (m > 0) gemmTN${tile}(m, k, a, lda, b, ldb, c, accumulate);
}`;
}
