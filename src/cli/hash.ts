import { createHash } from 'node:crypto';

/**
 * Returns the SHA-256 of the bytes of all weights in order, in hexadecimal: the fingerprint that is equal wherever the
 * same job ran. The bytes are little-endian float32, as in WebAssembly memory.
 */
export function weightsSha256(weights: Iterable<{ readonly data: Float32Array }>): string {
  const hash = createHash('sha256');
  for (const { data } of weights) hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  return hash.digest('hex');
}
