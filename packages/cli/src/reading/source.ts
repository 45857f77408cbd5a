/** Which table a command reads: a file, standard input or a query. Nothing is opened here. */
import { existsSync, statSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { usageFailure, Failure } from '../failure.js';
import { missingFile } from '../files/missing-file.js';

export type TableFormat = 'csv' | 'tsv' | 'json' | 'parquet';

/** A table to read. `name` is what messages and reports call it. */
export type Source =
  | { readonly kind: 'file'; readonly path: string; readonly format: TableFormat; readonly name: string }
  | { readonly kind: 'standardInput'; readonly format: TableFormat; readonly name: string }
  | { readonly kind: 'sql'; readonly query: string; readonly name: string };

const FORMATS: Readonly<Record<string, TableFormat>> = {
  '.csv': 'csv',
  '.txt': 'csv',
  '.data': 'csv',
  '.tsv': 'tsv',
  '.tab': 'tsv',
  '.json': 'json',
  '.jsonl': 'json',
  '.ndjson': 'json',
  '.parquet': 'parquet',
  '.pq': 'parquet',
};

export const TABLE_FORMATS: readonly TableFormat[] = ['csv', 'tsv', 'json', 'parquet'];

export interface SourceOptions {
  readonly sql?: string | undefined;
  readonly format?: TableFormat | undefined;
}

/**
 * Returns the source that the argument and the options of a command name.
 * @throws Failure if there is none, there are two, or the file does not exist.
 */
export function sourceOf(argument: string | undefined, { sql, format }: SourceOptions): Source {
  if (sql !== undefined) {
    if (argument !== undefined) throw usageFailure(`Give a file or --sql, not both: got ${argument} as well.`);
    if (sql.trim() === '')
      throw usageFailure(`--sql expected a query, such as "select * from 'data.csv' order by id".`);
    return { kind: 'sql', query: sql.trim().replace(/;$/, ''), name: 'query' };
  }
  if (argument === undefined)
    throw usageFailure('Give the table: a file (.csv, .tsv, .json, .parquet), - for standard input, or --sql.');
  if (argument === '-') return { kind: 'standardInput', format: format ?? 'csv', name: 'standard input' };
  if (!existsSync(argument)) throw missingFile(argument);
  if (statSync(argument).isDirectory()) throw new Failure(`${argument} is a folder. Give a file.`);
  if (statSync(argument).size === 0) throw new Failure(`${argument} is empty.`);
  // data.csv.gz is read as CSV.
  const plain = argument.replace(/\.(gz|zst)$/i, '');
  const known = format ?? FORMATS[extname(plain).toLowerCase()];
  if (known === undefined) {
    throw usageFailure(
      `${basename(argument)}: cannot tell its format by its name. Add --format ${TABLE_FORMATS.join('|')}.`,
    );
  }
  return { kind: 'file', path: argument, format: known, name: basename(argument) };
}

/**
 * Whether a query fixes the order of its rows, in its text outside of strings, comments and parentheses: the order of a
 * window, an aggregate or a subquery is not that of the result.
 */
export function ordersRows(query: string): boolean {
  let plain = query.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ');
  for (let before = ''; before !== plain;) {
    before = plain;
    plain = plain.replace(/\([^()]*\)/g, ' ');
  }
  return /\border\s+by\b/i.test(plain);
}
