/**
 * Optimizers with a rate per weight: Adagrad, RMSprop, also centred, and Adadelta. adam.ts has Adam and its variants,
 * lion.ts Lion, sgd.ts gradient descent. The state vectors of each weight have the layout of the weights.
 */
import { paddedBytes } from '../simd/lanes';

/** Adagrad (Duchi et al. 2011), PyTorch's form: s += g²; w −= η·g/(√s + ε). */
export function f32_adagrad(n: i32, g: usize, w: usize, s: usize, learningRate: f32, epsilon: f32): void {
  if (n <= 0) return;
  const rate = f32x4.splat(learningRate);
  const eps = f32x4.splat(epsilon);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const sum = f32x4.add(v128.load(s), f32x4.mul(gradient, gradient));
    v128.store(s, sum);
    const step = f32x4.div(f32x4.mul(rate, gradient), f32x4.add(f32x4.sqrt(sum), eps));
    v128.store(w, f32x4.sub(v128.load(w), step));
    w += 16;
    g += 16;
    s += 16;
  } while (w < end);
}

/** RMSprop (Hinton 2012), PyTorch's form: s = ρ·s + (1−ρ)·g²; v = μ·v + g/(√s + ε); w −= η·v. */
export function f32_rmsprop(
  n: i32,
  g: usize,
  w: usize,
  s: usize,
  v: usize,
  learningRate: f32,
  rho: f32,
  oneMinusRho: f32,
  epsilon: f32,
  momentum: f32,
): void {
  if (n <= 0) return;
  const rate = f32x4.splat(learningRate);
  const r = f32x4.splat(rho);
  const c = f32x4.splat(oneMinusRho);
  const eps = f32x4.splat(epsilon);
  const mu = f32x4.splat(momentum);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const mean = f32x4.add(f32x4.mul(r, v128.load(s)), f32x4.mul(c, f32x4.mul(gradient, gradient)));
    v128.store(s, mean);
    let step = f32x4.div(gradient, f32x4.add(f32x4.sqrt(mean), eps));
    // v is null without momentum.
    if (v != 0) {
      step = f32x4.add(f32x4.mul(mu, v128.load(v)), step);
      v128.store(v, step);
      v += 16;
    }
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, step)));
    w += 16;
    g += 16;
    s += 16;
  } while (w < end);
}

/**
 * Centred RMSprop (Graves 2013), PyTorch's form: RMSprop with s − a² for s under the root, the variance of the
 * gradient; a = ρ·a + (1−ρ)·g. A difference below 0, which only rounding makes, counts as 0: PyTorch's root is NaN
 * then.
 */
export function f32_rmsprop_centered(
  n: i32,
  g: usize,
  w: usize,
  s: usize,
  a: usize,
  v: usize,
  learningRate: f32,
  rho: f32,
  oneMinusRho: f32,
  epsilon: f32,
  momentum: f32,
): void {
  if (n <= 0) return;
  const zero = f32x4.splat(0);
  const rate = f32x4.splat(learningRate);
  const r = f32x4.splat(rho);
  const c = f32x4.splat(oneMinusRho);
  const eps = f32x4.splat(epsilon);
  const mu = f32x4.splat(momentum);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const square = f32x4.add(f32x4.mul(r, v128.load(s)), f32x4.mul(c, f32x4.mul(gradient, gradient)));
    const mean = f32x4.add(f32x4.mul(r, v128.load(a)), f32x4.mul(c, gradient));
    v128.store(s, square);
    v128.store(a, mean);
    const variance = f32x4.max(f32x4.sub(square, f32x4.mul(mean, mean)), zero);
    let step = f32x4.div(gradient, f32x4.add(f32x4.sqrt(variance), eps));
    // v is null without momentum.
    if (v != 0) {
      step = f32x4.add(f32x4.mul(mu, v128.load(v)), step);
      v128.store(v, step);
      v += 16;
    }
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, step)));
    w += 16;
    g += 16;
    s += 16;
    a += 16;
  } while (w < end);
}

/**
 * Adadelta (Zeiler 2012), PyTorch's form: s = ρ·s + (1−ρ)·g²; d = √(u + ε)/√(s + ε)·g; u = ρ·u + (1−ρ)·d²; w −= η·d.
 */
export function f32_adadelta(
  n: i32,
  g: usize,
  w: usize,
  s: usize,
  u: usize,
  learningRate: f32,
  rho: f32,
  oneMinusRho: f32,
  epsilon: f32,
): void {
  if (n <= 0) return;
  const rate = f32x4.splat(learningRate);
  const r = f32x4.splat(rho);
  const c = f32x4.splat(oneMinusRho);
  const eps = f32x4.splat(epsilon);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const mean = f32x4.add(f32x4.mul(r, v128.load(s)), f32x4.mul(c, f32x4.mul(gradient, gradient)));
    v128.store(s, mean);
    const updates = v128.load(u);
    const root = f32x4.div(f32x4.sqrt(f32x4.add(updates, eps)), f32x4.sqrt(f32x4.add(mean, eps)));
    const d = f32x4.mul(root, gradient);
    v128.store(u, f32x4.add(f32x4.mul(r, updates), f32x4.mul(c, f32x4.mul(d, d))));
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, d)));
    w += 16;
    g += 16;
    s += 16;
    u += 16;
  } while (w < end);
}
