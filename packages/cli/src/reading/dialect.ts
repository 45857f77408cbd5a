/**
 * How a CSV is written: what is between its values, where its table begins, and whether its first line has names. Found
 * out from its first megabyte. A file of which a line has more or fewer values than the first one is still such a file:
 * reading it then fails at that line, instead of making one column of all.
 */
import { usageFailure } from '../failure.js';

export interface Dialect {
  readonly delimiter: string;
  readonly escape: '"' | '\\';
  /** Lines before the table. */
  readonly skip: number;
  readonly header: boolean;
  /** Names of the columns, all different. */
  readonly names: readonly string[];
  /** Sentences that somebody should read. */
  readonly notes: readonly string[];
}

export interface DialectOptions {
  readonly delimiter?: string | undefined;
  readonly header?: boolean | undefined;
  /** Columns that have to be there: if the first line has them, it has names. */
  readonly expected?: readonly string[] | undefined;
  /** Texts that mean a missing value. */
  readonly missing: readonly string[];
}

const DELIMITERS: readonly string[] = [',', ';', '\t', '|'];
/** Records that are looked at. */
const MOST_RECORDS = 1000;
/** Lines that may stand before a table. */
const MOST_SKIPPED = 20;

/** Finds out how a CSV is written. `head` is its beginning, `isAll` whether that is all of it. */
export function dialectOf(name: string, head: string, isAll: boolean, options: DialectOptions): Dialect {
  const escape = /[^\\]\\"(?!,|;|\t|\||\r|\n|$)/.test(head) && !/[^\\]""./.test(head) ? '\\' : '"';
  const candidates = options.delimiter === undefined ? DELIMITERS : [options.delimiter];
  let best: { readonly delimiter: string; readonly records: Split[]; readonly score: number } | undefined;
  for (const delimiter of candidates) {
    const records = splitRecords(head, delimiter, escape, isAll);
    const score = evenness(records);
    if (best === undefined || score > best.score) best = { delimiter, records, score };
  }
  const { delimiter, records } = best!;
  if (records.length === 0) throw usageFailure(`${name} has no rows.`);
  const width = commonWidth(records);
  const first = records.findIndex(({ cells }) => cells.length > 1);
  const skipped = width > 1 && first > 0 && first <= MOST_SKIPPED ? first : 0;
  const [top, ...rest] = records.slice(skipped);
  const cells = top.cells.map((cell) => cell.trim());
  const header =
    options.header ??
    (options.expected?.every((column) => cells.includes(column)) || hasNames(cells, rest, options.missing));
  const names = namesOf(header ? cells : cells.map(() => ''));
  const notes: string[] = [];
  if (top.line > 0)
    notes.push(
      `${name}: the first ${top.line === 1 ? 'line is' : `${top.line} lines are`} left out, since the table begins below.`,
    );
  if (names.length === 1 && /\S[ :^~]\S/.test(cells[0]) && options.delimiter === undefined) {
    notes.push(
      `${name} has one column, ${JSON.stringify(cells[0])}. If its values are divided by something else: --delimiter " "`,
    );
  }
  return { delimiter, escape, skip: top.line, header, names, notes };
}

interface Split {
  readonly cells: readonly string[];
  /** Lines before it. */
  readonly line: number;
}

/** Records of a text, but for empty lines, and for the last one if more text follows. */
function splitRecords(head: string, delimiter: string, escape: string, isAll: boolean): Split[] {
  const records: Split[] = [];
  let cells: string[] = [];
  let [cell, line, start, quoted, wasQuoted] = ['', 0, 0, false, false];
  const end = (): void => {
    cells.push(cell);
    if (cells.length > 1 || cell !== '' || wasQuoted) records.push({ cells, line: start });
    [cells, cell, wasQuoted] = [[], '', false];
  };
  for (let at = 0; at < head.length && records.length < MOST_RECORDS; at++) {
    const char = head[at];
    const isBreak = char === '\n' || (char === '\r' && head[at + 1] !== '\n');
    if (isBreak) line += 1;
    if (quoted) {
      if (char === escape && head[at + 1] === '"') {
        cell += '"';
        at += 1;
      } else if (char === '"') quoted = false;
      else cell += char;
    } else if (char === '"' && cell === '') {
      quoted = true;
      wasQuoted = true;
    } else if (char === delimiter) {
      cells.push(cell);
      cell = '';
    } else if (isBreak) {
      end();
      start = line;
    } else if (char !== '\r') cell += char;
  }
  if (isAll && records.length < MOST_RECORDS && (cell !== '' || cells.length > 0)) end();
  return records;
}

function commonWidth(records: readonly Split[]): number {
  const counts = new Map<number, number>();
  for (const { cells } of records) counts.set(cells.length, (counts.get(cells.length) ?? 0) + 1);
  return [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [1, 0])[0];
}

/** How well a delimiter divides the records: the share of those with the most frequent width, 0 for a width of one. */
function evenness(records: readonly Split[]): number {
  const width = commonWidth(records);
  if (width < 2) return 0;
  return records.filter(({ cells }) => cells.length === width).length / records.length;
}

const NUMBER = /^[+-]?(\d[\d.,]*|\.\d+)(e[+-]?\d+)?%?$/i;
const DAY_OR_TIME = /^\d{1,4}[-/.:]\d{1,2}([-/.:]\d{1,4})?([T ].*)?$/;
const isTyped = (cell: string): boolean => NUMBER.test(cell) || DAY_OR_TIME.test(cell);

/**
 * Whether the first record has names: unless it has the same kinds of values as the others. If all values are text,
 * nothing tells, and it has.
 */
function hasNames(first: readonly string[], rest: readonly Split[], missing: readonly string[]): boolean {
  if (rest.length === 0) return !first.some(isTyped);
  let typed = false;
  for (const [column, name] of first.entries()) {
    const cells = rest.map(({ cells: all }) => all[column]?.trim() ?? '').filter((cell) => !missing.includes(cell));
    if (cells.length === 0 || !cells.every(isTyped)) continue;
    if (!missing.includes(name) && !isTyped(name)) return true;
    typed = true;
  }
  return !typed;
}

/** Names without blanks around them, `column0` where there is none, and `a_1` for the second `a`. */
function namesOf(cells: readonly string[]): string[] {
  const taken = new Set<string>();
  for (const [at, cell] of cells.entries()) {
    const plain = cell === '' ? `column${at}` : cell;
    let name = plain;
    for (let again = 1; taken.has(name); again++) name = `${plain}_${again}`;
    taken.add(name);
  }
  return [...taken];
}
