/** Operations that act only in training: a prediction copies its input. */
import type { Forward } from './binding.js';
import { copyStep } from './copy.js';
import type { OperationOf } from './operation.js';

/** Inverted dropout (Srivastava et al. 2014). */
export const dropout = (width: number, rate: number): OperationOf<'dropout'> => ({
  kind: 'dropout',
  config: { width, rate },
  outputWidth: width,
  parameters: [],
});

/** Adds noise from N(0, stddev²). */
export const gaussianNoise = (width: number, stddev: number): OperationOf<'gaussianNoise'> => ({
  kind: 'gaussianNoise',
  config: { width, stddev },
  outputWidth: width,
  parameters: [],
});

export const noiseForward: Forward<'dropout' | 'gaussianNoise'> = {
  inPlace: true,
  bind: (_config, { runtime, inputs: [x], output: y }) => copyStep(runtime, x, y),
};
