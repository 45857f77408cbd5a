/** Translates between the graph twin's networks and the library's models: layers, weights, data and losses. */
import {
  activation,
  add,
  alphaDropout,
  average,
  batchNormalization,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  dense,
  dot,
  dropout,
  gaussianDropout,
  embedding,
  gaussianNoise,
  input,
  layerNormalization,
  maximum,
  maxout,
  minimum,
  multiply,
  normalization,
  prelu,
  rescaling,
  rmsNormalization,
  sparseCategoricalCrossentropy,
  subtract,
  type Engine,
  type Layer,
  type LossLike,
  type Model,
  type SymbolicTensor,
  type Targets,
} from '../../../src/index.js';
import {
  layerName,
  type Batch,
  type GraphTwin,
  type Layer as TwinLayer,
  type Network,
  type Objective,
} from './graph.js';

export type GraphModel = Model<Float32Array | Float32Array[]>;

/** The options of a layer whose fields have their names. */
function optionsOf<T extends TwinLayer>({ kind: _, ...options }: T): Omit<T, 'kind'> {
  return options;
}

function layerOf(layer: Exclude<TwinLayer, { kind: 'input' }>, name: string): Layer {
  switch (layer.kind) {
    case 'dense':
      return dense({ units: layer.units, activation: layer.activation, useBias: layer.useBias, name });
    case 'maxout':
      return maxout({ units: layer.units, pieces: layer.pieces, useBias: layer.useBias, name });
    case 'activation':
      return activation({ activation: layer.activation, name });
    case 'prelu':
      return prelu({ name });
    case 'dropout':
      return dropout({ rate: layer.rate, name });
    case 'alphaDropout':
      return alphaDropout({ rate: layer.rate, name });
    case 'gaussianDropout':
      return gaussianDropout({ rate: layer.rate, name });
    case 'gaussianNoise':
      return gaussianNoise({ stddev: layer.stddev, name });
    case 'batchNormalization':
      return batchNormalization({ ...optionsOf(layer), name });
    case 'layerNormalization':
      return layerNormalization({ ...optionsOf(layer), name });
    case 'rmsNormalization':
      return rmsNormalization({ ...optionsOf(layer), name });
    case 'rescaling':
      return rescaling({ scale: layer.scale, offset: layer.offset, name });
    case 'normalization':
      return normalization({ name });
    case 'dot':
      return dot({ normalize: layer.normalize, name });
    case 'embedding': {
      const { inputDims, outputDims, shared } = layer;
      const [inputDim, outputDim] = shared ? [inputDims[0], outputDims[0]] : [inputDims, outputDims];
      return embedding({ inputDim, outputDim, name });
    }
    case 'add':
      return add({ name });
    case 'multiply':
      return multiply({ name });
    case 'subtract':
      return subtract({ name });
    case 'average':
      return average({ name });
    case 'maximum':
      return maximum({ name });
    case 'minimum':
      return minimum({ name });
    case 'concatenate':
      return concatenate({ name });
  }
}

/** Builds the library's model of the same network, with its own initial weights. */
export function graphModel(engine: Engine, network: Network): GraphModel {
  const layers = new Map<TwinLayer, Layer>();
  const inputs: SymbolicTensor[] = [];
  const tensors: SymbolicTensor[] = [];
  for (const { layer, inputs: before } of network.nodes) {
    const name = layerName(network, layer);
    if (layer.kind === 'input') {
      inputs.push(input({ shape: [layer.width], name }));
      tensors.push(inputs.at(-1)!);
      continue;
    }
    const made = layers.get(layer) ?? layerOf(layer, name);
    layers.set(layer, made);
    tensors.push(made.apply(before.map((node) => tensors[node])));
  }
  return engine.model({ inputs, outputs: network.outputs.map((node) => tensors[node]), seed: network.seed });
}

/** Copies the twin's weights to the model. Throws where their tensors differ. */
export function bringWeights(twin: GraphTwin, model: GraphModel): void {
  const own = model.getWeights();
  if (own.length !== twin.tensors.length) throw new Error(`${own.length} tensors for ${twin.tensors.length}`);
  model.setWeights(
    own.map(({ name, shape }) => {
      const tensor = twin.tensors.find((one) => one.name === name && one.shape.join() === shape.join());
      if (tensor === undefined) throw new Error(`the twin has no ${name} of ${shape.join(' × ')}`);
      return { shape, data: Float32Array.from(tensor.values) };
    }),
  );
}

export function lossOf({ loss, labelSmoothing }: Objective): LossLike {
  if (labelSmoothing === 0) return loss;
  const factories = { binaryCrossentropy, categoricalCrossentropy, sparseCategoricalCrossentropy };
  return factories[loss as keyof typeof factories]({ labelSmoothing });
}

/** Converts a batch for the library: rows by input, and targets by output, labels as integers. */
export function dataOf({ x, t, sampleWeight }: Batch, objectives: Objective[]) {
  const targets = t.map((rows, output) =>
    objectives[output].loss === 'sparseCategoricalCrossentropy' ? rows.flat() : rows,
  );
  return {
    x: (x.length === 1 ? x[0] : x) as number[][],
    y: (targets.length === 1 ? targets[0] : targets) as Targets,
    options: sampleWeight && { sampleWeight },
  };
}

/** Predictions as a list, for any number of outputs. */
export const listOf = (predictions: Float32Array | Float32Array[]): Float32Array[] =>
  Array.isArray(predictions) ? predictions : [predictions];
