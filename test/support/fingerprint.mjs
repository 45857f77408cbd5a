/**
 * The SHA-256 of everything that a computation returned: weights, gradients, logs, files. Uses nothing of any platform
 * except a digest. All NaNs count as one value: their sign and payload depend on the processor, and no promise covers
 * them.
 */

/** Collects numbers and hashes them. */
export class Fingerprint {
  /** @type {ArrayBuffer[]} */
  #parts = [];

  /**
   * Adds numbers as float32.
   * @param {ArrayLike<number>} values
   */
  addFloats(values) {
    // Writes NaN by an explicit pattern: engines differ in the one that a DataView writes.
    const bits = new Uint32Array(new Float32Array(values).buffer);
    for (let i = 0; i < bits.length; i++) if ((bits[i] & 0x7fffffff) > 0x7f800000) bits[i] = 0x7fc00000;
    this.#parts.push(bits.buffer);
  }

  /**
   * Adds numbers as float64, by the text that ECMAScript prints, which is exact and has one NaN.
   * @param {readonly number[]} values
   */
  addDoubles(values) {
    this.addText(values.map((value) => (Object.is(value, -0) ? '-0' : String(value))).join());
  }

  /** @param {string} text */
  addText(text) {
    this.#parts.push(/** @type {ArrayBuffer} */ (new TextEncoder().encode(text).buffer));
  }

  /** @param {readonly { name: string, data: ArrayLike<number> }[]} tensors */
  addTensors(tensors) {
    for (const { name, data } of tensors) {
      this.addText(name);
      this.addFloats(data);
    }
  }

  /**
   * Adds a safetensors file of float32: its header as text, then its numbers.
   * @param {Uint8Array} bytes
   */
  addFile(bytes) {
    const start = 8 + new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    this.addText(new TextDecoder().decode(bytes.slice(0, start)));
    this.addFloats(new Float32Array(bytes.slice(start).buffer));
  }

  /** @returns {Promise<string>} 64 hexadecimal digits */
  async sha256() {
    const digest = await crypto.subtle.digest('SHA-256', await new Blob(this.#parts).arrayBuffer());
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
  }
}
