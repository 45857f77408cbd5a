import type { KernelName, Kernels } from '../engine/abi.js';
import type { Machine } from '../engine/machine.js';
import type { Place, Step } from '../engine/step.js';

/** y = f(z) and BP2's ⊙ f'(z), bound to addresses. Both may work in place. */
export interface ActivationDefinition {
  forward(machine: Machine, z: Place, y: Place): Step;
  /** dz = dy ⊙ f'(z), with f' taken from the output y. */
  backward(machine: Machine, y: Place, dy: Place, dz: Place): Step;
}

type KernelsLike<F> = {
  [K in KernelName]: Kernels[K] extends F ? (F extends Kernels[K] ? K : never) : never;
}[KernelName];
type MapKernel = KernelsLike<Kernels['f32_sigmoid']>;
type MapBackwardKernel = KernelsLike<Kernels['f32_sigmoid_backward']>;

/** An activation that works on each value alone; padding columns go through with the rest. */
function elementwise(forward: MapKernel, backward: MapBackwardKernel): ActivationDefinition {
  return {
    forward: ({ kernels }, z, y) => {
      const kernel = kernels[forward];
      return (rows) => kernel(rows * z.ld, z.address, y.address);
    },
    backward: ({ kernels }, y, dy, dz) => {
      const kernel = kernels[backward];
      return (rows) => kernel(rows * y.ld, y.address, dy.address, dz.address);
    },
  };
}

const softmax: ActivationDefinition = {
  forward:
    ({ kernels }, z, y) =>
    (rows) =>
      kernels.f32_softmax(rows, z.width, z.address, y.address, z.ld),
  backward:
    ({ kernels }, y, dy, dz) =>
    (rows) =>
      kernels.f32_softmax_backward(rows, y.width, y.address, dy.address, dz.address, y.ld),
};

/** Every activation but `linear`, which computes nothing. Kernels: assembly/activation. */
export const ACTIVATIONS = {
  unitStep: elementwise('f32_unit_step', 'f32_unit_step_backward'),
  sigmoid: elementwise('f32_sigmoid', 'f32_sigmoid_backward'),
  tanh: elementwise('f32_tanh', 'f32_tanh_backward'),
  relu: elementwise('f32_relu', 'f32_relu_backward'),
  softmax,
} as const satisfies Record<string, ActivationDefinition>;

export type ActivationName = 'linear' | keyof typeof ACTIVATIONS;

export const ACTIVATION_NAMES = ['linear', ...Object.keys(ACTIVATIONS)] as ActivationName[];
