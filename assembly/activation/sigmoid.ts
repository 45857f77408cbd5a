import { sigmoid4 } from '../math/sigmoid';
import { paddedBytes } from '../simd/lanes';

/** y = 1 / (1 + e^−x). In place allowed. */
export function f32_sigmoid(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) v128.store(y, sigmoid4(v128.load(x)));
}

/** BP2's ⊙σ'(z) from the output: dx = dy · y(1 − y). In place allowed. */
export function f32_sigmoid_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  for (const end = y + paddedBytes(n); y < end; y += 16, dy += 16, dx += 16) {
    const v = v128.load(y);
    v128.store(dx, f32x4.mul(v128.load(dy), f32x4.mul(v, f32x4.sub(f32x4.splat(1), v))));
  }
}
