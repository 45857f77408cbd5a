/** Activations of Keras, as an option of a layer and as layers of their own, and what computes them here. */
import { describe } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import type { Activation } from '../../index.js';
import { bare, readObject, type Config } from './config.js';

/** A layer without weights. */
export interface PlainStep {
  readonly kind: string;
  readonly config: object;
}

const activation = (kind: string, config: object = {}): Activation => ({ kind, config }) as Activation;

export const activationStep = (one: Activation): PlainStep => ({ kind: 'activation', config: { activation: one } });

/** Activations by Keras' names without underscores. */
const NAMES: Readonly<Record<string, Activation>> = {
  linear: activation('linear'),
  sigmoid: activation('sigmoid'),
  tanh: activation('tanh'),
  relu: activation('relu'),
  relu6: activation('relu6'),
  leakyrelu: activation('leakyRelu', { alpha: 0.2 }),
  elu: activation('elu', { alpha: 1 }),
  selu: activation('selu'),
  celu: activation('celu', { alpha: 1 }),
  swish: activation('swish'),
  silu: activation('swish'),
  gelu: activation('gelu'),
  gelunew: activation('tanhGelu'),
  softplus: activation('softplus'),
  softsign: activation('softsign'),
  mish: activation('mish'),
  hardswish: activation('hardSwish'),
  hardsilu: activation('hardSwish'),
  exponential: activation('exponential'),
  softmax: activation('softmax'),
  logsoftmax: activation('logSoftmax'),
};

/** Slope of the hard sigmoid of Keras 2 and TensorFlow.js, 0.2, over that of Keras 3 and here, 1/6. */
const STEEPER = 1.2;

/** Reads max(x, 0) with a bound, a slope below 0 or a threshold. */
function readRelu(config: Config): Activation {
  const most = config.get('max_value') === undefined ? Infinity : config.number('max_value', 0);
  const slope = config.number('negative_slope', 0);
  config.without('threshold', 0);
  if (most === Infinity) return slope === 0 ? activation('relu') : activation('leakyRelu', { alpha: slope });
  if (most !== 6 || slope !== 0) config.refuse('max_value', 'null, or 6 without a slope below 0');
  return activation('relu6');
}

/** Activations by the names of their layers without capitals. */
export const ACTIVATION_LAYERS: Readonly<Record<string, (config: Config) => Activation>> = {
  relu: readRelu,
  leakyrelu: (config) =>
    activation('leakyRelu', {
      alpha: config.number(config.get('negative_slope') === undefined ? 'alpha' : 'negative_slope', 0.3),
    }),
  elu: (config) => activation('elu', { alpha: config.number('alpha', 1) }),
  thresholdedrelu: (config) => {
    if (config.number('theta', 1) !== 0) config.refuse('theta', '0', ' No layer here has another threshold.');
    return activation('relu');
  },
  softmax: (config) => {
    const axis = config.get('axis');
    const [along] = Array.isArray(axis) && axis.length === 1 ? (axis as unknown[]) : [axis];
    if (along !== undefined && along !== -1 && along !== 1) config.refuse('axis', '-1');
    return activation('softmax');
  },
};

/** Reads the option `activation`: the layers that compute it, none where it is linear. */
export function readActivation(config: Config, version3: boolean): readonly PlainStep[] {
  const value = config.get('activation');
  if (value === undefined) return [];
  const where = `${config.where}: activation`;
  const given = readObject(where, value);
  const name = bare(given.name);
  if (name === 'hardsigmoid') {
    const step = activationStep(activation('hardSigmoid'));
    return version3 ? [step] : [{ kind: 'rescaling', config: { scale: STEEPER, offset: 0 } }, step];
  }
  // { class_name: 'LeakyReLU', config }: a layer in the place of a function.
  if (
    typeof value === 'object' &&
    Object.hasOwn(ACTIVATION_LAYERS, name) &&
    Object.keys(given.config.fields).length > 0
  ) {
    return [activationStep(ACTIVATION_LAYERS[name](given.config))];
  }
  if (!Object.hasOwn(NAMES, name)) {
    throw new FormatError(`${where} expected one that is here, got ${describe(given.name)}.`);
  }
  const found = NAMES[name];
  return found.kind === 'linear' ? [] : [activationStep(found)];
}
