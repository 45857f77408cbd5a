/** Factors of columns, for formats that have factors where layers have variances. */

/** Largest variance, by whose root a column is divided to become 0. */
export const LARGEST = 3.4028234663852886e38;

/** What a column is multiplied by for its variance, rounded as in the kernel. */
export const factorOf = (variance: number): number =>
  variance === 0 ? 1 : Math.fround(1 / Math.fround(Math.sqrt(variance)));

/** The factor that stands for 0. */
export const LEAST_FACTOR = /* @__PURE__ */ factorOf(LARGEST);
