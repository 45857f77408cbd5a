/**
 * The extents of the kernels: what each kernel reads and writes through each of its pointers, as a function of the
 * sizes of a call. The type demands an entry for every pointer of every kernel of the ABI table. No library code
 * imports this file, so it takes no room in the bundles; tests use it. They call every kernel between guards at many
 * sizes (test/kernels/extents.test.ts), and check the calls of real trainings against it
 * (test/runtime/extents-in-use.test.ts).
 *
 * Two rules follow for code that reserves memory:
 *
 * - A kernel writes nothing outside the `size` of a buffer. It may read a few floats past it, at most OVERREAD, whose
 *   values have no effect; the arena's slack is there for these.
 * - Addresses that depend on data, such as labels and indices, stay within the extents whatever the data is.
 */
import { ELEMENTWISE_KERNELS, type ABI, type KernelName } from './abi.js';
import { PACKED_A_BYTES, SCRATCH_BYTES } from './constants.generated.js';
import { padded } from './panels.js';

/**
 * `count` runs of `length` floats, each starting `stride` floats after the one before. `over` floats past each run are
 * read without effect.
 */
export interface Area {
  readonly count: number;
  readonly length: number;
  readonly stride: number;
  readonly over: number;
}

/** The sizes of a call that an extent depends on, by parameter name. */
type Sizes<D extends string> = Readonly<Record<D, number>>;

/** Access of a kernel through one pointer. The buffer has `size` floats. */
export interface Extent<D extends string = string> {
  readonly size: (of: Sizes<D>) => number;
  readonly reads?: (of: Sizes<D>) => Area;
  readonly writes?: (of: Sizes<D>) => Area;
  /** Whether the pointer may be null. */
  readonly optional?: true;
  /** Type of the values, if not float32. */
  readonly holds?: 'integers' | 'doubles';
}

/** Floats past a buffer that a kernel may read. */
export const OVERREAD = 7;

type Parameter<K extends KernelName> = (typeof ABI)[K][number];
type PointerName<P extends string> = P extends `*${infer Name}` ? Name : never;
type IntegerName<P extends string> = P extends `*${string}` | `${string}:f32` ? never : P;

/** An extent for each pointer of a kernel. */
type Extents<K extends KernelName> = Readonly<Record<PointerName<Parameter<K>>, Extent<IntegerName<Parameter<K>>>>>;

type Access = 'reads' | 'writes' | 'updates';

function extent<D extends string>(
  access: Access,
  area: (of: Sizes<D>) => Area,
  size: (of: Sizes<D>) => number,
): Extent<D> {
  return { size, ...(access !== 'writes' && { reads: area }), ...(access !== 'reads' && { writes: area }) };
}

const run = (length: number, over = 0): Area => ({ count: 1, length, stride: 0, over });

/** `length` floats in sequence. */
const floats = <D extends string>(access: Access, length: (of: Sizes<D>) => number): Extent<D> =>
  extent(access, (of) => run(length(of)), length);

/** `n` floats, without padding. */
const values = <D extends string>(access: Access, n: D): Extent<D> => floats<D>(access, (of) => of[n]);

/** A vector of `n` floats, padded to whole vectors of four. */
const vector = <D extends string>(access: Access, n: D): Extent<D> => floats<D>(access, (of) => padded(of[n]));

/** Float64 numbers. */
const doubles = <D extends string>(access: Access, count: (of: Sizes<D>) => number): Extent<D> => ({
  ...floats<D>(access, (of) => 2 * count(of)),
  holds: 'doubles',
});

/** Integers of 32 bits. */
const integers = <D extends string>(access: Access, count: (of: Sizes<D>) => number): Extent<D> => ({
  ...floats(access, count),
  holds: 'integers',
});

/** m rows of n columns in whole vectors, `ld` apart. */
const rows = <M extends string, N extends string, L extends string>(access: Access, m: M, n: N, ld: L) =>
  extent<M | N | L>(
    access,
    (of) => ({ count: of[m], length: padded(of[n]), stride: of[ld], over: 0 }),
    (of) => of[m] * of[ld],
  );

