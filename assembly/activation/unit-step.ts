import { paddedBytes } from '../simd/lanes';

/** y = 1 where x > 0, else 0. In place allowed. */
export function f32_unit_step(n: i32, x: usize, y: usize): void {
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16)
    v128.store(y, v128.and(one, f32x4.gt(v128.load(x), zero)));
}

/** dx = 0: the step is flat on both sides, so nothing can be learned through it. */
export function f32_unit_step_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  memory.fill(dx, 0, paddedBytes(n));
}
