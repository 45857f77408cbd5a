/**
 * Batch normalization (Ioffe & Szegedy 2015) over m rows of n columns, ld floats apart. columns-backward.ts has its
 * derivative; rows.ts normalizes along rows.
 *
 * The columns are processed in blocks of 16, the remainder in blocks of four. A row of a block of 16 is one cache line;
 * its sums and the constants of its columns stay in registers, and the second pass finds the block in cache (512 rows
 * are 32 KiB). The moments take 0.15 ns a value this way, 0.36 with rows outside and accumulators in memory, 0.45 in
 * blocks of four (32 … 512 rows, 16 … 1024 columns, Zen 3). Loops over rows that write test at their end: V8 11.3 moves
 * values that only the body reads, here a root and a quotient, into a loop that tests at its start, which took three to
 * four times as long.
 *
 * Padding columns get constants that are zero, so a finite value there becomes zero.
 */
import { ROW_BLOCK } from '../gemm/constants.generated';
import { paddedBytes } from '../simd/lanes';
import { inverseDeviation4 } from './deviation';

/** Mask with all ones in the lanes of columns below n, for the four columns from j on. */
// @ts-ignore: decorator
@inline
export function below(n: i32, j: i32): v128 {
  return i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(n - j));
}

// @ts-ignore: decorator
@inline
function square(x: v128): v128 {
  return f32x4.mul(x, x);
}

/** γ of four columns, or 1 without. */
// @ts-ignore: decorator
@inline
export function gammaAt(gamma: usize, at: usize): v128 {
  return gamma != 0 ? v128.load(gamma + at) : f32x4.splat(1);
}

/** Stores the moments of four columns from the rounded mean c, s = Σ (x − c) and q = Σ (x − c)². */
// @ts-ignore: decorator
@inline
function storeMoments(mean: usize, rest: usize, variance: usize, c: v128, s: v128, q: v128, count: v128): void {
  const off = f32x4.div(s, count);
  const nearest = f32x4.add(c, off);
  v128.store(mean, nearest);
  v128.store(rest, f32x4.add(f32x4.sub(c, nearest), off));
  // Infinite squares stay infinite; where all rows are equal, rounding can leave less than nothing.
  const excess = v128.and(f32x4.mul(s, off), f32x4.lt(q, f32x4.splat(Infinity)));
  v128.store(variance, f32x4.max(f32x4.splat(0), f32x4.div(f32x4.sub(q, excess), count)));
}

// @ts-ignore: decorator
@inline
function momentsOfColumns(
  m: i32,
  x: usize,
  stride: usize,
  mean: usize,
  rest: usize,
  variance: usize,
  lanes: v128,
  wide: bool,
): void {
  const count = f32x4.splat(<f32>m);
  // a, b: sums of all blocks.
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0;
  let p = x;
  for (let left = m; left > 0; left -= ROW_BLOCK) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let i = min(left, ROW_BLOCK); i > 0; --i, p += stride) {
      s0 = f32x4.add(s0, v128.load(p));
      if (wide) {
        s1 = f32x4.add(s1, v128.load(p, 16));
        s2 = f32x4.add(s2, v128.load(p, 32));
        s3 = f32x4.add(s3, v128.load(p, 48));
      }
    }
    a0 = f32x4.add(a0, s0);
    a1 = f32x4.add(a1, s1);
    a2 = f32x4.add(a2, s2);
    a3 = f32x4.add(a3, s3);
  }
  const c0 = f32x4.div(a0, count);
  const c1 = f32x4.div(a1, count);
  const c2 = f32x4.div(a2, count);
  const c3 = f32x4.div(a3, count);
  a0 = f32x4.splat(0);
  a1 = a0;
  a2 = a0;
  a3 = a0;
  let b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0;
  p = x;
  for (let left = m; left > 0; left -= ROW_BLOCK) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    let q0 = s0,
      q1 = s0,
      q2 = s0,
      q3 = s0;
    for (let i = min(left, ROW_BLOCK); i > 0; --i, p += stride) {
      const d0 = f32x4.sub(v128.load(p), c0);
      s0 = f32x4.add(s0, d0);
      q0 = f32x4.add(q0, square(d0));
      if (wide) {
        const d1 = f32x4.sub(v128.load(p, 16), c1);
        s1 = f32x4.add(s1, d1);
        q1 = f32x4.add(q1, square(d1));
        const d2 = f32x4.sub(v128.load(p, 32), c2);
        s2 = f32x4.add(s2, d2);
        q2 = f32x4.add(q2, square(d2));
        const d3 = f32x4.sub(v128.load(p, 48), c3);
        s3 = f32x4.add(s3, d3);
        q3 = f32x4.add(q3, square(d3));
      }
    }
    a0 = f32x4.add(a0, s0);
    a1 = f32x4.add(a1, s1);
    a2 = f32x4.add(a2, s2);
    a3 = f32x4.add(a3, s3);
    b0 = f32x4.add(b0, q0);
    b1 = f32x4.add(b1, q1);
    b2 = f32x4.add(b2, q2);
    b3 = f32x4.add(b3, q3);
  }
  storeMoments(mean, rest, variance, v128.and(c0, lanes), v128.and(a0, lanes), v128.and(b0, lanes), count);
  if (wide) {
    storeMoments(mean + 16, rest + 16, variance + 16, c1, a1, b1, count);
    storeMoments(mean + 32, rest + 32, variance + 32, c2, a2, b2, count);
    storeMoments(mean + 48, rest + 48, variance + 48, c3, a3, b3, count);
  }
}

