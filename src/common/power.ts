/**
 * Returns base^exponent for a whole exponent ≥ 0, by squaring. The last bits of JavaScript's own power differ between
 * engines; those of products do not, and the order of the products here depends on the exponent alone.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
