/**
 * base^exponent for a whole exponent ≥ 0, by squaring. JavaScript's own power differs between engines in the last bits;
 * products do not, and this takes them in an order that depends on the exponent alone.
 */
export function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}
