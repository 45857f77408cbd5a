import { expNegativeAbs4 } from '../math/exp';
import { log1p4 } from '../math/log';
import { sigmoid4 } from '../math/sigmoid';
import { map, map2 } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Softplus {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.add(f32x4.pmax(x, f32x4.splat(0)), log1p4(expNegativeAbs4(x)));
  }
}

/**
 * y = ln(1 + e^x), as max(x, 0) + ln(1 + e^−|x|). Result within 4 ULP (checked by the sweep in the tests). In place
 * allowed.
 */
export function f32_softplus(n: i32, x: usize, y: usize): void {
  map<Softplus>(n, x, y);
}

// @ts-ignore: decorator
@unmanaged
class SoftplusBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    return f32x4.mul(dy, sigmoid4(x));
  }
}

/** dx = dy · σ(x). In place allowed. */
export function f32_softplus_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<SoftplusBackward>(n, x, dy, dx);
}
