import { isList, isSequence } from './arrays.js';
import { collectionOf, describe } from './describe.js';
import { ValueError } from './errors.js';
import { suggestion } from './nearest.js';
import { insteadOf, namingHint, otherName } from './other-names.js';
import { fieldOf, isObject } from './objects.js';

/** Takes a given value and returns it checked, or throws a ValueError that starts with `path`. */
export type Check<T> = (path: string, value: unknown) => T;

/** One option: how it is checked, and what it is when it is not given; an option without `or` must be given. */
export interface Option<T> {
  readonly check: Check<T>;
  readonly or?: T;
}

/** The options of a call as its documentation lists them. */
export type OptionTable<T> = { readonly [K in keyof T]-?: Option<T[K]> };

/**
 * Whether a value is an object whose fields have names: no list, and none of those that keep what they hold elsewhere.
 */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && !isSequence(value) && collectionOf(value) === undefined;

/**
 * Sets a field by a name that users choose. To assign to one called `__proto__` would set the object's prototype
 * instead.
 */
export function setField<T>(record: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Reads an options object: every given name must be in the table, every value must pass its check. */
export function readOptions<T extends object>(where: string, given: unknown, table: OptionTable<T>): T {
  if (given !== undefined && !isRecord(given)) {
    const hint = namingHint(given, table, unchecked);
    throw new ValueError(`${where}: options expected an object, got ${describe(given)}.${hint}`);
  }
  const values = given ?? {};
  const names = Object.keys(table);
  for (const name of Object.keys(values)) {
    if (!names.includes(name)) {
      throw new ValueError(
        `${where}: unknown option ${describe(name)}.${insteadOf(where, name) ?? suggestion(name, names)}`,
      );
    }
  }
  const result: Record<string, unknown> = {};
  for (const name of names) {
    const option = (table as Record<string, Option<unknown>>)[name];
    // Read once: a getter may give something else the next time.
    const value = fieldOf(values, name);
    if (value === undefined && Object.hasOwn(option, 'or')) result[name] = option.or;
    else result[name] = option.check(`${where}: ${name}`, value);
  }
  return result as T;
}

const refuse = (path: string, expected: string, value: unknown): never => {
  throw new ValueError(`${path} expected ${expected}, got ${describe(value)}.`);
};

const check =
  <T>(expected: string, holds: (value: unknown) => boolean): Check<T> =>
  (path, value) =>
    holds(value) ? (value as T) : refuse(path, expected, value);

/** Finite once rounded to the kernels' float32. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(Math.fround(value));

/**
 * A check of numbers. −0 becomes 0, since JSON, and so a file, has only one of them: −0 + 0 is 0, and no other number
 * changes.
 */
const numeric =
  (expected: string, holds: (value: unknown) => boolean): Check<number> =>
  (path, value) =>
    holds(value) ? (value as number) + 0 : refuse(path, expected, value);

export const finite = numeric('a finite number', isNumber);
export const positive = numeric('a number > 0', (v) => isNumber(v) && Math.fround(v) > 0);
export const nonNegative = numeric('a number >= 0', (v) => isNumber(v) && v >= 0);
export const fraction = numeric('a number in [0, 1)', (v) => isNumber(v) && v >= 0 && v < 1);
export const flag = check<boolean>('true or false', (v) => typeof v === 'boolean');
export const text = check<string>('a non-empty string', (v) => typeof v === 'string' && v.length > 0);

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Check<number> =>
  numeric(
    most === Number.MAX_SAFE_INTEGER ? `an integer >= ${least}` : `an integer from ${least} to ${most}`,
    (v) => Number.isInteger(v) && (v as number) >= least && (v as number) <= most,
  );

/** The name of one of the entries of a table, or one that it has in other libraries. */
export const nameOf =
  <K extends string>(names: readonly K[]): Check<K> =>
  (path, value) => {
    if (typeof value !== 'string') return refuse(path, 'a name', value);
    const name = (names as readonly string[]).includes(value) ? value : otherName(value, names);
    if (name === undefined) {
      throw new ValueError(`${path} is unknown: ${describe(value)}.${suggestion(value, names)}`);
    }
    return name as K;
  };

/**
 * A list of what passes a check. Each element is read once and by index: a hole is checked like the rest, and no method
 * of the list's is called.
 */
export const listOf =
  <T>(expected: string, inner: Check<T>): Check<T[]> =>
  (path, value) => {
    if (!isList(value)) return refuse(path, expected, value);
    const { length } = value;
    if (!Number.isSafeInteger(length)) return refuse(path, expected, value);
    const result: T[] = [];
    for (let i = 0; i < length; i++) result.push(inner(`${path}[${i}]`, value[i]));
    return result;
  };

/** What is checked where more is known of it. */
export const unchecked = <T>(_path: string, value: unknown): T => value as T;

/** Nothing, or what the check returns. */
export const optional =
  <T>(inner: Check<T>): Check<T | undefined> =>
  (path, value) =>
    value === undefined ? undefined : inner(path, value);