/**
 * mean_j + rest_j = Σ x/m, and variance_j = Σ (x − Σ x/m)²/m, in two passes: with c = Σ x/m as rounded, the sum s of
 * x − c corrects the mean by s/m, of which mean + rest keeps twice the digits, and the squares by s²/m (Chan, Golub &
 * LeVeque 1983). Rows ascending, one accumulator per column and block of ROW_BLOCK rows, blocks in order; zero in the
 * padding.
 */
export function f32_column_moments(m: i32, n: i32, x: usize, ld: i32, mean: usize, rest: usize, variance: usize): void {
  const stride = (<usize>ld) << 2;
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at = (<usize>j) << 2;
    momentsOfColumns(m, x + at, stride, mean + at, rest + at, variance + at, i32x4.splat(-1), true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    momentsOfColumns(m, x + at, stride, mean + at, rest + at, variance + at, below(n, j), false);
  }
}

/** γ·r in four columns. */
// @ts-ignore: decorator
@inline
function scaleAt(variance: usize, gamma: usize, at: usize, epsilon: v128): v128 {
  return f32x4.mul(gammaAt(gamma, at), inverseDeviation4(v128.load(variance + at), epsilon));
}

/** β of four columns, or 0 without. */
// @ts-ignore: decorator
@inline
function betaAt(beta: usize, at: usize): v128 {
  return beta != 0 ? v128.load(beta + at) : f32x4.splat(0);
}

// @ts-ignore: decorator
@inline
function normalize(x: v128, mean: v128, scale: v128, shift: v128): v128 {
  return f32x4.add(f32x4.mul(f32x4.sub(x, mean), scale), shift);
}

// @ts-ignore: decorator
@inline
function normalizeColumns(
  m: i32,
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  stride: usize,
  at: usize,
  epsilon: v128,
  lanes: v128,
  wide: bool,
): void {
  const c0 = v128.and(v128.load(mean + at), lanes);
  const g0 = v128.and(scaleAt(variance, gamma, at, epsilon), lanes);
  const b0 = v128.and(betaAt(beta, at), lanes);
  let c1 = c0,
    c2 = c0,
    c3 = c0;
  let g1 = g0,
    g2 = g0,
    g3 = g0;
  let b1 = b0,
    b2 = b0,
    b3 = b0;
  if (wide) {
    c1 = v128.load(mean + at, 16);
    c2 = v128.load(mean + at, 32);
    c3 = v128.load(mean + at, 48);
    g1 = scaleAt(variance, gamma, at + 16, epsilon);
    g2 = scaleAt(variance, gamma, at + 32, epsilon);
    g3 = scaleAt(variance, gamma, at + 48, epsilon);
    b1 = betaAt(beta, at + 16);
    b2 = betaAt(beta, at + 32);
    b3 = betaAt(beta, at + 48);
  }
  x += at;
  y += at;
  do {
    v128.store(y, normalize(v128.load(x), c0, g0, b0));
    if (wide) {
      v128.store(y, normalize(v128.load(x, 16), c1, g1, b1), 16);
      v128.store(y, normalize(v128.load(x, 32), c2, g2, b2), 32);
      v128.store(y, normalize(v128.load(x, 48), c3, g3, b3), 48);
    }
    x += stride;
    y += stride;
  } while (--m > 0);
}

/**
 * y = (x − mean)·(γ·r) + β, rounded after each operation, r = 1/√(variance + ε) or 1 where that sum is 0. gamma null:
 * γ = 1; beta null: β = 0. In place allowed. The padding of y is zero.
 */
export function f32_normalize_columns(
  m: i32,
  n: i32,
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  beta: usize,
  y: usize,
  ld: i32,
  epsilon: f32,
): void {
  if (m <= 0) return;
  const stride = (<usize>ld) << 2;
  const eps = f32x4.splat(epsilon);
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at = (<usize>j) << 2;
    normalizeColumns(m, x, mean, variance, gamma, beta, y, stride, at, eps, i32x4.splat(-1), true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    normalizeColumns(m, x, mean, variance, gamma, beta, y, stride, at, eps, below(n, j), false);
  }
}

/** y = y + rate·(scale·x − y): an exponential moving average, for running statistics. */
export function f32_blend(n: i32, x: usize, y: usize, rate: f32, scale: f32): void {
  const r = f32x4.splat(rate);
  const s = f32x4.splat(scale);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    const old = v128.load(y);
    v128.store(y, f32x4.add(old, f32x4.mul(r, f32x4.sub(f32x4.mul(s, v128.load(x)), old))));
  }
}
