import type { Descriptor } from '../common/descriptor.js';
import { nonNegative, readOptions } from '../common/options.js';

/** A penalty on the weights of a layer, l1·Σ|w| + l2/2·Σw²; it acts on the gradient and is not part of the reported loss. */
export type Regularizer = Descriptor<'l1l2', { l1: number; l2: number }>;

/** Keras' default strength. */
const STRENGTH = 0.01;

/** l1·Σ|w| + l2/2·Σw², both strengths 0 unless given. */
export const l1l2 = (options?: { l1?: number; l2?: number }): Regularizer => ({
  kind: 'l1l2',
  config: readOptions('l1l2', options, { l1: { check: nonNegative, or: 0 }, l2: { check: nonNegative, or: 0 } }),
});

/** λ·Σ|w|: draws weights to 0 and holds them there. */
export const l1 = (strength = STRENGTH): Regularizer => l1l2({ l1: nonNegative('l1: strength', strength) });

/** λ/2·Σw²: with gradient descent w ← (1 − ηλ)w − η·∂C/∂w, the slides' update. It shrinks weights, it does not make them sparse. */
export const l2 = (strength = STRENGTH): Regularizer => l1l2({ l2: nonNegative('l2: strength', strength) });

/** What a name or a saved model may call for. */
export const REGULARIZERS = { l1, l2, l1l2 } as const;

export type RegularizerName = 'l1' | 'l2';
