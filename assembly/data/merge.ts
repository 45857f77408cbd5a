/**
 * Merges of values of the same width, value by value, and their derivatives. The sum and the product of whole vectors
 * are in arithmetic.ts; loops are those of simd/map.ts.
 */
import { lastLanes, paddedBytes } from '../simd/lanes';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Difference {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.sub(x, y);
  }
}

/** y = a − b, one rounding. y may be a or b. */
export function f32_difference(n: i32, a: usize, b: usize, y: usize): void {
  map2<Difference>(n, a, b, y);
}

// @ts-ignore: decorator
@unmanaged
class Maximum {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.max(x, y);
  }
}

/** y = max(a, b), exact; NaN where either is NaN, and 0 where they are −0 and 0. y may be a or b. */
export function f32_maximum(n: i32, a: usize, b: usize, y: usize): void {
  map2<Maximum>(n, a, b, y);
}

// @ts-ignore: decorator
@unmanaged
class Minimum {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.min(x, y);
  }
}

/** y = min(a, b), exact; NaN where either is NaN, and −0 where they are −0 and 0. y may be a or b. */
export function f32_minimum(n: i32, a: usize, b: usize, y: usize): void {
  map2<Minimum>(n, a, b, y);
}

/** a: divisor. */
// @ts-ignore: decorator
@unmanaged
class Quotient {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.div(x, a);
  }
}

/** y = x/divisor, one rounding; a factor of 1/divisor would be rounded as well. In place allowed. */
export function f32_quotient(n: i32, x: usize, y: usize, divisor: f32): void {
  map<Quotient>(n, x, y, f32x4.splat(divisor));
}

/**
 * y = a·b over m rows of n columns, ld floats apart. Padding of y is zero, whatever that of a and b holds.
 * y may be a or b.
 */
export function f32_product_rows(m: i32, n: i32, a: usize, b: usize, y: usize, ld: i32): void {
  const stride = (<usize>ld) << 2;
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  for (; m > 0; --m, a += stride, b += stride, y += stride) {
    let i: usize = 0;
    for (; i < last; i += 16) v128.store(y + i, f32x4.mul(v128.load(a + i), v128.load(b + i)));
    v128.store(y + i, v128.and(f32x4.mul(v128.load(a + i), v128.load(b + i)), lanes));
  }
}

/** Lanes where x is the extreme y, or y is NaN. So each y has at least one x: an extreme is one of its operands. */
// @ts-ignore: decorator
@inline
function reaches(x: v128, y: v128): v128 {
  return v128.or(f32x4.eq(x, y), f32x4.ne(y, y));
}

// @ts-ignore: decorator
@unmanaged
class Reaches {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return v128.and(reaches(x, y), f32x4.splat(1));
  }
}

/** count = 1 where x equals y or y is NaN, else 0: the first of the operands of an extreme y. */
export function f32_start_ties(n: i32, x: usize, y: usize, count: usize): void {
  map2<Reaches>(n, x, y, count);
}

/** count += 1 where x equals y or y is NaN: each further operand. Counts are small integers, so the sum is exact. */
export function f32_add_ties(n: i32, x: usize, y: usize, count: usize): void {
  if (n <= 0) return;
  const one = f32x4.splat(1);
  const end = x + paddedBytes(n);
  do {
    const more = v128.and(reaches(v128.load(x), v128.load(y)), one);
    v128.store(count, f32x4.add(v128.load(count), more));
    x += 16;
    y += 16;
    count += 16;
  } while (x < end);
}

/**
 * dx = dy/count where x equals y or y is NaN, else 0: operands that tie share the delta equally, as in torch.maximum
 * and torch.amax. `count` is how many do, at least 1. dx may be dy or count.
 */
export function f32_share_ties(n: i32, x: usize, y: usize, dy: usize, count: usize, dx: usize): void {
  if (n <= 0) return;
  const end = x + paddedBytes(n);
  do {
    const share = f32x4.div(v128.load(dy), v128.load(count));
    v128.store(dx, v128.and(share, reaches(v128.load(x), v128.load(y))));
    x += 16;
    y += 16;
    dy += 16;
    count += 16;
    dx += 16;
  } while (x < end);
}
