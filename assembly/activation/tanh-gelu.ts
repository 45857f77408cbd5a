/** The tanh approximation of GELU (Hendrycks & Gimpel 2016), and its derivative. */
import { expNegativeAbs4 } from '../math/exp';
import { sigmoid4 } from '../math/sigmoid';
import { map, map2 } from '../simd/map';

/** 2√(2/π), and 0.044715 times it. */
const LINEAR: f32 = 1.5957691216057308;
const CUBIC: f32 = 0.07135481282553734;

// @ts-ignore: decorator
@unmanaged
class TanhGelu {
  // @ts-ignore: decorator
  @inline
  of(x: v128, a: v128, b: v128): v128 {
    const slope = f32x4.add(f32x4.splat(LINEAR), f32x4.mul(f32x4.splat(CUBIC), f32x4.mul(x, x)));
    return f32x4.mul(x, sigmoid4(f32x4.mul(x, slope)));
  }
}

/**
 * y = ½x(1 + tanh u), u = √(2/π)(x + 0.044715x³), as x·σ(2u), which does not cancel below 0. Result within 4 ULP of x
 * (checked by the sweep in the tests); NaN stays NaN, −∞ gives NaN, as in PyTorch. In place allowed.
 */
export function f32_tanh_gelu(n: i32, x: usize, y: usize): void {
  map<TanhGelu>(n, x, y);
}

/**
 * From |x| = 12 on, the slope is 0 or 1 to the last bit; held there, nothing overflows. With e = e^−|2u|, σ(1 − σ) is
 * e/(1 + e)², which does not cancel.
 */
// @ts-ignore: decorator
@unmanaged
class TanhGeluBackward {
  // @ts-ignore: decorator
  @inline
  of(x: v128, dy: v128, a: v128, b: v128): v128 {
    const one = f32x4.splat(1);
    const c = f32x4.pmax(f32x4.pmin(x, f32x4.splat(12)), f32x4.splat(-12));
    const cubic = f32x4.mul(f32x4.splat(CUBIC), f32x4.mul(c, c));
    const first = f32x4.add(f32x4.splat(LINEAR), cubic);
    const e = expNegativeAbs4(f32x4.mul(c, first));
    const r = f32x4.div(one, f32x4.add(one, e));
    const small = f32x4.mul(e, r);
    const sigmoid = v128.bitselect(small, r, f32x4.lt(c, f32x4.splat(0)));
    const inner = f32x4.mul(c, f32x4.add(first, f32x4.add(cubic, cubic)));
    return f32x4.mul(dy, f32x4.add(sigmoid, f32x4.mul(f32x4.mul(small, r), inner)));
  }
}

/** dx = dy · (σ(2u) + x·σ(2u)(1 − σ(2u))·2u'), 2u' = 2√(2/π)(1 + 3·0.044715x²). In place allowed. */
export function f32_tanh_gelu_backward(n: i32, x: usize, dy: usize, dx: usize): void {
  map2<TanhGeluBackward>(n, x, dy, dx);
}
