import { requireLength } from '../common/custom.js';
import type { KernelName, Kernels } from '../runtime/abi.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { Activation, CustomActivation } from './activations.js';

/** y = f(z) and BP2's ⊙ f'(z), bound to addresses. Both may work in place. */
export interface ActivationDefinition {
  /** Where f' is taken from: the output where that is exact, which lets y stand where z stood, else the input. */
  readonly derivativeFrom: 'input' | 'output';
  forward(runtime: WasmRuntime, z: MatrixView, y: MatrixView): Step;
  /** dz = dy ⊙ f', from z or y as `derivativeFrom` says. */
  backward(runtime: WasmRuntime, from: MatrixView, dy: MatrixView, dz: MatrixView): Step;
}

type AnyKernel = (...numbers: number[]) => void;

/** Kernels (n, *x, *y, …scalars) and (n, *from, *dy, *dx, …scalars). */
type MapKernel = {
  [K in KernelName]: Parameters<Kernels[K]> extends [number, number, number, ...number[]] ? K : never;
}[KernelName];

type Scalars = readonly number[];

/** An activation that works on each value alone; padding columns go through with the rest. */
function elementwise(
  derivativeFrom: 'input' | 'output',
  forward: MapKernel,
  backward: MapKernel,
  scalars: Scalars = [],
): ActivationDefinition {
  // Kernels take at most two scalars; those that take fewer do not see the rest.
  const [a = 0, b = 0] = scalars;
  return {
    derivativeFrom,
    forward: ({ kernels }, z, y) => {
      const kernel: AnyKernel = kernels[forward];
      return (rows) => kernel(rows * z.ld, z.address, y.address, a, b);
    },
    backward: ({ kernels }, from, dy, dz) => {
      const kernel: AnyKernel = kernels[backward];
      return (rows) => kernel(rows * from.ld, from.address, dy.address, dz.address, a, b);
    },
  };
}

const softmax: ActivationDefinition = {
  derivativeFrom: 'output',
  forward:
    ({ kernels }, z, y) =>
    (rows) =>
      kernels.f32_softmax(rows, z.width, z.address, y.address, z.ld),
  backward:
    ({ kernels }, y, dy, dz) =>
    (rows) =>
      kernels.f32_softmax_backward(rows, y.width, y.address, dy.address, dz.address, y.ld),
};

/** A user's functions, row by row on copies. */
const custom = (activation: CustomActivation): ActivationDefinition => ({
  derivativeFrom: 'input',
  forward:
    ({ memory }, z, y) =>
    (rows) => {
      for (let row = 0; row < rows; row++) {
        const from = z.address / 4 + row * z.ld;
        const result = activation.forward(memory.f32.slice(from, from + z.width));
        const values = requireLength(`activation "${activation.name}": forward`, result, z.width);
        const into = y.address / 4 + row * y.ld;
        // One by one: a result in memory that other threads make longer would be set past its place.
        for (let j = 0; j < y.width; j++) memory.f32[into + j] = values[j];
        memory.f32.fill(0, into + y.width, into + y.ld);
      }
    },
  backward:
    ({ memory }, z, dy, dz) =>
    (rows) => {
      const { f32 } = memory;
      for (let row = 0; row < rows; row++) {
        const from = z.address / 4 + row * z.ld;
        const result = activation.derivative(f32.slice(from, from + z.width));
        const slope = requireLength(`activation "${activation.name}": derivative`, result, z.width);
        const upstream = dy.address / 4 + row * dy.ld;
        const into = dz.address / 4 + row * dz.ld;
        for (let j = 0; j < z.width; j++) f32[into + j] = f32[upstream + j] * slope[j];
        f32.fill(0, into + z.width, into + dz.ld);
      }
    },
});

/** Klambauer et al. 2017, to the digits that the slides give. */
const SELU_ALPHA = 1.6732632423543772;
const SELU_SCALE = 1.0507009873554805;

/** The activations without parameters of their own that compute something. Kernels: assembly/activation. */
export type PlainActivation = Exclude<Activation, { kind: 'linear' | 'prelu' }>;

export function activationDefinition(activation: PlainActivation): ActivationDefinition {
  switch (activation.kind) {
    case 'unitStep':
      return elementwise('output', 'f32_unit_step', 'f32_unit_step_backward');
    case 'sigmoid':
      return elementwise('output', 'f32_sigmoid', 'f32_sigmoid_backward');
    case 'tanh':
      return elementwise('output', 'f32_tanh', 'f32_tanh_backward');
    case 'relu':
      return elementwise('output', 'f32_relu', 'f32_relu_backward');
    case 'leakyRelu':
      return elementwise('output', 'f32_leaky_relu', 'f32_leaky_relu_backward', [activation.config.alpha]);
    case 'elu':
      return elementwise('output', 'f32_elu', 'f32_elu_backward', [activation.config.alpha, 1]);
    case 'selu':
      return elementwise('output', 'f32_elu', 'f32_elu_backward', [SELU_SCALE * SELU_ALPHA, SELU_SCALE]);
    case 'swish':
      return elementwise('input', 'f32_swish', 'f32_swish_backward');
    case 'gelu':
      return elementwise('input', 'f32_gelu', 'f32_gelu_backward');
    case 'softplus':
      return elementwise('input', 'f32_softplus', 'f32_softplus_backward');
    case 'softsign':
      return elementwise('input', 'f32_softsign', 'f32_softsign_backward');
    case 'mish':
      return elementwise('input', 'f32_mish', 'f32_mish_backward');
    case 'hardSigmoid':
      return elementwise('input', 'f32_hard_sigmoid', 'f32_hard_sigmoid_backward');
    case 'softmax':
      return softmax;
    case 'custom':
      return custom(activation.custom);
  }
}
