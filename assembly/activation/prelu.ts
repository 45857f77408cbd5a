import { paddedBytes } from '../simd/lanes';

/** y = x where x > 0, else slope_j·x in column j, over m rows of n columns. In place allowed. */
export function f32_prelu(m: i32, n: i32, x: usize, slope: usize, y: usize, ld: i32): void {
  const zero = f32x4.splat(0);
  const bytes = paddedBytes(n);
  if (m <= 0 || n <= 0) return;
  do {
    let i: usize = 0;
    do {
      const v = v128.load(x + i);
      v128.store(y + i, v128.bitselect(v, f32x4.mul(v128.load(slope + i), v), f32x4.gt(v, zero)));
      i += 16;
    } while (i < bytes);
    x += (<usize>ld) << 2;
    y += (<usize>ld) << 2;
  } while (--m > 0);
}

/**
 * dx = dy where x > 0, else slope_j·dy; dslope_j = Σ over the rows, in order, of dy·min(x, 0), added to what dslope
 * holds if accumulate. In place allowed.
 */
export function f32_prelu_backward(
  m: i32,
  n: i32,
  x: usize,
  slope: usize,
  dy: usize,
  dx: usize,
  dslope: usize,
  ld: i32,
  accumulate: i32,
): void {
  const zero = f32x4.splat(0);
  const bytes = paddedBytes(n);
  if (accumulate == 0) memory.fill(dslope, 0, bytes);
  if (m <= 0 || n <= 0) return;
  do {
    let i: usize = 0;
    do {
      const v = v128.load(x + i);
      const d = v128.load(dy + i);
      const right = f32x4.gt(v, zero);
      v128.store(dslope + i, f32x4.add(v128.load(dslope + i), v128.andnot(f32x4.mul(d, v), right)));
      v128.store(dx + i, v128.bitselect(d, f32x4.mul(v128.load(slope + i), d), right));
      i += 16;
    } while (i < bytes);
    x += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    dx += (<usize>ld) << 2;
  } while (--m > 0);
}
