import type { ActivationName } from './activations.js';

/** What is known of an activation beside its values: every name has its line, so a new one cannot be forgotten. */
export interface ActivationProperties {
  /** The largest |f'|, where that is a bound that f' stays near to; 1 for those whose slope is 1 where they let their input through. */
  readonly largestSlope: number;
  /** Where f' is small: 'exact' zeros are meant; 'smooth' ones are what float32 rounded a tail to; 'constant' slopes do not become smaller. */
  readonly tail: 'exact' | 'smooth' | 'constant';
}

const properties = (tail: ActivationProperties['tail'], largestSlope = 1): ActivationProperties => ({
  largestSlope,
  tail,
});

const ACTIVATION_PROPERTIES: Readonly<Record<ActivationName, ActivationProperties>> = {
  linear: /* @__PURE__ */ properties('exact'),
  unitStep: /* @__PURE__ */ properties('exact'),
  sigmoid: /* @__PURE__ */ properties('smooth', 0.25),
  tanh: /* @__PURE__ */ properties('smooth'),
  relu: /* @__PURE__ */ properties('exact'),
  leakyRelu: /* @__PURE__ */ properties('constant'),
  prelu: /* @__PURE__ */ properties('exact'),
  elu: /* @__PURE__ */ properties('smooth'),
  selu: /* @__PURE__ */ properties('smooth'),
  swish: /* @__PURE__ */ properties('smooth'),
  gelu: /* @__PURE__ */ properties('smooth'),
  softplus: /* @__PURE__ */ properties('smooth'),
  softsign: /* @__PURE__ */ properties('smooth'),
  mish: /* @__PURE__ */ properties('smooth'),
  hardSigmoid: /* @__PURE__ */ properties('exact', 1 / 6),
  softmax: /* @__PURE__ */ properties('exact'),
};

/** Of an activation by its kind; of a user's own nothing is known but that its slope is what it says. */
export const propertiesOf = (kind: string): ActivationProperties =>
  (ACTIVATION_PROPERTIES as Readonly<Record<string, ActivationProperties | undefined>>)[kind] ??
  ACTIVATION_PROPERTIES.linear;
