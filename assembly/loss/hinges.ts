/** Squared and categorical hinge losses with their derivatives. The hinge loss itself is in robust.ts. */
import { paddedBytes } from '../simd/lanes';
import { meanLoss } from '../simd/mean-loss';

class SquaredHinge {
  // @ts-ignore: decorator
  @inline
  of(y: v128, t: v128, a: v128, scale: v128, dy: usize): v128 {
    const zero = f32x4.splat(0);
    const one = f32x4.splat(1);
    const s = v128.bitselect(one, f32x4.splat(-1), f32x4.gt(t, zero));
    const margin = f32x4.pmax(f32x4.sub(one, f32x4.mul(s, y)), zero);
    v128.store(dy, f32x4.mul(f32x4.mul(f32x4.mul(margin, f32x4.splat(-2)), s), scale));
    return f32x4.mul(margin, margin);
  }
}

/** Per row: loss = 1/n Σ max(0, 1 − s·y)², s = 1 where t > 0, else −1; dy = −2s·max(0, 1 − s·y)/(n·count). */
export function f32_squared_hinge(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
): void {
  meanLoss<SquaredHinge>(m, n, y, t, dy, ld, loss, count);
}

/**
 * Per row: loss = max(0, 1 + max_j (1 − t_j)·y_j − Σ_j t_j·y_j); where it is above 0, dy_j = −t_j/count, and the first
 * j of the largest (1 − t_j)·y_j adds (1 − t_j)/count. A row with a NaN has a loss of NaN.
 */
export function f32_categorical_hinge(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
): void {
  const scale: f32 = 1 / count;
  const end = (<usize>n) << 2;
  for (; m > 0; --m) {
    let right: f32 = 0;
    let wrong: f32 = f32.NEGATIVE_INFINITY;
    let best: usize = 0;
    for (let j: usize = 0; j < end; j += 4) {
      const target = f32.load(t + j);
      const output = f32.load(y + j);
      const other = (<f32>1 - target) * output;
      right += target * output;
      // A NaN stays the largest, since nothing compares with it.
      if (other > wrong || other != other) {
        wrong = other;
        best = j;
      }
    }
    const value: f32 = <f32>1 + wrong - right;
    f32.store(loss, value < 0 ? <f32>0 : value);
    const factor: f32 = value <= 0 ? <f32>0 : scale;
    for (let j: usize = 0; j < end; j += 4) f32.store(dy + j, -f32.load(t + j) * factor);
    f32.store(dy + best, f32.load(dy + best) + (<f32>1 - f32.load(t + best)) * factor);
    for (let j = end; j < paddedBytes(n); j += 4) f32.store(dy + j, 0);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  }
}
