/** Values of options: checked and converted before anything runs. */
import { usageFailure } from '../failure.js';
import type { ReaderOptions } from '../reading/reader.js';
import { TABLE_FORMATS, type TableFormat } from '../reading/source.js';
import { nearest } from '../terminal/nearest.js';
import { CHOICES, type Choice } from '../training/data.js';
import { TASKS, type Task } from '../training/target.js';

/**
 * Texts between commas, appended to those of the same option before. A text that has commas, or blanks around it, is in
 * double quotes; a quote in it is written twice.
 */
export const listOption = (value: string, before: readonly string[] = []): string[] => [
  ...before,
  ...splitList(value).map(unquoted),
];

/** Divides a text at commas that are not between quotes. */
function splitList(value: string): string[] {
  const items: string[] = [''];
  let quoted = false;
  for (const char of value) {
    if (char === '"') quoted = !quoted;
    if (char === ',' && !quoted) items.push('');
    else items[items.length - 1] += char;
  }
  if (quoted) throw usageFailure(`A double quote is not closed in ${value}. In a text in quotes, write "" for one.`);
  return items.map((item) => item.trim());
}

const unquoted = (item: string): string => (/^".*"$/s.test(item) ? item.slice(1, -1).replaceAll('""', '"') : item);

/** Options of a table, for every command that reads one. */
export interface TableOptions extends ReaderOptions {
  readonly sql?: string | undefined;
  readonly format?: TableFormat | undefined;
}

export const TABLE_OPTIONS = [
  ['--sql <query>', 'read the result of a query instead of a file'],
  ['--format <format>', `format of the table: ${TABLE_FORMATS.join(', ')}`, formatOption],
  ['--missing <texts>', 'texts that mean a missing value: -,none', listOption],
  ['--header', 'the first line of the CSV has names, though it does not look so'],
  ['--no-header', 'the first line of the CSV is data, columns are column0, …'],
  ['--delimiter <char>', 'what is between the values of the CSV: ";", tab, …', delimiterOption],
  ['--decimal <char>', 'what is before the fraction of numbers: "," (default: .)', decimalOption],
  ['--date-format <format>', 'format of dates: %d/%m/%Y', dateFormatOption],
  ['--encoding <name>', 'encoding of the text: latin1, utf-16, … (default: utf-8)', encodingOption],
] as const;

/** How lists are written and tables are read: for the help of every command that reads one. */
export const TABLE_NOTES: readonly string[] = [
  'Lists are separated by commas, or the option is repeated. A name with commas is written in double quotes, which the shell has to leave: -t \'"Price, net"\'.',
];

/** How a command reads a table. */
export const readerOptions = ({
  missing,
  header,
  delimiter,
  decimal,
  dateFormat,
  encoding,
}: TableOptions): ReaderOptions => ({ missing, header, delimiter, decimal, dateFormat, encoding });

function delimiterOption(value: string): string {
  if (value === 'tab' || value === '\\t') return '\t';
  if (value.length === 1 && !/["\r\n\w]/.test(value)) return value;
  throw usageFailure(`--delimiter expected one character, such as ";", or tab, got ${JSON.stringify(value)}.`);
}

function decimalOption(value: string): ',' | '.' {
  if (value === ',' || value === '.') return value;
  throw usageFailure(`--decimal expected "," or ".", got ${JSON.stringify(value)}.`);
}

function dateFormatOption(value: string): string {
  const parts = value.match(/%[a-zA-Z%]/g) ?? [];
  const has = (letters: string): boolean => parts.some((part) => letters.includes(part[1]));
  if (has('Yy') && ((has('mbB') && has('d')) || has('j'))) return value;
  throw usageFailure(
    `--date-format expected a format with year, month and day, such as %d/%m/%Y or %b %d %Y, got ${JSON.stringify(value)}.`,
  );
}

function encodingOption(value: string): string {
  try {
    return new TextDecoder(value).encoding;
  } catch {
    throw usageFailure(`--encoding expected the name of an encoding, such as latin1 or utf-16, got ${value}.`);
  }
}

export function integerOption(name: string, least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isSafeInteger(number) && number >= least && number <= most) return number;
    const range = most === Number.MAX_SAFE_INTEGER ? `from ${least} on` : `from ${least} to ${most}`;
    throw usageFailure(`${name} expected an integer ${range}, got ${value}.`);
  };
}

export function numberOption(name: string, least: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isFinite(number) && number >= least) return number;
    throw usageFailure(`${name} expected a number from ${least} on, got ${value}.`);
  };
}

/** Units of hidden layers: 64,32. */
export function layersOption(value: string): number[] {
  return value.split(',').map((item) => integerOption('--hidden', 1)(item.trim()));
}

function oneOf<T extends string>(name: string, values: readonly T[], value: string): T {
  const found = values.find((known) => known === value);
  if (found !== undefined) return found;
  const similar = nearest(value, values);
  throw usageFailure(
    `${name} expected one of ${values.join(', ')}, got ${value}.${similar === undefined ? '' : ` Did you mean ${similar}?`}`,
  );
}

export const taskOption = (value: string): Task => oneOf('--task', TASKS, value);

function formatOption(value: string): TableFormat {
  return oneOf('--format', TABLE_FORMATS, value);
}

/** Kinds of columns: zip=category,id=drop, added to those of the same option before. */
export function columnsOption(value: string, before?: Readonly<Record<string, Choice>>): Record<string, Choice> {
  const chosen = Object.assign(Object.create(null) as Record<string, Choice>, before);
  for (const item of splitList(value)) {
    const at = item.lastIndexOf('=');
    if (at < 1) throw usageFailure(`--columns expected name=kind, such as zip=category, got ${item}.`);
    const name = unquoted(item.slice(0, at).trim());
    chosen[name] = oneOf(`--columns ${name}`, CHOICES, item.slice(at + 1).trim());
  }
  return chosen;
}

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600 };

/** A time in seconds: 90s, 5m, 1h. */
export function durationOption(name: string): (value: string) => number {
  return (value) => {
    const [, number, unit = 's'] = /^(\d+(?:\.\d+)?)\s*(s|m|min|h)?$/.exec(value) ?? [];
    if (number === undefined || Number(number) === 0)
      throw usageFailure(`${name} expected a duration, such as 90s, 5m or 1h, got ${value}.`);
    return Number(number) * SECONDS[unit];
  };
}

const BYTES: Readonly<Record<string, number>> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9 };

/** A size in bytes: 20KB, 1MB. */
export function bytesOption(name: string): (value: string) => number {
  return (value) => {
    const [, number, unit = 'B'] = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB)?$/i.exec(value) ?? [];
    if (number === undefined || Number(number) === 0)
      throw usageFailure(`${name} expected a size, such as 20KB or 1MB, got ${value}.`);
    return Number(number) * BYTES[unit.toUpperCase()];
  };
}
