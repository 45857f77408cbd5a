import { highSquares, lowSquares } from '../simd/lanes';

/**
 * The max-norm constraint (Srivastava et al. 2014): each unit whose Euclidean norm over its k inputs exceeds `limit` is
 * scaled by limit/norm; the others keep their bits. w: weights of n units in panels of `width` units. The norm is
 * summed in float64, inputs ascending; the factor is rounded to float32.
 */
export function f32_max_norm_panels(k: i32, n: i32, width: i32, w: usize, limit: f32): void {
  const bound = f64x2.splat(<f64>limit);
  const one = f32x4.splat(1);
  const columns = (n + 3) & ~3;
  for (let first = 0; first < columns; first += width) {
    const panel = w + ((<usize>first * k) << 2);
    const stride = (<usize>min(width, columns - first)) << 2;
    for (let at: usize = 0; at < stride; at += 16) {
      const start = panel + at;
      const end = start + stride * k;
      let low = f64x2.splat(0);
      let high = low;
      for (let p = start; p < end; p += stride) {
        const v = v128.load(p);
        low = f64x2.add(low, lowSquares(v));
        high = f64x2.add(high, highSquares(v));
      }
      low = f64x2.sqrt(low);
      high = f64x2.sqrt(high);
      const over = i32x4.shuffle(f64x2.gt(low, bound), f64x2.gt(high, bound), 0, 2, 4, 6);
      if (!v128.any_true(over)) continue;
      const shares = i64x2.shuffle(
        f32x4.demote_f64x2_zero(f64x2.div(bound, low)),
        f32x4.demote_f64x2_zero(f64x2.div(bound, high)),
        0,
        2,
      );
      const factor = v128.bitselect(shares, one, over);
      for (let p = start; p < end; p += stride) v128.store(p, f32x4.mul(v128.load(p), factor));
    }
  }
}
