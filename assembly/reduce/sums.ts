/**
 * Sums in a fixed order: of columns, for the bias gradient, and of a vector in float64, for the running loss; and the
 * search for values that are not finite.
 */
import { paddedBytes } from '../simd/lanes';

/** BP3: out_j = [out_j +] Σ_i a_ij over the m rows of a (m, n), rows ascending, one accumulator per column. */
export function f32_column_sums(m: i32, n: i32, a: usize, lda: i32, out: usize, accumulate: i32): void {
  const stride = (<usize>lda) << 2;
  const end = out + paddedBytes(n);
  for (; out + 64 <= end; out += 64, a += 64) {
    let s0 = f32x4.splat(0),
      s1 = s0,
      s2 = s0,
      s3 = s0;
    if (accumulate != 0) {
      s0 = v128.load(out);
      s1 = v128.load(out, 16);
      s2 = v128.load(out, 32);
      s3 = v128.load(out, 48);
    }
    let p = a;
    for (let i = 0; i < m; ++i, p += stride) {
      s0 = f32x4.add(s0, v128.load(p));
      s1 = f32x4.add(s1, v128.load(p, 16));
      s2 = f32x4.add(s2, v128.load(p, 32));
      s3 = f32x4.add(s3, v128.load(p, 48));
    }
    v128.store(out, s0);
    v128.store(out, s1, 16);
    v128.store(out, s2, 32);
    v128.store(out, s3, 48);
  }
  for (; out < end; out += 16, a += 16) {
    let s = accumulate != 0 ? v128.load(out) : f32x4.splat(0);
    let p = a;
    for (let i = 0; i < m; ++i, p += stride) s = f32x4.add(s, v128.load(p));
    v128.store(out, s);
  }
}

/** total (float64) += Σ x_i, i ascending: the running loss of an epoch. */
export function f64_add_sum(n: i32, x: usize, total: usize): void {
  let sum = f64.load(total);
  for (const end = x + ((<usize>n) << 2); x < end; x += 4) sum += <f64>f32.load(x);
  f64.store(total, sum);
}

/** Writes the index of the first of n values that is NaN or infinite, or −1, as an i32 at `index`. */
export function f32_first_nonfinite(n: i32, x: usize, index: usize): void {
  const infinity = i32x4.splat(0x7f800000);
  let i = 0;
  for (; i + 16 <= n; i += 16) {
    const p = x + ((<usize>i) << 2);
    const a = i32x4.eq(v128.and(v128.load(p), infinity), infinity);
    const b = i32x4.eq(v128.and(v128.load(p, 16), infinity), infinity);
    const c = i32x4.eq(v128.and(v128.load(p, 32), infinity), infinity);
    const d = i32x4.eq(v128.and(v128.load(p, 48), infinity), infinity);
    if (v128.any_true(v128.or(v128.or(a, b), v128.or(c, d)))) break;
  }
  for (; i + 4 <= n; i += 4) {
    const exponent = v128.and(v128.load(x + ((<usize>i) << 2)), infinity);
    if (v128.any_true(i32x4.eq(exponent, infinity))) break;
  }
  for (; i < n; ++i) {
    if ((i32.load(x + ((<usize>i) << 2)) & 0x7f800000) == 0x7f800000) {
      i32.store(index, i);
      return;
    }
  }
  i32.store(index, -1);
}
