/**
 * Training by optimizers that look at all rows at once. An iteration evaluates the loss at trial weights, which the
 * training's program reads; the weights of the model change once, when the iteration has found new ones. So an error in
 * between, or a lost thread, leaves the weights of the last finished iteration. The algorithms are in files of their
 * own; requirements.ts says what they cannot train.
 */
import type { ModelState } from '../../graph/model-state.js';
import { allocateVector } from '../../graph/parameters.js';
import { runProgram } from '../../graph/program.js';
import type { FullBatchOptimizer } from '../../optimizers/full-batch.js';
import type { UpdateVectors } from '../../optimizers/update-vectors.js';
import type { RegionGroup } from '../../runtime/arena.js';
import { bindPenalties, bindPenaltyLoss } from '../adjustments.js';
import type { ExecutionContext } from '../execution-context.js';
import type { TrainingLayout } from '../layout.js';
import { bindLbfgs } from './bind-lbfgs.js';
import type { Algorithm, Site, StopReason } from './algorithm.js';

/** The rows of a training: the context that holds them, and a function that writes them to it again. */
export interface LoadedRows {
  readonly context: ExecutionContext;
  readonly rows: number;
  readonly reload: () => void;
}

const ALGORITHMS: {
  readonly [K in FullBatchOptimizer['kind']]: (
    config: Extract<FullBatchOptimizer, { kind: K }>['config'],
    site: Site,
  ) => Algorithm;
} = { lbfgs: bindLbfgs };

/** The iterations of one training. */
export class FullBatch {
  /** Weights that training programs read, instead of those of the model. */
  readonly trial: number;
  /** Why the last iteration ended training. */
  stop: StopReason | undefined;
  /** Loss, with penalties, at the weights of the model, if the gradient in the vectors is that of these weights. */
  private known: number | undefined;
  private readonly algorithm: Algorithm;
  private readonly penalize: () => void;
  private readonly penaltyLoss: () => number;

  constructor(
    private readonly model: ModelState,
    { kind, config }: FullBatchOptimizer,
    layout: TrainingLayout,
    private readonly vectors: UpdateVectors,
    regions: RegionGroup,
  ) {
    const { runtime, plan } = model;
    const trial = allocateVector(runtime, regions, plan.parameterFloats);
    this.trial = trial;
    this.penalize = bindPenalties(runtime, plan, layout, { weights: trial, gradients: vectors.gradients });
    this.penaltyLoss = bindPenaltyLoss(runtime, plan, trial, regions);
    this.algorithm = ALGORITHMS[kind](config, { model, vectors, trial, regions });
  }

  /** Called when other rows are loaded: the loss is no longer known. */
  forget(): void {
    this.known = this.stop = undefined;
  }

  /** Copies the weights of the model to where programs read them. */
  takeWeights(): void {
    this.model.runtime.kernels.f32_copy(this.model.plan.parameterFloats, this.vectors.weights, this.trial);
  }

  /**
   * Makes one iteration on all rows; returns whether the weights moved. Afterwards the sums of the context are those of
   * the new weights. `inspect` is called when the gradient of the old ones is known.
   */
  iterate(loaded: LoadedRows, count: number, inspect: () => void): boolean {
    const evaluate = (): number => this.evaluate(loaded);
    // A callback may have set other weights.
    if (this.known === undefined || !this.isCurrent()) {
      this.takeWeights();
      this.known = evaluate();
    }
    inspect();
    const { value, moved, stop } = this.algorithm({ value: this.known, count, evaluate });
    this.known = undefined;
    // A search that failed has left other sums and another gradient.
    if (!moved) this.takeWeights();
    this.known = moved ? value : evaluate();
    this.stop = stop;
    return moved;
  }

  /** Makes the trial weights those of the model. */
  accept(): void {
    this.model.runtime.kernels.f32_copy(this.model.plan.parameterFloats, this.trial, this.vectors.weights);
  }

  private evaluate({ context: { program, accumulator }, rows, reload }: LoadedRows): number {
    const { model } = this;
    model.running = true;
    try {
      reload();
      accumulator.reset();
      runProgram(program, rows);
      this.penalize();
      return accumulator.loss(rows) + this.penaltyLoss();
    } finally {
      model.running = false;
    }
  }

  private isCurrent(): boolean {
    const { f32 } = this.model.runtime.memory;
    const [weights, trial] = [this.vectors.weights / 4, this.trial / 4];
    const { parameterFloats } = this.model.plan;
    for (let i = 0; i < parameterFloats; i++) if (f32[weights + i] !== f32[trial + i]) return false;
    return true;
  }
}
