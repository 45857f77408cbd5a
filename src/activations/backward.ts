/** Derivatives of activations as kernels (assembly/activation): BP2's dz = dy ⊙ f', bound to addresses. */
import { requireLength } from '../common/custom.js';
import type { KernelName } from '../runtime/abi.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { scalarsOf, type CustomActivation, type ElementwiseName, type PlainActivation } from './activations.js';

/** Where f' is computed from: the output where that is exact, which lets y overwrite z, else the input. */
export type DerivativeFrom = 'input' | 'output';

/** A kernel (n, *from, *dy, *dx, …scalars). */
type DerivativeKernel = (n: number, from: number, dy: number, dx: number, a: number, b: number) => void;

const DERIVATIVES: Readonly<Record<ElementwiseName, readonly [KernelName, DerivativeFrom]>> = {
  unitStep: ['f32_unit_step_backward', 'output'],
  sigmoid: ['f32_sigmoid_backward', 'output'],
  tanh: ['f32_tanh_backward', 'output'],
  relu: ['f32_relu_backward', 'output'],
  leakyRelu: ['f32_leaky_relu_backward', 'output'],
  elu: ['f32_elu_backward', 'output'],
  selu: ['f32_elu_backward', 'output'],
  swish: ['f32_swish_backward', 'input'],
  gelu: ['f32_gelu_backward', 'input'],
  softplus: ['f32_softplus_backward', 'input'],
  softsign: ['f32_softsign_backward', 'input'],
  mish: ['f32_mish_backward', 'input'],
  hardSigmoid: ['f32_hard_sigmoid_backward', 'input'],
};

/** Where the derivative of an activation is computed from. */
export function derivativeFrom(activation: PlainActivation): DerivativeFrom {
  if (activation.kind === 'custom') return 'input';
  return activation.kind === 'softmax' ? 'output' : DERIVATIVES[activation.kind][1];
}

/** dz = dy ⊙ f'. */
export function bindDerivative(
  runtime: WasmRuntime,
  activation: PlainActivation,
  { z, y }: { readonly z: MatrixView; readonly y: MatrixView },
  dy: MatrixView,
  dz: MatrixView,
): Step {
  const { kernels } = runtime;
  if (activation.kind === 'custom') return customStep(runtime, activation.custom, z, dy, dz);
  if (activation.kind === 'softmax') {
    return (rows) => kernels.f32_softmax_backward(rows, y.width, y.address, dy.address, dz.address, y.ld);
  }
  const [name, from] = DERIVATIVES[activation.kind];
  const kernel = kernels[name] as DerivativeKernel;
  const { address, ld } = from === 'input' ? z : y;
  const [a, b] = scalarsOf(activation);
  return (rows) => kernel(rows * ld, address, dy.address, dz.address, a, b);
}

/** A user's function, called row by row on copies. */
const customStep =
  ({ memory }: WasmRuntime, activation: CustomActivation, z: MatrixView, dy: MatrixView, dz: MatrixView): Step =>
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
  };
