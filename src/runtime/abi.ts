/**
 * The ABI: the name and the typed parameters of each kernel, stated once. The types of the calls, the check at
 * instantiation, the generic tests and the kernel benchmarks are derived from this table; assembly/index.ts exports the
 * kernels, those of activations by a file that the build writes. extents.ts states which memory each kernel reads and
 * writes through its pointers, and needs an entry for every kernel of this table.
 *
 * - `*x` is a pointer in bytes, `x` an i32, `x:f32` a float. Counts and leading dimensions are in elements.
 * - The order is: dimensions, inputs, outputs, scalars. Kernels return nothing.
 * - Kernels that work on rows expect at least one value in each row. Without rows or values, kernels do nothing.
 */
const GEMM = ['m', 'n', 'k', '*a', 'lda', '*b', '*init', 'ldi', '*c', 'ldc', '*packedA'] as const;
const GEMM_TN = ['m', 'n', 'k', '*a', 'lda', '*b', 'ldb', '*c', 'accumulate', '*scratch'] as const;
const MAP = ['n', '*x', '*y'] as const;
const MAP_BACKWARD = ['n', '*y', '*dy', '*dx'] as const;
/** count: the rows that the loss is a mean over, those of the batch or of all batches of an update. */
const LOSS = ['m', 'n', '*y', '*t', '*dy', 'ld', '*loss', 'count:f32'] as const;
const PAIRED_LOSS = ['m', 'n', '*z', '*t', '*y', '*dz', 'ld', '*loss', 'count:f32'] as const;

/**
 * The activations that work value by value, by the scalars that their two kernels take: f32_NAME (n, *x, *y,
 * …scalars) and f32_NAME_backward (n, *y, *dy, *dx, …scalars), where *y is x if the derivative is
 * computed from the input.
 */
export const ELEMENTWISE_KERNELS = {
  sigmoid: [],
  tanh: [],
  relu: [],
  unit_step: [],
  leaky_relu: ['alpha:f32'],
  elu: ['alpha:f32', 'scale:f32'],
  swish: [],
  gelu: [],
  softplus: [],
  softsign: [],
  mish: [],
  hard_sigmoid: [],
  relu6: [],
  hard_swish: [],
  celu: ['alpha:f32'],
  tanh_gelu: [],
} as const;

type ElementwiseKernels = typeof ELEMENTWISE_KERNELS;
type ElementwiseAbi = {
  readonly [K in keyof ElementwiseKernels as `f32_${K}`]: readonly [...typeof MAP, ...ElementwiseKernels[K]];
} & {
  readonly [K in keyof ElementwiseKernels as `f32_${K}_backward`]: readonly [
    ...typeof MAP_BACKWARD,
    ...ElementwiseKernels[K],
  ];
};

const elementwise = /* @__PURE__ */ Object.fromEntries(
  /* @__PURE__ */ Object.entries(ELEMENTWISE_KERNELS).flatMap(([name, scalars]) => [
    [`f32_${name}`, [...MAP, ...scalars]],
    [`f32_${name}_backward`, [...MAP_BACKWARD, ...scalars]],
  ]),
) as unknown as ElementwiseAbi;

