/**
 * `Trainer`: the training half of a compiled model. It owns gradients and optimizer state, makes updates and evaluates.
 * fit.ts has the loop over epochs, program.ts binds the steps, and execution-context.ts runs evaluations.
 */
import { StateError } from '../common/errors.js';
import type { NamedTensor } from '../common/tensors.js';
import { replaceOrRestore, RegionGroup } from '../runtime/arena.js';
import type { ModelState } from '../graph/model-state.js';
import { allocateVector, readParameters, writeParameters } from '../graph/parameters.js';
import { runProgram } from '../graph/program.js';
import { beginChange, endChange } from '../graph/sharers.js';
import { stateNames, type Update } from '../optimizers/bind.js';
import type { UpdateVectors } from '../optimizers/update-vectors.js';
import { isFullBatch } from '../optimizers/full-batch.js';
import { movedMomentum, rateAt } from '../schedules/rate.js';
import type { Schedule } from '../schedules/schedule-types.js';
import { bindClip, bindConstraints, bindPenalties } from './adjustments.js';
import type { Compiled } from './compiled.js';
import type { Dataset } from './data/shape.js';
import { copyObjective, bindContext, evaluateInParts, type Logs, type ExecutionContext } from './execution-context.js';
import type { StopReason } from './full-batch/algorithm.js';
import { FullBatch, type LoadedRows } from './full-batch/full-batch.js';
import { requireAllTrained, requireFixedLoss } from './full-batch/requirements.js';
import { bindUpdates, layOutTraining, type TrainingLayout } from './layout.js';
import { bindTraining, type ParameterVectors, type TrainingProgramOptions } from './program.js';

