/** Tables of every kind of file become the same columns; what cannot be read says why. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { Failure } from '../src/failure.js';
import { TableReader, type ReaderOptions } from '../src/reading/reader.js';
import { ordersRows, sourceOf, type SourceOptions } from '../src/reading/source.js';
import { temporaryFolder } from './command.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

const CSV = [
  'id,code,height,born,member,town',
  '1,007,1.5,2020-01-02,true,Lyon',
  '2,008,NA,2020-01-03,false,',
  '3,009,?,,true,"Oslo, Norway"',
  '',
].join('\n');

const EXPECTED = {
  id: [1, 2, 3],
  code: ['007', '008', '009'],
  height: [1.5, null, null],
  born: [Date.UTC(2020, 0, 2), Date.UTC(2020, 0, 3), null],
  member: [true, false, true],
  town: ['Lyon', null, 'Oslo, Norway'],
};

beforeAll(async () => {
  writeFileSync(at('a.csv'), CSV);
  writeFileSync(at('bom.csv'), `\uFEFF${CSV}`);
  writeFileSync(at('windows.csv'), CSV.replaceAll('\n', '\r\n'));
  writeFileSync(
    at('semicolons.csv'),
    CSV.replace('"Oslo, Norway"', 'Oslo# Norway').replaceAll(',', ';').replace('#', ','),
  );
  writeFileSync(at('a.csv.gz'), gzipSync(CSV));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [name, format] of [
    ['a.parquet', 'parquet'],
    ['a.jsonl', 'json'],
  ]) {
    await connection.run(
      `COPY (SELECT * FROM read_csv('${at('a.csv')}', nullstr = ['', 'NA', '?'])) TO '${at(name)}' (FORMAT ${format})`,
    );
  }
  await connection.run(
    `COPY (SELECT * FROM read_csv('${at('a.csv')}', nullstr = ['', 'NA', '?'])) TO '${at('a.tsv')}' (DELIMITER '\t')`,
  );
  await connection.run(
    `COPY (SELECT * FROM read_csv('${at('a.csv')}', nullstr = ['', 'NA', '?'])) TO '${at('a.json')}' (FORMAT json, ARRAY true)`,
  );
  connection.closeSync();
});

async function read(
  name: string | undefined,
  source: SourceOptions = {},
  options: ReaderOptions = {},
): Promise<unknown> {
  const reader = await TableReader.open(sourceOf(name === undefined ? undefined : at(name), source), options);
  const { columns } = await reader.readAll();
  reader.close();
  return { ...columns };
}

test.each(['a.csv', 'bom.csv', 'windows.csv', 'semicolons.csv', 'a.csv.gz', 'a.tsv', 'a.json', 'a.jsonl', 'a.parquet'])(
  '%s has the same columns',
  async (name) => {
    expect(await read(name)).toEqual(EXPECTED);
  },
);

test('a query is read, and says whether it orders its rows', async () => {
  const sql = `select id, height from '${at('a.parquet')}' order by id desc;`;
  expect(await read(undefined, { sql })).toEqual({ id: [3, 2, 1], height: [null, null, 1.5] });
  expect(ordersRows(sql)).toBe(true);
  expect(ordersRows(`select 'order by' from a -- order by\n`)).toBe(false);
  expect(ordersRows('select * from a /* order by id */')).toBe(false);
  expect(ordersRows('SELECT *\nFROM a ORDER\n  BY id')).toBe(true);
  expect(ordersRows('select a, row_number() over (partition by (b) order by c) from t')).toBe(false);
  expect(ordersRows('select string_agg(a order by b) from t group by c')).toBe(false);
  expect(ordersRows('select * from (select * from t order by a)')).toBe(false);
  expect(ordersRows('select sum(a) over (order by b) from t order by abs(lower(c))')).toBe(true);
});

describe('types', () => {
  test.each([
    [
      "select 1::hugeint as a, 2.5::decimal(9,2) as b, 3::utinyint as c, 'x'::varchar as d",
      { a: [1], b: [2.5], c: [3], d: ['x'] },
    ],
    ["select timestamp '2020-01-02 03:04:05.678' as a", { a: [Date.UTC(2020, 0, 2, 3, 4, 5, 678)] }],
    ["select timestamptz '2020-01-02 03:04:05+02' as a", { a: [Date.UTC(2020, 0, 2, 1, 4, 5)] }],
    ["select time '01:02:03' as a", { a: [3723] }],
    ["select 'b'::enum('a', 'b') as a, null as b", { a: ['b'], b: [null] }],
    ['select 1 as "__proto__", 2 as "a ""b"""', { ['__proto__']: [1], 'a "b"': [2] }],
    ['select 1 as a, 2 as a', { a: [1], a_1: [2] }],
  ])('%s', async (sql, expected) => {
    const columns = (await read(undefined, { sql })) as Record<string, unknown>;
    expect(Object.entries(columns)).toEqual(Object.entries(expected));
  });
});

test('a table is read as often as wanted, in its order', async () => {
  const rows = Array.from({ length: 10_000 }, (_, i) => `${i},${i % 7}`);
  writeFileSync(at('long.csv'), `i,j\n${rows.join('\n')}\n`);
  const reader = await TableReader.open(sourceOf(at('long.csv'), {}));
  for (let pass = 0; pass < 2; pass++) {
    const all: unknown[] = [];
    for await (const { columns } of reader.chunks()) all.push(...columns.i);
    expect(all).toEqual(rows.map((_, i) => i));
  }
  expect((await reader.readAll(1)).rows).toBeLessThan(10_000);
  reader.close();
});

test('texts that mean missing can be chosen', async () => {
  writeFileSync(at('codes.csv'), 'a,b\n1,-\n2,NA\n-,x\n');
  expect(await read('codes.csv', {}, { missing: ['-'] })).toEqual({ a: [1, 2, null], b: [null, 'NA', 'x'] });
});

test('a first line without names is data where that is said', async () => {
  writeFileSync(at('bare.csv'), '1,2\n3,4\n');
  expect(await read('bare.csv', {}, { header: false })).toEqual({ column0: [1, 3], column1: [2, 4] });
  expect(await read('bare.csv', {}, { header: true })).toEqual({ 1: [3], 2: [4] });
});

describe('what cannot be read is a failure that says why', () => {
  test.each([
    ['missing.csv', {}, /There is no file .*missing\.csv/],
    ['a.cvs', {}, /There is no file .*a\.cvs\. Did you mean a\.csv\?/],
    ['stray.xyz', {}, /stray\.xyz: cannot tell its format by its name\. Add --format csv\|tsv\|json\|parquet\./],
    ['broken.parquet', {}, /broken\.parquet cannot be read as Parquet\. No magic/],
    ['broken.json', {}, /broken\.json ends in line 1, in the middle: the object that begins in line 1 is not closed/],
    ['a.csv', { sql: 'select 1' }, /not both/],
    [undefined, {}, /Give the table/],
    [undefined, { sql: 'select * from nowhere' }, /query cannot be read\. Catalog Error: Table with name nowhere/],
    [undefined, { sql: '  ' }, /--sql expected a query/],
  ])('%s %j', async (name, source, message) => {
    writeFileSync(at('stray.xyz'), 'a');
    writeFileSync(at('broken.parquet'), 'this is not one');
    writeFileSync(at('broken.json'), '{"a": [1,');
    const error = await read(name, source).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(Failure);
    expect((error as Failure).message).toMatch(message);
    expect((error as Failure).message.split('\n').length).toBeLessThanOrEqual(8);
  });
});
