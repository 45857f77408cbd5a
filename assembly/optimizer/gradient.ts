/**
 * Changes to gradients and weights around an optimizer's update: penalties, decay and clipping.
 * src/training/adjustments.ts calls them; constraint.ts limits the norms of units.
 */
import { highSquares, lowSquares } from '../simd/lanes';
import { map, map2 } from '../simd/map';

/** a: l1. b: l2. */
// @ts-ignore: decorator
@unmanaged
class PenaltyGradient {
  // @ts-ignore: decorator
  @inline
  of(w: v128, g: v128, a: v128, b: v128): v128 {
    const sign = v128.and(w, i32x4.splat(0x80000000));
    const pull = v128.and(v128.or(a, sign), f32x4.ne(w, f32x4.splat(0)));
    return f32x4.add(g, f32x4.add(pull, f32x4.mul(b, w)));
  }
}

/**
 * The gradient of a penalty: g += l1·sign(w) + l2·w, for l1·Σ|w| + l2/2·Σw². The derivative of |w| at 0 is taken as 0.
 */
export function f32_penalty_gradient(n: i32, w: usize, g: usize, l1: f32, l2: f32): void {
  map2<PenaltyGradient>(n, w, g, g, f32x4.splat(l1), f32x4.splat(l2));
}

/** a: factor. */
// @ts-ignore: decorator
@unmanaged
class Scale {
  // @ts-ignore: decorator
  @inline
  of(w: v128, a: v128, b: v128): v128 {
    return f32x4.mul(w, a);
  }
}

/** w = factor·w, for decoupled weight decay and for clipping a gradient by its norm. */
export function f32_scale(n: i32, w: usize, factor: f32): void {
  map<Scale>(n, w, w, f32x4.splat(factor));
}

/** a: limit. b: −limit. */
// @ts-ignore: decorator
@unmanaged
class Clip {
  // @ts-ignore: decorator
  @inline
  of(g: v128, a: v128, b: v128): v128 {
    return f32x4.pmax(f32x4.pmin(g, a), b);
  }
}

/** Clips each value of g to [−limit, limit]. */
export function f32_clip_value(n: i32, g: usize, limit: f32): void {
  map<Clip>(n, g, g, f32x4.splat(limit), f32x4.splat(-limit));
}

/**
 * total (float64) += Σ g² over n units of k inputs in panels of `width` units, for the norm of a gradient. Sums in
 * float64, for each unit over its inputs, ascending, then one unit after another: an order that does not depend on the
 * width of the panels. Padding units count as zero, or turn the norm of a step that overflowed into NaN.
 */
export function f64_add_squares(k: i32, n: i32, width: i32, g: usize, total: usize): void {
  const columns = (n + 3) & ~3;
  let sum = f64.load(total);
  for (let first = 0; first < columns; first += width) {
    const panel = g + ((<usize>first * k) << 2);
    const stride = (<usize>min(width, columns - first)) << 2;
    for (let start = panel; start < panel + stride; start += 16) {
      let low = f64x2.splat(0);
      let high = low;
      for (let p = start, end = start + stride * k; p < end; p += stride) {
        const v = v128.load(p);
        low = f64x2.add(low, lowSquares(v));
        high = f64x2.add(high, highSquares(v));
      }
      sum += f64x2.extract_lane(low, 0);
      sum += f64x2.extract_lane(low, 1);
      sum += f64x2.extract_lane(high, 0);
      sum += f64x2.extract_lane(high, 1);
    }
  }
  f64.store(total, sum);
}
