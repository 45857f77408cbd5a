import { columnMoments, float32Moments } from '../common/column-moments.js';
import { describe } from '../common/describe.js';
import { ShapeError, StateError, ValueError } from '../common/errors.js';
import { integer, nonNegative, readOptions, type Check } from '../common/options.js';
import { rowSource } from '../common/rows.js';
import type { NamedTensor } from '../common/tensors.js';
import { RegionGroup } from '../engine/arena.js';
import type { Machine } from '../engine/machine.js';
import { ParameterLayout } from '../graph/parameters.js';
import { planNetwork, type NetworkPlan } from '../graph/plan.js';
import { Predictor } from '../graph/predictor.js';
import { readCompileOptions, type CompileOptions, type OutputEnd } from '../training/compiled.js';
import { loadDataset, perEnd } from '../training/data/dataset.js';
import type { ClassWeight, DataGiven, Dataset, DataShape, Inputs, Targets } from '../training/data/shape.js';
import { isBatchSource, residentFeed, SourceFeed, type BatchSource, type Feed } from '../training/data/feed.js';
import { diagnose } from '../training/diagnosis/diagnose.js';
import type { Diagnosis } from '../training/diagnosis/diagnosis.js';
import { readFitOptions, refuseRowOptions, refuseSourceOptions, type FitOptions } from '../training/fit-options.js';
import { fit, splitData, type History } from '../training/fit.js';
import type { Logs } from '../training/measure.js';
import { Trainer } from '../training/trainer.js';
import { architectureOf, type Architecture, type Blueprint } from './architecture.js';
import { encodeModel, type RestoredState, type SaveOptions } from './checkpoint.js';
import { summarize } from './summary.js';
import { readTensors, type TensorLike } from './weights.js';

/** What `predict` takes besides rows. */
export interface BatchOptions {
  /** Rows at a time. Results do not depend on it. Default 256. */
  batchSize?: number;
}

/** What `evaluate` takes besides rows and targets. */
export interface EvaluateOptions extends BatchOptions {
  /** What each row counts for in the loss, at least 0. Default 1. */
  sampleWeight?: ArrayLike<number>;
}

/** What `trainOnBatch` and `gradients` take besides rows and targets. */
export interface StepOptions {
  /** What each row counts for in the loss, at least 0. Default 1. */
  sampleWeight?: ArrayLike<number>;
  /** What the rows of each class count for, by class index; multiplies with `sampleWeight`. Default 1. */
  classWeight?: ClassWeight;
}

/** What a model holds of its engine's linear memory, in bytes. Data is there only while a call needs it. */
export interface ModelMemory {
  /** All weights, padded to whole vectors. */
  readonly weights: number;
  /** Gradients of what is learned, once compiled. */
  readonly gradients: number;
  /** Moments of the optimizer, once compiled. */
  readonly moments: number;
  /** Activations, deltas and the transposed weights of the largest training batch so far; what is not needed at the same time shares its place. */
  readonly training: number;
  /** Activations of the largest batch of `evaluate` so far. */
  readonly evaluation: number;
  /** Activations of the largest prediction so far. */
  readonly prediction: number;
  /** All of them. */
  readonly total: number;
}

/** Read with the data, where the number of rows is known. */
const later: Check<unknown> = (_path, value) => value;

const BATCH_SIZE = { check: integer(1), or: 256 } as const;

const readStepOptions = (where: string, options: StepOptions | undefined): StepOptions =>
  readOptions<{ sampleWeight: unknown; classWeight: unknown }>(where, options, {
    sampleWeight: { check: later, or: undefined },
    classWeight: { check: later, or: undefined },
  }) as StepOptions;

/** The name, or with a stroke for every layer that has it. */
function nextFree(name: string, names: readonly string[]): string {
  while (names.includes(name)) name += "'";
  return name;
}

/** The outputs of a plan with the names of their layers; a layer's second output is numbered. */
export function outputEnds({ graph, outputs, widths }: NetworkPlan): OutputEnd[] {
  const taken = new Set<string>();
  return graph.outputs.map((node, index) => {
    const layer = graph.names[graph.nodes[node].layer];
    let name = layer;
    // A number that makes no other layer's name.
    for (let number = 1; taken.has(name); number++) name = nextFree(`${layer}_${number}`, graph.names);
    taken.add(name);
    return { name, width: widths[outputs[index]] };
  });
}

