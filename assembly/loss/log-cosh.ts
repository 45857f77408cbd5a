import { expm1NonPositive4 } from '../math/expm1';
import { log1p4 } from '../math/log';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Per row, with d = y − t: loss = 1/n Σ ln cosh d; dy = tanh(d)/(n·count). Each term is within 8 ULP (checked in the
 * tests), infinite where d is, and NaN where d is.
 *
 * Method: with q = e^−|d| − 1 and e = 1 + q, cosh d − 1 = q²/(2e) up to |d| = 1, of which ln(1 + x) keeps the bits near
 * 0; beyond, |d| − ln2 + ln(1 + e²), which does not overflow. tanh|d| = −q(2 + q)/(1 + e²), in which nothing cancels.
 */
export function f32_log_cosh(m: i32, n: i32, y: usize, t: usize, dy: usize, ld: i32, loss: usize, count: f32): void {
  if (m <= 0) return;
  const one = f32x4.splat(1);
  const two = f32x4.splat(2);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const sign = i32x4.splat(0x80000000);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      let d = f32x4.sub(v128.load(y + i), v128.load(t + i));
      if (i == last) d = v128.and(d, lanes);
      const a = f32x4.abs(d);
      const q = expm1NonPositive4(f32x4.neg(a));
      const e = f32x4.add(one, q);
      const square = f32x4.mul(e, e);
      // NaN compares false and takes |d|, which keeps it.
      const near = f32x4.le(a, one);
      const x = v128.bitselect(f32x4.div(f32x4.mul(q, q), f32x4.add(e, e)), square, near);
      const line = v128.andnot(f32x4.sub(a, f32x4.splat(0.69314718056)), near);
      sum = f32x4.add(sum, f32x4.add(line, log1p4(x)));
      const slope = f32x4.div(f32x4.mul(f32x4.abs(q), f32x4.add(two, q)), f32x4.add(one, square));
      v128.store(dy + i, f32x4.mul(v128.or(slope, v128.and(d, sign)), scale));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
