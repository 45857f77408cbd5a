import type { Descriptor } from '../common/descriptor.js';
import { finite, nonNegative, readOptions } from '../common/options.js';

/** How a parameter gets its first values: a descriptor made by one of the factories below. */
export type Initializer =
  | Descriptor<'zeros'>
  | Descriptor<'ones'>
  | Descriptor<'constant', { value: number }>
  | Descriptor<'randomNormal', { mean: number; stddev: number }>
  | Descriptor<'xavier'>
  | Descriptor<'heNormal'>
  | Descriptor<'glorotUniform'>;

const plain =
  <K extends string>(kind: K) =>
  (options?: object): Descriptor<K> => ({ kind, config: readOptions(kind, options, {}) });

/** All 0. The default for biases. */
export const zeros = /* @__PURE__ */ plain('zeros');

/** All 1. */
export const ones = /* @__PURE__ */ plain('ones');

/** All `value` (default 0): the slides' most primitive initialization; every unit of a layer then learns the same. */
export const constant = (options?: { value?: number }): Descriptor<'constant', { value: number }> => ({
  kind: 'constant',
  config: readOptions('constant', options, { value: { check: finite, or: 0 } }),
});

/** Gaussian with a fixed `mean` (default 0) and `stddev` (default 0.05). */
export const randomNormal = (options?: {
  mean?: number;
  stddev?: number;
}): Descriptor<'randomNormal', { mean: number; stddev: number }> => ({
  kind: 'randomNormal',
  config: readOptions('randomNormal', options, {
    mean: { check: finite, or: 0 },
    stddev: { check: nonNegative, or: 0.05 },
  }),
});

/** The slides' Xavier: Gaussian, N(0, 1/n_in). For sigmoid and tanh. */
export const xavier = /* @__PURE__ */ plain('xavier');

/** The slides' MSRA (He et al. 2015): Gaussian, N(0, 2/n_in). For ReLU and its kin. */
export const heNormal = /* @__PURE__ */ plain('heNormal');

/** The slides' name for `heNormal`. */
export const msra = heNormal;

/** Uniform on ±√(6/(n_in + n_out)) (Glorot & Bengio 2010). The default for weights. */
export const glorotUniform = /* @__PURE__ */ plain('glorotUniform');

/** What a name or a saved model may call for. */
export const INITIALIZERS = {
  zeros,
  ones,
  constant,
  randomNormal,
  xavier,
  heNormal,
  msra,
  glorotUniform,
} as const;

export type InitializerName = keyof typeof INITIALIZERS;
