/**
 * Normalization over a batch or over a row, and the fixed transformations of inputs: the operations and their forward
 * steps. normalization.backward.ts has the training steps.
 */
import type { Initializer } from '../initializers/initializers.js';
import type { Forward } from './binding.js';
import { perUnit, type OperationConfigs, type OperationOf, type ParameterSpec } from './operation.js';

const ONES: Initializer = { kind: 'ones', config: {} };
const ZEROS: Initializer = { kind: 'zeros', config: {} };

/** Whether an operation has a γ and a β. */
interface ScaleAndShift {
  readonly scale: boolean;
  readonly center: boolean;
}

/** γ and β, as far as the operation has them. */
const scaleAndShift = (width: number, { scale, center }: ScaleAndShift): ParameterSpec[] => [
  ...(scale ? [perUnit('weight', width, ONES, true)] : []),
  ...(center ? [perUnit('bias', width, ZEROS, true)] : []),
];

/**
 * Returns [γ, β, …others] of the addresses of an operation's parameters or gradients, with 0 for those that the
 * operation does not have: kernels take γ = 1 and β = 0 there, and write no gradient.
 */
export function withScaleAndShift({ scale, center }: ScaleAndShift, addresses: readonly number[]): readonly number[] {
  const gamma = scale ? addresses[0] : 0;
  const beta = center ? addresses[+scale] : 0;
  return [gamma, beta, ...addresses.slice(+scale + +center)];
}

/**
 * y = γ·(x − μ)/√(σ² + ε) + β per unit, with the statistics of the batch in training, else with the running statistics.
 */
export const normalizeBatch = (config: OperationConfigs['batchNormalization']): OperationOf<'batchNormalization'> => ({
  kind: 'batchNormalization',
  config,
  outputWidth: config.width,
  parameters: [
    ...scaleAndShift(config.width, config),
    perUnit('running_mean', config.width, ZEROS, false),
    { ...perUnit('running_var', config.width, ONES, false), least: 0 },
  ],
});

export const batchNormalizationForward: Forward<'batchNormalization'> = {
  inPlace: true,
  bind: (config, { runtime: { kernels }, inputs: [x], output: y, parameters }) => {
    const { width, epsilon } = config;
    const [gamma, beta, mean, variance] = withScaleAndShift(config, parameters);
    return [
      (rows) =>
        kernels.f32_normalize_columns(rows, width, x.address, mean, variance, gamma, beta, y.address, x.ld, epsilon),
    ];
  },
};

/** y = γ·(x − μ)/√(σ² + ε) + β with mean and variance of each row. */
export const normalizeRow = (config: OperationConfigs['layerNormalization']): OperationOf<'layerNormalization'> => ({
  kind: 'layerNormalization',
  config,
  outputWidth: config.width,
  parameters: scaleAndShift(config.width, config),
});

export const layerNormalizationForward: Forward<'layerNormalization'> = {
  inPlace: true,
  bind: (config, { runtime: { kernels }, inputs: [x], output: y, parameters }) => {
    const { width, epsilon } = config;
    const [gamma, beta] = withScaleAndShift(config, parameters);
    return [(rows) => kernels.f32_normalize_rows(rows, width, x.address, gamma, beta, y.address, x.ld, epsilon)];
  },
};

/** y = γ·x/√(mean of x² + ε) with the mean of each row. */
export const normalizeRowByRootMeanSquare = (
  config: OperationConfigs['rmsNormalization'],
): OperationOf<'rmsNormalization'> => ({
  kind: 'rmsNormalization',
  config,
  outputWidth: config.width,
  parameters: scaleAndShift(config.width, { scale: config.scale, center: false }),
});

export const rmsNormalizationForward: Forward<'rmsNormalization'> = {
  inPlace: true,
  bind: ({ width, epsilon }, { runtime: { kernels }, inputs: [x], output: y, parameters: [gamma = 0] }) => [
    (rows) => kernels.f32_rms_rows(rows, width, x.address, gamma, y.address, x.ld, epsilon),
  ],
};

/** y = scale·x + offset. */
export const rescale = (config: OperationConfigs['rescaling']): OperationOf<'rescaling'> => ({
  kind: 'rescaling',
  config,
  outputWidth: config.width,
  parameters: [],
});

export const rescalingForward: Forward<'rescaling'> = {
  inPlace: true,
  bind: ({ scale, offset }, { runtime: { kernels }, inputs: [x], output: y }) => [
    (rows) => kernels.f32_scale_shift(rows * x.ld, x.address, y.address, scale, offset),
  ],
};

/** y = (x − mean)/√variance per column, with given statistics. */
export const standardize = (width: number, mean: Initializer, variance: Initializer): OperationOf<'normalization'> => ({
  kind: 'normalization',
  config: { width },
  outputWidth: width,
  parameters: [perUnit('mean', width, mean, false), { ...perUnit('variance', width, variance, false), least: 0 }],
});

export const normalizationForward: Forward<'normalization'> = {
  inPlace: true,
  // Addresses 0 of γ and β: no scale, no shift.
  bind: ({ width }, { runtime: { kernels }, inputs: [x], output: y, parameters: [mean, variance] }) => [
    (rows) => kernels.f32_normalize_columns(rows, width, x.address, mean, variance, 0, 0, y.address, x.ld, 0),
  ],
};