/** Rows that a diagnosis looks at, at most. */
const MOST_DIAGNOSED = 1024;

/**
 * A multilayer perceptron on an engine. Made by `sequential`, `model`, `engine.sequential`, `engine.model` or `loadModel`. With one input
 * its rows are given as they are, with several as a list or an object by the inputs' names; the same with targets and predictions.
 */
export class Model<O extends Float32Array | Float32Array[] = Float32Array> {
  /** Set to true by a callback to end `fit` after the batch at hand, or at an epoch's end after that epoch. */
  stopTraining = false;
  private readonly plan: NetworkPlan;
  private readonly ends: readonly OutputEnd[];
  private readonly inputEnds: readonly { readonly name: string; readonly width: number }[];
  private readonly layout: ParameterLayout;
  private readonly regions: RegionGroup;
  private readonly weights: number;
  private readonly predictor: Predictor;
  private trainer: Trainer | undefined;
  private readonly progress = { epochCount: 0 };
  private fitting = false;
  private readonly gate = { running: false };
  private live = true;

  /** For the library's own use: users call `sequential` or `model`. */
  constructor(
    private readonly machine: Machine,
    private readonly blueprint: Blueprint,
    where: string,
    private readonly onDispose: (model: Model<O>) => void,
    initialize = true,
  ) {
    const { graph, seed } = blueprint;
    this.plan = planNetwork(where, graph);
    this.ends = outputEnds(this.plan);
    this.inputEnds = graph.inputs.map((node, index) => ({
      name: graph.names[graph.nodes[node].layer],
      width: this.plan.widths[this.plan.inputs[index]],
    }));
    this.layout = new ParameterLayout(machine, this.plan);
    this.regions = new RegionGroup(machine.arena);
    this.weights = this.layout.allocate(this.regions, 'all');
    try {
      if (initialize) this.layout.initialize(this.weights, seed);
      this.predictor = new Predictor(machine, this.plan, this.weights);
    } catch (error) {
      this.regions.free();
      throw error;
    }
  }

