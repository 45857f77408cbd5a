/** The interface between the iterations of full-batch.ts and the algorithms that make them. */
import type { ModelState } from '../../graph/model-state.js';
import type { UpdateVectors } from '../../optimizers/update-vectors.js';
import type { RegionGroup } from '../../runtime/arena.js';
import type { ExecutionContext } from '../execution-context.js';
import type { TrainingLayout } from '../layout.js';
import type { Objective } from '../objective.js';
import type { LbfgsStop } from './lbfgs.js';
import type { TrialWeights } from './trial-weights.js';

/**
 * Why an optimizer that looks at all rows at once ended training before the last epoch.
 * @category Training and callbacks
 */
export type StopReason = LbfgsStop | 'goal' | 'maxDamping';

/** What an algorithm works on. */
export interface Site {
  readonly model: ModelState;
  /** The gradient of the last evaluation, and the optimizer's state, in the layout of the training. */
  readonly vectors: UpdateVectors;
  /** Weights at which the loss is evaluated; the trained ones have the layout of the training. */
  readonly trial: TrialWeights;
  readonly objective: Objective;
  readonly layout: TrainingLayout;
  readonly regions: RegionGroup;
}

/** The rows of a training: the context that holds them, and a function that writes them to it, or to another, again. */
export interface LoadedRows {
  readonly context: ExecutionContext;
  readonly rows: number;
  readonly reload: (context: ExecutionContext) => void;
}

/** An iteration that the trainer asks for. Before it the trial weights are those of the model. */
export interface IterationRequest {
  /** Loss at the weights of the model, penalties included; its gradient is in the vectors. */
  readonly value: number;
  /** Number of iterations made before. */
  readonly count: number;
  /** Returns the loss at the trial weights, penalties included, and writes its gradient. */
  readonly evaluate: () => number;
  readonly loaded: LoadedRows;
}

/** Result of an iteration: `moved` says whether the trial weights are better than those of the model. */
export interface IterationResult {
  readonly value: number;
  readonly moved: boolean;
  readonly stop: StopReason | undefined;
}

/** An algorithm, bound to memory. */
export interface Algorithm {
  /** Makes an iteration. If it moved, the trial weights afterwards are the new ones, evaluated last. */
  iterate(request: IterationRequest): IterationResult;
  /** Frees what the algorithm allocated for the rows of a training. */
  forget(): void;
}
