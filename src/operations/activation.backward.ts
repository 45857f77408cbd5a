import { bindDerivative, derivativeFrom } from '../activations/derivatives.js';
import { readsInput, type Backward } from './binding.js';

export const activationBackward: Backward<'activation'> = {
  reads({ activation }) {
    const fromInput = derivativeFrom(activation) === 'input';
    return { input: fromInput, output: !fromInput };
  },
  bind: ({ activation }, { runtime, inputs: [z], output: y, outputDelta: dy, inputDeltas: [dz] }) =>
    dz === undefined ? [] : [bindDerivative(runtime, activation, { z, y }, dy, dz)],
  // Outputs of a softmax depend on each other: it has no derivative value by value.
  differentiate: ({ activation }, { runtime, inputs: [z], output: y }, ones, derivative) =>
    activation.kind === 'softmax' ? undefined : [bindDerivative(runtime, activation, { z, y }, ones, derivative)],
};

export const preluBackward: Backward<'prelu'> = {
  reads: readsInput,
  bind({ width }, { runtime: { kernels }, inputs: [z], outputDelta: dy, inputDeltas: [dz], parameters, gradients }) {
    const [slope] = parameters;
    const [dslope] = gradients;
    // If dz is not needed, the kernel writes it over dy, which nothing reads again.
    const to = dz ?? dy;
    return [(rows) => kernels.f32_prelu_backward(rows, width, z.address, slope, dy.address, to.address, dslope, z.ld)];
  },
};
