import { paddedBytes } from '../simd/lanes';
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

/** Row i of x = factors_i · row i, over m rows of n columns, whole vectors. */
export function f32_scale_rows(m: i32, n: i32, factors: usize, x: usize, ld: i32): void {
  const bytes = paddedBytes(n);
  if (n <= 0) return;
  for (; m > 0; --m, factors += 4, x += (<usize>ld) << 2) {
    const factor = v128.load32_splat(factors);
    let i: usize = 0;
    do {
      v128.store(x + i, f32x4.mul(v128.load(x + i), factor));
      i += 16;
    } while (i < bytes);
  }
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
