/** Random networks of the layers that TensorFlow.js has too, with their options, shared layers, inputs and outputs. */
import {
  activation,
  add,
  alphaDropout,
  average,
  batchNormalization,
  concatenate,
  constant,
  createEngineSync,
  dense,
  dot,
  dropout,
  elu,
  embedding,
  gaussianDropout,
  gaussianNoise,
  identity,
  input,
  l1,
  l1l2,
  l2,
  layerNormalization,
  leakyRelu,
  maximum,
  maxNorm,
  minimum,
  minMaxNorm,
  multiply,
  nonNegative,
  normalization,
  orthogonal,
  prelu,
  randomNormal,
  randomUniform,
  rescaling,
  truncatedNormal,
  unitNorm,
  varianceScaling,
  type Layer,
  type SymbolicTensor,
} from '../../../src/index.js';
import type { GraphModel } from '../reference/graph-model.js';
import { source } from '../reference/random.js';
import { disturb } from './networks.js';

const engine = createEngineSync();

const ACTIVATIONS = [
  ...(['linear', 'sigmoid', 'tanh', 'relu', 'relu6', 'selu', 'swish', 'gelu', 'softplus', 'softsign', 'mish'] as const),
  ...(['softmax', 'logSoftmax', 'prelu'] as const),
  leakyRelu({ alpha: 0.3 }),
  leakyRelu({ alpha: 0 }),
  elu(),
];

const INITIALIZERS = [
  ...([
    'zeros',
    'ones',
    'glorotNormal',
    'glorotUniform',
    'heNormal',
    'heUniform',
    'lecunNormal',
    'lecunUniform',
  ] as const),
  constant({ value: 0.1 }),
  randomNormal({ mean: 0.5, stddev: 0.2 }),
  truncatedNormal(),
  randomUniform({ minval: -1, maxval: 0.1 }),
  orthogonal({ gain: 0.5 }),
  identity(),
  varianceScaling({ scale: 2, mode: 'fanOut', distribution: 'uniform' }),
  varianceScaling({ mode: 'fanAvg' }),
];

const REGULARIZERS = [undefined, l1(0.1), l2(0.3), l1l2({ l1: 0.01, l2: 0.07 })];
const CONSTRAINTS = [
  undefined,
  maxNorm(3),
  nonNegative(),
  unitNorm(),
  minMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.9 }),
];

/**
 * A random chain or graph with weights of its own, and rows of each input. TensorFlow.js holds weights to their
 * constraints when it loads them, so networks that it runs have none.
 */
