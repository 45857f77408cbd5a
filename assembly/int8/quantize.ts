/**
 * Rows of activations to unsigned integers of 7 bits, with a scale and a zero point for each row. With one operand of
 * every product in 0…127 the sum of two neighbouring products fits 16 bits, so no lowering of the relaxed instruction
 * differs, and sums are exact integers.
 */
import { ACTIVATION_BYTES } from './dot';
import { maxLanesU, maxLanesS, lastLanes } from './lanes';

/**
 * The least range that is divided by: 2⁻¹¹⁰. 127 / range stays below 2¹¹⁷ and range / 127 above 2⁻¹¹⁷, so neither
 * overflows nor becomes subnormal. A smaller range counts as zero.
 */
const LEAST_RANGE: f32 = 7.70371977754894e-34;

/** The largest float32. */
const MOST: f32 = 3.4028234663852886e38;

/**
 * 1.5·2²³. A number of magnitude below 2²² plus this is rounded to an integer, half to even as by `nearest`, in the low
 * bits of the sum.
 */
const ROUNDER: f32 = 12582912;
const ROUNDER_BITS: i32 = 0x4b400000;

/** The quantized values of four numbers: clamp(nearest(x · inverse), least, most) + zero. */
// @ts-ignore: decorator
@inline
function quantize(x: v128, inverse: v128, least: v128, most: v128, shift: v128): v128 {
  // nearest is monotonic and keeps integers, so it may come after the bounds. pmin gives the bound for NaN.
  const bounded = f32x4.pmax(least, f32x4.pmin(most, f32x4.mul(x, inverse)));
  return i32x4.add(f32x4.add(bounded, f32x4.splat(ROUNDER)), shift);
}

/** Stores 16 values below 128, given as 32-bit integers, as the products read them. */
// @ts-ignore: decorator
@inline
function store16(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const low = i16x8.narrow_i32x4_s(a, b);
  const high = i16x8.narrow_i32x4_s(c, d);
  if (ASC_FEATURE_RELAXED_SIMD) {
    v128.store(to, i8x16.narrow_i16x8_u(low, high));
  } else {
    v128.store(to, low);
    v128.store(to, high, 16);
  }
}

/** Stores 4 values. */
// @ts-ignore: decorator
@inline
function store4(to: usize, a: v128): void {
  const low = i16x8.narrow_i32x4_s(a, a);
  if (ASC_FEATURE_RELAXED_SIMD) i32.store(to, i32x4.extract_lane(i8x16.narrow_i16x8_u(low, low), 0));
  else i64.store(to, i64x2.extract_lane(low, 0));
}

/**
 * q = clamp(nearest(x · inverse) + zero, 0, 127) for m rows of k values, x in float32 and rows of x `ldx` floats
 * apart; q in the form that the products of this binary read, rows of k padded to a multiple of 4. For each row a
 * float32 and an int32 at stats:
 *
 * - lo = min(0, x…), hi = max(0, x…); calibrated: lo = min(0, lo), hi = max(0, hi) of the arguments
 * - range = hi − lo; scale = range / 127, inverse = 127 / range; both are 0 for a range below LEAST_RANGE
 * - zero = nearest(−lo · inverse), 0…127
 *
 * A row with a value that is not finite, or whose range is not, has the scale NaN: its products are NaN.
 */
export function u7_quantize_rows(
  m: i32,
  k: i32,
  x: usize,
  ldx: i32,
  q: usize,
  stats: usize,
  calibrated: i32,
  lo: f32,
  hi: f32,
): void {
  const stride = (<usize>ldx) << 2;
  const whole = (<usize>(k & ~3)) << 2;
  const last = lastLanes(k);
  for (; m > 0; --m, x += stride, stats += 8) {
    // As integers, floats of one sign are ordered by magnitude: the largest signed integer is the largest positive
    // number, the largest unsigned one the most negative number. Infinities and NaN are beyond both.
    let most = i32x4.splat(0);
    let least = i32x4.splat(i32.MIN_VALUE);
    let p = x;
    const end = x + whole;
    for (const end4 = x + (whole & ~63); p < end4; p += 64) {
      const a = v128.load(p);
      const b = v128.load(p, 16);
      const c = v128.load(p, 32);
      const d = v128.load(p, 48);
      most = i32x4.max_s(most, i32x4.max_s(i32x4.max_s(a, b), i32x4.max_s(c, d)));
      least = i32x4.max_u(least, i32x4.max_u(i32x4.max_u(a, b), i32x4.max_u(c, d)));
    }
    for (; p < end; p += 16) {
      const a = v128.load(p);
      most = i32x4.max_s(most, a);
      least = i32x4.max_u(least, a);
    }
    if ((k & 3) != 0) {
      const a = v128.and(v128.load(p), last);
      most = i32x4.max_s(most, a);
      least = i32x4.max_u(least, a);
    }
    const high = maxLanesS(most);
    const low = maxLanesU(least);
    let scale: f32 = 0;
    let inverse: f32 = 0;
    let from = reinterpret<f32>(low);
    let to = reinterpret<f32>(high);
    if (calibrated != 0) {
      from = min<f32>(0, lo);
      to = max<f32>(0, hi);
    }
    const range = to - from;
    const finite = high < 0x7f800000 && <u32>low < 0xff800000 && range <= MOST;
    if (finite && range >= LEAST_RANGE) {
      scale = range / 127;
      inverse = <f32>127 / range;
    }
    const zero = finite ? min<f32>(max<f32>(nearest<f32>(-from * inverse), 0), 127) : 0;
    i32.store(stats, finite ? reinterpret<i32>(scale) : 0x7fc00000);
    i32.store(stats, <i32>zero, 4);

    const factor = f32x4.splat(inverse);
    const bottom = f32x4.splat(0 - zero);
    const top = f32x4.splat(127 - zero);
    const shift = i32x4.splat(<i32>zero - ROUNDER_BITS);
    p = x;
    for (const end4 = x + (whole & ~63); p < end4; p += 64, q += 16 * ACTIVATION_BYTES) {
      store16(
        q,
        quantize(v128.load(p), factor, bottom, top, shift),
        quantize(v128.load(p, 16), factor, bottom, top, shift),
        quantize(v128.load(p, 32), factor, bottom, top, shift),
        quantize(v128.load(p, 48), factor, bottom, top, shift),
      );
    }
    for (; p < end; p += 16, q += 4 * ACTIVATION_BYTES) store4(q, quantize(v128.load(p), factor, bottom, top, shift));
    if ((k & 3) != 0) {
      store4(q, v128.and(quantize(v128.load(p), factor, bottom, top, shift), last));
      q += 4 * ACTIVATION_BYTES;
    }
  }
}
