/**
 * Mish and its derivative. Both use e^x of a bounded argument, from math/exp.ts, instead of a hyperbolic tangent and a
 * logarithm.
 */
import { expBounded4 } from '../math/exp';
import { map, map2 } from '../simd/map';

/**
 * x bounded to where t = 1 and its slope is 0 to the last bit: e^x (e^x + 2) must not overflow, nor may the rest of the
 * slope be multiplied by more.
 */
// @ts-ignore: decorator
@inline
function bounded(x: v128): v128 {
  return f32x4.pmin(x, f32x4.splat(20));
}

/** tanh(ln(1 + e)) = n/(n + 2) with n = e(e + 2): no cancellation on either side. */
// @ts-ignore: decorator
@inline
function tanhSoftplus(x: v128): v128 {
  const two = f32x4.splat(2);
  const e = expBounded4(bounded(x));
  const n = f32x4.mul(e, f32x4.add(e, two));
  return f32x4.div(n, f32x4.add(n, two));
}

// @ts-ignore: decorator
@unmanaged
class Mish {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return f32x4.mul(x, tanhSoftplus(x));
  }
}

/** y = x·tanh(ln(1 + e^x)). Result within 5 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_mish(n: i32, x: usize, y: usize): void {
  map<Mish>(n, x, y);
}

/** The slope is t + x·σ(x)(1 − t²), with 1 − t² = 4(n + 1)/(n + 2)². */
// @ts-ignore: decorator
@unmanaged
class MishBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    const two = f32x4.splat(2);
    const c = bounded(x);
    const e = expBounded4(c);
    const n = f32x4.mul(e, f32x4.add(e, two));
    const r = f32x4.div(one, f32x4.add(n, two));
    const sigmoid = f32x4.div(e, f32x4.add(one, e));
    const rest = f32x4.mul(f32x4.mul(f32x4.splat(4), f32x4.add(n, one)), f32x4.mul(r, r));
    return f32x4.mul(dy, f32x4.add(f32x4.mul(n, r), f32x4.mul(c, f32x4.mul(sigmoid, rest))));
  }
}

/** dx = dy · (t + x·σ(x)(1 − t²)), t = tanh(ln(1 + e^x)). In place allowed. */
export function f32_mish_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<MishBackward>(n, x, dy, dx);
}
