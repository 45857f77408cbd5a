/**
 * Training steps of the normalizations and of the fixed transformations of inputs. normalization.ts has the operations
 * and their predictions.
 */
import { padded } from '../runtime/panels.js';
import { readsInput, readsNothing, type Backward } from './binding.js';
import { batchNormalizationForward, withScaleAndShift } from './normalization.js';
import { rowAt, sumOverRows } from './row-sums.js';

/** Returns the addresses of the saved statistics of the batch: its mean, what rounding took from that, its variance. */
const statisticsOf = (saved: number, width: number): { mean: number; rest: number; variance: number } => ({
  mean: saved,
  rest: saved + 4 * padded(width),
  variance: saved + 8 * padded(width),
});

/**
 * A batch of one row has no variance: it is normalized by the running statistics, which count as constants, and does
 * not change them.
 */
export const batchNormalizationBackward: Backward<'batchNormalization'> = {
  reads: readsInput,
  saved: ({ width }) => 3 * padded(width),
  usesBatchStatistics: true,
  forward(config, binding) {
    const { width, epsilon } = config;
    const { runtime, inputs, output: y, parameters, saved } = binding;
    const { kernels } = runtime;
    const [x] = inputs;
    const [gamma, beta] = withScaleAndShift(config, parameters);
    const { mean, rest, variance } = statisticsOf(saved, width);
    const [byRunningStatistics] = batchNormalizationForward.bind(config, binding);
    return [
      (rows) => {
        if (rows === 1) return byRunningStatistics(rows);
        kernels.f32_column_moments(rows, width, x.address, x.ld, mean, rest, variance);
        kernels.f32_normalize_columns(rows, width, x.address, mean, variance, gamma, beta, y.address, x.ld, epsilon);
      },
    ];
  },
  bind(config, binding) {
    const { width, epsilon } = config;
    const { runtime, inputs, outputDelta: dy, inputDeltas, parameters, gradients, saved } = binding;
    const { kernels } = runtime;
    const [x] = inputs;
    const [gamma, , runningMean, runningVariance] = withScaleAndShift(config, parameters);
    const [dgamma, dbeta] = withScaleAndShift(config, gradients);
    const to = inputDeltas[0]?.address ?? 0;
    const { mean, rest, variance } = statisticsOf(saved, width);
    // With r = 1/√(σ² + ε): dγ = dy·(x − μ)·r, dβ = dy, dx = dy·r·γ. dx may overwrite dy, so it comes last.
    const ofOneRow = (): void => {
      if (dgamma !== 0) {
        kernels.f32_normalize_columns(1, width, x.address, runningMean, runningVariance, 0, 0, dgamma, x.ld, epsilon);
        kernels.f32_product(width, dgamma, dy.address, dgamma);
      }
      if (dbeta !== 0) kernels.f32_copy(width, dy.address, dbeta);
      if (to === 0) return;
      kernels.f32_scale_columns(1, width, dy.address, runningVariance, to, x.ld, epsilon);
      if (gamma !== 0) kernels.f32_product(width, to, gamma, to);
    };
    return [
      (rows) => {
        if (rows === 1) return ofOneRow();
        kernels.f32_normalize_columns_backward(
          rows,
          width,
          x.address,
          mean,
          rest,
          variance,
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
  updateRunningStatistics(config, { runtime: { kernels }, parameters, saved }) {
    const { width, momentum } = config;
    const [, , mean, variance] = withScaleAndShift(config, parameters);
    const batch = statisticsOf(saved, width);
    return [
      (rows) => {
        if (rows === 1) return;
        kernels.f32_blend(width, batch.mean, mean, 1 - momentum, 1);
        kernels.f32_blend(width, batch.variance, variance, 1 - momentum, rows / (rows - 1));
      },
    ];
  },
  // As in Keras, a frozen layer normalizes by its running statistics in training too, and they stay as they are:
  // dx = dy·γ·r, which the forward kernel computes with a mean and a β of 0.
  whenFrozen: {
    reads: readsNothing,
    scratch: ({ width }) => ({ forward: 0, backward: padded(width) }),
    bind(config, { runtime: { kernels }, outputDelta: dy, inputDeltas: [dx], parameters, scratch: zeros }) {
      const { width, epsilon } = config;
      if (dx === undefined) return [];
      const [gamma, , , variance] = withScaleAndShift(config, parameters);
      return [
        () => kernels.f32_fill(padded(width), zeros, 0),
        (rows) =>
          kernels.f32_normalize_columns(rows, width, dy.address, zeros, variance, gamma, 0, dx.address, dy.ld, epsilon),
      ];
    },
  },
};

export const layerNormalizationBackward: Backward<'layerNormalization'> = {
  reads: readsInput,
  accumulates: true,
  blockSums: ({ width }) => 2 * padded(width),
  bind(config, binding) {
    const { width, epsilon } = config;
    const { runtime, inputs, outputDelta: dy, inputDeltas, parameters, gradients } = binding;
    const { kernels } = runtime;
    const [x] = inputs;
    const [dx] = inputDeltas;
    const [gamma] = withScaleAndShift(config, parameters);
    const sums = withScaleAndShift(config, gradients)
      .slice(0, 2)
      .map((address) => ({ address, floats: padded(width) }));
    const step = sumOverRows(binding, sums, ([dgamma, dbeta]) => (rows, first = 0, added = 0) => {
      const [from, delta, to] = [rowAt(x, first), rowAt(dy, first), dx === undefined ? 0 : rowAt(dx, first)];
      kernels.f32_normalize_rows_backward(rows, width, from, gamma, delta, to, dgamma, dbeta, x.ld, epsilon, added);
    });
    return [step];
  },
};

export const rmsNormalizationBackward: Backward<'rmsNormalization'> = {
  reads: readsInput,
  accumulates: true,
  blockSums: ({ width }) => padded(width),
  bind({ width, epsilon }, binding) {
    const { runtime, inputs, outputDelta: dy, inputDeltas, parameters, gradients } = binding;
    const { kernels } = runtime;
    const [x] = inputs;
    const [dx] = inputDeltas;
    const [gamma = 0] = parameters;
    const [dgamma = 0] = gradients;
    const scales = { address: dgamma, floats: padded(width) };
    const step = sumOverRows(binding, [scales], ([to]) => (rows, first = 0, added = 0) => {
      const [from, delta, result] = [rowAt(x, first), rowAt(dy, first), dx === undefined ? 0 : rowAt(dx, first)];
      kernels.f32_rms_rows_backward(rows, width, from, gamma, delta, result, to, x.ld, epsilon, added);
    });
    return [step];
  },
};

export const rescalingBackward: Backward<'rescaling'> = {
  reads: readsNothing,
  bind: ({ scale }, { runtime: { kernels }, outputDelta: dy, inputDeltas: [dx] }) =>
    dx === undefined ? [] : [(rows) => kernels.f32_scale_shift(rows * dy.ld, dy.address, dx.address, scale, 0)],
};

export const normalizationBackward: Backward<'normalization'> = {
  reads: readsNothing,
  bind: ({ width }, { runtime: { kernels }, outputDelta: dy, inputDeltas: [dx], parameters: [, variance] }) =>
    dx === undefined
      ? []
      : [(rows) => kernels.f32_scale_columns(rows, width, dy.address, variance, dx.address, dy.ld, 0)],
};
