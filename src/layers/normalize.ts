/**
 * The layers `batchNormalization`, `layerNormalization` and `rmsNormalization`: their options and how they become
 * operations. The arithmetic is in operations/normalization.ts and operations/normalization.backward.ts; preprocess.ts
 * has the fixed transformations of inputs.
 */
import { flag, fraction, positive, type OptionTable } from '../common/options.js';
import { normalizeBatch, normalizeRow, normalizeRowByRootMeanSquare } from '../operations/normalization.js';
import { WEIGHTED_LAYER_OPTIONS } from './checks.js';
import { onOne, type WeightedLayerConfig, type LayerDefinition, type WeightedLayerOptions } from './definition.js';
import { makeLayer, type Layer } from './layer.js';

/** Default of ε, as in PyTorch. */
const EPSILON = 1e-5;

/** Settled options of the scale and the shift. */
interface ScaleAndShift {
  readonly scale: boolean;
  readonly center: boolean;
}

const SCALE_AND_SHIFT: OptionTable<ScaleAndShift> = {
  scale: { check: flag, or: true },
  center: { check: flag, or: true },
};

/**
 * Options of `batchNormalization`.
 * @category Layers
 */
export interface BatchNormalizationOptions extends WeightedLayerOptions {
  /** Fraction of the running statistics that an update keeps, in [0, 1). Default 0.9 (PyTorch's momentum of 0.1). */
  momentum?: number;
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
  /** Whether there is a learned scale γ. Default true. */
  scale?: boolean;
  /** Whether there is a learned shift β. Default true. PyTorch's `affine=False` is scale and center false. */
  center?: boolean;
}

/**
 * Settled options of `batchNormalization`.
 * @category Layers
 */
export interface BatchNormalizationConfig extends WeightedLayerConfig {
  /** Fraction of the running statistics that an update keeps. */
  readonly momentum: number;
  /** ε, added to the variance. */
  readonly epsilon: number;
  /** Whether there is a learned scale γ. */
  readonly scale: boolean;
  /** Whether there is a learned shift β. */
  readonly center: boolean;
}

/** Layer definition of `batchNormalization`. */
export const batchNormalizationDefinition: LayerDefinition<'batchNormalization', BatchNormalizationConfig> = {
  kind: 'batchNormalization',
  merges: false,
  options: () => ({
    momentum: { check: fraction, or: 0.9 },
    epsilon: { check: positive, or: EPSILON },
    ...SCALE_AND_SHIFT,
    ...WEIGHTED_LAYER_OPTIONS,
  }),
  lower: ({ momentum, epsilon, scale, center }) =>
    onOne((width) => [[normalizeBatch({ width, momentum, epsilon, scale, center })]]),
};

/**
 * Batch normalization (Ioffe & Szegedy 2015): y = γ·(x − μ)/√(σ² + ε) + β per unit.
 *
 * - A training step takes μ and the biased σ² from the batch. Each update moves the running statistics towards them,
 *   running ← momentum·running + (1 − momentum)·batch, with the unbiased variance.
 * - At all other times the layer uses the running statistics.
 * - A single row has no variance: a batch of one row is normalized by the running statistics and does not change them.
 *   `fit` throws if every batch would have one row.
 *
 * Weights: weight γ, bias β, running_mean, running_var, (units) each, as in PyTorch; weight and bias only if the layer
 * has a scale and a shift.
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
 * Options of `layerNormalization`.
 * @category Layers
 */
export interface LayerNormalizationOptions extends WeightedLayerOptions {
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
  /** Whether there is a learned scale γ. Default true. */
  scale?: boolean;
  /** Whether there is a learned shift β. Default true. */
  center?: boolean;
}

/**
 * Settled options of `layerNormalization`.
 * @category Layers
 */
export interface LayerNormalizationConfig extends WeightedLayerConfig {
  /** ε, added to the variance. */
  readonly epsilon: number;
  /** Whether there is a learned scale γ. */
  readonly scale: boolean;
  /** Whether there is a learned shift β. */
  readonly center: boolean;
}

/** Layer definition of `layerNormalization`. */
export const layerNormalizationDefinition: LayerDefinition<'layerNormalization', LayerNormalizationConfig> = {
  kind: 'layerNormalization',
  merges: false,
  options: () => ({ epsilon: { check: positive, or: EPSILON }, ...SCALE_AND_SHIFT, ...WEIGHTED_LAYER_OPTIONS }),
  lower: ({ epsilon, scale, center }) => onOne((width) => [[normalizeRow({ width, epsilon, scale, center })]]),
};

/**
 * Layer normalization (Ba et al. 2016): y = γ·(x − μ)/√(σ² + ε) + β with the mean and the biased variance of each row.
 * Weights: weight γ and bias β, (units) each, if the layer has a scale and a shift.
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

/**
 * Options of `rmsNormalization`.
 * @category Layers
 */
export interface RmsNormalizationOptions extends WeightedLayerOptions {
  /** ε, added to the mean of squares. Default 1e-6, as in Keras. */
  epsilon?: number;
  /** Whether there is a learned scale γ. Default true. */
  scale?: boolean;
}

/**
 * Settled options of `rmsNormalization`.
 * @category Layers
 */
export interface RmsNormalizationConfig extends WeightedLayerConfig {
  /** ε, added to the mean of squares. */
  readonly epsilon: number;
  /** Whether there is a learned scale γ. */
  readonly scale: boolean;
}

/** Layer definition of `rmsNormalization`. */
export const rmsNormalizationDefinition: LayerDefinition<'rmsNormalization', RmsNormalizationConfig> = {
  kind: 'rmsNormalization',
  merges: false,
  options: () => ({
    epsilon: { check: positive, or: 1e-6 },
    scale: SCALE_AND_SHIFT.scale,
    ...WEIGHTED_LAYER_OPTIONS,
  }),
  lower: ({ epsilon, scale }) => onOne((width) => [[normalizeRowByRootMeanSquare({ width, epsilon, scale })]]),
};

/**
 * Root mean square normalization (Zhang & Sennrich 2019): y = γ·x/√(mean of x² + ε) with the mean over each row: layer
 * normalization that neither centers nor shifts. A row whose squares overflow becomes 0. Weights: weight γ (units), if
 * the layer has a scale.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * rmsNormalization({ epsilon: 1e-5 }).kind; // 'rmsNormalization'
 * @category Layers
 */
export function rmsNormalization(options?: RmsNormalizationOptions): Layer<'rmsNormalization', RmsNormalizationConfig> {
  return makeLayer(rmsNormalizationDefinition, options);
}
