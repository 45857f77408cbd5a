/**
 * Layer normalization (Ba, Kiros & Hinton 2016) over m rows of n columns, ld floats apart. Sums along a row run in four
 * lanes. Loops that write test at their end, for the reason given in columns.ts, which normalizes columns.
 */
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';
import { inverseDeviation4 } from './deviation';

/** Σ x/n over a row, in every lane. */
// @ts-ignore: decorator
@inline
function rowMean(n: i32, x: usize, lanes: v128): v128 {
  const last = x + paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  for (; x < last; x += 16) sum = f32x4.add(sum, v128.load(x));
  sum = f32x4.add(sum, v128.and(v128.load(x), lanes));
  return f32x4.splat(sumLanes(sum) / <f32>n);
}

/** r = 1/√(Σ (x − mean)²/n + ε) over a row, in every lane. */
// @ts-ignore: decorator
@inline
function rowInverseDeviation(n: i32, x: usize, mean: v128, lanes: v128, epsilon: v128): v128 {
  const last = x + paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  for (; x < last; x += 16) {
    const d = f32x4.sub(v128.load(x), mean);
    sum = f32x4.add(sum, f32x4.mul(d, d));
  }
  const d = v128.and(f32x4.sub(v128.load(x), mean), lanes);
  sum = f32x4.add(sum, f32x4.mul(d, d));
  return inverseDeviation4(f32x4.splat(sumLanes(sum) / <f32>n), epsilon);
}

/**
 * y = ((x − mean)·r)·γ + β, rounded after each operation, with each row's mean and biased variance and r =
 * 1/√(variance + ε) or 1 where that sum is 0. gamma null: γ = 1; beta null: β = 0. In place allowed. The padding of y
 * is that of β.
 */
export function f32_normalize_rows(
  m: i32,
  n: i32,
  x: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  ld: i32,
  epsilon: f32,
): void {
  const stride = (<usize>ld) << 2;
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  const eps = f32x4.splat(epsilon);
  for (; m > 0; --m, x += stride, y += stride) {
    const mean = rowMean(n, x, lanes);
    const r = rowInverseDeviation(n, x, mean, lanes, eps);
    let i: usize = 0;
    do {
      let v = f32x4.mul(f32x4.sub(v128.load(x + i), mean), r);
      if (i == last) v = v128.and(v, lanes);
      if (gamma != 0) v = f32x4.mul(v, v128.load(gamma + i));
      v128.store(y + i, f32x4.add(v, beta != 0 ? v128.load(beta + i) : f32x4.splat(0)));
      i += 16;
    } while (i <= last);
  }
}

/**
 * The derivative, with mean and r recomputed as above and x̂ = (x − mean)·r, g = dy·γ: dgamma_j = Σ_i dy·x̂ and dbeta_j
 * = Σ_i dy, rows ascending, added to what they hold if accumulate; dx = r·((g − Σ_j g/n) − x̂·(Σ_j g·x̂/n)). Each of
 * dx, dgamma and dbeta may be null if it is not wanted; gamma null: γ = 1. dx may be dy or x. The padding of all three
 * is zero.
 */
export function f32_normalize_rows_backward(
  m: i32,
  n: i32,
  x: usize,
  gamma: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  ld: i32,
  epsilon: f32,
  accumulate: i32,
): void {
  const stride = (<usize>ld) << 2;
  const bytes = paddedBytes(n);
  const last = bytes - 16;
  const lanes = lastLanes(n);
  const eps = f32x4.splat(epsilon);
  if (accumulate == 0) {
    if (dgamma != 0) memory.fill(dgamma, 0, bytes);
    if (dbeta != 0) memory.fill(dbeta, 0, bytes);
  }
  for (; m > 0; --m, x += stride, dy += stride) {
    const mean = rowMean(n, x, lanes);
    const r = rowInverseDeviation(n, x, mean, lanes, eps);
    let sum = f32x4.splat(0);
    let dot = sum;
    let i: usize = 0;
    do {
      let d = v128.load(dy + i);
      let v = f32x4.mul(f32x4.sub(v128.load(x + i), mean), r);
      if (i == last) {
        d = v128.and(d, lanes);
        v = v128.and(v, lanes);
      }
      if (dgamma != 0) v128.store(dgamma + i, f32x4.add(v128.load(dgamma + i), f32x4.mul(d, v)));
      if (dbeta != 0) v128.store(dbeta + i, f32x4.add(v128.load(dbeta + i), d));
      if (gamma != 0) d = f32x4.mul(d, v128.load(gamma + i));
      sum = f32x4.add(sum, d);
      dot = f32x4.add(dot, f32x4.mul(d, v));
      i += 16;
    } while (i <= last);
    if (dx == 0) continue;
    const a = f32x4.splat(sumLanes(sum) / <f32>n);
    const b = f32x4.splat(sumLanes(dot) / <f32>n);
    i = 0;
    do {
      let g = v128.load(dy + i);
      if (gamma != 0) g = f32x4.mul(g, v128.load(gamma + i));
      const v = f32x4.mul(f32x4.sub(v128.load(x + i), mean), r);
      let slope = f32x4.mul(r, f32x4.sub(f32x4.sub(g, a), f32x4.mul(v, b)));
      if (i == last) slope = v128.and(slope, lanes);
      v128.store(dx + i, slope);
      i += 16;
    } while (i <= last);
    dx += stride;
  }
}
