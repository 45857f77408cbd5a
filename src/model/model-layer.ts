/** `ModelLayer`: a layer of a model, to hold: its weights, and whether they are trained. */
import { describe } from '../common/describe.js';
import { StateError, ValueError } from '../common/errors.js';
import { nearest } from '../common/nearest.js';
import { flag } from '../common/options.js';
import { INSPECT } from '../common/symbols.js';
import { sizeOf, type NamedTensor } from '../common/tensors.js';
import type { ModelState } from '../graph/model-state.js';
import { requireAlone } from '../graph/sharers.js';
import { isInput } from '../graph/graph.js';
import { readTensors, type TensorLike } from '../graph/named-weights.js';
import { byLayer, type PlannedParameter } from '../graph/plan.js';
import type { WeightedLayerConfig } from '../layers/definition.js';
import type { SymbolicTensor } from '../layers/layer.js';
import type { Trainer } from '../training/trainer.js';

/** What a layer needs of its model. */
export interface LayerOwner {
  readonly state: ModelState;
  /** Returns the symbolic tensor of each node of the graph. */
  symbolic(): readonly SymbolicTensor[];
  /** Throws unless the model is live and no step runs. */
  requireLive(where: string): void;
  /** Reads these parameters, as they are now. */
  read(parameters: readonly PlannedParameter[]): NamedTensor[];
  /** Replaces the values of these parameters. */
  write(parameters: readonly PlannedParameter[], values: readonly Float32Array[]): void;
}

/**
 * A layer of a model, from `model.layers` or `model.getLayer`.
 * @category Models
 */
export class ModelLayer {
  readonly #owner: LayerOwner;
  readonly #index: number;
  readonly #parameters: readonly PlannedParameter[];

  /** For the library's own use: users call `model.getLayer`. */
  constructor(owner: LayerOwner, index: number, parameters: readonly PlannedParameter[]) {
    this.#owner = owner;
    this.#index = index;
    this.#parameters = parameters;
  }

  /** Name of the layer: unique in its model. */
  get name(): string {
    return this.#owner.state.plan.graph.names[this.#index];
  }

  /** Which layer: the name of its factory. */
  get kind(): string {
    return this.#owner.state.plan.graph.layers[this.#index].kind;
  }

