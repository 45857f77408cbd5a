import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Per row: loss = lossScale · Σ (y − t)²; dy = deltaScale/count · (y − t), the derivative of the mean over count rows,
 * of which these are m. halfSquaredError: ½ and 1. meanSquaredError over n outputs: 1/n and 2/n.
 */
export function f32_squared_error(
  m: i32,
  n: i32,
  y: usize,
  t: usize,
  dy: usize,
  ld: i32,
  loss: usize,
  count: f32,
  lossScale: f32,
  deltaScale: f32,
): void {
  if (m <= 0) return;
  const scale = f32x4.splat(deltaScale / count);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  do {
    let sum = f32x4.splat(0);
    let i: usize = 0;
    do {
      let d = f32x4.sub(v128.load(y + i), v128.load(t + i));
      if (i == last) d = v128.and(d, lanes);
      sum = f32x4.add(sum, f32x4.mul(d, d));
      v128.store(dy + i, f32x4.mul(d, scale));
      i += 16;
    } while (i <= last);
    f32.store(loss, sumLanes(sum) * lossScale);
    y += (<usize>ld) << 2;
    t += (<usize>ld) << 2;
    dy += (<usize>ld) << 2;
    loss += 4;
  } while (--m > 0);
}
