/**
 * Focal losses (Lin et al. 2017) with their derivatives: cross-entropies whose terms are multiplied by (1 − p)^gamma, p
 * the probability of the truth. Together with sigmoid or softmax, from logits, or from the probabilities of any other
 * activation.
 */
import { rowMax } from '../activation/softmax';
import { exp4, expNegativeAbs4 } from '../math/exp';
import { log1p4, log4, logNormal4 } from '../math/log';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/** base^gamma for 0 ≤ base ≤ 1; 0 counts as the smallest normal number, so that 0^0 is 1. */
// @ts-ignore: decorator
@inline
function power4(base: v128, gamma: v128): v128 {
  return exp4(f32x4.mul(gamma, log4(f32x4.pmax(base, f32x4.splat(1.17549435e-38)))));
}

/** a / b, 0 where b is 0. */
// @ts-ignore: decorator
@inline
function quotient4(a: v128, b: v128): v128 {
  return v128.and(f32x4.div(a, b), f32x4.ne(b, f32x4.splat(0)));
}

/**
 * Sigmoid and binary focal loss together, from logits z: p = σ(z), q = 1 − p, a = t·q + (1 − t)·p the probability of
 * what is not true, w = t·alpha + (1 − t)·beta, C the cross-entropy max(z, 0) − z·t + ln(1 + e^−|z|). Per row: y = p,
 * loss = 1/n Σ w·a^gamma·C; dz = w·a^gamma·(gamma·(1 − 2t)·p·q/a·C + p − t)/(n·count). If y is dz, the deltas replace
 * the probabilities.
 */
export function f32_sigmoid_binary_focal(
  m: i32,
  n: i32,
  z: usize,
  t: usize,
  y: usize,
  dz: usize,
  ld: i32,
  loss: usize,
  count: f32,
  gamma: f32,
  alpha: f32,
  beta: f32,
): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const g = f32x4.splat(gamma);
  const scale = f32x4.splat(1 / (<f32>n * count));
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = zero;
    let i: usize = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const logit = v128.load(z + i);
      const target = v128.load(t + i);
      const rest = f32x4.sub(one, target);
      const e = expNegativeAbs4(logit);
      const small = f32x4.div(e, f32x4.add(one, e));
      const large = f32x4.sub(one, small);
      const below = f32x4.lt(logit, zero);
      const p = v128.bitselect(small, large, below);
      const q = v128.bitselect(large, small, below);
      const wrong = f32x4.add(f32x4.mul(target, q), f32x4.mul(rest, p));
      const weight = f32x4.mul(
        f32x4.add(f32x4.mul(target, f32x4.splat(alpha)), f32x4.mul(rest, f32x4.splat(beta))),
        power4(wrong, g),
      );
      const entropy = f32x4.add(f32x4.sub(f32x4.pmax(logit, zero), f32x4.mul(logit, target)), log1p4(e));
      sum = f32x4.add(sum, v128.and(f32x4.mul(weight, entropy), valid));
      const bend = f32x4.mul(f32x4.sub(rest, target), quotient4(f32x4.mul(p, q), wrong));
      const slope = f32x4.add(f32x4.mul(f32x4.mul(g, bend), entropy), f32x4.sub(p, target));
      v128.store(y + i, p);
      v128.store(dz + i, v128.and(f32x4.mul(f32x4.mul(weight, slope), scale), valid));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    z += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    y += (<usize>ld) << 2;
    dz += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/**
 * The same loss from probabilities y of any activation, clamped to [epsilon, 1 − epsilon]; outside of it the derivative
 * is 0. dy = w·a^gamma·(gamma·(1 − 2t)/a·C + (y − t)/(y(1 − y)))/(n·count).
 */
