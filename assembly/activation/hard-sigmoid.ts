import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class HardSigmoid {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    const line = f32x4.add(f32x4.mul(x, f32x4.splat(1.0 / 6.0)), f32x4.splat(0.5));
    return f32x4.pmin(f32x4.pmax(line, f32x4.splat(0)), f32x4.splat(1));
  }
}

/**
 * y = x/6 + ½ between −3 and 3, 0 below, 1 above (PyTorch and Keras 3). Result within 1 ULP of 1 (checked by the sweep
 * in the tests). In place allowed.
 */
export function f32_hard_sigmoid(n: i32, x: usize, y: usize): void {
  map<HardSigmoid>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class HardSigmoidBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const inside = v128.and(f32x4.gt(x, f32x4.splat(-3)), f32x4.le(x, f32x4.splat(3)));
    return f32x4.mul(dy, v128.and(f32x4.splat(1.0 / 6.0), inside));
  }
}

/** dx = dy/6 where −3 < x ≤ 3, else 0: the left derivatives at the kinks. In place allowed. */
export function f32_hard_sigmoid_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<HardSigmoidBackward>(n, x, dy, dx);
}
