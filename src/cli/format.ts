/** Formats of numbers in the reports. The locale is fixed, so that output is the same everywhere. */

export function thousands(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(2)}%`;
}

export function decimals(value: number): string {
  return value.toFixed(4);
}
