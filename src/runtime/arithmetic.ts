/** Properties of the platform's arithmetic in which engines may differ, found by products of a few numbers. */
import { SMALLEST_NORMAL } from '../common/column-moments.js';
import type { WasmRuntime } from './wasm-runtime.js';

/**
 * Whether products are rounded once, after adding: (1 + 2⁻¹²)² − (1 + 2⁻¹¹) is 2⁻²⁴ then, and 0 if the square is
 * rounded first.
 */
export const fuses = (runtime: WasmRuntime): boolean =>
  multiplyAdd(runtime, 1 + 1 / 4096, 1 + 1 / 4096, -(1 + 1 / 2048)) !== 0;

/**
 * Whether subnormal numbers, those below 2⁻¹²⁶, follow IEEE 754. Some platforms flush them to zero, in results,
 * operands or both; V8 does on 32-bit ARM, whose vectors have none.
 */
export function keepsSubnormals(runtime: WasmRuntime): boolean {
  const least = SMALLEST_NORMAL;
  const product = multiplyAdd(runtime, least, 1 / 4, 0) === least / 4;
  const operand = multiplyAdd(runtime, least / 4, 4, 0) === least;
  const sum = multiplyAdd(runtime, 3 / 2, least, -least) === least / 2;
  return product && operand && sum;
}

/** Returns a · b + c as the vectors of the matrix kernels compute it. */
function multiplyAdd({ arena, kernels, memory }: WasmRuntime, a: number, b: number, c: number): number {
  const at = arena.allocate(64);
  const { f32 } = memory;
  const [x, y, initial, sum] = [0, 16, 32, 48].map((offset) => at + offset);
  f32.fill(0, at / 4, at / 4 + 16);
  f32[x / 4] = a;
  f32[y / 4] = b;
  f32[initial / 4] = c;
  kernels.f32_gemm_4x8(1, 4, 1, x, 4, y, initial, 0, sum, 4, 0);
  const result = f32[sum / 4];
  arena.free(at);
  return result;
}
