/**
 * The bytes that a user gave, or undefined for anything else. Told by its tag, not by its class: what a platform reads from a file may be of another realm
 * than the library, as it is under Jest.
 */
export function bytesOf(value: unknown): Uint8Array<ArrayBuffer> | undefined {
  const tag = Object.prototype.toString.call(value);
  if (tag === '[object Uint8Array]') {
    const { buffer, byteOffset, byteLength } = value as Uint8Array<ArrayBuffer>;
    return value instanceof Uint8Array
      ? (value as Uint8Array<ArrayBuffer>)
      : new Uint8Array(buffer, byteOffset, byteLength);
  }
  return tag === '[object ArrayBuffer]' ? new Uint8Array(value as ArrayBuffer) : undefined;
}
