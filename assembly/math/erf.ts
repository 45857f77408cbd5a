/**
 * erf(x/√2) in each lane, absolute error below 4e-7 (checked by the sweep in the tests); NaN stays NaN. 2Φ(x) − 1 for
 * the normal distribution function Φ.
 *
 * Method: x·P(x²)/Q(x²), the minimax quotient of XNNPACK (src/f32-vgelu/rational-12-10.c.in), x clamped to where it
 * reaches ±1.
 */
// @ts-ignore: decorator
@inline
export function erfHalf4(x: v128): v128 {
  const limit = f32x4.splat(5.1158981323);
  const c = f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit));
  const s = f32x4.mul(c, c);
  let p = f32x4.add(f32x4.mul(s, f32x4.splat(4.5835321316e-8)), f32x4.splat(1.260978388e-5));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(3.2973114867e-4));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(9.3065137044e-3));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(6.697217375e-2));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(7.9788452387e-1));
  let q = f32x4.add(f32x4.mul(s, f32x4.splat(1.1988805682e-6)), f32x4.splat(7.2267655923e-5));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(1.8622842617e-3));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(2.8431978077e-2));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(2.5060352683e-1));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(1));
  return f32x4.div(f32x4.mul(c, p), q);
}
