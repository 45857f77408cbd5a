import { madd } from '../simd/madd';
import { expm1Reduced4, SHIFTER } from './exp';

/**
 * e^x − 1 in each lane for x ≤ 0, within 2 ULP (checked by the sweep in the tests); for x > 0 the result is undefined.
 * NaN stays NaN.
 *
 * Method: that of `exp4`, written as 2^n·(e^r − 1) + (2^n − 1), in which nothing cancels: 2^n − 1 is exact, and near 0
 * it is 0.
 */
// @ts-ignore: decorator
@inline
export function expm1NonPositive4(x: v128): v128 {
  // Below −17.4 the result rounds to −1.
  const clamped = f32x4.pmax(x, f32x4.splat(-24));
  const shifter = f32x4.splat(SHIFTER);
  const shifted = f32x4.add(f32x4.mul(clamped, f32x4.splat(1.44269504)), shifter);
  const n = f32x4.sub(shifted, shifter);
  const hi = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.69314575195)));
  const r = f32x4.sub(hi, f32x4.mul(n, f32x4.splat(1.4286067653e-6)));
  const q = expm1Reduced4(r);
  // The shift leaves n + 127 of the bits.
  const scale = i32x4.shl(i32x4.add(shifted, i32x4.splat(127)), 23);
  return madd(scale, q, f32x4.sub(scale, f32x4.splat(1)));
}
