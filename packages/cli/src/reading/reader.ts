/**
 * Reads tables by DuckDB: CSV, TSV, JSON, Parquet and SQL become columns of numbers, truth values, dates and text, a
 * chunk of rows at a time, in the order of the file, as often as wanted. `source.ts` says which table, `relation.ts`
 * what DuckDB holds, `decide.ts` how it is read, `conversion.ts` how it becomes values.
 */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Failure } from '../failure.js';
import { conversionOf, expectedText, heldText, numericText, type Conversion } from './conversion.js';
import { readingsOf, type Wanted } from './decide.js';
import { explained } from './explained.js';
import { looksLikeCommaNumber } from './forms.js';
import { localFile, type LocalFile } from './local-file.js';
import { placeOf } from './place.js';
import { missingTexts, type ColumnReading, type Form, type Reading } from './reading.js';
import type { HeldColumn, Relation } from './relation.js';
import { optionText } from '../terminal/arguments.js';
import { text } from './sql.js';
import type { Source } from './source.js';

/** What the values of a column are: numbers, truth values, milliseconds since 1970 in UTC, or text. */
export type ReadKind = 'number' | 'boolean' | 'date' | 'text';

export interface ReadColumn {
  readonly name: string;
  readonly kind: ReadKind;
  readonly reading: ColumnReading;
}

/** A value; null where it is missing. */
export type ReadCell = number | boolean | string | null;

/** Rows as columns by name. */
export interface Chunk {
  readonly rows: number;
  readonly columns: Record<string, ReadCell[]>;
  /** The texts of all columns as the table has them, in their order, where they are wanted. */
  readonly texts: readonly (readonly (string | null)[])[];
}

/** How tables are read, as options of a command say it. */
export interface ReaderOptions {
  /** Texts that mean a missing value, besides none at all. Default those of pandas. */
  readonly missing?: readonly string[] | undefined;
  /** Whether the first line of a CSV has names; found out by default. */
  readonly header?: boolean | undefined;
  /** What is between the values of a CSV; found out by default. */
  readonly delimiter?: string | undefined;
  /** What is before the fraction of a number; a point by default. */
  readonly decimal?: ',' | '.' | undefined;
  /** Format of dates as strptime has it, such as %d/%m/%Y; found out by default. */
  readonly dateFormat?: string | undefined;
  /** Encoding of a text; UTF-8, or UTF-16 if its beginning says so, by default. */
  readonly encoding?: string | undefined;
}

/** Rows of which the texts of a table are looked at: all of a file up to this many bytes. */
const SAMPLE_ALL_BYTES = 64 * 2 ** 20;
const SAMPLE_ROWS = 204_800;

/**
 * Limits of DuckDB's own memory: joins and wide tables need room, large files are streamed in little. Chunks that were
 * handed over do not count, so that a process needs more.
 */
const [ROOM, LITTLE_ROOM] = ['512MB', '100MB'];
const LARGE_BYTES = 200e6;

const settingsFor = (source: Source, folder: string): Record<string, string> => ({
  // Where joins and orders go that are larger than the limit; by default the folder of the user.
  temp_directory: join(folder, 'duckdb'),
  memory_limit: source.kind === 'file' && statSync(source.path).size > LARGE_BYTES ? LITTLE_ROOM : ROOM,
  threads: '2',
  preserve_insertion_order: 'true',
});

interface PlannedColumn extends ReadColumn {
  readonly column: HeldColumn;
  readonly conversion: Conversion;
}

/** An open table. */
export class TableReader {
  private constructor(
    readonly source: Source,
    readonly columns: readonly PlannedColumn[],
    /** How it is read, to be saved with a model. */
    readonly reading: Reading,
    /** Sentences about the reading that somebody should know. */
    readonly notes: readonly string[],
    private readonly query: string,
    private readonly file: LocalFile,
    private readonly relation: Relation,
    private readonly missing: ReadonlySet<string>,
    /** Columns that are read as in a training. */
    private readonly trained: ReadonlySet<string>,
    private readonly connection: DuckDBConnection,
    private readonly instance: DuckDBInstance,
  ) {}

