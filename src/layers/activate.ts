import type { Activation } from '../activations/activations.js';
import { activationDefinition, type PlainActivation } from '../activations/registry.js';
import { constant, type Initializer } from '../initializers/initializers.js';
import type { Operation } from './operation.js';

/** What PyTorch starts slopes with (He et al. 2015). */
export const INITIAL_SLOPE = /* @__PURE__ */ constant({ value: 0.25 });

/** y = f(z) on each value, or for softmax on each row; no operation for `linear`. */
export function activate(activation: Activation, width: number): Operation[] {
  if (activation.kind === 'linear') return [];
  return [activation.kind === 'prelu' ? learnedSlope(width, INITIAL_SLOPE) : plain(activation, width)];
}

function plain(activation: PlainActivation, width: number): Operation {
  const definition = activationDefinition(activation);
  const fromInput = definition.derivativeFrom === 'input';
  return {
    kind: activation.kind,
    outputWidth: width,
    parameters: [],
    inPlace: true,
    backwardReads: { input: fromInput, output: !fromInput },
    forward: ({ runtime, inputs: [z], output: y }) => [definition.forward(runtime, z, y)],
    backward: ({ runtime, inputs: [z], output: y, outputDelta: dy, inputDeltas: [dz] }) =>
      dz === undefined ? [] : [definition.backward(runtime, fromInput ? z : y, dy, dz)],
    // A softmax's outputs depend on each other: it has no derivative value by value.
    ...(activation.kind !== 'softmax' && {
      differentiate: ({ runtime, inputs: [z], output: y }, ones, derivative) => [
        definition.backward(runtime, fromInput ? z : y, ones, derivative),
      ],
    }),
  };
}

/** y = z where z > 0, else α_u·z, with a learned slope α_u per unit. */
export function learnedSlope(width: number, initializer: Initializer): Operation {
  return {
    kind: 'prelu',
    outputWidth: width,
    parameters: [
      { name: 'weight', shape: [width], storage: 'vector', learned: true, initializer, fanIn: width, fanOut: width },
    ],
    inPlace: true,
    backwardReads: { input: true, output: false },
    forward: ({ runtime: { kernels }, inputs: [z], output: y, parameters: [slope] }) => [
      (rows) => kernels.f32_prelu(rows, width, z.address, slope, y.address, z.ld),
    ],
    backward({ runtime: { kernels }, inputs: [z], outputDelta: dy, inputDeltas: [dz], parameters, gradients }) {
      const [slope] = parameters;
      const [dslope] = gradients;
      // Where nobody asks for dz it goes where dy stood, which is not read again.
      const to = dz ?? dy;
      return [
        (rows) => kernels.f32_prelu_backward(rows, width, z.address, slope, dy.address, to.address, dslope, z.ld),
      ];
    },
  };
}
