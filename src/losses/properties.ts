/**
 * Facts about each loss that `compile`'s checks, the metrics, class weights and `diagnose` need: one entry per kind, so
 * that the compiler asks for it when a loss is added. bind.ts holds the kernels of the losses, losses.ts their options.
 */
import type { Loss } from './losses.js';

/** Facts about a loss besides its formula. */
export interface LossProperties {
  /**
   * Meaning of the outputs of one row:
   * - `classes`: the probability of each class, of which exactly one is right
   * - `independent`: a probability for each output, which is right or wrong separately
   * - `signs`: values whose sign is the answer
   * - `numbers`: numbers that should equal their targets
   * - `unknown`: a custom loss; nothing is assumed
   */
  readonly outputs: 'classes' | 'independent' | 'signs' | 'numbers' | 'unknown';
  /**
   * Outputs, and targets, above this value count as yes. Undefined where a loss accepts both 0 and 1 and −1 and 1; then
   * the targets decide.
   */
  readonly threshold: number | undefined;
  /** For losses on probabilities: the activation that yields them, and the largest output that the loss accepts. */
  readonly probabilities: { readonly activation: 'softmax' | 'sigmoid'; readonly largest: number } | undefined;
}

/** No upper limit: the loss divides each row of outputs by its sum, as in Keras. */
const CLASSES: LossProperties = {
  outputs: 'classes',
  threshold: 0.5,
  probabilities: { activation: 'softmax', largest: Infinity },
};
const INDEPENDENT: LossProperties = {
  outputs: 'independent',
  threshold: 0.5,
  probabilities: { activation: 'sigmoid', largest: 1 },
};
const SIGNS: LossProperties = { outputs: 'signs', threshold: 0, probabilities: undefined };
const NUMBERS: LossProperties = { outputs: 'numbers', threshold: undefined, probabilities: undefined };
const UNKNOWN: LossProperties = { outputs: 'unknown', threshold: undefined, probabilities: undefined };

const LOSS_PROPERTIES: Readonly<Record<Loss['kind'], LossProperties>> = {
  halfSquaredError: NUMBERS,
  meanSquaredError: NUMBERS,
  meanAbsoluteError: NUMBERS,
  huber: NUMBERS,
  hinge: SIGNS,
  logCosh: NUMBERS,
  binaryCrossentropy: INDEPENDENT,
  categoricalCrossentropy: CLASSES,
  sparseCategoricalCrossentropy: CLASSES,
  custom: UNKNOWN,
};

/** Returns the properties of a loss by its kind. */
export const lossProperties = (kind: Loss['kind']): LossProperties => LOSS_PROPERTIES[kind];
