/** Types of numbers in NumPy's files: their codes in a header, and the arrays that hold them here. */
import { FormatError } from '../../common/errors.js';

/**
 * Names of NumPy's types of numbers, of those that are read and written.
 * @category NumPy
 */
export type NumpyType =
  | 'float16'
  | 'float32'
  | 'float64'
  | 'int8'
  | 'int16'
  | 'int32'
  | 'int64'
  | 'uint8'
  | 'uint16'
  | 'uint32'
  | 'uint64'
  | 'bool';

/**
 * Arrays that hold them: float16 as float32, bool as 0 and 1 in bytes, each other type as the array of its name.
 * @category NumPy
 */
export type NumpyData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

/** A type of numbers. */
export interface NumberType {
  /** Its code in a header, without the order of bytes. */
  readonly code: string;
  readonly bytes: number;
  /** The array whose bytes are those in a file of low byte first; of float16 its bits. */
  readonly Bits: new (buffer: ArrayBuffer, offset: number, length: number) => NumpyData;
  /** Kinds of typed arrays that are written as this type, the first unless it is asked for. */
  readonly from: readonly string[];
}

export const TYPES: Readonly<Record<NumpyType, NumberType>> = {
  float32: { code: 'f4', bytes: 4, Bits: Float32Array, from: ['Float32Array'] },
  float64: { code: 'f8', bytes: 8, Bits: Float64Array, from: ['Float64Array'] },
  int8: { code: 'i1', bytes: 1, Bits: Int8Array, from: ['Int8Array'] },
  int16: { code: 'i2', bytes: 2, Bits: Int16Array, from: ['Int16Array'] },
  int32: { code: 'i4', bytes: 4, Bits: Int32Array, from: ['Int32Array'] },
  int64: { code: 'i8', bytes: 8, Bits: BigInt64Array, from: ['BigInt64Array'] },
  uint8: { code: 'u1', bytes: 1, Bits: Uint8Array, from: ['Uint8Array', 'Uint8ClampedArray'] },
  uint16: { code: 'u2', bytes: 2, Bits: Uint16Array, from: ['Uint16Array'] },
  uint32: { code: 'u4', bytes: 4, Bits: Uint32Array, from: ['Uint32Array'] },
  uint64: { code: 'u8', bytes: 8, Bits: BigUint64Array, from: ['BigUint64Array'] },
  // From here on only if they are asked for.
  float16: { code: 'f2', bytes: 2, Bits: Uint16Array, from: ['Float32Array', 'Float16Array'] },
  bool: { code: 'b1', bytes: 1, Bits: Uint8Array, from: ['Uint8Array'] },
};

export const TYPE_NAMES = Object.keys(TYPES) as readonly NumpyType[];

/** What else NumPy writes, by the first letter of its code. */
const OTHER_TYPES: Readonly<Record<string, string>> = {
  O: 'objects, which are a Python pickle: reading one runs code',
  S: 'bytes',
  a: 'bytes',
  U: 'text',
  V: 'raw bytes',
  c: 'complex numbers',
  M: 'dates',
  m: 'spans of time',
  f: 'floats of another size',
};

/** A type of numbers in a file, with the order of its bytes. */
export interface TypeInFile {
  readonly name: NumpyType;
  readonly type: NumberType;
  /** Whether the high byte is first. */
  readonly swapped: boolean;
}

/** Returns the type that `descr` of a header names. */
export function typeOf(where: string, descr: string): TypeInFile {
  const [, order = '', code = ''] = /^([<>=|]?)(.*)$/s.exec(descr) ?? [];
  const name = TYPE_NAMES.find((one) => TYPES[one].code === code);
  if (name === undefined || order === '=') {
    const text = JSON.stringify(descr.slice(0, 60));
    const kind = Object.hasOwn(OTHER_TYPES, code[0] ?? '') ? `: ${OTHER_TYPES[code[0]]}` : '';
    throw new FormatError(
      `${where} expected float16 to float64, integers of up to 64 bits or bool, got dtype ${text}${kind}. ` +
        'In Python, convert it first: array.astype("float32").',
    );
  }
  const type = TYPES[name];
  return { name, type, swapped: order === '>' && type.bytes > 1 };
}

/** Bits of the largest finite float16, of its infinity, and of the smallest float32 that is a normal float16. */
const INFINITE_HALF = 0x7c00;
const SMALLEST_NORMAL = 0x38800000;
/** Bits of 65520, which rounds to infinity. */
const TOO_LARGE = 0x477ff000;

/** Rounds float32 numbers to the nearest float16 ones, of two as near to the even one: bits to bits. */
export function halvesOf(all: Uint32Array): Uint16Array {
  return Uint16Array.from(all, (bits) => {
    const sign = (bits >>> 16) & 0x8000;
    const size = bits & 0x7fffffff;
    if (size > 0x7f800000) return sign | 0x7e00;
    if (size >= TOO_LARGE) return sign | INFINITE_HALF;
    // Multiples of 2^-24, of which there are 1024 below the smallest normal one.
    if (size < SMALLEST_NORMAL) {
      const scaled = toFloat(size) * 0x1000000;
      const whole = Math.floor(scaled);
      const rest = scaled - whole;
      return sign | (whole + (rest > 0.5 || (rest === 0.5 && whole % 2 === 1) ? 1 : 0));
    }
    // The exponent loses 112; 13 bits are rounded away, a carry moves the exponent.
    return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  });
}

const scratch = /* @__PURE__ */ new Float32Array(1);
const scratchBits = /* @__PURE__ */ new Uint32Array(scratch.buffer);

function toFloat(bits: number): number {
  scratchBits[0] = bits;
  return scratch[0];
}
