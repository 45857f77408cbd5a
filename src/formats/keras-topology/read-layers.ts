/**
 * What each layer of Keras becomes: a table over the names of its classes. Tensors have shapes without the rows of the
 * batch, and lie row-major in a row here; so what only changes the shape leaves nothing behind, and what acts on the
 * last axis needs all others to be 1.
 */
import { describe, describeShape } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import { sizeOf } from '../../common/tensors.js';
import { ACTIVATION_LAYERS, activationStep, readActivation, type PlainStep } from './read-activations.js';
import {
  batchNormalization,
  dense,
  embedding,
  layerNormalization,
  normalization,
  prelu,
  rescaling,
  rmsNormalization,
} from './read-weighted.js';
import { only, requireLast, width, type KerasLayer, type Read, type Reading, type Shape } from './shapes.js';

const elementwise =
  (read: (layer: KerasLayer) => readonly PlainStep[]): Read =>
  (layer, shapes) => ({ steps: read(layer), shape: only(layer, shapes) });

const merge =
  (kind: string): Read =>
  ({ config }, shapes) => {
    const [first] = shapes;
    for (const shape of shapes) {
      if (shape.length === first.length && shape.every((extent, axis) => extent === first[axis])) continue;
      throw new FormatError(
        `${config.where} expected inputs of the same shape, got ${describeShape(first)} and ${describeShape(shape)}.`,
      );
    }
    return { steps: [{ kind, config: {} }], shape: first };
  };

const concatenate: Read = ({ config }, shapes) => {
  const [first] = shapes;
  for (const shape of shapes) {
    requireLast(config, shape);
    if (shape.length !== first.length || shape.slice(0, -1).some((extent) => extent !== 1)) {
      throw new FormatError(`${config.where} expected rows of numbers, got rows of shape ${describeShape(shape)}.`);
    }
  }
  const total = shapes.reduce((sum, shape) => sum + shape[shape.length - 1], 0);
  return { steps: [{ kind: 'concatenate', config: {} }], shape: [...first.slice(0, -1), total] };
};

const dot: Read = ({ config }, shapes) => {
  const axes = config.get('axes') ?? -1;
  const list: readonly unknown[] = Array.isArray(axes) ? axes : [axes];
  const rows = shapes.every((shape) => shape.length === 1);
  if (!rows || !list.every((axis) => axis === 1 || axis === -1)) config.refuse('axes', '1, of rows of numbers');
  return { steps: [{ kind: 'dot', config: { normalize: config.flag('normalize', false) } }], shape: [1] };
};

const flatten: Read = (layer, shapes) => {
  const { config } = layer;
  const shape = only(layer, shapes);
  const format = config.text('data_format') ?? 'channels_last';
  if (!/last$/i.test(format) && shape.length > 1) config.refuse('data_format', '"channels_last"');
  return { steps: [], shape: [sizeOf(shape)] };
};

const reshape: Read = (layer, shapes) => {
  const { config } = layer;
  const size = sizeOf(only(layer, shapes));
  const given = config.list('target_shape').map((extent) => (extent === null ? -1 : extent)) as number[];
  const known = given.reduce((product, extent) => (extent === -1 ? product : product * extent), 1);
  const target = given.map((extent) => (extent === -1 ? size / known : extent));
  if (!target.every((extent) => Number.isInteger(extent) && extent >= 1) || sizeOf(target) !== size) {
    config.refuse('target_shape', `a shape of ${size} numbers`);
  }
  return { steps: [], shape: target };
};

const noise = (kind: string, option: string): Read =>
  elementwise(({ config }) => {
    config.without('noise_shape');
    return [{ kind, config: { [option]: config.number(option, 0) } }];
  });

/** Activations over the numbers of a row. */
const BY_ROW = new Set<string>(['softmax', 'logSoftmax']);

/** Layers by the names of their classes. */
const LAYERS: Readonly<Record<string, Read>> = {
  Dense: dense,
  Embedding: embedding,
  PReLU: prelu,
  BatchNormalization: batchNormalization,
  LayerNormalization: layerNormalization,
  RMSNormalization: rmsNormalization,
  Normalization: normalization,
  Rescaling: rescaling,
  Activation: (layer, shapes) => {
    const steps = readActivation(layer.config, layer.version3);
    if (steps.some(({ config }) => BY_ROW.has((config as { activation?: { kind: string } }).activation?.kind ?? '')))
      width(layer, shapes);
    return {
      steps: steps.length > 0 ? steps : [activationStep({ kind: 'linear', config: {} })],
      shape: only(layer, shapes),
    };
  },
  Softmax: (layer, shapes) => {
    requireLast(layer.config, only(layer, shapes));
    width(layer, shapes);
    return { steps: [activationStep(ACTIVATION_LAYERS.softmax(layer.config))], shape: shapes[0] };
  },
  ...Object.fromEntries(
    ['ReLU', 'LeakyReLU', 'ELU', 'ThresholdedReLU'].map((name) => [
      name,
      elementwise(({ config }) => [activationStep(ACTIVATION_LAYERS[name.toLowerCase()](config))]),
    ]),
  ),
  Dropout: noise('dropout', 'rate'),
  AlphaDropout: noise('alphaDropout', 'rate'),
  GaussianDropout: noise('gaussianDropout', 'rate'),
  GaussianNoise: noise('gaussianNoise', 'stddev'),
  ActivityRegularization: elementwise(({ config }) => [
    { kind: 'activityRegularization', config: { l1: config.number('l1', 0), l2: 2 * config.number('l2', 0) } },
  ]),
  Add: merge('add'),
  Multiply: merge('multiply'),
  Subtract: merge('subtract'),
  Average: merge('average'),
  Maximum: merge('maximum'),
  Minimum: merge('minimum'),
  Concatenate: concatenate,
  Dot: dot,
  Flatten: flatten,
  Reshape: reshape,
  Identity: elementwise(() => [activationStep({ kind: 'linear', config: {} })]),
};

/** Reads what a layer becomes for inputs of these shapes. */
export function readLayer(layer: KerasLayer, className: string, shapes: readonly Shape[]): Reading {
  if (!Object.hasOwn(LAYERS, className)) {
    throw new FormatError(
      `${layer.config.where} expected a layer that is here, got ${describe(className)}. ` +
        `Networks here have rows of numbers: no convolutions, sequences or custom layers.`,
    );
  }
  if (shapes.length === 0) throw new FormatError(`${layer.config.where} expected inputs, got none.`);
  return LAYERS[className](layer, shapes);
}
