/**
 * Activations as descriptors: names, factories, options and checks. forward.ts binds them to kernels; derivatives.ts
 * binds their derivatives and has the facts that compile checks and `diagnose` need.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { resolve, withoutOptions, type Descriptor } from '../common/descriptor.js';
import { fieldsOf } from '../common/objects.js';
import { nonNegative, oneOf, positive, readFields, readOptions, type Check } from '../common/options.js';
import type { KernelName } from '../runtime/abi.js';

/**
 * Options of `leakyRelu`.
 * @category Activations
 */
export interface LeakyReluOptions {
  /** α ≥ 0, the slope below 0. Default 0.01. */
  alpha?: number;
}

/**
 * Options of `elu`.
 * @category Activations
 */
export interface EluOptions {
  /** α ≥ 0; the output does not go below −α. Default 1. */
  alpha?: number;
}

/** Option tables of the activations that have options. */
const CONFIGS = {
  leakyRelu: { alpha: { check: nonNegative, or: 0.01 } },
  elu: { alpha: { check: nonNegative, or: 1 } },
  celu: { alpha: { check: positive, or: 1 } },
};

/**
 * Options of `celu`.
 * @category Activations
 */
export interface CeluOptions {
  /** α > 0; the output does not go below −α. Default 1. */
  alpha?: number;
}

/**
 * Leaky ReLU: x where x > 0, else alpha·x; `alpha` ≥ 0, default 0.01.
 * @throws ValueError for an unknown option or an alpha below 0.
 * @example
 * const layer = dense({ units: 8, activation: leakyRelu({ alpha: 0.2 }) });
 * layer.config.activation; // { kind: 'leakyRelu', config: { alpha: 0.2 } }
 * @category Activations
 */
export const leakyRelu = (options?: LeakyReluOptions): Descriptor<'leakyRelu', Required<LeakyReluOptions>> => ({
  kind: 'leakyRelu',
  config: readOptions('leakyRelu', options, CONFIGS.leakyRelu),
});

/**
 * Exponential linear unit: x where x > 0, else alpha (e^x − 1); `alpha` ≥ 0, default 1 (Clevert et al. 2015).
 * @throws ValueError for an unknown option or an alpha below 0.
 * @example
 * const network = await sequential({ layers: [activation({ activation: elu({ alpha: 0.5 }), inputShape: [2] })] });
 * network.predict([[3, -1000]]); // [3, -0.5]
 * @category Activations
 */
export const elu = (options?: EluOptions): Descriptor<'elu', Required<EluOptions>> => ({
  kind: 'elu',
  config: readOptions('elu', options, CONFIGS.elu),
});

/**
 * Continuously differentiable exponential linear unit: x where x > 0, else alpha (e^(x/alpha) − 1); `alpha` > 0,
 * default
 * 1 (Barron 2017).
 * @throws ValueError for an unknown option or an alpha that is not > 0.
 * @example
 * const network = await sequential({ layers: [activation({ activation: celu({ alpha: 0.5 }), inputShape: [2] })] });
 * network.predict([[3, -1000]]); // [3, -0.5]
 * @category Activations
 */
export const celu = (options?: CeluOptions): Descriptor<'celu', Required<CeluOptions>> => ({
  kind: 'celu',
  config: readOptions('celu', options, CONFIGS.celu),
});

/** Factories by the names that users and saved models may give. */
export const ACTIVATIONS = {
  linear: /* @__PURE__ */ withoutOptions('linear'),
  unitStep: /* @__PURE__ */ withoutOptions('unitStep'),
  sigmoid: /* @__PURE__ */ withoutOptions('sigmoid'),
  tanh: /* @__PURE__ */ withoutOptions('tanh'),
  relu: /* @__PURE__ */ withoutOptions('relu'),
  leakyRelu,
  prelu: /* @__PURE__ */ withoutOptions('prelu'),
  elu,
  selu: /* @__PURE__ */ withoutOptions('selu'),
  swish: /* @__PURE__ */ withoutOptions('swish'),
  gelu: /* @__PURE__ */ withoutOptions('gelu'),
  softplus: /* @__PURE__ */ withoutOptions('softplus'),
  softsign: /* @__PURE__ */ withoutOptions('softsign'),
  mish: /* @__PURE__ */ withoutOptions('mish'),
  hardSigmoid: /* @__PURE__ */ withoutOptions('hardSigmoid'),
  relu6: /* @__PURE__ */ withoutOptions('relu6'),
  hardSwish: /* @__PURE__ */ withoutOptions('hardSwish'),
  celu,
  exponential: /* @__PURE__ */ withoutOptions('exponential'),
  tanhGelu: /* @__PURE__ */ withoutOptions('tanhGelu'),
  softmax: /* @__PURE__ */ withoutOptions('softmax'),
  logSoftmax: /* @__PURE__ */ withoutOptions('logSoftmax'),
} as const;

