/**
 * Losses as descriptors: names, factories, options and checks. `bind.ts` binds them to kernels.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { fraction, positive, readOptions, type Check } from '../common/options.js';

/**
 * Options of the cross-entropies.
 * @category Losses
 */
export interface SmoothingOptions {
  /** Share ε in [0, 1) of each target that is spread over all classes. Default 0. */
  labelSmoothing?: number;
}

const smoothed =
  <K extends string>(kind: K) =>
  (options?: SmoothingOptions): Descriptor<K, Required<SmoothingOptions>> => ({
    kind,
    config: readOptions(kind, options, { labelSmoothing: { check: fraction, or: 0 } }),
  });

/**
 * A custom loss, computed for one row of outputs and targets at a time; the library takes the mean over the batch. It
 * runs in JavaScript: slower than the built-in losses, and as reproducible as its functions.
 * @category Losses
 */
export interface CustomLoss extends Named {
  /** Returns the loss of the row. */
  value(y: Float32Array, t: Float32Array): number;
  /** Returns ∂loss/∂y of the row, as many values as y. */
  gradient(y: Float32Array, t: Float32Array): Float32Array | readonly number[];
}

/**
 * The loss that training minimizes: a descriptor made by one of the factories below, or a custom loss. Always the mean
 * over the batch.
 * @category Losses
 */
export type Loss =
  Descriptor<PlainLossName> | ReturnType<(typeof LOSSES)[Exclude<LossName, PlainLossName>]> | Custom<CustomLoss>;

/**
 * Names of the losses without options, which share one type: from ten types with a `kind` each, TypeScript takes an
 * output that is named `kind` for the kind of a loss.
 */
type PlainLossName = { [K in LossName]: object extends ReturnType<(typeof LOSSES)[K]>['config'] ? K : never }[LossName];

/**
 * Values accepted as a loss; `mse`, `mae` and `bce` abbreviate `meanSquaredError`, `meanAbsoluteError` and
 * `binaryCrossentropy`.
 * @category Losses
 */
export type LossLike = LossName | 'mse' | 'mae' | 'bce' | Loss | CustomLoss;

/** Reads a name, a factory's descriptor, or a custom loss. */
export const lossCheck: Check<Loss> = (path, value) =>
  readCustom<CustomLoss>(path, value, ['value', 'gradient']) ?? resolve(path, value, LOSSES);

/**
 * Half squared error, the slides' quadratic cost: ½ Σ_j (t_j − y_j)², summed over outputs.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: halfSquaredError() });
 * network.evaluate([[1]], [[4, 3]]).loss; // 6.5
 * @category Losses
 */
export const halfSquaredError = /* @__PURE__ */ withoutOptions('halfSquaredError');

/**
 * Mean squared error: 1/n Σ_j (t_j − y_j)², the mean over the n outputs.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: meanSquaredError() });
 * network.evaluate([[1]], [[4, 1]]).loss; // 4.5
 * @category Losses
 */
export const meanSquaredError = /* @__PURE__ */ withoutOptions('meanSquaredError');

/**
 * Binary cross-entropy: −1/n Σ_j [t_j ln y_j + (1 − t_j) ln(1 − y_j)], the mean over the n outputs; targets in [0, 1].
 * On a sigmoid output it is computed from the logits, with δ = y − t; on any other, and if other layers read the output
 * too, y is clamped to [1e-7, 1 − 1e-7].
 * @throws ValueError for an unknown option, or a smoothing outside [0, 1).
 * @example
 * binaryCrossentropy({ labelSmoothing: 0.1 }).config; // { labelSmoothing: 0.1 }
 * @category Losses
 */
export const binaryCrossentropy = /* @__PURE__ */ smoothed('binaryCrossentropy');

