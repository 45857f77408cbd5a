import { paddedBytes } from '../simd/lanes';
import { map } from '../simd/map';

// @ts-ignore: decorator
@unmanaged
class UnitStep {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    return v128.and(f32x4.splat(1), f32x4.gt(x, f32x4.splat(0)));
  }
}

/** y = 1 where x > 0, else 0. In place allowed. */
export function f32_unit_step(n: i32, x: usize, y: usize): void {
  map<UnitStep>(n, x, y);
}

/** dx = 0: the step is flat on both sides, so nothing can be learned through it. */
export function f32_unit_step_backward(n: i32, y: usize, dy: usize, dx: usize): void {
  memory.fill(dx, 0, paddedBytes(n));
}
