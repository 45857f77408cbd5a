import { madd } from '../simd/madd';
import { expBounded4 } from './exp';

/**
 * tanh x in each lane, within 2 ULP for every float (checked by the sweep in the tests); NaN stays NaN.
 *
 * Method: below 0.625, x + x³·P(x²) with the polynomial of Cephes (tanhf.c); from there, with e = e^−2|x|, 1 − 2e/(1 +
 * e), in which the only rounding that shows towards ±1 is the last. A single quotient over the whole range (XNNPACK's
 * rational 9/8) is half as much work, but has an error of 5 ULP near ±1, which the derivative 1 − y² magnifies.
 */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const a = f32x4.abs(x);
  const one = f32x4.splat(1);
  const e = expBounded4(f32x4.mul(a, f32x4.splat(-2)));
  const large = f32x4.sub(one, f32x4.div(f32x4.add(e, e), f32x4.add(one, e)));
  const s = f32x4.mul(x, x);
  let p = madd(f32x4.splat(-5.70498872745e-3), s, f32x4.splat(2.06390887954e-2));
  p = madd(p, s, f32x4.splat(-5.37397155531e-2));
  p = madd(p, s, f32x4.splat(1.33314422036e-1));
  p = madd(p, s, f32x4.splat(-3.33332819422e-1));
  const small = madd(f32x4.mul(p, s), x, x);
  const signed = v128.or(large, v128.and(x, i32x4.splat(0x80000000)));
  // NaN compares false and takes the polynomial, which keeps it.
  return v128.bitselect(signed, small, f32x4.ge(a, f32x4.splat(0.625)));
}
