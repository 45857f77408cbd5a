import { readCustom, type Custom, type Named } from '../common/custom.js';
import { resolve, type Descriptor } from '../common/descriptor.js';
import { nonNegative, readOptions, type Check } from '../common/options.js';

const plain =
  <K extends string>(kind: K) =>
  (options?: object): Descriptor<K> => ({ kind, config: readOptions(kind, options, {}) });

/** x where x > 0, else alpha·x; `alpha` ≥ 0, default 0.01. */
export const leakyRelu = (options?: { alpha?: number }): Descriptor<'leakyRelu', { alpha: number }> => ({
  kind: 'leakyRelu',
  config: readOptions('leakyRelu', options, { alpha: { check: nonNegative, or: 0.01 } }),
});

/** x where x > 0, else alpha (e^x − 1); `alpha` ≥ 0, default 1 (Clevert et al. 2015). */
export const elu = (options?: { alpha?: number }): Descriptor<'elu', { alpha: number }> => ({
  kind: 'elu',
  config: readOptions('elu', options, { alpha: { check: nonNegative, or: 1 } }),
});

/** What a name or a saved model may call for. */
export const ACTIVATIONS = {
  linear: /* @__PURE__ */ plain('linear'),
  unitStep: /* @__PURE__ */ plain('unitStep'),
  sigmoid: /* @__PURE__ */ plain('sigmoid'),
  tanh: /* @__PURE__ */ plain('tanh'),
  relu: /* @__PURE__ */ plain('relu'),
  leakyRelu,
  prelu: /* @__PURE__ */ plain('prelu'),
  elu,
  selu: /* @__PURE__ */ plain('selu'),
  swish: /* @__PURE__ */ plain('swish'),
  gelu: /* @__PURE__ */ plain('gelu'),
  softplus: /* @__PURE__ */ plain('softplus'),
  softsign: /* @__PURE__ */ plain('softsign'),
  mish: /* @__PURE__ */ plain('mish'),
  hardSigmoid: /* @__PURE__ */ plain('hardSigmoid'),
  softmax: /* @__PURE__ */ plain('softmax'),
} as const;

export type ActivationName = keyof typeof ACTIVATIONS;

/**
 * An activation of the user's own, on one row of values at a time. It runs in JavaScript: slower than the built-in ones, and as
 * reproducible as its author makes it.
 */
export interface CustomActivation extends Named {
  /** f(z), as many values as z. */
  forward(z: Float32Array): Float32Array | readonly number[];
  /** f'(z), value by value. */
  derivative(z: Float32Array): Float32Array | readonly number[];
}

/** A choice of activation, with its options. */
export type Activation = ReturnType<(typeof ACTIVATIONS)[ActivationName]> | Custom<CustomActivation>;

/** What may stand where an activation is wanted. */
export type ActivationLike = ActivationName | Activation | CustomActivation;

/** Reads a name, what a factory made, or an object of the user's own. */
export const activationCheck: Check<Activation> = (path, value) =>
  readCustom<CustomActivation>(path, value, ['forward', 'derivative']) ?? resolve(path, value, ACTIVATIONS);
