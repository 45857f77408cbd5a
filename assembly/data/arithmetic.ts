import { paddedBytes } from '../simd/lanes';

/** y = a + b. y may be a or b. */
export function f32_sum(n: i32, a: usize, b: usize, y: usize): void {
  for (const end = a + paddedBytes(n); a < end; a += 16, b += 16, y += 16) {
    v128.store(y, f32x4.add(v128.load(a), v128.load(b)));
  }
}

/** y = x, whole vectors. */
export function f32_copy(n: i32, x: usize, y: usize): void {
  memory.copy(y, x, paddedBytes(n));
}

/** y = x·scale + shift, two roundings. In place allowed. */
export function f32_scale_shift(n: i32, x: usize, y: usize, scale: f32, shift: f32): void {
  const s = f32x4.splat(scale);
  const t = f32x4.splat(shift);
  for (const end = x + paddedBytes(n); x < end; x += 16, y += 16) {
    v128.store(y, f32x4.add(f32x4.mul(v128.load(x), s), t));
  }
}

/** Row i of x = factors_i · row i, over m rows of n columns, whole vectors. */
export function f32_scale_rows(m: i32, n: i32, factors: usize, x: usize, ld: i32): void {
  const bytes = paddedBytes(n);
  for (; m > 0; --m, factors += 4, x += (<usize>ld) << 2) {
    const factor = v128.load32_splat(factors);
    for (let i: usize = 0; i < bytes; i += 16) v128.store(x + i, f32x4.mul(v128.load(x + i), factor));
  }
}

/** y = a·b, value by value. y may be a or b. */
export function f32_product(n: i32, a: usize, b: usize, y: usize): void {
  for (const end = a + paddedBytes(n); a < end; a += 16, b += 16, y += 16) {
    v128.store(y, f32x4.mul(v128.load(a), v128.load(b)));
  }
}
