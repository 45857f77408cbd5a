/**
 * Reads tables by DuckDB: CSV, TSV, JSON, Parquet and SQL become columns of numbers, truth values, dates and text, a
 * chunk of rows at a time, in the order of the file, as often as wanted. `source.ts` says which table.
 */
import { createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DuckDBInstance, type DuckDBConnection, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { Failure } from '../failure.js';
import type { Source } from './source.js';

/** What the values of a column are: numbers, truth values, milliseconds since 1970 in UTC, or text. */
export type ReadKind = 'number' | 'boolean' | 'date' | 'text';

export interface ReadColumn {
  readonly name: string;
  readonly kind: ReadKind;
  /** The type as DuckDB calls it, for people. */
  readonly type: string;
}

/** A value; null where it is missing. */
export type ReadCell = number | boolean | string | null;

/** Rows as columns by name. */
export interface Chunk {
  readonly rows: number;
  readonly columns: Record<string, ReadCell[]>;
}

export interface ReaderOptions {
  /** Texts that mean a missing value in CSV and TSV, besides none at all. */
  readonly missing?: readonly string[] | undefined;
  /** Columns that are read as text, whatever they look like, so that 007 stays 007. Those that are not there do not count. */
  readonly text?: readonly string[] | undefined;
  /** Whether the first line of a CSV has names; found out by default. */
  readonly header?: boolean | undefined;
}

/** Texts that pandas' `read_csv` takes as missing, and the `?` of the UCI repository. */
const MISSING_TEXTS: readonly string[] = [
  ...[
    '',
    '?',
    'NA',
    '<NA>',
    'N/A',
    'n/a',
    '#N/A',
    '#NA',
    '#N/A N/A',
    'NULL',
    'null',
    'None',
    'NaN',
    'nan',
    '-NaN',
    '-nan',
  ],
];

/**
 * Rows of which the types of a CSV are inferred: all of a file up to this many bytes, otherwise DuckDB's default of the
 * first 20,480 rows times ten.
 */
const SAMPLE_ALL_BYTES = 64 * 2 ** 20;
const SAMPLE_ROWS = 204_800;

/**
 * Limits of DuckDB's own memory: joins and wide tables need room, large files are streamed in little. Chunks that were
 * handed over do not count, so that a process needs more.
 */
const [ROOM, LITTLE_ROOM] = ['512MB', '100MB'];
const LARGE_BYTES = 200e6;

const settingsFor = (source: Source): Record<string, string> => ({
  memory_limit: source.kind === 'file' && statSync(source.path).size > LARGE_BYTES ? LITTLE_ROOM : ROOM,
  threads: '2',
  preserve_insertion_order: 'true',
});

const text = (value: string): string => `'${value.replaceAll("'", "''")}'`;
const identifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT, DuckDBTypeId.HUGEINT],
  ...[
    DuckDBTypeId.UTINYINT,
    DuckDBTypeId.USMALLINT,
    DuckDBTypeId.UINTEGER,
    DuckDBTypeId.UBIGINT,
    DuckDBTypeId.UHUGEINT,
  ],
  ...[DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL],
]);
const DATES: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.DATE, DuckDBTypeId.TIMESTAMP, DuckDBTypeId.TIMESTAMP_S, DuckDBTypeId.TIMESTAMP_MS],
  ...[DuckDBTypeId.TIMESTAMP_NS, DuckDBTypeId.TIMESTAMP_TZ],
]);

/** Returns how a column is read, and the SQL that makes it a DOUBLE, a BOOLEAN or a VARCHAR. */
function columnOf(name: string, type: DuckDBType): ReadColumn & { readonly sql: string } {
  const [id, column] = [type.typeId, identifier(name)];
  const read = (kind: ReadKind, sql: string): ReadColumn & { readonly sql: string } => ({
    name,
    kind,
    type: String(type),
    sql: `${sql} AS ${column}`,
  });
  if (id === DuckDBTypeId.BOOLEAN) return read('boolean', column);
  if (NUMBERS.has(id)) return read('number', `CAST(${column} AS DOUBLE)`);
  // A time with a zone is a moment: as a TIMESTAMP it would be the local time of the machine.
  if (id === DuckDBTypeId.TIMESTAMP_TZ) return read('date', `CAST(epoch_ms(${column}) AS DOUBLE)`);
  if (DATES.has(id)) return read('date', `CAST(epoch_ms(CAST(${column} AS TIMESTAMP)) AS DOUBLE)`);
  // Seconds of the day: times alone have no date.
  if (id === DuckDBTypeId.TIME) return read('number', `CAST(epoch(${column}) AS DOUBLE)`);
  // Text, lists and structures as DuckDB writes them, and columns without any value.
  return read('text', `CAST(${column} AS VARCHAR)`);
}

