/**
 * Options that several layers have: their checks, their defaults, and the types of kernel options. definition.ts has
 * the types that every layer shares; each layer's file has its other options.
 */
import { activationCheck, type Activation } from '../activations/activations.js';
import { describe } from '../common/describe.js';
import { isList } from '../common/arrays.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { flag, integer, optional, positive, text, type Check, type OptionTable } from '../common/options.js';
import { constraintCheck, type Constraint, type ConstraintLike } from '../constraints/constraints.js';
import {
  glorotUniform,
  initializerCheck,
  randomUniform,
  zeros,
  type Initializer,
  type InitializerLike,
} from '../initializers/initializers.js';
import { regularizerCheck, type Regularizer, type RegularizerLike } from '../regularizers/regularizers.js';
import { INITIAL_SLOPE } from '../operations/activation.js';
import type { LayerConfig, OptionChecks, WeightedLayerConfig, WeightedLayerOptions } from './definition.js';

export const inputShapeCheck: Check<readonly number[]> = (path, value) => {
  if (isList(value) && value.length === 1) return [integer(1)(`${path}[0]`, value[0])];
  const expected = `${path} expected [number of inputs], got ${describe(value)}.`;
  if (isList(value)) throw new ShapeError(`${expected} Rows are flat: flatten them first.`);
  throw new ValueError(expected);
};

/** Keeps only what differs from the default: a saved layer says that it is frozen, or nothing. */
const trainableCheck: Check<false | undefined> = (path, value) => (flag(path, value) ? undefined : false);

/** Keeps only what differs from the default. */
const factorCheck: Check<number | undefined> = (path, value) => {
  if (value === 0)
    throw new ValueError(`${path} expected a number > 0, got 0. To freeze the layer, write trainable: false.`);
  const factor = positive(path, value);
  return factor === 1 ? undefined : factor;
};

/** The options that every layer has. */
export const LAYER_OPTIONS: OptionTable<LayerConfig> = {
  inputShape: { check: optional(inputShapeCheck), or: undefined },
  name: { check: optional(text), or: undefined },
  trainable: { check: trainableCheck, or: undefined },
};

/** The options that every layer with learned weights has. */
export const WEIGHTED_LAYER_OPTIONS: OptionTable<WeightedLayerConfig> = {
  ...LAYER_OPTIONS,
  learningRateFactor: { check: factorCheck, or: undefined },
};

/**
 * Options of layers with an affine map.
 * @category Layers
 */
export interface KernelOptions extends WeightedLayerOptions {
  /** Whether a bias is added. Default true. */
  useBias?: boolean;
  /** Default 'glorotUniform'. */
  kernelInitializer?: InitializerLike;
  /** Default 'zeros'. */
  biasInitializer?: InitializerLike;
  /** Penalty on the weights. Default none. */
  kernelRegularizer?: RegularizerLike;
  /** Penalty on the biases. Default none. */
  biasRegularizer?: RegularizerLike;
  /**
   * Penalty on the outputs, with the mean over the rows of the batch, as in Keras; every row counts, whatever its
   * weight. Default none.
   */
  activityRegularizer?: RegularizerLike;
  /** Constraint applied to the weights after each update. Default none. */
  kernelConstraint?: ConstraintLike;
  /** Constraint applied to the biases after each update, for norms as one row. Default none. */
  biasConstraint?: ConstraintLike;
}

/**
 * Settled options of layers with an affine map.
 * @category Layers
 */
export interface KernelConfig extends WeightedLayerConfig {
  /** Whether a bias is added. */
  readonly useBias: boolean;
  /** Initial weights. */
  readonly kernelInitializer: Initializer;
  /** Initial biases. */
  readonly biasInitializer: Initializer;
  /** Penalty on the weights, if any. */
  readonly kernelRegularizer?: Regularizer | undefined;
  /** Penalty on the biases, if any. */
  readonly biasRegularizer?: Regularizer | undefined;
  /** Penalty on the outputs, if any. */
  readonly activityRegularizer?: Regularizer | undefined;
  /** Constraint applied to the weights after each update, if any. */
  readonly kernelConstraint?: Constraint | undefined;
  /** Constraint applied to the biases after each update, if any. */
  readonly biasConstraint?: Constraint | undefined;
}

/** Checks of the options that only training uses. */
export const OPTION_CHECKS: OptionChecks = {
  activation: activationCheck,
  initializer: initializerCheck,
  regularizer: regularizerCheck,
  constraint: constraintCheck,
  kernel: /* @__PURE__ */ glorotUniform(),
  bias: /* @__PURE__ */ zeros(),
  slope: INITIAL_SLOPE,
  embeddings: /* @__PURE__ */ randomUniform(),
};

/** The table of `KernelOptions`. */
export const kernelOptions = (checks: OptionChecks): OptionTable<KernelConfig> => ({
  useBias: { check: flag, or: true },
  kernelInitializer: { check: checks.initializer, or: checks.kernel! },
  biasInitializer: { check: checks.initializer, or: checks.bias! },
  kernelRegularizer: { check: optional(checks.regularizer), or: undefined },
  biasRegularizer: { check: optional(checks.regularizer), or: undefined },
  activityRegularizer: { check: optional(checks.regularizer), or: undefined },
  kernelConstraint: { check: optional(checks.constraint), or: undefined },
  biasConstraint: { check: optional(checks.constraint), or: undefined },
  ...WEIGHTED_LAYER_OPTIONS,
});

export const LINEAR: Activation = { kind: 'linear', config: {} };
