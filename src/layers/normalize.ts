import { fraction, positive } from '../common/options.js';
import { normalizeBatch, normalizeRow } from '../operations/normalization.js';
import { LAYER_OPTIONS } from './checks.js';
import { onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/** PyTorch's default of ε. */
const EPSILON = 1e-5;

/**
 * What `batchNormalization` takes.
 * @category Layers
 */
export interface BatchNormalizationOptions extends LayerOptions {
  /** Share of the running statistics that an update keeps, in [0, 1). Default 0.9 (PyTorch's momentum of 0.1). */
  momentum?: number;
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
}

/**
 * A batch normalization, settled.
 * @category Layers
 */
export interface BatchNormalizationConfig extends LayerConfig {
  /** Share of the running statistics that an update keeps. */
  readonly momentum: number;
  /** ε, added to the variance. */
  readonly epsilon: number;
}

/** `batchNormalization` to the rest of the library. */
export const batchNormalizationDefinition: LayerDefinition<'batchNormalization', BatchNormalizationConfig> = {
  kind: 'batchNormalization',
  options: () => ({
    momentum: { check: fraction, or: 0.9 },
    epsilon: { check: positive, or: EPSILON },
    ...LAYER_OPTIONS,
  }),
  lower: ({ momentum, epsilon }) => onOne((width) => [[normalizeBatch({ width, momentum, epsilon })]]),
};

/**
 * Batch normalization (Ioffe & Szegedy 2015): y = γ·(x − μ)/√(σ² + ε) + β per unit. A training step takes μ and the
 * biased σ² from the batch, and each update moves the running statistics towards them, running ← momentum·running + (1
 * − momentum)·batch, with the unbiased variance; at all other times the running statistics are taken. Weights: weight
 * γ, bias β, running_mean, running_var, (units) each, as in PyTorch. One row has no variance: a batch of one row is
 * normalized by the running statistics, which it does not move, and `fit` refuses to train on such batches alone.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * batchNormalization({ momentum: 0.99 }).config.epsilon; // 0.00001
 * @category Layers
 */
export function batchNormalization(
  options?: BatchNormalizationOptions,
): Layer<'batchNormalization', BatchNormalizationConfig> {
  return makeLayer(batchNormalizationDefinition, options);
}

/**
 * What `layerNormalization` takes.
 * @category Layers
 */
export interface LayerNormalizationOptions extends LayerOptions {
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
}

/**
 * A layer normalization, settled.
 * @category Layers
 */
export interface LayerNormalizationConfig extends LayerConfig {
  /** ε, added to the variance. */
  readonly epsilon: number;
}

/** `layerNormalization` to the rest of the library. */
export const layerNormalizationDefinition: LayerDefinition<'layerNormalization', LayerNormalizationConfig> = {
  kind: 'layerNormalization',
  options: () => ({ epsilon: { check: positive, or: EPSILON }, ...LAYER_OPTIONS }),
  lower: ({ epsilon }) => onOne((width) => [[normalizeRow({ width, epsilon })]]),
};

/**
 * Layer normalization (Ba et al. 2016): y = γ·(x − μ)/√(σ² + ε) + β with the mean and the biased variance of each row.
 * Weights: weight γ, bias β, (units) each.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * layerNormalization({ epsilon: 1e-6 }).kind; // 'layerNormalization'
 * @category Layers
 */
export function layerNormalization(
  options?: LayerNormalizationOptions,
): Layer<'layerNormalization', LayerNormalizationConfig> {
  return makeLayer(layerNormalizationDefinition, options);
}
