/** Kernels of products in eight bits, compiled to two binaries: with relaxed SIMD and without. */
export { u7_quantize_rows } from './int8/quantize';
export { i8_gemm } from './int8/tiles.generated';
