/**
 * Training steps of dropout and Gaussian noise, forward and backward. noise.ts predicts with both, which only copies
 * the input.
 */
import { STREAM } from '../runtime/random.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import { readsNothing, type Backward, type TrainingBinding } from './binding.js';
import { copyDelta, copyStep } from './copy.js';
import type { OperationConfigs } from './operation.js';

/** Scratch floats of the random kernels, which draw sixteen words at a time. */
const WORDS = 16;

/** Returns the step that sets each value to 0 with probability `rate` and divides the others by 1 − rate. */
function dropStep(
  { width, rate }: OperationConfigs['dropout'],
  { runtime: { kernels }, clock, node, scratch }: TrainingBinding,
  from: MatrixView,
  to: MatrixView,
): Step {
  const scale = 1 / (1 - rate);
  return (rows) =>
    kernels.f32_dropout(
      rows,
      width,
      from.address,
      scratch,
      to.address,
      from.ld,
      clock.seed,
      STREAM.dropout,
      node,
      clock.step,
      rate,
      scale,
    );
}

export const dropoutBackward: Backward<'dropout'> = {
  drawsRandomNumbers: true,
  reads: readsNothing,
  scratch: () => ({ forward: WORDS, backward: WORDS }),
  forward(config, binding) {
    const { runtime, inputs, output } = binding;
    return config.rate === 0 ? copyStep(runtime, inputs[0], output) : [dropStep(config, binding, inputs[0], output)];
  },
  // Draws the same mask again, from the same counters.
  bind(config, binding) {
    const { runtime, outputDelta, inputDeltas } = binding;
    const [dx] = inputDeltas;
    if (dx === undefined) return [];
    return config.rate === 0 ? copyStep(runtime, outputDelta, dx) : [dropStep(config, binding, outputDelta, dx)];
  },
};

export const gaussianNoiseBackward: Backward<'gaussianNoise'> = {
  drawsRandomNumbers: true,
  reads: readsNothing,
  scratch: () => ({ forward: WORDS, backward: 0 }),
  forward({ width, stddev }, { runtime, clock, node, inputs: [x], output: y, scratch }) {
    const { kernels } = runtime;
    if (stddev === 0) return copyStep(runtime, x, y);
    return [
      (rows) =>
        kernels.f32_gaussian_noise(
          rows,
          width,
          x.address,
          scratch,
          y.address,
          x.ld,
          clock.seed,
          STREAM.noise,
          node,
          clock.step,
          stddev,
        ),
    ];
  },
  bind: (_config, { runtime, outputDelta, inputDeltas: [dx] }) => copyDelta(runtime, outputDelta, dx),
};
