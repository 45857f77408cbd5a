/**
 * `Trainer`: the training half of a compiled model. It computes gradients, makes updates and evaluates.
 * fit.ts has the loop over epochs, program.ts binds the steps, updater.ts owns gradients and optimizer state, and
 * evaluator.ts the memory of evaluations.
 */
import { StateError } from '../common/errors.js';
import type { NamedTensor } from '../common/tensors.js';
import { replaceOrRestore, RegionGroup } from '../runtime/arena.js';
import { changeWeights, guarded, type ModelState } from '../graph/model-state.js';
import { readParameters, writeParameters } from '../graph/parameters.js';
import { runProgram } from '../graph/program.js';
import { beginChange, endChange } from '../graph/sharers.js';
import type { Clock } from '../operations/binding.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import { NO_BATCHES, type BatchGroup, type GroupCounters } from './batch-group.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './data/shape.js';
import { Evaluator } from './evaluator.js';
import { bindContext, canHold, copyObjective, type ExecutionContext, type Logs } from './execution-context.js';
import type { LoadedRows, StopReason } from './full-batch/algorithm.js';
import { FullBatch } from './full-batch/full-batch.js';
import { requireTrainable } from './full-batch/requirements.js';
import { layOutTraining, type TrainingLayout } from './layout.js';
import { bindTraining, type ParameterVectors, type TrainingProgramOptions } from './program.js';
import { Rate } from './rate.js';
import { Updater } from './updater.js';

/** Counters of a training, as files and messages have them. */
export interface SavedCounters {
  readonly stepCount: number;
  readonly learningRate: number;
  readonly group?: GroupCounters | undefined;
}

/**
 * Gradients, optimizer state and bound steps of a compiled model. Memory is allocated when the model is compiled, and
 * for activations at the first batch of a larger size; after that a step allocates nothing.
 */
export class Trainer {
  /** Updates made since the model was compiled; saved with it. */
  stepCount = 0;
  /** Learning rate of the last update. */
  lastRate = 0;
  /** Called, if set, between the gradients of a batch and its update, for inspections. */
  beforeUpdate: ((context: ExecutionContext, rows: number) => void) | undefined;
  /** Which weights are trained, as it was when the model was compiled. */
  readonly layout: TrainingLayout;
  readonly vectors: UpdateVectors;
  /** Iterations of an optimizer that looks at all rows at once; undefined for those that update by batches. */
  private readonly fullBatch: FullBatch | undefined;
  readonly rate: Rate;
  private readonly clock: Clock;
  private readonly regions: RegionGroup;
  readonly updater: Updater;
  private training: ExecutionContext | undefined;
  private readonly evaluator = new Evaluator((rows, weightVectors) => this.bindEvaluation(rows, weightVectors));

  constructor(
    readonly model: ModelState,
    readonly compiled: Compiled,
    /** Indices of the layers that are not trained. */
    frozen: ReadonlySet<number>,
  ) {
    const { runtime, plan, blueprint } = model;
    const { optimizer } = compiled;
    this.rate = new Rate(optimizer);
    this.clock = { seed: blueprint.seed, step: 0, row: 0 };
    this.regions = new RegionGroup(runtime.arena);
    const layout = (this.layout = layOutTraining(plan, frozen));
    if (isFullBatch(optimizer)) requireTrainable(plan, layout, optimizer, compiled);
    this.updater = new Updater(model, layout, optimizer, this.regions);
    this.vectors = this.updater.vectors;
    this.fullBatch = isFullBatch(optimizer)
      ? new FullBatch(model, optimizer, compiled.objective, layout, this.vectors, this.regions)
      : undefined;
  }

  /** Learning rate of the next update. */
  get learningRate(): number {
    return this.rate.after(this.stepCount);
  }

  /** Momentum (β1) of the next update where a schedule moves it. */
  get momentum(): number | undefined {
    return this.rate.momentumAfter(this.stepCount);
  }

  /** Bytes of training: gradients, optimizer state, and activations and deltas of training steps and of evaluations. */
  get bytes(): { gradients: number; optimizerState: number; training: number; evaluation: number } {
    return {
      ...this.updater.bytes,
      training: this.training?.program.bytes ?? 0,
      evaluation: this.evaluator.bytes,
    };
  }

