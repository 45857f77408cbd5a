/**
 * Training by optimizers that look at all rows at once. An iteration evaluates the loss at trial weights, which the
 * training's program reads; the weights of the model change once, when the iteration has found new ones. So an error in
 * between, or a lost thread, leaves the weights of the last finished iteration. The algorithms are in files of their
 * own; requirements.ts says what they cannot train.
 */
import type { ModelState } from '../../graph/model-state.js';
import { runProgram } from '../../graph/program.js';
import type { FullBatchOptimizer } from '../../optimizers/full-batch.js';
import type { UpdateVectors } from '../../optimizers/update-vectors.js';
import type { RegionGroup } from '../../runtime/arena.js';
import { bindPenalties, bindPenaltyLoss } from '../adjustments.js';
import type { TrainingLayout } from '../layout.js';
import type { Objective } from '../objective.js';
import type { Algorithm, LoadedRows, Site, StopReason } from './algorithm.js';
import { bindLbfgs } from './bind-lbfgs.js';
import { bindLevenbergMarquardt } from './levenberg-marquardt.js';
import { TrialWeights } from './trial-weights.js';

/** Options by the kind of the optimizer. */
type Configs = { readonly [O in FullBatchOptimizer as O['kind']]: O['config'] };

const ALGORITHMS: { readonly [K in keyof Configs]: (config: Configs[K], site: Site) => Algorithm } = {
  lbfgs: bindLbfgs,
  levenbergMarquardt: bindLevenbergMarquardt,
};

const bindAlgorithm = <K extends keyof Configs>(kind: K, config: Configs[K], site: Site): Algorithm =>
  ALGORITHMS[kind](config, site);

/** The iterations of one training. */
export class FullBatch {
  /** Weights that training programs read, instead of those of the model. */
  readonly trial: TrialWeights;
  /** Why the last iteration ended training. */
  stop: StopReason | undefined;
  /** Loss, with penalties, at the weights of the model, if the gradient in the vectors is that of these weights. */
  private known: number | undefined;
  private readonly algorithm: Algorithm;
  private readonly penalize: (() => void) | undefined;
  private readonly penaltyLoss: (() => number) | undefined;

  constructor(
    private readonly model: ModelState,
    { kind, config }: FullBatchOptimizer,
    objective: Objective,
    layout: TrainingLayout,
    vectors: UpdateVectors,
    regions: RegionGroup,
  ) {
    const { runtime } = model;
    const trial = new TrialWeights(model, layout, regions);
    this.trial = trial;
    const { plan, address } = trial;
    this.penalize = bindPenalties(runtime, plan, layout, { weights: address, gradients: vectors.gradients });
    this.penaltyLoss = bindPenaltyLoss(runtime, plan, layout, address, regions);
    this.algorithm = bindAlgorithm(kind, config, { model, vectors, trial, objective, layout, regions });
  }

  /** Called when other rows are loaded: the loss is no longer known. */
  forget(): void {
    this.known = this.stop = undefined;
    this.algorithm.forget();
  }

  /**
   * Makes one iteration on all rows; returns whether the weights moved. Afterwards the sums of the context are those of
   * the new weights. `inspect` is called when the gradient of the old ones is known.
   */
  iterate(loaded: LoadedRows, count: number, inspect: () => void): boolean {
    const { trial } = this;
    const evaluate = (): number => this.evaluate(loaded);
    // A callback may have set other weights.
    if (this.known === undefined || !trial.areThoseOfModel) {
      trial.take();
      this.known = evaluate();
    }
    inspect();
    const { value, moved, stop } = this.algorithm.iterate({ value: this.known, count, evaluate, loaded });
    this.known = undefined;
    // A search that failed has left other sums and another gradient.
    if (!moved) trial.take();
    this.known = moved ? value : evaluate();
    this.stop = stop;
    return moved;
  }

  private evaluate({ context, rows, reload }: LoadedRows): number {
    const { program, accumulator } = context;
    const { model } = this;
    model.running = true;
    try {
      reload(context);
      accumulator.reset();
      runProgram(program, rows);
      this.penalize?.();
      return accumulator.loss(rows) + (this.penaltyLoss?.() ?? 0);
    } finally {
      model.running = false;
    }
  }
}
