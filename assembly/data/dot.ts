/**
 * Dot products of the rows of two matrices, m rows of n values ld floats apart, and their derivatives. Sums are
 * float64, values in order, so that squares do not overflow; results are rounded once. Rows of y and dy, one value
 * each, are ldy floats apart; the padding of what is written is zero.
 */
import { lastLanes, paddedBytes } from '../simd/lanes';

/** y_i = Σ_j a_ij·b_ij. */
export function f32_dot_rows(m: i32, n: i32, a: usize, b: usize, ld: i32, y: usize, ldy: i32): void {
  const stride = (<usize>ld) << 2;
  const bytes = (<usize>n) << 2;
  for (; m > 0; --m, a += stride, b += stride, y += (<usize>ldy) << 2) {
    let sum: f64 = 0;
    for (let j: usize = 0; j < bytes; j += 4) sum += <f64>f32.load(a + j) * <f64>f32.load(b + j);
    v128.store(y, f32x4.replace_lane(f32x4.splat(0), 0, <f32>sum));
  }
}

/** The derivative for one factor: dx_ij = dy_i·x_ij, x being the other factor. dx may be x. */
export function f32_dot_rows_backward(m: i32, n: i32, x: usize, dy: usize, ldy: i32, dx: usize, ld: i32): void {
  const stride = (<usize>ld) << 2;
  const last = paddedBytes(n) - 16;
  const lanes = lastLanes(n);
  for (; m > 0; --m, x += stride, dx += stride, dy += (<usize>ldy) << 2) {
    const d = v128.load32_splat(dy);
    for (let j: usize = 0; j < last; j += 16) v128.store(dx + j, f32x4.mul(d, v128.load(x + j)));
    v128.store(dx + last, v128.and(f32x4.mul(d, v128.load(x + last)), lanes));
  }
}

/**
 * y_i = a_i·b_i/(‖a_i‖·‖b_i‖), the cosine of the angle between two rows; 0 where a norm is at most epsilon, as a row
 * without direction.
 */
export function f32_cosine_rows(m: i32, n: i32, a: usize, b: usize, ld: i32, y: usize, ldy: i32, epsilon: f32): void {
  const stride = (<usize>ld) << 2;
  const bytes = (<usize>n) << 2;
  const least = <f64>epsilon;
  for (; m > 0; --m, a += stride, b += stride, y += (<usize>ldy) << 2) {
    let ofA: f64 = 0;
    let ofB: f64 = 0;
    let both: f64 = 0;
    for (let j: usize = 0; j < bytes; j += 4) {
      const one = <f64>f32.load(a + j);
      const other = <f64>f32.load(b + j);
      ofA += one * one;
      ofB += other * other;
      both += one * other;
    }
    const normA = sqrt(ofA);
    const normB = sqrt(ofB);
    // A NaN compares false, and stays.
    const none = normA <= least || normB <= least;
    v128.store(y, f32x4.replace_lane(f32x4.splat(0), 0, none ? <f32>0 : <f32>(both / (normA * normB))));
  }
}

/**
 * The derivative of the cosine c for one row of the two: da_i = dy_i·(b_i/‖b_i‖ − c·a_i/‖a_i‖)/‖a_i‖; 0 where a norm is
 * at most epsilon. da may be a or b.
 */
export function f32_cosine_rows_backward(
  m: i32,
  n: i32,
  a: usize,
  b: usize,
  dy: usize,
  ldy: i32,
  da: usize,
  ld: i32,
  epsilon: f32,
): void {
  const stride = (<usize>ld) << 2;
  const bytes = (<usize>n) << 2;
  const least = <f64>epsilon;
  for (; m > 0; --m, a += stride, b += stride, da += stride, dy += (<usize>ldy) << 2) {
    let ofA: f64 = 0;
    let ofB: f64 = 0;
    let both: f64 = 0;
    for (let j: usize = 0; j < bytes; j += 4) {
      const one = <f64>f32.load(a + j);
      const other = <f64>f32.load(b + j);
      ofA += one * one;
      ofB += other * other;
      both += one * other;
    }
    const normA = sqrt(ofA);
    const normB = sqrt(ofB);
    const none = normA <= least || normB <= least;
    const scale = <f64>f32.load(dy) / normA;
    const share = both / (normA * normB) / normA;
    for (let j: usize = 0; j < bytes; j += 4) {
      const slope = (<f64>f32.load(b + j) / normB - share * <f64>f32.load(a + j)) * scale;
      f32.store(da + j, none ? <f32>0 : <f32>slope);
    }
    for (let j = bytes; j < paddedBytes(n); j += 4) f32.store(da + j, 0);
  }
}
