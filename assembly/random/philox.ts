/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3"
 * (SC'11): ten rounds turn a counter (c0, c1, c2, c3) and a key (k0, k1) into four words. Multipliers and Weyl constants are
 * theirs. Four counters, c0 … c0 + 3, go through at once, a lane each; a fill takes word w of counter c0 + b as element 4b + w.
 */

const M0: u32 = 0xd2511f53;
const M1: u32 = 0xcd9e8d57;
const W0: u32 = 0x9e3779b9;
const W1: u32 = 0xbb67ae85;

// @ts-ignore: decorator
@inline
function lowHalves(even: v128, odd: v128): v128 {
  return i32x4.shuffle(even, odd, 0, 2, 4, 6);
}

// @ts-ignore: decorator
@inline
function highHalves(even: v128, odd: v128): v128 {
  return i32x4.shuffle(even, odd, 1, 3, 5, 7);
}

/** Writes the 16 words of the counters block … block + 3 at `out`, in element order. */
export function philox16(key0: i32, key1: i32, block: i32, c1: i32, c2: i32, c3: i32, out: usize): void {
  let x0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(c1);
  let x2 = i32x4.splat(c2);
  let x3 = i32x4.splat(c3);
  const m0 = i32x4.splat(M0);
  const m1 = i32x4.splat(M1);
  for (let round = 0; round < 10; ++round) {
    const p0 = i64x2.extmul_low_i32x4_u(x0, m0);
    const q0 = i64x2.extmul_high_i32x4_u(x0, m0);
    const p1 = i64x2.extmul_low_i32x4_u(x2, m1);
    const q1 = i64x2.extmul_high_i32x4_u(x2, m1);
    x0 = v128.xor(v128.xor(highHalves(p1, q1), x1), i32x4.splat(key0));
    x2 = v128.xor(v128.xor(highHalves(p0, q0), x3), i32x4.splat(key1));
    x1 = lowHalves(p1, q1);
    x3 = lowHalves(p0, q0);
    key0 += W0;
    key1 += W1;
  }
  // From a word per vector to a counter per vector.
  const a = i32x4.shuffle(x0, x1, 0, 4, 1, 5);
  const b = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  const c = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  const d = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(a, c, 0, 2));
  v128.store(out, i64x2.shuffle(a, c, 1, 3), 16);
  v128.store(out, i64x2.shuffle(b, d, 0, 2), 32);
  v128.store(out, i64x2.shuffle(b, d, 1, 3), 48);
}

/** n random words; 16⌈n/16⌉ are written. Element i is word i mod 4 of the counter (c0 + ⌊i/4⌋, c1, c2, c3). */
export function u32_random(n: i32, out: usize, key0: i32, key1: i32, c0: i32, c1: i32, c2: i32, c3: i32): void {
  for (let i = 0; i < n; i += 16) philox16(key0, key1, c0 + (i >> 2), c1, c2, c3, out + ((<usize>i) << 2));
}
