/** A product in eight bits: the calls of the kernels that it takes. room.ts says where they have their scratch. */
import { FormatError } from '../../common/errors.js';
import { INT8_ABI_DIGEST } from './abi.generated.js';
import type { Int8Exports, Int8Path } from './abi.js';
import { roomInScratch, rowBytes, widenedBytes, type Int8Room } from './room.js';
import { int8WeightBytes, panelBytes } from './weight-bytes.js';
import { packInt8, unpackInt8 } from './weights.js';

/** A compiled binary. It may be posted to other threads. */
export interface Int8Code {
  readonly path: Int8Path;
  readonly module: WebAssembly.Module;
}

/** What steps with weights of eight bits use, and where their products have their scratch memory. */
export interface Int8Calls {
  readonly products: Int8Products;
  /** Returns the room of a product of rows of `inputs` values. Steps ask for it when they are bound. */
  readonly roomFor: (inputs: number) => Int8Room;
}

/** The kernels on one memory. */
export interface Int8Kernels extends Int8Products {
  readonly code: Int8Code;
  /** Writes weights (units, inputs), row-major integers, to their panels at an address. */
  write(weights: Float32Array, inputs: number, units: number, at: number): void;
  /** Returns the weights (units, inputs) at an address. */
  read(inputs: number, units: number, at: number): Float32Array;
  /** Returns the bytes of a quantized row. */
  rowBytes(inputs: number): number;
  /** Returns the bytes of the panel of widened weights that a product needs. */
  widenedBytes(rows: number, inputs: number): number;
  /** Returns the room of as many rows as fit in the scratch memory of a runtime, which is at an address. */
  roomIn(scratch: number, inputs: number): Int8Room;
  /** Returns products that make the same calls of other functions. */
  calling(exports: Int8Exports): Int8Products;
}

/** Products by the exports of an instance, or by functions that note the calls. */
export class Int8Products {
  constructor(readonly exports: Int8Exports) {}

  /**
   * z (rows, units) = x (rows, inputs) · weights, whose layout and bytes weights.ts states, with a scale for each unit
   * and a bias, or without one: 0. Each row of x is quantized by its own range, or by `range`. Addresses are in bytes,
   * multiples of 4, leading dimensions in floats, at least the width rounded up to a multiple of 4; scales and bias are
   * rounded up with zeros. A row with a value that is NaN or infinite gives NaN.
   */
  multiply(
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
    { activations, stats, panel }: Int8Room,
    range?: readonly [lowest: number, highest: number],
  ): void {
    const { u7_quantize_rows, i8_gemm } = this.exports;
    const calibrated = range === undefined ? 0 : 1;
    u7_quantize_rows(rows, inputs, x, ldx, activations, stats, calibrated, range?.[0] ?? 0, range?.[1] ?? 0);
    const sums = weights + panelBytes(inputs, units);
    i8_gemm(rows, units, inputs, activations, stats, weights, sums, scales, bias, z, ldz, panel);
  }
}

/** An instance of the kernels. */
class Instance extends Int8Products implements Int8Kernels {
  constructor(
    readonly code: Int8Code,
    exports: Int8Exports,
    private readonly memory: WebAssembly.Memory,
  ) {
    super(exports);
  }

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

  rowBytes(inputs: number): number {
    return rowBytes(this.code.path, inputs);
  }

  widenedBytes(rows: number, inputs: number): number {
    return widenedBytes(this.code.path, rows, inputs);
  }

  roomIn(scratch: number, inputs: number): Int8Room {
    return roomInScratch(scratch, this.code.path, inputs);
  }

  calling(exports: Int8Exports): Int8Products {
    return new Int8Products(exports);
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
  return new Instance(code, exports as unknown as Int8Exports, memory);
}
