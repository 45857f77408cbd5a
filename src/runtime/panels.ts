/**
 * Layout of weights. The weights (units, inputs) of a layer are stored as the panels that the GEMM tiles read: blocks
 * of `width` units, each with one row of units per input. The last block is as narrow as steps of four allow. So
 * weights are never packed; padding units are zero and stay zero.
 */

/** Rounds n up to whole vectors. Works in float64, since sizes are checked only once they are bytes. */
export const padded = (n: number): number => Math.ceil(n / 4) * 4;

/** Floats that weights (units, inputs) take in panels. */
export const panelFloats = (units: number, inputs: number): number => padded(units) * inputs;
