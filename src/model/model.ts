import { StateError, UnsupportedError } from '../common/errors.js';
import { flag, nonNegative, readOptions, unchecked } from '../common/options.js';
import { INSPECT } from '../common/symbols.js';
import type { Inputs, RowNumbers } from '../common/rows.js';
import type { NamedTensor } from '../common/tensors.js';
import { warn } from '../common/warn.js';
import { owesTurn } from '../runtime/holding.js';
import { whyNotPosted } from '../runtime/threads/host.js';
import { useSharedFreeList } from '../runtime/threads/shared-free-list.js';
import { SEQLOCK_WORDS, SeqlockWriter } from '../runtime/threads/seqlock.js';
import { ownWeights } from '../graph/plan.js';
import type { SymbolicTensor, WeightOwner } from '../layers/layer.js';
import { EventLoopYielder } from '../runtime/event-loop.js';
import { checkCompiled } from '../training/compile-checks.js';
import { readCompileOptions, type CompileOptions } from '../training/compiled.js';
import {
  acceptData,
  copyData,
  loadData,
  openData,
  type CopiedData,
  type DataSources,
} from '../training/data/dataset.js';
import type { DataGiven, Dataset, DataShape, Targets } from '../training/data/shape.js';
import {
  isBatchSource,
  isSourced,
  residentFeed,
  IterableBatches,
  type BatchSource,
  type BatchIterator,
  type FitData,
} from '../training/data/batches.js';
import { diagnose } from '../training/diagnosis/diagnose.js';
import type { Diagnosis } from '../training/diagnosis/diagnosis.js';
import {
  readFitOptions,
  refuseRowOptions,
  refuseSourceOptions,
  type FitOptions,
  type ReadFitOptions,
} from '../training/fit-options.js';
import { fit, requireBatchStatistics, splitData, type History } from '../training/fit.js';
import type { Logs } from '../training/execution-context.js';
import type { TrainingPlace } from '../training/state.js';
import { Trainer } from '../training/trainer.js';
import { momentsFor } from './adapt.js';
import { architectureOf, type Architecture } from '../graph/architecture.js';
import type { ModelHandle } from '../inference/attach.js';
import { encodeModel, type RestoredState, type SaveOptions } from './checkpoint.js';
import { BATCH_SIZE, InferenceModel, type Site } from '../inference/inference-model.js';
import { initializeParameters } from './initialize.js';
import { readStepOptions, type EvaluateOptions, type ModelMemory, type StepOptions } from './model-options.js';
import { RemoteFit } from '../remote/remote-fit.js';
import { summarize } from './summary.js';
import { readTensors, type TensorLike } from '../graph/named-weights.js';

/** What a model is made on. */
export interface ModelSite extends Site {
  /** What workers are loaded from where not from the library's own text. */
  readonly workerUrl?: URL | undefined;
}

/** Who looks on. */
interface FitObserver {
  /** All data is accepted, and training is about to begin. */
  accepted(): Promise<void>;
  /** After each step. */
  afterStep(): void;
  /** Told what messages call the batch of a source that is asked for next. */
  announce(place: string): void;
}

/** The result of a call that is over, once what was dropped before it could be freed. */
async function settled<T>(result: T): Promise<T> {
  if (owesTurn()) await new EventLoopYielder().yield();
  return result;
}

/** Rows that a diagnosis looks at, at most. */
const MOST_DIAGNOSED = 1024;

/**
 * A multilayer perceptron on an engine. Made by `sequential`, `model`, `engine.sequential`, `engine.model` or
 * `loadModel`. With one input its rows are given as they are, with several as a list or an object by the inputs' names;
 * the same with targets and predictions.
 */
export class Model<O extends Float32Array | Float32Array[] = Float32Array> extends InferenceModel<O> {
  private trainer: Trainer | undefined;
  private readonly progress = { epochCount: 0 };
  private fitting = false;
  private stopping = false;
  /** What `compile` has warned of. */
  private readonly warned = new Set<string>();
  /** The training in a worker, while there is one. */
  private remote: RemoteFit | undefined;
  private readonly workerUrl: URL | undefined;
  private readonly onShare: ModelSite['onShare'];
  /** Of the words that tell other threads of changes, once the model is shared. */
  private words: number | undefined;

