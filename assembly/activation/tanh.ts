import { tanh4 } from '../math/tanh';
import { paddedBytes } from '../simd/lanes';

/** y = tanh x. In place allowed. */
export function f32_tanh(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) v128.store(y, tanh4(v128.load(x)));
}

/** dx = dy · (1 − y²), as (1 − y)(1 + y), which cancels less near ±1. In place allowed. */
export function f32_tanh_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  const one = f32x4.splat(1);
  for (const end = y + paddedBytes(n); y < end; y += 16, dy += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, f32x4.mul(v128.load(dy), f32x4.mul(f32x4.sub(one, v), f32x4.add(one, v))));
  }
}
