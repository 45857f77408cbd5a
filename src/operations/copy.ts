import type { MatrixView, Step } from '../runtime/matrix-view.js';
import type { WasmRuntime } from '../runtime/wasm-runtime.js';

/** y = x; no step where both are the same buffer. */
export const copyStep = ({ kernels }: WasmRuntime, x: MatrixView, y: MatrixView): Step[] =>
  x.address === y.address ? [] : [(rows) => kernels.f32_copy(rows * x.ld, x.address, y.address)];

/** ∂L/∂x = ∂L/∂y, where ∂L/∂x is wanted. */
export const copyDelta = (runtime: WasmRuntime, dy: MatrixView, dx: MatrixView | undefined): Step[] =>
  dx === undefined ? [] : copyStep(runtime, dy, dx);
