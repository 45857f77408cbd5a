/** Activations as kernels (assembly/activation): y = f(z), bound to addresses. Each may work in place. */
import { requireLength } from '../common/custom.js';
import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';
import { BY_ROW, ELEMENTWISE, isByRow, scalarsOf, type CustomActivation, type PlainActivation } from './activations.js';

/** A kernel (n, *x, *y, …scalars). Kernels take at most two scalars; those that take fewer ignore the rest. */
type MapKernel = (n: number, x: number, y: number, a: number, b: number) => void;

/** Returns the step y = f(z). It includes padding columns, except for activations over rows. */
export function bindActivation(runtime: WasmRuntime, activation: PlainActivation, z: MatrixView, y: MatrixView): Step {
  const { kernels } = runtime;
  if (activation.kind === 'custom') return customStep(runtime, activation.custom, z, y);
  if (isByRow(activation.kind)) {
    const byRow = kernels[BY_ROW[activation.kind]];
    return (rows) => byRow(rows, z.width, z.address, y.address, z.ld);
  }
  const kernel = kernels[ELEMENTWISE[activation.kind]] as MapKernel;
  const [a, b] = scalarsOf(activation);
  return (rows) => kernel(rows * z.ld, z.address, y.address, a, b);
}

/** A user's function, called row by row on copies. */
const customStep =
  ({ memory }: WasmRuntime, activation: CustomActivation, z: MatrixView, y: MatrixView): Step =>
  (rows) => {
    for (let row = 0; row < rows; row++) {
      const from = z.address / 4 + row * z.ld;
      const result = activation.forward(memory.f32.slice(from, from + z.width));
      const values = requireLength(`activation "${activation.name}": forward`, result, z.width);
      const into = y.address / 4 + row * y.ld;
      // One by one: if another thread grows the memory of the result, `set` would copy past the end of the row.
      for (let j = 0; j < y.width; j++) memory.f32[into + j] = values[j];
      memory.f32.fill(0, into + y.width, into + y.ld);
    }
  };