  /** For the library's own use: users call `sequential` or `model`. */
  constructor(site: ModelSite, initialize = true) {
    super(site);
    this.workerUrl = site.workerUrl;
    this.onShare = site.onShare;
    const { runtime, plan, layout, weights } = this;
    try {
      if (initialize) initializeParameters(runtime, plan, layout, weights, this.seed);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** What initialization, shuffles and masks are drawn from. */
  get seed(): number {
    return this.blueprint.seed;
  }

  /** Updates made since `compile`. */
  get stepCount(): number {
    this.refresh?.();
    return this.trainer?.stepCount ?? 0;
  }

  /** Epochs finished since the model was made; decides the next shuffle. */
  get epochCount(): number {
    this.refresh?.();
    return this.progress.epochCount;
  }

  /** Set to true by a callback to end `fit` after the batch at hand, or at an epoch's end after that epoch. */
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
   * @throws StateError before `compile`, or when it is set beside a schedule; ValueError for anything but a number ≥ 0.
   */
  get learningRate(): number {
    const trainer = this.requireTrainer('learningRate');
    this.refresh?.();
    return trainer.learningRate;
  }

  /** Sets the learning rate of the updates to come. */
  set learningRate(rate: number) {
    const trainer = this.requireTrainer('learningRate');
    this.refresh?.();
    const learningRate = nonNegative('learningRate: rate', rate);
    trainer.setLearningRate('learningRate', learningRate);
    this.remote?.edit({ learningRate });
  }

  /**
   * Settles how the model is trained and what is reported. Compiling again starts the optimizer afresh; weights stay.
   * @throws ValueError for an unknown name or option, and for a loss that does not fit its output (see `checks`);
   * ShapeError where there is not one for each output; StateError during `fit`.
   */
  compile(options: CompileOptions): void {
    this.requireIdle('compile');
    const compiled = readCompileOptions(options, this.outputSpecs);
    const { runtime, plan, layout, weights, seed, gate, warned } = this;
    checkCompiled(compiled, plan, this.outputSpecs, compiled.checks, (message) => {
      if (warned.has(message)) return;
      warned.add(message);
      warn(`wasm-mlp: ${message}`);
    });
    // The new one first: where there is no room for it, the old one goes on.
    const trainer = new Trainer({ runtime, plan, layout, weights, seed, gate }, compiled);
    this.trainer?.free();
    this.trainer = trainer;
  }

  /**
   * Trains for `epochs` epochs and returns loss and metrics of each. x (n, inputs); y (n, outputs), or n class indices
   * for the sparse loss. Yields to the event loop every few milliseconds.
   * @throws ShapeError, ValueError for data or options that do not fit, among them batches of one row for
   * `batchNormalization`; StateError before `compile` or after `dispose`; the signal's reason when aborted; whatever a
   * callback throws. The weights are then those of the last finished step.
   */
  fit(x: Inputs, y: Targets, options?: FitOptions): Promise<History>;
  /**
   * Trains on batches of a source, each [x, y] or [x, y, sampleWeight]: an (async) iterable, or a function that returns
   * one for each epoch.
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
    const shape = this.shapeFor(trainer);
    let validation: DataSources | undefined;
    if (read.validationData) {
      const [vx, vy, sampleWeight] = read.validationData;
      validation = openData('fit', { x: vx, y: vy, sampleWeight }, shape, ['validationData[0]', 'validationData[1]']);
    }
    const { sampleWeight, classWeight } = read;
    const train = fromSource ? { source: x } : openData('fit', { x, y, sampleWeight, classWeight }, shape);
    if (!isSourced(train)) requireBatchStatistics(this.plan, train.rows, read);
    this.requireUnchanged('fit', trainer);
    if (read.runIn === 'main') return settled(await this.train({ train, validation }, read));
    const { runtime, workerUrl } = this;
    const { threads = 1, live = false } = runtime.pool ?? {};
    const subject = {
      ...this.subject(trainer),
      runtime,
      architecture: this.toJSON(),
      shape,
      threads: live ? threads : 1,
      workerUrl,
    };
    const remote = new RemoteFit(subject, { train, validation }, read);
    this.fitting = true;
    this.remote = remote;
    this.refresh = () => remote.pull();
    try {
      return await remote.run();
    } finally {
      this.fitting = false;
      this.remote = this.refresh = undefined;
    }
  }

  /**
   * The training of `fit` on this thread.
   * @internal
   */
  async train(given: FitData, read: ReadFitOptions, watch?: FitObserver): Promise<History> {
    const trainer = this.requireTrainer('fit');
    const shape = this.shapeFor(trainer);
    const held: { free(): void }[] = [];
    const copy = (sources: DataSources): CopiedData => {
      const copied = copyData(this.runtime, 'fit', sources);
      held.push(copied.regions);
      return copied;
    };
    const accept = (copied: CopiedData): Dataset => acceptData(this.runtime, 'fit', copied, shape);
    this.fitting = true;
    // What was lost while nothing ran is no failure of this call.
    this.runtime.pool?.takeFailure();
    try {
      let batches: BatchIterator;
      const copiedValidation = given.validation && copy(given.validation);
      const copiedTrain = isSourced(given.train) ? undefined : copy(given.train);
      let validation = copiedValidation && accept(copiedValidation);
      const data = copiedTrain && accept(copiedTrain);
      // Reading data may run code of the caller's, which may have disposed the model.
      this.requireLive('fit');
      if (isSourced(given.train)) {
        const { batchesPerEpoch, classWeight, signal } = read;
        const proceed = (): void => {
          this.requireRunning('fit');
          signal?.throwIfAborted();
        };
        batches = new IterableBatches(this.runtime, trainer, given.train.source, shape, {
          batchesPerEpoch,
          classWeight,
          proceed,
          announce: watch && ((place) => watch.announce(place)),
        });
      } else {
        const parts = splitData(data!, read.validationSplit, validation);
        validation = parts.validation;
        batches = residentFeed(this.runtime, trainer, data!, parts.rows, { ...read, seed: this.seed });
      }
      try {
        // Not a turn is given away without: what is set right after `fit` was called comes after its beginning.
        if (watch !== undefined) await watch.accepted();
        return await fit(this.subject(trainer, watch), batches, validation, read);
      } finally {
        batches.free();
      }
    } finally {
      this.fitting = false;
      for (const one of held) one.free();
    }
  }

  /**
   * Loss and metrics on n rows. Uses the current weights; changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile` or after `dispose`.
   */
  evaluate(x: Inputs, y: Targets, options?: EvaluateOptions): Logs {
    const trainer = this.requireTrainer('evaluate');
    this.refresh?.();
    const { batchSize, sampleWeight } = readOptions<{ batchSize: number; sampleWeight: unknown }>('evaluate', options, {
      batchSize: BATCH_SIZE,
      sampleWeight: { check: unchecked, or: undefined },
    });
    const data = this.dataset('evaluate', { x, y, sampleWeight: sampleWeight as RowNumbers }, trainer);
    try {
      return trainer.evaluate(data, Math.min(batchSize, data.rows));
    } finally {
      data.free();
    }
  }

  /**
   * One update on one batch. Returns loss and metrics from before it. A batch of one row is normalized by the running
   * statistics where `batchNormalization` would take those of the batch, and does not move them.
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
   * What an update on this batch would be given, in the order and shapes of `getWeights` without what is not learned:
   * gradients of the mean loss, with the layers' penalties, clipped where the optimizer clips, masks and noise those of
   * the next update. Changes nothing.
   * @throws ShapeError, ValueError for data that does not fit; StateError before `compile`, during `fit` or after
   * `dispose`.
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
   * Measures the faults that networks are known for on these rows, the first 1,024 of them at most: vanishing and
   * exploding gradients, saturated activations, dead units, zigzag, updates too large or too small, a gradient of 0
   * everywhere, a cross-entropy below 0, outputs that do not depend on the inputs, a classifier that knows no more than
   * how often classes occur, batches of one row under batch normalization, and the first NaN or infinity; with a
   * sentence of advice for each that it finds. Changes nothing.
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
      return this.running(() => diagnose(trainer, rows, false, ({ loader }) => loader.take(data, 0, rows)));
    } finally {
      data.free();
    }
  }

  /**
   * Takes mean and variance for the `normalization` layers that stand directly on an input from its rows, in float64.
   * @throws ShapeError, ValueError for rows that do not fit; StateError for a model without such a layer, during `fit`
   * or after `dispose`.
   */
  adapt(x: Inputs): void {
    this.requireIdle('adapt');
    const moments = momentsFor(this.plan, this.inputSpecs, x);
    this.requireIdle('adapt');
    this.changing(() => {
      for (const { parameter, values } of moments) this.layout.writeOne(this.weights, parameter, values);
    });
  }

  /**
   * Copies of all weights: weight (units, inputs), bias (units), and what else a layer learns or keeps, such as running
   * statistics. Named as in the equivalent PyTorch nn.Sequential; in a graph the names start with the layer's.
   */
  getWeights(): NamedTensor[] {
    this.requireLive('getWeights');
    this.refresh?.();
    return this.layout.read(this.weights);
  }

  /**
   * Replaces all weights; takes what `getWeights` gives, names optional. The optimizer's state stays.
   * @throws ShapeError, ValueError, with nothing changed.
   */
  setWeights(tensors: readonly TensorLike[]): void {
    this.requireLive('setWeights');
    const values = readTensors('setWeights', this.plan.parameters, tensors);
    // Reading them may run code of the caller's.
    this.requireLive('setWeights');
    this.refresh?.();
    this.changing(() => this.layout.write(this.weights, values));
    const { remote, runtime, weights, plan } = this;
    remote?.edit({ weights: runtime.memory.copy(weights, plan.parameterFloats) });
  }

  /**
   * What the model holds of its engine's linear memory. It grows with the first batch of a larger size and with nothing
   * else.
   * @throws StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 4, inputShape: [8] })] });
   * network.memory().weights; // 192
   */
  memory(): ModelMemory {
    this.requireLive('memory');
    const none = { gradients: 0, optimizerState: 0, training: 0, evaluation: 0 };
    const parts = {
      weights: 4 * this.plan.parameterFloats,
      ...(this.trainer?.bytes ?? none),
      prediction: this.predictor.bytes,
    };
    return { ...parts, total: Object.values(parts).reduce((sum, bytes) => sum + bytes, 0) };
  }

  /**
   * A handle to be posted to other threads, which predict there by `attachModel`, from the same weights and without a
   * copy. They see each change of the weights as a whole. They may attach for as long as this model lives.
   * @throws UnsupportedError where memory cannot be shared with workers; StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
   * const attached = attachModel(network.share());
   * attached.predict([[1, 2]])[0] === network.predict([[1, 2]])[0]; // true
   */
  share(): ModelHandle {
    this.requireLive('share');
    const alone = whyNotPosted();
    if (alone !== undefined) throw new UnsupportedError(`share: ${alone}`);
    const { runtime, gate, weights } = this;
    if (runtime.memory.take === undefined) useSharedFreeList(runtime.memory);
    if (this.words === undefined) {
      // Never freed, but used again: who is still attached to a model that is gone looks there.
      let words = runtime.retiredWords.pop();
      if (words === undefined) {
        words = runtime.root.allocate(4 * SEQLOCK_WORDS);
        runtime.memory.words(words, SEQLOCK_WORDS).fill(0);
      }
      this.words = words;
      gate.version = new SeqlockWriter(runtime.memory.words(words, SEQLOCK_WORDS));
      this.onShare?.(this);
    }
    const { words } = this;
    const { generation } = gate.version!;
    return { kind: 'wasm-mlp model', ...runtime.handle, architecture: this.toJSON(), weights, words, generation };
  }

  /** A table of layers, output shapes and parameter counts. */
  summary(): string {
    this.requireLive('summary');
    return summarize(this.plan, this.trainer?.compiled.optimizer.kind);
  }

  /** For consoles, which would show all that it is made of. @internal */
  override [INSPECT](): string {
    const table = summarize(this.plan, this.trainer?.compiled.optimizer.kind);
    return `Model${this.isLive ? '' : ' (disposed)'}\n${table}`;
  }

  /** The architecture as plain data. */
  toJSON(): Architecture {
    return architectureOf(this.blueprint);
  }

  /**
   * The model as one safetensors file: weights under their names, and with `includeOptimizer` (default true) the
   * optimizer's state, so that training goes on after `loadModel` as if it had not stopped. Weights that have become
   * NaN or infinite are saved too; `loadModel` refuses them.
   */
  save(options?: SaveOptions): Uint8Array {
    this.requireLive('save');
    this.remote?.pullAll();
    return encodeModel(options, {
      architecture: this.toJSON(),
      epochCount: this.progress.epochCount,
      // Not by getWeights, which could bring newer ones than the moments.
      weights: this.layout.read(this.weights),
      trainer: this.trainer,
    });
  }

  /**
   * For `loadModel`: takes a state that was checked against this model's plan.
   * @internal
   */
  restore({ epochCount, weights, training }: RestoredState): void {
    this.changing(() => this.layout.write(this.weights, weights));
    this.progress.epochCount = epochCount;
    if (training === undefined) return;
    // What a file holds was compiled: it is taken as it is.
    this.compile({ ...training.options, checks: 'off' });
    this.requireTrainer('loadModel').restore(training, training.values);
  }

  /**
   * Notes that this model has weights for what it was built from.
   * @internal
   */
  own(tensors: readonly SymbolicTensor[], owner: WeightOwner): void {
    ownWeights(this.plan, tensors, owner);
  }

  /**
   * What a worker hands states between.
   * @internal
   */
  get training(): TrainingPlace {
    return { runtime: this.runtime, trainer: this.requireTrainer('fit'), progress: this.progress };
  }

  /**
   * Replaces all weights by the flat vector of a model that is the same.
   * @internal
   */
  writeFlat(values: Float32Array): void {
    this.changing(() => this.runtime.memory.f32.set(values, this.weights / 4));
  }

  protected override release(): void {
    this.remote?.cancel(new StateError('fit: a live model expected, got one that was disposed.'));
    this.remote = this.refresh = undefined;
    this.gate.version?.retire();
    if (this.words !== undefined) this.runtime.retiredWords.push(this.words);
    this.trainer?.free();
  }

  /** What `fit` works on. */
  private subject(trainer: Trainer, watch?: FitObserver) {
    return {
      trainer,
      model: this,
      progress: this.progress,
      requireLive: (where: string): void => {
        this.requireRunning(where);
        watch?.afterStep();
      },
    };
  }

  /** Changes weights, which other threads may be predicting from. */
  private changing(change: () => void): void {
    const { version } = this.gate;
    version?.begin();
    try {
      change();
    } finally {
      version?.end();
    }
  }

  private shapeFor(trainer: Trainer): DataShape {
    const { objective } = trainer.compiled;
    return {
      inputs: this.inputSpecs,
      outputs: this.outputSpecs.map((end, index) => ({ ...end, loss: objective[index].loss })),
    };
  }

  private dataset(where: string, given: DataGiven, trainer: Trainer): Dataset {
    const shape = this.shapeFor(trainer);
    const data = loadData(this.runtime, where, openData(where, given, shape), shape);
    try {
      this.requireUnchanged(where, trainer);
    } catch (error) {
      data.free();
      throw error;
    }
    return data;
  }

  /**
   * After data was read, which may have run code of the caller's: throws where that disposed or compiled the model, or
   * began to train it.
   */
  private requireUnchanged(where: string, trainer: Trainer): void {
    if (where === 'evaluate') this.requireLive(where);
    else this.requireIdle(where);
    if (this.trainer === trainer) return;
    throw new StateError(
      `${where}: a model that stays as it is expected while its data is read, got one compiled anew.`,
    );
  }

  /** In the middle of a call that gives the thread away. */
  private requireRunning(where: string): void {
    this.requireLive(where);
    this.runtime.requireThreads();
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
