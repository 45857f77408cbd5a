/**
 * Models as layers: the symbolic tensors of a model, and its layers applied to other tensors. Both have the weights of
 * the model, which a model that is built from them shares.
 */
import { isList } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { readOptions, text } from '../common/options.js';
import { layerList } from '../graph/architecture.js';
import { isInput, type Graph } from '../graph/graph.js';
import type { ModelState } from '../graph/model-state.js';
import { isSymbolic, SymbolicTensor, type Layer, type LayerWeights } from '../layers/layer.js';
import { FACTORIES } from '../layers/registry.js';

/**
 * Result of `model.apply`: a tensor for one output, a list of tensors for several.
 * @category Models
 */
export type Applied<O> = O extends Float32Array ? SymbolicTensor : SymbolicTensor[];

/**
 * Options of `model.apply`.
 * @category Models
 */
export interface ApplyOptions {
  /** Start of the names of the layers: `name.dense`. Default 'sequential' or 'model'. */
  name?: string;
}

/** Returns a tensor for each node of a graph, made by `make` from those before it. */
function tensorsOf(
  { nodes }: Graph,
  layerWeights: readonly (LayerWeights | undefined)[],
  layerOf: (layer: number) => Layer,
  inputOf: (node: number) => SymbolicTensor,
): SymbolicTensor[] {
  const tensors: SymbolicTensor[] = [];
  nodes.forEach(({ layer, inputs }, node) => {
    if (inputs.length === 0) tensors.push(inputOf(node));
    else {
      const tensor = new SymbolicTensor(
        layerOf(layer),
        inputs.map((before) => tensors[before]),
      );
      tensor.weights = layerWeights[layer];
      tensors.push(tensor);
    }
  });
  return tensors;
}

/** Returns the tensors of a model that was not built from any: one for each node. */
export function ownTensors(
  { plan: { graph } }: ModelState,
  layerWeights: readonly (LayerWeights | undefined)[],
): SymbolicTensor[] {
  // Layers that the factories made, from options or from a file.
  const layerOf = (layer: number): Layer => graph.layers[layer] as unknown as Layer;
  return tensorsOf(graph, layerWeights, layerOf, (node) => new SymbolicTensor(layerOf(graph.nodes[node].layer), []));
}

/** Returns the inputs of `apply`: one tensor, or a list of as many as the model has inputs. */
function readInputs(given: unknown, count: number): SymbolicTensor[] {
  const list: readonly unknown[] = isList(given) ? given : [given];
  if (list.length !== count) {
    throw new ShapeError(`apply: inputs expected ${counted(count, 'tensor')}, got ${list.length}.`);
  }
  return Array.from({ length: count }, (_, index) => {
    const tensor = list[index];
    if (isSymbolic(tensor)) return tensor;
    throw new ValueError(
      `apply: inputs expected what input() or apply() returns, got ${describe(tensor)} at index ${index}.`,
    );
  });
}

/** Applies copies of a model's layers, which have its weights, to other tensors; returns the outputs. */
export function applyModel(
  { plan: { graph }, frozen }: ModelState,
  layerWeights: readonly (LayerWeights | undefined)[],
  given: unknown,
  options: ApplyOptions | undefined,
): SymbolicTensor[] {
  const { name } = readOptions<Required<ApplyOptions>>('apply', options, {
    name: { check: text, or: graph.naming === 'modules' ? 'sequential' : 'model' },
  });
  const inputs = readInputs(given, graph.inputs.length);
  const described = graph.layers.map((layer, index) => ({
    kind: layer.kind,
    config: isInput(layer) ? layer.config : { ...layer.config, name: undefined, trainable: !frozen.has(index) },
  }));
  // What a factory of a layer returns.
  const copies = layerList(FACTORIES, 'with inputs')('apply: layers', described) as unknown as readonly Layer[];
  copies.forEach((layer, index) => (layer.nameBase = `${name}.${graph.names[index]}`));
  const tensors = tensorsOf(
    graph,
    layerWeights,
    (layer) => copies[layer],
    (node) => inputs[graph.inputs.indexOf(node)],
  );
  return graph.outputs.map((node) => tensors[node]);
}
