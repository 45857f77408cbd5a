import { resolve, type Descriptor } from '../common/descriptor.js';
import { nonNegative, readOptions, type Check } from '../common/options.js';

/** What `l1l2` takes. */
export interface PenaltyOptions {
  /** Strength of Σ|w|, at least 0. Default 0 beside the other. */
  l1?: number;
  /** Strength of Σw²/2, at least 0. Default 0 beside the other. */
  l2?: number;
}

/**
 * A penalty on the weights of a layer, l1·Σ|w| + l2/2·Σw²; it acts on the gradient and is not part of the reported
 * loss.
 */
export type Regularizer = Descriptor<'l1l2', Required<PenaltyOptions>>;

/** Keras' default strength. */
const STRENGTH = 0.01;

/**
 * l1·Σ|w| + l2/2·Σw². A strength that is not given beside the other is 0; without any both are 0.01.
 * @throws ValueError for an unknown option or a strength below 0.
 * @example
 * l1l2({ l1: 0.001, l2: 0.01 }).config; // { l1: 0.001, l2: 0.01 }
 */
export const l1l2 = (options: PenaltyOptions = { l1: STRENGTH, l2: STRENGTH }): Regularizer => ({
  kind: 'l1l2',
  config: readOptions('l1l2', options, { l1: { check: nonNegative, or: 0 }, l2: { check: nonNegative, or: 0 } }),
});

/**
 * λ·Σ|w|: draws weights to 0 and holds them there. `strength` λ ≥ 0, default 0.01.
 * @throws ValueError for a strength below 0.
 * @example
 * dense({ units: 8, kernelRegularizer: l1(0.001) }).config.kernelRegularizer?.config; // { l1: 0.001, l2: 0 }
 */
export const l1 = (strength = STRENGTH): Regularizer => l1l2({ l1: nonNegative('l1: strength', strength) });

/**
 * λ/2·Σw²: with gradient descent w ← (1 − ηλ)w − η·∂C/∂w, the slides' update. It shrinks weights, it does not make them
 * sparse. `strength` λ ≥ 0, default 0.01. Keras' l2(λ) is λ·Σw², twice as strong.
 * @throws ValueError for a strength below 0.
 * @example
 * const layer = dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: 'ones', kernelRegularizer: l2(0.5) });
 * const network = await sequential({ layers: [layer] });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'halfSquaredError' });
 * network.trainOnBatch([[0]], [[0]]);
 * network.getWeights()[0].data; // [0.75]
 */
export const l2 = (strength = STRENGTH): Regularizer => l1l2({ l2: nonNegative('l2: strength', strength) });

/** What a name or a saved model may call for. */
const REGULARIZERS = { l1, l2, l1l2 } as const;

/** The penalties, by name, each with its default strength of 0.01. */
export type RegularizerName = 'l1' | 'l2' | 'l1l2';

/** Reads a name or what a factory made. */
export const regularizerCheck: Check<Regularizer> = (path, value) => resolve(path, value, REGULARIZERS);
