/** What a model's methods take and tell besides data. */
import { readOptions, unchecked } from '../common/options.js';
import type { RowNumbers } from '../common/rows.js';
import type { ClassWeight } from '../training/data/shape.js';
import type { BatchOptions } from '../inference/inference-model.js';

/**
 * What `evaluate` takes besides rows and targets.
 * @category Training and callbacks
 */
export interface EvaluateOptions extends BatchOptions {
  /** What each row counts for in the loss, at least 0. Default 1. */
  sampleWeight?: RowNumbers;
}

/**
 * What `trainOnBatch` and `gradients` take besides rows and targets.
 * @category Training and callbacks
 */
export interface StepOptions {
  /** What each row counts for in the loss, at least 0. Default 1. */
  sampleWeight?: RowNumbers;
  /** What the rows of each class count for, as in `fit`. Default 1. */
  classWeight?: ClassWeight;
}

/**
 * What a model holds of its engine's linear memory, in bytes. Data is there only while a call needs it.
 * @category Models
 */
export interface ModelMemory {
  /** All weights, padded to whole vectors. */
  readonly weights: number;
  /** Gradients of what is learned, once compiled. */
  readonly gradients: number;
  /** Moments of the optimizer, once compiled. */
  readonly optimizerState: number;
  /**
   * Activations, deltas and the transposed weights of the largest training batch so far; what is not needed at the same
   * time shares its place.
   */
  readonly training: number;
  /** Activations of the largest batch of `evaluate` so far. */
  readonly evaluation: number;
  /** Activations of the largest prediction so far. */
  readonly prediction: number;
  /** All of them. */
  readonly total: number;
}

/** Weights are read with the data, where the number of rows is known. */
export const readStepOptions = (where: string, options: StepOptions | undefined): StepOptions =>
  readOptions<{ sampleWeight: unknown; classWeight: unknown }>(where, options, {
    sampleWeight: { check: unchecked, or: undefined },
    classWeight: { check: unchecked, or: undefined },
  }) as StepOptions;
