/** Where a row is, as people look it up: the line of a file that has lines, otherwise the number of the row. */
import type { Readable } from 'node:stream';
import type { Dialect } from './dialect.js';
import { textStream, type LocalFile } from './local-file.js';
import type { Relation } from './relation.js';
import type { Source } from './source.js';

const [QUOTE, NEWLINE, RETURN, OPEN_LIST] = [0x22, 0x0a, 0x0d, 0x5b];
const isBlank = (byte: number): boolean => byte === 0x20 || byte === 0x09 || byte === RETURN;

/** A record of a CSV, or an object of JSON that has lines. */
export interface RecordAt {
  /** Line where it begins, counted from 1. */
  readonly line: number;
  readonly values: number;
  /** Whether it ends within quotes, at the end of the file. */
  readonly isOpen: boolean;
}

/** How a file has its records. */
export interface RecordForm extends Pick<Dialect, 'delimiter' | 'escape'> {
  /** Whether quotes hold line ends and delimiters together: not in JSON. */
  readonly quotes: boolean;
}

/**
 * Finds a record that fulfils a condition. Lines without any value are no records.
 * @returns undefined if there is none.
 */
export async function findRecord(
  bytes: Readable,
  { delimiter, escape, quotes }: RecordForm,
  condition: (record: RecordAt) => boolean,
): Promise<RecordAt | undefined> {
  const [delimiterByte, escapeByte] = [delimiter.charCodeAt(0), escape.charCodeAt(0)];
  let [line, start, values, quoted, isEmpty, before] = [1, 1, 1, false, true, 0];
  let found: RecordAt | undefined;
  const end = (isOpen: boolean): boolean => {
    const record = { line: start, values, isOpen };
    if (!isEmpty && condition(record)) found = record;
    return found !== undefined;
  };
  for await (const part of bytes) {
    for (const byte of part as Buffer) {
      // A line ends by \n, \r\n or \r: at the \n, or at what follows a lone \r.
      if (byte === NEWLINE || before === RETURN) {
        if (!quoted && end(false)) return found;
        line += 1;
        if (!quoted) [start, isEmpty, values] = [line, true, 1];
      }
      if (byte === delimiterByte && !quoted) values += 1;
      // A doubled quote closes and opens at once.
      if (byte === QUOTE && quotes && (escapeByte === QUOTE || before !== escapeByte)) quoted = !quoted;
      if (byte !== NEWLINE && !isBlank(byte)) isEmpty = false;
      before = byte;
    }
  }
  return end(quoted) ? found : undefined;
}

/** The first bytes that are no blanks: JSON that is a list has no lines of rows. */
async function isList(bytes: Readable): Promise<boolean> {
  for await (const part of bytes) {
    for (const byte of part as Buffer) if (!isBlank(byte) && byte !== NEWLINE) return byte === OPEN_LIST;
  }
  return false;
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
  if (isJson && (await isList(textStream(path)))) return `row ${row}`;
  const form = { delimiter: ',', escape: '"', quotes: !isJson, ...dialect } as const;
  const [skip, wanted] = [dialect?.skip ?? 0, row + (dialect?.header === true ? 1 : 0)];
  let records = 0;
  const found = await findRecord(textStream(path), form, ({ line }) => line > skip && ++records === wanted);
  return found === undefined ? `row ${row}` : `line ${found.line}`;
}
