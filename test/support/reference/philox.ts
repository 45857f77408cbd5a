/**
 * Philox4x32-10 from the paper (Salmon et al. 2011), one counter at a time, on BigInt: the reference for tests of
 * random numbers.
 */
export function philox(key: readonly [number, number], counter: readonly [number, number, number, number]): number[] {
  const mask = 0xffffffffn;
  let [k0, k1] = key.map((word) => BigInt(word >>> 0));
  let [a, b, c, d] = counter.map((word) => BigInt(word >>> 0));
  for (let round = 0; round < 10; round++) {
    const [p, q] = [a * 0xd2511f53n, c * 0xcd9e8d57n];
    [a, b, c, d] = [(q >> 32n) ^ b ^ k0, q & mask, (p >> 32n) ^ d ^ k1, p & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d].map(Number);
}

/** 24 bits of word j mod 4 of counter (⌊j/4⌋, …rest), in [0, 1), for j below n. */
export function shares(
  n: number,
  key: readonly [number, number],
  rest: readonly [number, number, number],
): Float64Array {
  const out = new Float64Array(n);
  for (let j = 0; j < n; j += 4) {
    philox(key, [j / 4, ...rest]).forEach((word, lane) => (out[j + lane] = (word >>> 8) * 2 ** -24));
  }
  return out;
}