export function tfjsModel(seed: number, constraints = false): { net: GraphModel; xs: Float32Array[]; rows: number } {
  const from = source(seed);
  const pick = <T>(list: readonly T[]): T => list[from.below(list.length)];
  const flag = (): boolean => from.below(2) === 1;
  const units = (): number => 1 + from.below(9);
  const trainable = (): { trainable?: boolean } => (from.below(5) === 0 ? { trainable: false } : {});
  const one: readonly (() => Layer)[] = [
    ...new Array<() => Layer>(5).fill(() =>
      dense({
        units: units(),
        activation: pick(ACTIVATIONS),
        useBias: flag(),
        kernelInitializer: pick(INITIALIZERS),
        biasInitializer: pick(['zeros', 'ones'] as const),
        kernelRegularizer: pick(REGULARIZERS)!,
        biasRegularizer: pick(REGULARIZERS)!,
        kernelConstraint: (constraints ? pick(CONSTRAINTS) : undefined)!,
        biasConstraint: (constraints ? pick(CONSTRAINTS) : undefined)!,
        ...trainable(),
      }),
    ),
    () => activation(pick(ACTIVATIONS)),
    () => prelu({ slopeInitializer: constant({ value: 0.3 }) }),
    () => batchNormalization({ momentum: 0.8, epsilon: 0.01, scale: flag(), center: flag(), ...trainable() }),
    () => layerNormalization({ epsilon: 0.05, scale: flag(), center: flag() }),
    () => rescaling({ scale: 0.7, offset: -0.2 }),
    () => normalization(),
    () => dropout({ rate: 0.25 }),
    () => alphaDropout({ rate: 0.1 }),
    () => gaussianDropout({ rate: 0.1 }),
    () => gaussianNoise({ stddev: 0.3 }),
  ];
  const rows = 1 + from.below(5);
  const fill = (width: number): Float32Array => Float32Array.from({ length: rows * width }, () => from.symmetric(2));
  if (seed % 3 === 0) {
    const width = units();
    const first = dense({ units: units(), activation: pick(ACTIVATIONS), inputShape: [width] });
    const net = engine.sequential({ layers: [first, ...Array.from({ length: from.below(6) }, () => pick(one)())] });
    disturb(net, from);
    return { net, xs: [fill(width)], rows };
  }
  const tensors: { tensor: SymbolicTensor; width: number }[] = [];
  const widths = Array.from({ length: 1 + from.below(3) }, units);
  const inputs = widths.map((width, index) => {
    const tensor = input({ shape: [width], name: `in.${index}` });
    tensors.push({ tensor, width });
    return tensor;
  });
  const shared = [dense({ units: 4, activation: 'tanh' }), dense({ units: 3, activation: leakyRelu() })];
  const read = new Set<SymbolicTensor>();
  const use = (given: { tensor: SymbolicTensor; width: number }): SymbolicTensor => {
    read.add(given.tensor);
    return given.tensor;
  };
  const push = (tensor: SymbolicTensor, width: number): void => void tensors.push({ tensor, width });
  for (let step = 0; step < 4 + from.below(8); step++) {
    const a = pick(tensors);
    const kind = from.below(8);
    if (kind === 0) {
      const b = pick(tensors);
      push(concatenate().apply([use(a), use(b)]), a.width + b.width);
    } else if (kind === 1) {
      const width = units();
      const parts = [a, pick(tensors)].map((part) => dense({ units: width }).apply(use(part)));
      push(pick([add, multiply, average, maximum, minimum])().apply(parts), width);
    } else if (kind === 2) {
      const parts = [a, pick(tensors)].map((part) => dense({ units: 4 }).apply(use(part)));
      push(dot({ normalize: flag() }).apply(parts), 1);
    } else if (kind === 3) {
      // Used in several places, on 4 columns each time.
      const before = dense({ units: 4 }).apply(use(a));
      push(shared[0].apply(shared[0].apply(before)), 4);
      push(shared[1].apply(shared[0].apply(before)), 3);
    } else {
      const layer = pick(one)();
      const width = (layer.config as { units?: number }).units ?? a.width;
      push(layer.apply(use(a)), width);
    }
  }
  for (const tensor of inputs) if (!read.has(tensor)) push(dense({ units: 2 }).apply(tensor), 2);
  const outputs = tensors.map(({ tensor }) => tensor).filter((tensor) => !read.has(tensor) && !inputs.includes(tensor));
  const net = engine.model({ inputs, outputs: outputs.length === 1 ? outputs[0] : outputs });
  disturb(net, from);
  return { net, xs: widths.map(fill), rows };
}

/** A network that reads categories. */
export function categories(): { net: GraphModel; xs: Float32Array[]; rows: number } {
  const [words, sizes] = [input({ shape: [3], name: 'words' }), input({ shape: [2], name: 'sizes' })];
  const vectors = embedding({ inputDim: 5, outputDim: 3 }).apply(words);
  const net = engine.model({
    inputs: [words, sizes],
    outputs: dense({ units: 2 }).apply(concatenate().apply([vectors, sizes])),
  });
  return { net, xs: [Float32Array.of(4, 0, 2, 1, 1, 3), Float32Array.of(1, 2, 3, -4)], rows: 2 };
}
