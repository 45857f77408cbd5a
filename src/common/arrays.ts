/**
 * Recognition and reading of the lists, typed arrays and bytes that a caller passes. Typed arrays are recognised by the
 * built-in getters, never by their own properties: the getters work for arrays of another realm (a page's frame, or
 * files that the platform reads under Jest and jsdom), and no property, subclass, Proxy or changed prototype can fool
 * them. `rows.ts` reads rows and labels by these functions; `objects.ts` does the same for plain objects.
 */
import { MemoryError } from './errors.js';

/**
 * A typed array of numbers: of floats or integers, not of BigInts.
 * @category Models
 */
export type NumberArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float16Numbers;

/**
 * A Float16Array, which not every platform and not every configuration of TypeScript has.
 * @category Models
 */
export interface Float16Numbers extends ArrayLike<number> {
  /** Distinguishes it from other arrays. */
  readonly [Symbol.toStringTag]: 'Float16Array';
}

/**
 * Returns whether a value is an array, or undefined for a revoked proxy, for which `Array.isArray` throws a TypeError.
 */
function tryIsArray(value: unknown): boolean | undefined {
  try {
    return Array.isArray(value);
  } catch {
    return undefined;
  }
}

/** Whether a value is an array and not a revoked proxy. */
export const isList = (value: unknown): value is readonly unknown[] => tryIsArray(value) === true;

/** Whether a value is a revoked proxy. */
export const isRevoked = (value: unknown): boolean => tryIsArray(value) === undefined;

/** Returns a built-in getter that all typed arrays share. */
const getter = <T>(name: PropertyKey): ((this: unknown) => T) =>
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the array as its receiver
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), name)!.get as (this: unknown) => T;

const KIND = /* @__PURE__ */ getter<string | undefined>(Symbol.toStringTag);
const LENGTH = /* @__PURE__ */ getter<number>('length');
const BUFFER = /* @__PURE__ */ getter<unknown>('buffer');
const BYTE_OFFSET = /* @__PURE__ */ getter<number>('byteOffset');
const BYTE_LENGTH = /* @__PURE__ */ getter<number>('byteLength');

/** Returns 'Float32Array' and the like, or undefined for anything other than a typed array. */
export const typedKind = (value: unknown): string | undefined => KIND.call(value);

/** Whether a value is a typed array of numbers: any but those of BigInts. */
export const isNumbers = (value: unknown): value is NumberArray => {
  const kind = typedKind(value);
  return kind !== undefined && !kind.startsWith('Big');
};

/** Whether float32 has all values of a typed array: those of 8 and 16 bits, and Float32Array. */
export const isExact = (array: NumberArray): boolean => {
  const kind = typedKind(array)!;
  return kind === 'Float32Array' || !/32|64/.test(kind);
};

/** Whether a value is a list or a typed array. */
export const isSequence = (value: unknown): value is ArrayLike<unknown> =>
  isList(value) || typedKind(value) !== undefined;

/** Returns the number of elements of a typed array: 0 once its buffer was transferred. */
export const typedLength = (array: unknown): number => LENGTH.call(array);

/** Whether a typed array is in unshared memory, so that no other thread can write to it or make it longer. */
export const isUnshared = (array: unknown): boolean => BUFFER.call(array) instanceof ArrayBuffer;

/**
 * Whether two typed arrays may share memory. Two different SharedArrayBuffer objects may refer to the same memory,
 * since each `postMessage` creates a new object for it.
 */
export const mayOverlap = (one: unknown, other: unknown): boolean =>
  BUFFER.call(one) === BUFFER.call(other) || !(isUnshared(one) || isUnshared(other));

/** Whether the memory of a typed array was transferred to another thread. */
export function isDetached(array: unknown): boolean {
  if (typedLength(array) > 0) return false;
  try {
    new Uint8Array(BUFFER.call(array) as ArrayBuffer);
    return false;
  } catch {
    return true;
  }
}

/** Constructors of views, by their kind. Some platforms have no Float16Array. */
const views = (): Readonly<
  Record<string, new (buffer: ArrayBuffer, offset: number, length: number) => NumberArray>
> => ({
  Float32Array,
  Float64Array,
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float16Array: (globalThis as { Float16Array?: Uint16ArrayConstructor }).Float16Array!,
});

/** Returns a view of `count` elements of a typed array from element `first` on. It cannot become longer. */
export function typedPart(array: NumberArray, first: number, count: number): NumberArray {
  const View = views()[typedKind(array)!] as Uint8ArrayConstructor;
  return new View(BUFFER.call(array) as ArrayBuffer, BYTE_OFFSET.call(array) + View.BYTES_PER_ELEMENT * first, count);
}

/** Allocates an array. Throws a MemoryError if that fails: a list may claim any length. */
function allocated<T>(where: string, values: number, make: () => T): T {
  try {
    return make();
  } catch {
    throw new MemoryError(
      `${where}: values expected to fit into memory, got ${values} of them. Use less data at a time.`,
    );
  }
}

/** Returns zeros, as float32. */
export const newFloats = (values: number, where = 'data'): Float32Array<ArrayBuffer> =>
  allocated(where, values, () => new Float32Array(values));

/** Returns zeros, as float64. */
export const newDoubles = (values: number, where = 'data'): Float64Array<ArrayBuffer> =>
  allocated(where, values, () => new Float64Array(values));

/**
 * Whether a value is a Float32Array, of any realm. The built-in getter takes 4 ns on V8 11.3, less than reading the
 * prototype (9 ns). The array's own `length` may be wrong, so code that reads or writes the array must not rely on it.
 */
export const isFloat32Array = (value: unknown): value is Float32Array => typedKind(value) === 'Float32Array';

/** Returns the bytes of a typed array of any kind, in place. */
export const bytesIn = (array: unknown): Uint8Array<ArrayBuffer> =>
  new Uint8Array(BUFFER.call(array) as ArrayBuffer, BYTE_OFFSET.call(array), BYTE_LENGTH.call(array));

/** Returns the bytes of a Uint8Array or an ArrayBuffer, or undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (typedKind(value) === 'Uint8Array') {
      return new Uint8Array(BUFFER.call(value) as ArrayBuffer, BYTE_OFFSET.call(value), typedLength(value));
    }
    // Throws for anything other than an ArrayBuffer, of any realm.
    ArrayBuffer.prototype.slice.call(value as ArrayBuffer, 0, 0);
    return new Uint8Array(value as ArrayBuffer);
  } catch {
    // The value is neither, or its buffer was transferred and has no bytes any more.
    return undefined;
  }
}
