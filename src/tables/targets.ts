/** Columns that a model learns to predict: their names, their labels or numbers, and which of both they are. */
import { isList } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import { lengthOf } from '../common/rows.js';
import type { Label } from '../index.js';
import { isMissing, numberOf } from './cells.js';
import { openTable, type OpenTable, type Table } from './table.js';

/**
 * Reads the name of a target, or a list of names, and checks that the table has them.
 * @throws ValueError
 */
export function readTargetNames(where: string, table: OpenTable, target: unknown): string[] {
  const names = new Set<string>();
  const length = isList(target) ? lengthOf(where, 'target', target) : 1;
  for (let i = 0; i < length; i++) {
    const name = isList(target) ? target[i] : target;
    if (typeof name !== 'string') {
      throw new ValueError(`${where}: target expected the name of a column or a list of names, got ${describe(name)}.`);
    }
    if (!table.names.includes(name)) {
      throw new ValueError(
        `${where}: target ${describe(name)} expected among the columns.${suggestion(name, table.names)}`,
      );
    }
    if (names.has(name))
      throw new ValueError(`${where}: target expected different names, got ${describe(name)} twice.`);
    names.add(name);
  }
  if (names.size === 0) throw new ValueError(`${where}: target expected at least one name, got none.`);
  return [...names];
}

/** Throws the error about a value of a target. */
function refuse(where: string, name: string, expected: string, value: unknown, row: number, hint: string): never {
  throw new ValueError(
    `${where}: target ${describe(name)} expected ${expected}, got ${describe(value)} in row ${row}.${hint}`,
  );
}

const NO_ROW = ' Leave out rows without it.';

/** Returns the label of each row. A bigint is the number that it says. */
function labelsIn(where: string, table: OpenTable, name: string): Label[] {
  const values = table.column(name);
  const labels: Label[] = [];
  for (let row = 0; row < table.rows; row++) {
    const value = values[row];
    if (isMissing(value)) refuse(where, name, 'a label', value, row, NO_ROW);
    const label = typeof value === 'string' || typeof value === 'boolean' ? value : numberOf(value);
    if (label === undefined) refuse(where, name, 'texts, finite numbers, true or false', value, row, '');
    labels.push(label);
  }
  return labels;
}

/**
 * Returns the label of each row; of several targets, which are true or false, or 1 or 0, the list of the names of those
 * that are true.
 */
export function labelsOf(where: string, table: OpenTable, names: readonly string[]): (Label | string[])[] {
  if (names.length === 1) return labelsIn(where, table, names[0]);
  const rows = Array.from({ length: table.rows }, (): string[] => []);
  for (const name of names) {
    labelsIn(where, table, name).forEach((label, row) => {
      if (label === true || label === 1) rows[row].push(name);
      else if (label !== false && label !== 0) {
        refuse(where, name, 'true or false, as one of several targets', label, row, '');
      }
    });
  }
  return rows;
}

/** Returns the numbers of each row, those of several targets one after the other. */
export function numbersOf(where: string, table: OpenTable, names: readonly string[]): Float64Array {
  const numbers = new Float64Array(table.rows * names.length);
  names.forEach((name, index) => {
    const values = table.column(name);
    for (let row = 0; row < table.rows; row++) {
      const value = values[row];
      if (isMissing(value)) refuse(where, name, 'a number', value, row, NO_ROW);
      const number = numberOf(value);
      if (number === undefined) refuse(where, name, 'finite numbers', value, row, ' For classes use tableClassifier.');
      numbers[row * names.length + index] = number;
    }
  });
  return numbers;
}

/** Throws unless the values of each target differ. */
export function requireDifferent(where: string, table: OpenTable, names: readonly string[]): void {
  for (const name of names) {
    const values = table.column(name);
    const plain = (row: number): unknown => (typeof values[row] === 'bigint' ? Number(values[row]) : values[row]);
    const first = plain(0);
    let row = 1;
    while (row < table.rows && plain(row) === first) row++;
    if (row < table.rows) continue;
    throw new ValueError(
      `${where}: target ${describe(name)} expected values that differ, got ${describe(first)} in each row.`,
    );
  }
}

/** Most different integers that are classes, and rows that each must have on average. */
const MOST_CLASSES = 20;
const ROWS_OF_CLASS = 10;

/**
 * Says whether a column is to be predicted by a classifier or a regressor. Numbers are classes if all are integers, at
 * most 20 of them different, and a tenth of the rows or fewer; other numbers are quantities, and all else is classes.
 * Missing values do not count.
 * @throws ValueError for a column that is not there.
 * @example
 * inferTask({ price: [10.5, 20, 12], kind: ['a', 'b', 'a'] }, 'price'); // 'regression'
 * inferTask({ price: [10.5, 20, 12], kind: ['a', 'b', 'a'] }, 'kind'); // 'classification'
 * @category Tables
 */
export function inferTask(table: Table, target: string): 'classification' | 'regression' {
  const where = 'inferTask';
  const open = openTable(where, table);
  const [name] = readTargetNames(where, open, target);
  const values = open.column(name);
  const different = new Set<number>();
  let count = 0;
  for (let row = 0; row < open.rows; row++) {
    const value = values[row];
    if (isMissing(value)) continue;
    const number = numberOf(value);
    if (number === undefined) return 'classification';
    if (!Number.isInteger(number)) return 'regression';
    count += 1;
    if (different.size <= MOST_CLASSES) different.add(number);
  }
  const classes = different.size <= MOST_CLASSES && different.size * ROWS_OF_CLASS <= count;
  return classes ? 'classification' : 'regression';
}
