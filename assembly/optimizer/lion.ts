import { paddedBytes } from '../simd/lanes';

/**
 * Lion (Chen et al. 2023): w −= η·sign(β1·m + (1−β1)·g); m = β2·m + (1−β2)·g. The sign of ±0 is 0, that of NaN is NaN.
 * Weight decay is a scaling of w before.
 */
export function f32_lion(
  n: i32,
  g: usize,
  w: usize,
  m: usize,
  learningRate: f32,
  beta1: f32,
  oneMinusBeta1: f32,
  beta2: f32,
  oneMinusBeta2: f32,
): void {
  if (n <= 0) return;
  const rate = f32x4.splat(learningRate);
  const b1 = f32x4.splat(beta1);
  const c1 = f32x4.splat(oneMinusBeta1);
  const b2 = f32x4.splat(beta2);
  const c2 = f32x4.splat(oneMinusBeta2);
  const zero = f32x4.splat(0);
  const signBit = i32x4.splat(0x80000000);
  const end = w + paddedBytes(n);
  do {
    const gradient = v128.load(g);
    const momentum = v128.load(m);
    const mix = f32x4.add(f32x4.mul(b1, momentum), f32x4.mul(c1, gradient));
    const signed = v128.and(v128.or(rate, v128.and(mix, signBit)), f32x4.ne(mix, zero));
    // The sign of a NaN depends on engine and processor: it must not choose the step.
    const step = v128.bitselect(mix, signed, f32x4.ne(mix, mix));
    v128.store(w, f32x4.sub(v128.load(w), step));
    v128.store(m, f32x4.add(f32x4.mul(b2, momentum), f32x4.mul(c2, gradient)));
    w += 16;
    g += 16;
    m += 16;
  } while (w < end);
}
