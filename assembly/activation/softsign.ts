import { paddedBytes } from '../simd/lanes';

// @ts-ignore: decorator
@inline
function softsignSlope(x: v128): v128 {
  const r = f32x4.div(f32x4.splat(1), f32x4.add(f32x4.splat(1), f32x4.abs(x)));
  return f32x4.mul(r, r);
}

/** y = x / (1 + |x|). Result within 1.5 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_softsign(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, f32x4.div(v, f32x4.add(f32x4.splat(1), f32x4.abs(v))));
  }
}

/** dx = dy / (1 + |x|)². In place allowed. */
export function f32_softsign_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    v128.store(dx, f32x4.mul(v128.load(dy), softsignSlope(v)));
  }
}
