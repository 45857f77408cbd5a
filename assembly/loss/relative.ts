/**
 * Losses on ratios of outputs and targets: relative errors, and differences of logarithms. Each with its derivative.
 */
import { log1p4 } from '../math/log';
import { meanLoss } from '../simd/mean-loss';

class PercentageError {
  // @ts-ignore: decorator
  @inline
  of(y: v128, t: v128, a: v128, scale: v128, dy: usize): v128 {
    const d = f32x4.sub(y, t);
    const whole = f32x4.pmax(f32x4.abs(t), a);
    const share = f32x4.div(f32x4.splat(100), whole);
    const sign = v128.and(d, i32x4.splat(0x80000000));
    const slope = v128.and(v128.or(f32x4.mul(share, scale), sign), f32x4.ne(d, f32x4.splat(0)));
    // The sign of a NaN depends on engine and processor: it must not choose the slope.
    v128.store(dy, v128.bitselect(d, slope, f32x4.ne(d, d)));
    return f32x4.mul(f32x4.div(f32x4.abs(d), whole), f32x4.splat(100));
  }
}

class SquaredLogarithmicError {
  // @ts-ignore: decorator
  @inline
  of(y: v128, t: v128, a: v128, scale: v128, dy: usize): v128 {
    // pmax with the value first keeps a NaN.
    const held = f32x4.pmax(y, a);
    const d = f32x4.sub(log1p4(held), log1p4(f32x4.pmax(t, a)));
    const slope = f32x4.div(f32x4.add(d, d), f32x4.add(f32x4.splat(1), held));
    v128.store(dy, v128.andnot(f32x4.mul(slope, scale), f32x4.le(y, a)));
    return f32x4.mul(d, d);
  }
}

/**
 * Per row: loss = 100/n Σ |y − t| / max(|t|, epsilon); dy = 100·sign(y − t) / max(|t|, epsilon)/(n·count), 0 where they
 * are equal, NaN where the difference is.
 */
export function f32_percentage_error(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
): void {
  meanLoss<PercentageError>(m, n, y, t, dy, ld, loss, count, epsilon);
}

/**
 * Per row: loss = 1/n Σ d², d = ln(1 + max(y, epsilon)) − ln(1 + max(t, epsilon)); dy = 2d/(1 + y)/(n·count), 0 where
 * y ≤ epsilon. Each logarithm is within 2 ULP; NaN where y or t is NaN or infinite.
 */
export function f32_squared_log_error(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
): void {
  meanLoss<SquaredLogarithmicError>(m, n, y, t, dy, ld, loss, count, epsilon);
}
