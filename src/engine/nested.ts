/** Models among the layers of `sequential`: they stand for their layers, whose weights the new model shares. */
import { counted } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { isInstance } from '../common/objects.js';
import type { Graph } from '../graph/graph.js';
import type { GraphLayer, LayerFactories } from '../layers/definition.js';
import { SymbolicTensor, type Layer } from '../layers/layer.js';
import { FACTORIES } from '../layers/registry.js';
import { Model } from '../model/model.js';

/** A model in the place of a layer. */
interface NestedModel extends GraphLayer {
  readonly model: Model;
}

const isNested = (layer: GraphLayer): layer is NestedModel => Object.hasOwn(layer, 'model');

function nested(path: string, model: Model): NestedModel {
  const { inputs, outputs } = model.widths;
  if (inputs.length !== 1 || outputs.length !== 1) {
    const got = `${counted(inputs.length, 'input')} and ${counted(outputs.length, 'output')}`;
    throw new ValueError(
      `${path} expected a model of one input and one output, got one of ${got}. Use model() and apply.`,
    );
  }
  return { kind: 'model', config: { inputShape: inputs }, lower: () => [], inputs: () => inputs[0], model };
}

/** Factories of layers that take models too. */
export const WITH_MODELS: LayerFactories = {
  ...FACTORIES,
  resolve: (path, value, factories) =>
    isInstance(value, Model<Float32Array>) ? (nested(path, value) as never) : FACTORIES.resolve(path, value, factories),
};

/** Returns input and output of a chain with models; undefined if it has none. */
export function chainOfModels({
  layers,
}: Graph): { readonly input: SymbolicTensor; readonly output: SymbolicTensor } | undefined {
  if (!layers.some(isNested)) return undefined;
  const [first, ...others] = layers;
  const input = new SymbolicTensor(first as unknown as Layer, []);
  const output = others.reduce<SymbolicTensor>(
    (tensor, layer) => (isNested(layer) ? layer.model.apply(tensor) : (layer as unknown as Layer).apply(tensor)),
    input,
  );
  return { input, output };
}
