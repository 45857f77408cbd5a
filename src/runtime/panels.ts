/**
 * Where a weight stands. The weights (units, inputs) of a layer are kept as the panels that the GEMM tiles read: blocks
 * of `width` units, in each block one row of units per input, the last block as narrow as steps of four allow. No
 * packing is ever needed; padding units are zero and stay zero.
 */

/** n rounded up to whole vectors; in float64, since sizes are checked only once they are bytes. */
export const padded = (n: number): number => Math.ceil(n / 4) * 4;

/** Floats that (units, inputs) takes in panels. */
export const panelFloats = (units: number, inputs: number): number => padded(units) * inputs;
