import { paddedBytes } from '../simd/lanes';
import { unit } from './fill';
import { philox16, philox32 } from './philox';

// @ts-ignore: decorator
@inline
function drop(x: v128, word: v128, rate: v128, scale: v128): v128 {
  return v128.and(f32x4.mul(x, scale), f32x4.ge(unit(word), rate));
}

/** a: rate. b: scale. */
// @ts-ignore: decorator
@unmanaged
class Dropout {
  // @ts-ignore: decorator
  @inline
  put(x: usize, y: usize, word: v128, a: v128, b: v128): void {
    v128.store(y, drop(v128.load(x), word, a, b));
  }
}

/**
 * Inverted dropout (Srivastava et al. 2014): y = x·scale where the element is kept, 0 where it is dropped; scale is
 * 1/(1 − rate). Element (i, j) is kept where the upper 24 bits of its word, times 2^−24, are at least `rate`; its word
 * is word j mod 4 of the counter (⌊j/4⌋, first + i, node, step), so that the mask can be made again. The derivative is
 * the same kernel on dy. `words` is scratch for 16 words. In place allowed; zeros in the padding stay zero.
 */
export function f32_dropout(
  m: i32,
  n: i32,
  x: usize,
  words: usize,
  y: usize,
  ld: i32,
  key0: i32,
  key1: i32,
  node: i32,
  step: i32,
  first: i32,
  rate: f32,
  scale: f32,
): void {
  const least = f32x4.splat(rate);
  const factor = f32x4.splat(scale);
  const bytes = paddedBytes(n);
  for (let row = 0; row < m; ++row, x += (<usize>ld) << 2, y += (<usize>ld) << 2) {
    let i: usize = 0;
    // Groups of 32 are written directly only where they fit: rows are whole vectors, and the memory behind them belongs
    // to the next row. The rest goes through scratch.
    for (; i + 128 <= bytes; i += 128) {
      philox32<Dropout>(key0, key1, <i32>(i >> 4), first + row, node, step, x + i, y + i, least, factor);
    }
    for (; i < bytes; i += 16) {
      // The 16 words serve four vectors.
      if ((i & 63) == 0) philox16(key0, key1, <i32>(i >> 4), first + row, node, step, words);
      v128.store(y + i, drop(v128.load(x + i), v128.load(words + (i & 63)), least, factor));
    }
  }
}

/**
 * Alpha dropout (Klambauer et al. 2017): y = x·scale + shift where the element is kept, `dropped` where it is not, with
 * the mask of f32_dropout; two roundings. The derivative is f32_dropout on dy with the same scale. `words` is scratch
 * for 16 words. In place allowed. The padding of y holds `dropped` or its own values scaled and shifted.
 */
export function f32_alpha_dropout(
  m: i32,
  n: i32,
  x: usize,
  words: usize,
  y: usize,
  ld: i32,
  key0: i32,
  key1: i32,
  node: i32,
  step: i32,
  first: i32,
  rate: f32,
  scale: f32,
  shift: f32,
  dropped: f32,
): void {
  const least = f32x4.splat(rate);
  const factor = f32x4.splat(scale);
  const added = f32x4.splat(shift);
  const instead = f32x4.splat(dropped);
  const bytes = paddedBytes(n);
  for (let row = 0; row < m; ++row, x += (<usize>ld) << 2, y += (<usize>ld) << 2) {
    for (let i: usize = 0; i < bytes; i += 16) {
      // The 16 words serve four vectors.
      if ((i & 63) == 0) philox16(key0, key1, <i32>(i >> 4), first + row, node, step, words);
      const kept = f32x4.ge(unit(v128.load(words + (i & 63))), least);
      const moved = f32x4.add(f32x4.mul(v128.load(x + i), factor), added);
      v128.store(y + i, v128.bitselect(moved, instead, kept));
    }
  }
}
