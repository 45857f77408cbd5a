/**
 * Templates of the register micro-kernels: one tile of C from all its k products. A tile of R rows and W columns keeps
 * R·W/4 accumulators in vector registers, named c‹row›_‹vector›. Each accumulator adds its products in ascending k and
 * never shares a sum with another, so every tile, blocking and edge gives the same bits.
 *
 * Two forms serve all of backpropagation (m rows, n columns, k summed):
 *
 * - `gemm`    C(m, n) = init + A(m, k)·B. A and C are row-major, B is in panels. Forward: A = activations, B = weights.
 *   Delta propagation: A = deltas, B = transposed weights. Exported as `f32_gemm_RxW`.
 * - `gemmTN`  C(m, n) = [C +] Aᵀ·B. A (k, m) and B (k, n) are row-major, C is in panels. Weight gradient. Exported as
 *   `f32_gemm_tn_RxW`.
 *
 * Panels: a (k, n) matrix is stored as blocks of W columns, block after block, each with its k rows one after another.
 * The last block is as narrow as a multiple of four allows, so panels take k·4⌈n/4⌉ floats.
 */
import { BY_COLUMNS, PAIRED, UNROLL, nameOf } from './family.mjs';
import { each, eachAccumulator, eachOf, lines } from './template.mjs';

/**
 * Access of `gemm` to A. Strides are in bytes.
 *
 * @typedef {object} OperandA
 * @property {string} gemm name of the tile function, before its size
 * @property {(rows: number) => string} description
 * @property {string} parameters
 * @property {string} operands the same, as the arguments of a call
 * @property {(rows: number) => number} pointers how many pointers the loop moves
 * @property {(rows: number) => number} step bytes that each pointer moves in a k step
 * @property {(rows: number, row: number, step: number) => string} load of a row's value, `step` steps from the pointer
 * @property {(rows: number) => string} advance to the next tile
 */

/** A as it is stored, through one pointer per row. Rows past m repeat row m − 1. @type {OperandA} */
export const UNPACKED = {
  gemm: 'gemm',
  description: () => 'A (m, k)',
  parameters: 'a: usize, lda: usize',
  operands: 'a, lda',
  pointers: (R) => R,
  step: () => 4,
  load: (R, r, u) => `v128.load32_splat(a${r}, ${4 * u})`,
  advance: (R) => `a += ${R} * lda;`,
};

/**
 * Packed A, through one pointer: R rows with their values of one k side by side, see assembly/gemm/packed-a.ts.
 *
 * @type {OperandA}
 */
export const PACKED = {
  gemm: 'gemmPacked',
  description: (R) => `packed A (k, ${R})ᵀ`,
  parameters: 'a: usize',
  operands: 'a',
  pointers: () => 1,
  step: (R) => 4 * R,
  load: (R, r, u) => `v128.load32_splat(a0, ${4 * (R * u + r)})`,
  advance: (R) => `a += <usize>k * ${4 * R};`,
};

/**
 * Pointers `name`0 … `name`R−1 to the rows of a matrix. Those past m point to row m − 1.
 *
 * @param {'let' | 'const'} declare
 * @param {number} count
 * @param {string} name
 * @param {string} first
 * @param {string} stride
 */
const rowPointers = (declare, count, name, first, stride) => `
  ${declare} ${name}0 = ${first};
  ${each(count, (r) => `${declare} ${name}${r} = m > ${r} ? ${name}${r - 1} + ${stride} : ${name}${r - 1};`, 1)}`;

/** @param {number} R @param {number} V */
const zeroAccumulators = (R, V) => eachAccumulator(R, V, (r, v) => `let c${r}_${v} = f32x4.splat(0);`);

/**
 * Accumulators that start with the rows at pointers `name` where `condition`, an i32 of 0 or 1, is true, and with zero
 * otherwise.
 *
 * @param {number} R
 * @param {number} V
 * @param {string} name
 * @param {string} condition
 */
const maskedAccumulators = (R, V, name, condition) => `
  const kept = i32x4.splat(0 - ${condition});
  ${eachAccumulator(R, V, (r, v) => `let c${r}_${v} = v128.and(v128.load(${name}${r}, ${16 * v}), kept);`)}`;

/**
 * One k step of a tile: operands are loaded in the order of their first use, and each product follows directly after
 * its operands.
 *
 * @param {number} R
 * @param {number} W
 * @param {(row: number) => string} loadA
 * @param {(vector: number) => string} loadB
 */
function kStep(R, W, loadA, loadB) {
  const V = W / 4;
  const a = (/** @type {number} */ r) => `const a${r}_k = ${loadA(r)};`;
  const b = (/** @type {number} */ v) => `const b${v}_k = ${loadB(v)};`;
  const product = (/** @type {number} */ r, /** @type {number} */ v) =>
    `c${r}_${v} = madd(a${r}_k, b${v}_k, c${r}_${v});`;
  return BY_COLUMNS.has(nameOf(R, W))
    ? lines(
        each(R, a),
        each(V, (v) =>
          lines(
            b(v),
            each(R, (r) => product(r, v)),
          ),
        ),
      )
    : lines(
        each(V, b),
        each(R, (r) =>
          lines(
            a(r),
            each(V, (v) => product(r, v)),
          ),
        ),
      );
}