/** m rows of exactly `columns` values, `ld` apart; `over` more floats of each may be read. */
const valuesOfRows = <M extends string, L extends string, D extends string>(
  access: Access,
  m: M,
  columns: (of: Sizes<D>) => number,
  ld: L,
  over: (of: Sizes<D>) => number = () => 0,
): Extent<M | L | D> =>
  extent<M | L | D>(
    access,
    (of) => ({ count: of[m], length: columns(of), stride: of[ld], over: over(of) }),
    (of) => Math.max(0, (of[m] - 1) * of[ld] + columns(of)),
  );

/** Exactly the n values of each row. */
const exactly = ({ n }: Sizes<'n'>): number => n;

/** m rows of `columns` values, `ld` apart, including the gaps between them. */
const everything = <M extends string, L extends string, D extends string>(
  access: Access,
  m: M,
  columns: (of: Sizes<D>) => number,
  ld: L,
): Extent<M | L | D> =>
  extent<M | L | D>(
    access,
    (of) => ({ count: of[m], length: Math.max(of[ld], columns(of)), stride: of[ld], over: 0 }),
    (of) => of[m] * of[ld],
  );

/** (k, n) in panels. */
const panels = <K extends string, N extends string>(access: Access, k: K, n: N) =>
  floats<K | N>(access, (of) => of[k] * padded(of[n]));

const optional = <D extends string>(one: Extent<D>): Extent<D> => ({ ...one, optional: true });

/** Floats missing to whole vectors. */
const rest = (n: number): number => padded(n) - n;

const read = vector('reads', 'n');
const written = vector('writes', 'n');
const updated = vector('updates', 'n');
const readRows = rows('reads', 'm', 'n', 'ld');
const writtenRows = rows('writes', 'm', 'n', 'ld');
const perRow = values('writes', 'm');
const words = integers<never>('updates', () => 16);
const one = doubles<never>('updates', () => 1);

const MAP = { x: read, y: written };
const MAP_BACKWARD = { y: read, dy: read, dx: written };
const LOSS = { y: readRows, t: readRows, dy: writtenRows, loss: perRow };
const PAIRED_LOSS = { z: readRows, t: readRows, y: writtenRows, dz: writtenRows, loss: perRow };
/** Outputs and targets as metrics read them. */
const MEASURED = {
  y: valuesOfRows('reads', 'm', exactly, 'ld'),
  t: valuesOfRows('reads', 'm', exactly, 'ld'),
};
/** Random numbers are generated sixteen at a time. */
const RANDOM = { out: floats<'n'>('updates', ({ n }) => 16 * Math.ceil(n / 16)) };
const pieces = ({ n, pieces: each }: Sizes<'n' | 'pieces'>): number => n * each;
const MASKED = { x: readRows, words, y: writtenRows };

const GEMM = {
  a: valuesOfRows('reads', 'm', ({ k }: Sizes<'k'>) => k, 'lda'),
  b: panels('reads', 'k', 'n'),
  init: optional(rows('reads', 'm', 'n', 'ldi')),
  // Without init, tiles of 16 columns read C under a mask of zero.
  c: rows('updates', 'm', 'n', 'ldc'),
  packedA: optional(floats<never>('updates', () => PACKED_A_BYTES / 4)),
};
const GEMM_TN = {
  // The rows of a tile that are past m, at most seven.
  a: valuesOfRows(
    'reads',
    'k',
    ({ m }: Sizes<'m'>) => m,
    'lda',
    () => OVERREAD,
  ),
  b: rows('reads', 'k', 'n', 'ldb'),
  c: panels('updates', 'm', 'n'),
  scratch: floats<never>('updates', () => SCRATCH_BYTES / 4),
};

type ElementwiseExtents = {
  readonly [K in keyof typeof ELEMENTWISE_KERNELS as `f32_${K}`]: typeof MAP;
} & {
  readonly [K in keyof typeof ELEMENTWISE_KERNELS as `f32_${K}_backward`]: typeof MAP_BACKWARD;
};

const elementwise = Object.fromEntries(
  Object.keys(ELEMENTWISE_KERNELS).flatMap((name) => [
    [`f32_${name}`, MAP],
    [`f32_${name}_backward`, MAP_BACKWARD],
  ]),
) as unknown as ElementwiseExtents;

