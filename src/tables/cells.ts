/** Values of a table's cells: what counts as missing, and what a value says as a number, a time or a text. */
import { isObject } from '../common/objects.js';

/**
 * A value of a table. `undefined`, `null`, `NaN`, `''` and a Date without a time are missing values.
 * @category Tables
 */
export type Cell = number | bigint | boolean | string | Date | null | undefined;

/** Returns the time of a Date of any realm in milliseconds, NaN if it has none; undefined for anything else. */
export function timeOf(value: unknown): number | undefined {
  if (!isObject(value)) return undefined;
  try {
    return Date.prototype.getTime.call(value);
  } catch {
    return undefined;
  }
}

/** Whether a cell has no value. */
export function isMissing(value: unknown): boolean {
  if (value === undefined || value === null || value === '') return true;
  return typeof value === 'object' ? Number.isNaN(timeOf(value)) : Number.isNaN(value);
}

/** Returns a finite number, or a bigint that a number holds exactly, without the sign of −0; undefined otherwise. */
export function numberOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : undefined;
  if (typeof value !== 'bigint') return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : undefined;
}

/** Returns the text of a value, the same for 1, 1n and '1'; undefined for what is no cell. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  const number = numberOf(value);
  if (number !== undefined) return String(number);
  const time = timeOf(value);
  return time === undefined ? undefined : new Date(time).toISOString();
}
