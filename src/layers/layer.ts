/**
 * Layers as users handle them: `Layer`, and `SymbolicTensor` for graphs. definition.ts has what each kind of layer
 * defines, and graph/trace.ts turns tensors into a graph.
 */
import { isInstance } from '../common/objects.js';
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import type { Descriptor } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { INSPECT } from '../common/symbols.js';
import type { Operation } from '../operations/operation.js';
import { inputsOf, type LayerConfig, type LayerDefinition, type Lower } from './definition.js';
import { readOptions, type OptionTable } from '../common/options.js';
import type { WeightBlock } from '../runtime/weight-block.js';
import { OPTION_CHECKS } from './checks.js';

export type { LayerConfig, LayerOptions, WeightedLayerConfig, WeightedLayerOptions } from './definition.js';

/**
 * The weights of an applied layer, in the order of its parameters. Tensors refer to them, and not to the model that
 * made them, so that the model can be garbage-collected.
 */
export interface LayerWeights {
  readonly block: WeightBlock;
  readonly addresses: readonly number[];
  readonly shapes: readonly (readonly number[])[];
}

/**
 * The output of a layer applied to other outputs, before any numbers exist: made by `input` and `layer.apply`.
 * @category Layers
 */
export class SymbolicTensor {
  /**
   * The weights of this tensor's layer, once a model was built from it.
   * @internal
   */
  weights: LayerWeights | undefined;

  /** For the library's own use. */
  constructor(
    /** The layer whose output this is. */
    readonly layer: Layer,
    /** The tensors that the layer was applied to. */
    readonly inputs: readonly SymbolicTensor[],
  ) {}

  /** For consoles, which would otherwise print the whole graph before it. @internal */
  [INSPECT](): string {
    const { layer, inputs } = this;
    const nameOf = ({ kind, config }: Layer): string => config.name ?? kind;
    const from = inputs.length === 0 ? '' : ` of ${inputs.map((one) => nameOf(one.layer)).join(', ')}`;
    return `SymbolicTensor (${nameOf(layer)}${from})`;
  }
}

/**
 * A layer is a plain description, { kind, config }; nothing is allocated until a model is built from it.
 * @category Layers
 */
export class Layer<K extends string = string, C extends LayerConfig = LayerConfig> implements Descriptor<K, C> {
  /**
   * What its name is made of, if it has none and belongs to a model that is used as a layer.
   * @internal
   */
  nameBase: string | undefined;
  readonly #lower: Lower;
  readonly #inputs: () => number | undefined;

  /** For the library's own use: users call the layer's factory. */
  constructor(
    /** Which layer: the name of its factory. */
    readonly kind: K,
    /** Its options, defaults filled in. */
    readonly config: Readonly<C>,
    lower: Lower,
    inputs: () => number | undefined,
  ) {
    this.#lower = lower;
    this.#inputs = inputs;
  }

  /**
   * Applies the layer to the output of another, or to a list of outputs for layers that merge. A layer applied
   * twice in one model has one set of weights, used in two places. Models that are built from the same tensor share the
   * weights of its layer: the first of them initializes them. A layer that is applied anew has new weights.
   * @throws ValueError for anything but symbolic tensors.
   * @example
   * const x = input({ shape: [4] });
   * const network = await model({ inputs: x, outputs: dense({ units: 3, activation: 'softmax' }).apply(x) });
   * network.parameterCount; // 15
   */
  apply(inputs: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor;
  apply(inputs: unknown, ...others: readonly unknown[]): SymbolicTensor {
    if (others.length > 0) {
      throw new ValueError(
        `${this.kind}: apply expected one tensor or one list, got ${others.length + 1} arguments. Write apply([a, b]).`,
      );
    }
    const list: readonly unknown[] = isList(inputs) ? inputs : [inputs];
    if (list.length === 0) throw new ValueError(`${this.kind}: apply expected at least one tensor, got none.`);
    const tensors: SymbolicTensor[] = [];
    // By index: forEach would skip holes.
    for (let index = 0; index < list.length; index++) {
      const tensor = list[index];
      if (!isSymbolic(tensor)) {
        throw new ValueError(
          `${this.kind}: apply expected what input() or apply() returns, got ${describe(tensor)} at index ${index}.`,
        );
      }
      tensors.push(tensor);
    }
    return new SymbolicTensor(this, tensors);
  }

  /**
   * Whether models that are built from this layer train its weights: the option of its factory. A model has copies of
   * its layers; `model.getLayer(name).trainable` can be set.
   */
  get trainable(): boolean {
    return this.config.trainable !== false;
  }

  /** For consoles, which would otherwise print a name that the build has shortened. @internal */
  [INSPECT](): object {
    const { kind, config } = this;
    return { kind, config };
  }

  /**
   * For the library's own use: returns the operations of the layer.
   * @internal
   */
  lower(where: string, widths: readonly number[]): Operation[][] {
    return this.#lower(where, widths);
  }

  /**
   * For the library's own use: returns the number of inputs as far as the options say it.
   * @internal
   */
  inputs(): number | undefined {
    return this.#inputs();
  }
}

/** Whether a value was returned by `input` or `apply`. */
export const isSymbolic = (value: unknown): value is SymbolicTensor =>
  isInstance(value, SymbolicTensor) && isInstance(value.layer, Layer) && isList(value.inputs);

/** Option tables of the kinds of layers, which each kind makes once. */
const TABLES = /* @__PURE__ */ new WeakMap<object, object>();

/** Returns the options of a kind of layer. */
function tableOf<K extends string, C extends LayerConfig>(definition: LayerDefinition<K, C>): OptionTable<C> {
  const known = TABLES.get(definition) as OptionTable<C> | undefined;
  if (known !== undefined) return known;
  const table = definition.options(OPTION_CHECKS);
  TABLES.set(definition, table);
  return table;
}

/** Makes a layer from options, which are checked. */
export function makeLayer<K extends string, C extends LayerConfig>(
  definition: LayerDefinition<K, C>,
  given: object | undefined,
): Layer<K, C> {
  const { kind, lower, merges } = definition;
  const tensor: unknown = isList(given) ? given[0] : given;
  if (isSymbolic(tensor)) {
    const got = isList(given) ? 'a list of tensors' : 'a tensor';
    const call = merges ? `${kind}().apply([a, b])` : `${kind}({ … }).apply(x)`;
    throw new ValueError(`${kind}: options expected an object, got ${got}. Write ${call}.`);
  }
  const config = readOptions<C>(kind, given, tableOf(definition));
  return new Layer<K, C>(kind, config, lower(config), () => inputsOf(definition, config));
}
