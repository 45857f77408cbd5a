/** Losses on numbers: factories, options and checks. bind.ts binds them to kernels. */
import { withoutOptions, type Descriptor } from '../common/descriptor.js';
import { positive, readOptions } from '../common/options.js';

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
 * Log-cosh loss: 1/n Σ_j ln cosh(y_j − t_j), about ½d² near 0 and |d| − ln 2 far from it. Its derivative is tanh(d)/n.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: logCosh() });
 * Math.abs(network.evaluate([[1]], [[2, 1]]).loss - Math.log(Math.cosh(1)) / 2) < 1e-7; // true
 * @category Losses
 */
export const logCosh = /* @__PURE__ */ withoutOptions('logCosh');

/**
 * Mean absolute percentage error: 100/n Σ_j |t_j − y_j| / max(|t_j|, 1e-7). Where both are equal, the derivative is 0.
 * Targets near 0 make it as large as Keras' is.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: meanAbsolutePercentageError() });
 * network.evaluate([[1]], [[4, 2]]).loss; // 62.5
 * @category Losses
 */
export const meanAbsolutePercentageError = /* @__PURE__ */ withoutOptions('meanAbsolutePercentageError');

/**
 * Mean squared logarithmic error: 1/n Σ_j [ln(1 + y_j) − ln(1 + t_j)]², for targets over many magnitudes; targets at
 * least 0. Outputs below 1e-7 count as 1e-7, as in Keras, and have no gradient.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: meanSquaredLogarithmicError() });
 * Math.abs(network.evaluate([[1]], [[1, 3]]).loss - Math.LN2 ** 2 / 2) < 1e-7; // true
 * @category Losses
 */
export const meanSquaredLogarithmicError = /* @__PURE__ */ withoutOptions('meanSquaredLogarithmicError');

/**
 * Negative cosine of the angle between the outputs and the targets of a row: −y·t / (‖y‖·‖t‖), from −1 for the same
 * direction to 1 for the opposite one, as in Keras. Rows of outputs or targets with a norm of at most 1e-8 have loss 0
 * and no gradient.
 * @throws ValueError for an option.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: cosineSimilarity() });
 * Math.abs(network.evaluate([[1]], [[0, 3]]).loss + Math.SQRT1_2) < 1e-7; // true
 * @category Losses
 */
export const cosineSimilarity = /* @__PURE__ */ withoutOptions('cosineSimilarity');
