/**
 * Templates of the products in eight bits: z (m, n) of quantized activations (m, k) and weights in panels. Both
 * binaries are compiled from the same source; assembly/int8/dot.ts has what differs.
 *
 * Panels are as those of float32, with groups of 4 inputs in the place of one: blocks of WIDTH columns, each with its
 * groups of 4 inputs one after another, and a group of 4 inputs × 4 columns is 16 bytes. The last block is as narrow as
 * a multiple of four allows. k is padded to a multiple of 4 with zeros.
 */
import { format, resolveConfig } from 'prettier';
import { each, eachAccumulator, lines } from '../gemm/template.mjs';

/** Columns of a panel. */
const WIDTH = 12;

/** Rows of the tile of a panel, by its columns: about as many accumulators each as registers hold. */
const ROWS = { 12: 3, 8: 4, 4: 6 };

/**
 * Groups of inputs that the relaxed product of one row adds in separate accumulators, by columns of a panel: a product
 * waits four or five cycles for the one before, and two start in a cycle.
 */
const CHAINS = { 12: 3, 8: 4, 4: 4 };

/**
 * From so many rows on the plain product widens each panel first. That takes two thirds of the time of a tile, and the
 * product of a row without it as long as a tile of three rows.
 */
const PACKED_ROWS = 3;

/** Bytes of activations that are multiplied with all panels before the next rows, as for float32. */
const BLOCK_BYTES = 768 * 1024;

const WIDTHS = /** @type {const} */ ([12, 8, 4]);

const HEAD = `
// Written by scripts/kernels/build-kernels.mjs, from the templates in scripts/kernels/int8/. Do not edit.
import { ACTIVATION_BYTES, biasAt, dequantize, dequantizeRows, dotAdd, widen } from './dot';
import { addNeighbours } from './lanes';
`;

/** Pointers `name`0 … `name`R−1 to rows. Those past m point to row m − 1. */
const rowPointers = (declare, R, name, first, stride) => `
  ${declare} ${name}0 = ${first};
  ${each(R, (r) => `${declare} ${name}${r} = m > ${r} ? ${name}${r - 1} + ${stride} : ${name}${r - 1};`, 1)}`;

/** Declares the constants of the columns of a tile. @param {number} V */
const columns = (V) =>
  each(V, (v) =>
    lines(
      `const sums${v} = v128.load(sums, ${16 * v});`,
      `const scales${v} = v128.load(scales, ${16 * v});`,
      `const bias${v} = biasAt(bias, ${16 * v});`,
    ),
  );

/**
 * The tile of R rows and W columns. V8 11.3 computes in the order that is written here because of the `if` around the
 * loop: the stores read the values that are merged behind it. Without it, V8 loads all operands of a step before their
 * first use and spills an accumulator, and the plain tile has half the speed.
 *
 * @param {number} R @param {number} W */
function tile(R, W) {
  const V = W / 4;
  return `
/**
 * Sums of products (m ≤ ${R}, ${W}) as integers. \`b\` has \`steps\` rows of ${4 * W} bytes. Rows past m repeat row
 * m − 1. Strides in bytes.
 */
function tile${R}x${W}(m: i32, steps: usize, a: usize, lda: usize, b: usize, z: usize, ldz: usize): void {
  ${rowPointers('let', R, 'a', 'a', 'lda')}
  ${eachAccumulator(R, V, (r, v) => `let c${r}_${v} = i32x4.splat(0);`)}
  if (steps > 0) {
  const end = b + (steps - 1) * ${4 * W};
  ${each(R, (r) => `a${r} -= 4;`)}
  b -= ${4 * W};
  while (true) {
    ${each(R, (r) => `a${r} += 4;`)}
    b += ${4 * W};
    ${each(V, (v) => `const b${v} = v128.load(b, ${16 * v});`)}
    ${each(R, (r) =>
      lines(
        `const x${r} = v128.load32_splat(a${r});`,
        each(V, (v) => `c${r}_${v} = dotAdd(b${v}, x${r}, c${r}_${v});`),
      ),
    )}
    if (b == end) break;
  }
  }
  ${rowPointers('const', R, 'p', 'z', 'ldz')}
  ${eachAccumulator(R, V, (r, v) => `v128.store(p${r}, c${r}_${v}, ${16 * v});`)}
}

/** All rows with a panel. */
function panel${R}x${W}(
  m: i32, steps: usize, a: usize, lda: usize, b: usize, stats: usize, sums: usize, scales: usize, bias: usize,
  z: usize, ldz: usize,
): void {
  let i = m;
  let p = z;
  for (; i >= ${R}; i -= ${R}, a += ${R} * lda, p += ${R} * ldz) tile${R}x${W}(${R}, steps, a, lda, b, p, ldz);
  if (i > 0) tile${R}x${W}(i, steps, a, lda, b, p, ldz);
  dequantizeRows(m, ${V}, stats, sums, scales, bias, z, ldz);
}`;
}

