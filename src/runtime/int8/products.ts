/** A product in eight bits: the calls of the kernels that it takes, and where they have their scratch. */
import { padded } from '../panels.js';
import type { Int8Exports } from './abi.js';
import { PACKED_ROWS, PANEL_WIDTH } from './constants.generated.js';
import { panelBytes } from './weights.js';

/** Which binary: 'relaxed' needs relaxed SIMD. Both compute the same bits. */
export type Int8Path = 'plain' | 'relaxed';

/** Products in eight bits on one memory. */
export interface Int8Kernels {
  readonly path: Int8Path;
  /** Bytes of scratch for a product of `rows` rows of `inputs` values. */
  scratchBytes(rows: number, inputs: number): number;
  /**
   * z (rows, units) = x (rows, inputs) · weights, whose layout and bytes weights.ts states, with a scale for each unit
   * and a bias, or without one: 0. Each row of x is quantized by its own range, or by `range`. Addresses are in bytes,
   * multiples of 4, leading dimensions in floats, at least the width rounded up to a multiple of 4; scales and bias are
   * rounded up with zeros. A row with a value that is NaN or infinite gives NaN.
   */
  affine(
    rows: number,
    units: number,
    inputs: number,
    x: number,
    ldx: number,
    weights: number,
    scales: number,
    bias: number,
    z: number,
    ldz: number,
    scratch: number,
    range?: readonly [lowest: number, highest: number],
  ): void;
}

/** Bytes of a quantized activation, in the form that each binary reads. */
const ACTIVATION_BYTES: Readonly<Record<Int8Path, number>> = { plain: 2, relaxed: 1 };

const aligned = (bytes: number): number => Math.ceil(bytes / 16) * 16;

/** Where a product has its quantized rows, their scales, and the room for a panel, from its scratch on. */
function layOut(path: Int8Path, rows: number, inputs: number): { stats: number; packed: number; bytes: number } {
  const stats = aligned(rows * padded(inputs) * ACTIVATION_BYTES[path]);
  const packed = stats + aligned(8 * rows);
  const widens = path === 'plain' && rows >= PACKED_ROWS;
  return { stats, packed, bytes: packed + (widens ? 2 * PANEL_WIDTH * padded(inputs) : 0) };
}

/** The calls of an instance of the kernels. */
export class Products implements Int8Kernels {
  constructor(
    readonly path: Int8Path,
    private readonly kernels: Int8Exports,
  ) {}

  scratchBytes(rows: number, inputs: number): number {
    return layOut(this.path, rows, inputs).bytes;
  }

  affine(
    rows: number,
    units: number,
    inputs: number,
    x: number,
    ldx: number,
    weights: number,
    scales: number,
    bias: number,
    z: number,
    ldz: number,
    scratch: number,
    range?: readonly [number, number],
  ): void {
    const { path, kernels } = this;
    const { stats, packed } = layOut(path, rows, inputs);
    const statsAt = scratch + stats;
    const calibrated = range === undefined ? 0 : 1;
    kernels.u7_quantize_rows(rows, inputs, x, ldx, scratch, statsAt, calibrated, range?.[0] ?? 0, range?.[1] ?? 0);
    const sums = weights + panelBytes(inputs, units);
    kernels.i8_gemm(rows, units, inputs, scratch, statsAt, weights, sums, scales, bias, z, ldz, scratch + packed);
  }
}
