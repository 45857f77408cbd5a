import { exp4 } from '../math/exp';
import { paddedBytes } from '../simd/lanes';

/** e^x up to where t = 1 to the last bit: e^x (e^x + 2) must not overflow. */
// @ts-ignore: decorator
@inline
function boundedExp(x: v128): v128 {
  return exp4(f32x4.pmin(x, f32x4.splat(20)));
}

/** tanh(ln(1 + e)) = n/(n + 2) with n = e(e + 2): no cancellation on either side. */
// @ts-ignore: decorator
@inline
function tanhSoftplus(x: v128): v128 {
  const two = f32x4.splat(2);
  const e = boundedExp(x);
  const n = f32x4.mul(e, f32x4.add(e, two));
  return f32x4.div(n, f32x4.add(n, two));
}

/** t + x·σ(x)(1 − t²), with 1 − t² = 4(n + 1)/(n + 2)². */
// @ts-ignore: decorator
@inline
function mishSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const e = boundedExp(x);
  const n = f32x4.mul(e, f32x4.add(e, two));
  const r = f32x4.div(one, f32x4.add(n, two));
  const sigmoid = f32x4.div(e, f32x4.add(one, e));
  const rest = f32x4.mul(f32x4.mul(f32x4.splat(4), f32x4.add(n, one)), f32x4.mul(r, r));
  return f32x4.add(f32x4.mul(n, r), f32x4.mul(x, f32x4.mul(sigmoid, rest)));
}

/** y = x·tanh(ln(1 + e^x)). Result within 5 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_mish(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, f32x4.mul(v, tanhSoftplus(v)));
  }
}

/** dx = dy · (t + x·σ(x)(1 − t²)), t = tanh(ln(1 + e^x)). In place allowed. */
export function f32_mish_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    v128.store(dx, f32x4.mul(v128.load(dy), mishSlope(v)));
  }
}
