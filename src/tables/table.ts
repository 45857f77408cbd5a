/** Tables as callers have them, rows as objects or columns by name, read a column at a time. */
import { isDetached, isList, isSequence } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { fieldOf } from '../common/objects.js';
import { isRecord } from '../common/options.js';
import { lengthOf } from '../common/rows.js';
import type { Cell } from './cells.js';

/**
 * A row of a table: its values by the names of their columns.
 * @category Tables
 */
export type TableRow = Readonly<Record<string, Cell>>;

/**
 * Columns of a table by name: lists, or typed arrays, of the same length.
 * @category Tables
 */
export type TableColumns = Readonly<Record<string, ArrayLike<Cell>>>;

/**
 * A table: a list of rows, each an object, or columns by name. A row without a column has a missing value there.
 * @category Tables
 */
export type Table = readonly TableRow[] | TableColumns;

/** A table whose form was checked. */
export interface OpenTable {
  readonly rows: number;
  /** Names of the columns, in the order in which they first appear. */
  readonly names: readonly string[];
  /** Returns the values of a column, each to be read once. */
  column(name: string): ArrayLike<unknown>;
}

const HINT = 'Pass rows, [{ age: 31, town: "Lyon" }, …], or columns, { age: [31, …], town: ["Lyon", …] }.';

/**
 * Opens a table.
 * @throws ValueError for anything else; ShapeError for columns of different lengths.
 */
export function openTable(where: string, table: unknown): OpenTable {
  if (isList(table)) return openRows(where, table);
  if (isRecord(table)) return openColumns(where, table);
  throw new ValueError(`${where}: table expected rows or columns, got ${describe(table)}. ${HINT}`);
}

function openRows(where: string, table: readonly unknown[]): OpenTable {
  const rows: Readonly<Record<string, unknown>>[] = [];
  const names = new Set<string>();
  const length = lengthOf(where, 'table', table);
  for (let i = 0; i < length; i++) {
    const row = table[i];
    if (!isRecord(row)) {
      throw new ValueError(`${where}: table expected an object in row ${i}, got ${describe(row)}. ${HINT}`);
    }
    for (const name of Object.keys(row)) names.add(name);
    rows.push(row);
  }
  return { rows: length, names: [...names], column: (name) => rows.map((row) => fieldOf(row, name)) };
}

function openColumns(where: string, table: Readonly<Record<string, unknown>>): OpenTable {
  const columns = new Map<string, ArrayLike<unknown>>();
  let rows: number | undefined;
  for (const name of Object.keys(table)) {
    const column = table[name];
    if (!isSequence(column) || (!isList(column) && isDetached(column))) {
      throw new ValueError(
        `${where}: column ${describe(name)} expected a list or a typed array, got ${describe(column)}. ${HINT}`,
      );
    }
    const length = lengthOf(where, `column ${describe(name)}`, column);
    rows ??= length;
    if (length !== rows) {
      const [first] = columns.keys();
      throw new ShapeError(
        `${where}: column ${describe(name)} expected ${rows} values, as many as ${describe(first)} has, got ${length}.`,
      );
    }
    columns.set(name, column);
  }
  if (rows === undefined) throw new ValueError(`${where}: table expected columns, got none. ${HINT}`);
  return { rows, names: [...columns.keys()], column: (name) => columns.get(name)! };
}
