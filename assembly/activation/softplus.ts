import { exp4 } from '../math/exp';
import { log1p4 } from '../math/log';
import { sigmoid4 } from '../math/sigmoid';
import { paddedBytes } from '../simd/lanes';

/** y = ln(1 + e^x), as max(x, 0) + ln(1 + e^−|x|). Result within 4 ULP (checked by the sweep in the tests). In place allowed. */
export function f32_softplus(n: i32, x: usize, y: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const v = v128.load(x);
    v128.store(y, f32x4.add(f32x4.pmax(v, f32x4.splat(0)), log1p4(exp4(f32x4.neg(f32x4.abs(v))))));
  }
}

/** dx = dy · σ(x). In place allowed. */
export function f32_softplus_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  for (const end = x + paddedBytes(n); x < end; x += 16, dy += 16, dx += 16) {
    const v = v128.load(x);
    v128.store(dx, f32x4.mul(v128.load(dy), sigmoid4(v)));
  }
}
