/**
 * Categorical cross-entropy with its derivative: together with softmax, from logits, or from the outputs of any other
 * activation. Both write the loss of each row, and the delta that backpropagation starts from.
 */
import { rowDivide, rowExp, rowMax } from '../activation/softmax';
import { log4, logNormal4 } from '../math/log';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Σ t_j (top − z_j) over a row, in float64 and without the logits whose target is 0: where a difference of two logits
 * is past what float32 holds, the sum may be within it, and 0·∞ would be NaN.
 */
function wideLinear(n: i32, z: usize, t: usize, top: f32): f32 {
  let sum: f64 = 0;
  for (let j: usize = 0; j < (<usize>n) << 2; j += 4) {
    const target = <f64>f32.load(t + j);
    if (target != 0) sum += target * (<f64>top - <f64>f32.load(z + j));
  }
  return <f32>sum;
}

/**
 * Softmax and categorical cross-entropy together, from the logits z: y = softmax(z) with the bits of `f32_softmax`, per
 * row loss = Σ t_j (ln Σ e^(z_k) − z_j), which is −Σ t_j ln y_j without log(0); BP1: dz = (y·Σt − t)/count, that is (y
 * − t)/count for targets that sum to one; the padding of t is zero. y and dz may be z. If y is dz, the deltas replace
 * the probabilities. Finite logits give no NaN, and an infinite loss only where the loss itself is past the largest
 * float32.
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
  count: f32,
): void {
  if (m <= 0) return;
  const scale = f32x4.splat(1 / count);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    const top = rowMax(n, z);
    // Σ t_j (top − z_j) first, before y overwrites the logits: y may be z.
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
    let line = sumLanes(linear);
    if (!(abs(line) < f32.POSITIVE_INFINITY)) line = wideLinear(n, z, t, top);
    const sum = rowExp(n, z, y, top);
    rowDivide(n, y, sum);
    // The largest adds e^0 to the sum: it is at least 1, or NaN.
    const logSum = sum == sum ? f32x4.extract_lane(logNormal4(f32x4.splat(sum)), 0) : f32.NaN;
    f32.store(loss, line + total * logSum);
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
 * The same loss from outputs y of any activation, which are divided by the sum of their row, as in Keras and
 * TensorFlow.js; rows that sum to 0 are used unchanged. The shares q = y/Σy are clamped to [epsilon, 1], outside of
 * which the derivative by q is 0. loss = −Σ t ln q; dy = (Σt/Σy − t/y)/count, without the targets whose share is
 * clamped. y and dy must differ.
 */
export function f32_categorical_crossentropy(
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
  const low = f32x4.splat(epsilon);
  const one = f32x4.splat(1);
  const scale = f32x4.splat(1 / count);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    for (; i < last; i += 16) sum = f32x4.add(sum, v128.load(y + i));
    const whole = sumLanes(f32x4.add(sum, v128.and(v128.load(y + i), lanes)));
    const divisor = f32x4.splat(whole == 0 ? 1 : whole);
    let mass = f32x4.splat(0);
    sum = mass;
    i = 0;
    do {
      const valid = i == last ? lanes : i32x4.splat(-1);
      const given = v128.load(y + i);
      const target = v128.load(t + i);
      const share = f32x4.div(given, divisor);
      const held = f32x4.pmax(f32x4.pmin(share, one), low);
      sum = f32x4.sub(sum, v128.and(f32x4.mul(target, log4(held)), valid));
      const inside = v128.and(valid, v128.and(f32x4.gt(share, low), f32x4.le(share, one)));
      mass = f32x4.add(mass, v128.and(target, inside));
      v128.store(dy + i, v128.and(f32x4.div(target, given), inside));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum));
    // This term is the same for every output; a row that sums to 0 does not have it.
    const part = f32x4.splat(whole == 0 ? 0 : sumLanes(mass) / whole);
    i = 0;
    do {
      const slope = f32x4.mul(f32x4.sub(part, v128.load(dy + i)), scale);
      v128.store(dy + i, i == last ? v128.and(slope, lanes) : slope);
      i += 16;
    } while (i <= last);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
