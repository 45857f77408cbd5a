/** What DuckDB reads: a FROM clause for a source, and what the columns of it hold. A CSV is all text here. */
import { statSync } from 'node:fs';
import { type DuckDBConnection, type DuckDBType, DuckDBTypeId } from '@duckdb/node-api';
import { dialectOf, type Dialect, type DialectOptions } from './dialect.js';
import { headOf } from './local-file.js';
import { identifier, text } from './sql.js';
import type { Form } from './reading.js';
import type { Source } from './source.js';

export interface HeldColumn {
  readonly name: string;
  /** What DuckDB gives: `text` is also what it writes of lists and structures. */
  readonly held: Form;
  /** SQL of the value. */
  readonly sql: string;
  /** SQL of it as text, as the file has it. */
  readonly text: string;
}

export interface Relation {
  /** What stands behind FROM. */
  readonly from: string;
  readonly columns: readonly HeldColumn[];
  /** How a CSV is written. */
  readonly dialect: Dialect | undefined;
}

const NUMBERS: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.TINYINT, DuckDBTypeId.SMALLINT, DuckDBTypeId.INTEGER, DuckDBTypeId.BIGINT, DuckDBTypeId.HUGEINT],
  ...[DuckDBTypeId.UTINYINT, DuckDBTypeId.USMALLINT, DuckDBTypeId.UINTEGER, DuckDBTypeId.UBIGINT],
  ...[DuckDBTypeId.UHUGEINT, DuckDBTypeId.FLOAT, DuckDBTypeId.DOUBLE, DuckDBTypeId.DECIMAL],
]);
const DATES: ReadonlySet<DuckDBTypeId> = new Set([
  ...[DuckDBTypeId.DATE, DuckDBTypeId.TIMESTAMP, DuckDBTypeId.TIMESTAMP_S, DuckDBTypeId.TIMESTAMP_MS],
  ...[DuckDBTypeId.TIMESTAMP_NS, DuckDBTypeId.TIMESTAMP_TZ],
]);

function heldColumn(name: string, type: DuckDBType): HeldColumn {
  const [id, column] = [type.typeId, identifier(name)];
  const asText = `CAST(${column} AS VARCHAR)`;
  if (id === DuckDBTypeId.BOOLEAN) return { name, held: 'boolean', sql: column, text: asText };
  if (NUMBERS.has(id)) {
    // Of 90000.0 in a file, and of 90000 beside 1.5, the number is the same.
    const isFloat = id === DuckDBTypeId.DOUBLE || id === DuckDBTypeId.FLOAT;
    const plain = isFloat ? `regexp_replace(${asText}, '[.]0$', '')` : asText;
    return { name, held: 'number', sql: `CAST(${column} AS DOUBLE)`, text: plain };
  }
  if (DATES.has(id)) {
    // A time with a zone is a moment: as a TIMESTAMP it would be the local time of the machine.
    const moment = id === DuckDBTypeId.TIMESTAMP_TZ ? column : `CAST(${column} AS TIMESTAMP)`;
    return { name, held: 'date', sql: `CAST(epoch_ms(${moment}) AS DOUBLE)`, text: asText };
  }
  if (id === DuckDBTypeId.TIME) return { name, held: 'time', sql: `CAST(epoch(${column}) AS DOUBLE)`, text: asText };
  // A value of JSON that may be text or a number: without the quotes of a text.
  const plain = type.alias === 'JSON' ? `(${column} ->> '$')` : asText;
  return { name, held: 'text', sql: plain, text: plain };
}

const described = async (connection: DuckDBConnection, from: string): Promise<[string, DuckDBType][]> => {
  const result = await connection.run(`SELECT * FROM ${from} LIMIT 0`);
  const types = result.columnTypes();
  return result.deduplicatedColumnNames().map((name, at) => [name, types[at]]);
};

/** Returns the relation of a source; `path` is its file. */
export async function relationOf(
  connection: DuckDBConnection,
  source: Source,
  path: string | undefined,
  options: DialectOptions,
): Promise<Relation> {
  if (path === undefined || source.kind === 'sql') {
    const from = source.kind === 'sql' ? `(${source.query}\n)` : '';
    return typed(connection, from);
  }
  // A path is a file, not a pattern of many; nor does a folder named k=v make a column.
  const file = text(path.replace(/[*?[]/g, '[$&]'));
  if (source.format === 'parquet') return typed(connection, `read_parquet(${file}, hive_partitioning = false)`);
  if (source.format === 'json') return jsonRelation(connection, file);
  const { head, isAll } = await headOf(path);
  const forced = source.format === 'tsv' ? { delimiter: '\t', ...defined(options) } : options;
  const dialect = dialectOf(source.name, head, isAll, { ...options, ...forced });
  const { names, delimiter, escape, skip, header } = dialect;
  const settings = [
    file,
    'auto_detect = false',
    'hive_partitioning = false',
    `delim = ${text(delimiter)}`,
    `quote = '"'`,
    `escape = ${text(escape)}`,
    `skip = ${skip}`,
    `header = ${header}`,
    // Names of its own: DuckDB takes a and A as one.
    `columns = {${names.map((_, at) => `c${at}: 'VARCHAR'`).join(', ')}}`,
  ];
  return {
    from: `read_csv(${settings.join(', ')})`,
    columns: names.map((name, at) => ({ name, held: 'text', sql: `c${at}`, text: `c${at}` })),
    dialect,
  };
}

const defined = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;

async function typed(connection: DuckDBConnection, from: string): Promise<Relation> {
  const columns = (await described(connection, from)).map(([name, type]) => heldColumn(name, type));
  return { from, columns, dialect: undefined };
}

/**
 * JSON has no dates: what DuckDB takes as one is text, which is read as that of a CSV is. So the same text means the same
 * in both, and what is kept is what the file has.
 */
async function jsonRelation(connection: DuckDBConnection, file: string): Promise<Relation> {
  const inferred = `read_json_auto(${file}, hive_partitioning = false, sample_size = -1)`;
  const columns = await described(connection, inferred);
  const isDay = ({ typeId }: DuckDBType): boolean => DATES.has(typeId) || typeId === DuckDBTypeId.TIME;
  if (!columns.some(([, type]) => isDay(type))) return typed(connection, inferred);
  const types = columns.map(([name, type]) => `${text(name)}: ${text(isDay(type) ? 'VARCHAR' : typeName(type))}`);
  return typed(connection, `read_json(${file}, hive_partitioning = false, columns = {${types.join(', ')}})`);
}

const typeName = (type: DuckDBType): string => type.alias ?? String(type);

/** Whether a file is so small that all of it is looked at. */
export const isSmall = (path: string | undefined, bytes: number): boolean =>
  path === undefined || statSync(path).size <= bytes;
