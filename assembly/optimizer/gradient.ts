import { paddedBytes } from '../simd/lanes';
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

/** The gradient of a penalty: g += l1·sign(w) + l2·w, for l1·Σ|w| + l2/2·Σw². The derivative of |w| at 0 is taken as 0. */
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

/** Decoupled weight decay: w = factor·w. */
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

/** Each value of g brought into [−limit, limit]. */
export function f32_clip_value(n: i32, g: usize, limit: f32): void {
  map<Clip>(n, g, g, f32x4.splat(limit), f32x4.splat(-limit));
}

/**
 * g scaled by limit/(‖g‖ + 1e-6) where that is below 1: PyTorch's clip_grad_norm_. The norm is summed in float64, in four
 * lanes joined at the end, an order that depends on n alone.
 */
export function f32_clip_norm(n: i32, g: usize, limit: f32): void {
  if (n <= 0) return;
  let low = f64x2.splat(0);
  let high = low;
  const end = g + paddedBytes(n);
  let p = g;
  do {
    const v = v128.load(p);
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
    p += 16;
  } while (p < end);
  const sum = f64x2.add(low, high);
  const norm = sqrt<f64>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
  const factor = <f64>limit / (norm + 1e-6);
  if (factor < 1) f32_scale(n, g, <f32>factor);
}
