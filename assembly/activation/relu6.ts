import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Relu6 {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.pmin(f32x4.pmax(x, f32x4.splat(0)), f32x4.splat(6));
  }
}

/** y = min(max(x, 0), 6), exactly. NaN stays NaN, −0 stays −0. In place allowed. */
export function f32_relu6(n: i32, x: usize, y: usize): void {
  map<Relu6>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class Relu6Backward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    return v128.and(dy, v128.and(f32x4.gt(x, f32x4.splat(0)), f32x4.le(x, f32x4.splat(6))));
  }
}

/**
 * dx = dy where 0 < x ≤ 6, else 0, also where x is NaN: the left derivatives at the kinks. PyTorch has 0 at 6. In place
 * allowed.
 */
export function f32_relu6_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<Relu6Backward>(n, x, dy, dx);
}
