/**
 * How each layer is written as layers of TensorFlow.js 4.22: a table over the kinds of layers and one over those of
 * activations. export.ts walks the graph and calls it.
 */
import { describe } from '../../common/describe.js';
import { UnsupportedError } from '../../common/errors.js';
import type { NamedTensor } from '../../common/tensors.js';
import type {
  Activation,
  ActivationConfig,
  BatchNormalizationConfig,
  DenseConfig,
  DotConfig,
  DropoutConfig,
  EmbeddingConfig,
  GaussianNoiseConfig,
  Initializer,
  LayerNormalizationConfig,
  PreluConfig,
  RescalingConfig,
} from '../../index.js';
import { factorOf } from '../variances.js';
import { writeConstraint, writeInitializer, writeRegularizer, type KerasObject } from './write-options.js';

/** A tensor to write under a name; its rows and columns are swapped where it is transposed. */
export interface WrittenTensor {
  readonly name: string;
  readonly tensor: NamedTensor;
  readonly transposed?: boolean;
}

/** A layer of TensorFlow.js. */
export interface Part {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors?: readonly WrittenTensor[];
}

/** A layer to write. */
export interface WrittenLayer<C = unknown> {
  /** Start of messages. */
  readonly where: string;
  readonly config: C;
  readonly tensors: readonly NamedTensor[];
}

type Write<C> = (layer: WrittenLayer<C>) => readonly Part[];

const refuse = (where: string, what: string, got: unknown, hint: string): never => {
  throw new UnsupportedError(`${where}: ${what} expected one of TensorFlow.js, got ${describe(got)}. ${hint}`);
};

/** Activations that TensorFlow.js has as an option, by their names here. */
const NAMES: Readonly<Record<string, string>> = {
  linear: 'linear',
  sigmoid: 'sigmoid',
  tanh: 'tanh',
  relu: 'relu',
  relu6: 'relu6',
  selu: 'selu',
  swish: 'swish',
  gelu: 'gelu',
  softplus: 'softplus',
  softsign: 'softsign',
  mish: 'mish',
  softmax: 'softmax',
  logSoftmax: 'log_softmax',
};

/** Why an activation has no counterpart. */
const REASONS: Readonly<Record<string, string>> = {
  hardSigmoid: 'Its hardSigmoid has a slope of 0.2, not of 1/6.',
  elu: 'Its elu has an alpha of 1.',
  tanhGelu: 'It cannot load its gelu_new.',
  custom: 'A file cannot hold functions.',
};

/** Returns an activation as an option, or as a layer of its own. */
function activationOf(where: string, activation: Activation): { readonly name: string; readonly part?: Part } {
  const { kind, config } = activation;
  if (Object.hasOwn(NAMES, kind)) return { name: NAMES[kind] };
  if (kind === 'leakyRelu')
    return { name: 'linear', part: { className: 'LeakyReLU', config: { alpha: config.alpha } } };
  if (kind === 'elu' && config.alpha === 1) return { name: 'elu' };
  const hint = Object.hasOwn(REASONS, kind) ? REASONS[kind] : 'Choose another activation.';
  return refuse(where, 'activation', kind === 'custom' ? config.name : kind, hint);
}

function initializerOf(where: string, name: string, initializer: Initializer): KerasObject {
  return (
    writeInitializer(initializer) ??
    refuse(
      where,
      name,
      initializer.kind === 'custom' ? initializer.config.name : initializer.kind,
      'Choose another one.',
    )
  );
}

/** Throws where a layer has an option of training that TensorFlow.js lacks. */
function requireOptions(
  where: string,
  config: { readonly learningRateFactor?: unknown; readonly activityRegularizer?: unknown },
): void {
  for (const name of ['learningRateFactor', 'activityRegularizer'] as const) {
    if (config[name] === undefined) continue;
    throw new UnsupportedError(
      `${where}: ${name} expected none, which TensorFlow.js does not run, got ${describe(config[name])}. ` +
        `It acts in training alone: make the model without it, and set its weights.`,
    );
  }
}

const preluPart = (tensor: NamedTensor, initializer: Initializer, where: string): Part => ({
  className: 'PReLU',
  config: {
    alpha_initializer: initializerOf(where, 'slopeInitializer', initializer),
    alpha_regularizer: null,
    alpha_constraint: null,
    shared_axes: null,
  },
  tensors: [{ name: 'alpha', tensor }],
});

/** Initial slopes of `activation: 'prelu'`. */
const SLOPE: Initializer = { kind: 'constant', config: { value: 0.25 } };

const dense: Write<DenseConfig> = ({ where, config, tensors }) => {
  const { units, useBias, activation } = config;
  const isPrelu = activation.kind === 'prelu';
  const { name, part } = isPrelu ? { name: 'linear' } : activationOf(where, activation);
  const [weight, ...others] = tensors;
  return [
    {
      className: 'Dense',
      config: {
        units,
        activation: name,
        use_bias: useBias,
        kernel_initializer: initializerOf(where, 'kernelInitializer', config.kernelInitializer),
        bias_initializer: initializerOf(where, 'biasInitializer', config.biasInitializer),
        kernel_regularizer: writeRegularizer(config.kernelRegularizer),
        bias_regularizer: writeRegularizer(config.biasRegularizer),
        activity_regularizer: null,
        kernel_constraint: writeConstraint(config.kernelConstraint),
        bias_constraint: writeConstraint(config.biasConstraint),
      },
      tensors: [
        { name: 'kernel', tensor: weight, transposed: true },
        ...(useBias ? [{ name: 'bias', tensor: others[0] }] : []),
      ],
    },
    ...(isPrelu ? [preluPart(tensors[tensors.length - 1], SLOPE, where)] : []),
    ...(part === undefined ? [] : [part]),
  ];
};

