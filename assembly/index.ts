/**
 * The export list is the ABI; the table in src/runtime/abi.ts states the same names with their parameters. Kernels keep
 * no state and own no memory.
 */
export * from './gemm/tiles.generated';
export * from './activations.generated';
export { f32_transpose_panels } from './gemm/transpose';
export { f32_pack_panel, f32_unpack_panel } from './gemm/panels';
export { f32_activity_penalty } from './loss/activity-penalty';
export { f32_squared_error } from './loss/squared-error';
export { f32_binary_crossentropy, f32_sigmoid_binary_crossentropy } from './loss/binary-crossentropy';
export { f32_categorical_crossentropy, f32_softmax_categorical_crossentropy } from './loss/categorical-crossentropy';
export { f32_sgd, f32_sgd_momentum } from './optimizer/sgd';
export { f32_adam, f32_adamax, f32_amsgrad } from './optimizer/adam';
export { f32_lion } from './optimizer/lion';
export { u32_random } from './random/philox';
export { f32_normal, f32_uniform } from './random/fill';
export { u32_shuffle } from './random/shuffle';
export { f32_column_sums, f32_first_nonfinite, f64_add_sum } from './reduce/sums';
export { f32_binary_matches, f32_categorical_matches } from './reduce/matches';
export { f32_class_counts, f32_threshold_counts } from './reduce/class-counts';
export { f32_top_k_matches } from './reduce/top-k';
export { f32_absolute_residuals, f32_residual_moments, f32_squared_residuals } from './reduce/residuals';
export { f32_fill, f32_gather_rows, f32_one_hot, f32_pack_rows, f32_pad_rows, u32_gather } from './data/rows';
export { f32_log } from './math/vector';
export { f32_cosine_similarity } from './loss/cosine-similarity';
export { f32_subtract_entropy } from './loss/entropy';
export {
  f32_binary_focal,
  f32_categorical_focal,
  f32_sigmoid_binary_focal,
  f32_softmax_categorical_focal,
} from './loss/focal';
export { f32_gaussian_likelihood } from './loss/gaussian';
export { f32_categorical_hinge, f32_squared_hinge } from './loss/hinges';
export { f32_log_cosh } from './loss/log-cosh';
export { f32_poisson, f32_poisson_log } from './loss/poisson';
export { f32_quantile } from './loss/quantile';
export { f32_percentage_error, f32_squared_log_error } from './loss/relative';
export { f32_absolute_error, f32_hinge, f32_huber, f32_smooth_rows } from './loss/robust';
export { f32_add_scaled, f64_add_products } from './optimizer/vectors';
export { f32_adadelta, f32_adagrad, f32_rmsprop, f32_rmsprop_centered } from './optimizer/adaptive';
export { f64_add_gram, f64_cholesky, f64_cholesky_solve, f64_dense_jacobian } from './optimizer/gauss-newton';
export { f32_clip_value, f32_penalty_gradient, f32_scale, f64_add_squares } from './optimizer/gradient';
export {
  f32_clear_overflow,
  f32_copy,
  f32_product,
  f32_scale_shift,
  f32_sum,
  f32_weigh,
  f32_weigh_rows,
} from './data/arithmetic';
export { f32_copy_columns, f32_take_columns } from './data/columns';
export {
  f32_add_ties,
  f32_difference,
  f32_maximum,
  f32_minimum,
  f32_product_rows,
  f32_quotient,
  f32_share_ties,
  f32_start_ties,
} from './data/merge';
export { f32_alpha_dropout, f32_dropout } from './random/dropout';
export { f32_gaussian_factor, f32_gaussian_noise } from './random/noise';
export { f32_blend, f32_column_moments, f32_normalize_columns } from './normalization/columns';
export { f32_normalize_columns_backward, f32_scale_columns } from './normalization/columns-backward';
export { f32_limit_norm_rows } from './optimizer/row-constraint';
export { f32_cosine_rows, f32_cosine_rows_backward, f32_dot_rows, f32_dot_rows_backward } from './data/dot';
export { f32_embed, f32_embed_backward, f32_embed_move, f32_first_no_index } from './data/embedding';
export { f32_normalize_rows, f32_normalize_rows_backward } from './normalization/rows';
export { f32_rms_rows, f32_rms_rows_backward } from './normalization/root-mean-square';
export { f32_limit_norm_panels, f32_max_norm_panels } from './optimizer/constraint';
