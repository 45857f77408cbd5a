import { sigmoid4 } from '../math/sigmoid';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Swish {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.mul(x, sigmoid4(x));
  }
}

/** y = x·σ(x). Result within 3.5 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_swish(n: i32, x: usize, y: usize): void {
  map<Swish>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class SwishBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    const s = sigmoid4(x);
    return f32x4.mul(dy, f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s)))));
  }
}

/** dx = dy · σ(x) (1 + x (1 − σ(x))). In place allowed. */
export function f32_swish_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<SwishBackward>(n, x, dy, dx);
}