  /**
   * Opens a table and finds out what its columns are. Standard input is copied to a temporary file first, since tables
   * are read more than once.
   * @throws Failure for what cannot be read, with the reason, and for columns that are not what the reading says.
   */
  static async open(source: Source, options: ReaderOptions = {}, wanted: Wanted = {}): Promise<TableReader> {
    const { reading: saved, targets = [] } = wanted;
    const missing = missingTexts(options.missing ?? saved?.missing);
    const decimal = (options.decimal ?? saved?.decimal) === ',' ? (',' as const) : undefined;
    const header = options.header ?? saved?.header;
    const delimiter = options.delimiter ?? saved?.delimiter;
    const file = await localFile(source, options.encoding);
    let instance: DuckDBInstance | undefined;
    try {
      // Loaded here, since help and mistyped commands need neither, and DuckDB takes longer to load than all else.
      const duckdb = await import('@duckdb/node-api');
      const { isSmall, relationOf } = await import('./relation.js');
      instance = await duckdb.DuckDBInstance.create(':memory:', settingsFor(source, file.folder));
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      const expected = targets.length > 0 ? targets : (wanted.only ?? []);
      const relation = await explained(source, () =>
        relationOf(connection, source, file.path, {
          header,
          delimiter,
          missing,
          ...(expected.length > 0 && { expected }),
        }),
      );
      const read = relation.columns.filter(({ name }) => wanted.only?.includes(name) ?? true);
      const sampled = isSmall(file.path, SAMPLE_ALL_BYTES)
        ? relation.from
        : `(SELECT * FROM ${relation.from} LIMIT ${SAMPLE_ROWS})`;
      const csv = { path: file.path, dialect: relation.dialect };
      const rows = { source, file, relation, sampled, read };
      const text = { missing, decimal, dateFormat: options.dateFormat };
      const { readings, notes } = await explained(source, () => readingsOf(connection, rows, text, wanted), csv);
      const columns = read.map((column): PlannedColumn => {
        const reading = readings.get(column.name)!;
        const conversion = conversionOf(column, reading, { missing, decimal });
        if (conversion === undefined) {
          throw new Failure(
            `Column ${column.name} of ${source.name} holds ${heldText(column.held)}. It is expected to hold ${heldText(reading.form)}${saved?.columns.has(column.name) ? ', as in the table that the model was trained on' : ''}.`,
          );
        }
        const kind = reading.form === 'time' ? 'number' : reading.form;
        return { name: column.name, kind, reading, column, conversion };
      });
      const reading: Reading = {
        missing: options.missing ?? saved?.missing,
        decimal,
        header,
        delimiter,
        columns: new Map(columns.map(({ name, reading: own }) => [name, own])),
      };
      const query = queryOf(columns, relation, wanted.texts === true);
      return new TableReader(
        ...([
          source,
          columns,
          reading,
          [...(relation.dialect?.notes ?? []), ...notes],
          query,
          file,
          relation,
          new Set(missing),
        ] as const),
        new Set(saved?.columns.keys()),
        connection,
        instance,
      );
    } catch (error) {
      instance?.closeSync();
      file.remove();
      throw error;
    }
  }

  /**
   * Reads the rows, in the order of the file or the query, in chunks of some thousand.
   * @throws Failure for a cell that is not what its column is, by name and place.
   */
  async *chunks(): AsyncGenerator<Chunk> {
    const { columns: planned, source, missing } = this;
    const csv = { path: this.file.path, dialect: this.relation.dialect };
    const result = await explained(source, () => this.connection.stream(this.query), csv);
    let before = 0;
    for (;;) {
      const chunk = await explained(source, () => result.fetchChunk(), csv);
      if (chunk === null || chunk.rowCount === 0) return;
      const bad = chunk.getColumnValues(0) as (string | null)[];
      const first = bad.findIndex((cell) => cell !== null);
      if (first !== -1) await this.refuse(bad[first]!, before + first);
      const columns: Record<string, ReadCell[]> = Object.create(null) as Record<string, ReadCell[]>;
      for (const [at, { name, kind, reading }] of planned.entries()) {
        const values = chunk.getColumnValues(1 + at) as ReadCell[];
        columns[name] = kind === 'text' ? textsOf(values as (string | null)[], reading, missing) : values;
      }
      const texts: (string | null)[][] = [];
      for (let at = 1 + planned.length; at < chunk.columnCount; at++) {
        texts.push(chunk.getColumnValues(at) as (string | null)[]);
      }
      yield { rows: chunk.rowCount, columns, texts };
      before += chunk.rowCount;
    }
  }

