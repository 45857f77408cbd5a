import { isByRow } from '../activations/activations.js';
import { bindDerivative, derivativeFrom } from '../activations/derivatives.js';
import { padded } from '../runtime/panels.js';
import { readsInput, type Backward, type BackwardBinding } from './binding.js';
import type { Step } from '../runtime/matrix-view.js';
import type { OperationConfigs } from './operation.js';

export const activationBackward: Backward<'activation'> = {
  reads({ activation }) {
    const fromInput = derivativeFrom(activation) === 'input';
    return { input: fromInput, output: !fromInput };
  },
  bind: ({ activation }, { runtime, inputs: [z], output: y, outputDelta: dy, inputDeltas: [dz] }) =>
    dz === undefined ? [] : [bindDerivative(runtime, activation, { z, y }, dy, dz)],
  // Outputs that depend on the whole row have no derivative value by value.
  differentiate: ({ activation }, { runtime, inputs: [z], output: y }, ones, derivative) =>
    isByRow(activation.kind) ? undefined : [bindDerivative(runtime, activation, { z, y }, ones, derivative)],
};

/** Binds the derivative of PReLU; writes that of its slopes to `dslope`. */
function slopeStep({ width }: OperationConfigs['prelu'], binding: BackwardBinding, dslope: number): Step {
  const {
    runtime: { kernels },
    inputs: [z],
    outputDelta: dy,
    inputDeltas: [dz],
    parameters: [slope],
  } = binding;
  // If dz is not needed, the kernel writes it over dy, which nothing reads again.
  const to = dz ?? dy;
  return (rows) => kernels.f32_prelu_backward(rows, width, z.address, slope, dy.address, to.address, dslope, z.ld);
}

export const preluBackward: Backward<'prelu'> = {
  reads: readsInput,
  bind: (config, binding) => [slopeStep(config, binding, binding.gradients[0])],
  // The kernel computes both derivatives in one pass; that of the slopes goes to scratch memory, which nothing reads.
  whenFrozen: {
    reads: readsInput,
    scratch: ({ width }) => ({ forward: 0, backward: padded(width) }),
    bind: (config, binding) => [slopeStep(config, binding, binding.scratch)],
  },
};