const named = (names: readonly string[], tensors: readonly NamedTensor[]): WrittenTensor[] =>
  tensors.map((tensor, index) => ({ name: names[index], tensor }));

/** Names of γ and β, where the layer has them. */
const scaleAndShift = ({ scale, center }: { readonly scale: boolean; readonly center: boolean }): string[] => [
  ...(scale ? ['gamma'] : []),
  ...(center ? ['beta'] : []),
];

/** The number in a list of one column, which says the same as the number alone. */
const ofOneColumn = (value: number | readonly number[]): number | readonly number[] =>
  typeof value !== 'number' && value.length === 1 ? value[0] : value;

const embedding: Write<EmbeddingConfig> = ({ where, config, tensors }) => {
  const { embeddingsInitializer, embeddingsRegularizer, embeddingsConstraint } = config;
  const [inputDim, outputDim] = [config.inputDim, config.outputDim].map(ofOneColumn);
  if (typeof inputDim !== 'number') {
    return refuse(where, 'inputDim', inputDim, 'All columns read the same vectors there: use an embedding for each.');
  }
  return [
    {
      className: 'Embedding',
      config: {
        input_dim: inputDim,
        output_dim: outputDim,
        embeddings_initializer: initializerOf(where, 'embeddingsInitializer', embeddingsInitializer),
        embeddings_regularizer: writeRegularizer(embeddingsRegularizer),
        activity_regularizer: null,
        embeddings_constraint: writeConstraint(embeddingsConstraint, 1),
        mask_zero: false,
        input_length: null,
      },
      tensors: named(['embeddings'], tensors),
    },
    // The vectors of a row side by side.
    { className: 'Flatten', config: {} },
  ];
};

const without =
  <C>(className: string, config: (config: C) => object = () => ({})): Write<C> =>
  (layer) => [{ className, config: { ...config(layer.config) } }];

/** Writers by the kinds of layers; those that TensorFlow.js lacks are absent. */
const WRITERS = {
  dense,
  embedding,
  prelu: ({ where, config, tensors }: WrittenLayer<PreluConfig>) => [
    preluPart(tensors[0], config.slopeInitializer, where),
  ],
  activation: ({ where, config: { activation }, tensors }: WrittenLayer<ActivationConfig>) => {
    if (activation.kind === 'prelu') return [preluPart(tensors[0], SLOPE, where)];
    const { name, part } = activationOf(where, activation);
    return [part ?? { className: 'Activation', config: { activation: name } }];
  },
  batchNormalization: ({ config, tensors }: WrittenLayer<BatchNormalizationConfig>) => [
    {
      className: 'BatchNormalization',
      config: {
        axis: -1,
        momentum: config.momentum,
        epsilon: config.epsilon,
        center: config.center,
        scale: config.scale,
      },
      tensors: named([...scaleAndShift(config), 'moving_mean', 'moving_variance'], tensors),
    },
  ],
  layerNormalization: ({ config, tensors }: WrittenLayer<LayerNormalizationConfig>) => [
    {
      className: 'LayerNormalization',
      config: { axis: -1, epsilon: config.epsilon, center: config.center, scale: config.scale },
      tensors: named(scaleAndShift(config), tensors),
    },
  ],
  rescaling: without('Rescaling', ({ scale, offset }: RescalingConfig) => ({ scale, offset })),
  // (x − mean)·factor, which training leaves as it is; the variance is noted for who reads the file here.
  normalization: ({ tensors: [mean, variance] }: WrittenLayer) => [
    { className: 'Rescaling', config: { scale: 1, offset: Array.from(mean.data, (value) => -value) } },
    {
      className: 'Rescaling',
      config: { scale: Array.from(variance.data, factorOf), offset: 0, variance: [...variance.data] },
    },
  ],
  dropout: without('Dropout', ({ rate }: DropoutConfig) => ({ rate })),
  alphaDropout: without('AlphaDropout', ({ rate }: DropoutConfig) => ({ rate })),
  gaussianDropout: without('GaussianDropout', ({ rate }: DropoutConfig) => ({ rate })),
  gaussianNoise: without('GaussianNoise', ({ stddev }: GaussianNoiseConfig) => ({ stddev })),
  add: without('Add'),
  multiply: without('Multiply'),
  average: without('Average'),
  maximum: without('Maximum'),
  minimum: without('Minimum'),
  concatenate: without('Concatenate', () => ({ axis: -1 })),
  dot: without('Dot', ({ normalize }: DotConfig) => ({ axes: 1, normalize })),
};

/** Returns a layer as layers of TensorFlow.js, one behind the other. */
export function writeLayer(kind: string, layer: WrittenLayer<object>): readonly Part[] {
  requireOptions(layer.where, layer.config);
  if (!Object.hasOwn(WRITERS, kind)) {
    throw new UnsupportedError(
      `${layer.where} expected a layer of TensorFlow.js, got ${kind}, which it lacks. exportOnnx writes all layers.`,
    );
  }
  return (WRITERS[kind as keyof typeof WRITERS] as Write<object>)(layer);
}
