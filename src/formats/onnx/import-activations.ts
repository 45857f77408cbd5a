/** Operators that become activations and normalizations. */
import type { Activation } from '../../index.js';
import { axisOf } from './constants.js';
import { activate, constantAt, isFlat, isKnown, onRows, type Read } from './reading.js';
import { perColumn } from './values.js';

type Plain = Exclude<Activation['kind'], 'custom' | 'leakyRelu' | 'elu' | 'celu'>;

export const activation = (kind: Plain): Read =>
  onRows((rows, reading) => activate(reading, rows, { kind, config: {} }));

export const withAlpha = (kind: 'leakyRelu' | 'elu' | 'celu', or: number): Read =>
  onRows((rows, reading) =>
    activate(reading, rows, { kind, config: { alpha: reading.attributes.float('alpha') ?? or } }),
  );

/** softmax and logSoftmax, which are over all features of a row. */
export const overRow = (kind: 'softmax' | 'logSoftmax'): Read =>
  onRows((rows, reading) => {
    const { attributes, opset, where } = reading;
    const rank = rows.dims.length + 1;
    // Before set 13 all axes from this one on were one.
    const axis = axisOf(where, attributes.int('axis') ?? (opset < 13 ? 1 : -1), rank);
    const whole = opset < 13 ? axis === 1 : axis === rank - 1 && isFlat(rows);
    return whole ? activate(reading, rows, { kind, config: {} }) : 'an axis that holds all features of a row';
  });

/** The slope and the middle of hardSigmoid, which is x/6 + ½ here. */
export const hardSigmoid: Read = onRows((rows, reading) => {
  const [alpha, beta] = [reading.attributes.float('alpha') ?? 0.2, reading.attributes.float('beta') ?? 0.5];
  const scale = Math.abs(6 * alpha - 1) < 1e-6 ? 1 : 6 * alpha;
  const line = reading.columns.line(reading.where, rows, scale, 6 * (beta - 0.5));
  return activate(reading, line, { kind: 'hardSigmoid', config: {} });
});

/** x above 0, else a slope of each column. */
export const prelu: Read = onRows((rows, reading) => {
  const slopes = constantAt(reading, 1);
  if (slopes === undefined) return 'slopes that are constants';
  return reading.columns.after(rows, {
    kind: 'prelu',
    slopes: perColumn(reading.where, slopes, rows.dims, reading.maker),
  });
});

/** SELU with its own two numbers; others are a scaled ELU. */
export const selu: Read = onRows((rows, reading) => {
  const { attributes, columns, where } = reading;
  const alpha = attributes.float('alpha') ?? 1.6732632;
  const gamma = attributes.float('gamma') ?? 1.050701;
  const isOwn = Math.abs(alpha - 1.6732632) < 1e-6 && Math.abs(gamma - 1.050701) < 1e-6;
  if (isOwn) return activate(reading, rows, { kind: 'selu', config: {} });
  return columns.line(where, activate(reading, rows, { kind: 'elu', config: { alpha } }), gamma, 0);
});

export const batchNormalization: Read = onRows((rows, reading) => {
  const { attributes, where, maker } = reading;
  const tensors = [1, 2, 3, 4].map((index) => constantAt(reading, index));
  if (tensors.some((tensor) => tensor === undefined)) return 'scale, shift, mean and variance that are constants';
  if (attributes.int('training_mode')) return 'training_mode of 0';
  if (rows.dims.length !== 1) return 'rows of features';
  return reading.columns.after(rows, {
    kind: 'batchNormalization',
    epsilon: attributes.float('epsilon') ?? 1e-5,
    momentum: attributes.float('momentum') ?? 0.9,
    tensors: tensors.map((tensor) => perColumn(where, tensor!, rows.dims, maker)),
  });
});

/** LayerNormalization and RMSNormalization, over all features of a row. */
export const normalizesRow = (kind: 'layerNormalization' | 'rmsNormalization'): Read =>
  onRows((rows, reading) => {
    const { attributes, where, maker, inputs } = reading;
    const axis = axisOf(where, attributes.int('axis') ?? -1, rows.dims.length + 1);
    if (axis !== 1 && !(axis === rows.dims.length && isFlat(rows))) return 'an axis that holds all features of a row';
    const [scale, shift] = [1, 2].map((index) => {
      const tensor = constantAt(reading, index);
      return tensor && perColumn(where, tensor, rows.dims, maker);
    });
    if (inputs.slice(1).some((input) => input !== undefined && !isKnown(input)))
      return 'scale and shift that are constants';
    const epsilon = attributes.float('epsilon') ?? 1e-5;
    if (kind === 'rmsNormalization') return reading.columns.after(rows, { kind, epsilon, scale });
    return reading.columns.after(rows, { kind, epsilon, scale, shift });
  });

export const gelu: Read = onRows((rows, reading) =>
  activate(reading, rows, {
    kind: reading.attributes.string('approximate') === 'tanh' ? 'tanhGelu' : 'gelu',
    config: {},
  }),
);
