/** Where a row is, as people look it up: the line of a file that has lines, otherwise the number of the row. */
import type { Readable } from 'node:stream';
import { textStream, type LocalFile } from './local-file.js';
import type { Relation } from './relation.js';
import type { Source } from './source.js';

/** How a file has its rows: CSV from its first record on, or JSON. */
export interface RowLines {
  readonly format: 'csv' | 'json';
  /** Lines before the first record, and whether that has names. */
  readonly skip: number;
  readonly header: boolean;
}

const [QUOTE, NEWLINE, RETURN] = [0x22, 0x0a, 0x0d];
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === RETURN;

/**
 * Finds the line of a row, both counted from 1. Lines without any value are no rows; texts in quotes may have several.
 * @returns undefined for a JSON file that is one list, and for a row that is not there.
 */
export async function lineOf(
  bytes: Readable,
  { format, skip, header }: RowLines,
  row: number,
): Promise<number | undefined> {
  const wanted = row + (header ? 1 : 0);
  let [line, start, quoted, isEmpty, records, isFirst, before] = [1, 1, false, true, 0, true, 0];
  const found = (): boolean => !isEmpty && start > skip && ++records === wanted;
  for await (const part of bytes) {
    for (const byte of part as Buffer) {
      if (format === 'json' && isFirst && !isBlank(byte) && byte !== NEWLINE) {
        if (byte === 0x5b) return undefined;
        isFirst = false;
      }
      // A line ends by \n, \r\n or \r: at the \n, or at what follows a lone \r.
      if (byte === NEWLINE || before === RETURN) {
        if (!quoted && found()) return start;
        line += 1;
        if (!quoted) [start, isEmpty] = [line, true];
      }
      // No line of JSON ends within a text.
      if (byte === QUOTE && format === 'csv') quoted = !quoted;
      if (byte !== NEWLINE && !isBlank(byte)) isEmpty = false;
      before = byte;
    }
  }
  return found() ? start : undefined;
}

/** Where a row is, counted from 1. */
export async function placeOf(
  source: Source,
  { path }: LocalFile,
  { dialect }: Relation,
  row: number,
): Promise<string> {
  const isJson = source.kind !== 'sql' && source.format === 'json';
  if (path === undefined || (dialect === undefined && !isJson)) return `row ${row}`;
  const lines = { format: isJson ? 'json' : 'csv', skip: 0, header: false, ...dialect } as const;
  const line = await lineOf(textStream(path), lines, row);
  return line === undefined ? `row ${row}` : `line ${line}`;
}
