import { isByRow } from '../activations/activations.js';
import { bindDerivative, derivativeFrom } from '../activations/derivatives.js';
import { padded } from '../runtime/panels.js';
import { readsInput, type Backward, type BackwardBinding } from './binding.js';
import type { OperationConfigs } from './operation.js';
import { rowAt, sumOverRows, type RowsStep } from './row-sums.js';

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
function slopeStep({ width }: OperationConfigs['prelu'], binding: BackwardBinding, dslope: number): RowsStep {
  const {
    runtime: { kernels },
    inputs: [z],
    outputDelta: dy,
    inputDeltas: [dz],
    parameters: [slope],
  } = binding;
  // If dz is not needed, the kernel writes it over dy, which nothing reads again.
  const to = dz ?? dy;
  return (rows, first = 0, added = 0) => {
    const [from, delta, result] = [rowAt(z, first), rowAt(dy, first), rowAt(to, first)];
    kernels.f32_prelu_backward(rows, width, from, slope, delta, result, dslope, z.ld, added);
  };
}

export const preluBackward: Backward<'prelu'> = {
  reads: readsInput,
  accumulates: true,
  blockSums: ({ width }) => padded(width),
  bind(config, binding) {
    const slopes = { address: binding.gradients[0], floats: padded(config.width) };
    return [sumOverRows(binding, [slopes], ([to]) => slopeStep(config, binding, to))];
  },
  // The kernel computes both derivatives in one pass; that of the slopes goes to scratch memory, which nothing reads.
  whenFrozen: {
    reads: readsInput,
    scratch: ({ width }) => ({ forward: 0, backward: padded(width) }),
    bind: (config, binding) => [slopeStep(config, binding, binding.scratch)],
  },
};
