import { resolve, type Descriptor } from '../common/descriptor.js';
import { nonNegative, readOptions, type Check } from '../common/options.js';

/**
 * Options of `l1l2`.
 * @category Regularizers and constraints
 */
export interface PenaltyOptions {
  /** Strength of Σ|w|, at least 0. Default 0 if the other is given. */
  l1?: number;
  /** Strength of Σw²/2, at least 0. Default 0 if the other is given. */
  l2?: number;
}

/**
 * A penalty on the weights of a layer, l1·Σ|w| + l2/2·Σw². It changes the gradient and is not part of the reported
 * loss: logs have it as `regularization`, for the weights as they are when the logs are made.
 * @category Regularizers and constraints
 */
export type Regularizer = Descriptor<'l1l2', Required<PenaltyOptions>>;

/** Keras' default strength. */
const STRENGTH = 0.01;

/**
 * Combined penalty: l1·Σ|w| + l2/2·Σw². If one strength is given, the other is 0; without options both are 0.01.
 * @throws ValueError for an unknown option or a strength below 0.
 * @example
 * l1l2({ l1: 0.001, l2: 0.01 }).config; // { l1: 0.001, l2: 0.01 }
 * @category Regularizers and constraints
 */
export const l1l2 = (options: PenaltyOptions = { l1: STRENGTH, l2: STRENGTH }): Regularizer => ({
  kind: 'l1l2',
  config: readOptions('l1l2', options, { l1: { check: nonNegative, or: 0 }, l2: { check: nonNegative, or: 0 } }),
});

/**
 * L1 penalty: λ·Σ|w|. It moves weights to 0 and keeps them there. `strength` λ ≥ 0, default 0.01.
 * @throws ValueError for a strength below 0.
 * @example
 * dense({ units: 8, kernelRegularizer: l1(0.001) }).config.kernelRegularizer?.config; // { l1: 0.001, l2: 0 }
 * @category Regularizers and constraints
 */
export const l1 = (strength = STRENGTH): Regularizer => l1l2({ l1: nonNegative('l1: strength', strength) });

/**
 * L2 penalty: λ/2·Σw². With gradient descent it gives the slides' update w ← (1 − ηλ)w − η·∂C/∂w: weights shrink, but
 * do not become sparse. `strength` λ ≥ 0, default 0.01. Keras' l2(λ) is λ·Σw², twice as strong.
 * @throws ValueError for a strength below 0.
 * @example
 * const layer = dense({ units: 1, inputShape: [1], useBias: false, kernelInitializer: 'ones', kernelRegularizer: l2(0.5) });
 * const network = await sequential({ layers: [layer] });
 * network.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'halfSquaredError' });
 * network.trainOnBatch([[0]], [[0]]);
 * network.getWeights()[0].data; // [0.75]
 * @category Regularizers and constraints
 */
export const l2 = (strength = STRENGTH): Regularizer => l1l2({ l2: nonNegative('l2: strength', strength) });

/** Factories by the names that users and saved models may give. */
const REGULARIZERS = { l1, l2, l1l2 } as const;

/**
 * Names of the penalties, each with its default strength of 0.01.
 * @category Regularizers and constraints
 */
export type RegularizerName = 'l1' | 'l2' | 'l1l2';

/**
 * Values accepted as a penalty: a name, also Keras' `l1_l2`, or the result of a factory.
 * @category Regularizers and constraints
 */
export type RegularizerLike = RegularizerName | 'l1_l2' | Regularizer;

/** Reads a name or a factory's descriptor. */
export const regularizerCheck: Check<Regularizer> = (path, value) => resolve(path, value, REGULARIZERS);