export const EXTENTS: { readonly [K in KernelName]: Extents<K> } = {
  f32_gemm_4x8: GEMM,
  f32_gemm_5x8: GEMM,
  f32_gemm_3x12: GEMM,
  f32_gemm_2x16: GEMM,
  f32_gemm_4x16: GEMM,
  f32_gemm_6x16: GEMM,
  f32_gemm_tn_4x8: GEMM_TN,
  f32_gemm_tn_5x8: GEMM_TN,
  f32_gemm_tn_3x12: GEMM_TN,
  f32_gemm_tn_2x16: GEMM_TN,
  f32_gemm_tn_4x16: GEMM_TN,
  f32_gemm_tn_6x16: GEMM_TN,
  f32_transpose_panels: { b: panels('reads', 'k', 'n'), bt: panels('writes', 'n', 'k') },
  f32_pack_panel: { rows: floats('reads', ({ k, n }) => k * n), panel: panels('writes', 'k', 'n') },
  f32_unpack_panel: { panel: panels('reads', 'k', 'n'), rows: floats('writes', ({ k, n }) => k * n) },

  ...elementwise,
  f32_softmax: { x: readRows, y: rows('updates', 'm', 'n', 'ld') },
  f32_softmax_backward: { y: readRows, dy: readRows, dx: writtenRows },
  f32_prelu: { x: readRows, slope: read, y: writtenRows },
  f32_prelu_backward: { x: readRows, slope: read, dy: readRows, dx: writtenRows, dslope: updated },
  f32_max_pieces: {
    x: valuesOfRows('reads', 'm', pieces, 'ldx'),
    y: rows('writes', 'm', 'n', 'ldy'),
  },
  f32_max_pieces_backward: {
    x: valuesOfRows('reads', 'm', pieces, 'ldx'),
    dy: valuesOfRows('reads', 'm', exactly, 'ldy'),
    dx: everything('writes', 'm', pieces, 'ldx'),
  },
  f32_exp: MAP,
  f32_log: MAP,

  f32_squared_error: LOSS,
  f32_binary_crossentropy: LOSS,
  f32_sigmoid_binary_crossentropy: PAIRED_LOSS,
  f32_categorical_crossentropy: { ...LOSS, dy: rows('updates', 'm', 'n', 'ld') },
  f32_softmax_categorical_crossentropy: { ...PAIRED_LOSS, y: rows('updates', 'm', 'n', 'ld') },
  f32_absolute_error: LOSS,
  f32_huber: LOSS,
  f32_hinge: LOSS,
  f32_log_cosh: LOSS,
  f32_smooth_rows: { t: rows('updates', 'm', 'n', 'ld') },

  f32_penalty_gradient: { w: read, g: updated },
  f32_scale: { w: updated },
  f32_clip_value: { g: updated },
  f64_add_squares: { g: panels('reads', 'k', 'n'), total: one },
  f32_add_scaled: { x: read, y: read, z: written },
  f64_add_products: { x: panels('reads', 'k', 'n'), y: panels('reads', 'k', 'n'), total: one },
  f32_adagrad: { g: read, w: updated, s: updated },
  f32_rmsprop: { g: read, w: updated, s: updated, v: optional(updated) },
  f32_adadelta: { g: read, w: updated, s: updated, u: updated },

  f32_sgd: { g: read, w: updated },
  f32_sgd_momentum: { g: read, w: updated, v: updated },
  f32_adam: { g: read, w: updated, m: updated, v: updated },

  u32_random: { out: { ...RANDOM.out, holds: 'integers' } },
  f32_uniform: RANDOM,
  f32_normal: RANDOM,
  u32_shuffle: { indices: integers('updates', ({ n }) => n), words },

  f32_column_sums: { a: rows('reads', 'm', 'n', 'lda'), out: updated },
  f64_add_sum: { x: values('reads', 'n'), total: one },
  f32_first_nonfinite: { x: values('reads', 'n'), index: integers('writes', () => 1) },
  f32_categorical_matches: { ...MEASURED, total: one },
  f32_binary_matches: { ...MEASURED, total: one },
  f32_class_counts: { ...MEASURED, counts: doubles('updates', ({ n }) => 3 * n) },
  f32_threshold_counts: { ...MEASURED, counts: doubles('updates', ({ n }) => 3 * n) },
  f32_top_k_matches: { ...MEASURED, total: one },
  f32_squared_residuals: { ...MEASURED, total: one },
  f32_absolute_residuals: { ...MEASURED, total: one },
  f32_residual_moments: { ...MEASURED, moments: doubles('updates', ({ n }) => 1 + 3 * n) },

  f32_fill: { x: written },
  f32_pad_rows: {
    source: extent(
      'reads',
      ({ m, n }) => run(m * n, m > 0 ? rest(n) : 0),
      ({ m, n }) => m * n,
    ),
    target: writtenRows,
  },
  f32_pack_rows: {
    source: valuesOfRows('reads', 'm', exactly, 'ld'),
    target: floats('writes', ({ m, n }) => m * n),
  },
  f32_gather_rows: {
    source: extent(
      'reads',
      ({ n, rows: all }) => run(all * n, rest(n)),
      ({ n, rows: all }) => all * n,
    ),
    indices: integers('reads', ({ m }) => m),
    target: writtenRows,
  },
  u32_gather: {
    source: integers('reads', ({ rows: all }) => all),
    indices: integers('reads', ({ n }) => n),
    target: integers('writes', ({ n }) => n),
  },
  f32_one_hot: { labels: integers('reads', ({ m }) => m), target: everything('writes', 'm', exactly, 'ld') },

  f32_sum: { a: read, b: read, y: written },
  f32_product: { a: read, b: read, y: written },
  f32_difference: { a: read, b: read, y: written },
  f32_maximum: { a: read, b: read, y: written },
  f32_minimum: { a: read, b: read, y: written },
  f32_quotient: MAP,
  f32_product_rows: { a: readRows, b: readRows, y: writtenRows },
  f32_start_ties: { x: read, y: read, count: written },
  f32_add_ties: { x: read, y: read, count: updated },
  f32_share_ties: { x: read, y: read, dy: read, count: read, dx: written },
  f32_weigh: { a: read, b: read, y: written },
  f32_copy: MAP,
  f32_scale_shift: MAP,
  f32_weigh_rows: { weights: values('reads', 'm'), x: rows('updates', 'm', 'n', 'ld') },
  f32_clear_overflow: { weights: values('reads', 'm'), x: rows('updates', 'm', 'n', 'ld') },
  f32_copy_columns: {
    source: valuesOfRows('reads', 'm', exactly, 'lds'),
    target: valuesOfRows('writes', 'm', exactly, 'ldt'),
  },
  f32_take_columns: {
    source: valuesOfRows('reads', 'm', exactly, 'lds', ({ n }: Sizes<'n'>) => rest(n)),
    target: rows('writes', 'm', 'n', 'ldt'),
  },
  f32_dropout: MASKED,
  f32_gaussian_noise: MASKED,
  f32_column_moments: { x: readRows, mean: written, variance: written },
  f32_normalize_columns: {
    x: readRows,
    mean: read,
    variance: read,
    gamma: optional(read),
    beta: optional(read),
    y: writtenRows,
  },
  f32_normalize_columns_backward: {
    x: readRows,
    mean: read,
    variance: read,
    gamma: optional(read),
    dy: readRows,
    dx: optional(writtenRows),
    dgamma: optional(written),
    dbeta: optional(written),
  },
  f32_scale_columns: { dy: readRows, variance: read, dx: writtenRows },
  f32_blend: { x: read, y: updated },
  f32_normalize_rows: { x: readRows, gamma: optional(read), beta: optional(read), y: writtenRows },
  f32_normalize_rows_backward: {
    x: readRows,
    gamma: optional(read),
    dy: readRows,
    dx: optional(writtenRows),
    dgamma: optional(updated),
    dbeta: optional(updated),
  },
  f32_rms_rows: { x: readRows, gamma: optional(read), y: writtenRows },
  f32_rms_rows_backward: {
    x: readRows,
    gamma: optional(read),
    dy: readRows,
    dx: optional(writtenRows),
    dgamma: optional(updated),
  },
  f32_max_norm_panels: { w: panels('updates', 'k', 'n') },
};
