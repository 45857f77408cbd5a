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
