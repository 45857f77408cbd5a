/**
 * SHA-256 (FIPS 180-4) in JavaScript, for pages that are not a secure context, which have no `crypto.subtle`: any page
 * of another computer by plain HTTP. checksum.mjs uses the platform's own where there is one.
 */

/** Returns ⌊n^(1/degree)⌋, by Newton's method in integers. @param {bigint} n @param {bigint} degree */
function root(n, degree) {
  let x = 1n << (BigInt(n.toString(2).length) / degree + 1n);
  for (;;) {
    const next = ((degree - 1n) * x + n / x ** (degree - 1n)) / degree;
    if (next >= x) return x;
    x = next;
  }
}

/**
 * The first 32 bits of the fractional parts of roots of the first primes, as the standard defines its constants.
 *
 * @param {number} count
 * @param {bigint} degree
 */
function fractions(count, degree) {
  /** @type {number[]} */
  const primes = [];
  for (let n = 2; primes.length < count; n++) if (primes.every((p) => n % p !== 0)) primes.push(n);
  return Int32Array.from(primes, (p) => Number(BigInt.asIntN(32, root(BigInt(p) << (32n * degree), degree))));
}

const INITIAL = fractions(8, 2n);
const ROUNDS = fractions(64, 3n);

/** @param {number} x @param {number} n */
const rotate = (x, n) => (x >>> n) | (x << (32 - n));

/** Schedule of a block. */
const words = new Int32Array(64);

/** @param {Int32Array} state @param {Uint8Array} bytes @param {number} from the first byte of a block */
function addBlock(state, bytes, from) {
  for (let i = 0, at = from; i < 16; i++, at += 4) {
    words[i] = (bytes[at] << 24) | (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
  }
  for (let i = 16; i < 64; i++) {
    const early = words[i - 15];
    const late = words[i - 2];
    const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
    const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
    words[i] = words[i - 16] + s0 + words[i - 7] + s1;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const choice = (e & f) ^ (~e & g);
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const t = (h + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice + ROUNDS[i] + words[i]) | 0;
    const u = ((rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t) | 0;
    d = c;
    c = b;
    b = a;
    a = (t + u) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

const BLOCK = 64;

/** Returns the SHA-256 of the bytes of all chunks together, in hexadecimal. @param {Iterable<Uint8Array>} chunks */
export function sha256Of(chunks) {
  const state = INITIAL.slice();
  const rest = new Uint8Array(BLOCK);
  let length = 0;
  for (const chunk of chunks) {
    let from = 0;
    const filled = length % BLOCK;
    length += chunk.length;
    if (filled > 0) {
      from = Math.min(BLOCK - filled, chunk.length);
      rest.set(chunk.subarray(0, from), filled);
      if (filled + from < BLOCK) continue;
      addBlock(state, rest, 0);
    }
    for (; from + BLOCK <= chunk.length; from += BLOCK) addBlock(state, chunk, from);
    rest.set(chunk.subarray(from));
  }
  // A bit 1, zeros, and the length in bits as 64 bits, at the end of a block.
  const filled = length % BLOCK;
  const end = new Uint8Array(filled < BLOCK - 8 ? BLOCK : 2 * BLOCK);
  end.set(rest.subarray(0, filled));
  end[filled] = 0x80;
  new DataView(end.buffer).setBigUint64(end.length - 8, 8n * BigInt(length));
  for (let from = 0; from < end.length; from += BLOCK) addBlock(state, end, from);
  return Array.from(state, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
