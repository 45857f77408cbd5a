/**
 * Whether the relaxed product is exact. Engines may choose how the relaxed instruction treats a second operand with its
 * eighth bit set and sums of two products beyond 16 bits; activations of 7 bits give neither, so every choice is exact
 * by WebAssembly's specification. The probe is for engines that have it wrong.
 */
import { FIRST_ADDRESS, PAGE } from '../constants.generated.js';
import { padded } from '../panels.js';
import type { Int8Kernels } from './products.js';
import { roomAt, roomBytes } from './room.js';
import { int8WeightBytes } from './weight-bytes.js';
import { packInt8 } from './weights.js';

/** An odd number of inputs, with whole groups of all chains and a rest; and units with panels of all widths. */
const INPUTS = 51;
const UNITS = [20, 16] as const;
const ROWS = [1, 7] as const;

/** The extreme weights in the first units, then any. */
const weightAt = (unit: number, input: number): number =>
  [127, -127, input % 2 === 0 ? 127 : -127][unit] ?? ((unit * 89 + input * 37) % 255) - 127;

/** The largest activations in the first row, then any of 7 bits; each row has the largest, so that its scale is 1. */
const activationAt = (row: number, input: number): number =>
  row === 0 || input === 0 ? 127 : (row * 53 + input * 31) % 128;

/** Compares products with extreme operands with sums of integers. */
export function isExact(start: (memory: WebAssembly.Memory) => Int8Kernels): boolean {
  // Shared, as the binary declares it.
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const f32 = new Float32Array(memory.buffer);
  const kernels = start(memory);
  const ld = padded(INPUTS);
  const x = FIRST_ADDRESS;
  const most = Math.max(...ROWS);
  for (let row = 0; row < most; row++) {
    for (let i = 0; i < INPUTS; i++) f32[x / 4 + row * ld + i] = activationAt(row, i);
  }
  return UNITS.every((units) => {
    const weights = x + 4 * most * ld;
    const flat = Int8Array.from({ length: units * INPUTS }, (_, at) => weightAt(Math.floor(at / INPUTS), at % INPUTS));
    const bytes = int8WeightBytes(INPUTS, units);
    packInt8(flat, INPUTS, units, new Uint8Array(memory.buffer, weights, bytes));
    const scales = weights + bytes;
    f32.fill(1, scales / 4, scales / 4 + padded(units));
    const z = scales + 4 * padded(units);
    const scratch = z + 4 * most * padded(units);
    if (scratch + roomBytes(kernels.code.path, most, INPUTS) > PAGE) return false;
    return ROWS.every((rows) => {
      const room = roomAt(scratch, kernels.code.path, rows, INPUTS);
      kernels.multiply(rows, units, INPUTS, x, ld, weights, scales, 0, z, padded(units), room);
      for (let row = 0; row < rows; row++) {
        for (let unit = 0; unit < units; unit++) {
          // Sums below 2²⁴ are exact in float32, and the scales are 1.
          let sum = 0;
          for (let i = 0; i < INPUTS; i++) sum += activationAt(row, i) * weightAt(unit, i);
          if (f32[z / 4 + row * padded(units) + unit] !== sum) return false;
        }
      }
      return true;
    });
  });
}
