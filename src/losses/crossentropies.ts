/** Losses on probabilities, or on the logits of them: factories, options and checks. bind.ts binds them to kernels. */
import type { Descriptor } from '../common/descriptor.js';
import { flag, fraction, nonNegative, readOptions, share } from '../common/options.js';

/**
 * Label smoothing of losses on probabilities.
 * @category Losses
 */
export interface SmoothingOptions {
  /** Share ε in [0, 1) of each target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
}

/**
 * Form of the outputs of losses on probabilities.
 * @category Losses
 */
export interface LogitsOptions {
  /**
   * Whether outputs are logits, as those of a linear layer: the loss applies the softmax or sigmoid itself, with the
   * bits of a network that ends on it. `predict` gives the logits; metrics count a logit above 0 as yes, and custom
   * metrics get logits. Default false: outputs are probabilities.
   */
  fromLogits?: boolean;
}

/**
 * Options of the cross-entropies.
 * @category Losses
 */
export interface CrossentropyOptions extends SmoothingOptions, LogitsOptions {}

const crossentropy =
  <K extends string>(kind: K) =>
  (options?: CrossentropyOptions): Descriptor<K, Required<CrossentropyOptions>> => ({
    kind,
    config: readOptions(kind, options, {
      labelSmoothing: { check: fraction, or: 0 },
      fromLogits: { check: flag, or: false },
    }),
  });

/**
 * Binary cross-entropy: −1/n Σ_j [t_j ln y_j + (1 − t_j) ln(1 − y_j)], the mean over the n outputs; targets in [0, 1].
 * On a sigmoid output it is computed from the logits, with δ = y − t; on any other, and if other layers read the output
 * too, y is clamped to [1e-7, 1 − 1e-7]. With `fromLogits` y is σ of the output.
 * @throws ValueError for an unknown option, a smoothing outside [0, 1), or a fromLogits that is not true or false.
 * @example
 * binaryCrossentropy({ labelSmoothing: 0.1 }).config; // { labelSmoothing: 0.1, fromLogits: false }
 * @category Losses
 */
export const binaryCrossentropy = /* @__PURE__ */ crossentropy('binaryCrossentropy');

/**
 * Categorical cross-entropy: −Σ_j t_j ln y_j, summed over classes; targets in [0, 1], one row per sample that adds up
 * to 1 within 0.001, usually one-hot; with `compile({ checks: 'off' })` any sum is accepted, as in Keras and PyTorch.
 * On a softmax output it is computed from the logits, with δ = y − t; on any other, and if other layers read the output
 * too, y is divided by the sum of its row, as in Keras, and clamped to [1e-7, 1]. With `fromLogits` y is the softmax of
 * the outputs.
 * @throws ValueError for an unknown option, a smoothing outside [0, 1), or a fromLogits that is not true or false.
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 2, activation: 'softmax', inputShape: [1], kernelInitializer: 'zeros' })],
 * });
 * network.compile({ optimizer: 'sgd', loss: categoricalCrossentropy() });
 * Math.abs(network.evaluate([[1]], [[0, 1]]).loss - Math.LN2) < 1e-7; // true
 * @category Losses
 */
export const categoricalCrossentropy = /* @__PURE__ */ crossentropy('categoricalCrossentropy');

/**
 * Categorical cross-entropy, as `categoricalCrossentropy`, with class indices as targets, one integer per sample.
 * @throws ValueError for an unknown option, a smoothing outside [0, 1), or a fromLogits that is not true or false.
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 3, activation: 'softmax', inputShape: [1], kernelInitializer: 'zeros' })],
 * });
 * network.compile({ optimizer: 'sgd', loss: sparseCategoricalCrossentropy() });
 * Math.abs(network.evaluate([[1], [2]], [2, 0]).loss - Math.log(3)) < 1e-6; // true
 * @category Losses
 */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ crossentropy('sparseCategoricalCrossentropy');

/**
 * Kullback–Leibler divergence of the outputs from the targets: Σ_j t_j (ln t_j − ln y_j), 0 where they are equal;
 * targets in [0, 1] that add up to 1, as for `categoricalCrossentropy`, whose gradient it has and whose treatment of
 * outputs that are no softmax. Rounding may make it as little as −1e-6.
 * @throws ValueError for an unknown option, or a fromLogits that is not true or false.
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 2, activation: 'softmax', inputShape: [1], kernelInitializer: 'zeros' })],
 * });
 * network.compile({ optimizer: 'sgd', loss: kullbackLeibler() });
 * Math.abs(network.evaluate([[1]], [[0.5, 0.5]]).loss) < 1e-6; // true
 * @category Losses
 */
export const kullbackLeibler = (options?: LogitsOptions): Descriptor<'kullbackLeibler', Required<LogitsOptions>> => ({
  kind: 'kullbackLeibler',
  config: readOptions('kullbackLeibler', options, { fromLogits: { check: flag, or: false } }),
});

/**
 * Options of the focal losses.
 * @category Losses
 */
export interface FocalOptions extends CrossentropyOptions {
  /** Exponent γ ≥ 0, by which easy rows lose their weight; 0 gives the cross-entropy. Default 2. */
  gamma?: number;
  /** Weight α ≥ 0; of binaryFocalCrossentropy only with `applyClassBalancing`. Default 0.25. */
  alpha?: number;
}

/**
 * Options of `binaryFocalCrossentropy`.
 * @category Losses
 */
export interface BinaryFocalOptions extends FocalOptions {
  /** Whether targets of 1 have the weight α, and those of 0 the weight 1 − α ≥ 0. Default false: all have 1. */
  applyClassBalancing?: boolean;
}

const FOCAL = {
  labelSmoothing: { check: fraction, or: 0 },
  fromLogits: { check: flag, or: false },
  gamma: { check: nonNegative, or: 2 },
};

/**
 * Binary focal loss (Lin et al. 2017), for few positives among many easy negatives: 1/n Σ_j (1 − p_j)^γ · C_j, C_j the
 * terms of `binaryCrossentropy`, p_j the probability given to the truth, t_j·y_j + (1 − t_j)(1 − y_j). As Keras'.
 * @throws ValueError for an unknown option or value.
 * @example
 * binaryFocalCrossentropy().config; // { labelSmoothing: 0, fromLogits: false, gamma: 2, alpha: 0.25, applyClassBalancing: false }
 * @category Losses
 */
export const binaryFocalCrossentropy = (
  options?: BinaryFocalOptions,
): Descriptor<'binaryFocalCrossentropy', Required<BinaryFocalOptions>> => ({
  kind: 'binaryFocalCrossentropy',
  config: readOptions<Required<BinaryFocalOptions>>('binaryFocalCrossentropy', options, {
    ...FOCAL,
    alpha: { check: share, or: 0.25 },
    applyClassBalancing: { check: flag, or: false },
  }),
});

/**
 * Categorical focal loss: −α Σ_j t_j (1 − y_j)^γ ln y_j, summed over classes; targets and outputs as for
 * `categoricalCrossentropy`. As Keras', with one α for all classes: weights of classes are `classWeight` of fit.
 * @throws ValueError for an unknown option or value.
 * @example
 * categoricalFocalCrossentropy({ gamma: 1 }).config; // { labelSmoothing: 0, fromLogits: false, gamma: 1, alpha: 0.25 }
 * @category Losses
 */
export const categoricalFocalCrossentropy = (
  options?: FocalOptions,
): Descriptor<'categoricalFocalCrossentropy', Required<FocalOptions>> => ({
  kind: 'categoricalFocalCrossentropy',
  config: readOptions<Required<FocalOptions>>('categoricalFocalCrossentropy', options, {
    ...FOCAL,
    alpha: { check: nonNegative, or: 0.25 },
  }),
});
