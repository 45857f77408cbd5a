import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Relu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.pmax(x, f32x4.splat(0));
  }
}

/** y = max(x, 0). NaN stays NaN. In place allowed. */
export function f32_relu(n: i32, x: usize, y: usize): void {
  map<Relu>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class ReluBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}

/** dx = dy where y > 0, else 0: the left derivative, 0, at the kink. In place allowed. */
export function f32_relu_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  map2<ReluBackward>(n, y, dy, dx);
}