/** An open table. */
export class TableReader {
  private constructor(
    readonly source: Source,
    readonly columns: readonly ReadColumn[],
    private readonly connection: DuckDBConnection,
    private readonly query: string,
    private readonly folder: string | undefined,
    private readonly instance: DuckDBInstance,
  ) {}

  /**
   * Opens a table and infers the types of its columns. Standard input is copied to a temporary file first, since
   * tables are read more than once.
   * @throws Failure for what DuckDB cannot read, with its reason.
   */
  static async open(source: Source, options: ReaderOptions = {}): Promise<TableReader> {
    const folder = source.kind === 'standardInput' ? mkdtempSync(join(tmpdir(), 'wasm-mlp-')) : undefined;
    try {
      const path = folder && join(folder, `table.${source.kind === 'standardInput' ? source.format : ''}`);
      if (path !== undefined) await pipeline(process.stdin, createWriteStream(path));
      const instance = await DuckDBInstance.create(':memory:', settingsFor(source));
      const connection = await instance.connect();
      await connection.run("SET TimeZone = 'UTC'");
      const described = (from: string): Promise<ReturnType<typeof columnOf>[]> =>
        explained(source, async () => {
          const result = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
          const names = result.deduplicatedColumnNames();
          const types = result.columnTypes();
          return names.map((name, index) => columnOf(name, types[index]));
        });
      let from = relation(source, path, options, []);
      let columns = await described(from);
      const asText = columns.filter(({ name, kind }) => kind !== 'text' && options.text?.includes(name));
      if (asText.length > 0) {
        from = relation(
          source,
          path,
          options,
          asText.map(({ name }) => name),
        );
        const texts = new Set(asText.map(({ name }) => name));
        columns = (await described(from)).map((column) => (texts.has(column.name) ? textColumn(column) : column));
      }
      const query = `SELECT ${columns.map(({ sql }) => sql).join(', ')} FROM ${from}`;
      return new TableReader(source, columns, connection, query, folder, instance);
    } catch (error) {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Reads the rows, in the order of the file or the query, in chunks of some thousand. */
  async *chunks(): AsyncGenerator<Chunk> {
    const names = this.columns.map(({ name }) => name);
    const result = await explained(this.source, () => this.connection.stream(this.query));
    for (;;) {
      const chunk = await explained(this.source, () => result.fetchChunk());
      if (chunk === null || chunk.rowCount === 0) return;
      const columns: Record<string, ReadCell[]> = Object.create(null) as Record<string, ReadCell[]>;
      for (const [index, name] of names.entries()) columns[name] = chunk.getColumnValues(index) as ReadCell[];
      yield { rows: chunk.rowCount, columns };
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
    return { rows, columns };
  }

  /** Closes the table and removes temporary files. */
  close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A column read as text. */
const textColumn = ({ name, type }: ReadColumn): ReturnType<typeof columnOf> => ({
  name,
  kind: 'text',
  type,
  sql: `CAST(${identifier(name)} AS VARCHAR) AS ${identifier(name)}`,
});

/** The table in a FROM clause. Of CSV, columns named `asText` are not parsed. */
function relation(
  source: Source,
  copied: string | undefined,
  options: ReaderOptions,
  asText: readonly string[],
): string {
  if (source.kind === 'sql') return `(${source.query}\n)`;
  const path = source.kind === 'file' ? source.path : copied!;
  // A path is a file, not a pattern of many; nor does a folder named k=v make a column.
  const file = text(path.replace(/[*?[]/g, '[$&]'));
  if (source.format === 'parquet') return `read_parquet(${file}, hive_partitioning = false)`;
  if (source.format === 'json') return `read_json_auto(${file}, hive_partitioning = false, sample_size = -1)`;
  const all = statSync(path).size <= SAMPLE_ALL_BYTES;
  const settings = [
    'hive_partitioning = false',
    `nullstr = [${(options.missing ?? MISSING_TEXTS).map(text).join(', ')}]`,
    `sample_size = ${all ? -1 : SAMPLE_ROWS}`,
    ...(source.format === 'tsv' ? [`delim = '\t'`] : []),
    ...(options.header === undefined ? [] : [`header = ${options.header}`]),
    ...(asText.length === 0 ? [] : [`types = {${asText.map((name) => `${text(name)}: 'VARCHAR'`).join(', ')}}`]),
  ];
  return `read_csv(${[file, ...settings].join(', ')})`;
}

/** Runs something of DuckDB; what it throws becomes a Failure with the first lines of its reason. */
async function explained<T>(source: Source, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new Failure(`${source.name} cannot be read. ${shortened(message)}`);
  }
}

/** DuckDB repeats its settings after the reason: keep what comes before. */
function shortened(message: string): string {
  const [reason] = message.split(/\n\s*\n|\nCSV options|\n {2}file =|\nCandidates|\nPossible (fixes|solutions)/);
  return reason.split('\n').slice(0, 8).join('\n').trim();
}
