/**
 * Writes `assembly/gemm/tiles.generated.ts`: the family of GEMM register tiles, from one description.
 *
 * A tile of R rows and W columns keeps R·W/4 accumulators in vector registers. Each accumulator takes its products in
 * ascending k and never shares a sum with another, so every tile, blocking and edge gives the same bits.
 *
 * Two forms serve all of backpropagation (m rows, n columns, k summed):
 *
 * - `rows`  C(m, n) = init + A(m, k)·B, A and C row-major, B in panels. Forward: A = activations, B = weights.
 *           Delta propagation: A = deltas, B = transposed weights.
 * - `outer` C(m, n) = [C +] Aᵀ·B, A stored (k, m), B stored (k, n), both row-major, C in panels. Weight gradient.
 *
 * Panels: a (k, n) matrix is stored as blocks of W columns, block after block, each holding its k rows one after another.
 * The last block is as narrow as a step of four lanes allows, so panels take k·4⌈n/4⌉ floats.
 */

import { TILES, VECTOR_ENDS, VECTOR_PANELS } from './gemm-family.mjs';

/** Columns → rows of the tile that takes a narrower last panel, whatever the main tile is. */
const TAIL_ROWS = { 4: 8, 8: 4, 12: 3 };

/**
 * Tiles of the form `rows` that work on strips alone, and the rows of the tile that does the rest: rows as they stand, for which 6×16 has not enough registers to hold a pointer
 * for each, and the strips that `edgeRows` in assembly/gemm/blocking.ts leaves it. So 32 rows are four strips of 6 and two of 4, where six of 6 would be 36.
 */
const LESSER_ROWS = { '6x16': 4 };

/**
 * k steps per trip of the `rows` loop, where not 1: the row pointers are bumped once for all of them. Measured on V8 11.3 and 14: only 4×8 gains (37
 * for 36 GFLOP/s); with more accumulators or wider rows V8 11.3 spills (3×12 from 39 to 18, 4×16 from 28 to 13).
 */
const UNROLL = { '4x8': 2 };

/**
 * Tiles whose products are taken column by column, each vector of B met by all rows before the next is loaded; the others go row by row. V8 14 keeps
 * this order (2×16: 41 GFLOP/s by columns, 35 by rows), V8 11.3 makes its own where it can and spills where it can not (5×8: 20 by columns, 38 by rows).
 */
const BY_COLUMNS = new Set(['2x16']);

/**
 * Tiles written for V8's pairing of neighbouring vectors to 256 bits. It pairs two operations only where they stand in one basic block, and a chain of them
 * only as a whole, from its first value to its store: what the accumulators start with is loaded one after another without a branch between, and a zero start
 * is a mask on that. With branches, Binaryen makes the last accumulator the value of an `if`, whose zero stands in a block of its own, and 4×16 keeps
 * one pair of eight unpaired (fused `rows` 78 instead of 88 GFLOP/s). `--trace-wasm-revectorize` of V8 says what was not paired, and why.
 */
const PAIRED = new Set(['4x16', '6x16']);

const range = (n) => Array.from({ length: n }, (_, i) => i);
/** Shapes, one for each name of a function. */
const once = (shapes, name) => [...new Map(shapes.map((shape) => [name(...shape), shape])).values()];
const text = (lines) => lines.flat(Infinity).join('\n');

const accumulators = (R, V) => range(R).map((r) => range(V).map((v) => `  let c${r}_${v} = f32x4.splat(0);`));

/** One k step of a tile: loads in the order of their first use, and each product right behind what it needs. */
function tileStep(R, W, loadA, loadB) {
  const V = W / 4;
  const product = (r, v) => `    c${r}_${v} = madd(s${r}, b${v}, c${r}_${v});`;
  const a = (r) => `    const s${r} = ${loadA(r)};`;
  const b = (v) => `    const b${v} = ${loadB(v)};`;
  return BY_COLUMNS.has(`${R}x${W}`)
    ? [range(R).map(a), range(V).map((v) => [b(v), range(R).map((r) => product(r, v))])]
    : [range(V).map(b), range(R).map((r) => [a(r), range(V).map((v) => product(r, v))])];
}

