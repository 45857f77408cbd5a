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
   * - `directions`: the direction of the outputs of a row, whatever their size is
   * - `unknown`: a custom loss; nothing is assumed
   */
  readonly outputs: 'classes' | 'independent' | 'signs' | 'numbers' | 'directions' | 'unknown';
  /**
   * Outputs above the first value, and targets above the second, count as yes. Undefined where a loss accepts both 0
   * and 1 and −1 and 1; then the targets decide.
   */
  readonly thresholds: { readonly outputs: number; readonly targets: number } | undefined;
  /** For losses on probabilities: the activation that yields them, and the largest output that the loss accepts. */
  readonly probabilities: { readonly activation: 'softmax' | 'sigmoid'; readonly largest: number } | undefined;
  /** For losses on logits: the activation that turns them into probabilities. */
  readonly logitsOf: 'softmax' | 'sigmoid' | undefined;
  /**
   * Where a target has several outputs: the number of blocks, each with an output for every target, and the block of
   * values that should be near the targets, which metrics measure.
   */
  readonly blocks: { readonly count: number; readonly measured: number } | undefined;
  /** For losses whose outputs must not all be able to be below 0: what to write instead of such outputs. */
  readonly neverBelowZero: ((width: number) => string) | undefined;
}

const NUMBERS: LossProperties = {
  outputs: 'numbers',
  thresholds: undefined,
  probabilities: undefined,
  logitsOf: undefined,
  blocks: undefined,
  neverBelowZero: undefined,
};
const UNKNOWN: LossProperties = { ...NUMBERS, outputs: 'unknown' };
const DIRECTIONS: LossProperties = { ...NUMBERS, outputs: 'directions' };
/** Scores, the largest of which is the answer. */
const SCORES: LossProperties = { ...NUMBERS, outputs: 'classes', thresholds: { outputs: 0, targets: 0.5 } };
const SIGNS: LossProperties = { ...NUMBERS, outputs: 'signs', thresholds: { outputs: 0, targets: 0 } };

/** Losses that take logits on request. */
interface Form {
  readonly fromLogits: boolean;
}

const classes = ({ fromLogits }: Form): LossProperties => ({
  ...NUMBERS,
  outputs: 'classes',
  thresholds: { outputs: fromLogits ? 0 : 0.5, targets: 0.5 },
  // No upper limit: the loss divides each row of outputs by its sum, as in Keras.
  probabilities: fromLogits ? undefined : { activation: 'softmax', largest: Infinity },
  logitsOf: fromLogits ? 'softmax' : undefined,
});

const independent = ({ fromLogits }: Form): LossProperties => ({
  ...NUMBERS,
  outputs: 'independent',
  thresholds: { outputs: fromLogits ? 0 : 0.5, targets: 0.5 },
  probabilities: fromLogits ? undefined : { activation: 'sigmoid', largest: 1 },
  logitsOf: fromLogits ? 'sigmoid' : undefined,
});

const numbers = (): LossProperties => NUMBERS;
const signs = (): LossProperties => SIGNS;

const rates = ({ logInput }: LossConfig<'poisson'>): LossProperties => ({
  ...NUMBERS,
  neverBelowZero: logInput
    ? undefined
    : (width) =>
        `End on rates: dense({ units: ${width}, activation: 'softplus' }), or write poisson({ logInput: true })`,
});

/** Metrics measure the quantile nearest to the median, the lower of two. */
function quantiles({ quantiles: list }: LossConfig<'quantile'>): LossProperties {
  const distances = list.map((one) => Math.abs(one - 0.5));
  const measured = distances.indexOf(distances.reduce((least, one) => Math.min(least, one)));
  return { ...NUMBERS, blocks: { count: list.length, measured } };
}

/** Means, then variances. */
const GAUSSIAN: LossProperties = {
  ...NUMBERS,
  blocks: { count: 2, measured: 0 },
  neverBelowZero: (width) =>
    `End on means and variances: concatenate() of dense({ units: ${width / 2} }) and ` +
    `dense({ units: ${width / 2}, activation: 'softplus' })`,
};

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
  kullbackLeibler: classes,
  binaryFocalCrossentropy: independent,
  categoricalFocalCrossentropy: classes,
  squaredHinge: signs,
  categoricalHinge: () => SCORES,
  meanAbsolutePercentageError: numbers,
  meanSquaredLogarithmicError: numbers,
  poisson: rates,
  quantile: quantiles,
  gaussianNegativeLogLikelihood: () => GAUSSIAN,
  cosineSimilarity: () => DIRECTIONS,
};

/** Returns the properties of a loss, by its kind and options. */
export const lossProperties = (loss: Loss): LossProperties =>
  loss.kind === 'custom' ? UNKNOWN : (PROPERTIES[loss.kind] as (config: object) => LossProperties)(loss.config);
