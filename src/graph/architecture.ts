/**
 * Architectures: models without their weights, as plain data, and the options of `sequential`. graph.ts checks the
 * graph itself; model-options.ts reads the options of `model`.
 */
import { integer, listOf, unchecked, type Check } from '../common/options.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fieldOf, ownOf } from '../common/objects.js';
import type { InputRange } from '../operations/affine-int8.js';
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
  /** Layers whose weights have eight bits, which `quantize` makes. */
  readonly int8?: readonly Int8Layer[];
}

/**
 * A layer whose weights have eight bits.
 * @category Models
 */
export interface Int8Layer {
  /** Its name. */
  readonly layer: string;
  /** The range of its inputs that calibration found: at most 0, at least 0. Without it each row has its own. */
  readonly range?: readonly [low: number, high: number];
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
  const int8 = fieldOf(saved, 'int8');
  if (int8 === undefined) return readFloats(where, saved, factories);
  const floats = Object.fromEntries(Object.entries(saved).filter(([name]) => name !== 'int8'));
  const { graph, seed } = readFloats(where, floats as unknown as Architecture, factories);
  return { graph: { ...graph, int8: readInt8(where, int8, graph, factories) }, seed };
}

const finite: Check<number> = (path, value) => {
  if (typeof value === 'number' && Math.fround(value) - Math.fround(value) === 0) return value;
  throw new ValueError(`${path} expected a finite number, got ${describe(value)}.`);
};

/** Reads which layers have weights of eight bits. */
function readInt8(where: string, given: unknown, { names }: Graph, { readOptions }: LayerFactories) {
  const found = new Map<number, InputRange | undefined>();
  const ranges = listOf('a list of numbers', finite);
  listOf('a list of layers', (path, one) => {
    const { layer, range } = readOptions<{ layer: unknown; range: readonly number[] | undefined }>(path, one, {
      layer: { check: unchecked },
      range: { check: ranges, or: undefined },
    });
    const index = names.indexOf(layer as string);
    if (index === -1 || found.has(index)) {
      throw new ValueError(`${path}.layer expected the name of a layer, each once, got ${describe(layer)}.`);
    }
    const [low, high] = range ?? [0, 0];
    if (range !== undefined && !(range.length === 2 && low <= 0 && high >= 0)) {
      throw new ValueError(`${path}.range expected two numbers, at most 0 and at least 0, got ${describe(range)}.`);
    }
    found.set(index, range === undefined ? undefined : [low, high]);
  })(`${where}: int8`, given);
  return found;
}

function readFloats(where: string, saved: Architecture, factories: LayerFactories): Blueprint {
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
  const marks = [...(ownOf(graph, 'int8') ?? [])].map(([layer, range]): Int8Layer => ({
    layer: graph.names[layer],
    ...(range && { range: [...range] }),
  }));
  const int8 = marks.length > 0 && { int8: marks };
  if (graph.naming === 'modules') return { seed, layers: layers.slice(1), ...int8 };
  const { nodes, inputs, outputs } = graph;
  return { seed, layers, nodes: structuredClone(nodes), inputs: [...inputs], outputs: [...outputs], ...int8 };
}