/** Pointers `name`0 … `name`R−1 to the rows of a matrix; rows past m stand where row m − 1 does. */
const rowPointers = (R, name, first, stride) => [
  `  const ${name}0 = ${first};`,
  range(R)
    .slice(1)
    .map((r) => `  const ${name}${r} = m > ${r} ? ${name}${r - 1} + ${stride} : ${name}${r - 1};`),
];

/** Accumulators that start with what the rows of pointers `name` hold where `condition`, an i32 of 0 or 1, is true, and with zero else. */
const maskedAccumulators = (R, V, name, condition) => [
  `  const kept = i32x4.splat(0 - ${condition});`,
  range(R).map((r) => range(V).map((v) => `  let c${r}_${v} = v128.and(v128.load(${name}${r}, ${16 * v}), kept);`)),
];

/**
 * A tile of the form `rows`. From A as it stands it reads by a pointer for each row, or, `packed`, from a strip: R rows with their values of one k side by
 * side, by one pointer.
 */
function rowsTile(R, W, packed = false) {
  const V = W / 4;
  const unroll = UNROLL[`${R}x${W}`] ?? 1;
  const pointers = packed ? 1 : R;
  const step = packed ? 4 * R : 4;
  const loadA = (u) => (r) =>
    packed ? `v128.load32_splat(a0, ${step * u + 4 * r})` : `v128.load32_splat(a${r}, ${4 * u})`;
  return text([
    packed
      ? [
          `/** C (m ≤ ${R}, ${W}) = init + strip (k, ${R})ᵀ · panel (k, ${W}). Strides in bytes. */`,
          `function strip${R}x${W}(m: i32, k: i32, a: usize, b: usize, init: usize, ldi: usize, c: usize, ldc: usize): void {`,
        ]
      : [
          `/** C (m ≤ ${R}, ${W}) = init + A (m, k) · panel (k, ${W}). Rows past m repeat row m − 1. Strides in bytes. */`,
          `function rows${R}x${W}(m: i32, k: i32, a: usize, lda: usize, b: usize, init: usize, ldi: usize, c: usize, ldc: usize): void {`,
        ],
    `  let a0 = a;`,
    range(pointers)
      .slice(1)
      .map((r) => `  let a${r} = m > ${r} ? a${r - 1} + lda : a${r - 1};`),
    PAIRED.has(`${R}x${W}`)
      ? [
          `  const starts = i32(init != 0);`,
          // Without a start the mask is zero, and C is read since it has the same rows and columns.
          `  if (init == 0) { init = c; ldi = ldc; }`,
          rowPointers(R, 'i', 'init', 'ldi'),
          maskedAccumulators(R, V, 'i', 'starts'),
        ]
      : [
          accumulators(R, V),
          `  if (init != 0) {`,
          range(R).map((r) => [
            r ? `    if (m > ${r}) init += ldi;` : [],
            range(V).map((v) => `    c${r}_${v} = v128.load(init, ${16 * v});`),
          ]),
          `  }`,
        ],
    `  if (k > 0) {`,
    `    const end0 = b + <usize>(k - 1) * ${4 * W};`,
    range(unroll)
      .slice(1)
      .map((u) => `    const end${u} = end0 - ${4 * W * u};`),
    // V8 11.3 takes what an addition gives as an address as it is, and copies any other loop variable first: pointers are bumped before they are used.
    range(pointers).map((r) => `    a${r} -= ${step * unroll};`),
    `    b -= ${4 * W * unroll};`,
    `    while (true) {`,
    range(pointers).map((r) => `    a${r} += ${step * unroll};`),
    `    b += ${4 * W * unroll};`,
    range(unroll).map((u) => [
      `    {`,
      tileStep(R, W, loadA(u), (v) => `v128.load(b, ${4 * (u * W + 4 * v)})`),
      `    }`,
      `    if (b == end${u}) break;`,
    ]),
    `    }`,
    `  }`,
    rowPointers(R, 'p', 'c', 'ldc'),
    // V8 11.3 orders the loop by the order of these.
    range(R).map((r) => range(V).map((v) => `  v128.store(p${r}, c${r}_${v}, ${16 * v});`)),
    `}`,
  ]);
}

/** The function that takes one row of A against P panels of W columns and, where it is not 0, a last one of T. */
const vectorName = (W, P, T) => `vector${W}x${P}${T ? `and${T}` : ''}`;

