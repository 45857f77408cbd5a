/** Scratch memory for products with weights of eight bits: rows rounded to integers. */
import type { Int8Kernels } from './products.js';

/**
 * Bytes of the scratch memory of a runtime, for rows rounded to integers. One row of the most inputs, 131,072 of two
 * bytes, fits; of 784 inputs about 160 rows, which a second-level cache holds.
 */
export const INT8_SCRATCH_BYTES = 320 * 1024;

/** Predictions have at most as many rows at a time. */
const MOST_ROWS = 256;

/** Returns how many rows fit in the scratch memory. */
export function rowsAtOnce(kernels: Int8Kernels, inputs: number): number {
  let rows = MOST_ROWS;
  while (rows > 1 && kernels.scratchBytes(rows, inputs) > INT8_SCRATCH_BYTES) rows -= 1;
  return rows;
}