export const ABI = {
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
  f32_transpose_panels: ['k', 'n', 'width', '*b', '*bt', 'skipped', 'panels'],
  f32_pack_panel: ['k', 'n', '*rows', '*panel'],
  f32_unpack_panel: ['k', 'n', '*panel', '*rows'],

  ...elementwise,
  f32_softmax: ['m', 'n', '*x', '*y', 'ld'],
  f32_softmax_backward: ['m', 'n', '*y', '*dy', '*dx', 'ld'],
  f32_log_softmax: ['m', 'n', '*x', '*y', 'ld'],
  f32_log_softmax_backward: ['m', 'n', '*y', '*dy', '*dx', 'ld'],
  f32_prelu: ['m', 'n', '*x', '*slope', '*y', 'ld'],
  f32_prelu_backward: ['m', 'n', '*x', '*slope', '*dy', '*dx', '*dslope', 'ld', 'accumulate'],
  f32_max_pieces: ['m', 'n', 'pieces', '*x', 'ldx', '*y', 'ldy'],
  f32_max_pieces_backward: ['m', 'n', 'pieces', '*x', 'ldx', '*dy', 'ldy', '*dx'],
  f32_exp: MAP,
  f32_log: MAP,

  f32_squared_error: [...LOSS, 'lossScale:f32', 'deltaScale:f32'],
  f32_binary_crossentropy: [...LOSS, 'epsilon:f32'],
  f32_sigmoid_binary_crossentropy: PAIRED_LOSS,
  f32_categorical_crossentropy: [...LOSS, 'epsilon:f32'],
  f32_softmax_categorical_crossentropy: PAIRED_LOSS,
  f32_absolute_error: LOSS,
  f32_huber: [...LOSS, 'delta:f32'],
  f32_hinge: LOSS,
  f32_log_cosh: LOSS,
  f32_squared_hinge: LOSS,
  f32_categorical_hinge: LOSS,
  f32_percentage_error: [...LOSS, 'epsilon:f32'],
  f32_squared_log_error: [...LOSS, 'epsilon:f32'],
  f32_poisson: [...LOSS, 'epsilon:f32'],
  f32_poisson_log: LOSS,
  f32_quantile: ['m', 'n', 'outputs', '*y', '*t', '*dy', 'ld', '*loss', 'count:f32', 'accumulate', 'quantile:f32'],
  f32_gaussian_likelihood: [...LOSS, 'epsilon:f32', 'constant:f32'],
  f32_cosine_similarity: [...LOSS, 'epsilon:f32'],
  f32_sigmoid_binary_focal: [...PAIRED_LOSS, 'gamma:f32', 'alpha:f32', 'beta:f32'],
  f32_binary_focal: [...LOSS, 'epsilon:f32', 'gamma:f32', 'alpha:f32', 'beta:f32'],
  f32_softmax_categorical_focal: [...PAIRED_LOSS, 'gamma:f32', 'alpha:f32'],
  f32_categorical_focal: [...LOSS, 'epsilon:f32', 'gamma:f32', 'alpha:f32'],
  f32_subtract_entropy: ['m', 'n', '*t', 'ld', '*loss'],
  f32_smooth_rows: ['m', 'n', '*t', 'ld', 'scale:f32', 'shift:f32'],

  f32_activity_penalty: ['m', 'n', '*x', '*dy', '*dx', 'ld', 'count:f32', 'l1:f32', 'l2:f32'],
  f32_penalty_gradient: ['n', '*w', '*g', 'l1:f32', 'l2:f32'],
  f32_scale: ['n', '*w', 'factor:f32'],
  f32_clip_value: ['n', '*g', 'limit:f32'],
  f64_add_squares: ['k', 'n', 'width', '*g', '*total'],
  f32_add_scaled: ['n', '*x', '*y', '*z', 'factor:f32'],
  f64_add_products: ['k', 'n', 'width', '*x', '*y', '*total'],
  f64_dense_jacobian: ['m', 'n', 'k', '*x', 'ldx', '*delta', 'ldd', '*jacobian'],
  f64_add_gram: ['m', 'n', '*jacobian', '*h'],
  f64_cholesky: ['n', '*h', '*r', 'damping:f32'],
  f64_cholesky_solve: ['n', '*r', '*b'],
  f32_adagrad: ['n', '*g', '*w', '*s', 'learningRate:f32', 'epsilon:f32'],
  f32_rmsprop: [
    'n',
    '*g',
    '*w',
    '*s',
    '*v',
    'learningRate:f32',
    'rho:f32',
    'oneMinusRho:f32',
    'epsilon:f32',
    'momentum:f32',
  ],
  f32_rmsprop_centered: [
    'n',
    '*g',
    '*w',
    '*s',
    '*a',
    '*v',
    'learningRate:f32',
    'rho:f32',
    'oneMinusRho:f32',
    'epsilon:f32',
    'momentum:f32',
  ],
  f32_adadelta: ['n', '*g', '*w', '*s', '*u', 'learningRate:f32', 'rho:f32', 'oneMinusRho:f32', 'epsilon:f32'],

  f32_sgd: ['n', '*g', '*w', 'learningRate:f32'],
  f32_sgd_momentum: ['n', '*g', '*w', '*v', 'learningRate:f32', 'momentum:f32', 'nesterov'],
  f32_adam: [
    'n',
    '*g',
    '*w',
    '*m',
    '*v',
    'stepSize:f32',
    'gradientStep:f32',
    'rootScale:f32',
    'beta1:f32',
    'oneMinusBeta1:f32',
    'beta2:f32',
    'oneMinusBeta2:f32',
    'epsilon:f32',
  ],
  f32_amsgrad: [
    'n',
    '*g',
    '*w',
    '*m',
    '*v',
    '*x',
    'stepSize:f32',
    'rootScale:f32',
    'beta1:f32',
    'oneMinusBeta1:f32',
    'beta2:f32',
    'oneMinusBeta2:f32',
    'epsilon:f32',
  ],
  f32_adamax: [
    'n',
    '*g',
    '*w',
    '*m',
    '*u',
    'stepSize:f32',
    'beta1:f32',
    'oneMinusBeta1:f32',
    'beta2:f32',
    'epsilon:f32',
  ],
  f32_lion: [
    'n',
    '*g',
    '*w',
    '*m',
    'learningRate:f32',
    'beta1:f32',
    'oneMinusBeta1:f32',
    'beta2:f32',
    'oneMinusBeta2:f32',
  ],

  u32_random: ['n', '*out', 'key0', 'key1', 'c0', 'c1', 'c2', 'c3'],
  f32_uniform: ['n', '*out', 'key0', 'key1', 'c0', 'c1', 'c2', 'c3', 'low:f32', 'high:f32'],
  f32_normal: ['n', '*out', 'key0', 'key1', 'c0', 'c1', 'c2', 'c3', 'mean:f32', 'stddev:f32'],
  u32_shuffle: ['n', '*indices', '*words', 'key0', 'key1', 'c1', 'c2', 'c3'],

  f32_column_sums: ['m', 'n', '*a', 'lda', '*out', 'accumulate'],
  f64_add_sum: ['n', '*x', '*total'],
  f32_first_nonfinite: ['n', '*x', '*index'],
  f32_categorical_matches: ['m', 'n', '*y', '*t', 'ld', '*total'],
  f32_binary_matches: ['m', 'n', '*y', '*t', 'ld', '*total', 'threshold:f32', 'targetThreshold:f32'],
  f32_class_counts: ['m', 'n', '*y', '*t', 'ld', '*counts'],
  f32_threshold_counts: ['m', 'n', '*y', '*t', 'ld', '*counts', 'threshold:f32', 'targetThreshold:f32'],
  f32_top_k_matches: ['m', 'n', '*y', '*t', 'ld', '*total', 'k'],
  f32_squared_residuals: ['m', 'n', '*y', '*t', 'ld', '*total'],
  f32_absolute_residuals: ['m', 'n', '*y', '*t', 'ld', '*total'],
  f32_residual_moments: ['m', 'n', '*y', '*t', 'ld', '*moments'],

  f32_fill: ['n', '*x', 'value:f32'],
  f32_pad_rows: ['m', 'n', '*source', '*target', 'ld'],
  f32_pack_rows: ['m', 'n', '*source', 'ld', '*target'],
  f32_gather_rows: ['m', 'n', 'rows', '*source', '*indices', '*target', 'ld'],
  u32_gather: ['n', 'rows', '*source', '*indices', '*target'],
  f32_one_hot: ['m', 'n', '*labels', '*target', 'ld'],

  f32_sum: ['n', '*a', '*b', '*y'],
  f32_product: ['n', '*a', '*b', '*y'],
  f32_difference: ['n', '*a', '*b', '*y'],
  f32_maximum: ['n', '*a', '*b', '*y'],
  f32_minimum: ['n', '*a', '*b', '*y'],
  f32_quotient: [...MAP, 'divisor:f32'],
  f32_product_rows: ['m', 'n', '*a', '*b', '*y', 'ld'],
  f32_start_ties: ['n', '*x', '*y', '*count'],
  f32_add_ties: ['n', '*x', '*y', '*count'],
  f32_share_ties: ['n', '*x', '*y', '*dy', '*count', '*dx'],
  f32_weigh: ['n', '*a', '*b', '*y'],
  f32_copy: MAP,
  f32_scale_shift: [...MAP, 'scale:f32', 'shift:f32'],
  f32_weigh_rows: ['m', 'n', '*weights', '*x', 'ld'],
  f32_clear_overflow: ['m', 'n', '*weights', '*x', 'ld'],
  f32_copy_columns: ['m', 'n', '*source', 'lds', '*target', 'ldt'],
  f32_take_columns: ['m', 'n', '*source', 'lds', '*target', 'ldt'],
  f32_dot_rows: ['m', 'n', '*a', '*b', 'ld', '*y', 'ldy'],
  f32_dot_rows_backward: ['m', 'n', '*x', '*dy', 'ldy', '*dx', 'ld'],
  f32_cosine_rows: ['m', 'n', '*a', '*b', 'ld', '*y', 'ldy', 'epsilon:f32'],
  f32_cosine_rows_backward: ['m', 'n', '*a', '*b', '*dy', 'ldy', '*da', 'ld', 'epsilon:f32'],
  f32_embed: ['m', 'n', 'rows', '*x', 'ldx', '*table', '*y', 'ldy'],
  f32_embed_backward: ['m', 'n', 'rows', 'columns', '*x', 'ldx', '*dy', 'ldy', '*dtable'],
  f32_embed_move: ['m', 'n', 'rows', '*x', 'ldx', '*sums', '*dtable'],
  f32_first_no_index: ['m', '*x', 'ldx', '*index', 'limit:f32'],
  f32_limit_norm_rows: ['m', 'n', '*w', 'least:f32', 'most:f32', 'rate:f32'],
  f32_dropout: ['m', 'n', '*x', '*words', '*y', 'ld', 'key0', 'key1', 'node', 'step', 'first', 'rate:f32', 'scale:f32'],
  f32_gaussian_noise: ['m', 'n', '*x', '*words', '*y', 'ld', 'key0', 'key1', 'node', 'step', 'first', 'stddev:f32'],
  f32_gaussian_factor: ['m', 'n', '*x', '*words', '*y', 'ld', 'key0', 'key1', 'node', 'step', 'first', 'stddev:f32'],
  f32_alpha_dropout: [
    'm',
    'n',
    '*x',
    '*words',
    '*y',
    'ld',
    'key0',
    'key1',
    'node',
    'step',
    'first',
    'rate:f32',
    'scale:f32',
    'shift:f32',
    'dropped:f32',
  ],
  f32_column_moments: ['m', 'n', '*x', 'ld', '*mean', '*rest', '*variance'],
  f32_normalize_columns: ['m', 'n', '*x', '*mean', '*variance', '*gamma', '*beta', '*y', 'ld', 'epsilon:f32'],
  f32_normalize_columns_backward: [
    'm',
    'n',
    '*x',
    '*mean',
    '*rest',
    '*variance',
    '*gamma',
    '*dy',
    '*dx',
    '*dgamma',
    '*dbeta',
    'ld',
    'epsilon:f32',
  ],
  f32_scale_columns: ['m', 'n', '*dy', '*variance', '*dx', 'ld', 'epsilon:f32'],
  f32_blend: [...MAP, 'rate:f32', 'scale:f32'],
  f32_normalize_rows: ['m', 'n', '*x', '*gamma', '*beta', '*y', 'ld', 'epsilon:f32'],
  f32_normalize_rows_backward: [
    'm',
    'n',
    '*x',
    '*gamma',
    '*dy',
    '*dx',
    '*dgamma',
    '*dbeta',
    'ld',
    'epsilon:f32',
    'accumulate',
  ],
  f32_rms_rows: ['m', 'n', '*x', '*gamma', '*y', 'ld', 'epsilon:f32'],
  f32_rms_rows_backward: ['m', 'n', '*x', '*gamma', '*dy', '*dx', '*dgamma', 'ld', 'epsilon:f32', 'accumulate'],
  f32_max_norm_panels: ['k', 'n', 'width', '*w', 'limit:f32'],
  f32_limit_norm_panels: ['k', 'n', 'width', '*w', 'least:f32', 'most:f32', 'rate:f32'],
} as const;

export type KernelName = keyof typeof ABI;

type Numbers<P extends readonly string[]> = { [I in keyof P]: number };

/** The kernels, as functions of numbers. */
export type Kernels = {
  readonly [K in KernelName]: (...args: Numbers<(typeof ABI)[K]>) => void;
};

export type GemmKernel = Kernels['f32_gemm_4x8'];
export type GemmTnKernel = Kernels['f32_gemm_tn_4x8'];
