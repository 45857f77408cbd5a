import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Softsign {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.div(x, f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  }
}

/** y = x / (1 + |x|). Result within 1.5 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_softsign(n: i32, x: usize, y: usize): void {
  map<Softsign>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class SoftsignBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const r = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.abs(x)));
    return f32x4.mul(dy, f32x4.mul(r, r));
  }
}

/** dx = dy / (1 + |x|)², a factor that is off by 4·2⁻²⁴ at most. In place allowed. */
export function f32_softsign_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<SoftsignBackward>(n, x, dy, dx);
}
