import type { Activation } from '../activations/activations.js';
import { bindActivation } from '../activations/forward.js';
import type { Initializer } from '../initializers/initializers.js';
import type { Forward } from './binding.js';
import { perUnit, type Operation, type OperationOf } from './operation.js';

/** Initial slopes of PReLU in PyTorch (He et al. 2015). */
export const INITIAL_SLOPE: Initializer = { kind: 'constant', config: { value: 0.25 } };

/** Returns y = f(z) on each value, or on each row (softmax, logSoftmax); no operation for `linear`. */
export function activate(activation: Activation, width: number): Operation[] {
  if (activation.kind === 'linear') return [];
  if (activation.kind === 'prelu') return [prelu(width, INITIAL_SLOPE)];
  return [{ kind: 'activation', config: { width, activation }, outputWidth: width, parameters: [] }];
}

export const activationForward: Forward<'activation'> = {
  inPlace: true,
  bind: ({ activation }, { runtime, inputs: [z], output: y }) => [bindActivation(runtime, activation, z, y)],
};

/** y = z where z > 0, else α_u·z, with a learned slope α_u per unit. */
export const prelu = (width: number, initializer: Initializer): OperationOf<'prelu'> => ({
  kind: 'prelu',
  config: { width },
  outputWidth: width,
  parameters: [perUnit('weight', width, initializer, true)],
});

export const preluForward: Forward<'prelu'> = {
  inPlace: true,
  bind: ({ width }, { runtime: { kernels }, inputs: [z], output: y, parameters: [slope] }) => [
    (rows) => kernels.f32_prelu(rows, width, z.address, slope, y.address, z.ld),
  ],
};
