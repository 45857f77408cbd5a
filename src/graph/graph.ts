import { describe } from '../common/describe.js';
import { StateError, ValueError } from '../common/errors.js';
import { fieldsOf } from '../common/objects.js';
import { listOf } from '../common/options.js';
import { inputLayer, type InputConfig } from '../layers/input.js';
import type { Layer, SymbolicTensor } from '../layers/layer.js';

/** A layer in one place of a graph, on the outputs of other nodes. */
export interface GraphNode {
  /** Index of its layer. */
  readonly layer: number;
  /** Indices of nodes, all before this one. */
  readonly inputs: readonly number[];
}

/** A network of layers, as written: plain data but for the layers' own functions. */
export interface Graph {
  readonly layers: readonly Layer[];
  /** Name of each layer, all different. */
  readonly names: readonly string[];
  /** In an order in which every node comes after its inputs. */
  readonly nodes: readonly GraphNode[];
  /** Nodes of input layers. */
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  /** How weights are called: by number of module, as in PyTorch's nn.Sequential, or by layer. */
  readonly naming: 'modules' | 'layers';
}

const isInput = (layer: Layer): layer is Layer<'input', InputConfig> => layer.kind === 'input';

/** Number of values of an input layer, or undefined for any other. */
export const inputWidth = (layer: Layer): number | undefined => (isInput(layer) ? layer.config.shape[0] : undefined);

/** A name for each layer: its own, or its kind, numbered from the second on. */
function nameLayers(where: string, layers: readonly Layer[]): string[] {
  const taken = new Set<string>();
  for (const { config } of layers) {
    if (config.name === undefined) continue;
    if (taken.has(config.name)) {
      throw new ValueError(`${where}: layers expected different names, got ${describe(config.name)} twice.`);
    }
    taken.add(config.name);
  }
  const numbers = new Map<string, number>();
  return layers.map(({ kind, config }) => {
    if (config.name !== undefined) return config.name;
    let name: string = kind;
    let number = numbers.get(kind) ?? 1;
    for (; taken.has(name); number++) name = `${kind}_${number}`;
    numbers.set(kind, number);
    taken.add(name);
    return name;
  });
}

/** A chain of layers, the first with an inputShape. */
export function chain(where: string, layers: readonly Layer[]): Graph {
  const first = layers[0];
  if (first === undefined) throw new ValueError(`${where}: layers expected at least one layer, got none.`);
  const shape = first.config.inputShape;
  if (shape === undefined) {
    throw new ValueError(
      `${where}: inputShape expected on the first layer, got none. Add inputShape: [number of inputs].`,
    );
  }
  const all: Layer[] = [inputLayer({ shape }), ...layers];
  return {
    layers: all,
    names: ['input', ...nameLayers(where, layers)],
    nodes: all.map((_, index) => ({ layer: index, inputs: index === 0 ? [] : [index - 1] })),
    inputs: [0],
    outputs: [all.length - 1],
    naming: 'modules',
  };
}

