/**
 * Option tables: each call lists its options with a check and a default, and `readOptions` reads an options object by
 * that table. It also has the checks of single values. Suggestions for unknown names come from
 * `other-names.ts`; `readFields` and `oneOf` do without them, for files, and for `wasm-mlp/predict`, which has neither.
 */
import { isList, isSequence } from './arrays.js';
import { collectionOf, describe } from './describe.js';
import { ValueError } from './errors.js';
import { adviceFor, namingHint, otherName, suggestionFor } from './other-names.js';
import { fieldOf, isObject } from './objects.js';

/** Checks a given value and returns it, or throws a ValueError whose message begins with `path`. */
export type Check<T> = (path: string, value: unknown) => T;

/** One option: its check and its default. An option without `or` is required. */
export interface Option<T> {
  readonly check: Check<T>;
  readonly or?: T;
}

/** Options of a call, as its documentation lists them. */
export type OptionTable<T> = { readonly [K in keyof T]-?: Option<T[K]> };

/**
 * Whether a value is an object with named fields: no list, and no collection (Map, Set, DataView), whose contents are
 * not fields.
 */
export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  isObject(value) && !isSequence(value) && collectionOf(value) === undefined;

/** Sets a field whose name a user chose. An assignment to `__proto__` would set the object's prototype instead. */
export function setField<T>(record: Record<string, T>, name: string, value: T): void {
  if (name !== '__proto__') record[name] = value;
  else Object.defineProperty(record, name, { value, writable: true, enumerable: true, configurable: true });
}

/** Suggestions for messages about names. */
interface Hints {
  /** For options that are no object. */
  readonly given: (where: string, given: unknown, table: Readonly<Record<string, Option<unknown>>>) => string;
  /** For an unknown option of a call. */
  readonly option: (where: string, name: string, names: readonly string[]) => string;
  /** For an unknown name of a choice. */
  readonly name: (name: string, names: readonly string[]) => string;
  /** The name here of one that other libraries use. */
  readonly alias: (name: string, names: readonly string[]) => string | undefined;
}

const HINTS: Hints = {
  given: (where, given, table) => namingHint(where, given, table, unchecked),
  option: (where, name, names) => adviceFor(where, name, names) ?? suggestionFor(name, names),
  name: suggestionFor,
  alias: otherName,
};

/** Reads an options object by a table: `readOptions` or `readFields`. */
export type OptionsReader = <T extends object>(where: string, given: unknown, table: OptionTable<T>) => T;

/** Reads an options object: every given name must be in the table, every value must pass its check. */
export const readOptions: OptionsReader = (where, given, table) => readFields(where, given, table, HINTS);

/** `readOptions` whose messages have no suggestions, unless they are given. */
export function readFields<T extends object>(where: string, given: unknown, table: OptionTable<T>, hints?: Hints): T {
  if (given !== undefined && !isRecord(given)) {
    const hint = hints?.given(where, given, table) ?? '';
    throw new ValueError(`${where}: options expected an object, got ${describe(given)}.${hint}`);
  }
  const values = given ?? {};
  for (const name of Object.keys(values)) {
    if (Object.hasOwn(table, name)) continue;
    const advice = hints?.option(where, name, Object.keys(table)) ?? '';
    throw new ValueError(`${where}: unknown option ${describe(name)}.${advice}`);
  }
  const result: Record<string, unknown> = {};
  for (const name of Object.keys(table)) {
    const option = (table as Record<string, Option<unknown>>)[name];
    // Read once: a getter may return something else the next time.
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

/** Whether a value is a number that is finite after rounding to the kernels' float32. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(Math.fround(value));

/**
 * Makes a check of numbers. Turns −0 into 0, since JSON, and so a file, has only one of them: −0 + 0 is 0, and no other
 * number changes.
 */
const numeric =
  (expected: string, holds: (value: unknown) => boolean): Check<number> =>
  (path, value) =>
    holds(value) ? (value as number) + 0 : refuse(path, expected, value);

export const finite = numeric('a finite number', isNumber);
export const positive = numeric('a number > 0', (v) => isNumber(v) && Math.fround(v) > 0);
export const nonNegative = numeric('a number >= 0', (v) => isNumber(v) && v >= 0);
export const fraction = numeric('a number in [0, 1)', (v) => isNumber(v) && v >= 0 && v < 1);
export const share = numeric('a number from 0 to 1', (v) => isNumber(v) && v >= 0 && v <= 1);
export const flag = check<boolean>('true or false', (v) => typeof v === 'boolean');
export const text = check<string>('a non-empty string', (v) => typeof v === 'string' && v.length > 0);

export const integer = (least: number, most = Number.MAX_SAFE_INTEGER): Check<number> =>
  numeric(
    most === Number.MAX_SAFE_INTEGER ? `an integer >= ${least}` : `an integer from ${least} to ${most}`,
    (v) => Number.isInteger(v) && (v as number) >= least && (v as number) <= most,
  );

/** Makes a check for the name of an entry of a table, or for its name in other libraries. */
export const nameOf = <K extends string>(names: readonly K[]): Check<K> => oneOf(names, HINTS);

/** Makes a check for the name of an entry of a table; without hints it takes no other names and suggests none. */
export const oneOf =
  <K extends string>(names: readonly K[], hints?: Hints): Check<K> =>
  (path, value) => {
    if (typeof value !== 'string') return refuse(path, 'a name', value);
    const name = (names as readonly string[]).includes(value) ? value : hints?.alias(value, names);
    if (name === undefined) {
      throw new ValueError(`${path} is unknown: ${describe(value)}.${hints?.name(value, names) ?? ''}`);
    }
    return name as K;
  };

/**
 * Makes a check for a list whose elements pass a check. Each element is read once and by index, so holes are checked
 * too and no method of the list is called.
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

/** Accepts any value, where later code with more context checks it. */
export const unchecked = <T>(_path: string, value: unknown): T => value as T;

/** Makes a check that accepts undefined too. */
export const optional =
  <T>(inner: Check<T>): Check<T | undefined> =>
  (path, value) =>
    value === undefined ? undefined : inner(path, value);
