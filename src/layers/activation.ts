/**
 * The layers `activation` and `prelu`: their options and how they become operations. activations/activations.ts has the
 * activations themselves, and operations/activation.ts the operations.
 */
import type { Activation, ActivationLike } from '../activations/activations.js';
import { isRecord } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import type { Initializer, InitializerLike } from '../initializers/initializers.js';
import { activate, prelu as preluOperation } from '../operations/activation.js';
import { identity } from '../operations/merge.js';
import { WEIGHTED_LAYER_OPTIONS } from './checks.js';
import { onOne, type WeightedLayerConfig, type LayerDefinition, type WeightedLayerOptions } from './definition.js';
import { makeLayer, type Layer } from './layer.js';

/**
 * Options of `activation`.
 * @category Layers
 */
export interface ActivationOptions extends WeightedLayerOptions {
  /** f in y = f(x): a name, a factory's result, or a custom activation. */
  activation: ActivationLike;
}

/**
 * Settled options of `activation`.
 * @category Layers
 */
export interface ActivationConfig extends WeightedLayerConfig {
  /** f in y = f(x). */
  readonly activation: Activation;
}

/** Layer definition of `activation`. */
export const activationLayerDefinition: LayerDefinition<'activation', ActivationConfig> = {
  kind: 'activation',
  merges: false,
  options: (checks) => ({ activation: { check: checks.activation }, ...WEIGHTED_LAYER_OPTIONS }),
  lower: ({ activation: { kind }, activation }) =>
    onOne((inputs) => [kind === 'linear' ? [identity(inputs)] : activate(activation, inputs)]),
};

/**
 * An activation as a separate layer: y = f(x). Takes its options, or only a name.
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
 * Options of `prelu`.
 * @category Layers
 */
export interface PreluOptions extends WeightedLayerOptions {
  /** Initial slopes. Default all 0.25, as in PyTorch. */
  slopeInitializer?: InitializerLike;
}

/**
 * Settled options of `prelu`.
 * @category Layers
 */
export interface PreluConfig extends WeightedLayerConfig {
  /** Initial slopes. */
  readonly slopeInitializer: Initializer;
}

/** Layer definition of `prelu`. */
export const preluDefinition: LayerDefinition<'prelu', PreluConfig> = {
  kind: 'prelu',
  merges: false,
  options: (checks) => ({
    slopeInitializer: { check: checks.initializer, or: checks.slope! },
    ...WEIGHTED_LAYER_OPTIONS,
  }),
  lower: (config) => onOne((inputs) => [[preluOperation(inputs, config.slopeInitializer)]]),
};

/**
 * PReLU (He et al. 2015) as a separate layer: y = x where x > 0, else α_u·x with a learned slope α_u per unit. Weight
 * (units).
 * @throws ValueError for an unknown option or name.
 * @example
 * prelu({ slopeInitializer: constant({ value: 0.1 }) }).kind; // 'prelu'
 * @category Layers
 */
export function prelu(options?: PreluOptions): Layer<'prelu', PreluConfig> {
  return makeLayer(preluDefinition, options);
}
