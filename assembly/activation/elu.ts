import { expm1NonPositive4 } from '../math/expm1';
import { map, map2 } from '../simd/map';

/** a: alpha. b: scale. */
// @ts-ignore: decorator
@unmanaged
class Elu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    const zero = f32x4.splat(0);
    const left = f32x4.mul(a, expm1NonPositive4(f32x4.pmin(x, zero)));
    return v128.bitselect(f32x4.mul(b, x), left, f32x4.gt(x, zero));
  }
}

/**
 * y = scale·x where x > 0, else alpha (e^x − 1). ELU: scale 1. SELU: alpha is its scale times its α. Result within 2
 * ULP (ELU) and 3 (SELU) (checked by the sweep in the tests). In place allowed.
 */
export function f32_elu(n: i32, x: usize, y: usize, alpha: f32, scale: f32): void {
  map<Elu>(n, x, y, f32x4.splat(alpha), f32x4.splat(scale));
}

/** a: alpha. b: scale. */
// @ts-ignore: decorator
@unmanaged
class EluBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    return f32x4.mul(dy, v128.bitselect(b, f32x4.add(y, a), f32x4.gt(y, f32x4.splat(0))));
  }
}

/** dx = dy·scale where y > 0, else dy (y + alpha), which is dy·alpha·e^x; alpha, scale ≥ 0. In place allowed. */
export function f32_elu_backward(n: i32, y: usize, dy: usize, dx: usize, alpha: f32, scale: f32): void {
  map2<EluBackward>(n, y, dy, dx, f32x4.splat(alpha), f32x4.splat(scale));
}
