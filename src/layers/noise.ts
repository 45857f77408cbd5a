/**
 * The layers `dropout`, `alphaDropout`, `gaussianDropout` and `gaussianNoise`: their options and how they become
 * operations. operations/noise.ts predicts, operations/noise.backward.ts draws the masks and the noise of a training
 * step.
 */
import { fraction, nonNegative } from '../common/options.js';
import * as operations from '../operations/noise.js';
import { LAYER_OPTIONS } from './checks.js';
import { onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/**
 * Options of `dropout`, `alphaDropout` and `gaussianDropout`.
 * @category Layers
 */
export interface DropoutOptions extends LayerOptions {
  /** Fraction of the values that a training step drops, in [0, 1); for `gaussianDropout` what sets the noise. */
  rate: number;
}

/**
 * Settled options of `dropout`, `alphaDropout` and `gaussianDropout`.
 * @category Layers
 */
export interface DropoutConfig extends LayerConfig {
  /** Fraction of the values that a training step drops. */
  readonly rate: number;
}

/** Layer definition of `dropout`. */
export const dropoutDefinition: LayerDefinition<'dropout', DropoutConfig> = {
  kind: 'dropout',
  merges: false,
  options: () => ({ rate: { check: fraction }, ...LAYER_OPTIONS }),
  lower: ({ rate }) => onOne((inputs) => [[operations.dropout(inputs, rate)]]),
};

/**
 * Inverted dropout (Srivastava et al. 2014): a training step sets each value to 0 with probability `rate` and divides
 * the others by 1 − rate; at all other times y = x. Masks are a function of (seed, layer, update, row, column).
 * @throws ValueError for an unknown option, or a rate outside [0, 1).
 * @example
 * dropout({ rate: 0.5 }).config.rate; // 0.5
 * @category Layers
 */
export function dropout(options: DropoutOptions): Layer<'dropout', DropoutConfig> {
  return makeLayer(dropoutDefinition, options);
}

/** Layer definition of `alphaDropout`. */
export const alphaDropoutDefinition: LayerDefinition<'alphaDropout', DropoutConfig> = {
  kind: 'alphaDropout',
  merges: false,
  options: () => ({ rate: { check: fraction }, ...LAYER_OPTIONS }),
  lower: ({ rate }) => onOne((inputs) => [[operations.alphaDropout(inputs, rate)]]),
};

/**
 * Alpha dropout (Klambauer et al. 2017), for networks of SELU: a training step sets each value to SELU's limit on the
 * left, −1.758, with probability `rate`, then scales and shifts all so that mean 0 and variance 1 stay; at all other
 * times y = x. Masks are those that `dropout` has in the same place.
 * @throws ValueError for an unknown option, or a rate outside [0, 1).
 * @example
 * alphaDropout({ rate: 0.1 }).config.rate; // 0.1
 * @category Layers
 */
export function alphaDropout(options: DropoutOptions): Layer<'alphaDropout', DropoutConfig> {
  return makeLayer(alphaDropoutDefinition, options);
}

/** Layer definition of `gaussianDropout`. */
export const gaussianDropoutDefinition: LayerDefinition<'gaussianDropout', DropoutConfig> = {
  kind: 'gaussianDropout',
  merges: false,
  options: () => ({ rate: { check: fraction }, ...LAYER_OPTIONS }),
  lower: ({ rate }) => onOne((inputs) => [[operations.gaussianDropout(inputs, rate)]]),
};

/**
 * Gaussian dropout (Srivastava et al. 2014): a training step multiplies each value by a sample of N(1, rate/(1 −
 * rate)), which has the mean and the variance of the factors of `dropout`; at all other times y = x. The factors are a
 * function of (seed, layer, update, row, column).
 * @throws ValueError for an unknown option, or a rate outside [0, 1).
 * @example
 * gaussianDropout({ rate: 0.25 }).config.rate; // 0.25
 * @category Layers
 */
export function gaussianDropout(options: DropoutOptions): Layer<'gaussianDropout', DropoutConfig> {
  return makeLayer(gaussianDropoutDefinition, options);
}

/**
 * Options of `gaussianNoise`.
 * @category Layers
 */
export interface GaussianNoiseOptions extends LayerOptions {
  /** Standard deviation of the noise, at least 0. */
  stddev: number;
}

/**
 * Settled options of `gaussianNoise`.
 * @category Layers
 */
export interface GaussianNoiseConfig extends LayerConfig {
  /** Standard deviation of the noise. */
  readonly stddev: number;
}

/** Layer definition of `gaussianNoise`. */
export const gaussianNoiseDefinition: LayerDefinition<'gaussianNoise', GaussianNoiseConfig> = {
  kind: 'gaussianNoise',
  merges: false,
  options: () => ({ stddev: { check: nonNegative }, ...LAYER_OPTIONS }),
  lower: ({ stddev }) => onOne((inputs) => [[operations.gaussianNoise(inputs, stddev)]]),
};

/**
 * Gaussian noise: a training step adds a sample of N(0, stddev²) to each value; at all other times y = x. The noise is
 * a function of (seed, layer, update, row, column).
 * @throws ValueError for an unknown option, or a standard deviation below 0.
 * @example
 * gaussianNoise({ stddev: 0.1, inputShape: [4] }).config.stddev; // 0.1
 * @category Layers
 */
export function gaussianNoise(options: GaussianNoiseOptions): Layer<'gaussianNoise', GaussianNoiseConfig> {
  return makeLayer(gaussianNoiseDefinition, options);
}