/** One row of A against P neighbouring panels at once, and the narrower last one of T columns behind them. */
function vectorTile(W, P, T = 0) {
  const widths = [...range(P).map(() => W), ...(T ? [T] : [])];
  const each = (act) => widths.map((width, p) => range(width / 4).map((v) => act(p, v)));
  const at = (p, v) => 16 * ((p * W) / 4 + v);
  return text([
    `/** c (1, ${P * W + T}) = init + a (1, k) · ${P} panels (k, ${W}) that start \`panel\` bytes apart${T ? `, and one (k, ${T}), \`last\`` : ''}. */`,
    `function ${vectorName(W, P, T)}(k: i32, a: usize, b0: usize, panel: usize,${T ? ' last: usize,' : ''} init: usize, c: usize): void {`,
    widths.slice(1).map((width, p) => `  let b${p + 1} = ${width === W ? `b${p} + panel` : 'last'};`),
    each((p, v) => `  let c${p}_${v} = f32x4.splat(0);`),
    `  if (init != 0) {`,
    each((p, v) => `    c${p}_${v} = v128.load(init, ${at(p, v)});`),
    `  }`,
    `  for (const end = a + (<usize>k << 2); a != end; a += 4) {`,
    `    const s = v128.load32_splat(a);`,
    each((p, v) => `    c${p}_${v} = madd(s, v128.load(b${p}, ${16 * v}), c${p}_${v});`),
    widths.map((width, p) => `    b${p} += ${4 * width};`),
    `  }`,
    each((p, v) => `  v128.store(c, c${p}_${v}, ${at(p, v)});`),
    `}`,
  ]);
}

function outerTile(R, W) {
  const V = W / 4;
  return text([
    `/** C (m ≤ ${R}, ${W}), rows ${4 * W} bytes apart, = [C +] Aᵀ · B, A (k, m), B (k, ${W}). Strides in bytes. */`,
    `function outer${R}x${W}(m: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: bool): void {`,
    PAIRED.has(`${R}x${W}`)
      ? [rowPointers(R, 'p', 'c', 4 * W), maskedAccumulators(R, V, 'p', 'i32(accumulate)')]
      : [
          accumulators(R, V),
          `  if (accumulate) {`,
          range(R).map((r) => [
            r ? `    if (m > ${r}) {` : `    {`,
            range(V).map((v) => `      c${r}_${v} = v128.load(c, ${16 * (r * V + v)});`),
            `    }`,
          ]),
          `  }`,
        ],
    `  if (k > 0) {`,
    `    const end = a + <usize>(k - 1) * lda;`,
    `    a -= lda;`,
    `    b -= ldb;`,
    `    do {`,
    `    a += lda;`,
    `    b += ldb;`,
    tileStep(
      R,
      W,
      (r) => `v128.load32_splat(a, ${4 * r})`,
      (v) => `v128.load(b, ${16 * v})`,
    ),
    `    } while (a != end);`,
    `  }`,
    PAIRED.has(`${R}x${W}`)
      ? // Rows past m stand where row m − 1 does, which comes last.
        range(R)
          .reverse()
          .map((r) => range(V).map((v) => `  v128.store(p${r}, c${r}_${v}, ${16 * v});`))
      : range(R).map((r) => [
          r ? `  if (m <= ${r}) return;` : [],
          range(V).map((v) => `  v128.store(c, c${r}_${v}, ${16 * (r * V + v)});`),
        ]),
    `}`,
  ]);
}

/**
 * All rows against a panel, from A as it stands or `packed`, from strips. The tile function has two call sites, which keeps it from being inlined: V8 11.3
 * spills registers when it is.
 */
function rowsPanel(R, W, packed = false) {
  const tile = `${packed ? 'strip' : 'rows'}${R}x${W}`;
  const [stride, strides] = packed ? ['', ''] : [' lda,', ' lda: usize,'];
  const lesser = packed ? LESSER_ROWS[`${R}x${W}`] : undefined;
  return text([
    `function ${packed ? 'strips' : 'rows'}Panel${R}x${W}(m: i32, k: i32, a: usize,${strides} b: usize, init: usize, ldi: usize, c: usize, ldc: usize): void {`,
    lesser ? [`  const edge = edgeRows(m, ${R}, ${lesser});`, `  m -= edge;`] : [],
    `  for (; m >= ${R}; m -= ${R}) {`,
    `    ${tile}(${R}, k, a,${stride} b, init, ldi, c, ldc);`,
    packed ? `    a += <usize>k * ${4 * R};` : `    a += ${R} * lda;`,
    `    c += ${R} * ldc;`,
    `    if (init != 0) init += ${R} * ldi;`,
    `  }`,
    `  if (m > 0) ${tile}(m, k, a,${stride} b, init, ldi, c, ldc);`,
    lesser ? `  else if (edge > 0) stripsPanel${lesser}x${W}(edge, k, a, b, init, ldi, c, ldc);` : [],
    `}`,
  ]);
}

function outerPanel(R, W) {
  return text([
    `function outerPanel${R}x${W}(m: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: bool): void {`,
    `  for (; m >= ${R}; m -= ${R}) {`,
    `    outer${R}x${W}(${R}, k, a, lda, b, ldb, c, accumulate);`,
    `    a += ${4 * R};`,
    `    c += ${4 * R * W};`,
    `  }`,
    `  if (m > 0) outer${R}x${W}(m, k, a, lda, b, ldb, c, accumulate);`,
    `}`,
  ]);
}

const tails = (W) =>
  Object.keys(TAIL_ROWS)
    .map(Number)
    .filter((w) => w < W);
const tailBranches = (W, call) =>
  tails(W).map((w, i) => `      ${i ? 'else ' : ''}if (n - j > ${w - 4} && n - j <= ${w}) ${call(w)}`);

/** Packs `rows` rows into the strips that `stripsPanel` of a tile takes. */
function packing(R, W) {
  const lesser = LESSER_ROWS[`${R}x${W}`];
  if (lesser === undefined) return `packStrips(${R}, rows, depth, ai, lda, strips);`;
  return text([
    `{`,
    `        const whole = rows - edgeRows(rows, ${R}, ${lesser});`,
    `        packStrips(${R}, whole, depth, ai, lda, strips);`,
    `        packStrips(${lesser}, rows - whole, depth, ai + <usize>whole * lda, lda, strips + ((<usize>whole * depth) << 2));`,
    `      }`,
  ]);
}

/** The function that takes one row of A against all panels, for the tiles that have them as wide and meet as many at a time. */
const rowName = (W, panels) => `row${W}x${panels.join('_')}`;

function rowDriver(W, panels) {
  const panel = (columns, width) => `b + ((<usize>${columns} * k + <usize>k0 * ${width}) << 2)`;
  const call = (width, P, T) => {
    const operands = [
      'depth',
      'a',
      panel('j', width),
      `(<usize>k * ${width}) << 2`,
      ...(T ? [panel(`(j + ${P * width})`, T)] : []),
    ].join(', ');
    const name = vectorName(width, P, T);
    // V8 11.3 spills registers where the loop of more than one panel is inlined. Two call sites prevent that, and so does size, from twelve accumulators on.
    return (P === 1 && T === 0) || P * width >= 48
      ? [`    ${name}(${operands}, init, c);`]
      : [`    if (init != 0) ${name}(${operands}, init, c);`, `    else ${name}(${operands}, 0, c);`];
  };
  const move = (columns) => [
    `    j += ${columns};`,
    `    c += ${4 * columns};`,
    `    if (init != 0) init += ${4 * columns};`,
  ];
  /** Whether so many columns are left; the last panel is as narrow as a step of four allows. */
  const left = (columns) => `n - j > ${columns - 4} && n - j <= ${columns}`;
  const last = (columns, act) => [`  if (${left(columns)}) {`, act, `    return;`, `  }`];
  const ends = VECTOR_ENDS.filter(([width]) => width === W).map(([, ...goes]) => ({
    goes,
    columns: goes.reduce((sum, [P, T]) => sum + P * W + T, 0),
  }));
  return text([
    `/** c (1, n) = init + a (1, depth) · B from its row k0 on, B (k, n) in panels of ${W}. */`,
    `function ${rowName(W, panels)}(n: i32, k: i32, k0: i32, depth: i32, a: usize, b: usize, init: usize, c: usize): void {`,
    `  let j = 0;`,
    panels.map((P) => [
      ends
        .filter(({ goes }) => goes[0][0] === P)
        .map(({ goes, columns }) =>
          last(columns, [
            goes.slice(0, -1).map(([before]) => [call(W, before, 0), move(before * W)]),
            call(W, ...goes[goes.length - 1]),
          ]),
        ),
      `  while (${[
        P === 1 ? `j + ${W - 4} < n` : `j + ${P * W} <= n`,
        // What an end takes in smaller goes is left to it.
        ...ends
          .filter(({ goes, columns }) => goes[0][0] < P && columns >= P * W)
          .map(({ columns }) => `!(${left(columns)})`),
      ].join(' && ')}) {`,
      call(W, P, 0),
      move(P * W),
      `  }`,
    ]),
    tails(W).map((w) => last(w, call(w, 1, 0))),
    `}`,
  ]);
}

function rowsDriver(R, W) {
  const tail = (w) =>
    `rowsPanel${TAIL_ROWS[w]}x${w}(rows, depth, ai, lda, b + ((<usize>j * k + <usize>k0 * ${w}) << 2), ii, ldi, ci, ldc);`;
  return text([
    `/** C (m, n) = init + A (m, k) · B. A, C row-major; B in panels of ${W}; init a row (ldi 0), a matrix, or null for zero; strips: room for STRIPS bytes, or null. */`,
    `export function f32_gemm_rows_${R}x${W}(m: i32, n: i32, k: i32, a: usize, lda: usize, b: usize, init: usize, ldi: usize, c: usize, ldc: usize, strips: usize): void {`,
    `  lda <<= 2; ldi <<= 2; ldc <<= 2;`,
    `  const packs = packsRows(m, n, strips);`,
    `  const kc = depthBlock(k);`,
    `  const mc = packs ? packedRows(m, kc, ${R}) : rowBlock(m, kc, ${R});`,
    `  let k0 = 0;`,
    `  do {`,
    `    const depth = min(kc, k - k0);`,
    `    for (let i = 0; i < m; i += mc) {`,
    `      const rows = min(mc, m - i);`,
    `      const ai = a + <usize>i * lda + (<usize>k0 << 2);`,
    `      let ci = c + <usize>i * ldc;`,
    `      let ii: usize = init == 0 ? 0 : init + <usize>i * ldi;`,
    `      let j = 0;`,
    `      if (packs) ${packing(R, W)}`,
    `      else if (rows == 1) {`,
    `        ${rowName(W, VECTOR_PANELS[`${R}x${W}`])}(n, k, k0, depth, ai, b, ii, ci);`,
    `        continue;`,
    `      }`,
    `      for (; j + ${W - 4} < n; j += ${W}) {`,
    `        const bj = b + ((<usize>j * k + <usize>k0 * ${W}) << 2);`,
    `        if (packs) stripsPanel${R}x${W}(rows, depth, strips, bj, ii, ldi, ci, ldc);`,
    `        else rowsPanel${LESSER_ROWS[`${R}x${W}`] ?? R}x${W}(rows, depth, ai, lda, bj, ii, ldi, ci, ldc);`,
    `        ci += ${4 * W};`,
    `        if (ii != 0) ii += ${4 * W};`,
    `      }`,
    `      if (j >= n) continue;`,
    tailBranches(W, tail),
    `    }`,
    `    init = c;`,
    `    ldi = ldc;`,
    `    k0 += kc;`,
    `  } while (k0 < k);`,
    `}`,
  ]);
}

function outerDriver(R, W) {
  const call = (w) =>
    `outerPanel${TAIL_ROWS[w]}x${w}(rows, depth, ai, strideA, bk + (<usize>j << 2), ldb, c + ((<usize>j * m + <usize>i * ${w}) << 2), add);`;
  return text([
    `/** C (m, n) = [C +] Aᵀ · B. A (k, m), B (k, n) row-major; C in panels of ${W}; scratch of OUTER_BLOCK bytes and a panel of OUTER_DEPTH rows. k = 0 leaves zero, or C. */`,
    `export function f32_gemm_outer_${R}x${W}(m: i32, n: i32, k: i32, a: usize, lda: usize, b: usize, ldb: usize, c: usize, accumulate: i32, scratch: usize): void {`,
    `  lda <<= 2; ldb <<= 2;`,
    `  let add: bool = accumulate != 0;`,
    `  const packs = packsOuter(n, k);`,
    `  let k0 = 0;`,
    `  do {`,
    `    const depth = min(OUTER_DEPTH, k - k0);`,
    `    const bk = b + <usize>k0 * ldb;`,
    `    for (let i = 0; i < m; i += OUTER_ROWS) {`,
    `      const rows = min(OUTER_ROWS, m - i);`,
    `      let ai = a + <usize>k0 * lda + (<usize>i << 2);`,
    `      let strideA = lda;`,
    `      let j = 0;`,
    `      if (packs) {`,
    `        copyRows(depth, (rows + 3) >> 2, ai, lda, scratch, OUTER_ROWS << 2);`,
    `        ai = scratch;`,
    `        strideA = OUTER_ROWS << 2;`,
    `        for (; j + ${W - 4} < n; j += ${W}) {`,
    `          copyRows(depth, ${W / 4}, bk + (<usize>j << 2), ldb, scratch + OUTER_BLOCK, ${4 * W});`,
    `          outerPanel${R}x${W}(rows, depth, ai, strideA, scratch + OUTER_BLOCK, ${4 * W}, c + ((<usize>j * m + <usize>i * ${W}) << 2), add);`,
    `        }`,
    `      } else {`,
    `        for (; j + ${W - 4} < n; j += ${W}) {`,
    `          outerPanel${R}x${W}(rows, depth, ai, lda, bk + (<usize>j << 2), ldb, c + ((<usize>j * m + <usize>i * ${W}) << 2), add);`,
    `        }`,
    `      }`,
    `      if (j >= n) continue;`,
    tailBranches(W, call),
    `    }`,
    `    add = true;`,
    `    k0 += OUTER_DEPTH;`,
    `  } while (k0 < k);`,
    `}`,
  ]);
}

/** Throws where the tables of a lone row would leave columns out, or stop for an end that is not written. */
function checkVectors() {
  for (const [R, W] of TILES) {
    const panels = VECTOR_PANELS[`${R}x${W}`];
    if (panels[panels.length - 1] !== 1) throw new Error(`gemm-tiles: ${R}x${W} expected single panels last.`);
    for (const [width, ...goes] of VECTOR_ENDS) {
      const whole = goes.slice(0, -1).every(([, T]) => T === 0);
      if (width === W && !(whole && panels.includes(goes[0][0]))) {
        throw new Error(
          `gemm-tiles: an end of ${width} expected to begin with panels that ${R}x${W} meets, and to be narrower last alone.`,
        );
      }
    }
  }
}

/** The AssemblyScript source of every tile and driver. */
export function tilesSource() {
  const tileRows = new Map();
  const need = (R, W) => tileRows.set(`${R}x${W}`, [R, W]);
  TILES.forEach(([R, W]) => need(R, W));
  Object.entries(TAIL_ROWS).forEach(([W, R]) => need(R, Number(W)));
  const shapes = [...tileRows.values()];
  checkVectors();
  /** @type {[width: number, panels: readonly number[]][]} */
  const vectors = TILES.map(([R, W]) => [W, VECTOR_PANELS[`${R}x${W}`]]);
  const vectorTiles = [
    ...Object.keys(TAIL_ROWS).map((W) => [Number(W), 1, 0]),
    ...vectors.flatMap(([W, panels]) => panels.map((P) => [W, P, 0])),
    ...VECTOR_ENDS.flatMap(([W, ...goes]) => goes.map(([P, T]) => [W, P, T])),
  ];
  return text([
    `// Written by scripts/gemm-tiles.mjs, which says what it all means. Do not edit.`,
    `import { madd } from '../simd/madd';`,
    `import { packStrips } from './strips';`,
    `import { copyRows, depthBlock, edgeRows, packedRows, packsOuter, packsRows, rowBlock, OUTER_BLOCK, OUTER_DEPTH, OUTER_ROWS } from './blocking';`,
    shapes.filter(([R, W]) => !LESSER_ROWS[`${R}x${W}`]).map(([R, W]) => [rowsTile(R, W), rowsPanel(R, W)]),
    shapes.map(([R, W]) => [outerTile(R, W), outerPanel(R, W)]),
    once(vectorTiles, vectorName).map((shape) => vectorTile(...shape)),
    once(vectors, rowName).map((shape) => rowDriver(...shape)),
    TILES.map(([R, W]) => [rowsTile(R, W, true), rowsPanel(R, W, true)]),
    TILES.map(([R, W]) => [rowsDriver(R, W), outerDriver(R, W)]),
    '',
  ]);
}
