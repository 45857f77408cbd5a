import { MemoryError } from './errors.js';

/**
 * Typed arrays told by their tag where their class is another realm's: a page's frame, or under Jest and jsdom what the platform reads from a file.
 */
const tagOf = (value: unknown): string => Object.prototype.toString.call(value);

/** Whether a value is a Float32Array, of whichever realm. */
export const isFloat32Array = (value: unknown): value is Float32Array =>
  value instanceof Float32Array || (ArrayBuffer.isView(value) && tagOf(value) === '[object Float32Array]');

/** So many zeros, or a MemoryError where the platform has no memory for them or takes no array of that length. */
export function floats(where: string, count: number): Float32Array {
  try {
    return new Float32Array(count);
  } catch {
    throw new MemoryError(
      `${where}: memory expected for an array of ${4 * count} bytes, got none. Use fewer rows at a time.`,
    );
  }
}

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
