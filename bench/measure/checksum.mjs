/** Checksums of results. */
import { sha256Of } from './sha256.mjs';

/**
 * Hashes chunks of bytes by the platform where that can be done in a synchronous call, which a browser cannot.
 *
 * @type {(chunks: Iterable<Uint8Array>) => string}
 */
const hash = globalThis.process?.versions?.node === undefined ? sha256Of : await ofPlatform();

async function ofPlatform() {
  const { createHash } = await import('node:crypto');
  return (/** @type {Iterable<Uint8Array>} */ chunks) => {
    const hash = createHash('sha256');
    for (const chunk of chunks) hash.update(chunk);
    return hash.digest('hex');
  };
}

/**
 * Returns the SHA-256 over the bytes of arrays, in hexadecimal: little-endian float32, as in WebAssembly memory.
 *
 * @param {readonly Float32Array[]} arrays
 */
export const sha256 = (arrays) =>
  hash(arrays.map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength)));
