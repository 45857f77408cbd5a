import { ACTIVATIONS, type ActivationName } from '../activations/registry.js';
import type { Operation } from './operation.js';

/** y = f(z) on each value, or for softmax on each row. Its derivative comes from the output. */
export function activate(name: Exclude<ActivationName, 'linear'>, width: number): Operation {
  const definition = ACTIVATIONS[name];
  return {
    kind: name,
    outputWidth: width,
    parameters: [],
    inPlace: true,
    backwardReads: { input: false, output: true },
    scratch: 0,
    forward: ({ machine, inputs: [z], output: y }) => [definition.forward(machine, z, y)],
    backward: ({ machine, output: y, outputDelta: dy, inputDeltas: [dz] }) =>
      dz === undefined ? [] : [definition.backward(machine, y, dy, dz)],
  };
}
