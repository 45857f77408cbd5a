/**
 * Graphs of layers as plain data: chains, saved graphs, and their checks. trace.ts makes a graph from symbolic tensors,
 * and plan.ts lowers it to operations.
 */
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { fieldOf, ownOf } from '../common/objects.js';
import { listOf } from '../common/options.js';
import type { GraphLayer, LayerFactories } from '../layers/definition.js';
import type { InputConfig } from '../layers/input.js';
import type { InputRange } from '../operations/affine-int8.js';

/**
 * One use of a layer in a graph, applied to the outputs of other nodes.
 * @category Models
 */
export interface GraphNode {
  /** Index of its layer. */
  readonly layer: number;
  /** Indices of nodes, all before this one. */
  readonly inputs: readonly number[];
}

/** A network of layers as the user wrote it: plain data, except for the functions of the layers. */
export interface Graph {
  readonly layers: readonly GraphLayer[];
  /** Name of each layer, all different. */
  readonly names: readonly string[];
  /** Nodes in an order in which each comes after its inputs. */
  readonly nodes: readonly GraphNode[];
  /** Nodes of input layers. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** Scheme for the names of weights: by number of module, as in PyTorch's nn.Sequential, or by layer. */
  readonly naming: 'modules' | 'layers';
  /** By index of a layer whose weights have eight bits: the range of its inputs, or undefined for that of each row. */
  readonly int8?: ReadonlyMap<number, InputRange | undefined>;
}

/** An input of a graph, which is one of its layers. */
export type InputLayer = GraphLayer & { readonly config: InputConfig };

export const isInput = (layer: GraphLayer): layer is InputLayer => layer.kind === 'input';

/** Returns the number of values of an input layer, or undefined for any other layer. */
export const inputWidth = (layer: GraphLayer): number | undefined =>
  isInput(layer) ? layer.config.shape[0] : undefined;

/** Returns a name for each layer: the given one, or its kind, numbered from the second on. */
export function nameLayers(where: string, layers: readonly GraphLayer[]): string[] {
  const taken = new Set<string>();
  for (const { config } of layers) {
    if (config.name === undefined) continue;
    if (taken.has(config.name)) {
      throw new ValueError(`${where}: layers expected different names, got ${describe(config.name)} twice.`);
    }
    taken.add(config.name);
  }
  const numbers = new Map<string, number>();
  return layers.map((layer) => {
    const { kind, config } = layer;
    if (config.name !== undefined) return config.name;
    const base = ownOf(layer, 'nameBase') ?? kind;
    let name: string = base;
    let number = numbers.get(base) ?? 1;
    for (; taken.has(name); number++) name = `${base}_${number}`;
    numbers.set(base, number);
    taken.add(name);
    return name;
  });
}

/** Returns the graph of a chain of layers, the first of which knows its number of inputs. */
export function chain(where: string, layers: readonly GraphLayer[], makeInput: LayerFactories['input']): Graph {
  const first = layers[0];
  if (first === undefined) throw new ValueError(`${where}: layers expected at least one layer, got none.`);
  const width = first.inputs();
  if (width === undefined) {
    throw new ValueError(
      `${where}: inputShape expected on the first layer, got none. Add inputShape: [number of inputs].`,
    );
  }
  const all: GraphLayer[] = [makeInput({ shape: [width] }), ...layers];
  return {
    layers: all,
    names: ['input', ...nameLayers(where, layers)],
    nodes: all.map((_, index) => ({ layer: index, inputs: index === 0 ? [] : [index - 1] })),
    inputs: [0],
    outputs: [all.length - 1],
    naming: 'modules',
  };
}

export function requireSome(where: string, inputs: readonly unknown[], outputs: readonly unknown[]): void {
  if (inputs.length === 0) throw new ValueError(`${where}: inputs expected at least one, got none.`);
  if (outputs.length === 0) throw new ValueError(`${where}: outputs expected at least one, got none.`);
}

/** Throws where inputs or outputs are missing or listed twice, or an input reaches no output. */
export function requireInputsAndOutputs(where: string, { nodes, inputs, outputs, names }: Graph): void {
  requireSome(where, inputs, outputs);
  const lists = [
    ['inputs', inputs],
    ['outputs', outputs],
  ] as const;
  for (const [what, list] of lists) {
    if (new Set(list).size !== list.length)
      throw new ValueError(`${where}: ${what} expected each once, got one twice.`);
  }
  const reached = new Set(outputs);
  for (let node = nodes.length - 1; node >= 0; node--) {
    if (reached.has(node)) nodes[node].inputs.forEach((before) => reached.add(before));
  }
  inputs.forEach((node, index) => {
    if (!reached.has(node)) {
      throw new ValueError(
        `${where}: inputs[${index}], "${names[nodes[node].layer]}", expected to reach an output, got none that depends on it.`,
      );
    }
  });
}

/** Rebuilds a saved graph from layers that are already made; checks every index. */
export function restoreGraph(
  where: string,
  layers: readonly GraphLayer[],
  saved: { readonly nodes: unknown; readonly inputs: unknown; readonly outputs: unknown },
): Graph {
  const indices = (what: string, value: unknown, limit: number): number[] =>
    listOf('a list', (path, one) => {
      if (!Number.isInteger(one) || (one as number) < 0 || (one as number) >= limit) {
        throw new ValueError(`${path} expected an index below ${limit}, got ${describe(one)}.`);
      }
      // Turns −0 into 0, as for all options.
      return (one as number) + 0;
    })(`${where}: ${what}`, value);
  let index = 0;
  const nodes = listOf('a list', (_path, node): GraphNode => {
    const [own] = indices(`nodes[${index}].layer`, [fieldOf(node, 'layer')], layers.length);
    // Only nodes with a lower index: this excludes cycles.
    const before = indices(`nodes[${index}].inputs`, fieldOf(node, 'inputs'), index);
    if (isInput(layers[own]) !== (before.length === 0)) {
      throw new ValueError(
        `${where}: nodes[${index}] expected inputs for every layer except an input, got ${before.length}.`,
      );
    }
    index += 1;
    return { layer: own, inputs: before };
  })(`${where}: nodes`, saved.nodes);
  const graph = {
    layers,
    names: nameLayers(where, layers),
    nodes,
    inputs: indices('inputs', saved.inputs, nodes.length),
    outputs: indices('outputs', saved.outputs, nodes.length),
    naming: 'layers',
  } as const;
  const listed = new Set(graph.inputs);
  nodes.forEach(({ layer }, index) => {
    if (isInput(layers[layer]) !== listed.has(index)) {
      throw new ValueError(`${where}: inputs expected every input of the graph and nothing else, got nodes[${index}].`);
    }
  });
  requireInputsAndOutputs(where, graph);
  return graph;
}
