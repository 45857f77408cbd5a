import { fraction, positive, readOptions, type OptionTable } from '../common/options.js';
import { padded } from '../runtime/panels.js';
import { ones, zeros, type Initializer } from '../initializers/initializers.js';
import { LAYER_OPTIONS } from './checks.js';
import { Layer, onOne, type LayerConfig, type LayerOptions } from './layer.js';
import type { Operation, ParameterSpec } from './operation.js';

/** PyTorch's. */
const EPSILON = 1e-5;

/** One value per unit. */
export const perUnit = (name: string, width: number, initializer: Initializer, learned: boolean): ParameterSpec => ({
  name,
  shape: [width],
  storage: 'vector',
  learned,
  initializer,
  fanIn: width,
  fanOut: width,
});

/** What `batchNormalization` takes. */
export interface BatchNormalizationOptions extends LayerOptions {
  /** Share of the running statistics that an update keeps, in [0, 1). Default 0.9 (PyTorch's momentum of 0.1). */
  momentum?: number;
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
}

/** A batch normalization, settled. */
export interface BatchNormalizationConfig extends LayerConfig {
  /** Share of the running statistics that an update keeps. */
  readonly momentum: number;
  /** ε, added to the variance. */
  readonly epsilon: number;
}

/**
 * Batch normalization (Ioffe & Szegedy 2015): y = γ·(x − μ)/√(σ² + ε) + β per unit. A training step takes μ and the
 * biased σ² from the batch, and each update moves the running statistics towards them, running ← momentum·running + (1
 * − momentum)·batch, with the unbiased variance; at all other times the running statistics are taken. Weights: weight
 * γ, bias β, running_mean, running_var, (units) each, as in PyTorch. One row has no variance: a batch of one row is
 * normalized by the running statistics, which it does not move, and `fit` refuses to train on such batches alone.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * batchNormalization({ momentum: 0.99 }).config.epsilon; // 0.00001
 */
export function batchNormalization(
  options?: BatchNormalizationOptions,
): Layer<'batchNormalization', BatchNormalizationConfig> {
  const config = readOptions<BatchNormalizationConfig>('batchNormalization', options, {
    momentum: { check: fraction, or: 0.9 },
    epsilon: { check: positive, or: EPSILON },
    ...LAYER_OPTIONS,
  });
  return new Layer(
    'batchNormalization',
    config,
    onOne((inputs) => [[normalizeBatch(inputs, config)]]),
  );
}

