import { paddedBytes } from '../simd/lanes';

/** The gradient of a penalty: g += l1·sign(w) + l2·w, for l1·Σ|w| + l2/2·Σw². The derivative of |w| at 0 is taken as 0. */
export function f32_penalty_gradient(n: i32, w: usize, g: usize, l1: f32, l2: f32): void {
  const zero = f32x4.splat(0);
  const a = f32x4.splat(l1);
  const b = f32x4.splat(l2);
  const sign = i32x4.splat(0x80000000);
  for (const end = w + paddedBytes(n); w < end; w += 16, g += 16) {
    const v = v128.load(w);
    const pull = v128.and(v128.or(a, v128.and(v, sign)), f32x4.ne(v, zero));
    v128.store(g, f32x4.add(v128.load(g), f32x4.add(pull, f32x4.mul(b, v))));
  }
}

/** Decoupled weight decay: w = factor·w. */
export function f32_scale(n: i32, w: usize, factor: f32): void {
  const f = f32x4.splat(factor);
  for (const end = w + paddedBytes(n); w < end; w += 16) v128.store(w, f32x4.mul(v128.load(w), f));
}

/** Each value of g brought into [−limit, limit]. */
export function f32_clip_value(n: i32, g: usize, limit: f32): void {
  const high = f32x4.splat(limit);
  const low = f32x4.splat(-limit);
  for (const end = g + paddedBytes(n); g < end; g += 16) {
    v128.store(g, f32x4.pmax(f32x4.pmin(v128.load(g), high), low));
  }
}

/**
 * g scaled by limit/(‖g‖ + 1e-6) where that is below 1: PyTorch's clip_grad_norm_. The norm is summed in float64, in four
 * lanes joined at the end, an order that depends on n alone.
 */
export function f32_clip_norm(n: i32, g: usize, limit: f32): void {
  let low = f64x2.splat(0);
  let high = low;
  for (let p = g, end = g + paddedBytes(n); p < end; p += 16) {
    const v = v128.load(p);
    const a = f64x2.promote_low_f32x4(v);
    const b = f64x2.promote_low_f32x4(i64x2.shuffle(v, v, 1, 0));
    low = f64x2.add(low, f64x2.mul(a, a));
    high = f64x2.add(high, f64x2.mul(b, b));
  }
  const sum = f64x2.add(low, high);
  const norm = sqrt<f64>(f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1));
  const factor = <f64>limit / (norm + 1e-6);
  if (factor < 1) f32_scale(n, g, <f32>factor);
}