/**
 * The activations, by name. σ is the sigmoid, Φ the normal distribution function. Kinks take their left derivative.
 *
 * | name | f(x) |
 * |---|---|
 * | `linear` | x |
 * | `unitStep` | 1 where x > 0, else 0; derivative 0 everywhere |
 * | `sigmoid` | σ(x) = 1/(1 + e^−x) |
 * | `tanh` | (e^x − e^−x)/(e^x + e^−x) |
 * | `relu` | max(x, 0) |
 * | `leakyRelu` | x where x > 0, else 0.01·x |
 * | `prelu` | x where x > 0, else α_u·x with a learned slope per unit, at first 0.25 |
 * | `elu` | x where x > 0, else e^x − 1 |
 * | `selu` | 1.0507…·x where x > 0, else 1.0507…·1.6732…·(e^x − 1) (Klambauer et al. 2017) |
 * | `swish` | x·σ(x) |
 * | `gelu` | x·Φ(x) |
 * | `softplus` | ln(1 + e^x) |
 * | `softsign` | x/(1 + \|x\|) |
 * | `mish` | x·tanh(ln(1 + e^x)) |
 * | `hardSigmoid` | x/6 + ½ between −3 and 3, 0 below, 1 above |
 * | `relu6` | min(max(x, 0), 6) |
 * | `hardSwish` | x·hardSigmoid(x) |
 * | `celu` | x where x > 0, else e^x − 1; with `alpha`, alpha (e^(x/alpha) − 1) |
 * | `exponential` | e^x |
 * | `tanhGelu` | ½x·(1 + tanh(√(2/π)·(x + 0.044715·x³))), the tanh approximation of `gelu` |
 * | `softmax` | e^(x_j)/Σ_k e^(x_k) over a row |
 * | `logSoftmax` | x_j − ln Σ_k e^(x_k) over a row, the logarithm of `softmax` |
 * @category Activations
 */
export type ActivationName = keyof typeof ACTIVATIONS;

/**
 * A custom activation, applied to one row of values at a time. It runs in JavaScript: slower than the built-in ones,
 * and as reproducible as its functions.
 * @category Activations
 */
export interface CustomActivation extends Named {
  /** Returns f(z), as many values as z. */
  forward(z: Float32Array): Float32Array | readonly number[];
  /** Returns f'(z), value by value. */
  derivative(z: Float32Array): Float32Array | readonly number[];
}

/**
 * A choice of activation, with its options.
 * @category Activations
 */
export type Activation = ReturnType<(typeof ACTIVATIONS)[ActivationName]> | Custom<CustomActivation>;

/**
 * Values accepted as an activation; `silu` is `swish`, `logistic` is `sigmoid`, `identity` is `linear`, `hard_silu` is
 * `hardSwish`, `exp` is `exponential`, `log_softmax` is `logSoftmax`; `gelu_new`, `gelu_approximate` and `gelu_tanh`
 * are `tanhGelu`.
 * @category Activations
 */
export type ActivationLike =
  | ActivationName
  | 'silu'
  | 'logistic'
  | 'identity'
  | 'hard_silu'
  | 'exp'
  | 'gelu_new'
  | 'gelu_approximate'
  | 'gelu_tanh'
  | 'log_softmax'
  | Activation
  | CustomActivation;

/** Reads a name, a factory's descriptor, or a custom activation. */
export const activationCheck: Check<Activation> = (path, value) =>
  readCustom<CustomActivation>(path, value, ['forward', 'derivative']) ?? resolve(path, value, ACTIVATIONS);

/** The activations without learned parameters that compute something. */
export type PlainActivation = Exclude<Activation, { kind: 'linear' | 'prelu' }>;

/** The activations whose outputs depend on the whole row. */
export type RowName = 'softmax' | 'logSoftmax';

/** The activations that a kernel computes value by value. */
export type ElementwiseName = Exclude<ActivationName, 'linear' | 'prelu' | RowName>;

/** Kernels (m, n, *x, *y, ld) of the activations over rows. */
export const BY_ROW: Readonly<Record<RowName, 'f32_softmax' | 'f32_log_softmax'>> = {
  softmax: 'f32_softmax',
  logSoftmax: 'f32_log_softmax',
};

/** Whether the outputs of an activation depend on the whole row. */
export const isByRow = (kind: PlainActivation['kind']): kind is RowName => Object.hasOwn(BY_ROW, kind);

/** Kernels (n, *x, *y, …scalars) of these activations: assembly/activation. */
export const ELEMENTWISE: Readonly<Record<ElementwiseName, KernelName>> = {
  unitStep: 'f32_unit_step',
  sigmoid: 'f32_sigmoid',
  tanh: 'f32_tanh',
  relu: 'f32_relu',
  leakyRelu: 'f32_leaky_relu',
  elu: 'f32_elu',
  selu: 'f32_elu',
  swish: 'f32_swish',
  gelu: 'f32_gelu',
  softplus: 'f32_softplus',
  softsign: 'f32_softsign',
  mish: 'f32_mish',
  hardSigmoid: 'f32_hard_sigmoid',
  relu6: 'f32_relu6',
  hardSwish: 'f32_hard_swish',
  celu: 'f32_celu',
  exponential: 'f32_exp',
  tanhGelu: 'f32_tanh_gelu',
};

/** SELU's constants (Klambauer et al. 2017), to the digits that the slides give. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** Reads an activation of a file, which has no names of other libraries: `activationCheck` without suggestions. */
export const savedActivationCheck: Check<Activation> = (path, value) => {
  const custom = readCustom<CustomActivation>(path, value, ['forward', 'derivative']);
  if (custom !== undefined) return custom;
  const { kind: given, config } =
    typeof value === 'string' ? { kind: value, config: undefined } : fieldsOf(value, 'kind', 'config');
  const kind = oneOf(['linear', 'prelu', ...Object.keys(BY_ROW), ...Object.keys(ELEMENTWISE)])(path, given);
  const table = Object.hasOwn(CONFIGS, kind) ? CONFIGS[kind as keyof typeof CONFIGS] : {};
  return { kind, config: readFields<object>(kind, config, table) } as Activation;
};

/** Returns the scalar arguments of an activation's kernels, forward and derivative; 0 where a kernel has none. */
export function scalarsOf(activation: PlainActivation): readonly [number, number] {
  switch (activation.kind) {
    case 'leakyRelu':
    case 'celu':
      return [activation.config.alpha, 0];
    case 'elu':
      return [activation.config.alpha, 1];
    case 'selu':
      return [SELU_SCALE * SELU_ALPHA, SELU_SCALE];
    default:
      return [0, 0];
  }
}
