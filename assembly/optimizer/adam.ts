/**
 * Adam and its variants: AMSGrad, Nadam (by a share of the gradient in the step) and Adamax. lion.ts, adaptive.ts and
 * sgd.ts have the other optimizers.
 */
import { paddedBytes } from '../simd/lanes';

/**
 * Adam (Kingma & Ba 2015, algorithm 1, with PyTorch's ε): m = β1·m + (1−β1)·g; v = β2·v + (1−β2)·g²; w −= (stepSize·m +
 * gradientStep·g) / (√v·rootScale + ε), stepSize = η/(1−β1^t), rootScale = 1/√(1−β2^t). gradientStep is 0 except for
 * Nadam (Dozat 2016), whose look-ahead uses a share of the gradient itself.
 */
export function f32_adam(
  n: i32,
  g: usize,
  w: usize,
  m: usize,
  v: usize,
  stepSize: f32,
  gradientStep: f32,
  rootScale: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
): void {
  if (n <= 0) return;
  const size = f32x4.splat(stepSize);
  const share = f32x4.splat(gradientStep);
  const root = f32x4.splat(rootScale);
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const eps = f32x4.splat(epsilon);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const first = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(c1, gradient));
    const second = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(c2, f32x4.mul(gradient, gradient)));
    v128.store(m, first);
    v128.store(v, second);
    const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(second), root), eps);
    const step = f32x4.add(f32x4.mul(size, first), f32x4.mul(share, gradient));
    v128.store(w, f32x4.sub(v128.load(w), f32x4.div(step, divisor)));
    w += 16;
    g += 16;
    m += 16;
    v += 16;
  } while (w < end);
}

/**
 * AMSGrad (Reddi et al. 2018), PyTorch's form: Adam whose v under the root is x = max(x, v), the largest so far. A NaN
 * in v makes x NaN.
 */
export function f32_amsgrad(
  n: i32,
  g: usize,
  w: usize,
  m: usize,
  v: usize,
  x: usize,
  stepSize: f32,
  rootScale: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
  epsilon: f32,
): void {
  if (n <= 0) return;
  const size = f32x4.splat(stepSize);
  const root = f32x4.splat(rootScale);
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const eps = f32x4.splat(epsilon);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const first = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(c1, gradient));
    const second = f32x4.add(f32x4.mul(b2, v128.load(v)), f32x4.mul(c2, f32x4.mul(gradient, gradient)));
    const largest = f32x4.max(v128.load(x), second);
    v128.store(m, first);
    v128.store(v, second);
    v128.store(x, largest);
    const divisor = f32x4.add(f32x4.mul(f32x4.sqrt(largest), root), eps);
    v128.store(w, f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(size, first), divisor)));
    w += 16;
    g += 16;
    m += 16;
    v += 16;
    x += 16;
  } while (w < end);
}

/**
 * Adamax (Kingma & Ba 2015, algorithm 2), PyTorch's form: m = β1·m + (1−β1)·g; u = max(β2·u, |g| + ε);
 * w −= stepSize·m/u, stepSize = η/(1−β1^t). A NaN in g makes u NaN.
 */
export function f32_adamax(
  n: i32,
  g: usize,
  w: usize,
  m: usize,
  u: usize,
  stepSize: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  epsilon: f32,
): void {
  if (n <= 0) return;
  const size = f32x4.splat(stepSize);
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const eps = f32x4.splat(epsilon);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const first = f32x4.add(f32x4.mul(b1, v128.load(m)), f32x4.mul(c1, gradient));
    const norm = f32x4.max(f32x4.mul(b2, v128.load(u)), f32x4.add(f32x4.abs(gradient), eps));
    v128.store(m, first);
    v128.store(u, norm);
    v128.store(w, f32x4.sub(v128.load(w), f32x4.div(f32x4.mul(size, first), norm)));
    w += 16;
    g += 16;
    m += 16;
    u += 16;
  } while (w < end);
}
