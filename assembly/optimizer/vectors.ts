/**
 * Arithmetic on whole parameter vectors, for optimizers that search along a direction: sums of a vector and a multiple
 * of another, and scalar products. src/training/full-batch calls them.
 */
import { map2 } from '../simd/map';

/** a: factor. */
// @ts-ignore: decorator
@unmanaged
class AddScaled {
  // @ts-ignore: decorator
  @inline
  of(x: v128, y: v128, a: v128, b: v128): v128 {
    return f32x4.add(x, f32x4.mul(a, y));
  }
}

/** z = x + factor·y, two roundings; z may be x or y. */
export function f32_add_scaled(n: i32, x: usize, y: usize, z: usize, factor: f32): void {
  map2<AddScaled>(n, x, y, z, f32x4.splat(factor));
}

/** The products of lanes 0 and 1, exact in float64. */
// @ts-ignore: decorator
@inline
function lowProducts(x: v128, y: v128): v128 {
  return f64x2.mul(f64x2.promote_low_f32x4(x), f64x2.promote_low_f32x4(y));
}

/**
 * total (float64) += Σ x·y over n units of k inputs in panels of `width` units. Sums in float64, in the order of
 * f64_add_squares: for each unit over its inputs, ascending, then one unit after another, whatever the width of the
 * panels is. Each product is exact. Padding units must be zero.
 */
export function f64_add_products(k: i32, n: i32, width: i32, x: usize, y: usize, total: usize): void {
  const columns = (n + 3) & ~3;
  let sum = f64.load(total);
  for (let first = 0; first < columns; first += width) {
    const start = (<usize>first * k) << 2;
    const stride = (<usize>min(width, columns - first)) << 2;
    for (let column: usize = 0; column < stride; column += 16) {
      let low = f64x2.splat(0);
      let high = low;
      let p = x + start + column;
      let q = y + start + column;
      for (const end = p + stride * k; p < end; p += stride, q += stride) {
        const a = v128.load(p);
        const b = v128.load(q);
        low = f64x2.add(low, lowProducts(a, b));
        high = f64x2.add(high, lowProducts(i64x2.shuffle(a, a, 1, 0), i64x2.shuffle(b, b, 1, 0)));
      }
      sum += f64x2.extract_lane(low, 0);
      sum += f64x2.extract_lane(low, 1);
      sum += f64x2.extract_lane(high, 0);
      sum += f64x2.extract_lane(high, 1);
    }
  }
  f64.store(total, sum);
}
