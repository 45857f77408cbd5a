import { paddedBytes } from '../simd/lanes';

/** y = max(x, 0). NaN stays NaN. In place allowed. */
export function f32_relu(n: i32, x: usize, y: usize): void {
  const zero = f32x4.splat(0);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) v128.store(y, f32x4.pmax(v128.load(x), zero));
}

/** dx = dy where y > 0, else 0: the left derivative, 0, at the kink. In place allowed. */
export function f32_relu_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  const zero = f32x4.splat(0);
  for (const end = y + paddedBytes(n); y < end; y += 16, dy += 16, dx += 16) {
    v128.store(dx, v128.and(v128.load(dy), f32x4.gt(v128.load(y), zero)));
  }
}
