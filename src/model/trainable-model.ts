/**
 * The training half of a model. Checks arguments and states, and leaves the work to others: model-data.ts reads data,
 * training/trainer.ts makes updates, local-fit.ts runs `fit` on this thread, and remote/remote-fit.ts in a worker.
 */
import { StateError, WasmMlpError } from '../common/errors.js';
import { callerTrace, noteCall, traceToCall } from '../common/traces.js';
import { flag, nonNegative } from '../common/options.js';
import { ownOf } from '../common/objects.js';
import type { Inputs } from '../common/rows.js';
import type { NamedTensor } from '../common/tensors.js';
import { warnerOnce } from '../common/warn.js';
import { guarded } from '../graph/model-state.js';
import { requireAtRest, setPull } from '../graph/sharers.js';
import type { TensorLike } from '../graph/named-weights.js';
import { InferenceModel } from '../inference/inference-model.js';
import { afterFinalizers } from '../runtime/event-loop.js';
import { checkCompiled } from '../training/compile-checks.js';
import { readCompileOptions, type CompileChecks, type CompileOptions, type Compiled } from '../training/compiled.js';
import type { FitData } from '../training/data/batches.js';
import { isBatchSource, type BatchSource } from '../training/data/source.js';
import type { GivenData, Dataset, Targets } from '../training/data/shape.js';
import { diagnose } from '../training/diagnosis/diagnose.js';
import type { Diagnosis } from '../training/diagnosis/diagnosis.js';
import type { Logs } from '../training/execution-context.js';
import type { TrainedModel } from '../training/callbacks/callback.js';
import type { FitOptions, ReadFitOptions } from '../training/fit-options.js';
import type { FitTarget, History } from '../training/fit.js';
import { Trainer } from '../training/trainer.js';
import { hasInt8, requireFloats } from './int8.js';
import { fitOnThisThread, type FitObserver } from './local-fit.js';
import { evaluateRows } from './hooks.js';
import { loadDataset, MOST_DIAGNOSED, readFit, shapeFor } from './model-data.js';
import { warningsOf } from './model-layer.js';
import { readStepOptions, type EvaluateOptions, type StepOptions, type TrainableSetup } from './model-options.js';
import { evaluateSource, readEvaluateOptions } from './source-evaluation.js';
import type { RemoteFit, StartRemoteFit } from './remote-fit-types.js';

