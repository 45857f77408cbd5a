/**
 * Turns symbolic tensors into a graph: all nodes between the inputs of a model and its outputs. graph.ts has the graph
 * and its checks; model-options.ts calls this for `model`.
 */
import { ValueError } from '../common/errors.js';
import type { GraphLayer } from '../layers/definition.js';
import type { LayerWeights, SymbolicTensor } from '../layers/layer.js';
import { isInput, nameLayers, requireInputsAndOutputs, requireSome, type Graph, type GraphNode } from './graph.js';

/** Returns the graph between symbolic inputs and outputs, and the tensor of each node. */
export function trace(
  where: string,
  inputs: readonly SymbolicTensor[],
  outputs: readonly SymbolicTensor[],
): { readonly graph: Graph; readonly tensors: readonly SymbolicTensor[] } {
  requireSome(where, inputs, outputs);
  const layers: GraphLayer[] = [];
  const nodes: GraphNode[] = [];
  // A layer is known by its weights too: a model that is used as a layer has copies of its layers.
  const layerIndices = new Map<GraphLayer | LayerWeights, number>();
  const done = new Map<SymbolicTensor, number>();
  const open = new Set<SymbolicTensor>();
  const listed = new Set(inputs);
  const addNode = (tensor: SymbolicTensor): void => {
    const { weights } = tensor;
    const known = weights?.block.live ? weights : tensor.layer;
    const layer = layerIndices.get(known) ?? layerIndices.get(tensor.layer) ?? layers.push(tensor.layer) - 1;
    layerIndices.set(known, layer);
    if (!layerIndices.has(tensor.layer)) layerIndices.set(tensor.layer, layer);
    done.set(tensor, nodes.push({ layer, inputs: tensor.inputs.map((one) => done.get(one)!) }) - 1);
    open.delete(tensor);
  };
  // Depth first, with an explicit stack: with recursion, a deep graph would overflow the call stack.
  const visit = (root: SymbolicTensor, name: string): void => {
    const path = [{ tensor: root, next: 0 }];
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
      if (!done.has(tensor)) addNode(tensor);
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
  return { graph, tensors };
}
