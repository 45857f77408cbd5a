import { madd } from '../simd/madd';

/**
 * e^r − 1 = r + r²·P(r) for |r| ≤ ln2/2, P the degree-6 minimax polynomial of YNNPACK (base/simd/target_independent.inc).
 */
// @ts-ignore: decorator
@inline
export function expm1Reduced4(r: v128): v128 {
  let p = madd(f32x4.splat(-4.986661952e-5), r, f32x4.splat(2.2773783712e-4));
  p = madd(p, r, f32x4.splat(1.4132461511e-3));
  p = madd(p, r, f32x4.splat(8.3242934197e-3));
  p = madd(p, r, f32x4.splat(4.1665628552e-2));
  p = madd(p, r, f32x4.splat(1.6666725278e-1));
  p = madd(p, r, f32x4.splat(0.49999994));
  return madd(f32x4.mul(r, r), p, r);
}

/**
 * e^x in each lane. Within 2 ULP for every float, subnormal results included (checked by the sweep in the tests); NaN stays
 * NaN, above 88.73 it is infinite, below −103.98 zero.
 *
 * Method: x = n·ln2 + r with |r| ≤ ln2/2, ln2 in two parts so that n·hi is exact (Cody & Waite), then
 * e^r = 1 + (r + r²·P(r)) with the degree-6 minimax polynomial of YNNPACK (base/simd/target_independent.inc), times 2^n in
 * two factors so that the only inexact scaling is the last one.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  // pmin and pmax with x first keep a NaN; the bounds are where the result is infinite or zero anyway.
  const clamped = f32x4.pmax(f32x4.pmin(x, f32x4.splat(89)), f32x4.splat(-104));
  const n = f32x4.nearest(f32x4.mul(clamped, f32x4.splat(1.44269504)));
  const hi = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.69314575195)));
  const r = f32x4.sub(hi, f32x4.mul(n, f32x4.splat(1.4286067653e-6)));
  const mantissa = f32x4.add(f32x4.splat(1), expm1Reduced4(r));
  const exponent = i32x4.trunc_sat_f32x4_s(n);
  const half = i32x4.shr_s(exponent, 1);
  const rest = i32x4.sub(exponent, half);
  const bias = i32x4.splat(127);
  return f32x4.mul(f32x4.mul(mantissa, i32x4.shl(i32x4.add(half, bias), 23)), i32x4.shl(i32x4.add(rest, bias), 23));
}
