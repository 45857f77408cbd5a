import { philox16 } from './philox';

/**
 * A permutation of 0 … n − 1 in `indices`, by Fisher & Yates from the top. The bounded integer is the high word of
 * word·range (Lemire 2019) without rejection, so that step i always takes word i; a value's share is off by at most
 * n/2^32. `words` is scratch for 16 words.
 */
export function u32_shuffle(
  n: i32,
  indices: usize,
  words: usize,
  key0: i32,
  key1: i32,
  c1: i32,
  c2: i32,
  c3: i32,
): void {
  for (let i = 0; i < n; ++i) i32.store(indices + ((<usize>i) << 2), i);
  for (let i = n - 1, taken = 0; i > 0; --i, ++taken) {
    if ((taken & 15) == 0) philox16(key0, key1, taken >> 2, c1, c2, c3, words);
    const word = <u64>load<u32>(words + ((<usize>(taken & 15)) << 2));
    const j = <usize>((word * <u64>(i + 1)) >> 32);
    const p = indices + ((<usize>i) << 2);
    const q = indices + (j << 2);
    const held = i32.load(p);
    i32.store(p, i32.load(q));
    i32.store(q, held);
  }
}
