/**
 * The exponential in four lanes: `exp4` for every float, and forms of it for bounded arguments. expm1.ts, sigmoid.ts
 * and tanh.ts build on it.
 */
import { madd } from '../simd/madd';

/**
 * 1.5·2^23. Where |x| ≤ 2^22 the sum x + SHIFTER is x rounded to the nearest integer, ties to even, plus SHIFTER, and
 * its lowest bits are that integer in two's complement: rounding and conversion in one addition (V8 takes eight
 * instructions for the conversion alone).
 */
export const SHIFTER: f32 = 12582912;

/**
 * e^r − 1 = r + r²·P(r) for |r| ≤ ln2/2, P the degree-6 minimax polynomial of YNNPACK
 * (base/simd/target_independent.inc).
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

/** e^x in each lane for x ≤ 89, with the bits of `exp4`. */
// @ts-ignore: decorator
@inline
export function expBounded4(x: v128): v128 {
  // pmax with x first keeps a NaN; below the bound the result is zero anyway.
  const clamped = f32x4.pmax(x, f32x4.splat(-104));
  // n + 254 in the lowest bits: the biased exponents of both factors. The offset is even, so ties round as those of n.
  const shifter = f32x4.splat(SHIFTER + 254);
  const shifted = f32x4.add(f32x4.mul(clamped, f32x4.splat(1.44269504)), shifter);
  const n = f32x4.sub(shifted, shifter);
  const hi = f32x4.sub(clamped, f32x4.mul(n, f32x4.splat(0.69314575195)));
  const r = f32x4.sub(hi, f32x4.mul(n, f32x4.splat(1.4286067653e-6)));
  const mantissa = f32x4.add(f32x4.splat(1), expm1Reduced4(r));
  const half = i32x4.shr_u(shifted, 1);
  const rest = i32x4.sub(shifted, half);
  return f32x4.mul(f32x4.mul(mantissa, i32x4.shl(half, 23)), i32x4.shl(rest, 23));
}

/**
 * e^x in each lane. Within 2 ULP for every float, subnormal results included (checked by the sweep in the tests); NaN
 * stays NaN, above 88.73 it is infinite, below −103.98 zero.
 *
 * Method: x = n·ln2 + r with |r| ≤ ln2/2, ln2 in two parts so that n·hi is exact (Cody & Waite), then e^r = 1 + (r +
 * r²·P(r)) with the degree-6 minimax polynomial of YNNPACK (base/simd/target_independent.inc), times 2^n in two factors
 * so that the only inexact scaling is the last one.
 */
// @ts-ignore: decorator
@inline
export function exp4(x: v128): v128 {
  return expBounded4(f32x4.pmin(x, f32x4.splat(89)));
}

/** e^−|x| in each lane, with the bits of `exp4`. Setting the sign bit gives −|x|. */
// @ts-ignore: decorator
@inline
export function expNegativeAbs4(x: v128): v128 {
  return expBounded4(v128.or(x, i32x4.splat(0x80000000)));
}
