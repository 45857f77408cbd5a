import { cosTurn4, sinTurn4 } from '../math/turn';
import { paddedBytes } from '../simd/lanes';
import { radius4, unit } from './fill';
import { philox16 } from './philox';

/**
 * y = x + N(0, stddev²) over m rows of n columns: row i takes the numbers of f32_normal at the counters (0, first + i,
 * node, step) and on. `words` is scratch for 16 words. In place allowed. The padding of y holds the padding of x plus
 * noise.
 */
export function f32_gaussian_noise(
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
  stddev: f32,
): void {
  const scale = f32x4.splat(stddev);
  const bytes = paddedBytes(n);
  for (let row = 0; row < m; ++row, x += (<usize>ld) << 2, y += (<usize>ld) << 2) {
    let i: usize = 0;
    do {
      // The 16 words serve two pairs of vectors.
      if ((i & 63) == 0) philox16(key0, key1, <i32>(i >> 4), first + row, node, step, words);
      const radius = radius4(v128.load(words + (i & 63)), scale);
      const turn = unit(v128.load(words + (i & 63), 16));
      v128.store(y + i, f32x4.add(v128.load(x + i), f32x4.mul(radius, cosTurn4(turn))));
      if (i + 16 < bytes) v128.store(y + i, f32x4.add(v128.load(x + i, 16), f32x4.mul(radius, sinTurn4(turn))), 16);
      i += 32;
    } while (i < bytes);
  }
}

/**
 * y = x·(1 + N(0, stddev²)) over m rows of n columns, with the numbers of f32_gaussian_noise: Gaussian dropout
 * (Srivastava et al. 2014, section 10). The derivative is the same kernel on dy. `words` is scratch for 16 words. In
 * place allowed; zeros in the padding stay zero.
 */
export function f32_gaussian_factor(
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
  stddev: f32,
): void {
  const scale = f32x4.splat(stddev);
  const one = f32x4.splat(1);
  const bytes = paddedBytes(n);
  for (let row = 0; row < m; ++row, x += (<usize>ld) << 2, y += (<usize>ld) << 2) {
    let i: usize = 0;
    do {
      // The 16 words serve two pairs of vectors.
      if ((i & 63) == 0) philox16(key0, key1, <i32>(i >> 4), first + row, node, step, words);
      const radius = radius4(v128.load(words + (i & 63)), scale);
      const turn = unit(v128.load(words + (i & 63), 16));
      v128.store(y + i, f32x4.mul(v128.load(x + i), f32x4.add(one, f32x4.mul(radius, cosTurn4(turn)))));
      if (i + 16 < bytes) {
        const factor = f32x4.add(one, f32x4.mul(radius, sinTurn4(turn)));
        v128.store(y + i, f32x4.mul(v128.load(x + i, 16), factor), 16);
      }
      i += 32;
    } while (i < bytes);
  }
}
