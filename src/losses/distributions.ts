/**
 * Losses on the distribution of a number: its rate, its quantiles, its mean and variance. Factories, options and
 * checks; bind.ts binds them to kernels.
 */
import { isList } from '../common/arrays.js';
import type { Descriptor } from '../common/descriptor.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { finite, flag, listOf, positive, readOptions, type Check } from '../common/options.js';

/**
 * Options of `poisson`.
 * @category Losses
 */
export interface PoissonOptions {
  /**
   * Whether outputs are logarithms of rates, as those of a linear layer; `predict` and metrics get the logarithms.
   * Default false: outputs are rates, as those of softplus or exponential.
   */
  logInput?: boolean;
}

/**
 * Poisson loss, for counts: 1/n Σ_j [y_j − t_j ln(y_j + 1e-8)] of rates y_j ≥ 0, with `logInput` 1/n Σ_j [e^(y_j) −
 * t_j·y_j] of their logarithms; targets at least 0. The negative log-likelihood without the terms of the targets alone,
 * so it may be below 0. PyTorch's formula; Keras has an epsilon of 1e-7. NaN where a rate is below −1e-8.
 * @throws ValueError for an unknown option, or a logInput that is not true or false.
 * @example
 * const network = await sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: poisson({ logInput: true }) });
 * network.evaluate([[0]], [[3]]).loss; // 1
 * @category Losses
 */
export const poisson = (options?: PoissonOptions): Descriptor<'poisson', Required<PoissonOptions>> => ({
  kind: 'poisson',
  config: readOptions('poisson', options, { logInput: { check: flag, or: false } }),
});

/**
 * Options of `quantile`.
 * @category Losses
 */
export interface QuantileOptions {
  /** A share between 0 and 1, or several in ascending order. Default 0.5, the median. */
  quantiles?: number | readonly number[];
}

/** Most quantiles of a loss: a file may list any number. */
const MOST_QUANTILES = 1024;

const insideUnit: Check<number> = (path, value) => {
  const number = finite(path, value);
  if (number > 0 && number < 1) return number;
  throw new ValueError(`${path} expected a number between 0 and 1, got ${describe(number)}.`);
};

const readQuantiles: Check<number[]> = (path, value) => {
  if (!isList(value)) return [insideUnit(path, value)];
  const quantiles = listOf('a number between 0 and 1, or a list of them', insideUnit)(path, value);
  if (quantiles.length === 0 || quantiles.length > MOST_QUANTILES) {
    throw new ValueError(`${path} expected 1 to ${MOST_QUANTILES} quantiles, got ${quantiles.length}.`);
  }
  const wrong = quantiles.findIndex((one, i) => i > 0 && one <= quantiles[i - 1]);
  if (wrong < 0) return quantiles;
  throw new ValueError(
    `${path} expected ascending quantiles, got ${quantiles[wrong]} after ${quantiles[wrong - 1]}. Sort them.`,
  );
};

/** Settled options of `quantile`. */
export interface QuantileConfig {
  /** Quantiles in ascending order. */
  quantiles: readonly number[];
}

/**
 * Quantile loss, or pinball loss (Koenker and Bassett 1978): the mean over outputs of max(q·d, (q − 1)·d), d = t − y,
 * which the q-quantile of the targets minimizes. At q = 0.5 it is half the absolute error. Where both are
 * equal, the derivative is 0.
 *
 * With several quantiles a row has an output for each quantile of each of its k targets: first the k targets at the
 * first quantile, then at the second, and so on. Metrics measure the outputs of the quantile nearest to the median.
 * Nothing keeps quantiles from crossing.
 * @throws ValueError for an unknown option, or quantiles that are not between 0 and 1 in ascending order; `compile` a
 * ShapeError for a number of outputs that is no multiple of the number of quantiles.
 * @example
 * const network = await sequential({ layers: [dense({ units: 2, inputShape: [1], kernelInitializer: 'ones' })] });
 * network.compile({ optimizer: 'sgd', loss: quantile({ quantiles: [0.25, 0.75] }) });
 * network.evaluate([[1]], [[5]]).loss; // 2
 * @category Losses
 */
export const quantile = (options?: QuantileOptions): Descriptor<'quantile', QuantileConfig> => ({
  kind: 'quantile',
  config: readOptions<QuantileConfig>('quantile', options, {
    quantiles: { check: readQuantiles, or: [0.5] },
  }),
});

/**
 * Options of `gaussianNegativeLogLikelihood`.
 * @category Losses
 */
export interface GaussianOptions {
  /** Smallest variance, > 0; smaller ones count as it. Default 1e-6. */
  epsilon?: number;
  /** Whether the constant term ½ ln 2π is added. Default false. */
  full?: boolean;
}

/**
 * Gaussian negative log-likelihood of k targets, for a network that predicts a mean y and a variance s for each: 1/k
 * Σ_j ½[ln s_j + (t_j − y_j)²/s_j], with `full` plus ½ ln 2π. A row has 2k outputs, first the means, then the
 * variances, which must be above 0: concatenate a linear layer and one that ends on softplus. Metrics measure the
 * means. As in PyTorch, variances below `epsilon` count as epsilon, with the derivative that it has there.
 * @throws ValueError for an unknown option or value; `compile` a ShapeError for an odd number of outputs.
 * @example
 * const x = input({ shape: [1] });
 * const part = (activation: 'linear' | 'exponential') =>
 *   dense({ units: 1, activation, kernelInitializer: 'zeros' }).apply(x);
 * const outputs = concatenate().apply([part('linear'), part('exponential')]);
 * const network = await model({ inputs: x, outputs });
 * network.compile({ optimizer: 'sgd', loss: gaussianNegativeLogLikelihood() });
 * network.evaluate([[1]], [[3]]).loss; // 4.5
 * @category Losses
 */
export const gaussianNegativeLogLikelihood = (
  options?: GaussianOptions,
): Descriptor<'gaussianNegativeLogLikelihood', Required<GaussianOptions>> => ({
  kind: 'gaussianNegativeLogLikelihood',
  config: readOptions('gaussianNegativeLogLikelihood', options, {
    epsilon: { check: positive, or: 1e-6 },
    full: { check: flag, or: false },
  }),
});
