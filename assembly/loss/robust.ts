/**
 * Losses that grow linearly (absolute error, Huber) and the hinge loss, each with its derivative, and label smoothing
 * of targets.
 */
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Per row: loss = 1/n Σ |y − t|; dy = sign(y − t)/(n·count), 0 where they are equal (PyTorch's choice), NaN where the
 * difference is.
 */
export function f32_absolute_error(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const sign = i32x4.splat(0x80000000);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = zero;
    let i: usize = 0;
    do {
      let d = f32x4.sub(v128.load(y + i), v128.load(t + i));
      if (i == last) d = v128.and(d, lanes);
      sum = f32x4.add(sum, f32x4.abs(d));
      const slope = v128.and(v128.or(scale, v128.and(d, sign)), f32x4.ne(d, zero));
      // The sign of a NaN depends on engine and processor: it must not choose the slope.
      v128.store(dy + i, v128.bitselect(d, slope, f32x4.ne(d, d)));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/**
 * Per row, with d = y − t: loss = 1/n Σ ½d² where |d| ≤ delta, delta(|d| − ½delta) beyond (Huber 1964);
 * dy = d clamped to ±delta, divided by n·m.
 */
export function f32_huber(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  delta: f32,
): void {
  if (m <= 0) return;
  const scale = f32x4.splat(1 / (<f32>n * count));
  const half = f32x4.splat(0.5);
  const limit = f32x4.splat(delta);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      let d = f32x4.sub(v128.load(y + i), v128.load(t + i));
      if (i == last) d = v128.and(d, lanes);
      const c = f32x4.pmax(f32x4.pmin(d, limit), f32x4.neg(limit));
      // With c = d clamped, both branches are c(d − ½c).
      sum = f32x4.add(sum, f32x4.mul(c, f32x4.sub(d, f32x4.mul(half, c))));
      v128.store(dy + i, f32x4.mul(c, scale));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/** Per row: loss = 1/n Σ max(0, 1 − s·y), s = 1 where t > 0, else −1; dy = −s/(n·count) where 1 − s·y > 0, else 0. */
export function f32_hinge(m: i32, n: i32, y: usize, t: usize, dy: usize, ld: i32, loss: usize, count: f32): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = zero;
    let i: usize = 0;
    do {
      const s = v128.bitselect(one, f32x4.splat(-1), f32x4.gt(v128.load(t + i), zero));
      let margin = f32x4.sub(one, f32x4.mul(s, v128.load(y + i)));
      if (i == last) margin = v128.and(margin, lanes);
      sum = f32x4.add(sum, f32x4.pmax(margin, zero));
      v128.store(dy + i, v128.and(f32x4.neg(f32x4.mul(s, scale)), f32x4.gt(margin, zero)));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/** Label smoothing: t = t·scale + shift over m rows of n columns, the padding untouched. */
export function f32_smooth_rows(m: i32, n: i32, t: usize, ld: i32, scale: f32, shift: f32): void {
  if (m <= 0) return;
  const a = f32x4.splat(scale);
  const b = f32x4.splat(shift);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let p = t;
    for (const end = t + last; p < end; p += 16) v128.store(p, f32x4.add(f32x4.mul(v128.load(p), a), b));
    v128.store(p, v128.and(f32x4.add(f32x4.mul(v128.load(p), a), b), lanes));
    t += (<usize>ld) << 2;
  } while (--m > 0);
}
