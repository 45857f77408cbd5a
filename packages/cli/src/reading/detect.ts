/**
 * Finds out what the texts of columns are: numbers, truth values, times, dates, or text. A thousand values say what
 * comes into question; then all rows that are looked at are counted, and a column is what all of its texts are.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import {
  DATE_FORMS,
  dateForm,
  formatText,
  looksLikeCommaNumber,
  numberForm,
  PLAIN_TRUTH,
  swapped,
  TIME_FORM,
  TRUTH_FORMS,
  type TextForm,
} from './forms.js';
import { list } from './sql.js';
import type { HeldColumn } from './relation.js';
import type { ColumnReading } from './reading.js';

/** Values that say what a column may be. */
const SAMPLE = 1000;
/** A column is nearly something if all but one in so many of its texts are: that is worth a note. */
const NEARLY = 10;
const LEAST_FOR_NOTE = 20;

export interface DetectOptions {
  /** Whether numbers and truth values may be texts, as in a CSV. */
  readonly isCsv: boolean;
  readonly decimal: ',' | undefined;
  readonly missing: readonly string[];
  /** A format of dates that somebody chose. */
  readonly dateFormat: string | undefined;
  /** Columns whose words are labels. */
  readonly labels: ReadonlySet<string>;
  /** Columns that may be nothing but dates or text. */
  readonly onlyDates: ReadonlySet<string>;
}

/** Something that texts nearly are: an example of those that are not. */
export interface NearMiss {
  readonly column: HeldColumn;
  readonly reading: ColumnReading;
  readonly others: number;
  readonly present: number;
  /** SQL of the condition that a text is one of the others. */
  readonly condition: string;
}

export interface Detected {
  readonly readings: ReadonlyMap<string, ColumnReading>;
  readonly nearMisses: readonly NearMiss[];
  /** Sentences that somebody should read. */
  readonly notes: readonly string[];
}

/** SQL of the condition that a text is there. */
export const isThere = (sql: string, missing: readonly string[]): string =>
  `(${sql} IS NOT NULL AND NOT list_contains(${list(missing)}, trim(${sql})))`;

/** What texts may be in this table, the likeliest first. */
function formsFor(name: string, { isCsv, decimal, dateFormat, labels, onlyDates }: DetectOptions): readonly TextForm[] {
  const dates = dateFormat === undefined ? DATE_FORMS : [dateForm(dateFormat, /./), ...DATE_FORMS];
  if (onlyDates.has(name)) return dates;
  if (!isCsv) return labels.has(name) ? [] : [TIME_FORM, ...dates];
  const truth = labels.has(name) ? [PLAIN_TRUTH] : TRUTH_FORMS;
  return [numberForm(decimal), ...truth, TIME_FORM, ...dates];
}

/** Looks at the texts of columns in `rows`, a FROM clause of the rows that count. */
export async function detect(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly HeldColumn[],
  options: DetectOptions,
): Promise<Detected> {
  const samples = await samplesOf(connection, rows, columns, options.missing);
  const questions = columns.flatMap((column, at) => {
    const sample = samples[at];
    const most = sample.length / NEARLY;
    return formsFor(column.name, options)
      .filter(({ looks }) => sample.length > 0 && sample.filter((value) => !looks.test(value)).length <= most)
      .map((form) => ({ column, form }));
  });
  const counts = await countsOf(connection, rows, questions, options.missing);
  const readings = new Map<string, ColumnReading>(columns.map(({ name }) => [name, { form: 'text' }]));
  const nearMisses: NearMiss[] = [];
  const notes: string[] = [];
  for (const [at, column] of columns.entries()) {
    const { name, sql } = column;
    const asked = counts.filter((count) => count.column === column);
    const fitting = asked.filter(({ read, others }) => others === 0 && read > 0);
    const best = fitting.at(0);
    if (best !== undefined) {
      const { reading } = best.form;
      readings.set(name, reading);
      const other = reading.format === undefined ? undefined : swapped(reading.format);
      const isOpen = reading.format !== options.dateFormat && fitting.some(({ form }) => form.reading.format === other);
      if (other !== undefined && isOpen) {
        notes.push(
          `column ${name}: its dates are read as ${formatText(reading.format!)}, but ${formatText(other)} fits all of them too. If that is meant: --date-format "${other}".`,
        );
      }
      continue;
    }
    const near = asked.find(({ read, others }) => read + others >= LEAST_FOR_NOTE && others * NEARLY <= read + others);
    if (near !== undefined) {
      const { reading, value } = near.form;
      const condition = `${isThere(sql, options.missing)} AND (${value(sql)}) IS NULL`;
      nearMisses.push({ column, reading, others: near.others, present: near.read + near.others, condition });
    } else if (options.isCsv && options.decimal === undefined) {
      notes.push(...commaNotes(name, samples[at]));
    }
  }
  return { readings, nearMisses, notes };
}

