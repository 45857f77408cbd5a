/** Decides how each column of a table is read: as it was in training, as somebody chose, or as its values look. */
import type { DuckDBConnection } from '@duckdb/node-api';
import { heldText } from './conversion.js';
import { detect, type DetectOptions } from './detect.js';
import type { LocalFile } from './local-file.js';
import { placeOf } from './place.js';
import { optionText } from '../terminal/arguments.js';
import { list } from './sql.js';
import type { ColumnReading, Form, Reading } from './reading.js';
import type { HeldColumn, Relation } from './relation.js';
import type { Source } from './source.js';

/** What is known of the columns. */
export interface Wanted {
  /** Kinds that somebody chose. Columns that are dropped are not looked at. Names that are not there do not count. */
  readonly kinds?: Readonly<Record<string, 'number' | 'boolean' | 'date' | 'category' | 'drop'>> | undefined;
  /** Columns to be predicted. The words of a single one are its labels. */
  readonly targets?: readonly string[] | undefined;
  /** How the table of a training was read: the same columns are read so again. */
  readonly reading?: Reading | undefined;
  /** The only columns to be read; all by default. */
  readonly only?: readonly string[] | undefined;
  /** Whether the texts of all columns are wanted as well. */
  readonly texts?: boolean | undefined;
}

/** The rows whose texts are looked at. */
export interface LookedAt {
  readonly source: Source;
  readonly file: LocalFile;
  readonly relation: Relation;
  readonly sampled: string;
  readonly read: readonly HeldColumn[];
}

/** Decides how each column is read: as it was before, as was chosen, or as its values look. */
export async function readingsOf(
  connection: DuckDBConnection,
  { source, file, relation, sampled, read }: LookedAt,
  { missing, decimal, dateFormat }: Pick<DetectOptions, 'missing' | 'decimal' | 'dateFormat'>,
  { kinds = {}, targets = [], reading: saved }: Wanted,
): Promise<{ readonly readings: Map<string, ColumnReading>; readonly notes: string[] }> {
  const isCsv = relation.dialect !== undefined;
  const chosen = (name: string): string | undefined => (Object.hasOwn(kinds, name) ? kinds[name] : undefined);
  const known = ({ name, held }: HeldColumn): ColumnReading | undefined => {
    const before = saved?.columns.get(name);
    if (before?.form !== 'date' || held !== 'text') return before;
    // A table without texts, such as a Parquet file, does not say how the dates of others are written.
    const format = dateFormat ?? before.format;
    return format === undefined ? undefined : { form: 'date', format };
  };
  const looked = read.filter(
    (column) => column.held === 'text' && chosen(column.name) !== 'drop' && known(column) === undefined,
  );
  const options: DetectOptions = {
    isCsv,
    decimal,
    missing,
    dateFormat,
    labels: new Set(targets.length === 1 ? targets : []),
    onlyDates: new Set(
      saved === undefined ? [] : [...saved.columns].flatMap(([name, { form }]) => (form === 'date' ? [name] : [])),
    ),
  };
  const detected = await detect(connection, sampled, looked, options);
  const readings = new Map<string, ColumnReading>();
  const notes = [...detected.notes];
  for (const column of read) {
    const { name, held } = column;
    const found = detected.readings.get(name) ?? { form: held };
    readings.set(
      name,
      known(column) ?? choose(chosen(name), found, detected.nearMisses.find((near) => near.column === column)?.reading),
    );
  }
  if (dateFormat !== undefined && ![...readings.values()].some(({ format }) => format === dateFormat)) {
    notes.push(`no column has dates of the format ${dateFormat} in all of its rows.`);
  }
  if (saved === undefined) notes.push(...(await missingTargets(connection, sampled, read, targets, missing)));
  if (saved === undefined) await takeWords(connection, sampled, read, targets, readings);
  for (const { column, reading, others, present, condition } of detected.nearMisses) {
    const { name, sql } = column;
    if (chosen(name) !== undefined) continue;
    const [row, example] = await firstOf(connection, sampled, sql, condition);
    if (/^\d+$/.test(example)) continue;
    const place = await placeOf(source, file, relation, row);
    notes.push(
      `column ${name} is text: ${others} of ${present} values are no ${heldText(reading.form)}, such as ${JSON.stringify(example)} in ${place}. If they mean missing values: ${optionText('--missing', example)} Otherwise correct them, or say what the column is by --columns.`,
    );
  }
  return { readings, notes };
}

/** Says which words of a target are taken as missing: None may be a class. */
async function missingTargets(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly HeldColumn[],
  targets: readonly string[],
  missing: readonly string[],
): Promise<string[]> {
  const notes: string[] = [];
  for (const { name, held, sql } of columns) {
    if (held !== 'text' || !targets.includes(name)) continue;
    const word = `trim(${sql})`;
    const isWord = `list_contains(${list(missing)}, ${word}) AND ${word} <> '' AND lower(${word}) NOT LIKE '%nan'`;
    const query = `SELECT ${word}, count(*) FROM ${rows} WHERE ${isWord} GROUP BY 1 ORDER BY 2 DESC, 1`;
    const found = (await connection.runAndReadAll(query)).getRows();
    if (found.length === 0) continue;
    const counts = found.map(([word, count]) => `${JSON.stringify(word)} in ${String(count)} rows`);
    notes.push(`target ${name}: ${counts.join(', ')} means that it is missing. If it is a value: --missing "".`);
  }
  return notes;
}

/** Truth values that are predicted are printed in the words of the table. */
async function takeWords(
  connection: DuckDBConnection,
  rows: string,
  columns: readonly HeldColumn[],
  targets: readonly string[],
  readings: Map<string, ColumnReading>,
): Promise<void> {
  for (const { name, sql } of columns) {
    const reading = readings.get(name);
    if (!targets.includes(name) || reading?.words === undefined) continue;
    const query = `SELECT DISTINCT trim(${sql}) FROM ${rows} WHERE ${sql} IS NOT NULL ORDER BY 1`;
    const found = (await connection.runAndReadAll(query)).getRows().map(([value]) => String(value));
    const written = reading.words.map((word) => found.filter((value) => value.toLowerCase() === word));
    const [[no], [yes]] = written;
    if (written.every(({ length }) => length === 1)) readings.set(name, { ...reading, words: [no, yes] });
  }
}

/** How a column is read that somebody chose a kind for. */
function choose(kind: string | undefined, found: ColumnReading, near: ColumnReading | undefined): ColumnReading {
  if (kind === undefined || kind === found.form) return found;
  if (kind === 'drop') return { form: 'text' };
  if (kind === 'category') return { form: 'text', ...(found.form === 'number' && { numeric: true }) };
  // Numbers may be times in milliseconds, and times of the day are numbers already.
  if (kind === 'date' && found.form === 'number') return found;
  if (kind === 'number' && found.form === 'time') return found;
  return near?.form === kind ? near : { form: kind as Form };
}

/** A name unlike those of columns. */
const ROW = '"\u0001row"';

/** The first row, counted from 1, whose text fulfils a condition. */
async function firstOf(
  connection: DuckDBConnection,
  rows: string,
  sql: string,
  condition: string,
): Promise<[number, string]> {
  const numbered = `SELECT row_number() OVER () AS ${ROW}, * FROM ${rows}`;
  const query = `SELECT ${ROW}, ${sql} FROM (${numbered}) WHERE ${condition} ORDER BY 1 LIMIT 1`;
  const [row, value] = (await connection.runAndReadAll(query)).getRows()[0];
  return [Number(row), String(value)];
}
