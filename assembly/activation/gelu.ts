import { erfHalf4 } from '../math/erf';
import { expBounded4 } from '../math/exp';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Gelu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.mul(f32x4.mul(f32x4.splat(0.5), x), f32x4.add(f32x4.splat(1), erfHalf4(x)));
  }
}

/**
 * y = x·Φ(x), Φ the normal distribution function. Result within 4 ULP of x (checked by the sweep in the tests). In
 * place allowed.
 */
export function f32_gelu(n: i32, x: usize, y: usize): void {
  map<Gelu>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class GeluBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const half = f32x4.splat(0.5);
    const phi = f32x4.mul(f32x4.splat(0.3989422804), expBounded4(f32x4.mul(f32x4.neg(half), f32x4.mul(x, x))));
    return f32x4.mul(dy, f32x4.add(f32x4.mul(half, f32x4.add(f32x4.splat(1), erfHalf4(x))), f32x4.mul(x, phi)));
  }
}

/** dx = dy · (Φ(x) + x·φ(x)), φ the normal density. In place allowed. */
export function f32_gelu_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  const none = f32x4.splat(0);
  map2<GeluBackward>(n, x, dy, dx, none, none, false);
}