/** Largest number of rows evaluated at a time, even if more are requested: memory depends on it, results do not. */
const MOST_EVALUATED = 1024;

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
  private rate: number | Schedule;
  private readonly clock: { readonly seed: number; step: number };
  private readonly regions: RegionGroup;
  private readonly update: Update;
  private readonly penalize: () => void;
  private readonly clip: () => void;
  private readonly constrain: () => void;
  private training: ExecutionContext | undefined;
  private evaluation: ExecutionContext | undefined;

  constructor(
    readonly model: ModelState,
    readonly compiled: Compiled,
    /** Indices of the layers that are not trained. */
    frozen: ReadonlySet<number>,
  ) {
    const { runtime, plan, weights, blueprint } = model;
    const { optimizer } = compiled;
    if (isFullBatch(optimizer)) requireFixedLoss(plan, optimizer);
    this.rate = isFullBatch(optimizer) ? 1 : optimizer.config.learningRate;
    this.clock = { seed: blueprint.seed, step: 0 };
    this.regions = new RegionGroup(runtime.arena);
    const layout = (this.layout = layOutTraining(plan, frozen));
    if (isFullBatch(optimizer)) requireAllTrained(plan, layout, optimizer);
    const gradients = allocateVector(runtime, this.regions, layout.floats);
    const optimizerState = stateNames(optimizer).map(() => allocateVector(runtime, this.regions, layout.floats));
    this.vectors = { size: layout.floats, weights, gradients, parameters: layout.trained, optimizerState };
    this.fullBatch = isFullBatch(optimizer)
      ? new FullBatch(model, optimizer, layout, this.vectors, this.regions)
      : undefined;
    this.update = bindUpdates(runtime, optimizer, this.vectors, layout.stretches);
    this.clip = bindClip(runtime, layout, optimizer, this.vectors, this.regions);
    this.penalize = bindPenalties(runtime, plan, layout, this.vectors);
    this.constrain = bindConstraints(runtime, plan, layout, weights);
  }

  /** Learning rate of the next update. */
  get learningRate(): number {
    return typeof this.rate === 'number' ? this.rate : rateAt(this.rate, this.stepCount);
  }

  /** Momentum (β1) of the next update where a schedule moves it. */
  get momentum(): number | undefined {
    return movedMomentum(this.rate, this.stepCount);
  }

  /**
   * Learning rate to be saved: 0 if a schedule computes it from the number of updates, which may be too large for
   * another update.
   */
  get savedRate(): number {
    return typeof this.rate === 'number' ? this.rate : 0;
  }

  /** Whether a schedule currently holds the learning rate down because it warms up. */
  get warmingUp(): boolean {
    const { rate, stepCount } = this;
    if (typeof rate === 'number') return false;
    return rate.kind === 'warmUp' && stepCount < rate.config.steps;
  }

  /** Bytes of training: gradients, optimizer state, and activations and deltas of training steps and of evaluations. */
  get bytes(): { gradients: number; optimizerState: number; training: number; evaluation: number } {
    const { size, optimizerState } = this.vectors;
    return {
      gradients: 4 * size,
      optimizerState: 4 * size * optimizerState.length,
      training: this.training?.program.bytes ?? 0,
      evaluation: this.evaluation?.program.bytes ?? 0,
    };
  }

  /** Whether the learning rate follows a schedule. */
  get scheduled(): boolean {
    return typeof this.rate !== 'number';
  }

  /** Expected and given optimizer, for messages, where the learning rate cannot be set; undefined where it can. */
  get rateRefusal(): string | undefined {
    if (this.scheduled) return 'an optimizer with a fixed learning rate expected, got one with a schedule';
    if (this.fullBatch === undefined) return undefined;
    return `an optimizer with a learning rate expected, got ${this.compiled.optimizer.kind}, which finds its steps itself`;
  }

  setLearningRate(where: string, rate: number): void {
    const { rateRefusal } = this;
    if (rateRefusal !== undefined) throw new StateError(`${where}: ${rateRefusal}.`);
    this.rate = rate;
  }

  /** Returns the training context for batches of up to `rows` rows. Keeps the sums of an epoch in progress. */
  contextFor(rows: number, weighted: boolean): ExecutionContext {
    this.fullBatch?.forget();
    const before = this.training;
    if (before !== undefined && before.program.capacity >= rows && before.program.weighted === weighted) return before;
    const sums = before?.accumulator.read();
    const objective = before?.accumulator.objective;
    const bind = (capacity: number, weights: boolean): ExecutionContext => {
      this.training = this.bind(this.trained, { capacity, weighted: weights, keepAll: false }, objective);
      if (sums !== undefined) this.training.accumulator.write(sums);
      return this.training;
    };
    const capacity = Math.max(rows, before?.program.capacity ?? 0);
    this.training = undefined;
    return replaceOrRestore(
      before,
      () => bind(capacity, weighted),
      ({ program }) => bind(program.capacity, program.weighted),
    );
  }

  /** Why an optimizer that looks at all rows at once ends training; undefined while it goes on. */
  get stopReason(): StopReason | undefined {
    return this.fullBatch?.stop;
  }

  /**
   * Makes one update on rows that `context` already holds. `reload` writes them again, for optimizers that compute the
   * loss several times: a run overwrites what it no longer needs.
   */
  step(context: ExecutionContext, rows: number, reload: () => void): void {
    if (this.fullBatch === undefined) this.stepOnBatch(context, rows);
    else this.stepOnAll(this.fullBatch, { context, rows, reload });
  }

  /** Runs forward, backward and the update. */
  private stepOnBatch(context: ExecutionContext, rows: number): void {
    const { model } = this;
    let rate: number;
    let momentum: number | undefined;
    model.running = true;
    try {
      this.differentiate(context, rows);
      // Inside the guard: a schedule, like an activation or a loss, may be a user's function, which must not change the
      // model.
      rate = this.learningRate;
      momentum = this.momentum;
    } finally {
      model.running = false;
    }
    this.beforeUpdate?.(context, rows);
    beginChange(model);
    // The count stays at the largest safe integer: a file cannot hold a larger one.
    if (this.stepCount < Number.MAX_SAFE_INTEGER) this.stepCount += 1;
    this.update(this.stepCount, rate, momentum);
    this.lastRate = rate;
    const { updateRunningStatistics } = context.program;
    for (let i = 0; i < updateRunningStatistics.length; i++) updateRunningStatistics[i](rows);
    this.constrain();
    endChange(model);
  }

  /** Makes an iteration of an optimizer that looks at all rows at once. */
  private stepOnAll(fullBatch: FullBatch, loaded: LoadedRows): void {
    const { context, rows } = loaded;
    if (!fullBatch.iterate(loaded, this.stepCount, () => this.beforeUpdate?.(context, rows))) return;
    for (const update of context.program.updateRunningStatistics) update(rows);
    beginChange(this.model);
    if (this.stepCount < Number.MAX_SAFE_INTEGER) this.stepCount += 1;
    fullBatch.accept();
    endChange(this.model);
  }

  /** Makes one update on a whole dataset; returns loss and metrics from before it. */
  trainOn(dataset: Dataset): Logs {
    if (this.fullBatch !== undefined) {
      throw new StateError(
        `trainOnBatch: an optimizer that updates by batches expected, got ${this.compiled.optimizer.kind}, which needs ` +
          'all rows. Call fit.',
      );
    }
    const context = this.load(dataset);
    this.stepOnBatch(context, dataset.rows);
    return context.accumulator.means(dataset.rows);
  }

  /**
   * Returns the gradients that an update on a whole dataset would use: of the mean loss, with penalties added, clipped.
   * Changes nothing.
   */
  gradientsOn(dataset: Dataset): NamedTensor[] {
    const context = this.load(dataset);
    this.differentiate(context, dataset.rows);
    return readParameters(this.model.runtime, this.vectors.gradients, this.layout.trained);
  }

  /** Returns a separate context for evaluation, which nothing else uses; the caller frees it. */
  bindEvaluation(rows: number, weighted: boolean): ExecutionContext {
    return this.bind(
      { weights: this.model.weights, gradients: undefined },
      { capacity: rows, weighted, keepAll: false },
    );
  }

  evaluate(dataset: Dataset, wanted: number): Logs {
    const batchSize = Math.min(wanted, MOST_EVALUATED);
    const weighted = dataset.weights !== undefined;
    const before = this.evaluation;
    if (before === undefined || before.program.capacity < batchSize || before.program.weighted !== weighted) {
      const bind = (capacity: number, weights: boolean): void => {
        this.evaluation = this.bindEvaluation(capacity, weights);
      };
      this.evaluation = undefined;
      replaceOrRestore(
        before,
        () => bind(batchSize, weighted),
        ({ program }) => bind(program.capacity, program.weighted),
      );
    }
    const context = this.evaluation!;
    context.accumulator.reset();
    const parts = evaluateInParts(context, dataset, batchSize, this.model);
    while (parts.next().done !== true);
    return context.accumulator.means(dataset.rows);
  }

  /** Sets the counter of random numbers to that of the next update. */
  tick(): void {
    this.clock.step = this.stepCount;
  }

  /** Returns a context for diagnosis, separate from those of training; the caller frees it. */
  bindDiagnosis(
    vectors: { readonly weights: number; readonly gradients: number },
    capacity: number,
    weighted: boolean,
  ): ExecutionContext {
    return this.bind(vectors, { capacity, weighted, keepAll: true });
  }

  /** Returns the optimizer state by name, as tensors. */
  readOptimizerState(): { name: string; tensors: NamedTensor[] }[] {
    const { runtime } = this.model;
    const names = stateNames(this.compiled.optimizer);
    return this.vectors.optimizerState.map((address, index) => ({
      name: names[index],
      tensors: readParameters(runtime, address, this.layout.trained),
    }));
  }

  /**
   * Restores a saved training. The optimizer state has the order of `readOptimizerState`; the caller has checked the
   * sizes of its tensors.
   */
  restore(
    { stepCount, learningRate }: { readonly stepCount: number; readonly learningRate: number },
    optimizerState: readonly (readonly Float32Array[])[],
  ): void {
    const { runtime } = this.model;
    this.vectors.optimizerState.forEach((address, index) =>
      writeParameters(runtime, address, this.layout.trained, optimizerState[index]),
    );
    this.resume(stepCount, learningRate);
  }

  /** Sets the counters to those of a training in a worker, which is further ahead. */
  resume(stepCount: number, learningRate: number): void {
    this.stepCount = stepCount;
    // A schedule computes the rate from the number of updates.
    if (!this.scheduled) this.rate = learningRate;
  }

  free(): void {
    this.training?.free();
    this.evaluation?.free();
    this.regions.free();
  }

  /** The vectors that training programs read and write. */
  private get trained(): ParameterVectors {
    const { weights, gradients } = this.vectors;
    return { weights: this.fullBatch?.trial ?? weights, gradients };
  }

  /** Computes gradients: runs forward and backward, adds penalties, and clips. */
  private differentiate(context: ExecutionContext, rows: number): void {
    this.tick();
    this.fullBatch?.takeWeights();
    runProgram(context.program, rows);
    this.penalize();
    this.clip();
  }

  private load(dataset: Dataset): ExecutionContext {
    const context = this.contextFor(dataset.rows, dataset.weights !== undefined);
    context.accumulator.reset();
    context.loader.take(dataset, 0, dataset.rows);
    return context;
  }

  private bind(
    vectors: ParameterVectors,
    options: Pick<TrainingProgramOptions, 'capacity' | 'weighted' | 'keepAll'>,
    objective = copyObjective(this.compiled.objective),
  ): ExecutionContext {
    const { runtime, plan } = this.model;
    const program = bindTraining(runtime, plan, vectors, {
      ...options,
      clock: this.clock,
      layout: this.layout,
      objective,
    });
    return bindContext(runtime, program, objective, this.compiled.keys);
  }
}
