/**
 * Rows in any form that a table may have: a list of rows of any kind, a flat typed array, or an object of columns.
 * Counts them and takes some of them, in the same form.
 */
import { isList, isNumbers, typedLength, type NumberArray } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { MemoryError, ShapeError, ValueError } from '../common/errors.js';
import { gatherRows } from '../common/holdout.js';
import { integer, isRecord, setField } from '../common/options.js';
import { lengthOf } from '../common/rows.js';

/**
 * A column of a table: a value per row.
 * @category Tables
 */
export type ColumnValues = readonly unknown[] | NumberArray;

/**
 * Rows of a table: a list with an element per row, a typed array, flat where a row has several numbers, or an object of
 * columns.
 * @category Tables
 */
export type TableRows = ColumnValues | Readonly<Record<string, ColumnValues>>;

/** Most rows of a table: their numbers alone take 1 GB. */
const MOST_ROWS = 2 ** 28;

/** Throws a MemoryError for more rows than can be numbered. */
export function requireFewRows(where: string, what: string, rows: number): number {
  if (rows <= MOST_ROWS) return rows;
  throw new MemoryError(`${where}: ${what} expected at most ${MOST_ROWS} rows, got ${rows}. Use less data at a time.`);
}

/** Returns the number of rows; undefined for a typed array, whose rows may have several numbers. */
function statedRows(where: string, what: string, data: unknown): number | undefined {
  if (isList(data)) return requireFewRows(where, what, lengthOf(where, what, data));
  if (isNumbers(data)) return undefined;
  if (!isRecord(data)) {
    throw new ValueError(
      `${where}: ${what} expected a list of rows, a typed array or an object of columns, got ${describe(data)}.`,
    );
  }
  let rows: number | undefined;
  for (const [name, column] of Object.entries(data)) {
    const of = `${what}.${name}`;
    if (!isList(column) && !isNumbers(column)) {
      throw new ValueError(`${where}: ${of} expected a list or a typed array, got ${describe(column)}.`);
    }
    const length = requireFewRows(where, of, lengthOf(where, of, column));
    if (length !== (rows ??= length)) {
      throw new ShapeError(`${where}: ${of} expected ${counted(rows, 'value')} as in other columns, got ${length}.`);
    }
  }
  if (rows === undefined) throw new ShapeError(`${where}: ${what} expected at least one column, got none.`);
  return rows;
}

/**
 * Returns the number of rows of several parts that belong together, such as x and y. Typed arrays are cut into rows of
 * as many numbers as fit; where all parts are typed arrays, the shortest has one number per row.
 */
export function countRows(where: string, parts: Readonly<Record<string, unknown>>): number {
  const names = Object.keys(parts);
  const stated = names.map((name) => statedRows(where, name, parts[name]));
  const known = stated.find((rows) => rows !== undefined);
  const rows = known ?? Math.min(...names.map((name) => typedLength(parts[name])));
  if (names.length === 0 || rows === 0) throw new ShapeError(`${where}: data expected at least one row, got none.`);
  names.forEach((name, index) => {
    const own = stated[index];
    if (own === undefined ? typedLength(parts[name]) % rows === 0 : own === rows) return;
    const got = own ?? counted(typedLength(parts[name]), 'value');
    throw new ShapeError(`${where}: ${name} expected ${counted(rows, 'row')}, as many as the others, got ${got}.`);
  });
  return rows;
}

/** Takes rows of checked data that has `rows` rows. */
export function take<T>(data: T, indices: ArrayLike<number>, rows: number): T {
  if (isNumbers(data)) return gatherRows(data, indices, rows === 0 ? 0 : typedLength(data) / rows);
  if (isList(data)) return Array.from(indices, (index) => data[index]) as T;
  const taken: Record<string, unknown> = {};
  for (const [name, column] of Object.entries(data as object)) setField(taken, name, take(column, indices, rows));
  return taken as T;
}

/**
 * Copies rows by their numbers, in the form in which they are given.
 * @param rows Number of rows; needed only for a flat typed array with several numbers per row.
 * @throws ValueError, ShapeError for data of another kind, columns of different lengths, or a number that is no row.
 * @example
 * takeRows(['a', 'b', 'c'], [2, 0]); // ['c', 'a']
 * takeRows(Float32Array.of(1, 2, 3, 4), [1], 2); // [3, 4]
 * takeRows({ size: [1, 2], name: ['a', 'b'] }, [1]); // { size: [2], name: ['b'] }
 * @category Tables
 */
export function takeRows<T extends TableRows>(data: T, indices: readonly number[] | NumberArray, rows?: number): T {
  const where = 'takeRows';
  const stated = statedRows(where, 'data', data);
  const all = rows !== undefined ? integer(1)(`${where}: rows`, rows) : (stated ?? typedLength(data));
  if (stated === undefined ? typedLength(data) % all !== 0 : stated !== all) {
    const got = stated ?? counted(typedLength(data), 'value');
    throw new ShapeError(`${where}: data expected ${counted(all, 'row')}, got ${got}.`);
  }
  return take(data, readIndices(where, 'indices', indices, all), all);
}

/** Copies numbers of rows, each read once and checked. */
export function readIndices(where: string, what: string, indices: unknown, rows: number): number[] {
  if (!isList(indices) && !isNumbers(indices)) {
    throw new ValueError(`${where}: ${what} expected a list of integers, got ${describe(indices)}.`);
  }
  const read: number[] = [];
  const length = lengthOf(where, what, indices);
  for (let i = 0; i < length; i++) {
    const index: unknown = indices[i];
    if (typeof index !== 'number' || !Number.isInteger(index) || index < 0 || index >= rows) {
      throw new ValueError(`${where}: ${what} expected integers from 0 to ${rows - 1}, got ${describe(index)}.`);
    }
    read.push(index);
  }
  return read;
}