  /** What initialization, shuffles and masks are drawn from. */
  get seed(): number {
    return this.blueprint.seed;
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
   * Learning rate of the next update. It can be set where the optimizer has no schedule.
   * @throws StateError before `compile`, or when it is set beside a schedule; ValueError for anything but a number ≥ 0.
   */
  get learningRate(): number {
    return this.requireTrainer('learningRate').learningRate;
  }

  /** Sets the learning rate of the updates to come. */
  set learningRate(rate: number) {
    this.requireTrainer('learningRate').setLearningRate('learningRate', nonNegative('learningRate: rate', rate));
  }

  /**
   * Settles how the model is trained and what is reported. Compiling again starts the optimizer afresh; weights stay.
   * @throws ValueError for an unknown name or option; ShapeError where there is not one for each output; StateError during `fit`.
   */
  compile(options: CompileOptions): void {
    this.requireIdle('compile');
    const compiled = readCompileOptions(options, this.ends);
    const { machine, plan, layout, weights, seed, gate } = this;
    // The new one first: where there is no room for it, the old one goes on.
    const trainer = new Trainer({ machine, plan, layout, weights, seed, gate }, compiled);
    this.trainer?.free();
    this.trainer = trainer;
  }

  /**
   * Trains for `epochs` epochs and returns loss and metrics of each. x (n, inputs); y (n, outputs), or n class indices for the sparse
   * loss. Yields to the event loop every few milliseconds.
   * @throws ShapeError, ValueError for data or options that do not fit; StateError before `compile` or after `dispose`; the signal's
   * reason when aborted; whatever a callback throws. The weights are then those of the last finished step.
   */
  fit(x: Inputs, y: Targets, options?: FitOptions): Promise<History>;
  /**
   * Trains on batches of a source, each [x, y] or [x, y, sampleWeight]: an (async) iterable, or a function that returns one for each epoch.
   * @throws as above; ValueError for a source that has no batches left.
   */
  fit(source: BatchSource, options?: FitOptions): Promise<History>;
  async fit(x: Inputs | BatchSource, y?: Targets | FitOptions, options?: FitOptions): Promise<History> {
    this.requireIdle('fit');
    const trainer = this.requireTrainer('fit');
    const fromSource = isBatchSource(x);
    const given = fromSource ? (y as FitOptions | undefined) : options;
    const read = readFitOptions(given);
    if (fromSource) refuseRowOptions(given, options);
    else refuseSourceOptions(x, y, given);
    read.signal?.throwIfAborted();
    const datasets: Dataset[] = [];
    const load = (where: string, data: DataGiven, names?: readonly [string, string]): Dataset => {
      const loaded = this.dataset(where, data, trainer, names);
      datasets.push(loaded);
      return loaded;
    };
    this.fitting = true;
    try {
      let feed: Feed;
      let validation: Dataset | undefined;
      if (read.validationData) {
        const [vx, vy, sampleWeight] = read.validationData;
        validation = load('fit', { x: vx, y: vy, sampleWeight }, ['validationData[0]', 'validationData[1]']);
      }
      if (fromSource) {
        const { batchesPerEpoch, classWeight, signal } = read;
        const proceed = (): void => {
          this.requireLive('fit');
          signal?.throwIfAborted();
        };
        feed = new SourceFeed(this.machine, trainer, x, this.shapeFor(trainer), {
          batchesPerEpoch,
          classWeight,
          proceed,
        });
      } else {
        const { sampleWeight, classWeight } = read;
        const data = load('fit', { x, y, sampleWeight, classWeight });
        const parts = splitData(data, read.validationSplit, validation);
        validation = parts.validation;
        feed = residentFeed(this.machine, trainer, data, parts.rows, { ...read, seed: this.seed });
      }
      const subject = {
        trainer,
        model: this,
        progress: this.progress,
        requireLive: (where: string) => this.requireLive(where),
      };
      try {
        return await fit(subject, feed, validation, read);
      } finally {
        feed.free();
      }
    } finally {
      this.fitting = false;
      for (const data of datasets) data.free();
    }
  }

  /**
   * Loss and metrics on n rows. Uses the current weights; changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile` or after `dispose`.
   */
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Logs {
    const trainer = this.requireTrainer('evaluate');
    const { batchSize, sampleWeight } = readOptions<{ batchSize: number; sampleWeight: unknown }>('evaluate', options, {
      batchSize: BATCH_SIZE,
      sampleWeight: { check: later, or: undefined },
    });
    const data = this.dataset('evaluate', { x, y, sampleWeight: sampleWeight as ArrayLike<number> }, trainer);
    try {
      return trainer.evaluate(data, Math.min(batchSize, data.rows));
    } finally {
      data.free();
    }
  }

  /**
   * Outputs for n rows: a Float32Array (n, outputs), row-major; of a model with several outputs a list of them. A row gives the same bits
   * alone and in any batch.
   * @throws ShapeError, ValueError for rows that do not fit; StateError after `dispose`.
   */
  predict(x: Inputs, options?: BatchOptions): O {
    this.requireLive('predict');
    const { batchSize } = readOptions<Required<BatchOptions>>('predict', options, { batchSize: BATCH_SIZE });
    const ends = perEnd('predict', 'x', x, this.inputEnds);
    const sources = ends.map(({ what, value }, index) =>
      rowSource('predict', what, value, this.inputEnds[index].width),
    );
    const { rows } = sources[0];
    const xs = sources.map((source, index) => {
      if (source.rows !== rows) {
        throw new ShapeError(
          `predict: ${ends[index].what} expected ${rows} rows as in ${ends[0].what}, got ${source.rows}.`,
        );
      }
      const { value } = ends[index];
      if (value instanceof Float32Array) return value;
      const flat = new Float32Array(rows * source.width);
      source.write(flat, 0);
      return flat;
    });
    const outs = this.ends.map(({ width }) => new Float32Array(rows * width));
    this.running(() => this.predictor.predict('predict', xs, outs, rows, batchSize));
    return (outs.length === 1 ? outs[0] : outs) as O;
  }

  /**
   * `predict` into an array of the caller's, (n, outputs), or of a model with several outputs into a list of them; returns it. After the first call with
   * as many rows it allocates nothing.
   * @throws ShapeError where lengths do not fit; ValueError for other kinds of arrays, NaN or infinity; StateError after `dispose`.
   */
  predictInto(x: Float32Array | readonly Float32Array[], out: O): O {
    if (!this.live || this.gate.running) this.requireLive('predictInto');
    const { inputEnds, ends } = this;
    if (inputEnds.length === 1 && ends.length === 1) {
      const rows = this.requireFlat('x', x, inputEnds[0].width, undefined);
      this.requireFlat('out', out, ends[0].width, rows);
      this.gate.running = true;
      try {
        this.predictor.predictOne('predictInto', x as Float32Array, out as Float32Array, rows, rows);
      } finally {
        this.gate.running = false;
      }
      return out;
    }
    return this.predictIntoLists(x, out);
  }

  /** Apart from `predictInto`, for which the closures in here would mean an object in each call. */
  private predictIntoLists(x: Float32Array | readonly Float32Array[], out: O): O {
    const { inputEnds, ends } = this;
    const listed = (what: string, value: unknown, count: number): readonly Float32Array[] => {
      const list: readonly unknown[] = count === 1 ? [value] : (value as readonly unknown[]);
      if (!Array.isArray(list) || list.length !== count) {
        throw new ShapeError(`predictInto: ${what} expected a list of ${count}, got ${describe(value)}.`);
      }
      return list as Float32Array[];
    };
    const xs = listed('x', x, inputEnds.length);
    const outs = listed('out', out, ends.length);
    const rows = this.requireFlat('x[0]', xs[0], inputEnds[0].width, undefined);
    xs.forEach((one, index) => this.requireFlat(`x[${index}]`, one, inputEnds[index].width, rows));
    outs.forEach((one, index) => this.requireFlat(`out[${index}]`, one, ends[index].width, rows));
    this.running(() => this.predictor.predict('predictInto', xs, outs, rows, rows));
    return out;
  }

  /**
   * One update on one batch. Returns loss and metrics from before it.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after `dispose`.
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
   * What an update on this batch would be given, in the order and shapes of `getWeights` without what is not learned: gradients of the mean
   * loss, with the layers' penalties, clipped where the optimizer clips, masks and noise those of the next update. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after `dispose`.
   */
  gradients(x: Inputs, y: Targets, options?: StepOptions): NamedTensor[] {
    this.requireIdle('gradients');
    const trainer = this.requireTrainer('gradients');
    const data = this.dataset('gradients', { x, y, ...readStepOptions('gradients', options) }, trainer);
    try {
      return this.running(() => trainer.gradientsOn(data));
    } finally {
      data.free();
    }
  }

  /**
   * Measures the faults that networks are known for on these rows, the first 1,024 of them at most: vanishing and exploding gradients, saturated
   * activations, dead units, zigzag, updates too large or too small, and the first NaN or infinity; with a sentence of advice for each
   * that it finds. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after `dispose`.
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
      return this.running(() => diagnose(trainer, rows, false, ({ feeder }) => feeder.take(data, 0, rows)));
    } finally {
      data.free();
    }
  }

  /**
   * Takes mean and variance for the `normalization` layers that stand directly on an input from its rows, in float64.
   * @throws ShapeError, ValueError for rows that do not fit; StateError for a model without such a layer, during `fit` or after `dispose`.
   */
  adapt(x: Inputs): void {
    this.requireIdle('adapt');
    const { plan, inputEnds } = this;
    const nodes = plan.nodes.filter(
      ({ operation, inputs }) => operation.kind === 'normalization' && plan.inputs.includes(inputs[0]),
    );
    if (nodes.length === 0) {
      throw new StateError('adapt: a model with a normalization layer on an input expected, got one without.');
    }
    const moments = perEnd('adapt', 'x', x, inputEnds).map(({ what, value }, index) => {
      const source = rowSource('adapt', what, value, inputEnds[index].width);
      if (source.rows === 0) throw new ShapeError(`adapt: ${what} expected at least one row, got none.`);
      return float32Moments('adapt', columnMoments('adapt', source));
    });
    for (const { inputs, parameters } of nodes) {
      const { mean, variance } = moments[plan.inputs.indexOf(inputs[0])];
      this.layout.writeOne(this.weights, plan.parameters[parameters[0]], mean);
      this.layout.writeOne(this.weights, plan.parameters[parameters[1]], variance);
    }
  }

  /**
   * Copies of all weights: weight (units, inputs), bias (units), and what else a layer learns or keeps, such as running statistics. Named as in the
   * equivalent PyTorch nn.Sequential; in a graph the names start with the layer's.
   */
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
    this.layout.write(this.weights, readTensors('setWeights', this.plan.parameters, tensors));
  }

