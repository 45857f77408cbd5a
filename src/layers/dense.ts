import type { Activation, ActivationLike } from '../activations/activations.js';
import { integer } from '../common/options.js';
import { activate } from '../operations/activation.js';
import { penalized } from '../operations/activity-penalty.js';
import { affine } from '../operations/affine.js';
import type { Operation } from '../operations/operation.js';
import { kernelOptions, LINEAR, type KernelConfig, type KernelOptions } from './checks.js';
import { onOne, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer } from './layer.js';

/**
 * Options of `dense`.
 * @category Layers
 */
export interface DenseOptions extends KernelOptions {
  /** Number of outputs, p on the slides. */
  units: number;
  /** Default 'linear'. */
  activation?: ActivationLike;
}

/**
 * Settled options of `dense`.
 * @category Layers
 */
export interface DenseConfig extends KernelConfig {
  /** Number of outputs. */
  readonly units: number;
  /** f in y = f(W·x + b). */
  readonly activation: Activation;
}

/** Layer definition of `dense`. */
export const denseDefinition: LayerDefinition<'dense', DenseConfig> = {
  kind: 'dense',
  merges: false,
  options: (checks) => ({
    units: { check: integer(1) },
    activation: { check: checks.activation, or: LINEAR },
    ...kernelOptions(checks),
  }),
  // Two modules, as in PyTorch: the affine map, and the activation unless it is linear.
  lower: (config) =>
    onOne((inputs) => {
      const map: Operation[] = [affine(inputs, config.units, config)];
      const activation = activate(config.activation, config.units);
      const penalty = penalized(config.units, config.activityRegularizer);
      return activation.length === 0 ? [[...map, ...penalty]] : [map, [...activation, ...penalty]];
    }),
};

/**
 * A fully connected layer: y = f(W·x + b), W (units, inputs), b (units), for each row x of the batch.
 * @throws ValueError for an unknown option or name, or a number out of range.
 * @example
 * dense({ units: 128, activation: 'relu', inputShape: [784] }).config.units; // 128
 * @category Layers
 */
export function dense(options: DenseOptions): Layer<'dense', DenseConfig> {
  return makeLayer(denseDefinition, options);
}
