import { createHash } from 'node:crypto';

/**
 * Returns the SHA-256 over the bytes of arrays, in hexadecimal: little-endian float32, as in WebAssembly memory.
 *
 * @param {Iterable<Float32Array>} arrays
 */
export function sha256(arrays) {
  const hash = createHash('sha256');
  for (const { buffer, byteOffset, byteLength } of arrays) hash.update(new Uint8Array(buffer, byteOffset, byteLength));
  return hash.digest('hex');
}
