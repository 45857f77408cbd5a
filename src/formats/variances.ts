/** Variances of columns that are to be multiplied by a factor: a normalization divides by their roots. */

/** Largest relative difference between a factor and the one that its variance gives: two roundings of float32, 2⁻²². */
const TOLERANCE = 2.384185791015625e-7;

/** Numbers of float32, on either side of 1/factor², that are tried. */
const NEIGHBOURS = 4;

const BITS = /* @__PURE__ */ new Uint32Array(1);
const FLOAT = /* @__PURE__ */ new Float32Array(BITS.buffer);

/** What a column is multiplied by for its variance, rounded as in the kernel. */
export const factorOf = (variance: number): number =>
  variance === 0 ? 1 : Math.fround(1 / Math.fround(Math.sqrt(variance)));

/** Largest variance, by whose root a column is divided to become 0. */
export const LARGEST = 3.4028234663852886e38;

/** The factor that stands for 0. */
export const LEAST_FACTOR = /* @__PURE__ */ factorOf(LARGEST);

/**
 * Returns the variance for which a column is multiplied by this number of float32, or by one next to it; undefined
 * where there is none: for what is not above 0, and beyond 10⁻¹⁹ and 10¹⁹, about.
 */
export function varianceFor(factor: number): number | undefined {
  FLOAT[0] = 1 / (factor * factor);
  const start = BITS[0];
  let best: number | undefined;
  // Infinite variances, those that are no number, and factors of 0 or less are never as near.
  let least = TOLERANCE * factor;
  for (let step = 0; step <= 2 * NEIGHBOURS && least > 0; step++) {
    BITS[0] = start + (step % 2 === 0 ? step / 2 : -(step + 1) / 2);
    const difference = Math.abs(factorOf(FLOAT[0]) - factor);
    if (difference < least) [least, best] = [difference, FLOAT[0]];
  }
  return best;
}
