import { MemoryError } from './errors.js';

/**
 * Typed arrays and bytes that a caller gave, told by what they are and not by what they say of themselves: by the built-in getters, which
 * work for arrays of another realm (a page's frame, or under Jest and jsdom what the platform reads from a file) and which no property of
 * the caller's, no subclass and no Proxy can forge.
 */

const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

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

/** Number of elements of a typed array: 0 once its buffer was transferred. */
export const typedLength = (array: unknown): number => LENGTH.call(array);

/** Whether no other thread can write to a typed array or make it longer. */
export const isUnshared = (array: unknown): boolean => BUFFER.call(array) instanceof ArrayBuffer;

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
 * Whether a value is a Float32Array, of whichever realm. The first two tests take a nanosecond and decide nearly always; a view that only poses
 * as one has no more elements than its own, so what reads or writes it must not rely on the length that it says.
 */
export const isFloat32Array = (value: unknown): value is Float32Array =>
  ArrayBuffer.isView(value) && (value instanceof Float32Array || typedKind(value) === 'Float32Array');

/** The bytes that a user gave, a Uint8Array or an ArrayBuffer, or undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (value instanceof Uint8Array) return value as Uint8Array<ArrayBuffer>;
  const tag = tagOf(value);
  if (tag === '[object ArrayBuffer]' && typeof (value as Partial<ArrayBuffer>).slice === 'function') {
    try {
      return new Uint8Array(value as ArrayBuffer);
    } catch {
      // It was transferred, and has no bytes any more.
      return undefined;
    }
  }
  if (!ArrayBuffer.isView(value) || tag !== '[object Uint8Array]') return undefined;
  return new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength);
}
