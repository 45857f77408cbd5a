/** The interface between the iterations of full-batch.ts and the algorithms that make them. */
import type { ModelState } from '../../graph/model-state.js';
import type { UpdateVectors } from '../../optimizers/update-vectors.js';
import type { RegionGroup } from '../../runtime/arena.js';
import type { LbfgsStop } from './lbfgs.js';

/**
 * Why an optimizer that looks at all rows at once ended training before the last epoch.
 * @category Training and callbacks
 */
export type StopReason = LbfgsStop;

/** What an algorithm works on. */
export interface Site {
  readonly model: ModelState;
  /** The weights of the model, the gradient of the last evaluation, and the optimizer's state. */
  readonly vectors: UpdateVectors;
  /** Weights at which the loss is evaluated: all parameters, also those that are not learned. */
  readonly trial: number;
  readonly regions: RegionGroup;
}

/** An iteration that the trainer asks for. */
export interface IterationRequest {
  /** Loss at the weights of the model, penalties included; its gradient is in the vectors. */
  readonly value: number;
  /** Number of iterations made before. */
  readonly count: number;
  /** Returns the loss at the trial weights, penalties included, and writes its gradient. */
  readonly evaluate: () => number;
}

/** Result of an iteration: `moved` says whether the trial weights are better than those of the model. */
export interface IterationResult {
  readonly value: number;
  readonly moved: boolean;
  readonly stop: StopReason | undefined;
}

/** Makes an iteration. Afterwards the trial weights are those evaluated last, and the new ones. */
export type Algorithm = (request: IterationRequest) => IterationResult;
