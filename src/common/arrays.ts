/**
 * Arrays of the caller's, told by what they are made of. Neither `instanceof` nor a property can be relied on: a proxy whose target is gone throws at both, an
 * array may come from another realm (a page's frame, Jest), have lost its prototype, or say that it is longer than it is, and what is copied
 * goes by the real length.
 */

import { isInstance } from './objects.js';

/** A getter that all typed arrays inherit: it reads what an array is made of, and runs no code of the caller's. */
function slot(key: PropertyKey): (this: unknown) => unknown {
  const { get } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype) as object, key) as {
    readonly get: (this: unknown) => unknown;
  };
  return get;
}

const nameSlot = /* @__PURE__ */ slot(Symbol.toStringTag);
const lengthSlot = /* @__PURE__ */ slot('length');
const bufferSlot = /* @__PURE__ */ slot('buffer');
const offsetSlot = /* @__PURE__ */ slot('byteOffset');

/** Whether a value is an array. A proxy whose target is gone is none; `Array.isArray` throws a TypeError there. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

/** The class of a typed array, such as 'Float32Array', of whichever realm; undefined for anything else. */
export const typedArrayName = (value: unknown): string | undefined => nameSlot.call(value) as string | undefined;

/** The number of elements that a typed array has, whatever its `length` says. */
export const typedArrayLength = (array: ArrayBufferView): number => lengthSlot.call(array) as number;

/** The memory of a typed array, whatever its `buffer` says. */
export const bufferOf = (array: ArrayBufferView): ArrayBufferLike => bufferSlot.call(array) as ArrayBufferLike;

/** Whether the memory of an array was transferred to another thread. */
export function isDetached(array: ArrayBufferView): boolean {
  if (typedArrayLength(array) > 0) return false;
  try {
    new Uint8Array(bufferOf(array));
    return false;
  } catch {
    return true;
  }
}

/** Whether a typed array has its memory, and a `length` that is true. */
function isWhole(array: Float32Array): boolean {
  const length = lengthSlot.call(array);
  return array.length === length && (length !== 0 || !isDetached(array));
}

/** Whether a value is a typed array that has its memory, and whose `length` is true. */
export const isTypedArray = (value: unknown): value is Float32Array =>
  nameSlot.call(value) !== undefined && isWhole(value as Float32Array);

/**
 * Whether a value is a Float32Array, of whichever realm, that has its memory, and whose `length` is true. A prediction of one row asks this twice, so the
 * usual array is told by what compiles to a few instructions: there is an element before its end, and none at it, which no property can hide.
 */
export function isFloat32Array(value: unknown): value is Float32Array {
  if (!ArrayBuffer.isView(value)) return false;
  if (isInstance(value, Float32Array)) {
    const { length } = value;
    if (length > 0 && value[length - 1] !== undefined && value[length] === undefined) return true;
  }
  return nameSlot.call(value) === 'Float32Array' && isWhole(value as Float32Array);
}

/** A view of the library's own on the memory of a Float32Array: its methods are those of the platform. */
export const floatsOf = (array: Float32Array): Float32Array =>
  new Float32Array(bufferOf(array), offsetSlot.call(array) as number, typedArrayLength(array));

/** The bytes that a user gave, a Uint8Array or an ArrayBuffer, or undefined for anything else. */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  if (typedArrayName(value) === 'Uint8Array' && isTypedArray(value)) {
    const bytes = value as ArrayBufferView;
    return new Uint8Array(bufferOf(bytes) as ArrayBuffer, offsetSlot.call(bytes) as number, typedArrayLength(bytes));
  }
  if (!isArrayBuffer(value)) return undefined;
  try {
    return new Uint8Array(value);
  } catch {
    // It was transferred, and has no bytes any more.
    return undefined;
  }
}

/** Whether a value is an ArrayBuffer, of whichever realm: its own getter throws for anything else. */
function isArrayBuffer(value: unknown): value is ArrayBuffer {
  if (typeof value !== 'object' || value === null) return false;
  try {
    Object.getOwnPropertyDescriptor(ArrayBuffer.prototype, 'byteLength')!.get!.call(value);
    return true;
  } catch {
    return false;
  }
}