/**
 * The tile of `gemm`.
 *
 * - Pointers are advanced before they are used: V8 11.3 uses the result of an addition as an address directly, and
 *   copies any other loop variable first.
 * - V8 11.3 orders the loop by the order of the stores behind it.
 * - A paired tile without init reads C under a mask of zero: C has the same rows and columns.
 *
 * @param {number} R
 * @param {number} W
 * @param {OperandA} A
 */
export function gemmTile(R, W, A) {
  const V = W / 4;
  const tile = nameOf(R, W);
  const unroll = UNROLL[tile] ?? 1;
  const pointers = Array.from({ length: A.pointers(R) }, (_, r) => `a${r}`);
  const bytesA = A.step(R) * unroll;
  const bytesB = 4 * W * unroll;

  const loadInit = each(R, (r) =>
    lines(
      r > 0 && `if (m > ${r}) init += ldi;`,
      each(V, (v) => `c${r}_${v} = v128.load(init, ${16 * v});`),
    ),
  );
  const start = PAIRED.has(tile)
    ? `
  const starts = i32(init != 0);
  if (init == 0) {
    init = c;
    ldi = ldc;
  }
  ${rowPointers('const', R, 'i', 'init', 'ldi')}
  ${maskedAccumulators(R, V, 'i', 'starts')}`
    : `
  ${zeroAccumulators(R, V)}
  if (init != 0) {
    ${loadInit}
  }`;

  /** A k step in its own block, and the exit behind it. @param {number} u */
  const step = (u) =>
    lines(
      '{',
      kStep(
        R,
        W,
        (r) => A.load(R, r, u),
        (v) => `v128.load(b, ${4 * (u * W + 4 * v)})`,
      ),
      '}',
      `if (b == end${u}) break;`,
    );

  return `
/**
 * C (m ≤ ${R}, ${W}) = init + ${A.description(R)} · panel (k, ${W}). Rows past m repeat row m − 1. Strides in bytes.
 */
function ${A.gemm}${tile}(
  m: i32, k: i32, ${A.parameters}, b: usize, init: usize, ldi: usize, c: usize, ldc: usize,
): void {
  ${rowPointers('let', pointers.length, 'a', 'a', 'lda')}
  ${start}
  if (k > 0) {
    const end0 = b + <usize>(k - 1) * ${4 * W};
    ${each(unroll, (u) => `const end${u} = end0 - ${4 * W * u};`, 1)}
    ${eachOf(pointers, (pointer) => `${pointer} -= ${bytesA};`)}
    b -= ${bytesB};
    while (true) {
      ${eachOf(pointers, (pointer) => `${pointer} += ${bytesA};`)}
      b += ${bytesB};
      ${each(unroll, step)}
    }
  }
  ${rowPointers('const', R, 'p', 'c', 'ldc')}
  ${eachAccumulator(R, V, (r, v) => `v128.store(p${r}, c${r}_${v}, ${16 * v});`)}
}`;
}

/**
 * The tile of `gemmTN`. C is a panel, so its rows are W floats apart. A paired tile stores its last row first: pointers
 * past m point to row m − 1, which then is stored last.
 *
 * @param {number} R
 * @param {number} W
 */
export function gemmTNTile(R, W) {
  const V = W / 4;
  const tile = nameOf(R, W);
  const paired = PAIRED.has(tile);

  const step = kStep(
    R,
    W,
    (r) => `v128.load32_splat(a, ${4 * r})`,
    (v) => `v128.load(b, ${16 * v})`,
  );
  const loadC = each(R, (r) =>
    lines(
      r > 0 ? `if (m > ${r}) {` : '{',
      each(V, (v) => `c${r}_${v} = v128.load(c, ${16 * (r * V + v)});`),
      '}',
    ),
  );
  const start = paired
    ? `
  ${rowPointers('const', R, 'p', 'c', `${4 * W}`)}
  ${maskedAccumulators(R, V, 'p', 'i32(accumulate)')}`
    : `
  ${zeroAccumulators(R, V)}
  if (accumulate) {
    ${loadC}
  }`;

  const storeDownwards = eachAccumulator(R, V, (i, v) => `v128.store(p${R - 1 - i}, c${R - 1 - i}_${v}, ${16 * v});`);
  const storeRows = each(R, (r) =>
    lines(
      r > 0 && `if (m <= ${r}) return;`,
      each(V, (v) => `v128.store(c, c${r}_${v}, ${16 * (r * V + v)});`),
    ),
  );

  return `
/** C (m ≤ ${R}, ${W}), rows ${4 * W} bytes apart, = [C +] Aᵀ · B, A (k, m), B (k, ${W}). Strides in bytes. */
function gemmTN${tile}(
  m: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: bool,
): void {
  ${start}
  if (k > 0) {
    const end = a + <usize>(k - 1) * lda;
    a -= lda;
    b -= ldb;
    do {
      a += lda;
      b += ldb;
      ${step}
    } while (a != end);
  }
  ${paired ? storeDownwards : storeRows}
}`;
}