/** A note about texts that are numbers with commas, if all of them are. */
function commaNotes(name: string, sample: readonly string[]): string[] {
  const example = sample.find(looksLikeCommaNumber) ?? sample.find(hasThousands);
  const isNumber = (value: string): boolean =>
    looksLikeCommaNumber(value) || hasThousands(value) || /^[+-]?\d+(?:[.]\d+)?$/.test(value);
  if (example === undefined || !sample.every(isNumber)) return [];
  const are = `column ${name} is text, such as ${example}.`;
  return [
    sample.some((value) => value.includes(',') && !hasThousands(value))
      ? `${are} If those are numbers: --decimal ,`
      : `${are} Commas between thousands are not read: --sql "select replace(…, ',', '')::double as …, …". If they are before fractions: --decimal ,`,
  ];
}

const hasThousands = (value: string): boolean => /^[+-]?\d{1,3}(?:,\d{3})+(?:[.]\d+)?$/.test(value);

/** Up to a thousand texts that are there, of each column. */
async function samplesOf(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly HeldColumn[],
  missing: readonly string[],
): Promise<string[][]> {
  if (columns.length === 0) return [];
  const selected = columns.map(({ sql }) => sql).join(', ');
  const reader = await connection.runAndReadAll(`SELECT ${selected} FROM ${rows} LIMIT ${SAMPLE}`);
  const first = reader.getColumns() as (string | null)[][];
  const present = (values: readonly (string | null)[] = []): string[] =>
    values.flatMap((value) => (value === null || missing.includes(value.trim()) ? [] : [value.trim()]));
  const samples = columns.map((_, at) => present(first[at]));
  const empty = columns.flatMap((column, at) => (samples[at].length === 0 ? [{ column, at }] : []));
  if (empty.length === 0) return samples;
  // Columns whose first values come late, of which there are few: each is looked up by itself.
  const found = empty.map(({ column: { sql } }) => `count(*) FILTER (${isThere(sql, missing)})`);
  const counts = (await connection.runAndReadAll(`SELECT ${found.join(', ')} FROM ${rows}`)).getRows()[0].map(Number);
  for (const [
    index,
    {
      column: { sql },
      at,
    },
  ] of empty.entries()) {
    if (counts[index] === 0) continue;
    const query = `SELECT ${sql} FROM ${rows} WHERE ${isThere(sql, missing)} LIMIT ${SAMPLE}`;
    samples[at] = present(((await connection.runAndReadAll(query)).getColumns() as (string | null)[][])[0]);
  }
  return samples;
}

interface Question {
  readonly column: HeldColumn;
  readonly form: TextForm;
}

/** Questions of one query: what DuckDB needs to plan one grows with their square. */
const TOGETHER = 64;

/** Counts the texts that a form reads, and the others that are there. */
async function countsOf(
  connection: DuckDBConnection,
  rows: string,
  questions: readonly Question[],
  missing: readonly string[],
): Promise<(Question & { readonly read: number; readonly others: number })[]> {
  const answers: (Question & { readonly read: number; readonly others: number })[] = [];
  for (let first = 0; first < questions.length; first += TOGETHER) {
    const some = questions.slice(first, first + TOGETHER);
    const values = some.map(({ column: { sql }, form }, at) => `${form.value(sql)} AS "v${at}", ${sql} AS "t${at}"`);
    const counted = some.map(
      (_, at) => `count("v${at}"), count(CASE WHEN "v${at}" IS NULL AND ${isThere(`"t${at}"`, missing)} THEN 1 END)`,
    );
    const reader = await connection.runAndReadAll(
      `SELECT ${counted.join(', ')} FROM (SELECT ${values.join(', ')} FROM ${rows})`,
    );
    const counts = reader.getRows()[0].map(Number);
    for (const [at, question] of some.entries()) {
      answers.push({ ...question, read: counts[2 * at], others: counts[2 * at + 1] });
    }
  }
  return answers;
}
