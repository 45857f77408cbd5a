import { paddedBytes } from '../simd/lanes';
import { map2 } from '../simd/map';

/** a: η. */
// @ts-ignore: decorator
@unmanaged
class Descent {
  // @ts-ignore: decorator
  @inline
  of(w: v128, g: v128, a: v128, b: v128): v128 {
    return f32x4.sub(w, f32x4.mul(a, g));
  }
}

/** Gradient descent: w −= η·g. */
export function f32_sgd(n: i32, g: usize, w: usize, learningRate: f32): void {
  map2<Descent>(n, w, g, w, f32x4.splat(learningRate));
}

/** One vector of `f32_sgd_momentum`. */
// @ts-ignore: decorator
@inline
function descend(g: usize, w: usize, v: usize, rate: v128, mu: v128, nesterov: i32): void {
  const gradient = v128.load(g);
  const velocity = f32x4.add(f32x4.mul(mu, v128.load(v)), gradient);
  v128.store(v, velocity);
  const step = nesterov != 0 ? f32x4.add(gradient, f32x4.mul(mu, velocity)) : velocity;
  v128.store(w, f32x4.sub(v128.load(w), f32x4.mul(rate, step)));
}

/** v = μ·v + g; w −= η·v, or with Nesterov w −= η·(g + μ·v). v starts at 0. PyTorch's form: η is not part of v. */
export function f32_sgd_momentum(
  n: i32,
  g: usize,
  w: usize,
  v: usize,
  learningRate: f32,
  momentum: f32,
  nesterov: i32,
): void {
  if (n <= 0) return;
  const rate = f32x4.splat(learningRate);
  const mu = f32x4.splat(momentum);
  const end = w + paddedBytes(n);
  if (n > 4) {
    const last = end - 16;
    do {
      descend(g, w, v, rate, mu, nesterov);
      descend(g + 16, w + 16, v + 16, rate, mu, nesterov);
      w += 32;
      g += 32;
      v += 32;
    } while (w < last);
    if (w == end) return;
  }
  descend(g, w, v, rate, mu, nesterov);
}
