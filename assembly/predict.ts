/** The kernels of prediction, for the entry that only predicts: a part of index.ts, with a single tile. */
export { f32_gemm_3x12 } from './gemm/tiles.generated';
export * from './activations-forward.generated';
export { f32_pack_panel } from './gemm/panels';
export { f32_first_nonfinite } from './reduce/sums';
export { f32_fill } from './data/rows';
export { f32_copy, f32_scale_shift, f32_sum } from './data/arithmetic';
export { f32_copy_columns } from './data/columns';
export { f32_cosine_rows, f32_dot_rows } from './data/dot';
export { f32_embed, f32_first_no_index } from './data/embedding';
export { f32_difference, f32_maximum, f32_minimum, f32_product_rows, f32_quotient } from './data/merge';
export { f32_normalize_columns } from './normalization/columns';
export { f32_normalize_rows } from './normalization/rows';
export { f32_rms_rows } from './normalization/root-mean-square';
