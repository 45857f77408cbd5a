/**
 * Binary cross-entropy with its derivative: together with sigmoid, from logits, or from the probabilities of any other
 * activation. Both write the loss of each row, and the delta that backpropagation starts from.
 */
import { expNegativeAbs4 } from '../math/exp';
import { log1p4, log4 } from '../math/log';
import { sigmoid4 } from '../math/sigmoid';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Returns the mean of n losses from their sum or, if that overflowed, from the sum of each times 2^−64. Finite losses
 * have a finite mean.
 */
// @ts-ignore: decorator
@inline
function meanOf(n: i32, sum: f32, scaled: f32): f32 {
  if (abs(sum) < f32.POSITIVE_INFINITY || !(scaled < f32.POSITIVE_INFINITY)) return sum / <f32>n;
  return min<f32>((scaled / <f32>n) * 18446744073709551616.0, f32.MAX_VALUE);
}

/**
 * Sigmoid and binary cross-entropy together, from the logits z: y = σ(z), per row loss = 1/n Σ [max(z, 0) − z·t + ln(1
 * + e^−|z|)], which is −[t ln y + (1 − t) ln(1 − y)] without log(0); BP1: dz = (y − t)/(n·count). If y is dz, the
 * deltas replace the probabilities. Finite logits with targets in [0, 1] give a finite loss.
 */
export function f32_sigmoid_binary_crossentropy(
  m: i32,
  n: i32,
  z: usize,
  t: usize,
  y: usize,
  dz: usize,
  ld: i32,
  loss: usize,
  count: f32,
): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  const small = f32x4.splat(5.421010862427522e-20);
  do {
    let sum = zero;
    let scaled = zero;
    let i: usize = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const logit = v128.load(z + i);
      const target = v128.load(t + i);
      const p = sigmoid4(logit);
      const tail = log1p4(expNegativeAbs4(logit));
      const all = f32x4.add(f32x4.sub(f32x4.pmax(logit, zero), f32x4.mul(logit, target)), tail);
      const l = v128.and(all, valid);
      sum = f32x4.add(sum, l);
      scaled = f32x4.add(scaled, f32x4.mul(l, small));
      v128.store(y + i, p);
      v128.store(dz + i, v128.and(f32x4.mul(f32x4.sub(p, target), scale), valid));
      i += 16;
    } while (i <= last);
    f32.store(loss, meanOf(n, sumLanes(sum), sumLanes(scaled)));
    z += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    y += (<usize>ld) << 2;
    dz += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/**
 * The same loss from probabilities y of any activation, clamped to [epsilon, 1 − epsilon]; outside of it the derivative
 * is 0. dy = (y − t) / (y(1 − y)) / (n·count).
 */
export function f32_binary_crossentropy(
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
  if (m <= 0) return;
  const one = f32x4.splat(1);
  const low = f32x4.splat(epsilon);
  const high = f32x4.splat(1 - epsilon);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const given = v128.load(y + i);
      const target = v128.load(t + i);
      const p = f32x4.pmax(f32x4.pmin(given, high), low);
      const q = f32x4.sub(one, p);
      const l = f32x4.add(f32x4.mul(target, log4(p)), f32x4.mul(f32x4.sub(one, target), log4(q)));
      sum = f32x4.sub(sum, v128.and(l, valid));
      const inside = v128.and(valid, v128.and(f32x4.gt(given, low), f32x4.lt(given, high)));
      const d = f32x4.div(f32x4.sub(p, target), f32x4.mul(p, q));
      v128.store(dy + i, v128.and(f32x4.mul(d, scale), inside));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
