import { exp4 } from '../math/exp';
import { map } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class Exp {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return exp4(x);
  }
}

/**
 * y = e^x. Result within 2 ULP (checked by the sweep in the tests); NaN stays NaN, above 88.73 it is infinite. Its
 * derivative is y: backward, dx = dy·y, is f32_product of data/arithmetic.ts. In place allowed.
 */
export function f32_exp(n: i32, x: usize, y: usize): void {
  map<Exp>(n, x, y);
}
