/** What Keras' layers with weights, and those that change columns by fixed numbers, become here. */
import { FormatError } from '../../common/errors.js';
import { sizeOf } from '../../common/tensors.js';
import type { Config } from './config.js';
import { factorOf, LEAST_FACTOR } from '../variances.js';
import { columnsLayer, MOST_REPEATED, type LayerTensor } from './network.js';
import { readConstraint, readInitializer, readRegularizer } from './read-options.js';
import { readActivation } from './read-activations.js';
import { only, perColumn, requireLast, width, type KerasLayer, type Read, type Shape, type Step } from './shapes.js';

const tensor = (data: Float32Array, shape: Shape = [data.length]): LayerTensor => ({ data, shape });

/** Options of a kernel that both have. */
const kernelOptions = (config: Config, useBias: boolean): object => ({
  useBias,
  kernelInitializer: readInitializer(config, 'kernel_initializer'),
  biasInitializer: readInitializer(config, 'bias_initializer'),
  kernelRegularizer: readRegularizer(config, 'kernel_regularizer'),
  biasRegularizer: readRegularizer(config, 'bias_regularizer'),
  activityRegularizer: readRegularizer(config, 'activity_regularizer'),
  kernelConstraint: readConstraint(config, 'kernel_constraint'),
  biasConstraint: readConstraint(config, 'bias_constraint', 0, 1),
});

/** γ and β, where the layer has them. */
function scaleAndShift(layer: KerasLayer, size: number) {
  const { config } = layer;
  const [scale, center] = [config.flag('scale', true), config.flag('center', true)];
  for (const part of ['gamma', 'beta']) {
    config.without(`${part}_regularizer`);
    config.without(`${part}_constraint`);
  }
  return {
    scale,
    center,
    tensors: (): LayerTensor[] => [
      ...(scale ? [tensor(layer.weight('gamma', 0, [size]))] : []),
      ...(center ? [tensor(layer.weight('beta', +scale, [size]))] : []),
    ],
  };
}

export const dense: Read = (layer, shapes) => {
  const { config, version3 } = layer;
  const inputs = width(layer, shapes);
  const units = config.number('units', 0);
  if (!Number.isInteger(units) || units < 1) config.refuse('units', 'an integer of at least 1');
  const useBias = config.flag('use_bias', true);
  const after = readActivation(config, version3);
  const own = after.length === 1 && after[0].kind === 'activation' ? after[0].config : {};
  const kernel = { units, ...own, ...kernelOptions(config, useBias) };
  const tensors = (): LayerTensor[] => [
    tensor(layer.weight('kernel', 0, [inputs, units], true), [units, inputs]),
    ...(useBias ? [tensor(layer.weight('bias', 1, [units]))] : []),
  ];
  return {
    steps: [{ kind: 'dense', config: kernel, tensors }, ...(after.length > 1 ? after : [])],
    shape: [...shapes[0].slice(0, -1), units],
  };
};

export const batchNormalization: Read = (layer, shapes) => {
  const { config } = layer;
  requireLast(config, only(layer, shapes));
  const size = width(layer, shapes);
  const { scale, center, tensors } = scaleAndShift(layer, size);
  const settled = { momentum: config.number('momentum', 0.99), epsilon: config.number('epsilon', 1e-3), scale, center };
  const before = +scale + +center;
  const all = (): LayerTensor[] => [
    ...tensors(),
    ...['moving_mean', 'moving_variance'].map((name, index) => tensor(layer.weight(name, before + index, [size]))),
  ];
  return { steps: [{ kind: 'batchNormalization', config: settled, tensors: all }], shape: shapes[0] };
};

export const layerNormalization: Read = (layer, shapes) => {
  const { config } = layer;
  requireLast(config, only(layer, shapes));
  const { scale, center, tensors } = scaleAndShift(layer, width(layer, shapes));
  if (config.flag('rms_scaling', false)) config.refuse('rms_scaling', 'false');
  const settled = { epsilon: config.number('epsilon', 1e-3), scale, center };
  return { steps: [{ kind: 'layerNormalization', config: settled, tensors }], shape: shapes[0] };
};

export const rmsNormalization: Read = (layer, shapes) => {
  const { config } = layer;
  requireLast(config, only(layer, shapes));
  const size = width(layer, shapes);
  const tensors = (): LayerTensor[] => [tensor(layer.weight('scale', 0, [size]))];
  return {
    steps: [{ kind: 'rmsNormalization', config: { epsilon: config.number('epsilon', 1e-6) }, tensors }],
    shape: shapes[0],
  };
};

