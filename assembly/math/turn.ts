/**
 * Cosine and sine of a fraction of a whole turn: cos(2πu), sin(2πu) for u in [0, 1) with at most 24 fractional bits.
 * Absolute error below 1.2e-7 (checked by the sweep in the tests).
 *
 * Method: u = n/4 + f with |f| ≤ 1/8, exact for such u; the polynomials for |θ| ≤ π/4 are those of Cephes (sinf.c,
 * cosf.c); the quarter n swaps and signs them.
 */

import { SHIFTER } from './exp';

/** SHIFTER + n, n the nearest quarter: the lowest bits are those of n. */
// @ts-ignore: decorator
@inline
function quarter(u: v128): v128 {
  return f32x4.add(f32x4.mul(u, f32x4.splat(4)), f32x4.splat(SHIFTER));
}

// @ts-ignore: decorator
@inline
function angle(u: v128, q: v128): v128 {
  const n = f32x4.sub(q, f32x4.splat(SHIFTER));
  const f = f32x4.sub(u, f32x4.mul(n, f32x4.splat(0.25)));
  return f32x4.mul(f, f32x4.splat(6.28318530717958647692));
}

// @ts-ignore: decorator
@inline
function sinKernel(t: v128, s: v128): v128 {
  let p = f32x4.add(f32x4.mul(f32x4.splat(-1.9515295891e-4), s), f32x4.splat(8.3321608736e-3));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(-1.6666654611e-1));
  return f32x4.add(f32x4.mul(f32x4.mul(p, s), t), t);
}

// @ts-ignore: decorator
@inline
function cosKernel(s: v128): v128 {
  let p = f32x4.add(f32x4.mul(f32x4.splat(2.443315711809948e-5), s), f32x4.splat(-1.388731625493765e-3));
  p = f32x4.add(f32x4.mul(p, s), f32x4.splat(4.166664568298827e-2));
  const square = f32x4.mul(s, s);
  return f32x4.add(f32x4.sub(f32x4.mul(p, square), f32x4.mul(s, f32x4.splat(0.5))), f32x4.splat(1));
}

/** The sign bit in the lanes whose q has bit 1 set. */
// @ts-ignore: decorator
@inline
function signWhere(q: v128): v128 {
  return i32x4.shl(v128.and(q, i32x4.splat(2)), 30);
}

/** cos(2πu). */
// @ts-ignore: decorator
@inline
export function cosTurn4(u: v128): v128 {
  const q = quarter(u);
  const t = angle(u, q);
  const s = f32x4.mul(t, t);
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  // cos over quarters 0…3 is cos, −sin, −cos, sin.
  return v128.xor(v128.bitselect(sinKernel(t, s), cosKernel(s), odd), signWhere(i32x4.add(q, i32x4.splat(1))));
}

/** sin(2πu). */
// @ts-ignore: decorator
@inline
export function sinTurn4(u: v128): v128 {
  const q = quarter(u);
  const t = angle(u, q);
  const s = f32x4.mul(t, t);
  const odd = i32x4.shr_s(i32x4.shl(q, 31), 31);
  // sin over quarters 0…3 is sin, cos, −sin, −cos.
  return v128.xor(v128.bitselect(cosKernel(s), sinKernel(t, s), odd), signWhere(q));
}