/** What stands between symbolic inputs and outputs, and the tensor of each node. */
export function trace(
  where: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): { readonly graph: Graph; readonly tensors: readonly SymbolicTensor[] } {
  requireSome(where, inputs, outputs);
  const layers: Layer[] = [];
  const nodes: GraphNode[] = [];
  const layerIndices = new Map<Layer, number>();
  const done = new Map<SymbolicTensor, number>();
  const open = new Set<SymbolicTensor>();
  const listed = new Set(inputs);
  const place = (tensor: SymbolicTensor): void => {
    let layer = layerIndices.get(tensor.layer);
    if (layer === undefined) {
      layer = layers.push(tensor.layer) - 1;
      layerIndices.set(tensor.layer, layer);
    }
    done.set(tensor, nodes.push({ layer, inputs: tensor.inputs.map((one) => done.get(one)!) }) - 1);
    open.delete(tensor);
  };
  // Depth first, with a stack of one's own: a deep graph would overflow the engine's.
  const visit = (end: SymbolicTensor, name: string): void => {
    const path = [{ tensor: end, next: 0 }];
    for (let at = path.at(-1); at !== undefined; at = path.at(-1)) {
      const { tensor } = at;
      if (at.next === 0 && !done.has(tensor)) {
        if (open.has(tensor)) {
          throw new ValueError(`${where}: graph expected no cycle, got one through "${tensor.layer.kind}".`);
        }
        open.add(tensor);
        if (isInput(tensor.layer) && !listed.has(tensor)) {
          throw new ValueError(
            `${where}: inputs expected every input that ${name} depends on, got a graph with another ` +
              `"${tensor.layer.config.name ?? 'input'}" of shape [${tensor.layer.config.shape.join(', ')}].`,
          );
        }
      }
      const input = done.has(tensor) ? undefined : tensor.inputs[at.next++];
      if (input !== undefined) {
        path.push({ tensor: input, next: 0 });
        continue;
      }
      if (!done.has(tensor)) place(tensor);
      path.pop();
    }
  };
  inputs.forEach((tensor, index) => {
    if (!isInput(tensor.layer)) {
      throw new ValueError(`${where}: inputs[${index}] expected what input() returns, got a "${tensor.layer.kind}".`);
    }
    visit(tensor, `inputs[${index}]`);
  });
  outputs.forEach((tensor, index) => visit(tensor, `outputs[${index}]`));
  const graph = {
    layers,
    names: nameLayers(where, layers),
    nodes,
    inputs: inputs.map((tensor) => done.get(tensor)!),
    outputs: outputs.map((tensor) => done.get(tensor)!),
    naming: 'layers',
  } as const;
  requireInputsAndOutputs(where, graph);
  const tensors = [...done.keys()];
  requireOwnWeights(where, graph, tensors);
  return { graph, tensors };
}

/**
 * Throws where a live model has weights for one of the nodes: this one would have a second set of them, which training
 * the other would not change.
 */
function requireOwnWeights(where: string, { nodes, names }: Graph, tensors: readonly SymbolicTensor[]): void {
  const node = tensors.findIndex(({ owner }) => owner?.live);
  if (node === -1) return;
  throw new StateError(
    `${where}: outputs expected layers whose weights no other model has, got "${names[nodes[node].layer]}" of a model that was built before. ` +
      `Each model has weights of its own. To share them, build one model with all outputs; ` +
      `for new weights, apply the layers anew or dispose the other model first.`,
  );
}

function requireSome(where: string, inputs: readonly unknown[], outputs: readonly unknown[]): void {
  if (inputs.length === 0) throw new ValueError(`${where}: inputs expected at least one, got none.`);
  if (outputs.length === 0) throw new ValueError(`${where}: outputs expected at least one, got none.`);
}

/** Throws where inputs or outputs are missing or listed twice, or an input reaches no output. */
function requireInputsAndOutputs(where: string, { nodes, inputs, outputs, names }: Graph): void {
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

/** Rebuilds a graph that was saved, `layers` already made; every index is checked. */
export function restoreGraph(
  where: string,
  layers: readonly Layer[],
  saved: { readonly nodes: unknown; readonly inputs: unknown; readonly outputs: unknown },
): Graph {
  const indices = (what: string, value: unknown, limit: number): number[] =>
    listOf('a list', (path, one) => {
      if (!Number.isInteger(one) || (one as number) < 0 || (one as number) >= limit) {
        throw new ValueError(`${path} expected an index below ${limit}, got ${describe(one)}.`);
      }
      // −0 is 0 here as in all options.
      return (one as number) + 0;
    })(`${where}: ${what}`, value);
  let index = 0;
  const nodes = listOf('a list', (_path, node): GraphNode => {
    const { layer, inputs } = fieldsOf(node, 'layer', 'inputs');
    const [own] = indices(`nodes[${index}].layer`, [layer], layers.length);
    // Below its own index: a cycle cannot be written.
    const before = indices(`nodes[${index}].inputs`, inputs, index);
    if (isInput(layers[own]) !== (before.length === 0)) {
      throw new ValueError(
        `${where}: nodes[${index}] expected inputs for every layer but an input, got ${before.length}.`,
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
