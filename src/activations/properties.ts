/**
 * Facts about each activation besides its values: range, slope and tails. Compile checks, metrics and `diagnose` use
 * them; `activations.ts` declares the activations.
 */
import type { ActivationName } from './activations.js';

/**
 * Values that outputs can have: probabilities that add up to 1 over a row, values from 0 to 1, from −1 to 1, from 0 up,
 * or any that go below 0 and beyond 1.
 */
export type OutputRange = 'distribution' | 'unit' | 'signed' | 'nonNegative' | 'any';

/**
 * Facts about an activation that compile checks and `diagnose` use. The table is typed by `ActivationName`, so a new
 * activation cannot be forgotten.
 */
export interface ActivationProperties {
  /**
   * The largest |f'|, where that is a bound that f' stays near to; 1 for those whose slope is 1 where they let their
   * input through; 0 for one that passes no gradient back.
   */
  readonly largestSlope: number;
  /**
   * Behaviour where f' is small: 'exact' zeros are intended; 'smooth' zeros are tails that float32 rounded to 0;
   * 'constant' slopes do not become smaller.
   */
  readonly tail: 'exact' | 'smooth' | 'constant';
  /** Values that the output can have; absent if unknown. */
  readonly range?: OutputRange;
}

const properties = (
  range: OutputRange,
  tail: ActivationProperties['tail'],
  largestSlope = 1,
): ActivationProperties => ({ largestSlope, tail, range });

const ACTIVATION_PROPERTIES: Readonly<Record<ActivationName, ActivationProperties>> = {
  linear: /* @__PURE__ */ properties('any', 'exact'),
  unitStep: /* @__PURE__ */ properties('unit', 'exact', 0),
  sigmoid: /* @__PURE__ */ properties('unit', 'smooth', 0.25),
  tanh: /* @__PURE__ */ properties('signed', 'smooth'),
  relu: /* @__PURE__ */ properties('nonNegative', 'exact'),
  leakyRelu: /* @__PURE__ */ properties('any', 'constant'),
  prelu: /* @__PURE__ */ properties('any', 'exact'),
  elu: /* @__PURE__ */ properties('any', 'smooth'),
  selu: /* @__PURE__ */ properties('any', 'smooth'),
  swish: /* @__PURE__ */ properties('any', 'smooth'),
  gelu: /* @__PURE__ */ properties('any', 'smooth'),
  softplus: /* @__PURE__ */ properties('nonNegative', 'smooth'),
  softsign: /* @__PURE__ */ properties('signed', 'smooth'),
  mish: /* @__PURE__ */ properties('any', 'smooth'),
  hardSigmoid: /* @__PURE__ */ properties('unit', 'exact', 1 / 6),
  softmax: /* @__PURE__ */ properties('distribution', 'exact'),
};

/** Properties of an unknown activation: its slope is taken to be correct. */
const UNKNOWN: ActivationProperties = { largestSlope: 1, tail: 'exact' };

/**
 * Returns the properties of an activation by its kind. Of custom activations and other operations nothing is known, so
 * their slope is taken to be correct.
 */
export const propertiesOf = (kind: string): ActivationProperties =>
  Object.hasOwn(ACTIVATION_PROPERTIES, kind) ? ACTIVATION_PROPERTIES[kind as ActivationName] : UNKNOWN;
