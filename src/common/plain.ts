/** Copies of plain data: objects, lists, texts and numbers. */
import { isList } from './arrays.js';
import { describe } from './describe.js';
import { ValueError } from './errors.js';
import { isRecord, setField } from './options.js';

/** Returns a copy as plain data: only the names of users' objects remain. */
export const plain = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (key, inner: unknown) => (key === 'custom' ? undefined : inner))) as T;

/** Largest number of values in a text, as for the header of a file. */
export const MOST_VALUES = 1_048_576;

/** Most levels of lists and objects: more than any architecture has. */
const MOST_LEVELS = 128;

/**
 * Copies plain data. Reads each value once: the caller's objects may have getters, be proxies, or have cycles.
 * @throws ValueError for anything else than plain data, and for more of it than any architecture has.
 */
export function copyPlain(
  path: string,
  value: unknown,
  most = MOST_VALUES,
  counter = { values: 0 },
  level = 0,
): unknown {
  counter.values += 1;
  if (level > MOST_LEVELS || counter.values > most) {
    throw new ValueError(`${path} expected at most ${most} values in ${MOST_LEVELS} levels, got more.`);
  }
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value;
  const copy = (at: string, inner: unknown): unknown => copyPlain(`${path}${at}`, inner, most, counter, level + 1);
  if (isList(value)) {
    const { length } = value;
    const list: unknown[] = [];
    for (let i = 0; i < length; i++) list.push(copy(`[${i}]`, value[i]));
    return list;
  }
  if (!isRecord(value)) throw new ValueError(`${path} expected plain data, got ${describe(value)}.`);
  const record: Record<string, unknown> = {};
  for (const key of Object.keys(value)) {
    const inner = value[key];
    if (inner !== undefined) setField(record, key, copy(`.${key}`, inner));
  }
  return record;
}
