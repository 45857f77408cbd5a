/**
 * How the texts of a table become values: decided on the table of a training, saved with its model, and used again for
 * every table that the model predicts. So a date, a number or a missing value means the same in all of them.
 */
import { Failure } from '../failure.js';

/** What a column holds. Times are read as seconds of the day; labels and categories are text. */
export const FORMS = ['number', 'boolean', 'date', 'time', 'text'] as const;
export type Form = (typeof FORMS)[number];

export interface ColumnReading {
  readonly form: Form;
  /** Of texts that are dates: `iso`, or a format of strptime for the day, such as `%d/%m/%Y`. */
  readonly format?: string | undefined;
  /** Of texts that are truth values: the words for false and true. */
  readonly words?: readonly [string, string] | undefined;
  /** Whether texts are those of numbers, which are the same category however they are written. */
  readonly numeric?: boolean | undefined;
}

export interface Reading {
  /** Texts that mean a missing value, where they were chosen. */
  readonly missing?: readonly string[] | undefined;
  /** What stands before the fraction of a number, where it is no point. */
  readonly decimal?: ',' | undefined;
  /** Whether the first line of a CSV has names, and what is between its values, where that was chosen. */
  readonly header?: boolean | undefined;
  readonly delimiter?: string | undefined;
  readonly columns: ReadonlyMap<string, ColumnReading>;
}

/** Texts that pandas' `read_csv` takes as missing, and the `?` of the UCI repository. */
export const MISSING_TEXTS: readonly string[] = [
  ...['', '?', 'NA', '<NA>', 'N/A', 'n/a', '#N/A', '#NA', '#N/A N/A', 'NULL', 'null', 'None'],
  ...['NaN', 'nan', '-NaN', '-nan'],
];

/** Texts that mean a missing value whatever was chosen: what the library takes as missing. */
const ALWAYS_MISSING: readonly string[] = ['', 'NaN', 'nan', '-NaN', '-nan'];

export const missingTexts = (chosen: readonly string[] | undefined): readonly string[] =>
  chosen === undefined ? MISSING_TEXTS : [...new Set([...ALWAYS_MISSING, ...chosen.map((item) => item.trim())])];

const FORMAT_VERSION = 1;

/** Returns a reading as text for the file of a model. */
export function writeReading({ columns, ...rest }: Reading): string {
  return JSON.stringify({ formatVersion: FORMAT_VERSION, ...rest, columns: [...columns] });
}

/**
 * Reads what `writeReading` wrote.
 * @throws Failure for anything else.
 */
export function readReading(where: string, saved: string): Reading {
  const refuse = (what: string): never => {
    throw new Failure(`${where}: what it says of the reading of tables is damaged: ${what}.`);
  };
  let value: unknown;
  try {
    value = JSON.parse(saved);
  } catch {
    return refuse('JSON is expected');
  }
  if (!isRecord(value)) return refuse('an object is expected');
  const { formatVersion, missing, decimal, header, delimiter, columns } = value;
  if (formatVersion !== FORMAT_VERSION) {
    throw new Failure(`${where} was written by a later version of this command. Update it.`);
  }
  if (!Array.isArray(columns) || !columns.every(isColumnPair)) return refuse('columns');
  if (missing !== undefined && !(Array.isArray(missing) && missing.every(isText))) return refuse('missing');
  if (decimal !== undefined && decimal !== ',') return refuse('decimal');
  if (header !== undefined && typeof header !== 'boolean') return refuse('header');
  if (delimiter !== undefined && !isText(delimiter)) return refuse('delimiter');
  return {
    missing,
    decimal,
    header,
    delimiter,
    columns: new Map(columns as [string, ColumnReading][]),
  };
}

const isText = (value: unknown): value is string => typeof value === 'string';
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function isColumnPair(pair: unknown): boolean {
  if (!Array.isArray(pair) || pair.length !== 2 || !isText(pair[0]) || !isRecord(pair[1])) return false;
  const { form, format, words, numeric } = pair[1];
  return (
    FORMS.some((known) => known === form) &&
    (format === undefined || isText(format)) &&
    (words === undefined || (Array.isArray(words) && words.length === 2 && words.every(isText))) &&
    (numeric === undefined || typeof numeric === 'boolean')
  );
}