/** The product of one row with a panel as it is stored. @param {number} W */
function row(W) {
  const V = W / 4;
  const C = CHAINS[W];
  const relaxedStep = (/** @type {number} */ c) =>
    lines(
      `const x${c} = v128.load32_splat(a, ${4 * c});`,
      each(V, (v) => `c${c}_${v} = dotAdd(v128.load(b, ${4 * W * c + 16 * v}), x${c}, c${c}_${v});`),
    );
  const store = (/** @type {(v: number) => string} */ acc) =>
    each(V, (v) => `v128.store(z, dequantize(${acc(v)}, zero, scale, sums${v}, scales${v}, bias${v}), ${16 * v});`);
  return `
/** z (1, ${W}) of a row of \`groups\` groups of 4 activations. */
function row${W}(
  groups: usize, a: usize, b: usize, stats: usize, sums: usize, scales: usize, bias: usize, z: usize,
): void {
  const scale = v128.load32_splat(stats);
  const zero = v128.load32_splat(stats, 4);
  ${columns(V)}
  const end = b + groups * ${4 * W};
  if (ASC_FEATURE_RELAXED_SIMD) {
    ${eachAccumulator(C, V, (c, v) => `let c${c}_${v} = i32x4.splat(0);`)}
    for (const whole = b + (groups / ${C}) * ${4 * W * C}; b != whole; a += ${4 * C}, b += ${4 * W * C}) {
      ${each(C, relaxedStep)}
    }
    for (; b != end; a += 4, b += ${4 * W}) {
      ${relaxedStep(0)}
    }
    ${each(C, (c) => each(V, (v) => `c0_${v} = i32x4.add(c0_${v}, c${c}_${v});`), 1)}
    ${store((v) => `c0_${v}`)}
  } else {
    // Each accumulator has 2 columns, with inputs 0 and 1 beside inputs 2 and 3.
    ${each(2 * V, (h) => `let c${h} = i32x4.splat(0);`)}
    for (; b != end; a += 8, b += ${4 * W}) {
      const x = v128.load64_splat(a);
      ${each(2 * V, (h) => `c${h} = dotAdd(v128.load8x8_s(b, ${8 * h}), x, c${h});`)}
    }
    ${store((v) => `addNeighbours(c${2 * v}, c${2 * v + 1})`)}
  }
}`;
}

/** Chooses by the columns that are left. @param {(width: number) => string} call */
const byWidth = (call) =>
  WIDTHS.map((W, index) =>
    index === WIDTHS.length - 1 ? `{ ${call(W)} }` : `if (columns > ${W - 4}) { ${call(W)} }`,
  ).join(' else ');

const driver = () => `
/**
 * z (m, n) = the product of activations (m, k), quantized by u7_quantize_rows, and weights (n, k) in panels:
 * z_ij = float32(acc_ij − zero_i · sum_j) · (scale_i · scale_j) + bias_j, where acc is the exact sum of products;
 * without bias, null, nothing is added. \`ldz\` in floats. packed: room for a panel in 16 bits, 24 bytes for each input, which
 * the plain binary needs from ${PACKED_ROWS} rows on.
 */
export function i8_gemm(
  m: i32, n: i32, k: i32, q: usize, stats: usize, panels: usize, sums: usize, scales: usize, bias: usize, z: usize,
  ldz: usize, packed: usize,
): void {
  const groups = <usize>((k + 3) >> 2);
  const lda = groups * 4 * ACTIVATION_BYTES;
  ldz <<= 2;
  const few = ASC_FEATURE_RELAXED_SIMD ? m == 1 : m < ${PACKED_ROWS};
  const block = few ? 1 : max(${BLOCK_BYTES} / max(<i32>lda, 1), ${Math.max(...Object.values(ROWS))});
  for (; m > 0; m -= block, q += <usize>block * lda, stats += <usize>block * 8, z += <usize>block * ldz) {
    const rows = min(m, block);
    let b = panels;
    let sj = sums;
    let fj = scales;
    let bj = bias;
    let zj = z;
    for (let columns = n; columns > 0; columns -= ${WIDTH}) {
      if (few) {
        ${byWidth((W) => `row${W}(groups, q, b, stats, sj, fj, bj, zj);`)}
      } else if (ASC_FEATURE_RELAXED_SIMD) {
        ${byWidth((W) => `panel${ROWS[W]}x${W}(rows, groups, q, lda, b, stats, sj, fj, bj, zj, ldz);`)}
      } else {
        ${byWidth((W) =>
          lines(
            `widen(groups, ${W / 4}, b, packed);`,
            `panel${ROWS[W]}x${W}(rows, groups * 2, q, lda, packed, stats, sj, fj, bj, zj, ldz);`,
          ),
        )}
      }
      b += groups * ${4 * WIDTH};
      sj += ${4 * WIDTH};
      fj += ${4 * WIDTH};
      if (bj != 0) bj += ${4 * WIDTH};
      zj += ${4 * WIDTH};
    }
  }
}`;

/** Returns the AssemblyScript source, formatted by prettier. */
export async function int8Source() {
  const filepath = 'assembly/int8/tiles.generated.ts';
  const source = [HEAD, ...WIDTHS.flatMap((W) => [tile(ROWS[W], W), row(W)]), driver()]
    .map((text) => text.replace(/^[ ]*\n/gm, ''))
    .join('\n\n');
  return format(source, { ...(await resolveConfig(filepath)), filepath });
}

/** The source of src/runtime/int8/constants.generated.ts. */
export const int8Constants =
  () => `// Written by scripts/kernels/build-kernels.mjs, from scripts/kernels/int8/source.mjs. Do not edit.
/** Columns of a panel of weights. */
export const PANEL_WIDTH = ${WIDTH};
/** Rows from which the plain product needs room for a panel in 16 bits. */
export const PACKED_ROWS = ${PACKED_ROWS};
`;
