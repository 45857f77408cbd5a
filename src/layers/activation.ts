import { activationCheck, type Activation, type ActivationLike } from '../activations/activations.js';
import { isRecord } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import type { Initializer, InitializerLike } from '../initializers/initializers.js';
import { activate, prelu as preluOperation } from '../operations/activation.js';
import { identity } from '../operations/merge.js';
import { LAYER_OPTIONS } from './checks.js';
import { onOne, type LayerConfig, type LayerDefinition } from './definition.js';
import { makeLayer, type Layer, type LayerOptions } from './layer.js';

/**
 * What `activation` takes.
 * @category Layers
 */
export interface ActivationOptions extends LayerOptions {
  /** f in y = f(x): a name, a factory's result, or one's own. */
  activation: ActivationLike;
}

/**
 * An activation layer, settled.
 * @category Layers
 */
export interface ActivationConfig extends LayerConfig {
  /** f in y = f(x). */
  readonly activation: Activation;
}

/** `activation` to the rest of the library. */
export const activationLayerDefinition: LayerDefinition<'activation', ActivationConfig> = {
  kind: 'activation',
  options: () => ({ activation: { check: activationCheck }, ...LAYER_OPTIONS }),
  lower: ({ activation: { kind }, activation }) =>
    onOne((inputs) => [kind === 'linear' ? [identity(inputs)] : activate(activation, inputs)]),
};

/**
 * An activation as a layer of its own: y = f(x). Takes its options, or a name alone.
 * @throws ValueError for an unknown option or name.
 * @example
 * activation('relu').config.activation.kind; // 'relu'
 * @category Layers
 */
export function activation(options: ActivationOptions | ActivationLike): Layer<'activation', ActivationConfig> {
  const given = isRecord(options) && fieldOf(options, 'activation') !== undefined ? options : { activation: options };
  return makeLayer(activationLayerDefinition, given);
}

/**
 * What `prelu` takes.
 * @category Layers
 */
export interface PreluOptions extends LayerOptions {
  /** First slopes. Default all 0.25, as in PyTorch. */
  slopeInitializer?: InitializerLike;
}

/**
 * A PReLU layer, settled.
 * @category Layers
 */
export interface PreluConfig extends LayerConfig {
  /** First slopes. */
  readonly slopeInitializer: Initializer;
}

/** `prelu` to the rest of the library. */
export const preluDefinition: LayerDefinition<'prelu', PreluConfig> = {
  kind: 'prelu',
  options: (training) => ({
    slopeInitializer: { check: training.initializer, or: training.slope! },
    ...LAYER_OPTIONS,
  }),
  lower: (config) => onOne((inputs) => [[preluOperation(inputs, config.slopeInitializer)]]),
};

/**
 * PReLU (He et al. 2015) as a layer of its own: y = x where x > 0, else α_u·x with a learned slope α_u per unit. Weight
 * (units).
 * @throws ValueError for an unknown option or name.
 * @example
 * prelu({ slopeInitializer: constant({ value: 0.1 }) }).kind; // 'prelu'
 * @category Layers
 */
export function prelu(options?: PreluOptions): Layer<'prelu', PreluConfig> {
  return makeLayer(preluDefinition, options);
}
