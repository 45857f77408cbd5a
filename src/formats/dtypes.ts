/**
 * Types of numbers in safetensors files besides float32, which PyTorch writes: how many bytes each has, and how they
 * become float32. float16, bfloat16 and int8 become float32 exactly; float64 is rounded to the nearest.
 */

/** A type of numbers in a file, low byte first. */
export interface Dtype {
  /** Bytes of a number. */
  readonly bytes: number;
  /** Reads as many numbers as `into` has. */
  read(view: DataView, into: Float32Array): void;
}

/** Bits of the exponents' difference between float32, biased by 127, and float16, biased by 15: 112, in bits 23 up. */
const REBIAS = 112 << 23;
/** 2^-24, the smallest float16. */
const SMALLEST_HALF = 5.960464477539063e-8;

function readHalves(view: DataView, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < into.length; i++) {
    const half = view.getUint16(2 * i, true);
    const sign = (half & 0x8000) << 16;
    const exponent = half & 0x7c00;
    const mantissa = half & 0x03ff;
    if (exponent === 0) into[i] = (sign === 0 ? 1 : -1) * mantissa * SMALLEST_HALF;
    else if (exponent === 0x7c00) bits[i] = sign | 0x7f800000 | (mantissa << 13);
    else bits[i] = sign | (((exponent | mantissa) << 13) + REBIAS);
  }
}

function readBrainFloats(view: DataView, into: Float32Array): void {
  const bits = new Uint32Array(into.buffer, into.byteOffset, into.length);
  for (let i = 0; i < into.length; i++) bits[i] = view.getUint16(2 * i, true) << 16;
}

function readDoubles(view: DataView, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = view.getFloat64(8 * i, true);
}

/** Counters, as `num_batches_tracked` of a batch normalization. */
function readCounts(view: DataView, into: Float32Array): void {
  for (let i = 0; i < into.length; i++) into[i] = Number(view.getBigInt64(8 * i, true));
}

function readInt8(view: DataView, into: Float32Array): void {
  into.set(new Int8Array(view.buffer, view.byteOffset, into.length));
}

/** Weights of eight bits, which only files of this library have: their scales are other tensors. */
export const INT8: Dtype = { bytes: 1, read: readInt8 };

/** The types by their names in the format. */
export const DTYPES: Readonly<Record<string, Dtype>> = {
  F16: { bytes: 2, read: readHalves },
  BF16: { bytes: 2, read: readBrainFloats },
  F64: { bytes: 8, read: readDoubles },
  I64: { bytes: 8, read: readCounts },
};
