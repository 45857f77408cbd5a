/**
 * Elementary functions of float64 made of + − × ÷ and exact scaling only. IEEE 754 rounds these operations in exactly
 * one way, so the results have the same bits on every engine, while those of Math differ in the last bits. Meant for a
 * few numbers per update, not for data. Tests check the bounds, which are in units in the last place (ULP) of the true
 * value.
 */
import { power } from './power.js';

/** ln 2 as a sum: the first part has 32 bits, so that its product with an exponent is exact. */
const LN2_HIGH = 0.69314718036912381649;
const LN2_LOW = 1.90821492927058770002e-10;

/** Rounding errors of π/2 and π as float64. */
const HALF_PI_REST = 6.123233995736766e-17;
const PI_REST = 1.2246467991473532e-16;

/** 2^n, exact from −1022 to 1023. */
const scale = (n: number): number => (n < 0 ? 1 / power(2, -n) : power(2, n));

/**
 * Computes e^(x + rest) for a rest much smaller than x: x = n·ln2 + r with |r| ≤ ln2/2, e^r by Taylor's series up to
 * r^13/13!.
 */
function expOfSum(x: number, rest: number): number {
  if (x < -746) return 0;
  if (x > 710) return Infinity;
  const n = Math.floor(x / Math.LN2 + 0.5);
  const r = x - n * LN2_HIGH - (n * LN2_LOW - rest);
  let sum = 1;
  for (let k = 13; k > 0; k--) sum = 1 + (r * sum) / k;
  // Scale by two factors: the smallest powers of two are no float64, and only the last product may round.
  const half = Math.floor(n / 2);
  return sum * scale(half) * scale(n - half);
}

/** Returns a with its lower half cleared, so that products of such halves are exact (Veltkamp). */
function upperHalf(a: number): number {
  const c = 134217729 * a;
  return c - (c - a);
}

/** Returns the rounding error of the product p = a·b, exactly (Dekker 1971). */
function roundingError(p: number, a: number, b: number): number {
  const x = upperHalf(a);
  const y = upperHalf(b);
  return x * y - p + x * (b - y) + (a - x) * y + (a - x) * (b - y);
}

/**
 * Computes ln x as a sum of two numbers: x = 2^e·m with m in [√½, √2], ln m = 2·artanh t = 2t + 2t³/3 + 2t⁵/5 + …, t =
 * (m − 1)/(m + 1), where t is carried with its rounding error.
 */
function logAsSum(x: number): [value: number, rest: number] {
  let m = x;
  let e = 0;
  for (let k = 512; k >= 1; k /= 2) {
    for (const s = scale(k); m >= s; m /= s) e += k;
    for (const s = scale(k); m < 1 / s; m *= s) e -= k;
  }
  if (m > Math.SQRT2) {
    m /= 2;
    e += 1;
  } else if (m < Math.SQRT1_2) {
    m *= 2;
    e -= 1;
  }
  const below = m - 1;
  const above = m + 1;
  const t = below / above;
  const p = t * above;
  const tRest = (below - p - roundingError(p, t, above) - t * (m - (above - 1))) / above;
  const square = t * t;
  let series = 0;
  for (let k = 23; k > 1; k -= 2) series = (series + 1 / k) * square;
  const high = e * LN2_HIGH;
  const sum = high + 2 * t;
  // high is 0 or larger than 2t, and the sum much larger than the rest: the rounding errors of both additions are
  // exact.
  const rest = (e === 0 ? 0 : high - sum + 2 * t) + (e * LN2_LOW + 2 * (tRest + t * series));
  const value = sum + rest;
  return [value, sum - value + rest];
}

/** e^x for x in [−745, 709], within 2 ULP; 0 below, infinite above. */
export const exp = (x: number): number => expOfSum(x, 0);

/** ln x for x > 0, subnormals included, within 1 ULP; infinite for infinity, −∞ for 0, NaN below and for NaN. */
export function log(x: number): number {
  // The search for the exponent ends for these numbers alone.
  if (x > 0 && x < Infinity) return logAsSum(x)[0];
  return x === 0 ? -Infinity : x > 0 ? x : NaN;
}

/** base^exponent for base ≥ 0 and real exponent ≥ 0, within 4 ULP where |exponent·ln base| ≤ 60. */
export function realPower(base: number, exponent: number): number {
  if (exponent === 1) return base;
  if (base === 0) return exponent === 0 ? 1 : 0;
  const [value, rest] = logAsSum(base);
  const product = exponent * value;
  return expOfSum(product, roundingError(product, exponent, value) + exponent * rest);
}

/** cos x for x in [0, π], within 2 ULP: by the series of cosine or sine, whichever argument is within π/4. */
export function cos(x: number): number {
  if (x < Math.PI / 4) return alternating(x, -1);
  if (x > 0.75 * Math.PI) return -alternating(Math.PI - x + PI_REST, -1);
  const y = Math.PI / 2 - x + HALF_PI_REST;
  return y * alternating(y, 1);
}

/** Σ (−1)^k y^2k/(2k)! for side −1, Σ (−1)^k y^2k/(2k + 1)! for side 1, |y| ≤ π/4. */
function alternating(y: number, side: -1 | 1): number {
  let sum = 1;
  for (let k = 18; k > 0; k -= 2) sum = 1 - (y * y * sum) / (k * (k + side));
  return sum;
}