/** The part of `Model` that trains: compile, fit, evaluate and everything else that needs targets. */
export abstract class TrainableModel<O extends Float32Array | Float32Array[]>
  extends InferenceModel<O>
  implements TrainedModel
{
  /** @internal */
  protected trainer: Trainer | undefined;
  /** @internal The fit in a worker, while there is one. */
  protected remote: RemoteFit | undefined;
  private stopping = false;
  /** @internal Whether a worker trains it, or is about to. */
  away = false;
  readonly #warnOnce = warnerOnce();
  private readonly startRemoteFit: StartRemoteFit | undefined;

  /** For the library's own use. */
  constructor(setup: TrainableSetup) {
    super(setup);
    this.startRemoteFit = ownOf(setup, 'startRemoteFit');
  }

  /** Seed of initialization, shuffles and masks. */
  get seed(): number {
    return this.state.blueprint.seed;
  }

  /** Updates made since `compile`. */
  get stepCount(): number {
    this.state.refresh?.();
    return this.trainer?.stepCount ?? 0;
  }

  /** Epochs finished since the model was made; determines the next shuffle. */
  get epochCount(): number {
    this.state.refresh?.();
    return this.state.epochCount;
  }

  /**
   * When a callback sets this to true, `fit` ends after the current batch, or at the end of an epoch after that epoch.
   */
  get stopTraining(): boolean {
    return this.stopping;
  }

  /** Ends a running `fit`. */
  set stopTraining(stop: boolean) {
    this.stopping = flag('stopTraining', stop);
    this.remote?.edit({ stopTraining: stop });
  }

  /**
   * Learning rate of the next update. It can be set where the optimizer has no schedule.
   * @throws StateError before `compile`, or when it is set although the optimizer has a schedule; ValueError for
   * anything but a number ≥ 0.
   */
  get learningRate(): number {
    const trainer = this.requireTrainer('learningRate');
    this.state.refresh?.();
    return trainer.learningRate;
  }

  /** Sets the learning rate of the updates to come. */
  set learningRate(rate: number) {
    const trainer = this.requireTrainer('learningRate');
    this.state.refresh?.();
    const learningRate = nonNegative('learningRate: rate', rate);
    trainer.rate.set('learningRate', learningRate);
    this.remote?.edit({ learningRate });
  }

  /**
   * Sets optimizer, losses and metrics. Compiling again resets the optimizer state and keeps the weights. Layers that
   * are frozen now (`ModelLayer.trainable`) are not trained until the next `compile`.
   * @throws ValueError for an unknown name or option, and for a loss that does not fit its output (see `checks`);
   * ShapeError where there is not one for each output; StateError during `fit`.
   */
  compile(options: CompileOptions): void {
    this.requireIdle('compile');
    this.#settle(readCompileOptions(options, this.state.outputSpecs), new Set(this.state.frozen));
  }

  /**
   * Compiles what was compiled before, elsewhere or when it was saved, with these layers frozen: only targets are
   * checked.
   * @internal
   */
  recompile(options: CompileOptions, targetChecks: CompileChecks, frozen: ReadonlySet<number>): void {
    this.requireIdle('compile');
    const compiled = readCompileOptions({ ...options, checks: 'off' }, this.state.outputSpecs);
    this.#settle({ ...compiled, targetChecks }, frozen);
  }

  #settle(compiled: Compiled, wanted: ReadonlySet<number>): void {
    const { state } = this;
    // Rounded weights are not trained, whatever is left of the others.
    const frozen = hasInt8(state) ? new Set(state.plan.graph.layers.keys()) : wanted;
    checkCompiled(compiled, state.plan, state.outputSpecs, compiled.checks, this.#warnOnce);
    // Makes the new trainer first: if there is no memory for it, the old one stays.
    const trainer = new Trainer(state, compiled, frozen);
    this.trainer?.free();
    this.trainer = trainer;
  }

  /**
   * Trains for `epochs` epochs and returns the loss and the metrics of each. x (n, inputs); y (n, outputs), or n class
   * indices for the sparse loss. Yields to the event loop every few milliseconds.
   * @throws ShapeError, ValueError for data or options that do not fit, among them batches of one row for
   * `batchNormalization`; StateError before `compile` or after `dispose`; the signal's reason when aborted; any error
   * that a callback throws. The weights are then those of the last finished step.
   */
  fit(x: Inputs, y: Targets, options?: FitOptions): Promise<History>;
  /**
   * Trains on batches of a source, each [x, y] or [x, y, sampleWeight]: an (async) iterable, or a function that returns
   * one for each epoch.
   * @throws as above; ValueError for a source that has no batches left.
   */
  fit(source: BatchSource, options?: FitOptions): Promise<History>;
  async fit(x: Inputs | BatchSource, y?: Targets | FitOptions, options?: FitOptions): Promise<History> {
    const call = noteCall();
    try {
      return await this.runFit(x, y, options);
    } catch (error) {
      if (error instanceof WasmMlpError) traceToCall(error, call);
      throw error;
    }
  }

  private async runFit(
    x: Inputs | BatchSource,
    y: Targets | FitOptions | undefined,
    options: FitOptions | undefined,
  ): Promise<History> {
    this.requireIdle('fit');
    const trainer = this.requireTrainer('fit');
    const { data, shape, read } = readFit(trainer, x, y, options);
    this.requireUnchanged('fit', trainer);
    for (const message of warningsOf(trainer)) this.#warnOnce(message);
    if (read.runIn === 'main' || this.startRemoteFit === undefined)
      return afterFinalizers(await this.train(data, read));
    const stoppedBefore = this.stopping;
    const target = this.target(trainer);
    const request = { ...target, shape, data, options: read, stoppedBefore, trace: callerTrace() };
    this.stopping = false;
    this.state.fitting = this.away = true;
    try {
      const remote = await this.startRemoteFit(request).catch((error: unknown) => {
        // Unless it was set in the meantime.
        if (!this.stopping) this.stopping = stoppedBefore;
        throw error;
      });
      this.remote = remote;
      setPull(this.state, () => remote.pull());
      return await remote.run();
    } finally {
      this.state.fitting = this.away = false;
      this.endRemoteFit();
    }
  }

  /**
   * Runs `fit` on this thread.
   * @internal
   */
  async train(given: FitData, read: ReadFitOptions, observer?: FitObserver): Promise<History> {
    const trainer = this.requireTrainer('fit');
    this.state.fitting = true;
    try {
      return await fitOnThisThread(this.target(trainer), shapeFor(this.state, trainer), given, read, observer);
    } finally {
      this.state.fitting = false;
    }
  }

  /**
   * Returns loss and metrics on n rows. Uses the current weights; changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile` or after `dispose`.
   */
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Logs;
  /**
   * Evaluates the batches of a source, as `fit` takes it, each with the weights of the moment when it arrives.
   * @throws as above, by the promise; ValueError for a source without batches.
   */
  evaluate(source: BatchSource, options?: EvaluateOptions): Promise<Logs>;
  evaluate(x: Inputs | BatchSource, y?: Targets | EvaluateOptions, options?: EvaluateOptions): Logs | Promise<Logs> {
    const confirm = (trainer = this.requireTrainer('evaluate')): Trainer => {
      this.requireUnchanged('evaluate', trainer);
      this.state.refresh?.();
      return trainer;
    };
    if (isBatchSource(x)) return evaluateSource(this, confirm, x, y as EvaluateOptions | undefined, options);
    const trainer = confirm();
    const read = readEvaluateOptions(options);
    const data = this.dataset('evaluate', { x, y, sampleWeight: read.sampleWeight }, trainer);
    try {
      return evaluateRows(this, () => confirm(trainer), data, read);
    } finally {
      data.free();
    }
  }

  /**
   * Makes one update on one batch, or with `accumulate` on several calls. Returns the loss and the metrics from before
   * it. In `batchNormalization`, a batch of one row is normalized by the running statistics, which it does not change.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after
   * `dispose`.
   */
  trainOnBatch(x: Inputs, y: Targets, options?: StepOptions): Logs {
    this.requireIdle('trainOnBatch');
    const trainer = this.requireTrainer('trainOnBatch');
    const data = this.dataset('trainOnBatch', { x, y, ...readStepOptions('trainOnBatch', options) }, trainer);
    try {
      return trainer.trainOn(data);
    } finally {
      data.free();
    }
  }

  /**
   * Returns the gradients that an update on this batch would use, in the order and shapes of `getWeights` but only for
   * learned weights: gradients of the mean loss, with the penalties of the layers, clipped where the optimizer clips,
   * and with the masks and the noise of the next update. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after
   * `dispose`.
   */
  gradients(x: Inputs, y: Targets, options?: StepOptions): NamedTensor[] {
    this.requireIdle('gradients');
    const trainer = this.requireTrainer('gradients');
    const data = this.dataset('gradients', { x, y, ...readStepOptions('gradients', options) }, trainer);
    try {
      return guarded(this.state, () => trainer.gradientsOn(data));
    } finally {
      data.free();
    }
  }

  /**
   * Measures known faults of networks, those that `Fault` lists, on these rows, at most the first 1,024. Returns each
   * fault that it finds with a sentence of advice. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after
   * `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 3, activation: 'unitStep', inputShape: [2] })] });
   * network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
   * network.diagnose([[0, 1], [1, 0]], [[1, 0, 1], [0, 1, 0]]).faults[0].kind; // 'deadUnits'
   */
  diagnose(x: Inputs, y: Targets): Diagnosis {
    this.requireIdle('diagnose');
    const trainer = this.requireTrainer('diagnose');
    const data = this.dataset('diagnose', { x, y }, trainer);
    try {
      const rows = Math.min(data.rows, MOST_DIAGNOSED);
      return guarded(this.state, () => diagnose(trainer, rows, 0, ({ loader }) => loader.take(data, 0, rows)));
    } finally {
      data.free();
    }
  }

  abstract getWeights(): NamedTensor[];

  /** Returns copies of all weights, with the moving averages of those that have one. */
  abstract getAveragedWeights(): NamedTensor[];

  /** Replaces all weights. */
  abstract setWeights(tensors: readonly TensorLike[]): void;

  /** @internal Its trainer, once it is compiled. */
  get ownTrainer(): Trainer | undefined {
    return this.trainer;
  }

  /** @internal Trainer of the compiled model, for a worker that publishes its state. */
  get currentTrainer(): Trainer {
    return this.requireTrainer('fit');
  }

  protected override release(): void {
    this.remote?.cancel(new StateError('fit: a live model expected, got one that was disposed.'));
    this.endRemoteFit();
    this.trainer?.free();
  }

  private endRemoteFit(): void {
    setPull(this.state, (this.remote = undefined));
  }

  private target(trainer: Trainer): FitTarget {
    return { trainer, model: this, requireRunning: (where) => this.requireRunning(where) };
  }

  private dataset(where: string, given: GivenData, trainer: Trainer): Dataset {
    return loadDataset(where, given, trainer, () => this.requireUnchanged(where, trainer));
  }

  /**
   * Called after data was read, which may have run code of the caller. Throws if that code disposed, compiled or trains
   * the model.
   * @internal
   */
  protected requireUnchanged(where: string, trainer: Trainer): void {
    if (where === 'evaluate') this.requireLive(where);
    else this.requireIdle(where);
    if (this.trainer === trainer) return;
    throw new StateError(
      `${where}: a model that stays as it is expected while its data is read, got one compiled anew.`,
    );
  }

  /** Called after each yield. Throws if the model was disposed or a thread was lost. */
  private requireRunning(where: string): void {
    this.requireLive(where);
    this.state.runtime.requireThreads();
  }

  /** @internal */
  protected requireIdle(where: string): void {
    this.requireLive(where);
    if (where !== 'compile') requireFloats(where, this.state);
    requireAtRest(where, this.state);
  }

  /** @internal */
  protected requireTrainer(where: string): Trainer {
    this.requireLive(where);
    if (this.trainer === undefined) {
      throw new StateError(`${where}: a compiled model expected, got one that is not. Call compile first.`);
    }
    return this.trainer;
  }
}
