/** Poisson losses: of rates, and of the logarithms of rates. Each with its derivative. */
import { exp4 } from '../math/exp';
import { log4 } from '../math/log';
import { meanLoss } from '../simd/mean-loss';

class OfRates {
  // @ts-ignore: decorator
  @inline
  of(y: v128, t: v128, a: v128, scale: v128, dy: usize): v128 {
    // The epsilon keeps the logarithm of a rate of 0 finite.
    const rate = f32x4.add(y, a);
    v128.store(dy, f32x4.mul(f32x4.sub(f32x4.splat(1), f32x4.div(t, rate)), scale));
    return f32x4.sub(y, f32x4.mul(t, log4(rate)));
  }
}

class OfLogarithms {
  // @ts-ignore: decorator
  @inline
  of(y: v128, t: v128, a: v128, scale: v128, dy: usize): v128 {
    const rate = exp4(y);
    v128.store(dy, f32x4.mul(f32x4.sub(rate, t), scale));
    return f32x4.sub(rate, f32x4.mul(t, y));
  }
}

/**
 * Per row: loss = 1/n Σ [y − t ln(y + epsilon)]; dy = (1 − t/(y + epsilon))/(n·count). NaN where y is below −epsilon.
 * The logarithm is within 2 ULP.
 */
export function f32_poisson(
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
  meanLoss<OfRates>(m, n, y, t, dy, ld, loss, count, epsilon);
}

/**
 * Per row: loss = 1/n Σ [e^y − t·y]; dy = (e^y − t)/(n·count). Infinite for y above 88.73. The exponential is within 2
 * ULP.
 */
export function f32_poisson_log(m: i32, n: i32, y: usize, t: usize, dy: usize, ld: i32, loss: usize, count: f32): void {
  meanLoss<OfLogarithms>(m, n, y, t, dy, ld, loss, count);
}
