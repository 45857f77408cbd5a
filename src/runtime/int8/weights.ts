/**
 * Layout of weights in eight bits: panels of PANEL_WIDTH units, the last as narrow as a multiple of four allows. A
 * panel has its groups of 4 inputs one after another, and a group has 4 bytes for each unit, so that 4 inputs × 4 units
 * are 16 bytes. Inputs and units are padded to multiples of 4 with zeros. Behind the panels there is an int32 for each
 * unit, padded, the sum of its weights. The layout is the same for both sets of kernels.
 */
import { padded } from '../panels.js';
import { PANEL_WIDTH } from './constants.generated.js';
import { int8WeightBytes, panelBytes } from './weight-bytes.js';

/** Visits all weights: their index in a row-major matrix (units, inputs), and in panels. */
function eachWeight(inputs: number, units: number, visit: (flat: number, at: number) => void): void {
  const rows = padded(inputs);
  for (let unit = 0; unit < units; unit++) {
    const first = unit - (unit % PANEL_WIDTH);
    const group = 4 * Math.min(PANEL_WIDTH, padded(units) - first);
    const start = first * rows + 4 * (unit - first);
    for (let i = 0; i < inputs; i++) visit(unit * inputs + i, start + (i >> 2) * group + (i & 3));
  }
}

/** Writes weights (units, inputs), row-major, and their sums to the first `int8WeightBytes` bytes of `target`. */
export function packInt8(weights: Int8Array, inputs: number, units: number, target: Uint8Array): void {
  const panels = panelBytes(inputs, units);
  target.fill(0, 0, int8WeightBytes(inputs, units));
  eachWeight(inputs, units, (flat, at) => (target[at] = weights[flat]));
  const sums = new DataView(target.buffer, target.byteOffset + panels, 4 * units);
  for (let unit = 0; unit < units; unit++) {
    let sum = 0;
    for (let i = 0; i < inputs; i++) sum += weights[unit * inputs + i];
    sums.setInt32(4 * unit, sum, true);
  }
}

/** Returns the weights (units, inputs), row-major, that `packInt8` wrote. */
export function unpackInt8(source: Uint8Array, inputs: number, units: number): Int8Array<ArrayBuffer> {
  const weights = new Int8Array(units * inputs);
  eachWeight(inputs, units, (flat, at) => (weights[flat] = source[at]));
  return weights;
}
