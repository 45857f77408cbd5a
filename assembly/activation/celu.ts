import { expm1NonPositive4 } from '../math/expm1';
import { map, map2 } from '../simd/map';

/** a: alpha. */
// @ts-ignore: decorator
@unmanaged
class Celu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    const u = f32x4.div(x, a);
    const left = f32x4.mul(a, expm1NonPositive4(f32x4.pmin(u, f32x4.splat(0))));
    // From −2^−25 on, α(e^u − 1) rounds to x. Multiplied back, the few bits of a subnormal u would show.
    return v128.bitselect(x, left, f32x4.gt(u, f32x4.splat(-2.98023224e-8)));
  }
}

/**
 * y = x where x > 0, else alpha (e^(x/alpha) − 1), with a slope of 1 at 0 for any alpha > 0 (Barron 2017). Result
 * within 4 ULP (checked by the sweep in the tests); NaN stays NaN, −∞ gives −alpha. In place allowed.
 */
export function f32_celu(n: i32, x: usize, y: usize, alpha: f32): void {
  map<Celu>(n, x, y, f32x4.splat(alpha));
}

/** a: alpha. */
// @ts-ignore: decorator
@unmanaged
class CeluBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    return f32x4.mul(dy, v128.bitselect(one, f32x4.add(f32x4.div(y, a), one), f32x4.gt(y, f32x4.splat(0))));
  }
}

/** dx = dy where y > 0, else dy (y/alpha + 1), which is dy·e^(x/alpha); alpha > 0. In place allowed. */
export function f32_celu_backward(n: i32, y: usize, dy: usize, dx: usize, alpha: f32): void {
  map2<CeluBackward>(n, y, dy, dx, f32x4.splat(alpha));
}
