/**
 * The logarithm in four lanes: `log4` for every float, `logNormal4` for positive normal ones, `log1p4` for ln(1 + x).
 */
import { madd } from '../simd/madd';

/**
 * The exponent e of x = 2^e·m with m in [√½, √2), for x positive and normal. 0x3f3504f3 is √½: subtracting it puts the
 * exponent's step there.
 */
// @ts-ignore: decorator
@inline
function exponentOf(x: v128): v128 {
  return i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f3504f3)), 23);
}

/** ln m + exponent·ln2 with m = 2^−e·x: m = 1 + r, ln m = r + r²·P(r)/Q(r). */
// @ts-ignore: decorator
@inline
function logOf(x: v128, e: v128, exponent: v128): v128 {
  const m = i32x4.sub(x, i32x4.shl(e, 23));
  const r = f32x4.sub(m, f32x4.splat(1));
  let p = madd(f32x4.splat(-5.2293352783e-3), r, f32x4.splat(-3.3127889037e-1));
  p = madd(p, r, f32x4.splat(-4.9999964237e-1));
  let q = madd(f32x4.splat(3.9658042789e-1), r, f32x4.splat(1.3292170763));
  q = madd(q, r, f32x4.splat(1));
  const quotient = f32x4.div(f32x4.mul(f32x4.mul(r, r), p), q);
  // ln2 = hi + lo, hi with 15 bits so that e·hi is exact.
  const low = madd(exponent, f32x4.splat(1.4286067653e-6), quotient);
  return f32x4.add(madd(exponent, f32x4.splat(0.69314575195), r), low);
}

/**
 * ln x in each lane for x positive and normal, with the bits of `log4`. Any other value, NaN included, gives a
 * meaningless number.
 */
// @ts-ignore: decorator
@inline
export function logNormal4(x: v128): v128 {
  const e = exponentOf(x);
  return logOf(x, e, f32x4.convert_i32x4_s(e));
}

/**
 * ln x in each lane. Within 2 ULP for every positive float, subnormals included (checked by the sweep in the tests);
 * ln 0 = −∞, ln of a negative number or NaN is NaN.
 *
 * Method: x = 2^e·m with m in [√½, √2), r = m − 1, ln m = r + r²·P(r)/Q(r) with the minimax quotient of YNNPACK
 * (base/simd/target_independent.inc), plus e·ln2 in two parts.
 */
// @ts-ignore: decorator
@inline
export function log4(x: v128): v128 {
  const tiny = f32x4.lt(x, f32x4.splat(1.17549435e-38));
  const normal = v128.bitselect(f32x4.mul(x, f32x4.splat(8388608)), x, tiny);
  const e = exponentOf(normal);
  let y = logOf(normal, e, f32x4.sub(f32x4.convert_i32x4_s(e), v128.and(tiny, f32x4.splat(23))));
  y = v128.bitselect(x, y, f32x4.eq(x, f32x4.splat(f32.POSITIVE_INFINITY)));
  y = v128.bitselect(f32x4.splat(f32.NEGATIVE_INFINITY), y, f32x4.eq(x, f32x4.splat(0)));
  return v128.bitselect(y, f32x4.splat(f32.NaN), f32x4.ge(x, f32x4.splat(0)));
}

/**
 * ln(1 + x) in each lane for x ≥ 0 and finite, within 2 ULP: the rounding error of 1 + x is added back to first order.
 * NaN stays NaN.
 */
// @ts-ignore: decorator
@inline
export function log1p4(x: v128): v128 {
  const u = f32x4.add(f32x4.splat(1), x);
  const lost = f32x4.sub(x, f32x4.sub(u, f32x4.splat(1)));
  return f32x4.add(logNormal4(u), f32x4.div(lost, u));
}
