import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { describe } from '../common/describe.js';
import { integer, readOptions } from '../common/options.js';
import type { NamedTensor } from '../common/tensors.js';
import { RegionGroup } from '../engine/arena.js';
import type { Machine } from '../engine/machine.js';
import { ParameterLayout } from '../graph/parameters.js';
import { planSequential, type NetworkPlan } from '../graph/plan.js';
import { Predictor } from '../graph/predictor.js';
import type { Layer } from '../layers/registry.js';
import { readCompileOptions, type CompileOptions } from '../training/compiled.js';
import { loadDataset, type Dataset } from '../training/dataset.js';
import { readFitOptions, type FitOptions } from '../training/fit-options.js';
import { fit, splitData, type History } from '../training/fit.js';
import type { Logs } from '../training/measure.js';
import { rowSource, type Labels, type Rows } from '../training/rows.js';
import { Trainer } from '../training/trainer.js';
import { encodeModel, type Architecture, type RestoredState, type SaveOptions } from './checkpoint.js';
import { summarize } from './summary.js';
import { readTensors, type TensorLike } from './weights.js';

export interface BatchOptions {
  /** Rows at a time. Results do not depend on it. Default 256. */
  batchSize?: number;
}

const readBatchSize = (where: string, options: BatchOptions | undefined): number =>
  readOptions<Required<BatchOptions>>(where, options, { batchSize: { check: integer(1), or: 256 } }).batchSize;

/** A multilayer perceptron on an engine. Made by `sequential`, `engine.sequential` or `loadModel`. */
export class Model {
  private readonly plan: NetworkPlan;
  private readonly layout: ParameterLayout;
  private readonly regions: RegionGroup;
  private readonly weights: number;
  private readonly predictor: Predictor;
  private trainer: Trainer | undefined;
  private readonly progress = { epochCount: 0 };
  private fitting = false;
  private live = true;

  /** For the library's own use: users call `sequential`. */
  constructor(
    private readonly machine: Machine,
    private readonly layers: readonly Layer[],
    /** What initialization, shuffles and masks are drawn from. */
    readonly seed: number,
    private readonly onDispose: (model: Model) => void,
    initialize = true,
  ) {
    this.plan = planSequential(layers);
    this.layout = new ParameterLayout(machine, this.plan);
    this.regions = new RegionGroup(machine.arena);
    this.weights = this.layout.allocate(this.regions);
    try {
      if (initialize) this.layout.initialize(this.weights, seed);
      this.predictor = new Predictor(machine, this.plan, this.weights);
    } catch (error) {
      this.regions.free();
      throw error;
    }
  }

  /** Updates made since `compile`. */
  get stepCount(): number {
    return this.trainer?.stepCount ?? 0;
  }

  /** Epochs finished since the model was made; decides the next shuffle. */
  get epochCount(): number {
    return this.progress.epochCount;
  }

  /** Number of learned values. */
  get parameterCount(): number {
    return this.layout.count;
  }

  /**
   * Settles how the model is trained and what is reported. Compiling again starts the optimizer afresh; weights stay.
   * @throws ValueError for an unknown name or option; StateError during `fit`.
   */
  compile(options: CompileOptions): void {
    this.requireIdle('compile');
    const compiled = readCompileOptions(options, this.outputs);
    const { machine, plan, layout, weights } = this;
    // The new one first: where there is no room for it, the old one goes on.
    const trainer = new Trainer({ machine, plan, layout, weights }, compiled);
    this.trainer?.free();
    this.trainer = trainer;
  }

  /**
   * Trains for `epochs` epochs and returns loss and metrics of each. x (n, inputs); y (n, outputs), or n class indices for the sparse
   * loss. Yields to the event loop every few milliseconds.
   * @throws ShapeError, ValueError for data or options that do not fit; StateError before `compile` or after `dispose`; the signal's
   * reason when aborted; whatever a callback throws. The weights are then those of the last finished step.
   */
  async fit(x: Rows, y: Rows | Labels, options?: FitOptions): Promise<History> {
    this.requireIdle('fit');
    const trainer = this.requireTrainer('fit');
    const read = readFitOptions(options);
    read.signal?.throwIfAborted();
    const data = this.dataset('fit', [x, y], trainer);
    let validation: Dataset | undefined;
    this.fitting = true;
    try {
      if (read.validationData) {
        const names = ['validationData[0]', 'validationData[1]'] as const;
        validation = this.dataset('fit', read.validationData, trainer, names);
      }
      const subject = {
        machine: this.machine,
        trainer,
        seed: this.seed,
        progress: this.progress,
        requireLive: (where: string) => this.requireLive(where),
      };
      return await fit(subject, splitData(data, read.validationSplit, validation), read);
    } finally {
      this.fitting = false;
      data.free();
      validation?.free();
    }
  }

  /**
   * Loss and metrics on n rows. Uses the current weights; changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile` or after `dispose`.
   */
  evaluate(x: Rows, y: Rows | Labels, options?: BatchOptions): Logs {
    const trainer = this.requireTrainer('evaluate');
    const batchSize = readBatchSize('evaluate', options);
    const data = this.dataset('evaluate', [x, y], trainer);
    try {
      return trainer.evaluate(data, Math.min(batchSize, data.x.rows));
    } finally {
      data.free();
    }
  }