  /** Returns the training context for batches of up to `rows` rows. Keeps the sums of an epoch in progress. */
  contextFor(rows: number, weightVectors: number): ExecutionContext {
    this.fullBatch?.forget();
    const before = this.training;
    if (before !== undefined && canHold(before, rows, weightVectors)) return before;
    const sums = before?.accumulator.read();
    const objective = before?.accumulator.objective;
    const bind = (capacity: number, weights: number): ExecutionContext => {
      this.updater.group?.reserve(capacity);
      const plan = this.fullBatch?.trial.plan;
      this.training = this.bind(this.trained, { capacity, weightVectors: weights, keepAll: false }, objective, plan);
      if (sums !== undefined) this.training.accumulator.write(sums);
      return this.training;
    };
    const capacity = Math.max(rows, before?.program.capacity ?? 0);
    this.training = undefined;
    return replaceOrRestore(
      before,
      () => bind(capacity, weightVectors),
      ({ program }) => bind(program.capacity, program.weightVectors),
    );
  }

  /** Why an optimizer that looks at all rows at once ends training; undefined while it goes on. */
  get stopReason(): StopReason | undefined {
    return this.fullBatch?.stop;
  }

  /**
   * Makes one update on rows that `context` already holds. `reload` writes them to a context, for optimizers that
   * compute the loss several times: a run overwrites what it no longer needs.
   */
  step(context: ExecutionContext, rows: number, reload: LoadedRows['reload']): void {
    if (this.fullBatch === undefined) this.stepOnBatch(context, rows);
    else this.stepOnAll(this.fullBatch, { context, rows, reload });
  }

  /** Runs forward and backward, and the update where one is due: after each batch, or after the last of a group. */
  private stepOnBatch(context: ExecutionContext, rows: number): void {
    const { model, updater } = this;
    const { group } = updater;
    let due = true;
    let rate = 0;
    let momentum: number | undefined;
    model.running = true;
    try {
      if (group === undefined) this.run(context, rows);
      else due = group.run(rows, () => this.run(context, rows));
      if (due) {
        if (updater.prepares) updater.prepare();
        // Inside the guard: a schedule, like an activation or a loss, may be a user's function, which must not change
        // the model.
        rate = this.learningRate;
        momentum = this.momentum;
      }
    } finally {
      model.running = false;
    }
    this.beforeUpdate?.(context, rows);
    beginChange(model);
    if (due) this.advance(rate, momentum);
    const { updateRunningStatistics } = context.program;
    for (let i = 0; i < updateRunningStatistics.length; i++) updateRunningStatistics[i](rows);
    if (due && updater.finishes) updater.finish(this.stepCount);
    endChange(model);
  }

  /** Makes an iteration of an optimizer that looks at all rows at once. */
  private stepOnAll(fullBatch: FullBatch, loaded: LoadedRows): void {
    const { context, rows } = loaded;
    if (!fullBatch.iterate(loaded, this.stepCount, () => this.beforeUpdate?.(context, rows))) return;
    for (const update of context.program.updateRunningStatistics) update(rows);
    beginChange(this.model);
    if (this.stepCount < Number.MAX_SAFE_INTEGER) this.stepCount += 1;
    fullBatch.trial.accept();
    endChange(this.model);
  }

  /** Throws a StateError for an optimizer that looks at all rows at once. */
  requireBatches(where: string): void {
    if (this.fullBatch === undefined) return;
    throw new StateError(
      `${where}: an optimizer that updates by batches expected, got ${this.compiled.optimizer.kind}, which needs ` +
        'all rows. Call fit.',
    );
  }

  /** Makes one update on a whole dataset, or a part of one; returns loss and metrics from before it. */
  trainOn(dataset: Dataset): Logs {
    this.requireBatches('trainOnBatch');
    const context = this.load(dataset);
    // As the loss, of the weights before the update.
    const penalty = this.updater.penalty?.();
    this.stepOnBatch(context, dataset.rows);
    return context.accumulator.means(dataset.rows, penalty);
  }

  /** Ends an epoch: makes the update of a group that has fewer batches than it should, if there is one. */
  endEpoch(): void {
    const { group } = this.updater;
    if (group === undefined || group.batches === 0) return;
    this.updater.prepare();
    this.updateNow();
  }

  /** Forgets the batches of a group that was not finished. `rowsAhead` tells those to come how many rows they have. */
  beginGroups(rowsAhead: BatchGroup['rowsAhead']): void {
    const { group } = this.updater;
    if (group === undefined) return;
    group.reset();
    group.rowsAhead = rowsAhead;
  }

  /** Ends a training: where the weights have a moving average, they are replaced by it. */
  endTraining(): void {
    if (this.updater.averages && this.stepCount > 0) changeWeights(this.model, () => this.updater.useAverage());
  }

