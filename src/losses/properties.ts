/**
 * Facts about each loss that `compile`'s checks, the metrics, class weights and `diagnose` need: one entry per kind, so
 * that the compiler asks for it when a loss is added. bind.ts holds the kernels of the losses, losses.ts their options.
 */
import type { Loss, LossConfig, LossName } from './losses.js';

/** Facts about a loss besides its formula. */
export interface LossProperties {
  /**
   * Meaning of the outputs of one row:
   * - `classes`: the probability, or a score, of each class, of which exactly one is right
   * - `independent`: a probability or a logit for each output, which is right or wrong separately
   * - `signs`: values whose sign is the answer
   * - `numbers`: numbers that should equal their targets
   * - `unknown`: a custom loss; nothing is assumed
   */
  readonly outputs: 'classes' | 'independent' | 'signs' | 'numbers' | 'unknown';
  /**
   * Outputs above the first value, and targets above the second, count as yes. Undefined where a loss accepts both 0
   * and 1 and −1 and 1; then the targets decide.
   */
  readonly thresholds: { readonly outputs: number; readonly targets: number } | undefined;
  /** For losses on probabilities: the activation that yields them, and the largest output that the loss accepts. */
  readonly probabilities: { readonly activation: 'softmax' | 'sigmoid'; readonly largest: number } | undefined;
  /** For losses on logits: the activation that turns them into probabilities. */
  readonly logitsOf: 'softmax' | 'sigmoid' | undefined;
}

const NUMBERS: LossProperties = {
  outputs: 'numbers',
  thresholds: undefined,
  probabilities: undefined,
  logitsOf: undefined,
};
const UNKNOWN: LossProperties = { ...NUMBERS, outputs: 'unknown' };
const SIGNS: LossProperties = { ...NUMBERS, outputs: 'signs', thresholds: { outputs: 0, targets: 0 } };

/** Losses that take logits on request. */
interface Form {
  readonly fromLogits: boolean;
}

const classes = ({ fromLogits }: Form): LossProperties => ({
  outputs: 'classes',
  thresholds: { outputs: fromLogits ? 0 : 0.5, targets: 0.5 },
  // No upper limit: the loss divides each row of outputs by its sum, as in Keras.
  probabilities: fromLogits ? undefined : { activation: 'softmax', largest: Infinity },
  logitsOf: fromLogits ? 'softmax' : undefined,
});

const independent = ({ fromLogits }: Form): LossProperties => ({
  outputs: 'independent',
  thresholds: { outputs: fromLogits ? 0 : 0.5, targets: 0.5 },
  probabilities: fromLogits ? undefined : { activation: 'sigmoid', largest: 1 },
  logitsOf: fromLogits ? 'sigmoid' : undefined,
});

const numbers = (): LossProperties => NUMBERS;
const signs = (): LossProperties => SIGNS;

const PROPERTIES: { readonly [K in LossName]: (config: LossConfig<K>) => LossProperties } = {
  halfSquaredError: numbers,
  meanSquaredError: numbers,
  meanAbsoluteError: numbers,
  huber: numbers,
  hinge: signs,
  logCosh: numbers,
  binaryCrossentropy: independent,
  categoricalCrossentropy: classes,
  sparseCategoricalCrossentropy: classes,
};

/** Returns the properties of a loss, by its kind and options. */
export const lossProperties = (loss: Loss): LossProperties =>
  loss.kind === 'custom' ? UNKNOWN : (PROPERTIES[loss.kind] as (config: object) => LossProperties)(loss.config);
