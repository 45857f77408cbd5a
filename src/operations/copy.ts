import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';

/** Returns the step y = x; none if both are the same buffer. */
export const copyStep = ({ kernels }: WasmRuntime, x: MatrixView, y: MatrixView): Step[] =>
  x.address === y.address ? [] : [(rows) => kernels.f32_copy(rows * x.ld, x.address, y.address)];

/** Returns the step ∂L/∂x = ∂L/∂y; none if ∂L/∂x is not needed. */
export const copyDelta = (runtime: WasmRuntime, dy: MatrixView, dx: MatrixView | undefined): Step[] =>
  dx === undefined ? [] : copyStep(runtime, dy, dx);
