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
import {
  doubles,
  everything,
  exactly,
  extent,
  type Extent,
  floats,
  integers,
  optional,
  OVERREAD,
  panels,
  rest,
  rows,
  run,
  type Sizes,
  triangle,
  values,
  valuesOfRows,
  vector,
} from './extent-forms.js';
import { padded } from './panels.js';

type Parameter<K extends KernelName> = (typeof ABI)[K][number];
type PointerName<P extends string> = P extends `*${infer Name}` ? Name : never;
type IntegerName<P extends string> = P extends `*${string}` | `${string}:f32` ? never : P;

/** An extent for each pointer of a kernel. */
type Extents<K extends KernelName> = Readonly<Record<PointerName<Parameter<K>>, Extent<IntegerName<Parameter<K>>>>>;

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
/** Losses that read their deltas again, and losses that go value by value. */
const UPDATED_LOSS = { ...LOSS, dy: rows('updates', 'm', 'n', 'ld') };
const VALUES_LOSS = { ...MEASURED, dy: rows('updates', 'm', 'n', 'ld'), loss: perRow };
/** Means, then variances. */
const pairs = ({ n }: Sizes<'n'>): number => 2 * n;
/** Random numbers are generated sixteen at a time. */
const RANDOM = { out: floats<'n'>('updates', ({ n }) => 16 * Math.ceil(n / 16)) };
const pieces = ({ n, pieces: each }: Sizes<'n' | 'pieces'>): number => n * each;
/** Rows of factors, and one product of each row, padded. */
const exactRows = valuesOfRows('reads', 'm', exactly, 'ld');
const products = valuesOfRows('writes', 'm', () => 4, 'ldy');
/** A column of indices, and the table of vectors that they select. */
const indices = valuesOfRows('reads', 'm', () => 1, 'ldx');
const vectors = ({ n, rows: all }: Sizes<'n' | 'rows'>): number => n * all;
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
  f32_transpose_panels: { b: panels('reads', 'k', 'n'), bt: panels('updates', 'n', 'k') },
  f32_pack_panel: { rows: floats('reads', ({ k, n }) => k * n), panel: panels('writes', 'k', 'n') },
  f32_unpack_panel: { panel: panels('reads', 'k', 'n'), rows: floats('writes', ({ k, n }) => k * n) },

  ...elementwise,
  f32_softmax: { x: readRows, y: rows('updates', 'm', 'n', 'ld') },
  f32_softmax_backward: { y: readRows, dy: readRows, dx: writtenRows },
  f32_log_softmax: { x: readRows, y: writtenRows },
  f32_log_softmax_backward: { y: readRows, dy: readRows, dx: writtenRows },
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
  f32_squared_hinge: UPDATED_LOSS,
  f32_categorical_hinge: VALUES_LOSS,
  f32_percentage_error: UPDATED_LOSS,
  f32_squared_log_error: UPDATED_LOSS,
  f32_poisson: UPDATED_LOSS,
  f32_poisson_log: UPDATED_LOSS,
  f32_quantile: {
    ...MEASURED,
    dy: valuesOfRows('writes', 'm', exactly, 'ld'),
    loss: values('updates', 'm'),
  },
  f32_gaussian_likelihood: {
    y: valuesOfRows('reads', 'm', pairs, 'ld'),
    t: MEASURED.t,
    dy: valuesOfRows('writes', 'm', (of: Sizes<'n'>) => padded(pairs(of)), 'ld'),
    loss: perRow,
  },
  f32_cosine_similarity: VALUES_LOSS,
  f32_sigmoid_binary_focal: PAIRED_LOSS,
  f32_binary_focal: LOSS,
  f32_softmax_categorical_focal: { ...PAIRED_LOSS, dz: rows('updates', 'm', 'n', 'ld') },
  f32_categorical_focal: UPDATED_LOSS,
  f32_subtract_entropy: { t: readRows, loss: values('updates', 'm') },
  f32_smooth_rows: { t: rows('updates', 'm', 'n', 'ld') },

  f32_activity_penalty: { x: readRows, dy: readRows, dx: writtenRows },
  f32_penalty_gradient: { w: read, g: updated },
  f32_scale: { w: updated },
  f32_clip_value: { g: updated },
  f64_add_squares: { g: panels('reads', 'k', 'n'), total: one },
  f32_add_scaled: { x: read, y: read, z: written },
  f64_add_products: { x: panels('reads', 'k', 'n'), y: panels('reads', 'k', 'n'), total: one },
  f64_dense_jacobian: {
    x: valuesOfRows('reads', 'm', ({ k }: Sizes<'k'>) => k, 'ldx'),
    delta: valuesOfRows('reads', 'm', exactly, 'ldd'),
    jacobian: doubles('updates', ({ m, n, k }) => padded(m) * padded(n * k)),
  },
  f64_add_gram: { jacobian: doubles('reads', ({ m, n }) => padded(m) * padded(n)), h: triangle('updates') },
  f64_cholesky: { h: triangle('reads'), r: triangle('writes') },
  f64_cholesky_solve: { r: triangle('reads'), b: doubles('updates', ({ n }) => padded(n)) },
  f32_adagrad: { g: read, w: updated, s: updated },
  f32_rmsprop: { g: read, w: updated, s: updated, v: optional(updated) },
  f32_rmsprop_centered: { g: read, w: updated, s: updated, a: updated, v: optional(updated) },
  f32_adadelta: { g: read, w: updated, s: updated, u: updated },

  f32_sgd: { g: read, w: updated },
  f32_sgd_momentum: { g: read, w: updated, v: updated },
  f32_adam: { g: read, w: updated, m: updated, v: updated },
  f32_amsgrad: { g: read, w: updated, m: updated, v: updated, x: updated },
  f32_adamax: { g: read, w: updated, m: updated, u: updated },
  f32_lion: { g: read, w: updated, m: updated },

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
  f32_dot_rows: { a: exactRows, b: exactRows, y: products },
  f32_dot_rows_backward: { x: readRows, dy: valuesOfRows('reads', 'm', () => 1, 'ldy'), dx: writtenRows },
  f32_cosine_rows: { a: exactRows, b: exactRows, y: products },
  f32_cosine_rows_backward: {
    a: exactRows,
    b: exactRows,
    dy: valuesOfRows('reads', 'm', () => 1, 'ldy'),
    da: writtenRows,
  },
  f32_embed: { x: indices, table: floats('reads', vectors), y: valuesOfRows('writes', 'm', exactly, 'ldy') },
  f32_embed_backward: {
    x: valuesOfRows('reads', 'm', ({ columns }: Sizes<'columns'>) => columns, 'ldx'),
    dy: valuesOfRows('reads', 'm', ({ n, columns }: Sizes<'n' | 'columns'>) => n * columns, 'ldy'),
    dtable: floats('updates', vectors),
  },
  f32_embed_move: { x: indices, sums: floats('updates', vectors), dtable: floats('updates', vectors) },
  f32_first_no_index: { x: indices, index: integers('writes', () => 1) },
  f32_limit_norm_rows: { w: floats('updates', ({ m, n }) => m * n) },
  f32_dropout: MASKED,
  f32_gaussian_noise: MASKED,
  f32_gaussian_factor: MASKED,
  f32_alpha_dropout: MASKED,
  f32_column_moments: { x: readRows, mean: written, rest: written, variance: written },
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
    rest: read,
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
  f32_limit_norm_panels: { w: panels('updates', 'k', 'n') },
};
