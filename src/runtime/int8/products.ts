/** A product in eight bits: the calls of the kernels that it takes, and where they have their scratch. */
import { FormatError } from '../../common/errors.js';
import { padded } from '../panels.js';
import { INT8_ABI_DIGEST } from './abi.generated.js';
import type { Int8Exports } from './abi.js';
import { PACKED_ROWS, PANEL_WIDTH } from './constants.generated.js';
import { int8WeightBytes, panelBytes } from './weight-bytes.js';
import { packInt8, unpackInt8 } from './weights.js';

/** Which binary: 'relaxed' needs relaxed SIMD. Both compute the same bits. */
export type Int8Path = 'plain' | 'relaxed';

/** A compiled binary. It may be posted to other threads. */
export interface Int8Code {
  readonly path: Int8Path;
  readonly module: WebAssembly.Module;
}

/** Products in eight bits on one memory. */
export interface Int8Kernels {
  readonly code: Int8Code;
  /** Writes weights (units, inputs), row-major integers, to their panels at an address. */
  write(weights: Float32Array, inputs: number, units: number, at: number): void;
  /** Returns the weights (units, inputs) at an address. */
  read(inputs: number, units: number, at: number): Float32Array;
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
class Products implements Int8Kernels {
  constructor(
    readonly code: Int8Code,
    private readonly kernels: Int8Exports,
    private readonly memory: WebAssembly.Memory,
  ) {}

  write(weights: Float32Array, inputs: number, units: number, at: number): void {
    packInt8(Int8Array.from(weights), inputs, units, this.bytesAt(inputs, units, at));
  }

  read(inputs: number, units: number, at: number): Float32Array {
    return Float32Array.from(unpackInt8(this.bytesAt(inputs, units, at), inputs, units));
  }

  /** A view of stored weights: the buffer is another one after the memory has grown. */
  private bytesAt(inputs: number, units: number, at: number): Uint8Array {
    return new Uint8Array(this.memory.buffer, at, int8WeightBytes(inputs, units));
  }

  scratchBytes(rows: number, inputs: number): number {
    return layOut(this.code.path, rows, inputs).bytes;
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
    const { code, kernels } = this;
    const { stats, packed } = layOut(code.path, rows, inputs);
    const statsAt = scratch + stats;
    const calibrated = range === undefined ? 0 : 1;
    kernels.u7_quantize_rows(rows, inputs, x, ldx, scratch, statsAt, calibrated, range?.[0] ?? 0, range?.[1] ?? 0);
    const sums = weights + panelBytes(inputs, units);
    kernels.i8_gemm(rows, units, inputs, scratch, statsAt, weights, sums, scales, bias, z, ldz, scratch + packed);
  }
}

/**
 * Instantiates a binary on a memory, which is shared, after checking that it has the ABI of this version.
 * @throws FormatError for a binary of another version.
 */
export function instantiateInt8(code: Int8Code, memory: WebAssembly.Memory): Int8Kernels {
  const { module } = code;
  const [digest] = WebAssembly.Module.customSections(module, 'wasm-mlp');
  if (digest === undefined || new TextDecoder().decode(digest) !== INT8_ABI_DIGEST) {
    throw new FormatError('wasm-mlp: kernels of eight bits of this version expected, got those of another version.');
  }
  const { exports } = new WebAssembly.Instance(module, { env: { memory } });
  return new Products(code, exports as unknown as Int8Exports, memory);
}