  /** Reads all rows into memory, at most so many. */
  async readAll(most = Infinity): Promise<Chunk> {
    const columns = Object.create(null) as Record<string, ReadCell[]>;
    for (const { name } of this.columns) columns[name] = [];
    let rows = 0;
    for await (const chunk of this.chunks()) {
      for (const { name } of this.columns) for (const value of chunk.columns[name]) columns[name].push(value);
      rows += chunk.rows;
      if (rows >= most) break;
    }
    return { rows, columns, texts: [] };
  }

  /** All columns, also those that are not read, with what they are. */
  get all(): readonly { readonly name: string; readonly form: Form }[] {
    return this.relation.columns.map(({ name, held }) => ({
      name,
      form: this.columns.find((column) => column.name === name)?.reading.form ?? held,
    }));
  }

  /** Where a row is, counted from 0: "line 7" of a file that has lines, otherwise "row 6", counted from 1. */
  async place(row: number): Promise<string> {
    return placeOf(this.source, this.file, this.relation, row + 1);
  }

  /** Closes the table and removes temporary files. */
  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
    this.file.remove();
  }

  private async refuse(cell: string, row: number): Promise<never> {
    const { name, reading } = this.columns[Number(cell.slice(0, cell.indexOf(':')))];
    const got = cell.slice(cell.indexOf(':') + 1);
    const shown = JSON.stringify(got.length > 40 ? `${got.slice(0, 39)}…` : got);
    const isInfinite = reading.form === 'number' && /^[+-]?inf/i.test(got.trim());
    const expected = isInfinite ? 'a finite number' : expectedText(reading);
    throw new Failure(
      `${this.source.name}, ${await this.place(row)}: column ${name} expected ${expected}${this.trained.has(name) ? ', as in training' : ''}, got ${shown}. ${hintFor(reading, got)}`,
    );
  }
}

/** What somebody may do about a cell that cannot be read. */
function hintFor({ form }: ColumnReading, got: string): string {
  if (form === 'date') return 'If dates are written in another way: --date-format.';
  if (form === 'number' && looksLikeCommaNumber(got)) return 'If fractions have a comma: --decimal ,';
  return `If it means a missing value: ${optionText('--missing', got)}`;
}

/** Texts without those that mean a missing value. */
function textsOf(
  values: readonly (string | null)[],
  { numeric }: ColumnReading,
  missing: ReadonlySet<string>,
): (string | null)[] {
  return values.map((value) => {
    if (value === null || missing.has(value) || missing.has(value.trim())) return null;
    return numeric === true ? numericText(value.trim()) : value;
  });
}

/** The first column is null, or the number of a column and its text, which is not what the column is. */
function queryOf(columns: readonly PlannedColumn[], { from, columns: all }: Relation, texts: boolean): string {
  const values = columns.map(({ conversion }, at) => `${conversion.value} AS ${named(at)}`);
  const bad = columns.flatMap(({ conversion, column }, at) => {
    const condition = conversion.bad(named(at));
    return condition === undefined ? [] : [`WHEN ${condition} THEN ${text(`${at}:`)} || ${column.text}`];
  });
  const found = bad.length === 0 ? 'NULL::VARCHAR' : `CASE ${bad.join(' ')} END`;
  const kept = texts ? all.map((column) => column.text) : [];
  const selected = [found, ...columns.map((_, at) => named(at)), ...kept];
  return `SELECT ${selected.join(', ')} FROM (SELECT *, ${values.join(', ')} FROM ${from})`;
}

/** Name of a value, unlike those of columns. */
const named = (at: number): string => `"\u0001${at}"`;