/**
 * Categorical cross-entropy: −Σ_j t_j ln y_j, summed over classes; targets in [0, 1], one row per sample that adds up
 * to 1 within 0.001, usually one-hot; with `compile({ checks: 'off' })` any sum is accepted, as in Keras and PyTorch.
 * On a softmax output it is computed from the logits, with δ = y − t; on any other, and if other layers read the output
 * too, y is divided by the sum of its row, as in Keras, and clamped to [1e-7, 1].
 * @throws ValueError for an unknown option, or a smoothing outside [0, 1).
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 2, activation: 'softmax', inputShape: [1], kernelInitializer: 'zeros' })],
 * });
 * network.compile({ optimizer: 'sgd', loss: categoricalCrossentropy() });
 * Math.abs(network.evaluate([[1]], [[0, 1]]).loss - Math.LN2) < 1e-7; // true
 * @category Losses
 */
export const categoricalCrossentropy = /* @__PURE__ */ smoothed('categoricalCrossentropy');

/**
 * Categorical cross-entropy, as `categoricalCrossentropy`, with class indices as targets, one integer per sample.
 * @throws ValueError for an unknown option, or a smoothing outside [0, 1).
 * @example
 * const network = await sequential({
 *   layers: [dense({ units: 3, activation: 'softmax', inputShape: [1], kernelInitializer: 'zeros' })],
 * });
 * network.compile({ optimizer: 'sgd', loss: sparseCategoricalCrossentropy() });
 * Math.abs(network.evaluate([[1], [2]], [2, 0]).loss - Math.log(3)) < 1e-6; // true
 * @category Losses
 */
export const sparseCategoricalCrossentropy = /* @__PURE__ */ smoothed('sparseCategoricalCrossentropy');

/**
 * Mean absolute error: 1/n Σ_j |t_j − y_j|. Where both are equal, the derivative is 0, as in PyTorch.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: meanAbsoluteError() });
 * network.evaluate([[1]], [[4, 3]]).loss; // 2.5
 * @category Losses
 */
export const meanAbsoluteError = /* @__PURE__ */ withoutOptions('meanAbsoluteError');

/**
 * Options of `huber`.
 * @category Losses
 */
export interface HuberOptions {
  /** δ > 0, the distance from which the loss grows linearly. Default 1. */
  delta?: number;
}

/**
 * Huber loss: 1/n Σ_j ½d² where |d| ≤ delta, else delta(|d| − ½delta), d = y_j − t_j (Huber 1964); `delta` > 0, default
 * 1.
 * @throws ValueError for an unknown option, or a delta that is not > 0.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: huber({ delta: 2 }) });
 * network.evaluate([[1]], [[4, 2]]).loss; // 2.25
 * @category Losses
 */
export const huber = (options?: HuberOptions): Descriptor<'huber', Required<HuberOptions>> => ({
  kind: 'huber',
  config: readOptions('huber', options, { delta: { check: positive, or: 1 } }),
});

/**
 * Hinge loss: 1/n Σ_j max(0, 1 − s_j·y_j), s_j = 1 for targets above 0 and −1 for others: targets are 0 and 1, or −1
 * and 1.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: hinge() });
 * network.evaluate([[0.5]], [[1, 0]]).loss; // 1
 * @category Losses
 */
export const hinge = /* @__PURE__ */ withoutOptions('hinge');

/**
 * Log-cosh loss: 1/n Σ_j ln cosh(y_j − t_j), about ½d² near 0 and |d| − ln 2 far from it. Its derivative is tanh(d)/n.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: logCosh() });
 * Math.abs(network.evaluate([[1]], [[2, 1]]).loss - Math.log(Math.cosh(1)) / 2) < 1e-7; // true
 * @category Losses
 */
export const logCosh = /* @__PURE__ */ withoutOptions('logCosh');

/** Factories by the names that users and saved models may give. */
export const LOSSES = {
  halfSquaredError,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  hinge,
  logCosh,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
} as const;

/**
 * Names of the losses. Each name means its factory with the default options.
 * @category Losses
 */
export type LossName = keyof typeof LOSSES;
