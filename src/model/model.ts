/**
 * `Model`: what users hold of a network. This class adds weights, files, sharing and summaries to training
 * (trainable-model.ts) and prediction (inference/inference-model.ts).
 */
import { ownOf } from '../common/objects.js';
import { ADOPT, CONTENT, INSPECT } from '../common/symbols.js';
import type { Inputs } from '../common/rows.js';
import type { NamedTensor } from '../common/tensors.js';
import { architectureOf, type Architecture } from '../graph/architecture.js';
import { readTensors, type TensorLike } from '../graph/named-weights.js';
import type { PlannedParameter } from '../graph/plan.js';
import { blocksOf } from '../graph/shared-weights.js';
import { joinBlocks, leaveBlocks, requireAlone } from '../graph/sharers.js';
import type { ModelHandle } from '../inference/attach.js';
import type { LayerWeights, SymbolicTensor } from '../layers/layer.js';
import { momentsFor } from './adapt.js';
import { averagesByName } from './averages.js';
import { applyModel, ownTensors, type Applied, type ApplyOptions } from './apply.js';
import { encodeModel, type RestoredState, type SaveOptions } from './checkpoint.js';
import { flatWeights, readWeights, writeFlatWeights, writeWeights } from './weights.js';
import { predictBetween, type PredictOptions } from './hooks.js';
import { initializeParameters } from './initialize.js';
import { findWeights, type LoadedWeights, type LoadWeightsOptions } from './load-weights.js';
import type { ModelContent } from './model-content.js';
import { requireFloats, toQuantize, type ToQuantize } from './int8.js';
import { findLayer, layersOf, type LayerOwner, type ModelLayer } from './model-layer.js';
import { memoryOf } from './memory.js';
import type { ModelMemory, TrainableSetup } from './model-options.js';
import { SharedWeights } from './sharing.js';
import { summarize } from './summary.js';
import { TrainableModel } from './trainable-model.js';

/**
 * A multilayer perceptron on an engine. Made by `sequential`, `model`, `engine.sequential`, `engine.model` or
 * `loadModel`. Rows of a single input are given directly; those of several inputs as a list, or as an object by the
 * names of the inputs. The same holds for targets. Predictions of several outputs are a list.
 * @category Models
 */
export class Model<O extends Float32Array | Float32Array[] = Float32Array> extends TrainableModel<O> {
  private readonly onShare: TrainableSetup['onShare'];
  private readonly alike: TrainableSetup['alike'];
  private readonly shared: SharedWeights;
  /** By layer: its weights, if it has any, for models that share them. */
  private readonly layerWeights: readonly (LayerWeights | undefined)[] = [];
  /** The symbolic tensor of each node, if the model was built from such, or once they are asked for. */
  private tensors: readonly SymbolicTensor[] | undefined;
  /** The layers, once they are asked for. */
  private held: readonly ModelLayer[] | undefined;