function normalizeBatch(width: number, { momentum, epsilon }: BatchNormalizationConfig): Operation {
  const varianceOf = (mean: number): number => mean + 4 * padded(width);
  return {
    kind: 'batchNormalization',
    outputWidth: width,
    parameters: [
      perUnit('weight', width, ones(), true),
      perUnit('bias', width, zeros(), true),
      perUnit('running_mean', width, zeros(), false),
      { ...perUnit('running_var', width, ones(), false), least: 0 },
    ],
    inPlace: true,
    backwardReads: { input: true, output: false },
    // Mean and variance of the batch.
    saved: 2 * padded(width),
    usesBatchStatistics: true,
    forward({ runtime: { kernels }, training, inputs: [x], output: y, parameters, saved }) {
      const [gamma, beta, runningMean, runningVariance] = parameters;
      const normalize = (rows: number, mean: number, variance: number): void =>
        kernels.f32_normalize_columns(rows, width, x.address, mean, variance, gamma, beta, y.address, x.ld, epsilon);
      const byRunning = (rows: number): void => normalize(rows, runningMean, runningVariance);
      if (!training) return [byRunning];
      return [
        (rows) => {
          if (rows === 1) return byRunning(rows);
          kernels.f32_column_moments(rows, width, x.address, x.ld, saved, varianceOf(saved));
          normalize(rows, saved, varianceOf(saved));
        },
      ];
    },
    backward({ runtime: { kernels }, inputs: [x], outputDelta: dy, inputDeltas: [dx], parameters, gradients, saved }) {
      const [gamma, , runningMean, runningVariance] = parameters;
      const [dgamma, dbeta] = gradients;
      const to = dx?.address ?? 0;
      // Of one row the statistics are constants: dγ = dy·(x − μ)·r, dβ = dy, dx = dy·r·γ. dx may stand where dy stood,
      // so it comes last.
      const ofOneRow = (): void => {
        kernels.f32_normalize_columns(1, width, x.address, runningMean, runningVariance, 0, 0, dgamma, x.ld, epsilon);
        kernels.f32_product(width, dgamma, dy.address, dgamma);
        kernels.f32_copy(width, dy.address, dbeta);
        if (to === 0) return;
        kernels.f32_scale_columns(1, width, dy.address, runningVariance, to, x.ld, epsilon);
        kernels.f32_product(width, to, gamma, to);
      };
      return [
        (rows) => {
          if (rows === 1) return ofOneRow();
          kernels.f32_normalize_columns_backward(
            rows,
            width,
            x.address,
            saved,
            varianceOf(saved),
            gamma,
            dy.address,
            to,
            dgamma,
            dbeta,
            x.ld,
            epsilon,
          );
        },
      ];
    },
    updateRunningStatistics: ({ runtime: { kernels }, parameters: [, , mean, variance], saved }) => [
      (rows) => {
        if (rows === 1) return;
        kernels.f32_blend(width, saved, mean, 1 - momentum, 1);
        kernels.f32_blend(width, varianceOf(saved), variance, 1 - momentum, rows / (rows - 1));
      },
    ],
  };
}

/** What `layerNormalization` takes. */
export interface LayerNormalizationOptions extends LayerOptions {
  /** ε, added to the variance. Default 1e-5. */
  epsilon?: number;
}

/** A layer normalization, settled. */
export interface LayerNormalizationConfig extends LayerConfig {
  /** ε, added to the variance. */
  readonly epsilon: number;
}

const ROW_OPTIONS: OptionTable<LayerNormalizationConfig> = {
  epsilon: { check: positive, or: EPSILON },
  ...LAYER_OPTIONS,
};

/**
 * Layer normalization (Ba et al. 2016): y = γ·(x − μ)/√(σ² + ε) + β with the mean and the biased variance of each row.
 * Weights: weight γ, bias β, (units) each.
 * @throws ValueError for an unknown option or a number out of range.
 * @example
 * layerNormalization({ epsilon: 1e-6 }).kind; // 'layerNormalization'
 */
export function layerNormalization(
  options?: LayerNormalizationOptions,
): Layer<'layerNormalization', LayerNormalizationConfig> {
  const config = readOptions<LayerNormalizationConfig>('layerNormalization', options, ROW_OPTIONS);
  return new Layer(
    'layerNormalization',
    config,
    onOne((inputs) => [[normalizeRow(inputs, config.epsilon)]]),
  );
}

function normalizeRow(width: number, epsilon: number): Operation {
  return {
    kind: 'layerNormalization',
    outputWidth: width,
    parameters: [perUnit('weight', width, ones(), true), perUnit('bias', width, zeros(), true)],
    inPlace: true,
    backwardReads: { input: true, output: false },
    forward: ({ runtime: { kernels }, inputs: [x], output: y, parameters: [gamma, beta] }) => [
      (rows) => kernels.f32_normalize_rows(rows, width, x.address, gamma, beta, y.address, x.ld, epsilon),
    ],
    backward({ runtime: { kernels }, inputs: [x], outputDelta: dy, inputDeltas: [dx], parameters, gradients }) {
      const [gamma] = parameters;
      const [dgamma, dbeta] = gradients;
      const to = dx?.address ?? 0;
      return [
        (rows) =>
          kernels.f32_normalize_rows_backward(
            rows,
            width,
            x.address,
            gamma,
            dy.address,
            to,
            dgamma,
            dbeta,
            x.ld,
            epsilon,
          ),
      ];
    },
  };
}