  /**
   * What the model holds of its engine's linear memory. It grows with the first batch of a larger size and with nothing else.
   * @throws StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 4, inputShape: [8] })] });
   * network.memory().weights; // 192
   */
  memory(): ModelMemory {
    this.requireLive('memory');
    const none = { gradients: 0, moments: 0, training: 0, evaluation: 0 };
    const parts = {
      weights: 4 * this.plan.parameterFloats,
      ...(this.trainer?.bytes ?? none),
      prediction: this.predictor.bytes,
    };
    return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
  }

  /** A table of layers, output shapes and parameter counts. */
  summary(): string {
    this.requireLive('summary');
    return summarize(this.plan, this.trainer?.compiled.optimizer.kind);
  }

  /** The architecture as plain data. */
  toJSON(): Architecture {
    return architectureOf(this.blueprint);
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
    this.requireStill('dispose');
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

  /**
   * For `engine.warmUp`: a function that predicts so many rows of zeros, or nothing where the model is disposed or busy by then.
   * @internal
   */
  rehearsal(rows: number): () => void {
    const xs = this.inputEnds.map(({ width }) => new Float32Array(rows * width));
    const outs = this.ends.map(({ width }) => new Float32Array(rows * width));
    return () => {
      if (this.live && !this.gate.running) {
        this.running(() => this.predictor.predict('warmUp', xs, outs, rows, rows));
      }
    };
  }

  private shapeFor(trainer: Trainer): DataShape {
    const { objective } = trainer.compiled;
    return {
      inputs: this.inputEnds,
      outputs: this.ends.map((end, index) => ({ ...end, loss: objective[index].loss })),
    };
  }

  private dataset(where: string, given: DataGiven, trainer: Trainer, names?: readonly [string, string]): Dataset {
    return loadDataset(this.machine, where, given, this.shapeFor(trainer), names);
  }

  /** The number of rows in a flat array, which has to be `rows` where that is known. */
  private requireFlat(what: string, value: unknown, width: number, rows: number | undefined): number {
    if (!(value instanceof Float32Array)) {
      throw new ValueError(`predictInto: ${what} expected a Float32Array, got ${describe(value)}.`);
    }
    if (rows === undefined) {
      const count = value.length / width;
      if (!Number.isInteger(count)) rowSource('predictInto', what, value, width);
      return count;
    }
    if (value.length !== rows * width) {
      throw new ShapeError(
        `predictInto: ${what} expected ${rows * width} values for ${rows} rows, got ${value.length}.`,
      );
    }
    return rows;
  }

  private requireLive(where: string): void {
    this.requireStill(where);
    if (!this.live) throw new StateError(`${where}: a live model expected, got one that was disposed.`);
    this.machine.requireLive(where);
  }

  /** Runs what calls functions of the user's own, which must not change the model meanwhile. */
  private running<T>(run: () => T): T {
    this.gate.running = true;
    try {
      return run();
    } finally {
      this.gate.running = false;
    }
  }

  /** Throws inside of a step, where a function of the user's own would change what the step stands on. */
  private requireStill(where: string): void {
    if (this.gate.running) {
      throw new StateError(
        `${where}: a model at rest expected, got one in the middle of a step that called this function.`,
      );
    }
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
