/**
 * Templates of the matrix–vector product, which `gemm` uses for m = 1: a micro-kernel that multiplies one row of A with
 * several panels of B at once, and the driver that goes over all panels. Which numbers of panels there are, and how
 * remainders of columns are handled, is decided in family.mjs.
 */
import { GEMV_REMAINDERS, tailWidths } from './family.mjs';
import { eachOf, lines } from './template.mjs';

/**
 * The micro-kernel for P panels of W columns and, where T is not 0, a last panel of T.
 *
 * @param {number} W
 * @param {number} P
 * @param {number} T
 */
export const gemvTileName = (W, P, T) => `gemvTile${W}x${P}${T ? `and${T}` : ''}`;

/** The driver for panels of W columns, `panels` at once. @param {number} W @param {readonly number[]} panels */
export const gemvName = (W, panels) => `gemv${W}x${panels.join('_')}`;

/** @param {number} W @param {number} P @param {number} T */
export function gemvTile(W, P, T) {
  const widths = [...Array.from({ length: P }, () => W), ...(T ? [T] : [])];
  /** The vectors of c: the panel and the vector within it that each belongs to, and its offset in bytes. */
  const vectors = widths.flatMap((width, p) =>
    Array.from({ length: width / 4 }, (_, v) => ({ p, v, c: `c${p}_${v}`, offset: 4 * (p * W) + 16 * v })),
  );
  return `
/**
 * c (1, ${P * W + T}) = init + a (1, k) · ${P} panels (k, ${W}), \`panel\` bytes apart${
   T
     ? `, and one (k, ${T}) at
 * \`last\``
     : ''
 }.
 */
function ${gemvTileName(W, P, T)}(
  k: i32, a: usize, b0: usize, panel: usize, ${T ? 'last: usize,' : ''} init: usize, c: usize,
): void {
  ${eachOf(widths.slice(1), (width, p) => `let b${p + 1} = ${width === W ? `b${p} + panel` : 'last'};`)}
  ${eachOf(vectors, ({ c }) => `let ${c} = f32x4.splat(0);`)}
  if (init != 0) {
    ${eachOf(vectors, ({ c, offset }) => `${c} = v128.load(init, ${offset});`)}
  }
  for (const end = a + (<usize>k << 2); a != end; a += 4) {
    const s = v128.load32_splat(a);
    ${eachOf(vectors, ({ p, v, c }) => `${c} = madd(s, v128.load(b${p}, ${16 * v}), ${c});`)}
    ${eachOf(widths, (width, p) => `b${p} += ${4 * width};`)}
  }
  ${eachOf(vectors, ({ c, offset }) => `v128.store(c, ${c}, ${offset});`)}
}`;
}

/**
 * The product with the next P panels of W columns, and a last one of T. V8 11.3 spills registers where the loop of more
 * than one panel is inlined into the driver. Two call sites prevent that, and so does the size of the loop, from twelve
 * accumulators on.
 *
 * @param {number} W
 * @param {number} P
 * @param {number} T
 */
function callTile(W, P, T) {
  const b = `panelAt(b, j, k, k0, ${W})`;
  const last = T ? `panelAt(b, j + ${P * W}, k, k0, ${T}), ` : '';
  const call = (/** @type {string} */ init) =>
    `${gemvTileName(W, P, T)}(depth, a, ${b}, (<usize>k * ${W}) << 2, ${last}${init}, c);`;
  if ((P === 1 && T === 0) || P * W >= 48) return call('init');
  return `
    if (init != 0) ${call('init')}
    else ${call('0')}`;
}

/** Advances by some columns. @param {number} columns */
const advance = (columns) => `
  j += ${columns};
  c += ${4 * columns};
  if (init != 0) init += ${4 * columns};`;

/**
 * Condition that the remaining columns, rounded up to a multiple of four, are exactly `columns`.
 *
 * @param {number} columns
 */
const areLeft = (columns) => `n - j > ${columns - 4} && n - j <= ${columns}`;

/**
 * The driver for panels of W columns, `panels` at once, the most first.
 *
 * @param {number} W
 * @param {readonly number[]} panels
 */
export function gemv(W, panels) {
  const remainders = GEMV_REMAINDERS.filter(([width]) => width === W).map(([, ...calls]) => ({
    calls,
    columns: calls.reduce((sum, [P, T]) => sum + P * W + T, 0),
  }));

  /**
   * Handles a remainder: whole panels, then a last call with the narrower panel, then returns.
   *
   * @param {typeof remainders[number]} remainder
   */
  const remainder = ({ calls, columns }) => `
  if (${areLeft(columns)}) {
    ${eachOf(calls.slice(0, -1), ([P]) => lines(callTile(W, P, 0), advance(P * W)))}
    ${callTile(W, ...calls[calls.length - 1])}
    return;
  }`;

  /** The remainders that begin with P panels. @param {number} P */
  const remaindersOf = (P) =>
    eachOf(
      remainders.filter(({ calls }) => calls[0][0] === P),
      remainder,
    );

  /**
   * Condition that P panels are next. A remainder that is handled in calls of fewer panels is left to them.
   *
   * @param {number} P
   */
  const areNext = (P) =>
    [
      P === 1 ? `j + ${W - 4} < n` : `j + ${P * W} <= n`,
      ...remainders
        .filter(({ calls, columns }) => calls[0][0] < P && columns >= P * W)
        .map(({ columns }) => `!(${areLeft(columns)})`),
    ].join(' && ');

  /** P panels at once, while P panels are left. @param {number} P */
  const loop = (P) => `
  ${remaindersOf(P)}
  while (${areNext(P)}) {
    ${callTile(W, P, 0)}
    ${advance(P * W)}
  }`;

  /** A last panel of T columns. @param {number} T */
  const tail = (T) => `
  if (${areLeft(T)}) {
    ${callTile(T, 1, 0)}
    return;
  }`;

  return `
/** c (1, n) = init + a (1, depth) · B from its row k0 on, B (k, n) in panels of ${W}. */
function ${gemvName(W, panels)}(
  n: i32, k: i32, k0: i32, depth: i32, a: usize, b: usize, init: usize, c: usize,
): void {
  let j = 0;
  ${eachOf(panels, loop)}
  ${eachOf(tailWidths(W), tail)}
}`;
}