export function f32_binary_focal(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
  gamma: f32,
  alpha: f32,
  beta: f32,
): void {
  if (m <= 0) return;
  const one = f32x4.splat(1);
  const low = f32x4.splat(epsilon);
  const high = f32x4.splat(1 - epsilon);
  const g = f32x4.splat(gamma);
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
      const rest = f32x4.sub(one, target);
      const p = f32x4.pmax(f32x4.pmin(given, high), low);
      const q = f32x4.sub(one, p);
      const wrong = f32x4.add(f32x4.mul(target, q), f32x4.mul(rest, p));
      const weight = f32x4.mul(
        f32x4.add(f32x4.mul(target, f32x4.splat(alpha)), f32x4.mul(rest, f32x4.splat(beta))),
        power4(wrong, g),
      );
      const entropy = f32x4.neg(f32x4.add(f32x4.mul(target, log4(p)), f32x4.mul(rest, log4(q))));
      sum = f32x4.add(sum, v128.and(f32x4.mul(weight, entropy), valid));
      const bend = f32x4.div(f32x4.mul(f32x4.sub(rest, target), entropy), wrong);
      const slope = f32x4.add(f32x4.mul(g, bend), f32x4.div(f32x4.sub(p, target), f32x4.mul(p, q)));
      const inside = v128.and(valid, v128.and(f32x4.gt(given, low), f32x4.lt(given, high)));
      v128.store(dy + i, v128.and(f32x4.mul(f32x4.mul(weight, slope), scale), inside));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/** Σ e^(z − top) over a row, in the order of `f32_softmax`. */
// @ts-ignore: decorator
@inline
function sumOfPowers(n: i32, z: usize, top: v128): f32 {
  const last = paddedBytes(n) - 16;
  let sum = f32x4.splat(0);
  let i: usize = 0;
  for (; i < last; i += 16) sum = f32x4.add(sum, exp4(f32x4.sub(v128.load(z + i), top)));
  return sumLanes(f32x4.add(sum, v128.and(exp4(f32x4.sub(v128.load(z + i), top)), lastLanes(n))));
}

/**
 * Softmax and categorical focal loss together, from the logits z: y = softmax(z) with the bits of `f32_softmax`, per
 * row loss = −alpha Σ t_j (1 − y_j)^gamma ln y_j, ln y_j = z_j − ln Σ e^(z_k) without log(0). With h_j = alpha·t_j (1 −
 * y_j)^gamma (gamma·y_j ln y_j/(1 − y_j) − 1): dz_k = (h_k − y_k Σ h_j)/count. y may be z, but dz may not. If y is dz,
 * the deltas replace the probabilities.
 */
export function f32_softmax_categorical_focal(
  m: i32,
  n: i32,
  z: usize,
  t: usize,
  y: usize,
  dz: usize,
  ld: i32,
  loss: usize,
  count: f32,
  gamma: f32,
  alpha: f32,
): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const g = f32x4.splat(gamma);
  const scale = f32x4.splat(1 / count);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  const again = y == dz;
  do {
    const top = f32x4.splat(rowMax(n, z));
    const powers = sumOfPowers(n, z, top);
    const divisor = f32x4.splat(powers);
    // The largest adds e^0 to the sum: it is at least 1, or NaN.
    const logSum = powers == powers ? logNormal4(divisor) : f32x4.splat(f32.NaN);
    let sum = zero;
    let mass = zero;
    let i: usize = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const target = v128.and(v128.load(t + i), valid);
      const d = f32x4.sub(v128.load(z + i), top);
      const p = v128.and(f32x4.div(exp4(d), divisor), valid);
      const log = f32x4.sub(d, logSum);
      const rest = f32x4.sub(one, p);
      const weight = f32x4.mul(f32x4.mul(target, f32x4.splat(alpha)), power4(rest, g));
      const counts = f32x4.ne(target, zero);
      sum = f32x4.sub(sum, v128.and(f32x4.mul(weight, log), counts));
      // Where p is 0, p·ln p is 0 too.
      const bend = quotient4(v128.and(f32x4.mul(p, log), f32x4.ne(p, zero)), rest);
      const h = v128.and(f32x4.mul(weight, f32x4.sub(f32x4.mul(g, bend), one)), counts);
      mass = f32x4.add(mass, h);
      if (!again) v128.store(y + i, p);
      v128.store(dz + i, h);
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum));
    const whole = f32x4.splat(sumLanes(mass));
    i = 0;
    do {
      let p: v128;
      if (again) p = f32x4.div(exp4(f32x4.sub(v128.load(z + i), top)), divisor);
      else p = v128.load(y + i);
      const slope = f32x4.mul(f32x4.sub(v128.load(dz + i), f32x4.mul(p, whole)), scale);
      v128.store(dz + i, i == last ? v128.and(slope, lanes) : slope);
      i += 16;
    } while (i <= last);
    z += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    y += (<usize>ld) << 2;
    dz += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}

/**
 * The same loss from outputs y of any activation, which are divided by the sum of their row, as in Keras; rows that sum
 * to 0 are used unchanged. The shares q = y/Σy are clamped to [epsilon, 1 − epsilon], outside of which the derivative
 * by q is 0. With g_j = alpha·t_j (1 − q_j)^gamma (gamma·ln q_j/(1 − q_j) − 1/q_j): dy_j = (g_j − Σ g_k q_k)/Σy/count.
 */
export function f32_categorical_focal(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
  gamma: f32,
  alpha: f32,
): void {
  if (m <= 0) return;
  const zero = f32x4.splat(0);
  const one = f32x4.splat(1);
  const low = f32x4.splat(epsilon);
  const high = f32x4.splat(1 - epsilon);
  const g = f32x4.splat(gamma);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = zero;
    let i: usize = 0;
    for (; i < last; i += 16) sum = f32x4.add(sum, v128.load(y + i));
    const whole = sumLanes(f32x4.add(sum, v128.and(v128.load(y + i), lanes)));
    const divisor = f32x4.splat(whole == 0 ? 1 : whole);
    let mass = zero;
    sum = zero;
    i = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const target = v128.and(v128.load(t + i), valid);
      const share = f32x4.div(v128.load(y + i), divisor);
      const held = f32x4.pmax(f32x4.pmin(share, high), low);
      const log = log4(held);
      const rest = f32x4.sub(one, held);
      const weight = f32x4.mul(f32x4.mul(target, f32x4.splat(alpha)), power4(rest, g));
      sum = f32x4.sub(sum, v128.and(f32x4.mul(weight, log), valid));
      const bend = f32x4.sub(f32x4.mul(g, f32x4.div(log, rest)), f32x4.div(one, held));
      const inside = v128.and(valid, v128.and(f32x4.gt(share, low), f32x4.lt(share, high)));
      const slope = v128.and(f32x4.mul(weight, bend), inside);
      mass = f32x4.add(mass, f32x4.mul(slope, v128.and(share, valid)));
      v128.store(dy + i, slope);
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum));
    // This term is the same for every output; a row that sums to 0 does not have it.
    const part = f32x4.splat(whole == 0 ? 0 : sumLanes(mass));
    const scale = f32x4.div(f32x4.splat(1 / count), divisor);
    i = 0;
    do {
      const slope = f32x4.mul(f32x4.sub(v128.load(dy + i), part), scale);
      v128.store(dy + i, i == last ? v128.and(slope, lanes) : slope);
      i += 16;
    } while (i <= last);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
