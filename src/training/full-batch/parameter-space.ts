/**
 * Arithmetic on flat vectors of trained parameters, by kernels (assembly/optimizer/vectors.ts). Scalar products are
 * sums in float64 in the order of the tensors, so they do not depend on the width of the panels.
 */
import { panelled } from '../../graph/parameters.js';
import type { WasmRuntime } from '../../runtime/wasm-runtime.js';
import type { TrainingLayout } from '../layout.js';
import type { VectorSpace } from './lbfgs.js';

/** Binds the arithmetic; vectors are addresses. `total` is the address of a float64. */
export function parameterSpace(
  runtime: WasmRuntime,
  { trained, floats: size }: TrainingLayout,
  total: number,
): VectorSpace<number> {
  const { kernels, memory } = runtime;
  const parts = trained.map((parameter) => panelled(runtime, parameter));
  return {
    dot(x, y) {
      memory.f64[total / 8] = 0;
      for (const { at, units, inputs, width } of parts) {
        kernels.f64_add_products(inputs, units, width, x + at, y + at, total);
      }
      return memory.f64[total / 8];
    },
    largest: (x) => largestOf(runtime, x, size),
    copy: (from, to) => kernels.f32_copy(size, from, to),
    scale: (x, factor) => kernels.f32_scale(size, x, factor),
    addScaled: (x, factor, y, out) => kernels.f32_add_scaled(size, x, y, out, factor),
  };
}

/** Returns the largest absolute value of a vector; NaN if it has one. */
export function largestOf({ memory }: WasmRuntime, address: number, size: number): number {
  const values = memory.f32.subarray(address / 4, address / 4 + size);
  let largest = 0;
  // `max` keeps a NaN.
  for (let i = 0; i < size; i++) largest = Math.max(largest, Math.abs(values[i]));
  return largest;
}
