import { sigmoid4 } from '../math/sigmoid';
import { paddedBytes } from '../simd/lanes';

// @ts-ignore: decorator
@inline
function swishSlope(x: v128): v128 {
  const one = f32x4.splat(1);
  const s = sigmoid4(x);
  return f32x4.mul(s, f32x4.add(one, f32x4.mul(x, f32x4.sub(one, s))));
}

/** y = x·σ(x). Result within 3 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_swish(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, f32x4.mul(v, sigmoid4(v)));
  }
}

/** dx = dy · σ(x) (1 + x (1 − σ(x))). In place allowed. */
export function f32_swish_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    v128.store(dx, f32x4.mul(v128.load(dy), swishSlope(v)));
  }
}
