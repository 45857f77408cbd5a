import { expm1NonPositive4 } from '../math/expm1';
import { paddedBytes } from '../simd/lanes';

/** y = scale·x where x > 0, else alpha (e^x − 1). ELU: scale 1. SELU: alpha is its scale times its α. Result within 2 ULP (ELU) and 3 (SELU) (checked by the sweep in the tests). In place allowed. */
export function f32_elu(n: i32, x: usize, y: usize, alpha: f32, scale: f32): void {
  const zero = f32x4.splat(0);
  const a = f32x4.splat(alpha);
  const s = f32x4.splat(scale);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    const left = f32x4.mul(a, expm1NonPositive4(f32x4.pmin(v, zero)));
    v128.store(y, v128.bitselect(f32x4.mul(s, v), left, f32x4.gt(v, zero)));
  }
}

/** dx = dy·scale where y > 0, else dy (y + alpha), which is dy·alpha·e^x; alpha, scale ≥ 0. In place allowed. */
export function f32_elu_backward(n: i32, y: usize, dy: usize, dx: usize, alpha: f32, scale: f32): void {
  const zero = f32x4.splat(0);
  const a = f32x4.splat(alpha);
  const s = f32x4.splat(scale);
  for (const end = y + paddedBytes(n); y < end; y += 16, dy += 16, dx += 16) {
    const v = v128.load(y);
    const slope = v128.bitselect(s, f32x4.add(v, a), f32x4.gt(v, zero));
    v128.store(dx, f32x4.mul(v128.load(dy), slope));
  }
}
