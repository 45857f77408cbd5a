/**
 * Sine and cosine with the same bits in every browser: those of Math differ between engines, and a shared address must
 * give the same points. Only sums, products and roundings of IEEE 754 are used.
 */

/** Coefficients of sin x = x·(1 − x²/3! + x⁴/5! − …), to x¹⁵. */
const SINE = [1, -1 / 6, 1 / 120, -1 / 5040, 1 / 362880, -1 / 39916800, 1 / 6227020800, -1 / 1307674368000];

/** Returns sin x, off by at most 1e-9 for |x| ≤ 100. */
export function sin(x: number): number {
  // To [−π/2, π/2], where the series is off by less than 1e-10.
  const turns = Math.round(x / Math.PI);
  const rest = x - turns * Math.PI;
  const square = rest * rest;
  let sum = 0;
  for (let i = SINE.length - 1; i >= 0; i--) sum = sum * square + SINE[i];
  return (turns % 2 === 0 ? 1 : -1) * rest * sum;
}

/** Returns cos x, off by at most 1e-9 for |x| ≤ 100. */
export const cos = (x: number): number => sin(x + Math.PI / 2);
