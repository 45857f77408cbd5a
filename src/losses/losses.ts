/**
 * Losses as descriptors: their table of factories by name, and what `compile` takes for a loss. The factories are in
 * regression.ts, distributions.ts, hinges.ts and crossentropies.ts; bind.ts binds losses to kernels.
 */
import { readCustom, type Custom, type Named } from '../common/custom.js';
import { resolve, type Descriptor } from '../common/descriptor.js';
import type { Check } from '../common/options.js';
import {
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  categoricalFocalCrossentropy,
  kullbackLeibler,
  sparseCategoricalCrossentropy,
} from './crossentropies.js';
import { gaussianNegativeLogLikelihood, poisson, quantile } from './distributions.js';
import { categoricalHinge, hinge, squaredHinge } from './hinges.js';
import {
  cosineSimilarity,
  halfSquaredError,
  huber,
  logCosh,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanSquaredError,
  meanSquaredLogarithmicError,
} from './regression.js';

/**
 * A custom loss, computed for one row of outputs and targets at a time; the library takes the mean over the batch. It
 * runs in JavaScript: slower than the built-in losses, and as reproducible as its functions.
 * @category Losses
 */
export interface CustomLoss extends Named {
  /** Returns the loss of the row. */
  value(y: Float32Array, t: Float32Array): number;
  /** Returns ∂loss/∂y of the row, as many values as y. */
  gradient(y: Float32Array, t: Float32Array): Float32Array | readonly number[];
}

/** Factories by the names that users and saved models may give. */
export const LOSSES = {
  halfSquaredError,
  meanSquaredError,
  meanAbsoluteError,
  huber,
  hinge,
  logCosh,
  binaryCrossentropy,
  categoricalCrossentropy,
  sparseCategoricalCrossentropy,
  kullbackLeibler,
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  squaredHinge,
  categoricalHinge,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  poisson,
  quantile,
  gaussianNegativeLogLikelihood,
  cosineSimilarity,
} as const;

/**
 * Names of the losses. Each name means its factory with the default options.
 * @category Losses
 */
export type LossName = keyof typeof LOSSES;

/** Options of a loss with a name, with defaults filled in. */
export type LossConfig<K extends LossName> = ReturnType<(typeof LOSSES)[K]>['config'];

/**
 * The loss that training minimizes: a descriptor made by one of the factories, or a custom loss. Always the mean over
 * the batch. One type for all names, whatever their options are: in a union of ten types with a `kind` each, TypeScript
 * would take an output that is named `kind` for the kind of a loss.
 * @category Losses
 */
export type Loss = Descriptor<LossName> | Custom<CustomLoss>;

/**
 * Values accepted as a loss; `mse`, `mae` and `bce` abbreviate `meanSquaredError`, `meanAbsoluteError` and
 * `binaryCrossentropy`.
 * @category Losses
 */
export type LossLike = LossName | 'mse' | 'mae' | 'bce' | Loss | CustomLoss;

/** Reads a name, a factory's descriptor, or a custom loss. */
export const lossCheck: Check<Loss> = (path, value) =>
  readCustom<CustomLoss>(path, value, ['value', 'gradient']) ?? resolve(path, value, LOSSES);
