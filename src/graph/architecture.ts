import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { resolve } from '../common/descriptor.js';
import { ValueError } from '../common/errors.js';
import { integer, listOf, readOptions, unchecked, type Check } from '../common/options.js';
import { fieldOf } from '../common/objects.js';
import { chain, restoreGraph, trace, type Graph, type GraphNode } from './graph.js';
import { isSymbolic, type Layer, type SymbolicTensor } from '../layers/layer.js';
import { GRAPH_LAYERS, LAYERS } from '../layers/registry.js';
import { plain } from '../common/plain.js';

/** A layer as plain data. */
export interface LayerData {
  /** Which layer: the name of its factory. */
  readonly kind: string;
  /** Its options, defaults filled in. */
  readonly config: object;
}

/** A model without its weights: plain data. A graph has nodes, a chain of layers has none. */
export interface Architecture {
  /** What initialization, shuffles and masks are drawn from. */
  readonly seed: number;
  /** In order; of a graph each layer once, its inputs among them. */
  readonly layers: readonly LayerData[];
  /** By node: index of its layer, and the nodes that it reads. */
  readonly nodes?: readonly GraphNode[];
  /** Nodes of the inputs, in order. */
  readonly inputs?: readonly number[];
  /** Nodes of the outputs, in order. */
  readonly outputs?: readonly number[];
}

/** What a model is built from. */
export interface Blueprint {
  readonly graph: Graph;
  readonly seed: number;
}

/** What `sequential` takes. */
export interface SequentialOptions {
  /** In order; the first has an inputShape. */
  layers: readonly (Layer | LayerData)[];
  /** What initialization, shuffles and masks are drawn from, an integer from 0 to 2^32 − 1. Default 0. */
  seed?: number;
}

/** One symbolic tensor or several. */
export type Tensors = SymbolicTensor | readonly SymbolicTensor[];

/** What `model` takes. */
export interface ModelOptions<O extends Tensors = Tensors> {
  /** What `input` made: one, or a list in the order in which data is given. */
  inputs: Tensors;
  /** What layers' `apply` returned: one, or a list in the order in which predictions come. */
  outputs: O;
  /** What initialization, shuffles and masks are drawn from, an integer from 0 to 2^32 − 1. Default 0. */
  seed?: number;
}

/** Largest seed: the generator's key has 32 bits for it. */
const MAX_SEED = 0xffffffff;

const SEED = { check: integer(0, MAX_SEED), or: 0 } as const;

const layerList = (factories: Readonly<Record<string, unknown>>): Check<readonly Layer[]> =>
  listOf('a list of layers', (path, layer) => resolve<Layer>(path, layer, factories));

const tensor: Check<SymbolicTensor> = (path, value) => {
  if (isSymbolic(value)) return value;
  throw new ValueError(`${path} expected what input() or apply() returns, got ${describe(value)}.`);
};

const tensorList: Check<readonly SymbolicTensor[]> = (path, value) => {
  if (!isList(value)) return [tensor(path, value)];
  return listOf('a list of tensors', tensor)(path, value);
};

/** Reads the options of `sequential`. */
export function readSequential(where: string, options: unknown): Blueprint {
  const { layers, seed } = readOptions<{ layers: readonly Layer[]; seed: number }>(where, options, {
    layers: { check: layerList(LAYERS) },
    seed: SEED,
  });
  return { graph: chain(where, layers), seed };
}

/** Reads the options of `model`: what it is built from, and the tensor of each node. */
export function readModel(
  where: string,
  options: unknown,
): { readonly blueprint: Blueprint; readonly tensors: readonly SymbolicTensor[] } {
  const { inputs, outputs, seed } = readOptions<{
    inputs: readonly SymbolicTensor[];
    outputs: readonly SymbolicTensor[];
    seed: number;
  }>(where, options, { inputs: { check: tensorList }, outputs: { check: tensorList }, seed: SEED });
  const { graph, tensors } = trace(where, inputs, outputs);
  // Copies, as of a chain: what `adapt` writes into a layer afterwards is for models that are built then.
  const layers = layerList(GRAPH_LAYERS)(`${where}: layers`, graph.layers);
  return { blueprint: { graph: { ...graph, layers }, seed }, tensors };
}

/** Reads an architecture that was saved. */
export function readArchitecture(where: string, saved: Architecture): Blueprint {
  if (fieldOf(saved, 'nodes') === undefined) return readSequential(where, saved);
  const { layers, nodes, inputs, outputs, seed } = readOptions<{
    layers: readonly Layer[];
    nodes: unknown;
    inputs: unknown;
    outputs: unknown;
    seed: number;
  }>(where, saved, {
    layers: { check: layerList(GRAPH_LAYERS) },
    nodes: { check: unchecked },
    inputs: { check: unchecked },
    outputs: { check: unchecked },
    seed: SEED,
  });
  return { graph: restoreGraph(where, layers, { nodes, inputs, outputs }), seed };
}

/** The architecture of a model. */
export function architectureOf({ graph, seed }: Blueprint): Architecture {
  const layers: LayerData[] = plain(graph.layers.map(({ kind, config }) => ({ kind, config })));
  if (graph.naming === 'modules') return { seed, layers: layers.slice(1) };
  const { nodes, inputs, outputs } = graph;
  return { seed, layers, nodes: structuredClone(nodes), inputs: [...inputs], outputs: [...outputs] };
}
