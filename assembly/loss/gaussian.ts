import { log4 } from '../math/log';
import { paddedBytes } from '../simd/lanes';

/**
 * Gaussian negative log-likelihood of n targets, from 2n outputs of a row: n means y, then n variances s. With d = y −
 * t and v = max(s, epsilon): loss = 1/n Σ [½(ln v + d²/v) + constant]; dy = d/v/(n·count), ds = ½(1 −
 * d²/v)/v/(n·count), where variances below epsilon have the derivative at epsilon, as in PyTorch. The logarithm is
 * within 2 ULP.
 *
 * Value by value: blocks of n columns do not begin at whole vectors.
 */
export function f32_gaussian_likelihood(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  epsilon: f32,
  constant: f32,
): void {
  const scale: f32 = 1 / (<f32>n * count);
  const end = (<usize>n) << 2;
  for (; m > 0; --m) {
    let sum: f32 = 0;
    for (let j: usize = 0; j < end; j += 4) {
      const variance = max<f32>(f32.load(y + end + j), epsilon);
      const d = f32.load(y + j) - f32.load(t + j);
      const r = d / variance;
      const log = f32x4.extract_lane(log4(f32x4.splat(variance)), 0);
      sum += <f32>0.5 * (log + d * r) + constant;
      f32.store(dy + j, r * scale);
      f32.store(dy + end + j, ((<f32>0.5 * (<f32>1 - d * r)) / variance) * scale);
    }
    for (let j: usize = end + end; j < paddedBytes(2 * n); j += 4) f32.store(dy + j, 0);
    f32.store(loss, sum / <f32>n);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  }
}
