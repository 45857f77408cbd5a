/**
 * The generator of the kernels, for code that has no kernels at hand: Philox4x32-10 (Salmon et al., SC'11), one counter
 * at a time. assembly/random/philox.ts is the fast one; tests compare their words and their permutations.
 */

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;

/** High word of word·range, for words of 32 bits: a product of halves is exact in float64. */
const highWord = (word: number, range: number): number =>
  Math.floor(((word >>> 16) * range + Math.floor(((word & 0xffff) * range) / 2 ** 16)) / 2 ** 16);

/** Where numbers are drawn from: seed and stream are the key, the rest is the counter without its first word. */
export interface Draw {
  readonly seed: number;
  readonly stream: number;
  readonly c1?: number;
  readonly c2?: number;
}

/** The four words of counter (c0, c1, c2, 0), each from 0 to 2^32 − 1. */
export function philox({ seed, stream, c1 = 0, c2 = 0 }: Draw, c0: number): [number, number, number, number] {
  let [x0, x1, x2, x3, k0, k1] = [c0 >>> 0, c1 >>> 0, c2 >>> 0, 0, seed >>> 0, stream >>> 0];
  for (let round = 0; round < 10; round++) {
    [x0, x1, x2, x3] = [
      (highWord(x2, M1) ^ x1 ^ k0) >>> 0,
      Math.imul(x2, M1) >>> 0,
      (highWord(x0, M0) ^ x3 ^ k1) >>> 0,
      Math.imul(x0, M0) >>> 0,
    ];
    k0 = (k0 + W0) >>> 0;
    k1 = (k1 + W1) >>> 0;
  }
  return [x0, x1, x2, x3];
}

/**
 * Returns a permutation of 0 … n − 1: Fisher & Yates from the top with the high word of word·range, as the kernel
 * `u32_shuffle` makes it.
 */
export function permutation(n: number, draw: Draw): Int32Array {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let words: readonly number[] = [];
  for (let i = n - 1, taken = 0; i > 0; i--, taken++) {
    if (taken % 4 === 0) words = philox(draw, taken / 4);
    const j = highWord(words[taken % 4], i + 1);
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}
