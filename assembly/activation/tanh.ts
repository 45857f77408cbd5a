import { tanh4 } from '../math/tanh';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Tanh {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return tanh4(x);
  }
}

/** y = tanh x. In place allowed. */
export function f32_tanh(n: i32, x: usize, y: usize): void {
  map<Tanh>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class TanhBackward {
  // @ts-ignore: decorator
  @inline
  of(y: v128, dy: v128, a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    return f32x4.mul(dy, f32x4.mul(f32x4.sub(one, y), f32x4.add(one, y)));
  }
}

/** dx = dy · (1 − y²), as (1 − y)(1 + y), which cancels less near ±1. In place allowed. */
export function f32_tanh_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  map2<TanhBackward>(n, y, dy, dx);
}
