/** Numbers as the page writes them. */

/** With a minus sign that is one. */
const signed = (text: string): string => text.replaceAll('-', '−');

/** With so many digits behind the point. */
export const fixed = (value: number, digits = 2): string => signed(value.toFixed(digits));

const RAISED: Readonly<Record<string, string>> = {
  '-': '⁻',
  ...Object.fromEntries(Array.from('⁰¹²³⁴⁵⁶⁷⁸⁹').entries()),
};

/** An exponent as raised digits. */
const raised = (power: number): string => Array.from(String(power), (digit) => RAISED[digit]).join('');

/** A power of ten, such as 10⁻³. */
export const powerOfTen = (power: number): string => `10${raised(power)}`;

/** With so many digits in all, and powers of ten where that is shorter. */
export function short(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size === 0 || !Number.isFinite(value) || (size >= 0.001 && size < 100_000)) {
    return signed(String(+value.toPrecision(digits)));
  }
  const [factor, power] = value.toExponential(digits - 1).split('e');
  return `${signed(factor)}·${powerOfTen(Number(power))}`;
}

export const percent = (share: number): string => `${Math.round(100 * share)}\u202f%`;
