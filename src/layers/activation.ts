import { activationCheck, type Activation, type ActivationLike } from '../activations/activations.js';
import { isRecord, readOptions } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import { initializerCheck, type Initializer, type InitializerLike } from '../initializers/initializers.js';
import { activate, INITIAL_SLOPE, learnedSlope } from './activate.js';
import { LAYER_OPTIONS } from './checks.js';
import { Layer, onOne, type LayerConfig, type LayerOptions } from './layer.js';
import { identity } from './pass.js';

/** What `activation` takes. */
export interface ActivationOptions extends LayerOptions {
  /** f in y = f(x): a name, a factory's result, or one's own. */
  activation: ActivationLike;
}

/** An activation layer, settled. */
export interface ActivationConfig extends LayerConfig {
  /** f in y = f(x). */
  readonly activation: Activation;
}

/**
 * An activation as a layer of its own: y = f(x). Takes its options, or a name alone.
 * @throws ValueError for an unknown option or name.
 * @example
 * activation('relu').config.activation.kind; // 'relu'
 */
export function activation(options: ActivationOptions | ActivationLike): Layer<'activation', ActivationConfig> {
  const given = isRecord(options) && fieldOf(options, 'activation') !== undefined ? options : { activation: options };
  const config = readOptions<ActivationConfig>('activation', given, {
    activation: { check: activationCheck },
    ...LAYER_OPTIONS,
  });
  return new Layer(
    'activation',
    config,
    onOne((inputs) => [config.activation.kind === 'linear' ? [identity(inputs)] : activate(config.activation, inputs)]),
  );
}

/** What `prelu` takes. */
export interface PreluOptions extends LayerOptions {
  /** First slopes. Default all 0.25, as in PyTorch. */
  slopeInitializer?: InitializerLike;
}

/** A PReLU layer, settled. */
export interface PreluConfig extends LayerConfig {
  /** First slopes. */
  readonly slopeInitializer: Initializer;
}

/**
 * PReLU (He et al. 2015) as a layer of its own: y = x where x > 0, else α_u·x with a learned slope α_u per unit. Weight
 * (units).
 * @throws ValueError for an unknown option or name.
 * @example
 * prelu({ slopeInitializer: constant({ value: 0.1 }) }).kind; // 'prelu'
 */
export function prelu(options?: PreluOptions): Layer<'prelu', PreluConfig> {
  const config = readOptions<PreluConfig>('prelu', options, {
    slopeInitializer: { check: initializerCheck, or: INITIAL_SLOPE },
    ...LAYER_OPTIONS,
  });
  return new Layer(
    'prelu',
    config,
    onOne((inputs) => [[learnedSlope(inputs, config.slopeInitializer)]]),
  );
}
