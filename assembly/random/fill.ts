import { log4 } from '../math/log';
import { cosTurn4, sinTurn4 } from '../math/turn';
import { philox16 } from './philox';

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
  return f32x4.mul(scale, f32x4.sqrt(f32x4.mul(f32x4.splat(-2), log4(u))));
}

/** Uniform from low up to high, which rounding may reach; 16⌈n/16⌉ floats are written. */
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
  const base = f32x4.splat(low);
  const span = f32x4.splat(high - low);
  for (let i = 0; i < n; i += 16, out += 64) {
    philox16(key0, key1, c0 + (i >> 2), c1, c2, c3, out);
    for (let j: usize = 0; j < 64; j += 16) {
      v128.store(out + j, f32x4.add(base, f32x4.mul(span, unit(v128.load(out + j)))));
    }
  }
}

/**
 * Normal with the given mean and standard deviation, by Box & Muller: no rejection, so element i takes fixed words of the
 * counter. The radius comes from u in (0, 1], so |value − mean| ≤ √(48 ln 2) ≈ 5.77 stddev. 16⌈n/16⌉ floats are written.
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
  const center = f32x4.splat(mean);
  const scale = f32x4.splat(stddev);
  for (let i = 0; i < n; i += 16, out += 64) {
    philox16(key0, key1, c0 + (i >> 2), c1, c2, c3, out);
    for (let j: usize = 0; j < 64; j += 32) {
      const radius = radius4(v128.load(out + j), scale);
      const turn = unit(v128.load(out + j, 16));
      v128.store(out + j, f32x4.add(center, f32x4.mul(radius, cosTurn4(turn))));
      v128.store(out + j, f32x4.add(center, f32x4.mul(radius, sinTurn4(turn))), 16);
    }
  }
}
