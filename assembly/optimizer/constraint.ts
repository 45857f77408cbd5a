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

/** Returns the factor that moves two norms towards the limits; 1 for those within them and those of 0. */
// @ts-ignore: decorator
@inline
function limiting(norm: v128, least: v128, most: v128, rate: v128): v128 {
  const one = f64x2.splat(1);
  const limit = f64x2.pmin(f64x2.pmax(norm, least), most);
  const wanted = f64x2.add(f64x2.mul(rate, limit), f64x2.mul(f64x2.sub(one, rate), norm));
  const kept = v128.or(f64x2.eq(norm, limit), f64x2.eq(norm, f64x2.splat(0)));
  return v128.bitselect(one, f64x2.div(wanted, norm), kept);
}

/**
 * Limits on both sides: the Euclidean norm r of each unit over its k inputs is moved by the share `rate` of its way to
 * c = min(max(r, least), most), w ← w·(rate·c + (1 − rate)·r)/r. Units with r = c keep their bits, and so do those with
 * r = 0, which have no direction; a unit with a NaN becomes NaN. With least = most = rate = 1 all norms become 1. w:
 * weights of n units in panels of `width` units. Norm, factor and product are float64, inputs ascending, since the
 * factor of a subnormal norm is beyond float32; a weight is rounded once more, to float32.
 */
export function f32_limit_norm_panels(k: i32, n: i32, width: i32, w: usize, least: f32, most: f32, rate: f32): void {
  const bottom = f64x2.splat(<f64>least);
  const top = f64x2.splat(<f64>most);
  const share = f64x2.splat(<f64>rate);
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
      low = limiting(f64x2.sqrt(low), bottom, top, share);
      high = limiting(f64x2.sqrt(high), bottom, top, share);
      for (let p = start; p < end; p += stride) {
        const v = v128.load(p);
        const swapped = i64x2.shuffle(v, v, 1, 0);
        const first2 = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.promote_low_f32x4(v), low));
        const last2 = f32x4.demote_f64x2_zero(f64x2.mul(f64x2.promote_low_f32x4(swapped), high));
        v128.store(p, i64x2.shuffle(first2, last2, 0, 2));
      }
    }
  }
}
