import { paddedBytes } from '../simd/lanes';

/** y = x where x > 0, else alpha·x. Result correctly rounded (checked by the sweep in the tests). In place allowed. */
export function f32_leaky_relu(n: i32, x: usize, y: usize, alpha: f32): void {
  const a = f32x4.splat(alpha);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, v128.bitselect(v, f32x4.mul(a, v), f32x4.gt(v, f32x4.splat(0))));
  }
}

/** dx = dy where y > 0, else alpha·dy; alpha ≥ 0, so that y has the sign of x. In place allowed. */
export function f32_leaky_relu_backward(n: i32, y: usize, dy: usize, dx: usize, alpha: f32): void {
  const a = f32x4.splat(alpha);
  for (const end = y + paddedBytes(n); y < end; y += 16, dy += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, f32x4.mul(v128.load(dy), v128.bitselect(f32x4.splat(1), a, f32x4.gt(v, f32x4.splat(0)))));
  }
}
