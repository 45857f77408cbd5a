/**
 * The operations in which the two binaries differ. Weights are stored in groups of 4 inputs × 4 columns, 16 bytes:
 * column 0's four inputs, column 1's, and so on. The relaxed binary multiplies groups as they are; the plain one widens
 * them to 16 bits first, and a group becomes two vectors of 2 inputs × 4 columns.
 */

/** Bytes of a quantized activation. */
// @ts-ignore: decorator
@inline
export const ACTIVATION_BYTES: usize = ASC_FEATURE_RELAXED_SIMD ? 1 : 2;

/** acc + the products of 4 (plain: 2) weights of each of 4 columns with as many activations, in all 4 lanes of a. */
// @ts-ignore: decorator
@inline
export function dotAdd(w: v128, a: v128, acc: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return i32x4.relaxed_dot_i8x16_i7x16_add_s(w, a, acc);
  // The order of the factors of madd, which decides in what order V8 11.3 loads them.
  return i32x4.add(acc, i32x4.dot_i16x8_s(a, w));
}

/**
 * Widens `groups` groups of weights. The vectors of a panel stay in their order: inputs 0 and 1 of all columns first.
 */
export function widen(groups: usize, vectors: usize, from: usize, to: usize): void {
  const row = vectors << 4;
  for (; groups > 0; --groups, to += row) {
    for (const end = to + row; to < end; from += 16, to += 16) {
      const low = v128.load8x8_s(from);
      const high = v128.load8x8_s(from, 8);
      v128.store(to, i32x4.shuffle(low, high, 0, 2, 4, 6));
      v128.store(to + row, i32x4.shuffle(low, high, 1, 3, 5, 7));
    }
  }
}

/**
 * float32(acc − zero · sum) · (scale of the row · scale of the column) + bias, for 4 columns. −0 as bias changes no
 * bit.
 */
// @ts-ignore: decorator
@inline
export function dequantize(acc: v128, zero: v128, scale: v128, sums: v128, scales: v128, bias: v128): v128 {
  const exact = f32x4.convert_i32x4_s(i32x4.sub(acc, i32x4.mul(zero, sums)));
  return f32x4.add(f32x4.mul(exact, f32x4.mul(scale, scales)), bias);
}

/** The bias of 4 columns, or −0. */
// @ts-ignore: decorator
@inline
export function biasAt(bias: usize, offset: usize): v128 {
  return bias == 0 ? i32x4.splat(i32.MIN_VALUE) : v128.load(bias + offset);
}

/** Dequantizes sums of products (m, 4 · vectors) in their place. */
export function dequantizeRows(
  m: i32,
  vectors: i32,
  stats: usize,
  sums: usize,
  scales: usize,
  bias: usize,
  z: usize,
  ldz: usize,
): void {
  for (let v: usize = 0, end = (<usize>vectors) << 4; v < end; v += 16) {
    const sum = v128.load(sums + v);
    const factor = v128.load(scales + v);
    const shift = biasAt(bias, v);
    let at = z + v;
    let row = stats;
    for (const last = stats + ((<usize>m) << 3); row < last; row += 8, at += ldz) {
      const zero = v128.load32_splat(row, 4);
      const scale = v128.load32_splat(row);
      v128.store(at, dequantize(v128.load(at), zero, scale, sum, factor, shift));
    }
  }
}
