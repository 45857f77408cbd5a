/**
 * Where a weight stands. The weights (units, inputs) of a layer are kept as the panels that the GEMM tiles read: blocks of
 * `width` units, in each block one row of units per input, the last block as narrow as steps of four allow. No packing is ever
 * needed; padding units are zero and stay zero.
 */

/** n rounded up to whole vectors; in float64, since sizes are checked only once they are bytes. */
export const padded = (n: number): number => Math.ceil(n / 4) * 4;

/** Floats that (units, inputs) takes in panels. */
export const panelFloats = (units: number, inputs: number): number => padded(units) * inputs;

type Visit = (panelIndex: number, rowMajorIndex: number) => void;

function visit(units: number, inputs: number, width: number, each: Visit): void {
  for (let first = 0; first < units; first += width) {
    const columns = Math.min(width, padded(units) - first);
    const last = Math.min(first + columns, units);
    for (let u = first; u < last; u++) {
      for (let i = 0; i < inputs; i++) each(first * inputs + i * columns + (u - first), u * inputs + i);
    }
  }
}

/** Writes row-major (units, inputs) weights into panels at float index `at`. */
export function writePanels(
  memory: Float32Array,
  at: number,
  units: number,
  inputs: number,
  width: number,
  weights: Float32Array,
): void {
  memory.fill(0, at, at + panelFloats(units, inputs));
  visit(units, inputs, width, (panel, row) => {
    memory[at + panel] = weights[row]!;
  });
}

/** Reads panels at float index `at` into row-major (units, inputs). */
export function readPanels(
  memory: Float32Array,
  at: number,
  units: number,
  inputs: number,
  width: number,
): Float32Array {
  const weights = new Float32Array(units * inputs);
  visit(units, inputs, width, (panel, row) => {
    weights[row] = memory[at + panel]!;
  });
  return weights;
}
