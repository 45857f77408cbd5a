import { rowDivide, rowExp, rowMax } from '../activation/softmax';
import { log4, logNormal4 } from '../math/log';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Softmax and categorical cross-entropy together, from the logits z: y = softmax(z) with the bits of `f32_softmax`,
 * per row loss = Σ t_j (ln Σ e^(z_k) − z_j), which is −Σ t_j ln y_j without log(0); BP1: dz = (y·Σt − t)/m, that is
 * (y − t)/m for targets that sum to one; the padding of t is zero. y and dz may be z; y and dz must differ.
 */
export function f32_softmax_categorical_crossentropy(
  m: i32,
  n: i32,
  z: usize,
  t: usize,
  y: usize,
  dz: usize,
  ld: i32,
  loss: usize,
): void {
  if (m <= 0) return;
  const scale = f32x4.splat(1 / <f32>m);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    const top = rowMax(n, z);
    // Σ t_j (top − z_j) first, while the logits are still there: y may take their place.
    const shift = f32x4.splat(top);
    let linear = f32x4.splat(0);
    let mass = f32x4.splat(0);
    let i: usize = 0;
    do {
      const target = v128.load(t + i);
      let d = f32x4.sub(shift, v128.load(z + i));
      if (i == last) d = v128.and(d, lanes);
      linear = f32x4.add(linear, f32x4.mul(target, d));
      mass = f32x4.add(mass, target);
      i += 16;
    } while (i <= last);
    const total = sumLanes(mass);
    const sum = rowExp(n, z, y, top);
    rowDivide(n, y, sum);
    // The largest adds e^0 to the sum: it is at least 1, or NaN.
    const logSum = sum == sum ? f32x4.extract_lane(logNormal4(f32x4.splat(sum)), 0) : f32.NaN;
    f32.store(loss, sumLanes(linear) + total * logSum);
    const weight = f32x4.splat(total);
    i = 0;
    do {
      v128.store(dz + i, f32x4.mul(f32x4.sub(f32x4.mul(v128.load(y + i), weight), v128.load(t + i)), scale));
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
 * The same loss from probabilities y of any activation, clamped from below to epsilon; there the derivative is 0.
 * loss = −Σ t ln y, dy = −t/y/m. The row is taken as it is, not scaled to sum to one.
 */
export function f32_categorical_crossentropy(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  epsilon: f32,
): void {
  if (m <= 0) return;
  const low = f32x4.splat(epsilon);
  const scale = f32x4.splat(-1 / <f32>m);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const given = v128.load(y + i);
      const target = v128.load(t + i);
      const p = f32x4.pmax(given, low);
      sum = f32x4.sub(sum, v128.and(f32x4.mul(target, log4(p)), valid));
      const inside = v128.and(valid, f32x4.gt(given, low));
      v128.store(dy + i, v128.and(f32x4.mul(f32x4.div(target, p), scale), inside));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum));
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
