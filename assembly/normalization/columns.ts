/**
 * Batch normalization (Ioffe & Szegedy 2015) over m rows of n columns, ld floats apart. rows.ts normalizes along rows.
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
import { paddedBytes } from '../simd/lanes';
import { inverseDeviation4 } from './deviation';

/** Mask with all ones in the lanes of columns below n, for the four columns from j on. */
// @ts-ignore: decorator
@inline
function below(n: i32, j: i32): v128 {
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
function gammaAt(gamma: usize, at: usize): v128 {
  return gamma != 0 ? v128.load(gamma + at) : f32x4.splat(1);
}

// @ts-ignore: decorator
@inline
function momentsOfColumns(
  m: i32,
  x: usize,
  stride: usize,
  mean: usize,
  variance: usize,
  lanes: v128,
  wide: bool,
): void {
  const count = f32x4.splat(<f32>m);
  let s0 = f32x4.splat(0),
    s1 = s0,
    s2 = s0,
    s3 = s0;
  let p = x;
  for (let i = 0; i < m; ++i, p += stride) {
    s0 = f32x4.add(s0, v128.load(p));
    if (wide) {
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
    }
  }
  const c0 = v128.and(f32x4.div(s0, count), lanes);
  const c1 = f32x4.div(s1, count);
  const c2 = f32x4.div(s2, count);
  const c3 = f32x4.div(s3, count);
  s0 = f32x4.splat(0);
  s1 = s0;
  s2 = s0;
  s3 = s0;
  p = x;
  for (let i = 0; i < m; ++i, p += stride) {
    s0 = f32x4.add(s0, square(f32x4.sub(v128.load(p), c0)));
    if (wide) {
      s1 = f32x4.add(s1, square(f32x4.sub(v128.load(p, 16), c1)));
      s2 = f32x4.add(s2, square(f32x4.sub(v128.load(p, 32), c2)));
      s3 = f32x4.add(s3, square(f32x4.sub(v128.load(p, 48), c3)));
    }
  }
  v128.store(mean, c0);
  v128.store(variance, v128.and(f32x4.div(s0, count), lanes));
  if (wide) {
    v128.store(mean, c1, 16);
    v128.store(mean, c2, 32);
    v128.store(mean, c3, 48);
    v128.store(variance, f32x4.div(s1, count), 16);
    v128.store(variance, f32x4.div(s2, count), 32);
    v128.store(variance, f32x4.div(s3, count), 48);
  }
}

/**
 * mean_j = Σ x/m and variance_j = Σ (x − mean_j)²/m, rows ascending, one accumulator per column; zero in the padding.
 */
export function f32_column_moments(m: i32, n: i32, x: usize, ld: i32, mean: usize, variance: usize): void {
  const stride = (<usize>ld) << 2;
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at = (<usize>j) << 2;
    momentsOfColumns(m, x + at, stride, mean + at, variance + at, i32x4.splat(-1), true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    momentsOfColumns(m, x + at, stride, mean + at, variance + at, below(n, j), false);
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

// @ts-ignore: decorator
@inline
function slope(x: v128, dy: v128, mean: v128, scale: v128, a: v128, b: v128): v128 {
  return f32x4.mul(scale, f32x4.sub(f32x4.sub(dy, a), f32x4.mul(f32x4.sub(x, mean), b)));
}

// @ts-ignore: decorator
@inline
function derivativeOfColumns(
  m: i32,
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  stride: usize,
  at: usize,
  epsilon: v128,
  lanes: v128,
  wide: bool,
): void {
  // a: Σ dy. b: Σ dy·(x − mean), which is multiplied by r at the end.
  const c0 = v128.and(v128.load(mean + at), lanes);
  let c1 = c0,
    c2 = c0,
    c3 = c0;
  if (wide) {
    c1 = v128.load(mean + at, 16);
    c2 = v128.load(mean + at, 32);
    c3 = v128.load(mean + at, 48);
  }
  let a0 = f32x4.splat(0),
    a1 = a0,
    a2 = a0,
    a3 = a0;
  let b0 = a0,
    b1 = a0,
    b2 = a0,
    b3 = a0;
  let p = x + at;
  let q = dy + at;
  for (let i = 0; i < m; ++i, p += stride, q += stride) {
    const d0 = v128.load(q);
    a0 = f32x4.add(a0, d0);
    b0 = f32x4.add(b0, f32x4.mul(d0, f32x4.sub(v128.load(p), c0)));
    if (wide) {
      const d1 = v128.load(q, 16);
      a1 = f32x4.add(a1, d1);
      b1 = f32x4.add(b1, f32x4.mul(d1, f32x4.sub(v128.load(p, 16), c1)));
      const d2 = v128.load(q, 32);
      a2 = f32x4.add(a2, d2);
      b2 = f32x4.add(b2, f32x4.mul(d2, f32x4.sub(v128.load(p, 32), c2)));
      const d3 = v128.load(q, 48);
      a3 = f32x4.add(a3, d3);
      b3 = f32x4.add(b3, f32x4.mul(d3, f32x4.sub(v128.load(p, 48), c3)));
    }
  }
  const r0 = v128.and(inverseDeviation4(v128.load(variance + at), epsilon), lanes);
  a0 = v128.and(a0, lanes);
  b0 = v128.and(f32x4.mul(b0, r0), lanes);
  if (dbeta != 0) v128.store(dbeta + at, a0);
  if (dgamma != 0) v128.store(dgamma + at, b0);
  let r1 = r0,
    r2 = r0,
    r3 = r0;
  if (wide) {
    r1 = inverseDeviation4(v128.load(variance + at, 16), epsilon);
    r2 = inverseDeviation4(v128.load(variance + at, 32), epsilon);
    r3 = inverseDeviation4(v128.load(variance + at, 48), epsilon);
    b1 = f32x4.mul(b1, r1);
    b2 = f32x4.mul(b2, r2);
    b3 = f32x4.mul(b3, r3);
    if (dbeta != 0) {
      v128.store(dbeta + at, a1, 16);
      v128.store(dbeta + at, a2, 32);
      v128.store(dbeta + at, a3, 48);
    }
    if (dgamma != 0) {
      v128.store(dgamma + at, b1, 16);
      v128.store(dgamma + at, b2, 32);
      v128.store(dgamma + at, b3, 48);
    }
  }
  if (dx == 0 || m <= 0) return;
  // From here on a: Σ dy/m. b: r·dgamma/m. r: γ·r.
  const count = f32x4.splat(<f32>m);
  a0 = f32x4.div(a0, count);
  b0 = f32x4.mul(f32x4.div(b0, count), r0);
  const g0 = f32x4.mul(gammaAt(gamma, at), r0);
  let g1 = g0,
    g2 = g0,
    g3 = g0;
  if (wide) {
    a1 = f32x4.div(a1, count);
    a2 = f32x4.div(a2, count);
    a3 = f32x4.div(a3, count);
    b1 = f32x4.mul(f32x4.div(b1, count), r1);
    b2 = f32x4.mul(f32x4.div(b2, count), r2);
    b3 = f32x4.mul(f32x4.div(b3, count), r3);
    g1 = f32x4.mul(gammaAt(gamma, at + 16), r1);
    g2 = f32x4.mul(gammaAt(gamma, at + 32), r2);
    g3 = f32x4.mul(gammaAt(gamma, at + 48), r3);
  }
  p = x + at;
  q = dy + at;
  let t = dx + at;
  do {
    v128.store(t, slope(v128.load(p), v128.load(q), c0, g0, a0, b0));
    if (wide) {
      v128.store(t, slope(v128.load(p, 16), v128.load(q, 16), c1, g1, a1, b1), 16);
      v128.store(t, slope(v128.load(p, 32), v128.load(q, 32), c2, g2, a2, b2), 32);
      v128.store(t, slope(v128.load(p, 48), v128.load(q, 48), c3, g3, a3, b3), 48);
    }
    p += stride;
    q += stride;
    t += stride;
  } while (--m > 0);
}

/**
 * The full derivative where mean and variance are those of the rows: with x̂ = (x − mean)·r, r as above, dbeta_j = Σ
 * dy; dgamma_j = Σ dy·x̂, as r·Σ dy·(x − mean); dx = γ·r/m·(m·dy − dbeta − x̂·dgamma), as (γ·r)·((dy − dbeta/m) − (x −
 * mean)·(dgamma/m·r)). Rows ascending. Each of dx, dgamma and dbeta may be null if it is not wanted; gamma null: γ = 1.
 * dx may be dy or x. The padding of all three is zero.
 */
export function f32_normalize_columns_backward(
  m: i32,
  n: i32,
  x: usize,
  mean: usize,
  variance: usize,
  gamma: usize,
  dy: usize,
  dx: usize,
  dgamma: usize,
  dbeta: usize,
  ld: i32,
  epsilon: f32,
): void {
  const stride = (<usize>ld) << 2;
  const eps = f32x4.splat(epsilon);
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at = (<usize>j) << 2;
    derivativeOfColumns(m, x, mean, variance, gamma, dy, dx, dgamma, dbeta, stride, at, eps, i32x4.splat(-1), true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    derivativeOfColumns(m, x, mean, variance, gamma, dy, dx, dgamma, dbeta, stride, at, eps, below(n, j), false);
  }
}

// @ts-ignore: decorator
@inline
function scaleColumns(
  m: i32,
  dy: usize,
  variance: usize,
  dx: usize,
  stride: usize,
  epsilon: v128,
  lanes: v128,
  wide: bool,
): void {
  const r0 = v128.and(inverseDeviation4(v128.load(variance), epsilon), lanes);
  let r1 = r0,
    r2 = r0,
    r3 = r0;
  if (wide) {
    r1 = inverseDeviation4(v128.load(variance, 16), epsilon);
    r2 = inverseDeviation4(v128.load(variance, 32), epsilon);
    r3 = inverseDeviation4(v128.load(variance, 48), epsilon);
  }
  do {
    v128.store(dx, f32x4.mul(v128.load(dy), r0));
    if (wide) {
      v128.store(dx, f32x4.mul(v128.load(dy, 16), r1), 16);
      v128.store(dx, f32x4.mul(v128.load(dy, 32), r2), 32);
      v128.store(dx, f32x4.mul(v128.load(dy, 48), r3), 48);
    }
    dy += stride;
    dx += stride;
  } while (--m > 0);
}

/**
 * dx = dy·r, r as above: the derivative where mean and variance are constants. In place allowed; the padding of dx is
 * zero.
 */
export function f32_scale_columns(m: i32, n: i32, dy: usize, variance: usize, dx: usize, ld: i32, epsilon: f32): void {
  if (m <= 0) return;
  const stride = (<usize>ld) << 2;
  const eps = f32x4.splat(epsilon);
  let j = 0;
  for (; j + 16 <= n; j += 16) {
    const at = (<usize>j) << 2;
    scaleColumns(m, dy + at, variance + at, dx + at, stride, eps, i32x4.splat(-1), true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    scaleColumns(m, dy + at, variance + at, dx + at, stride, eps, below(n, j), false);
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
