import { paddedBytes } from '../simd/lanes';

/** Gradient descent: w −= η·g. */
export function f32_sgd(n: i32, g: usize, w: usize, learningRate: f32): void {
  const rate = f32x4.splat(learningRate);
  for (const end = w + paddedBytes(n); w < end; w += 16, g += 16) {
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, v128.load(g))));
  }
}

/** v = μ·v + g; w −= η·v, or with Nesterov w −= η·(g + μ·v). v starts at 0. PyTorch's form: η stands outside of v. */
export function f32_sgd_momentum(
  n: i32,
  g: usize,
  w: usize,
  v: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
): void {
  const rate = f32x4.splat(learningRate);
  const mu = f32x4.splat(momentum);
  for (const end = w + paddedBytes(n); w < end; w += 16, g += 16, v += 16) {
    const gradient = v128.load(g);
    const velocity = f32x4.add(f32x4.mul(mu, v128.load(v)), gradient);
    v128.store(v, velocity);
    const step = nesterov != 0 ? f32x4.add(gradient, f32x4.mul(mu, velocity)) : velocity;
    v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, step)));
  }
}
