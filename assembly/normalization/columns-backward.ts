/**
 * Derivatives of batch normalization. columns.ts normalizes, and says why the columns are processed in blocks of 16.
 *
 * With dy = k + d, k the mean of dy, and x = μ + h, μ the mean of x, the derivative is (γ·r)·(d − h·r²·Σ d·h/m), whose
 * sum over the rows is 0. The weight gradient of the layer before multiplies that sum by whatever its inputs have in
 * common: where they are 50 deviations from 0, an error of either mean counts 50 times there. So both means are used
 * with what their rounding left: x's from the forward pass, dy's from a second sum.
 */
import { ROW_BLOCK } from '../gemm/constants.generated';
import { below, gammaAt } from './columns';
import { inverseDeviation4 } from './deviation';

/** scale·((dy − k − q) − (x − c)·w). */
// @ts-ignore: decorator
@inline
function slope(x: v128, dy: v128, c: v128, scale: v128, k: v128, q: v128, w: v128): v128 {
  return f32x4.mul(scale, f32x4.sub(f32x4.sub(f32x4.sub(dy, k), q), f32x4.mul(f32x4.sub(x, c), w)));
}

// @ts-ignore: decorator
@inline
function derivativeOfColumns(
  m: i32,
  x: usize,
  mean: usize,
  rest: usize,
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
  // a: Σ dy. b: Σ dy·(x − mean). In each loop over blocks, s and t are the sums of one.
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
  for (let left = m; left > 0; left -= ROW_BLOCK) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    let t0 = s0,
      t1 = s0,
      t2 = s0,
      t3 = s0;
    for (let i = min(left, ROW_BLOCK); i > 0; --i, p += stride, q += stride) {
      const d0 = v128.load(q);
      s0 = f32x4.add(s0, d0);
      t0 = f32x4.add(t0, f32x4.mul(d0, f32x4.sub(v128.load(p), c0)));
      if (wide) {
        const d1 = v128.load(q, 16);
        s1 = f32x4.add(s1, d1);
        t1 = f32x4.add(t1, f32x4.mul(d1, f32x4.sub(v128.load(p, 16), c1)));
        const d2 = v128.load(q, 32);
        s2 = f32x4.add(s2, d2);
        t2 = f32x4.add(t2, f32x4.mul(d2, f32x4.sub(v128.load(p, 32), c2)));
        const d3 = v128.load(q, 48);
        s3 = f32x4.add(s3, d3);
        t3 = f32x4.add(t3, f32x4.mul(d3, f32x4.sub(v128.load(p, 48), c3)));
      }
    }
    a0 = f32x4.add(a0, s0);
    a1 = f32x4.add(a1, s1);
    a2 = f32x4.add(a2, s2);
    a3 = f32x4.add(a3, s3);
    b0 = f32x4.add(b0, t0);
    b1 = f32x4.add(b1, t1);
    b2 = f32x4.add(b2, t2);
    b3 = f32x4.add(b3, t3);
  }
  // From here on b: Σ dy·x̂, with the whole mean.
  const r0 = v128.and(inverseDeviation4(v128.load(variance + at), epsilon), lanes);
  const o0 = v128.and(v128.load(rest + at), lanes);
  a0 = v128.and(a0, lanes);
  b0 = f32x4.mul(f32x4.sub(v128.and(b0, lanes), f32x4.mul(a0, o0)), r0);
  if (dbeta != 0) v128.store(dbeta + at, a0);
  if (dgamma != 0) v128.store(dgamma + at, b0);
  let r1 = r0,
    r2 = r0,
    r3 = r0;
  let o1 = o0,
    o2 = o0,
    o3 = o0;
  if (wide) {
    r1 = inverseDeviation4(v128.load(variance + at, 16), epsilon);
    r2 = inverseDeviation4(v128.load(variance + at, 32), epsilon);
    r3 = inverseDeviation4(v128.load(variance + at, 48), epsilon);
    o1 = v128.load(rest + at, 16);
    o2 = v128.load(rest + at, 32);
    o3 = v128.load(rest + at, 48);
    b1 = f32x4.mul(f32x4.sub(b1, f32x4.mul(a1, o1)), r1);
    b2 = f32x4.mul(f32x4.sub(b2, f32x4.mul(a2, o2)), r2);
    b3 = f32x4.mul(f32x4.sub(b3, f32x4.mul(a3, o3)), r3);
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
  // k: the mean of dy as rounded. e: Σ (dy − k).
  const count = f32x4.splat(<f32>m);
  const k0 = f32x4.div(a0, count);
  const k1 = f32x4.div(a1, count);
  const k2 = f32x4.div(a2, count);
  const k3 = f32x4.div(a3, count);
  let e0 = f32x4.splat(0),
    e1 = e0,
    e2 = e0,
    e3 = e0;
  q = dy + at;
  for (let left = m; left > 0; left -= ROW_BLOCK) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    for (let i = min(left, ROW_BLOCK); i > 0; --i, q += stride) {
      s0 = f32x4.add(s0, f32x4.sub(v128.load(q), k0));
      if (wide) {
        s1 = f32x4.add(s1, f32x4.sub(v128.load(q, 16), k1));
        s2 = f32x4.add(s2, f32x4.sub(v128.load(q, 32), k2));
        s3 = f32x4.add(s3, f32x4.sub(v128.load(q, 48), k3));
      }
    }
    e0 = f32x4.add(e0, s0);
    e1 = f32x4.add(e1, s1);
    e2 = f32x4.add(e2, s2);
    e3 = f32x4.add(e3, s3);
  }
  // From here on b: r·dgamma/m, the factor of x − mean. e: what both means left. r: γ·r.
  b0 = f32x4.mul(f32x4.div(b0, count), r0);
  e0 = f32x4.sub(v128.and(f32x4.div(e0, count), lanes), f32x4.mul(o0, b0));
  const g0 = f32x4.mul(gammaAt(gamma, at), r0);
  let g1 = g0,
    g2 = g0,
    g3 = g0;
  if (wide) {
    b1 = f32x4.mul(f32x4.div(b1, count), r1);
    b2 = f32x4.mul(f32x4.div(b2, count), r2);
    b3 = f32x4.mul(f32x4.div(b3, count), r3);
    e1 = f32x4.sub(f32x4.div(e1, count), f32x4.mul(o1, b1));
    e2 = f32x4.sub(f32x4.div(e2, count), f32x4.mul(o2, b2));
    e3 = f32x4.sub(f32x4.div(e3, count), f32x4.mul(o3, b3));
    g1 = f32x4.mul(gammaAt(gamma, at + 16), r1);
    g2 = f32x4.mul(gammaAt(gamma, at + 32), r2);
    g3 = f32x4.mul(gammaAt(gamma, at + 48), r3);
  }
  p = x + at;
  q = dy + at;
  let t = dx + at;
  do {
    v128.store(t, slope(v128.load(p), v128.load(q), c0, g0, k0, e0, b0));
    if (wide) {
      v128.store(t, slope(v128.load(p, 16), v128.load(q, 16), c1, g1, k1, e1, b1), 16);
      v128.store(t, slope(v128.load(p, 32), v128.load(q, 32), c2, g2, k2, e2, b2), 32);
      v128.store(t, slope(v128.load(p, 48), v128.load(q, 48), c3, g3, k3, e3, b3), 48);
    }
    p += stride;
    q += stride;
    t += stride;
  } while (--m > 0);
}

/**
 * The full derivative where mean + rest and variance are those of the rows, as f32_column_moments gives them: with r as
 * above, dbeta_j = Σ dy; dgamma_j = r·(Σ dy·(x − mean) − dbeta·rest); and with k = dbeta/m and w = dgamma/m·r, each as
 * rounded, dx = (γ·r)·((dy − k − q) − (x − mean)·w), q = Σ (dy − k)/m − rest·w, so that the rows of dx add up to 0 but
 * for the rounding of each. Sums as in f32_column_moments. Each of dx, dgamma and dbeta may be null if it is not
 * wanted; gamma null: γ = 1. dx may be dy or x. The padding of all three is zero.
 */
export function f32_normalize_columns_backward(
  m: i32,
  n: i32,
  x: usize,
  mean: usize,
  rest: usize,
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
    const all = i32x4.splat(-1);
    derivativeOfColumns(m, x, mean, rest, variance, gamma, dy, dx, dgamma, dbeta, stride, at, eps, all, true);
  }
  for (; j < n; j += 4) {
    const at = (<usize>j) << 2;
    const lanes = below(n, j);
    derivativeOfColumns(m, x, mean, rest, variance, gamma, dy, dx, dgamma, dbeta, stride, at, eps, lanes, false);
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
