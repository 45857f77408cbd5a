import { log4 } from '../math/log';
import { lastLanes, paddedBytes, sumLanes } from '../simd/lanes';

/**
 * Adds Σ_j t_j ln t_j, without the targets of 0, to the loss of each row: it turns a cross-entropy into the
 * Kullback–Leibler divergence. Logarithms are within 2 ULP.
 */
export function f32_subtract_entropy(m: i32, n: i32, t: usize, ld: i32, loss: usize): void {
  const zero = f32x4.splat(0);
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  for (; m > 0; --m, t += (<usize>ld) << 2, loss += 4) {
    let sum = zero;
    for (let i: usize = 0; i <= last; i += 16) {
      const target = v128.load(t + i);
      let term = v128.and(f32x4.mul(target, log4(target)), f32x4.gt(target, zero));
      if (i == last) term = v128.and(term, lanes);
      sum = f32x4.add(sum, term);
    }
    f32.store(loss, f32.load(loss) + sumLanes(sum));
  }
}
