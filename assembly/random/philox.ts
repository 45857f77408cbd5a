/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1,
 * 2, 3" (SC'11): ten rounds turn a counter (c0, c1, c2, c3) and a key (k0, k1) into four words. The multipliers and
 * Weyl constants are those of the paper. Four counters, c0 … c0 + 3, go through at once, a lane each; a fill takes word
 * w of counter c0 + b as element 4b + w.
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
  let k0 = i32x4.splat(key0);
  let k1 = i32x4.splat(key1);
  let rounds = 10;
  do {
    const p0 = i64x2.extmul_low_i32x4_u(x0, i32x4.splat(M0));
    const q0 = i64x2.extmul_high_i32x4_u(x0, i32x4.splat(M0));
    const p1 = i64x2.extmul_low_i32x4_u(x2, i32x4.splat(M1));
    const q1 = i64x2.extmul_high_i32x4_u(x2, i32x4.splat(M1));
    x0 = v128.xor(v128.xor(highHalves(p1, q1), x1), k0);
    x2 = v128.xor(v128.xor(highHalves(p0, q0), x3), k1);
    x1 = lowHalves(p1, q1);
    x3 = lowHalves(p0, q0);
    k0 = i32x4.add(k0, i32x4.splat(W0));
    k1 = i32x4.add(k1, i32x4.splat(W1));
  } while (--rounds > 0);
  // Transpose: from one word per vector to one counter per vector.
  const a = i32x4.shuffle(x0, x1, 0, 4, 1, 5);
  const b = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  const c = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  const d = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  v128.store(out, i64x2.shuffle(a, c, 0, 2));
  v128.store(out, i64x2.shuffle(a, c, 1, 3), 16);
  v128.store(out, i64x2.shuffle(b, d, 0, 2), 32);
  v128.store(out, i64x2.shuffle(b, d, 1, 3), 48);
}

/**
 * Generates the 32 words of the counters block … block + 7, in element order, and passes one vector at a time to the
 * method `put(x, y, word, a, b)` of class F (see simd/map.ts), with x and y advancing by 16 bytes. Two groups of four
 * counters run together: the rounds of a single group wait for each other, 2.2 ns a word instead of 1.6.
 */
// @ts-ignore: decorator
@inline
export function philox32<F>(
  key0: i32,
  key1: i32,
  block: i32,
  c1: i32,
  c2: i32,
  c3: i32,
  x: usize,
  y: usize,
  a: v128,
  b: v128,
): void {
  let x0 = i32x4.add(i32x4.splat(block), i32x4(0, 1, 2, 3));
  let x1 = i32x4.splat(c1);
  let x2 = i32x4.splat(c2);
  let x3 = i32x4.splat(c3);
  let y0 = i32x4.add(x0, i32x4.splat(4));
  let y1 = x1;
  let y2 = x2;
  let y3 = x3;
  let k0 = i32x4.splat(key0);
  let k1 = i32x4.splat(key1);
  let rounds = 10;
  do {
    let p0 = i64x2.extmul_low_i32x4_u(x0, i32x4.splat(M0));
    let q0 = i64x2.extmul_high_i32x4_u(x0, i32x4.splat(M0));
    let p1 = i64x2.extmul_low_i32x4_u(x2, i32x4.splat(M1));
    let q1 = i64x2.extmul_high_i32x4_u(x2, i32x4.splat(M1));
    x0 = v128.xor(v128.xor(highHalves(p1, q1), x1), k0);
    x2 = v128.xor(v128.xor(highHalves(p0, q0), x3), k1);
    x1 = lowHalves(p1, q1);
    x3 = lowHalves(p0, q0);
    p0 = i64x2.extmul_low_i32x4_u(y0, i32x4.splat(M0));
    q0 = i64x2.extmul_high_i32x4_u(y0, i32x4.splat(M0));
    p1 = i64x2.extmul_low_i32x4_u(y2, i32x4.splat(M1));
    q1 = i64x2.extmul_high_i32x4_u(y2, i32x4.splat(M1));
    y0 = v128.xor(v128.xor(highHalves(p1, q1), y1), k0);
    y2 = v128.xor(v128.xor(highHalves(p0, q0), y3), k1);
    y1 = lowHalves(p1, q1);
    y3 = lowHalves(p0, q0);
    k0 = i32x4.add(k0, i32x4.splat(W0));
    k1 = i32x4.add(k1, i32x4.splat(W1));
  } while (--rounds > 0);
  const f = changetype<F>(0);
  let p = i32x4.shuffle(x0, x1, 0, 4, 1, 5);
  let q = i32x4.shuffle(x2, x3, 0, 4, 1, 5);
  f.put(x, y, i64x2.shuffle(p, q, 0, 2), a, b);
  f.put(x + 16, y + 16, i64x2.shuffle(p, q, 1, 3), a, b);
  p = i32x4.shuffle(x0, x1, 2, 6, 3, 7);
  q = i32x4.shuffle(x2, x3, 2, 6, 3, 7);
  f.put(x + 32, y + 32, i64x2.shuffle(p, q, 0, 2), a, b);
  f.put(x + 48, y + 48, i64x2.shuffle(p, q, 1, 3), a, b);
  p = i32x4.shuffle(y0, y1, 0, 4, 1, 5);
  q = i32x4.shuffle(y2, y3, 0, 4, 1, 5);
  f.put(x + 64, y + 64, i64x2.shuffle(p, q, 0, 2), a, b);
  f.put(x + 80, y + 80, i64x2.shuffle(p, q, 1, 3), a, b);
  p = i32x4.shuffle(y0, y1, 2, 6, 3, 7);
  q = i32x4.shuffle(y2, y3, 2, 6, 3, 7);
  f.put(x + 96, y + 96, i64x2.shuffle(p, q, 0, 2), a, b);
  f.put(x + 112, y + 112, i64x2.shuffle(p, q, 1, 3), a, b);
}

// @ts-ignore: decorator
@unmanaged
class Words {
  // @ts-ignore: decorator
  @inline
  put(x: usize, y: usize, word: v128, a: v128, b: v128): void {
    v128.store(y, word);
  }
}

/** Writes n random words, rounded up to 16⌈n/16⌉. Element i is word i mod 4 of the counter (c0 + ⌊i/4⌋, c1, c2, c3). */
export function u32_random(n: i32, out: usize, key0: i32, key1: i32, c0: i32, c1: i32, c2: i32, c3: i32): void {
  const none = i32x4.splat(0);
  for (; n > 16; n -= 32, c0 += 8, out += 128) philox32<Words>(key0, key1, c0, c1, c2, c3, out, out, none, none);
  if (n > 0) philox16(key0, key1, c0, c1, c2, c3, out);
}
