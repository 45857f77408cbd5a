/**
 * The preprocessing of a table in the metadata of a file. The reader trusts nothing in it: every field is checked, and
 * how many there are.
 */
import { describe } from '../common/describe.js';
import { FormatError } from '../common/errors.js';
import { isRecord } from '../common/options.js';
import { Fields, type ColumnKind, type DropReason } from './columns/column.js';
import { KIND_NAMES, KINDS } from './columns/kinds.js';
import { Preprocessing, type UsedColumn } from './preprocessing.js';
import type { DroppedColumn } from './schema.js';

const REASONS: readonly DropReason[] = ['constant', 'empty', 'identifier', 'excluded'];

/** Most columns of a table. */
const MOST_COLUMNS = 65_536;

const isName = (value: unknown): boolean => typeof value === 'string';
const isColumnList = (value: unknown): boolean => Array.isArray(value) && value.length <= MOST_COLUMNS;

/** Opens the fields of an object. */
export function fieldsOfSaved(where: string, value: unknown): Fields {
  if (!isRecord(value)) throw new FormatError(`${where} expected an object, got ${describe(value)}.`);
  return new Fields(where, value);
}

/**
 * Reads what `toJSON` of a preprocessing gave.
 * @throws FormatError for anything else.
 */
export function readPreprocessing(where: string, value: unknown): Preprocessing {
  const fields = fieldsOfSaved(where, value);
  const rows = fields.count('rows');
  const names = new Set<string>();
  const named = (at: string, inner: Fields): string => {
    const name = inner.take<string>('name', 'a text', isName);
    if (names.has(name)) throw new FormatError(`${at}.name expected another than before, got ${describe(name)}.`);
    names.add(name);
    return name;
  };
  const expected = `a list of at most ${MOST_COLUMNS} columns`;
  const columns = fields.take<unknown[]>('columns', expected, isColumnList).map((saved, index): UsedColumn => {
    const at = `${where}.columns[${index}]`;
    const inner = fieldsOfSaved(at, saved);
    const name = named(at, inner);
    const kind = inner.take<ColumnKind>('kind', `one of ${KIND_NAMES.join(', ')}`, isOneOf(KIND_NAMES));
    const missing = inner.count('missing');
    const learned = fieldsOfSaved(`${at}.learned`, inner.take('learned', 'an object', isRecord));
    const column = KINDS[kind].read(name, learned);
    learned.end();
    inner.end();
    return { name, kind, missing, column };
  });
  const dropped = fields.take<unknown[]>('dropped', expected, isColumnList).map((saved, index): DroppedColumn => {
    const at = `${where}.dropped[${index}]`;
    const inner = fieldsOfSaved(at, saved);
    const name = named(at, inner);
    const reason = inner.take<DropReason>('reason', `one of ${REASONS.join(', ')}`, isOneOf(REASONS));
    inner.end();
    return { name, reason };
  });
  fields.end();
  if (columns.length === 0) throw new FormatError(`${where}.columns expected at least one, got none.`);
  return new Preprocessing(rows, columns, dropped);
}

const isOneOf =
  (names: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && names.includes(value);
