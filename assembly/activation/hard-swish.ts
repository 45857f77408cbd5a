/** Hard swish, swish with a hard sigmoid, and its derivative. */
import { map, map2 } from '../simd/map';

/**
 * x + 3 held to [0, 6] comes before the division: near −3, where x/6 + ½ would cancel, the sum is exact. The product is
 * last, so that no x overflows.
 */
// @ts-ignore: decorator
@unmanaged
class HardSwish {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    const six = f32x4.splat(6);
    const held = f32x4.pmin(f32x4.pmax(f32x4.add(x, f32x4.splat(3)), f32x4.splat(0)), six);
    return f32x4.mul(x, f32x4.div(held, six));
  }
}

/**
 * y = x·min(max(x + 3, 0), 6)/6 (PyTorch and Keras 3). Result within 2.5 ULP (checked by the sweep in the tests); NaN
 * stays NaN, −∞ gives NaN, as in PyTorch. In place allowed.
 */
export function f32_hard_swish(n: i32, x: usize, y: usize): void {
  map<HardSwish>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class HardSwishBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const three = f32x4.splat(3);
    const line = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 3.0)), f32x4.splat(0.5));
    const slope = v128.bitselect(f32x4.splat(1), line, f32x4.gt(x, three));
    return f32x4.mul(dy, v128.and(slope, f32x4.gt(x, f32x4.splat(-3))));
  }
}

/**
 * dx = dy·(x/3 + ½) where −3 < x ≤ 3, 0 below, also where x is NaN, and dy above: the left derivatives at the kinks.
 * PyTorch has −½ and 1 there. In place allowed.
 */
export function f32_hard_swish_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<HardSwishBackward>(n, x, dy, dx);
}
