/**
 * Elementwise arithmetic on whole vectors: sums, products, scaling and weighting of rows. Loops are those of
 * simd/map.ts.
 */
import { paddedBytes, sumLanes } from '../simd/lanes';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Sum {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.add(x, y);
  }
}

/** y = a + b. y may be a or b. */
export function f32_sum(n: i32, a: usize, b: usize, y: usize): void {
  map2<Sum>(n, a, b, y);
}

/** y = x, whole vectors. */
export function f32_copy(n: i32, x: usize, y: usize): void {
  memory.copy(y, x, paddedBytes(n));
}

/** a: scale. b: shift. */
// @ts-ignore: decorator
@unmanaged
class ScaleShift {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.add(f32x4.mul(x, a), b);
  }
}

/** y = x·scale + shift, two roundings. In place allowed. */
export function f32_scale_shift(n: i32, x: usize, y: usize, scale: f32, shift: f32): void {
  map<ScaleShift>(n, x, y, f32x4.splat(scale), f32x4.splat(shift));
}

/** x·w, and 0 where w is 0, whatever x is: a row without weight adds nothing, even if it overflowed. */
// @ts-ignore: decorator
@inline
function weigh(x: v128, w: v128): v128 {
  return v128.and(f32x4.mul(x, w), f32x4.ne(w, f32x4.splat(0)));
}

// @ts-ignore: decorator
@unmanaged
class Product {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.mul(x, y);
  }
}

/** y = a·b, value by value. y may be a or b. */
export function f32_product(n: i32, a: usize, b: usize, y: usize): void {
  map2<Product>(n, a, b, y);
}

/**
 * y = a·b, value by value, with weights b: 0 where the weight is 0, also for an infinite or NaN a. y may be a or b. It
 * runs on one value per row of a batch, for which four chains are not worth it.
 */
export function f32_weigh(n: i32, a: usize, b: usize, y: usize): void {
  for (const end = a + paddedBytes(n); a < end; a += 16, b += 16, y += 16) {
    v128.store(y, weigh(v128.load(a), v128.load(b)));
  }
}

/**
 * Row i of x = weights_i · row i, over m rows of n columns, whole vectors; 0 where the weight is 0, whatever the row
 * holds.
 */
export function f32_weigh_rows(m: i32, n: i32, weights: usize, x: usize, ld: i32): void {
  const bytes = paddedBytes(n);
  if (n <= 0) return;
  for (; m > 0; --m, weights += 4, x += (<usize>ld) << 2) {
    const weight = v128.load32_splat(weights);
    let i: usize = 0;
    do {
      v128.store(x + i, weigh(v128.load(x + i), weight));
      i += 16;
    } while (i < bytes);
  }
}

/**
 * Clears the rows of x, m rows of n columns in whole vectors, whose weight is 0 and whose squares do not add up to a
 * finite number. Backward multiplies them by deltas of 0, and 0·∞ is NaN. Where the squares are finite, so are the
 * statistics of the row, and its products with 0 are 0.
 */
export function f32_clear_overflow(m: i32, n: i32, weights: usize, x: usize, ld: i32): void {
  const bytes = paddedBytes(n);
  if (n <= 0) return;
  for (; m > 0; --m, weights += 4, x += (<usize>ld) << 2) {
    if (f32.load(weights) != 0) continue;
    let sum = f32x4.splat(0);
    for (let p = x, end = x + bytes; p < end; p += 16) {
      const v = v128.load(p);
      sum = f32x4.add(sum, f32x4.mul(v, v));
    }
    if (!(sumLanes(sum) < f32.POSITIVE_INFINITY)) memory.fill(x, 0, bytes);
  }
}
