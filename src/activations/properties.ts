import type { ActivationName } from './activations.js';

/**
 * The values that outputs can have: probabilities that add up to 1 over a row, values from 0 to 1, from −1 to 1, from 0 up, or any that go
 * below 0 and beyond 1.
 */
export type OutputRange = 'distribution' | 'unit' | 'signed' | 'nonNegative' | 'any';

/** What is known of an activation beside its values: every name has its line, so a new one cannot be forgotten. */
export interface ActivationProperties {
  /** The largest |f'|, where that is a bound that f' stays near to; 1 for those whose slope is 1 where they let their input through. */
  readonly largestSlope: number;
  /** Where f' is small: 'exact' zeros are meant; 'smooth' ones are what float32 rounded a tail to; 'constant' slopes do not become smaller. */
  readonly tail: 'exact' | 'smooth' | 'constant';
  /** Whether it is 0 or nearly so for half its inputs, which asks for weights √2 as large (He et al. 2015). SELU asks for N(0, 1/n), as sigmoid and tanh do. */
  readonly halfSilent: boolean;
  /** The values that it can have; absent where nothing is known of them. */
  readonly range?: OutputRange;
}

const properties = (
  range: OutputRange,
  tail: ActivationProperties['tail'],
  halfSilent = false,
  largestSlope = 1,
): ActivationProperties => ({ largestSlope, tail, halfSilent, range });

const ACTIVATION_PROPERTIES: Readonly<Record<ActivationName, ActivationProperties>> = {
  linear: /* @__PURE__ */ properties('any', 'exact'),
  unitStep: /* @__PURE__ */ properties('unit', 'exact'),
  sigmoid: /* @__PURE__ */ properties('unit', 'smooth', false, 0.25),
  tanh: /* @__PURE__ */ properties('signed', 'smooth'),
  relu: /* @__PURE__ */ properties('nonNegative', 'exact', true),
  leakyRelu: /* @__PURE__ */ properties('any', 'constant', true),
  prelu: /* @__PURE__ */ properties('any', 'exact', true),
  elu: /* @__PURE__ */ properties('any', 'smooth', true),
  selu: /* @__PURE__ */ properties('any', 'smooth'),
  swish: /* @__PURE__ */ properties('any', 'smooth', true),
  gelu: /* @__PURE__ */ properties('any', 'smooth', true),
  softplus: /* @__PURE__ */ properties('nonNegative', 'smooth'),
  softsign: /* @__PURE__ */ properties('signed', 'smooth'),
  mish: /* @__PURE__ */ properties('any', 'smooth', true),
  hardSigmoid: /* @__PURE__ */ properties('unit', 'exact', false, 1 / 6),
  softmax: /* @__PURE__ */ properties('distribution', 'exact'),
};

/** A slope that is what it says. */
const UNKNOWN: ActivationProperties = { largestSlope: 1, tail: 'exact', halfSilent: false };

/** Of an activation by its kind; of a user's own, and of what is no activation, nothing is known but that its slope is what it says. */
export const propertiesOf = (kind: string): ActivationProperties =>
  Object.hasOwn(ACTIVATION_PROPERTIES, kind) ? ACTIVATION_PROPERTIES[kind as ActivationName] : UNKNOWN;
