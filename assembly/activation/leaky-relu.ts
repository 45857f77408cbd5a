import { map, map2 } from '../simd/map';

/** a: alpha. */
// @ts-ignore: decorator
@unmanaged
class LeakyRelu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return v128.bitselect(x, f32x4.mul(a, x), f32x4.gt(x, f32x4.splat(0)));
  }
}

/** y = x where x > 0, else alpha·x. Result correctly rounded (checked by the sweep in the tests). In place allowed. */
export function f32_leaky_relu(n: i32, x: usize, y: usize, alpha: f32): void {
  map<LeakyRelu>(n, x, y, f32x4.splat(alpha));
}

/** a: alpha. */
// @ts-ignore: decorator
@unmanaged
class LeakyReluBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    return f32x4.mul(dy, v128.bitselect(f32x4.splat(1), a, f32x4.gt(y, f32x4.splat(0))));
  }
}

/** dx = dy where y > 0, else alpha·dy; alpha ≥ 0, so that y has the sign of x. In place allowed. */
export function f32_leaky_relu_backward(n: i32, y: usize, dy: usize, dx: usize, alpha: f32): void {
  map2<LeakyReluBackward>(n, y, dy, dx, f32x4.splat(alpha));
}
