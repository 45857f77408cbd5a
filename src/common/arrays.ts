/**
 * Lists, typed arrays and bytes that a caller gave, told by what they are and not by what they say of themselves: typed
 * arrays by the built-in getters, which work for arrays of another realm (a page's frame, or under Jest and jsdom what
 * the platform reads from a file) and which no property of the caller's, no subclass, no Proxy and no other prototype
 * can forge.
 */
import { MemoryError } from './errors.js';

/** Whether a value is an array; nothing for a proxy whose target is gone, where `Array.isArray` throws a TypeError. */
function looksLikeList(value: unknown): boolean | undefined {
  try {
    return Array.isArray(value);
  } catch {
    return undefined;
  }
}

/** Whether a value is an array, and no proxy whose target is gone. */
export const isList = (value: unknown): value is readonly unknown[] => looksLikeList(value) === true;

/** Whether a value is a proxy whose target is gone. */
export const isRevoked = (value: unknown): boolean => looksLikeList(value) === undefined;

/** A built-in getter of all typed arrays. */
const getter = <T>(name: PropertyKey): ((this: unknown) => T) =>
  // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the array that it is asked of
  Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Float32Array.prototype), name)!.get as (this: unknown) => T;

const KIND = /* @__PURE__ */ getter<string | undefined>(Symbol.toStringTag);
const LENGTH = /* @__PURE__ */ getter<number>('length');
const BUFFER = /* @__PURE__ */ getter<unknown>('buffer');
const BYTE_OFFSET = /* @__PURE__ */ getter<number>('byteOffset');

/** 'Float32Array' and the like, or undefined for anything that is no typed array. */
export const typedKind = (value: unknown): string | undefined => KIND.call(value);

/** Whether a value is a list or a typed array. */
export const isSequence = (value: unknown): value is ArrayLike<unknown> =>
  isList(value) || typedKind(value) !== undefined;

/** Number of elements of a typed array: 0 once its buffer was transferred. */
export const typedLength = (array: unknown): number => LENGTH.call(array);

/** Whether no other thread can write to a typed array or make it longer. */
export const isUnshared = (array: unknown): boolean => BUFFER.call(array) instanceof ArrayBuffer;

/**
 * Whether two typed arrays may lie in one memory: two shared buffers may be one, since each post makes an object of its
 * own.
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

/** `count` elements of a Float32Array or Float64Array from element `first` on, as a view that cannot become longer. */
export function typedPart(
  array: Float32Array | Float64Array,
  first: number,
  count: number,
): Float32Array | Float64Array {
  const View = typedKind(array) === 'Float32Array' ? Float32Array : Float64Array;
  return new View(BUFFER.call(array) as ArrayBuffer, BYTE_OFFSET.call(array) + View.BYTES_PER_ELEMENT * first, count);
}

/** A list may say that it is as long as it likes: what cannot be had is a MemoryError. */
function allocated<T>(where: string, values: number, make: () => T): T {
  try {
    return make();
  } catch {
    throw new MemoryError(
      `${where}: values expected to fit into memory, got ${values} of them. Use less data at a time.`,
    );
  }
}

/** Zeros, as float32. */
export const newFloats = (values: number, where = 'data'): Float32Array<ArrayBuffer> =>
  allocated(where, values, () => new Float32Array(values));

/** Zeros, as float64. */
export const newDoubles = (values: number, where = 'data'): Float64Array<ArrayBuffer> =>
  allocated(where, values, () => new Float64Array(values));

/**
 * Whether a value is a Float32Array, of whichever realm. The built-in getter takes 4 ns on V8 11.3, less than a look at
 * the prototype (9 ns). An array may say another length than its own, so what reads or writes it must not rely on what
 * it says.
 */
export const isFloat32Array = (value: unknown): value is Float32Array => typedKind(value) === 'Float32Array';

/** The bytes that a user gave, a Uint8Array or an ArrayBuffer, or undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  try {
    if (typedKind(value) === 'Uint8Array') {
      return new Uint8Array(BUFFER.call(value) as ArrayBuffer, BYTE_OFFSET.call(value), typedLength(value));
    }
    // Throws for anything but an ArrayBuffer, of whichever realm.
    ArrayBuffer.prototype.slice.call(value as ArrayBuffer, 0, 0);
    return new Uint8Array(value as ArrayBuffer);
  } catch {
    // It is neither, or was transferred, and has no bytes any more.
    return undefined;
  }
}