/** Smallest variance by whose root Keras divides: the square of 1e-7. */
const SMALLEST_VARIANCE = 1e-14;

export const normalization: Read = (layer, shapes) => {
  const { config } = layer;
  requireLast(config, only(layer, shapes));
  if (config.flag('invert', false)) config.refuse('invert', 'false');
  const size = width(layer, shapes);
  const values = (name: string, index: number): Float32Array => {
    const given = config.get(name) === undefined ? undefined : perColumn(config, name, 0, size);
    if (given === undefined) return layer.weight(name, index, [size]);
    return typeof given === 'number' ? layer.repeat(given, size) : Float32Array.from(given);
  };
  const tensors = (): LayerTensor[] => [
    tensor(values('mean', 0)),
    tensor(values('variance', 1).map((variance) => Math.max(variance, SMALLEST_VARIANCE))),
  ];
  return { steps: [{ kind: 'normalization', config: {}, tensors }], shape: shapes[0] };
};

export const rescaling: Read = (layer, shapes) => {
  const { config } = layer;
  const shape = only(layer, shapes);
  const size = sizeOf(shape);
  const scale = perColumn(config, 'scale', 1, size);
  const offset = perColumn(config, 'offset', 0, size);
  if (typeof scale === 'number' && typeof offset === 'number') {
    return { steps: [{ kind: 'rescaling', config: { scale, offset } }], shape };
  }
  const at = (list: number | readonly number[], column: number): number =>
    typeof list === 'number' ? list : list[column];
  const columns = Array.from({ length: size }, (_, column) => column);
  // x·scale + offset = (x − (−offset/scale))·scale
  const means = columns.map((column) => -at(offset, column) / (at(scale, column) || LEAST_FACTOR));
  const { kind, tensors } = columnsLayer(
    config.where,
    means,
    columns.map((column) => at(scale, column)),
    '',
  );
  return {
    steps: [{ kind, config: {}, tensors: () => tensors }],
    shape,
    columns:
      scale === 1
        ? { offset: offset as readonly number[] }
        : offset === 0
          ? { scale: scale as readonly number[], variance: config.get('variance') }
          : {},
  };
};

/** Returns the layer of y = (x + offset)·scale, with the variance that the writer noted if it is of this scale. */
export function columnsOf(where: string, offset: readonly number[], scale: readonly number[], noted: unknown): Step {
  const { kind, tensors } = columnsLayer(
    where,
    offset.map((value) => -value),
    scale,
    '',
  );
  const given: readonly unknown[] = Array.isArray(noted) && noted.length === scale.length ? noted : [];
  const [, variance] = tensors;
  given.forEach((value, column) => {
    if (typeof value === 'number' && value >= 0 && factorOf(Math.fround(value)) === Math.fround(scale[column])) {
      variance.data[column] = value;
    }
  });
  return { kind, config: {}, tensors: () => tensors };
}

export const embedding: Read = (layer, shapes) => {
  const { config } = layer;
  const shape = only(layer, shapes);
  const [inputDim, outputDim] = [config.number('input_dim', 0), config.number('output_dim', 0)];
  config.without('activity_regularizer');
  // A layer has a limit for each column of categories.
  if (sizeOf(shape) > MOST_REPEATED) {
    throw new FormatError(`${config.where} expected at most ${MOST_REPEATED} columns, got ${sizeOf(shape)}.`);
  }
  const settled = {
    inputDim,
    outputDim,
    embeddingsInitializer: readInitializer(config, 'embeddings_initializer'),
    embeddingsRegularizer: readRegularizer(config, 'embeddings_regularizer'),
    embeddingsConstraint: readConstraint(config, 'embeddings_constraint', 1),
  };
  const dims = [inputDim, outputDim];
  return {
    steps: [{ kind: 'embedding', config: settled, tensors: () => [tensor(layer.weight('embeddings', 0, dims), dims)] }],
    shape: [...shape, outputDim],
  };
};

export const prelu: Read = (layer, shapes) => {
  const { config } = layer;
  const size = width(layer, shapes);
  config.without('alpha_regularizer');
  config.without('alpha_constraint');
  if (config.list('shared_axes').length > 0) config.refuse('shared_axes', 'null', ' Each unit has a slope here.');
  const [shape] = shapes;
  return {
    steps: [
      {
        kind: 'prelu',
        config: { slopeInitializer: readInitializer(config, 'alpha_initializer') },
        tensors: () => [tensor(layer.weight('alpha', 0, shape), [size])],
      },
    ],
    shape,
  };
};
