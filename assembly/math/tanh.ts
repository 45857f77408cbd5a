/**
 * tanh x in each lane, within 4 ULP for every float (checked by the sweep in the tests); NaN stays NaN.
 *
 * Method: x·P(x²)/Q(x²) of degrees 9 and 8, the minimax quotient of XNNPACK (src/f32-vtanh/rational-9-8.c.in). Past
 * ±7.8522667885 the quotient would round to ±1 and then grow beyond it, so x is clamped there.
 */
// @ts-ignore: decorator
@inline
export function tanh4(x: v128): v128 {
  const limit = f32x4.splat(7.8522667885);
  const c = f32x4.pmax(f32x4.pmin(x, limit), f32x4.neg(limit));
  const s = f32x4.mul(c, c);
  let p = f32x4.add(f32x4.mul(s, f32x4.splat(1.4248920266e-8)), f32x4.splat(2.1235626264e-5));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(3.5330520477e-3));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(1.3412411511e-1));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(1));
  let q = f32x4.add(f32x4.mul(s, f32x4.splat(8.136594829e-7)), f32x4.splat(3.3472978976e-4));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(2.6018999517e-2));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(4.6745735407e-1));
  q = f32x4.add(f32x4.mul(q, s), f32x4.splat(1));
  return f32x4.div(f32x4.mul(c, p), q);
}
