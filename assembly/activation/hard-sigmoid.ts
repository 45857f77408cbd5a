import { paddedBytes } from '../simd/lanes';

/** y = x/6 + ½ between −3 and 3, 0 below, 1 above (PyTorch and Keras 3). Result within 1 ULP of 1 (checked by the sweep in the tests). In place allowed. */
export function f32_hard_sigmoid(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(
      y,
      f32x4.pmin(
        f32x4.pmax(f32x4.add(f32x4.mul(v, f32x4.splat(1.0 / 6.0)), f32x4.splat(0.5)), f32x4.splat(0)),
        f32x4.splat(1),
      ),
    );
  }
}

/** dx = dy/6 where −3 < x ≤ 3, else 0: the left derivatives at the kinks. In place allowed. */
export function f32_hard_sigmoid_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    v128.store(
      dx,
      f32x4.mul(
        v128.load(dy),
        v128.and(f32x4.splat(1.0 / 6.0), v128.and(f32x4.gt(v, f32x4.splat(-3)), f32x4.le(v, f32x4.splat(3)))),
      ),
    );
  }
}
