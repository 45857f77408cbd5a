/**
 * Root mean square normalization (Zhang & Sennrich 2019) over m rows of n columns, ld floats apart: rows.ts without the
 * mean and the shift. Sums along a row run in four lanes. Loops that write test at their end, for the reason given in
 * columns.ts.
 */
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';
import { inverseDeviation4 } from './deviation';

/** r = 1/√(Σ x²/n + ε) over a row, in every lane. */
// @ts-ignore: decorator
@inline
function inverseRootMeanSquare(n: i32, x: usize, lanes: v128, epsilon: v128): v128 {
  const last = x + paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  for (; x < last; x += 16) {
    const v = v128.load(x);
    sum = f32x4.add(sum, f32x4.mul(v, v));
  }
  const v = v128.and(v128.load(x), lanes);
  sum = f32x4.add(sum, f32x4.mul(v, v));
  return inverseDeviation4(f32x4.splat(sumLanes(sum) / <f32>n), epsilon);
}

/**
 * y = (x·r)·γ, rounded after each operation, with r = 1/√(Σ x²/n + ε) of each row or 1 where that sum is 0. gamma null:
 * γ = 1. In place allowed. The padding of y is zero.
 */
export function f32_rms_rows(m: i32, n: i32, x: usize, gamma: usize, y: usize, ld: i32, epsilon: f32): void {
  const stride = (<usize>ld) << 2;
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  const eps = f32x4.splat(epsilon);
  for (; m > 0; --m, x += stride, y += stride) {
    const r = inverseRootMeanSquare(n, x, lanes, eps);
    let i: usize = 0;
    do {
      let v = f32x4.mul(v128.load(x + i), r);
      if (gamma != 0) v = f32x4.mul(v, v128.load(gamma + i));
      if (i == last) v = v128.and(v, lanes);
      v128.store(y + i, v);
      i += 16;
    } while (i <= last);
  }
}

/**
 * The derivative, with r recomputed as above and x̂ = x·r, g = dy·γ: dgamma_j = Σ_i dy·x̂, rows ascending, added to
 * what it holds if accumulate; dx = r·(g − x̂·(Σ_j g·x̂/n)). Each of dx and dgamma may be null if it is not wanted;
 * gamma null: γ = 1. dx may be dy or x. The padding of both is zero.
 */
export function f32_rms_rows_backward(
  m: i32,
  n: i32,
  x: usize,
  gamma: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  ld: i32,
  epsilon: f32,
  accumulate: i32,
): void {
  const stride = (<usize>ld) << 2;
  const bytes = paddedBytes(n);
  const last = bytes - 16;
  const lanes = lastLanes(n);
  const eps = f32x4.splat(epsilon);
  if (dgamma != 0 && accumulate == 0) memory.fill(dgamma, 0, bytes);
  for (; m > 0; --m, x += stride, dy += stride) {
    const r = inverseRootMeanSquare(n, x, lanes, eps);
    let dot = f32x4.splat(0);
    let i: usize = 0;
    do {
      let d = v128.load(dy + i);
      let v = f32x4.mul(v128.load(x + i), r);
      if (i == last) {
        d = v128.and(d, lanes);
        v = v128.and(v, lanes);
      }
      if (dgamma != 0) v128.store(dgamma + i, f32x4.add(v128.load(dgamma + i), f32x4.mul(d, v)));
      if (gamma != 0) d = f32x4.mul(d, v128.load(gamma + i));
      dot = f32x4.add(dot, f32x4.mul(d, v));
      i += 16;
    } while (i <= last);
    if (dx == 0) continue;
    const a = f32x4.splat(sumLanes(dot) / <f32>n);
    i = 0;
    do {
      let g = v128.load(dy + i);
      if (gamma != 0) g = f32x4.mul(g, v128.load(gamma + i));
      const v = f32x4.mul(v128.load(x + i), r);
      let slope = f32x4.mul(r, f32x4.sub(g, f32x4.mul(v, a)));
      if (i == last) slope = v128.and(slope, lanes);
      v128.store(dx + i, slope);
      i += 16;
    } while (i <= last);
    dx += stride;
  }
}