  /** Its options, with defaults filled in. */
  get config(): Readonly<WeightedLayerConfig> {
    const { frozen, plan } = this.#owner.state;
    const { config } = plan.graph.layers[this.#index];
    const trainable = frozen.has(this.#index) ? false : undefined;
    return config.trainable === trainable ? config : { ...config, trainable };
  }

  /** Number of learned values. */
  get parameterCount(): number {
    return this.#parameters.reduce((total, { spec }) => total + (spec.learned ? sizeOf(spec.shape) : 0), 0);
  }

  /**
   * The symbolic tensor of its output: `model({ inputs: whole.inputs, outputs: whole.getLayer(name).output })` computes
   * what the layer does, with the weights of the whole.
   * @throws StateError for a layer that is applied several times.
   */
  get output(): SymbolicTensor {
    const { nodes } = this.#owner.state.plan.graph;
    const applied = nodes.flatMap(({ layer }, node) => (layer === this.#index ? [node] : []));
    if (applied.length === 1) return this.#owner.symbolic()[applied[0]];
    throw new StateError(
      `output: a layer that is applied once expected, got "${this.name}", applied ${applied.length} times.`,
    );
  }

  /** Whether training changes the weights of the layer. */
  get trainable(): boolean {
    return !this.#owner.state.frozen.has(this.#index);
  }

  /**
   * Freezes the layer, or no longer. Takes effect at the next `compile`, as in Keras, and is saved with the model. From
   * then on no gradient is computed of what is frozen, and no memory taken for gradients and optimizer state of it;
   * penalties and constraints of the layer do nothing. A frozen `batchNormalization` uses its running statistics in
   * training too, and keeps them. `dropout` and noise, which have no weights, go on.
   * @throws ValueError for anything but true or false; StateError after `dispose`.
   * @example
   * const network = await sequential({ layers: [dense({ units: 8, inputShape: [4] }), dense({ units: 1 })] });
   * network.getLayer('dense').trainable = false;
   * network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
   * network.gradients([[1, 2, 3, 4]], [[1]]).length; // 2
   */
  set trainable(trainable: boolean) {
    const { state } = this.#owner;
    const value = flag('trainable', trainable);
    this.#owner.requireLive('trainable');
    if (value) state.frozen.delete(this.#index);
    else state.frozen.add(this.#index);
  }

  /**
   * Returns copies of the weights of the layer, as `model.getWeights` returns those of all layers.
   * @throws StateError after `dispose`.
   */
  getWeights(): NamedTensor[] {
    this.#owner.requireLive('getWeights');
    return this.#owner.read(this.#parameters);
  }

  /**
   * Replaces the weights of the layer by tensors as `getWeights` returns them; names are optional.
   * @throws ShapeError, ValueError for tensors that do not fit; nothing is changed then. StateError after `dispose`.
   */
  setWeights(tensors: readonly TensorLike[]): void {
    this.#owner.requireLive('setWeights');
    const parameters = this.#parameters;
    const values = readTensors('setWeights', parameters, tensors);
    // Reading tensors may run code of the caller, which may have disposed the model.
    this.#owner.requireLive('setWeights');
    requireAlone('setWeights', this.#owner.state);
    this.#owner.write(parameters, values);
  }

  /** For consoles, which would otherwise print the model. @internal */
  [INSPECT](): string {
    const { name, kind, parameterCount, trainable } = this;
    return `ModelLayer (${name === kind ? name : `${name}, ${kind}`}, ${parameterCount} parameters${trainable ? '' : ', frozen'})`;
  }
}

/** Returns the layers of a model in order; those of a graph include its inputs. */
export function layersOf(owner: LayerOwner): ModelLayer[] {
  const { graph, parameters } = owner.state.plan;
  return byLayer(graph, parameters).flatMap((own, index) =>
    graph.naming === 'modules' && isInput(graph.layers[index]) ? [] : [new ModelLayer(owner, index, own)],
  );
}

/** Returns the layer of a name or an index; throws a ValueError that lists the names if there is none. */
export function findLayer(layers: readonly ModelLayer[], wanted: unknown): ModelLayer {
  const found =
    typeof wanted === 'number'
      ? layers[wanted]
      : layers.find(({ name }) => typeof wanted === 'string' && name === wanted);
  if (found !== undefined) return found;
  const names = layers.map(({ name }) => name);
  const listed = `${names.slice(0, MOST_LISTED).join(', ')}${names.length > MOST_LISTED ? ', …' : ''}`;
  const close = typeof wanted === 'string' ? nearest(wanted.slice(0, MOST_LISTED), names) : undefined;
  throw new ValueError(
    `getLayer: name expected one of ${listed}, or an index below ${names.length}, got ${describe(wanted)}.` +
      (close === undefined ? '' : ` Did you mean "${close}"?`),
  );
}

/** Largest number of names in a message. */
const MOST_LISTED = 50;

/** Returns warnings of a training that does not do what the layers now say, or nothing at all. */
export function warningsOf({ layout, model }: Trainer): string[] {
  const { frozen, plan } = model;
  const changed = plan.graph.names.filter((_, index) => frozen.has(index) !== layout.frozen.has(index));
  if (changed.length > 0) {
    return [
      `fit: a model compiled after a change of trainable expected, got one whose "${changed[0]}" was changed since. ` +
        'It trains as it was compiled: call compile for the change to take effect.',
    ];
  }
  if (layout.trained.length > 0 || !plan.parameters.some(({ spec }) => spec.learned)) return [];
  return ['fit: a layer that is not frozen expected, got none: no weight will change.'];
}
