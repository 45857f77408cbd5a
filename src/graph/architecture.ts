/**
 * Architectures: models without their weights, as plain data, and the options of `sequential`. graph.ts checks the
 * graph itself; model-options.ts reads the options of `model`.
 */
import { integer, listOf, unchecked, type Check } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import type { GraphLayer, LayerFactories } from '../layers/definition.js';
import type { Layer, SymbolicTensor } from '../layers/layer.js';
import { chain, restoreGraph, type Graph, type GraphNode } from './graph.js';
import { plain } from '../common/plain.js';

/**
 * A layer as plain data.
 * @category Models
 */
export interface LayerData {
  /** Kind of layer: the name of its factory. */
  readonly kind: string;
  /** Options of the layer, with defaults filled in. */
  readonly config: object;
}

/**
 * A model without its weights, as plain data. Only graphs have `nodes`, `inputs` and `outputs`; a chain of layers has
 * none.
 * @category Models
 */
export interface Architecture {
  /** Seed of initialization, shuffles and masks. */
  readonly seed: number;
  /** Layers in order. A graph lists each layer once, including its inputs. */
  readonly layers: readonly LayerData[];
  /** By node: the index of its layer, and the nodes that it reads. */
  readonly nodes?: readonly GraphNode[];
  /** Nodes of the inputs, in order. */
  readonly inputs?: readonly number[];
  /** Nodes of the outputs, in order. */
  readonly outputs?: readonly number[];
}

/** Graph and seed that a model is built from. */
export interface Blueprint {
  readonly graph: Graph;
  readonly seed: number;
}

/**
 * A model of one input and one output in the place of a layer.
 * @category Models
 */
export interface ModelAsLayer {
  /** Applies its layers. */
  apply(inputs: SymbolicTensor): SymbolicTensor;
  /** Seed of its initialization. */
  readonly seed: number;
}

/**
 * Options of `sequential`.
 * @category Models
 */
export interface SequentialOptions {
  /**
   * Layers in order; the first has an inputShape, or is a model. A model stands for its layers, and shares its weights.
   */
  layers: readonly (Layer | LayerData | ModelAsLayer)[];
  /** Seed of initialization, shuffles and masks, an integer from 0 to 2^32 − 1. Default 0. */
  seed?: number;
}

/** Largest seed: it takes 32 bits of the generator's key. */
const MAX_SEED = 0xffffffff;

export const SEED = { check: integer(0, MAX_SEED), or: 0 } as const;

/** Makes a check for a list of layers; those of a graph have its inputs among them. */
export const layerList = (
  { layers, input, resolve }: LayerFactories,
  inputs: 'with inputs' | 'without inputs',
): Check<readonly GraphLayer[]> => {
  const factories = inputs === 'with inputs' ? { ...layers, input } : layers;
  return listOf('a list of layers', (path, layer) => resolve<GraphLayer>(path, layer, factories));
};

/** Reads the options of `sequential`. */
export function readSequential(where: string, options: unknown, factories: LayerFactories): Blueprint {
  const { layers, seed } = factories.readOptions<{ layers: readonly GraphLayer[]; seed: number }>(where, options, {
    layers: { check: layerList(factories, 'without inputs') },
    seed: SEED,
  });
  return { graph: chain(where, layers, factories.input), seed };
}

/** Reads a saved architecture. */
export function readArchitecture(where: string, saved: Architecture, factories: LayerFactories): Blueprint {
  if (fieldOf(saved, 'nodes') === undefined) return readSequential(where, saved, factories);
  const { layers, nodes, inputs, outputs, seed } = factories.readOptions<{
    layers: readonly GraphLayer[];
    nodes: unknown;
    inputs: unknown;
    outputs: unknown;
    seed: number;
  }>(where, saved, {
    layers: { check: layerList(factories, 'with inputs') },
    nodes: { check: unchecked },
    inputs: { check: unchecked },
    outputs: { check: unchecked },
    seed: SEED,
  });
  return { graph: restoreGraph(where, layers, { nodes, inputs, outputs }), seed };
}

/** Returns the indices of the layers that are built frozen. */
export const frozenLayers = ({ layers }: Graph): Set<number> =>
  new Set(layers.flatMap(({ config }, index) => (config.trainable === false ? [index] : [])));

/** Returns the architecture of a model of which these layers are frozen; by default those that were built frozen. */
export function architectureOf(
  { graph, seed }: Blueprint,
  frozen: ReadonlySet<number> = frozenLayers(graph),
): Architecture {
  const layers: LayerData[] = plain(
    graph.layers.map(({ kind, config }, index) => {
      const trainable = frozen.has(index) ? false : undefined;
      return { kind, config: config.trainable === trainable ? config : { ...config, trainable } };
    }),
  );
  if (graph.naming === 'modules') return { seed, layers: layers.slice(1) };
  const { nodes, inputs, outputs } = graph;
  return { seed, layers, nodes: structuredClone(nodes), inputs: [...inputs], outputs: [...outputs] };
}
