/**
 * Uniform and normal numbers from Philox's words (philox.ts). noise.ts uses the same conversion for Gaussian noise, and
 * dropout.ts for its mask.
 */
import { logNormal4 } from '../math/log';
import { cosTurn4, sinTurn4 } from '../math/turn';
import { map } from '../simd/map';
import { u32_random } from './philox';

/** 24 random bits as a multiple of 2^−24 in [0, 1): every value is exact and equally likely. */
// @ts-ignore: decorator
@inline
export function unit(word: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_s(i32x4.shr_u(word, 8)), f32x4.splat(5.9604644775390625e-8));
}

/** Box & Muller's radius scale·√(−2 ln u), from words that make u in (0, 1]: at most √(48 ln 2)·scale. */
// @ts-ignore: decorator
@inline
export function radius4(word: v128, scale: v128): v128 {
  const u = f32x4.add(unit(word), f32x4.splat(5.9604644775390625e-8));
  return f32x4.mul(scale, f32x4.sqrt(f32x4.mul(f32x4.splat(-2), logNormal4(u))));
}

/** a: low. b: high − low. */
// @ts-ignore: decorator
@unmanaged
class Uniform {
  // @ts-ignore: decorator
  @inline
  of(word: v128, a: v128, b: v128): v128 {
    return f32x4.add(a, f32x4.mul(b, unit(word)));
  }
}

/** Uniform numbers from low to high, which rounding may reach; 16⌈n/16⌉ floats are written. */
export function f32_uniform(
  n: i32,
  out: usize,
  key0: i32,
  key1: i32,
  c0: i32,
  c1: i32,
  c2: i32,
  c3: i32,
  low: f32,
  high: f32,
): void {
  u32_random(n, out, key0, key1, c0, c1, c2, c3);
  map<Uniform>((n + 15) & ~15, out, out, f32x4.splat(low), f32x4.splat(high - low));
}

/**
 * Normal numbers with the given mean and standard deviation, by Box & Muller: no rejection, so element i takes fixed
 * words of the counter. The radius comes from u in (0, 1], so |value − mean| ≤ √(48 ln 2) ≈ 5.77 stddev. 16⌈n/16⌉
 * floats are written.
 */
export function f32_normal(
  n: i32,
  out: usize,
  key0: i32,
  key1: i32,
  c0: i32,
  c1: i32,
  c2: i32,
  c3: i32,
  mean: f32,
  stddev: f32,
): void {
  if (n <= 0) return;
  u32_random(n, out, key0, key1, c0, c1, c2, c3);
  const center = f32x4.splat(mean);
  const scale = f32x4.splat(stddev);
  do {
    const r0 = radius4(v128.load(out), scale);
    const t0 = unit(v128.load(out, 16));
    const r1 = radius4(v128.load(out, 32), scale);
    const t1 = unit(v128.load(out, 48));
    const a = f32x4.add(center, f32x4.mul(r0, cosTurn4(t0)));
    const b = f32x4.add(center, f32x4.mul(r0, sinTurn4(t0)));
    const c = f32x4.add(center, f32x4.mul(r1, cosTurn4(t1)));
    const d = f32x4.add(center, f32x4.mul(r1, sinTurn4(t1)));
    v128.store(out, a);
    v128.store(out, b, 16);
    v128.store(out, c, 32);
    v128.store(out, d, 48);
    out += 64;
    n -= 16;
  } while (n > 0);
}
