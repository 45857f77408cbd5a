/**
 * Softmax over rows, and its logarithm. Softmax has three passes: the largest value, the shifted exponentials with
 * their sum, the division. The passes are exported for loss/categorical-crossentropy.ts, which computes softmax and its
 * loss together.
 */
import { exp4 } from '../math/exp';
import { log4 } from '../math/log';
import { lastLanes, maxLanes, paddedBytes, sumLanes } from '../simd/lanes';

/** Returns the largest of n values of a row. */
// @ts-ignore: decorator
@inline
export function rowMax(n: i32, x: usize): f32 {
  const lowest = f32x4.splat(f32.NEGATIVE_INFINITY);
  const last = x + paddedBytes(n) - 16;
  let top = lowest;
  for (; x < last; x += 16) top = f32x4.pmax(v128.load(x), top);
  top = f32x4.pmax(v128.bitselect(v128.load(x), lowest, lastLanes(n)), top);
  return maxLanes(top);
}

/** y = e^(x − top) over a row, zero in the padding. Returns the sum of the row. */
// @ts-ignore: decorator
@inline
export function rowExp(n: i32, x: usize, y: usize, top: f32): f32 {
  const shift = f32x4.splat(top);
  const last = x + paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  for (; x < last; x += 16, y += 16) {
    const e = exp4(f32x4.sub(v128.load(x), shift));
    v128.store(y, e);
    sum = f32x4.add(sum, e);
  }
  const e = v128.and(exp4(f32x4.sub(v128.load(x), shift)), lastLanes(n));
  v128.store(y, e);
  return sumLanes(f32x4.add(sum, e));
}

/** y = y / sum over a row. */
// @ts-ignore: decorator
@inline
export function rowDivide(n: i32, y: usize, sum: f32): void {
  const s = f32x4.splat(sum);
  const end = y + paddedBytes(n);
  do {
    v128.store(y, f32x4.div(v128.load(y), s));
    y += 16;
  } while (y < end);
}

/** y_j = e^(x_j) / Σ e^(x_k) over each of m rows of n values, shifted by the row's largest. In place allowed. */
export function f32_softmax(m: i32, n: i32, x: usize, y: usize, ld: i32): void {
  if (m <= 0) return;
  do {
    rowDivide(n, y, rowExp(n, x, y, rowMax(n, x)));
    x += (<usize>ld) << 2;
    y += (<usize>ld) << 2;
  } while (--m > 0);
}

/** The full derivative, dx_j = y_j (dy_j − Σ_k dy_k y_k), over each of m rows. In place allowed. */
export function f32_softmax_backward(m: i32, n: i32, y: usize, dy: usize, dx: usize, ld: i32): void {
  const bytes = paddedBytes(n);
  if (m <= 0) return;
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      sum = f32x4.add(sum, f32x4.mul(v128.load(y + i), v128.load(dy + i)));
      i += 16;
    } while (i < bytes);
    const dot = f32x4.splat(sumLanes(sum));
    i = 0;
    do {
      v128.store(dx + i, f32x4.mul(v128.load(y + i), f32x4.sub(v128.load(dy + i), dot)));
      i += 16;
    } while (i < bytes);
    y += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    dx += (<usize>ld) << 2;
  } while (--m > 0);
}

/** Returns Σ e^(x − top) over a row, with the bits of rowExp. */
// @ts-ignore: decorator
@inline
function rowExpSum(n: i32, x: usize, top: f32): f32 {
  const shift = f32x4.splat(top);
  const last = x + paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  for (; x < last; x += 16) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(x), shift)));
  return sumLanes(f32x4.add(sum, v128.and(exp4(f32x4.sub(v128.load(x), shift)), lastLanes(n))));
}

/**
 * y_j = (x_j − top) − ln Σ e^(x_k − top) over each of m rows of n values, with the row's largest as top, so that
 * nothing overflows and −∞ stays −∞. The sum is at least 1: the error is that of the two subtractions and 2 ULP of the
 * logarithm. Rows with NaN or +∞ become NaN. In place allowed; zero in the padding.
 */
export function f32_log_softmax(m: i32, n: i32, x: usize, y: usize, ld: i32): void {
  const lastBytes = paddedBytes(n) - 16;
  const valid = lastLanes(n);
  for (; m > 0; --m, x += (<usize>ld) << 2, y += (<usize>ld) << 2) {
    const top = rowMax(n, x);
    const shift = f32x4.splat(top);
    const log = log4(f32x4.splat(rowExpSum(n, x, top)));
    for (let i: usize = 0; i < lastBytes; i += 16) {
      v128.store(y + i, f32x4.sub(f32x4.sub(v128.load(x + i), shift), log));
    }
    const z = f32x4.sub(f32x4.sub(v128.load(x + lastBytes), shift), log);
    v128.store(y + lastBytes, v128.and(z, valid));
  }
}

/** The full derivative, dx_j = dy_j − e^(y_j) Σ_k dy_k, over each of m rows. In place allowed; zero in the padding. */
export function f32_log_softmax_backward(m: i32, n: i32, y: usize, dy: usize, dx: usize, ld: i32): void {
  const lastBytes = paddedBytes(n) - 16;
  const valid = lastLanes(n);
  for (; m > 0; --m, y += (<usize>ld) << 2, dy += (<usize>ld) << 2, dx += (<usize>ld) << 2) {
    let sum = f32x4.splat(0);
    for (let i: usize = 0; i < lastBytes; i += 16) sum = f32x4.add(sum, v128.load(dy + i));
    const total = f32x4.splat(sumLanes(f32x4.add(sum, v128.and(v128.load(dy + lastBytes), valid))));
    for (let i: usize = 0; i < lastBytes; i += 16) {
      v128.store(dx + i, f32x4.sub(v128.load(dy + i), f32x4.mul(exp4(v128.load(y + i)), total)));
    }
    const d = f32x4.sub(v128.load(dy + lastBytes), f32x4.mul(exp4(v128.load(y + lastBytes)), total));
    v128.store(dx + lastBytes, v128.and(d, valid));
  }
}
