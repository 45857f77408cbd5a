/**
 * The interface between a layer and the rest of the library: its kind, the table of its options, and how it is lowered
 * to operations. Factories read all options through the table; `wasm-mlp/predict` reads those of a file through the
 * same table, with the options that only training uses left unchecked.
 */
import { ValueError } from '../common/errors.js';
import { ownOf } from '../common/objects.js';
import { unchecked, type Check, type OptionsReader, type OptionTable } from '../common/options.js';
import type { Resolver } from '../common/descriptor.js';
import { savedActivationCheck, type Activation } from '../activations/activations.js';
import type { Constraint } from '../constraints/constraints.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Operation } from '../operations/operation.js';
import type { Regularizer } from '../regularizers/regularizers.js';

/**
 * Options that every layer has.
 * @category Layers
 */
export interface LayerOptions {
  /** [number of inputs]; needed on the first layer of a sequential model. */
  inputShape?: readonly number[];
  /** Name of the layer in summaries, and of its weights in a graph. Default its kind, numbered. */
  name?: string;
  /** Whether training changes the weights of the layer; see `ModelLayer.trainable`. Default true. */
  trainable?: boolean;
}

/**
 * Options that every layer with learned weights has.
 * @category Layers
 */
export interface WeightedLayerOptions extends LayerOptions {
  /**
   * Factor of the learning rate of this layer's weights, above 0, as by PyTorch's parameter groups. To keep them as
   * they are, write trainable: false instead. Default 1.
   */
  learningRateFactor?: number;
}

/**
 * Settled options that every layer has.
 * @category Layers
 */
export interface LayerConfig {
  /** [number of inputs], if it was given. */
  readonly inputShape?: readonly number[] | undefined;
  /** The name, if it was given. */
  readonly name?: string | undefined;
  /** False if training does not change the weights of the layer, otherwise absent. */
  readonly trainable?: false | undefined;
}

/**
 * Settled options that every layer with learned weights has.
 * @category Layers
 */
export interface WeightedLayerConfig extends LayerConfig {
  /** Factor of the learning rate of its weights, if it is not 1. */
  readonly learningRateFactor?: number | undefined;
}

/**
 * Returns the operations of a layer on inputs of these widths, grouped into the modules that PyTorch would have.
 * @throws ShapeError, ValueError where the inputs do not fit; the message starts with `where`.
 */
export type Lower = (where: string, widths: readonly number[]) => Operation[][];

/** The parts of a layer that a graph needs. */
export interface GraphLayer {
  readonly kind: string;
  readonly config: WeightedLayerConfig;
  /** What its name is made of, if it has none: that of its kind, or of the model whose layer it is. */
  readonly nameBase?: string | undefined;
  lower: Lower;
  /** Returns the number of inputs as far as its options say it. */
  inputs(): number | undefined;
}

/** Checks of the options that only training uses, and their defaults. */
export interface OptionChecks {
  readonly activation: Check<Activation>;
  readonly initializer: Check<Initializer>;
  readonly regularizer: Check<Regularizer>;
  readonly constraint: Check<Constraint>;
  /** Default initializers: of weights, of biases, and of the slopes of PReLU. */
  readonly kernel: Initializer | undefined;
  readonly bias: Initializer | undefined;
  readonly slope: Initializer | undefined;
  /** Default initializer of the vectors of categories. */
  readonly embeddings: Initializer | undefined;
}

/** For prediction: keeps the training options of a file without reading them. */
export const SAVED_CHECKS: OptionChecks = {
  activation: savedActivationCheck,
  initializer: unchecked,
  regularizer: unchecked,
  constraint: unchecked,
  kernel: undefined,
  bias: undefined,
  slope: undefined,
  embeddings: undefined,
};

/** A kind of layer. */
export interface LayerDefinition<K extends string = string, C extends LayerConfig = LayerConfig> {
  readonly kind: K;
  readonly options: (checks: OptionChecks) => OptionTable<C>;
  readonly lower: (config: C) => Lower;
  /** Returns the number of inputs that the options imply where there is no inputShape. Default unknown. */
  readonly inputs?: (config: C) => number | undefined;
  /** Whether it takes a list of inputs. */
  readonly merges: boolean;
}

/** Returns the number of inputs of a layer as far as its options say it. */
export const inputsOf = <K extends string, C extends LayerConfig>(
  definition: LayerDefinition<K, C>,
  config: C,
): number | undefined => config.inputShape?.[0] ?? ownOf(definition, 'inputs')?.(config);

/** Functions that make layers from their options: one per kind, and one for the inputs of a graph. */
export interface LayerFactories {
  readonly layers: Readonly<Record<string, (options: never) => GraphLayer>>;
  readonly input: (options: { readonly shape: readonly number[] }) => GraphLayer;
  /** How options and choices are read. */
  readonly readOptions: OptionsReader;
  readonly resolve: Resolver;
}

/** Returns the lowering of a layer that takes one input. */
export const onOne =
  (lower: (inputs: number, where: string) => Operation[][]): Lower =>
  (where, widths) => {
    if (widths.length !== 1) throw new ValueError(`${where} expected one input, got ${widths.length}.`);
    return lower(widths[0], where);
  };

/** Returns the lowering of a layer that takes several inputs. */
export const onMany =
  (lower: (widths: readonly number[], where: string) => Operation): Lower =>
  (where, widths) => {
    if (widths.length < 2) throw new ValueError(`${where} expected at least two inputs, got ${widths.length}.`);
    return [[lower(widths, where)]];
  };
