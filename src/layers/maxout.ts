import { integer } from '../common/options.js';
import { penalized } from '../operations/activity-penalty.js';
import { affine } from '../operations/affine.js';
import { maxPieces } from '../operations/max-pieces.js';
import { kernelOptions, type KernelConfig, type KernelOptions } from './checks.js';
import { onOne, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer } from './layer.js';

/**
 * Options of `maxout`.
 * @category Layers
 */
export interface MaxoutOptions extends KernelOptions {
  /** Number of outputs. */
  units: number;
  /** Number of affine pieces per output, whose maximum is the output. Default 2. */
  pieces?: number;
}

/**
 * Settled options of `maxout`.
 * @category Layers
 */
export interface MaxoutConfig extends KernelConfig {
  /** Number of outputs. */
  readonly units: number;
  /** Affine pieces per output. */
  readonly pieces: number;
}

/** Layer definition of `maxout`. */
export const maxoutDefinition: LayerDefinition<'maxout', MaxoutConfig> = {
  kind: 'maxout',
  merges: false,
  options: (checks) => ({
    units: { check: integer(1) },
    pieces: { check: integer(1), or: 2 },
    ...kernelOptions(checks),
  }),
  // One module: the affine map onto all pieces, then the maximum over the pieces of each unit.
  lower: (config) => {
    const { units, pieces } = config;
    return onOne((inputs) => [
      [
        affine(inputs, units * pieces, config),
        maxPieces(units, pieces),
        ...penalized(units, config.activityRegularizer),
      ],
    ]);
  },
};

/**
 * Maxout (Goodfellow et al. 2013): y_u = max_j (w_uj·x + b_uj) over `pieces` affine pieces. Weight (units·pieces,
 * inputs), bias (units·pieces): row u·pieces + j is piece j of unit u.
 * @throws ValueError for an unknown option or name, or a number out of range.
 * @example
 * maxout({ units: 8, pieces: 3, inputShape: [4] }).config.pieces; // 3
 * @category Layers
 */
export function maxout(options: MaxoutOptions): Layer<'maxout', MaxoutConfig> {
  return makeLayer(maxoutDefinition, options);
}