  /**
   * Returns the gradients that an update on a whole dataset would use: of the mean loss, with penalties added, clipped.
   * Changes nothing.
   */
  gradientsOn(dataset: Dataset): NamedTensor[] {
    const context = this.load(dataset);
    return this.updater.besideGroup(dataset.rows, () => {
      this.run(context, dataset.rows);
      this.updater.group?.settle(dataset.rows);
      this.updater.penalizeAndClip();
      return readParameters(this.model.runtime, this.vectors.gradients, this.layout.trained);
    });
  }

  /** Makes one update with given gradients, whose sizes the caller has checked. */
  applyGradients(gradients: readonly Float32Array[]): void {
    this.updater.besideGroup(0, () => {
      writeParameters(this.model.runtime, this.vectors.gradients, this.layout.trained, gradients);
      this.updateNow();
    });
  }

  /** Returns a separate context for evaluation, which nothing else uses; the caller frees it. */
  bindEvaluation(rows: number, weightVectors: number): ExecutionContext {
    const vectors = { weights: this.model.weights, gradients: undefined };
    return this.bind(vectors, { capacity: rows, weightVectors, keepAll: false });
  }

  evaluate(dataset: Dataset, wanted: number): Logs {
    return this.evaluator.evaluate(dataset, wanted, this.model);
  }

  /** Sets the counter of random numbers to that of the next update. */
  tick(): void {
    this.clock.step = this.stepCount;
    this.clock.row = this.updater.group?.rows ?? 0;
  }

  /** Returns a context for diagnosis, separate from those of training; the caller frees it. */
  bindDiagnosis(
    vectors: { readonly weights: number; readonly gradients: number },
    capacity: number,
    weightVectors: number,
  ): ExecutionContext {
    return this.bind(vectors, { capacity, weightVectors, keepAll: true });
  }

  /**
   * Restores a saved training. The optimizer state has the order of `Updater.readState`; the caller has checked the
   * sizes of its tensors.
   */
  restore(counters: SavedCounters, optimizerState: readonly (readonly Float32Array[])[]): void {
    this.updater.writeState(optimizerState);
    this.resume(counters);
  }

  /** Counters of the batches that are summed for the update to come. */
  get groupCounters(): GroupCounters {
    return this.updater.group?.counters ?? NO_BATCHES;
  }

  /** Sets the counters to those of a training in a worker, which is further ahead, or of a file. */
  resume({ stepCount, learningRate, group = NO_BATCHES }: SavedCounters): void {
    this.stepCount = stepCount;
    this.rate.restore(learningRate);
    if (this.updater.group !== undefined) this.updater.group.counters = group;
  }

  free(): void {
    this.fullBatch?.forget();
    this.training?.free();
    this.evaluator.free();
    this.updater.group?.free();
    this.regions.free();
  }

  /** The vectors that training programs read and write. */
  private get trained(): ParameterVectors {
    const { weights, gradients } = this.vectors;
    return { weights: this.fullBatch?.trial.address ?? weights, gradients };
  }

  /** Runs forward and backward, which leaves the gradient of the mean loss. */
  private run(context: ExecutionContext, rows: number): void {
    this.tick();
    this.fullBatch?.trial.take();
    runProgram(context.program, rows);
  }

  /** Makes an update with the gradient that is ready. */
  private updateNow(): void {
    const { model, updater } = this;
    const [rate, momentum] = guarded(model, () => [this.learningRate, this.momentum] as const);
    changeWeights(model, () => {
      this.advance(rate, momentum);
      updater.finish(this.stepCount);
    });
  }

  /** Applies the optimizer's rule. */
  private advance(rate: number, momentum: number | undefined): void {
    // The count stays at the largest safe integer: a file cannot hold a larger one.
    if (this.stepCount < Number.MAX_SAFE_INTEGER) this.stepCount += 1;
    this.updater.apply(this.stepCount, rate, momentum);
    this.lastRate = rate;
  }

  private load(dataset: Dataset): ExecutionContext {
    const context = this.contextFor(dataset.rows, dataset.weights.length);
    context.accumulator.reset();
    context.loader.take(dataset, 0, dataset.rows);
    return context;
  }

  private bind(
    vectors: ParameterVectors,
    options: Pick<TrainingProgramOptions, 'capacity' | 'weightVectors' | 'keepAll'>,
    objective = copyObjective(this.compiled.objective),
    plan = this.model.plan,
  ): ExecutionContext {
    const { runtime } = this.model;
    const program = bindTraining(runtime, plan, vectors, {
      ...options,
      clock: this.clock,
      layout: this.layout,
      objective,
      // A diagnosis has gradients of its own.
      group: vectors.gradients === this.vectors.gradients ? this.updater.group : undefined,
    });
    return bindContext(runtime, program, objective, this.compiled.keys, this.updater.penalty);
  }
}
