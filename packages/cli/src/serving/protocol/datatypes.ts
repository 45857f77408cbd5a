/**
 * The types of tensors of the protocol: which values each has in JSON, and how each is read from bytes and written to
 * them. A record for each type.
 */
import { RequestError } from './request-error.js';

/** A value of a tensor. `null` is a missing one. */
export type Element = number | bigint | string | boolean | null;

export interface Datatype {
  /** Bytes of a value; none where values differ in length. */
  readonly bytes: number | undefined;
  /** Its values in messages. */
  readonly values: string;
  /** Whether a value of JSON is one of this type. */
  readonly accepts: (value: unknown) => boolean;
  /** Reads `count` values; the length of `bytes` has been checked unless values differ in length. */
  readonly decode: (bytes: Buffer, count: number) => ArrayLike<Element>;
  readonly encode: (values: ArrayLike<Element>) => Buffer;
}

type NumberArray =
  | Float32Array
  | Float64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | BigUint64Array;

const bytesOf = (array: NumberArray): Buffer => Buffer.from(array.buffer, array.byteOffset, array.byteLength);

/** Copies bytes, which may start anywhere, into an array. Bytes of the protocol are little-endian, as those of Node are. */
function copied<A extends NumberArray>(array: A, bytes: Buffer): A {
  bytesOf(array).set(bytes);
  return array;
}

const isNumber = (value: unknown): boolean => typeof value === 'number';

const floating = (Type: Float32ArrayConstructor | Float64ArrayConstructor): Datatype => ({
  bytes: Type.BYTES_PER_ELEMENT,
  values: 'numbers',
  accepts: isNumber,
  decode: (bytes, count) => copied(new Type(count), bytes),
  encode: (values) => bytesOf(Type.from(values as ArrayLike<number>)),
});

interface IntegerArrayConstructor {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): Exclude<NumberArray, BigInt64Array | BigUint64Array>;
}

function integers(Type: IntegerArrayConstructor, least: number, most: number): Datatype {
  return {
    bytes: Type.BYTES_PER_ELEMENT,
    values: `integers from ${least} to ${most}`,
    accepts: (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
    decode: (bytes, count) => copied(new Type(count), bytes),
    encode: (values) => bytesOf(Object.assign(new Type(values.length), values)),
  };
}

/** Integers of 64 bits. In JSON they are numbers, which are exact up to 2^53. */
function long(Type: BigInt64ArrayConstructor | BigUint64ArrayConstructor, least: number): Datatype {
  return {
    bytes: 8,
    values: `integers from ${least === 0 ? '0' : '−2^53'} to 2^53`,
    accepts: (value) => Number.isSafeInteger(value) && (value as number) >= least,
    decode: (bytes, count) => {
      const values = copied(new Type(count), bytes);
      // Larger ones stay what they are, so that whoever takes them can refuse them.
      return Array.from(values, (value) => (Number.isSafeInteger(Number(value)) ? Number(value) : value));
    },
    encode: (values) => bytesOf(Type.from(Array.from(values, (value) => BigInt(value as number)))),
  };
}

/** The value of a number of 16 bits. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const [exponent, fraction] = [(bits >> 10) & 31, bits & 1023];
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? (sign * fraction) / 2 ** 24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const texts: Datatype = {
  bytes: undefined,
  values: 'texts',
  accepts: (value) => typeof value === 'string',
  decode: (bytes, count) => {
    const values: string[] = [];
    let at = 0;
    while (at < bytes.length) {
      const end = at + 4 <= bytes.length ? at + 4 + bytes.readUInt32LE(at) : Infinity;
      if (end > bytes.length)
        throw new RequestError(`expected texts with their lengths, got ${bytes.length} bytes that end within one`);
      values.push(bytes.toString('utf8', at + 4, end));
      at = end;
      if (values.length > count) break;
    }
    if (values.length !== count) {
      const got = values.length > count ? 'more' : String(values.length);
      throw new RequestError(`expected ${count} texts, as its shape says, got ${got}`);
    }
    return values;
  },
  encode: (values) =>
    Buffer.concat(
      Array.from(values, (value) => {
        const text = Buffer.from(String(value));
        const length = Buffer.alloc(4);
        length.writeUInt32LE(text.length);
        return [length, text];
      }).flat(),
    ),
};

export const DATATYPES = {
  FP32: floating(Float32Array),
  FP64: floating(Float64Array),
  FP16: {
    bytes: 2,
    values: 'numbers',
    accepts: isNumber,
    decode: (bytes, count) => Float64Array.from(copied(new Uint16Array(count), bytes), half),
    encode: () => {
      throw new TypeError('No output has this type.');
    },
  },
  INT8: integers(Int8Array, -128, 127),
  INT16: integers(Int16Array, -32768, 32767),
  INT32: integers(Int32Array, -2147483648, 2147483647),
  INT64: long(BigInt64Array, Number.MIN_SAFE_INTEGER),
  UINT8: integers(Uint8Array, 0, 255),
  UINT16: integers(Uint16Array, 0, 65535),
  UINT32: integers(Uint32Array, 0, 4294967295),
  UINT64: long(BigUint64Array, 0),
  BOOL: {
    bytes: 1,
    values: 'true or false',
    accepts: (value) => typeof value === 'boolean',
    decode: (bytes, count) => Array.from({ length: count }, (_, i) => bytes[i] !== 0),
    encode: (values) => Buffer.from(Array.from(values, Number)),
  },
  BYTES: texts,
} as const satisfies Readonly<Record<string, Datatype>>;

export type DatatypeName = keyof typeof DATATYPES;

export const isDatatype = (name: unknown): name is DatatypeName =>
  typeof name === 'string' && Object.hasOwn(DATATYPES, name);
