/**
 * Panels in plain TypeScript: the reference for the kernels that pack and unpack them, and the way tests make panels.
 */
import { padded, panelFloats } from '../../../src/runtime/panels.js';

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