  /** For the library's own use: users call `sequential` or `model`. */
  constructor(setup: TrainableSetup) {
    super(setup);
    this.onShare = ownOf(setup, 'onShare');
    this.alike = ownOf(setup, 'alike');
    this.shared = new SharedWeights(this.state);
    const placed = ownOf(setup, 'placed');
    if (placed !== undefined) {
      this.layerWeights = placed.layers;
      joinBlocks(this.state, blocksOf(placed));
    }
    try {
      initializeParameters(this.state, ownOf(setup, 'initialized') ?? []);
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** The layers in order; those of a graph include its inputs. */
  get layers(): readonly ModelLayer[] {
    return (this.held ??= layersOf(this.owner()));
  }

  /**
   * Returns the layer of a name or of an index in `layers`.
   * @throws ValueError, which lists the names, if there is none.
   * @example
   * const network = await sequential({ layers: [dense({ units: 2, inputShape: [4], name: 'features' })] });
   * network.getLayer('features').getWeights().length; // 2
   */
  getLayer(name: string | number): ModelLayer {
    return findLayer(this.layers, name);
  }

  /** Whether training changes the weights of any layer. */
  get trainable(): boolean {
    return this.layers.some(({ trainable }) => trainable);
  }

  /**
   * Freezes all layers, or none: sets `trainable` of each, which takes effect at the next `compile`.
   * @throws ValueError for anything but true or false; StateError after `dispose`.
   * @example
   * const base = await sequential({ layers: [dense({ units: 8, inputShape: [4] }), dense({ units: 1 })] });
   * base.trainable = false;
   * base.getLayer('dense').trainable; // false
   */
  set trainable(trainable: boolean) {
    for (const layer of this.layers) layer.trainable = trainable;
  }

  /**
   * Sets mean and variance of each `normalization` layer that reads an input directly, computed in float64 from the
   * rows of that input.
   * @throws ShapeError, ValueError for rows that do not fit; StateError for a model without such a layer, during `fit`
   * or after `dispose`.
   */
  adapt(x: Inputs): void {
    this.requireIdle('adapt');
    const { parameters, values } = momentsFor(this.state.plan, this.state.inputSpecs, x);
    this.requireIdle('adapt');
    writeWeights(this.state, parameters, values);
  }

  /**
   * Returns copies of all weights: weight (units, inputs), bias (units), and anything else that a layer learns or
   * stores, such as running statistics. Names are those of the equivalent PyTorch nn.Sequential; in a graph they start
   * with the name of the layer.
   */
  getWeights(): NamedTensor[] {
    this.requireLive('getWeights');
    return readWeights(this.state, this.state.plan.parameters);
  }

  /** Predicts n rows, between `onPredictBegin` and `onPredictEnd` of the callbacks; else as without callbacks. */
  override predict(x: Inputs, options?: PredictOptions): O {
    return predictBetween(this, options, (own) => super.predict(x, own));
  }

  /**
   * Replaces all weights by tensors as `getWeights` returns them; names are optional. Keeps the optimizer state.
   * @throws ShapeError, ValueError for tensors that do not fit; nothing is changed then.
   */
  setWeights(tensors: readonly TensorLike[]): void {
    this.replaceWeights(tensors, true);
  }

  /** Replaces all weights by tensors that nothing else changes, without a copy of them. @internal */
  [ADOPT](tensors: readonly TensorLike[]): void {
    this.replaceWeights(tensors, false);
  }

  private replaceWeights(tensors: readonly TensorLike[], copied: boolean): void {
    this.requireLive('setWeights');
    const values = readTensors('setWeights', this.state.plan.parameters, tensors, { copied, finite: true });
    // Reading tensors may run code of the caller, which may have disposed the model.
    this.requireLive('setWeights');
    requireAlone('setWeights', this.state);
    this.writeWeights(this.state.plan.parameters, values);
  }

  /**
   * Makes one update with gradients in the order and shapes of `gradients`; names are optional. They are used as they
   * are: penalties and clipping are part of what `gradients` returns, so an update with its result gives the weights
   * that `trainOnBatch` would give, except for running statistics, which stay.
   * @throws ShapeError, ValueError for tensors that do not fit, or numbers that are not finite; StateError before
   * `compile`, during `fit` or after `dispose`, and for an optimizer that needs all rows. Nothing is changed then.
   * @example
   * const network = await sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
   * network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
   * network.applyGradients(network.gradients([[1, 2]], [[3]]));
   * network.stepCount; // 1
   */
  applyGradients(gradients: readonly TensorLike[]): void {
    this.requireIdle('applyGradients');
    const trainer = this.requireTrainer('applyGradients');
    trainer.requireBatches('applyGradients');
    const values = readTensors('applyGradients', trainer.layout.trained, gradients, undefined, 'gradients');
    // Reading tensors may run code of the caller.
    this.requireUnchanged('applyGradients', trainer);
    trainer.applyGradients(values);
  }

  /**
   * Returns copies of all weights as `getWeights` does, with moving averages in place of the trained ones: what `fit`
   * sets at its end where the optimizer has `ema`. To evaluate them during training, or after `trainOnBatch`, set them
   * and then set the weights of before.
   * @throws StateError for an optimizer without `ema`, before its first update, before `compile` or after `dispose`.
   * @example
   * const layer = dense({ units: 1, useBias: false, inputShape: [1], kernelInitializer: 'ones' });
   * const network = await sequential({ layers: [layer] });
   * network.compile({ optimizer: sgd({ learningRate: 0.5, ema: { momentum: 0.5 } }), loss: 'halfSquaredError' });
   * for (let step = 0; step < 2; step++) network.trainOnBatch([[1]], [[0]]);
   * network.getAveragedWeights()[0].data[0]; // 0.375
   */
  getAveragedWeights(): NamedTensor[] {
    const trainer = this.requireTrainer('getAveragedWeights');
    this.state.refresh?.();
    this.remote?.pullAll();
    const averages = averagesByName('getAveragedWeights', trainer);
    return readWeights(this.state, this.state.plan.parameters).map((tensor) => averages.get(tensor.name) ?? tensor);
  }

  /**
   * Replaces weights by those of a safetensors file, and keeps the optimizer state. Tensors are found by the names of
   * `getWeights`, those of an nn.Sequential of PyTorch, with or without one text before all of them, as `module.`; if
   * no name fits and `names` gives none, by order and shapes. Numbers may be float32, float16, bfloat16, or float64,
   * which is rounded.
   * @returns the names of what was not used on either side, none if strict.
   * @throws FormatError for a file that cannot be read or does not fit; ValueError for options. Nothing is changed
   * then.
   * @example
   * const network = await sequential({ layers: [dense({ units: 3, inputShape: [4] })] });
   * network.loadWeights(network.save()).missing; // []
   */
  loadWeights(file: Uint8Array, options?: LoadWeightsOptions): LoadedWeights {
    this.requireLive('loadWeights');
    const { parameters, values, missing, unexpected } = findWeights(this.state.plan.parameters, file, options);
    // Reading options may run code of the caller, which may have disposed the model.
    this.requireLive('loadWeights');
    requireAlone('loadWeights', this.state);
    this.writeWeights(parameters, values);
    return { missing, unexpected };
  }

  /**
   * Returns the bytes that the model uses of its engine's linear memory. They grow only with the first batch of a
   * larger size.
   * @throws StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 4, inputShape: [8] })] });
   * network.memory().weights; // 192
   */
  memory(): ModelMemory {
    this.requireLive('memory');
    return memoryOf(this.state, this.trainer, this.predictor.bytes);
  }

  /**
   * Returns a handle to post to other threads, which pass it to `attachModel` and then predict from the same weights,
   * without a copy. Each prediction uses one version of the weights, never a mixture. Threads may attach until this
   * model is disposed.
   * @throws UnsupportedError where memory cannot be shared with workers; StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
   * const attached = attachModel(network.share());
   * attached.predict([[1, 2]])[0] === network.predict([[1, 2]])[0]; // true
   */
  share(): ModelHandle {
    this.requireLive('share');
    return this.shared.handle(() => this.onShare?.(this));
  }

  /** Returns a table of layers, output shapes and parameter counts. */
  summary(): string {
    this.requireLive('summary');
    return summarize(this.state.plan, this.state.frozen, this.trainer?.compiled.optimizer.kind);
  }

  /** For consoles, which would otherwise print every part of the model. @internal */
  override [INSPECT](): string {
    const table = summarize(this.state.plan, this.state.frozen, this.trainer?.compiled.optimizer.kind);
    return `Model${this.isLive ? '' : ' (disposed)'}\n${table}`;
  }

  /** Returns the architecture as plain data, from which `modelFromJSON` makes a model with new weights. */
  toJSON(): Architecture {
    return architectureOf(this.state.blueprint, this.state.frozen);
  }

  /**
   * Returns the model as one safetensors file: weights under their names, and with `includeOptimizer` (default true)
   * the optimizer state, so that training after `loadModel` continues as if it had not stopped. Weights that have
   * become NaN or infinite are saved too; `loadModel` refuses them. With `weights: 'float16'` or `'bfloat16'` the file
   * has half the size, to predict with.
   * @throws ValueError where weights are too large for the type.
   */
  save(options?: SaveOptions): Uint8Array {
    this.requireLive('save');
    this.state.refresh?.();
    this.remote?.pullAll();
    return encodeModel(options, this.state, this.trainer);
  }

  /**
   * For `loadModel`: sets a state that was checked against this model's plan.
   * @internal
   */
  restore({ epochCount, weights, training }: RestoredState): void {
    writeWeights(this.state, this.state.plan.parameters, weights);
    this.state.epochCount = epochCount;
    if (training === undefined) return;
    // What a file holds was compiled, and whether its targets were checked is not known.
    this.recompile(training.options, 'warn', training.frozen);
    this.requireTrainer('loadModel').restore(training, training.values);
  }

  /** Symbolic tensors of the inputs: with `outputs`, or with the `output` of a layer, the ends of another model. */
  get inputs(): SymbolicTensor[] {
    return this.state.plan.graph.inputs.map((node) => this.symbolic()[node]);
  }

  /** Symbolic tensors of the outputs, to go on from: models that are built from them share the weights. */
  get outputs(): SymbolicTensor[] {
    return this.state.plan.graph.outputs.map((node) => this.symbolic()[node]);
  }

  /**
   * Applies the model as a layer to one tensor, or to a list of as many as it has inputs. A model that is built from
   * the result shares the weights of this one, as it is trained now and later, on the same engine; layers that are
   * frozen now are built frozen. Their names start with `name`. Until such a model is built, this one must not be
   * disposed.
   * @throws ShapeError, ValueError for anything but that many symbolic tensors; StateError after `dispose`.
   * @example
   * const base = await sequential({ layers: [dense({ units: 4, activation: 'relu', inputShape: [2] })] });
   * const [a, b] = [input({ shape: [2] }), input({ shape: [2] })];
   * const siamese = await model({ inputs: [a, b], outputs: subtract().apply([base.apply(a), base.apply(b)]) });
   * siamese.getWeights().map(({ name }) => name); // ['sequential.dense.weight', 'sequential.dense.bias']
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[], options?: ApplyOptions): Applied<O> {
    this.requireLive('apply');
    requireFloats('apply', this.state);
    const outputs = applyModel(this.state, this.layerWeights, inputs, options);
    return (outputs.length === 1 ? outputs[0] : outputs) as Applied<O>;
  }

  /** The symbolic tensor of each node. */
  private symbolic(): readonly SymbolicTensor[] {
    requireFloats('outputs', this.state);
    return (this.tensors ??= ownTensors(this.state, this.layerWeights));
  }

  /** Gives the tensors that this model was built from its weights, for models built from them later. @internal */
  own(tensors: readonly SymbolicTensor[]): void {
    if (tensors.length > 0) this.tensors = tensors;
    const { nodes } = this.state.plan.graph;
    tensors.forEach((tensor, node) => {
      tensor.weights = this.layerWeights[nodes[node].layer];
    });
  }

  /** Replaces all weights by the flat vector of a model with the same architecture. @internal */
  writeFlat(values: Float32Array): void {
    writeFlatWeights(this.state, values);
  }

  /** For the entries that write other formats, which may need no tensors. @internal */
  [CONTENT](where: string, withTensors = true): ModelContent {
    this.requireLive(where);
    if (withTensors) requireFloats(where, this.state);
    const { plan, inputSpecs, outputSpecs } = this.state;
    return { plan, inputSpecs, outputSpecs, tensors: withTensors ? readWeights(this.state, plan.parameters) : [] };
  }

  /** Kernels of eight bits on its engine: relaxed SIMD or plain. @internal */
  get int8Path(): string {
    return this.state.runtime.int8?.kernels.code.path ?? 'none';
  }

  /** For `quantize`. @internal */
  forQuantize(where: string): ToQuantize {
    this.requireLive(where);
    requireFloats(where, this.state);
    return toQuantize(this.state, this.alike!, () => this.trainer?.compiled);
  }

  private owner(): LayerOwner {
    return {
      state: this.state,
      symbolic: () => this.symbolic(),
      requireLive: (where) => this.requireLive(where),
      read: (parameters) => readWeights(this.state, parameters),
      write: (parameters, values) => this.writeWeights(parameters, values),
    };
  }

  private writeWeights(parameters: readonly PlannedParameter[], values: readonly Float32Array[]): void {
    writeWeights(this.state, parameters, values);
    this.remote?.edit({ weights: flatWeights(this.state) });
  }

  protected override release(): void {
    this.shared.retire();
    super.release();
    leaveBlocks(this.state);
  }
}
