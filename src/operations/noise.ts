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

/** Dropout that keeps the mean and variance of SELU's outputs (Klambauer et al. 2017). */
export const alphaDropout = (width: number, rate: number): OperationOf<'alphaDropout'> => ({
  kind: 'alphaDropout',
  config: { width, rate },
  outputWidth: width,
  parameters: [],
});

/** Multiplies with noise from N(1, rate/(1 − rate)), the variance of dropout's factors. */
export const gaussianDropout = (width: number, rate: number): OperationOf<'gaussianDropout'> => ({
  kind: 'gaussianDropout',
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

export const noiseForward: Forward<'dropout' | 'alphaDropout' | 'gaussianDropout' | 'gaussianNoise'> = {
  inPlace: true,
  bind: (_config, { runtime, inputs: [x], output: y }) => copyStep(runtime, x, y),
};