  /**
   * Outputs for n rows: a Float32Array (n, outputs), row-major. A row gives the same bits alone and in any batch.
   * @throws ShapeError, ValueError for rows that do not fit; StateError after `dispose`.
   */
  predict(x: Rows, options?: BatchOptions): Float32Array {
    this.requireLive('predict');
    const batchSize = readBatchSize('predict', options);
    const source = rowSource('predict', 'x', x, this.inputs);
    let rows = x as Float32Array;
    if (!(x instanceof Float32Array)) {
      rows = new Float32Array(source.rows * this.inputs);
      source.write(rows, 0);
    }
    const out = new Float32Array(source.rows * this.outputs);
    this.predictor.predict('predict', rows, out, source.rows, batchSize);
    return out;
  }

  /**
   * `predict` into an array of the caller's, (n, outputs); returns it. After the first call with as many rows it allocates nothing.
   * @throws ShapeError where lengths do not fit; ValueError for other kinds of arrays, NaN or infinity; StateError after `dispose`.
   */
  predictInto(x: Float32Array, out: Float32Array): Float32Array {
    if (!this.live) this.requireLive('predictInto');
    if (!(x instanceof Float32Array))
      throw new ValueError(`predictInto: x expected a Float32Array, got ${describe(x)}.`);
    const rows = x.length / this.inputs;
    if (!Number.isInteger(rows)) rowSource('predictInto', 'x', x, this.inputs);
    if (!(out instanceof Float32Array)) {
      throw new ValueError(`predictInto: out expected a Float32Array, got ${describe(out)}.`);
    }
    if (out.length !== rows * this.outputs) {
      throw new ShapeError(
        `predictInto: out expected ${rows * this.outputs} values for ${rows} rows, got ${out.length}.`,
      );
    }
    this.predictor.predict('predictInto', x, out, rows, rows);
    return out;
  }

  /**
   * One update on one batch. Returns loss and metrics from before it.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after `dispose`.
   */
  trainOnBatch(x: Rows, y: Rows | Labels): Logs {
    this.requireIdle('trainOnBatch');
    const trainer = this.requireTrainer('trainOnBatch');
    const data = this.dataset('trainOnBatch', [x, y], trainer);
    try {
      return trainer.trainOn(data);
    } finally {
      data.free();
    }
  }

  /**
   * What an update on this batch would be given, in the order and shapes of `getWeights`: gradients of the mean loss, with the layers'
   * penalties, clipped where the optimizer clips. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after `dispose`.
   */
  gradients(x: Rows, y: Rows | Labels): NamedTensor[] {
    this.requireIdle('gradients');
    const trainer = this.requireTrainer('gradients');
    const data = this.dataset('gradients', [x, y], trainer);
    try {
      return trainer.gradientsOn(data);
    } finally {
      data.free();
    }
  }

  /** Copies of all weights, named as in the equivalent PyTorch nn.Sequential: weight (units, inputs), bias (units). */
  getWeights(): NamedTensor[] {
    this.requireLive('getWeights');
    return this.layout.read(this.weights);
  }

  /**
   * Replaces all weights; takes what `getWeights` gives, names optional. The optimizer's state stays.
   * @throws ShapeError, ValueError, with nothing changed.
   */
  setWeights(tensors: readonly TensorLike[]): void {
    this.requireLive('setWeights');
    this.layout.write(this.weights, readTensors('setWeights', this.plan, tensors));
  }

  /** A table of layers, output shapes and parameter counts. */
  summary(): string {
    this.requireLive('summary');
    return summarize(this.layers, this.plan, this.trainer?.compiled.optimizer.kind);
  }

  /** The architecture as plain data. */
  toJSON(): Architecture {
    return { seed: this.seed, layers: structuredClone(this.layers) };
  }

  /**
   * The model as one safetensors file: weights under their names, and with `includeOptimizer` (default true) the optimizer's
   * state, so that training goes on after `loadModel` as if it had not stopped.
   */
  save(options?: SaveOptions): Uint8Array {
    this.requireLive('save');
    return encodeModel(options, {
      architecture: this.toJSON(),
      epochCount: this.progress.epochCount,
      weights: this.getWeights(),
      trainer: this.trainer,
    });
  }

  /** Gives the model's memory back to its engine. Calling it again does nothing. */
  dispose(): void {
    if (!this.live) return;
    this.live = false;
    this.trainer?.free();
    this.predictor.free();
    this.regions.free();
    this.onDispose(this);
  }

  /**
   * For `loadModel`: takes a state that was checked against this model's plan.
   * @internal
   */
  restore({ epochCount, weights, training }: RestoredState): void {
    this.layout.write(this.weights, weights);
    this.progress.epochCount = epochCount;
    if (training === undefined) return;
    this.compile(training.options);
    this.requireTrainer('loadModel').restore(training, training.values);
  }

  private get inputs(): number {
    return this.plan.widths[this.plan.input];
  }

  private get outputs(): number {
    return this.plan.widths[this.plan.output];
  }

  private dataset(
    where: string,
    data: readonly [unknown, unknown],
    trainer: Trainer,
    names?: readonly [string, string],
  ): Dataset {
    const widths = { inputs: this.inputs, outputs: this.outputs };
    return loadDataset(this.machine, where, data, widths, trainer.compiled.objective.loss, names);
  }

  private requireLive(where: string): void {
    if (!this.live) throw new StateError(`${where}: a live model expected, got one that was disposed.`);
    this.machine.requireLive(where);
  }

  private requireIdle(where: string): void {
    this.requireLive(where);
    if (this.fitting) {
      throw new StateError(
        `${where}: a model at rest expected, got one in the middle of fit. Wait for the promise of fit.`,
      );
    }
  }

  private requireTrainer(where: string): Trainer {
    this.requireLive(where);
    if (this.trainer === undefined) {
      throw new StateError(`${where}: a compiled model expected, got one that is not. Call compile first.`);
    }
    return this.trainer;
  }
}
