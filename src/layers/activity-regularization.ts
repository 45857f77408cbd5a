import { nonNegative } from '../common/options.js';
import { activityPenalty } from '../operations/activity-penalty.js';
import { LAYER_OPTIONS } from './checks.js';
import { onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/**
 * Options of `activityRegularization`.
 * @category Layers
 */
export interface ActivityRegularizationOptions extends LayerOptions {
  /** Strength of Σ|x|, at least 0. Default 0. */
  l1?: number;
  /** Strength of Σx²/2, at least 0. Default 0. Keras' l2 has no half: write twice its number. */
  l2?: number;
}

/**
 * Settled options of `activityRegularization`.
 * @category Layers
 */
export interface ActivityRegularizationConfig extends LayerConfig {
  /** Strength of Σ|x|. */
  readonly l1: number;
  /** Strength of Σx²/2. */
  readonly l2: number;
}

/** Layer definition of `activityRegularization`. */
export const activityRegularizationDefinition: LayerDefinition<'activityRegularization', ActivityRegularizationConfig> =
  {
    kind: 'activityRegularization',
    merges: false,
    options: () => ({
      l1: { check: nonNegative, or: 0 },
      l2: { check: nonNegative, or: 0 },
      ...LAYER_OPTIONS,
    }),
    lower: ({ l1, l2 }) => onOne((width) => [[activityPenalty(width, { kind: 'l1l2', config: { l1, l2 } })]]),
  };

/**
 * A penalty on the outputs of the layer before it, which makes them small or, with l1, sparse: y = x, and training
 * minimizes the loss plus the mean over the rows of the batch of l1·Σ|x_j| + l2/2·Σx_j². Every row counts, whatever its
 * weight, as in Keras. The reported loss does not include the penalty: logs have it as
 * `regularization`, together with penalties on weights.
 * @throws ValueError for an unknown option or a strength below 0.
 * @example
 * activityRegularization({ l1: 0.01 }).config; // { l1: 0.01, l2: 0, inputShape: undefined, name: undefined }
 * @category Layers
 */
export function activityRegularization(
  options?: ActivityRegularizationOptions,
): Layer<'activityRegularization', ActivityRegularizationConfig> {
  return makeLayer(activityRegularizationDefinition, options);
}
