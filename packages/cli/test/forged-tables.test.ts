/** Tables as people and programs write them, forged here: how they are divided, what their texts are, where they end. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, test } from 'vitest';
import { columnsOption, listOption } from '../src/commands/options.js';
import { Failure } from '../src/failure.js';
import { numericText } from '../src/reading/conversion.js';
import { dialectOf, type DialectOptions } from '../src/reading/dialect.js';
import { TableReader, type ReadCell, type ReaderOptions } from '../src/reading/reader.js';
import { MISSING_TEXTS, readReading, writeReading, type Reading } from '../src/reading/reading.js';
import { sourceOf, type SourceOptions } from '../src/reading/source.js';
import { temporaryFolder } from './command.js';

const folder = temporaryFolder();

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Read {
  readonly columns: Record<string, ReadCell[]>;
  readonly notes: readonly string[];
}

async function read(
  path: string | undefined,
  options: ReaderOptions = {},
  wanted: Parameters<typeof TableReader.open>[2] = {},
  source: SourceOptions = {},
): Promise<Read> {
  const reader = await TableReader.open(sourceOf(path, source), options, wanted);
  try {
    return { columns: { ...(await reader.readAll()).columns }, notes: reader.notes };
  } finally {
    reader.close();
  }
}

/** The message of the failure that something is. */
async function failure(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(Failure);
    return (error as Failure).message;
  }
  throw new Error('no failure');
}

describe('how a CSV is written', () => {
  const dialect = (text: string, options: Partial<DialectOptions> = {}): Record<string, unknown> => {
    const { delimiter, header, names, skip } = dialectOf('a.csv', text, true, { missing: MISSING_TEXTS, ...options });
    return { delimiter, header, names: names.join(' '), skip };
  };
  const plain = { delimiter: ',', header: true, skip: 0 };

  test.each<[string, string, Partial<DialectOptions>, Record<string, unknown>]>([
    ['commas', 'a,b\n1,2\n', {}, { names: 'a b' }],
    ['semicolons with decimal commas', 'a;b\n1,5;2,5\n3,5;4,5\n', {}, { delimiter: ';', names: 'a b' }],
    ['tabs', 'a\tb\n1\t2, or 3\n', {}, { delimiter: '\t', names: 'a b' }],
    ['bars', 'a|b\n1|2\n', {}, { delimiter: '|', names: 'a b' }],
    ['one column', 'name\nx\ny\n', {}, { names: 'name' }],
    ['a chosen delimiter', 'a:b\n1:2\n', { delimiter: ':' }, { delimiter: ':', names: 'a b' }],
    ['numbers alone', '1,2\n3,4\n', {}, { header: false, names: 'column0 column1' }],
    ['numbers and ?', '1,?\n3,4\n?,5\n', {}, { header: false, names: 'column0 column1' }],
    ['dates and text alone', '2020-01-01,x\n2020-01-02,y\n', {}, { header: false, names: 'column0 column1' }],
    ['years as names', '2001,2002\n1,2\n', { header: true }, { names: '2001 2002' }],
    ['years as names, one of them wanted', '2001,2002\n1,2\n', { expected: ['2002'] }, { names: '2001 2002' }],
    ['text alone', 'x,y\nu,v\n', {}, { names: 'x y' }],
    ['text alone, without names', 'x,y\nu,v\n', { header: false }, { header: false, names: 'column0 column1' }],
    ['blanks around names', ' a , b\n1, 2\n', {}, { names: 'a b' }],
    ['a column without a name', ',a\n0,5\n1,6\n', {}, { names: 'column0 a' }],
    ['a name twice', 'a,a,a_1\n1,2,3\n', {}, { names: 'a a_1 a_1_1' }],
    ['delimiters in quotes', '"a,b","c\nd"\n"1,2",3\n', {}, { names: 'a,b c\nd' }],
    ['a title above', 'Sales of 2020\n\na,b\n1,2\n3,4\n', {}, { names: 'a b', skip: 2 }],
    ['a comment above', '# by hand\na,b\n1,2\n3,4\n', {}, { names: 'a b', skip: 1 }],
    ['a line that is too long', 'a,b\n1,2\n1,2,3\n1,2\n', {}, { names: 'a b' }],
    ['lines of Windows', 'a,b\r\n1,2\r\n', {}, { names: 'a b' }],
    ['names alone', 'a,b\n', {}, { names: 'a b' }],
  ])('%s', (_, text, options, expected) => {
    expect(dialect(text, options)).toEqual({ ...plain, ...expected });
  });
});

describe('a line with other values than the first', () => {
  test.each([
    ['a,b,c\n1,2,3\n4,5,6,7\n', 'line 3 has 4 values, the first line has 3:\n  4,5,6,7\n'],
    ['a,b,c\n1,2,3\n\n4,5\n', 'line 4 has 2 values, the first line has 3:\n  4,5\n'],
    ['a;b\n1;2\n3\n', 'line 3 has 1 value, the first line has 2:\n  3\n'],
    ['a,b\n1,2\n3,"4\n5,6\n', 'line 3: a quote is not closed:\n  3,"4\n'],
  ])('%j', async (text, message) => {
    const path = file('ragged.csv', text);
    expect(await failure(() => read(path))).toContain(`ragged.csv, ${message}`);
  });
});

describe('the line of a cell that cannot be read', () => {
  const bad = 'oops';
  // Each row is given with the lines that it takes.
  const layouts: [string, string[], (rows: readonly string[]) => string][] = [
    ['plain', ['a,b'], (rows) => rows.join('\n')],
    ['Windows', ['a,b'], (rows) => rows.join('\r\n')],
    ['Macintosh', ['a,b'], (rows) => rows.join('\r')],
    ['a title', ['Title', '', 'a,b'], (rows) => rows.join('\n')],
  ];
  test.each(layouts)('%s', async (_, head, join) => {
    for (const at of [0, 1, 5, 29]) {
      const rows = Array.from({ length: 30 }, (_, i) => `${i === at ? bad : i},"x ""${i}"""`);
      // Lines that are empty are no rows, and a text may have line ends.
      const lines = [...head, ...rows.slice(0, 1), '', ...rows.slice(1, 4), '7,"two\nlines"', ...rows.slice(4)];
      const path = file('lines.csv', join([...lines, '']));
      const before = join(lines).slice(0, join(lines).indexOf(bad));
      const line = 1 + (before.match(/\r\n|\r|\n/g)?.length ?? 0);
      const message = await failure(() => read(path, {}, { kinds: { a: 'number' } }));
      expect(message).toBe(
        `lines.csv, line ${line}: column a expected a number, got "oops". If it means a missing value: --missing oops`,
      );
    }
  });

  test('of JSON is the line of its object, or the number of the row', async () => {
    const objects = ['{"a":1,"s":"\\"{"}', '{"a":"Infinity"}'];
    const options = [{}, { kinds: { a: 'number' } }] as const;
    expect(await failure(() => read(file('l.jsonl', `\n${objects.join('\n\n')}\n`), ...options))).toMatch(
      /^l\.jsonl, line 4: /,
    );
    expect(await failure(() => read(file('l.json', `[${objects.join(',\n')}]`), ...options))).toMatch(
      /^l\.json, row 2: /,
    );
  });
});

test('names may differ in case alone, and have quotes', async () => {
  const { columns } = await read(file('case.csv', `a,A,"it's ""q"""\n1,2,3\n`));
  expect(Object.entries(columns)).toEqual([
    ['a', [1]],
    ['A', [2]],
    [`it's "q"`, [3]],
  ]);
});

test('lines that end in different ways are refused', async () => {
  const path = file('ends.csv', `a,b\r\n${'1,2\r\n'.repeat(50)}7,"1"\n8,"0"\n`);
  expect(await failure(() => read(path))).toMatch(/^ends\.csv: some lines end by \\r\\n and others by \\n\./);
});

test('notes say what is surprising', async () => {
  const note = async (
    text: string,
    wanted: Parameters<typeof read>[2] = {},
    options: ReaderOptions = {},
  ): Promise<string> => (await read(file('noted.csv', text), options, wanted)).notes.join('\n');
  expect(await note('Title\na,b\n1,2\n3,4\n')).toBe(
    'noted.csv: the first line is left out, since the table begins below.',
  );
  expect(await note('a b\n1 2\n')).toMatch(/has one column, "a b"\. If its values are divided .*: --delimiter " "$/);
  expect(await note('a,b\n"1,000",1\n"12,500",2\n')).toMatch(/such as 1,000\. Commas between thousands are not read/);
  const target = { targets: ['y'] };
  expect(await note('x,y\n1,None\n2,None\n3,Major\n4,NA\n5,\n', target)).toBe(
    'target y: "None" in 2 rows, "NA" in 1 rows means that it is missing. If it is a value: --missing "".',
  );
  expect(await note('x,y\n1,None\n2,Major\n', target, { missing: [''] })).toBe('');
  expect(await note('x,y\n1,2\n', {}, { dateFormat: '%d/%m/%Y' })).toMatch(
    /no column has dates of the format %d\/%m\/%Y/,
  );
  expect(await note('x,y\n1,2\n3,4\n', target)).toBe('');
});

describe('JSON that is cut off', () => {
  const list = '[{"a": 1, "b": ["x", {"c": "]}\\""}]},\n {"a": 2, "b": []},\n {"a": 3}]\n';
  const lines = '{"a": 1, "b": {"c": "}"}}\n{"a": 2, "b": null}\n{"a": 3}\n';

  test('is refused wherever it ends', async () => {
    for (let end = 1; end < list.trimEnd().length; end++) {
      const message = await failure(() => read(file('cut.json', list.slice(0, end))));
      expect(message).toMatch(
        /^cut\.json ends in line [123], in the middle: .* is not closed\. Part of the file is missing\.$/,
      );
    }
    expect((await read(file('cut.json', list))).columns.a).toEqual([1, 2, 3]);
    for (let end = 1; end < lines.trimEnd().length; end++) {
      const whole = lines[end] === '\n' || lines[end - 1] === '\n';
      const reading = read(file('cut.jsonl', lines.slice(0, end)));
      if (whole)
        expect((await reading).columns.a).toEqual([1, 2].slice(0, lines.slice(0, end).trimEnd().split('\n').length));
      else expect(await failure(() => reading)).toMatch(/^cut\.jsonl ends in line [123], in the middle: /);
    }
  });

  test('and brackets that close nothing', async () => {
    expect(await failure(() => read(file('over.json', '[{"a": 1}]\n]')))).toBe(
      'over.json, line 2: ] closes nothing that is open.',
    );
  });
});

describe('encodings', () => {
  const text = 'naïve,größe\nœuvre,1\nété,2\n';
  const utf16 = (mark: boolean): Uint8Array => Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le');
  const swapped = (bytes: Uint8Array): Uint8Array => Buffer.from(bytes).swap16();
  const expected = { naïve: ['œuvre', 'été'], größe: [1, 2] };

  test.each<[string, Uint8Array, ReaderOptions]>([
    ['UTF-8', Buffer.from(text), {}],
    ['UTF-8 with a mark', Buffer.from(`\uFEFF${text}`), {}],
    ['UTF-16', utf16(true), {}],
    ['UTF-16 without a mark', utf16(false), {}],
    ['UTF-16 of the other order', swapped(utf16(true)), {}],
    ['UTF-16 as said', utf16(true), { encoding: 'utf-16' }],
    ['Windows-1252', Buffer.from(text.replace('œ', '\u009c'), 'latin1'), { encoding: 'latin1' }],
  ])('%s', async (_, bytes, options) => {
    expect((await read(file('encoded.csv', bytes), options)).columns).toEqual(expected);
  });

  test('that are not said are refused by line', async () => {
    const path = file('latin1.csv', Buffer.from('a,b\nx,1\né,2\n', 'latin1'));
    expect(await failure(() => read(path))).toBe(
      'latin1.csv, line 3: the text is not UTF-8. Say which encoding it has, such as --encoding latin1.',
    );
  });

  test('of JSON', async () => {
    const json = '[{"é": 1}]';
    for (const bytes of [Buffer.from(`\uFEFF${json}`), Buffer.from(`\uFEFF${json}`, 'utf16le')]) {
      expect((await read(file('encoded.json', bytes))).columns).toEqual({ é: [1] });
    }
  });
});

describe('what is missing', () => {
  // The third value of each column is missing in a way of its own.
  const csv = 'n,t,d\n1,x,2020-01-01\n2,y,2020-01-02\n?,NA,\nnan,"",N/A\n3,null, NA\n';
  const expected = {
    n: [1, 2, null, null, 3],
    t: ['x', 'y', null, null, null],
    d: [Date.UTC(2020, 0, 1), Date.UTC(2020, 0, 2), null, null, null],
  };

  test('is the same in all formats', async () => {
    expect((await read(file('missing.csv', csv))).columns).toEqual(expected);
    expect((await read(file('missing.tsv', csv.replaceAll(',', '\t')))).columns).toEqual(expected);
    const json =
      '[{"n":1,"t":"x","d":"2020-01-01"},{"n":2,"t":"y","d":"2020-01-02"},{"n":null,"t":"NA","d":""},{"t":"","d":"N/A"},{"n":3,"t":"null","d":null}]';
    expect((await read(file('missing.json', json))).columns).toEqual(expected);
    const sql =
      "select * from (values (1.0::double, 'x', '2020-01-01'), (2, 'y', '2020-01-02'), ('nan'::double, 'NA', ''), (null, '', 'N/A'), (3, 'null', null)) t(n, t, d)";
    expect((await read(undefined, {}, {}, { sql })).columns).toEqual(expected);
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    await connection.run(`COPY (${sql}) TO '${join(folder, 'missing.parquet')}'`);
    connection.closeSync();
    expect((await read(join(folder, 'missing.parquet'))).columns).toEqual(expected);
  });

  test('may be chosen, and then is nothing else but NaN and no text', async () => {
    const path = file('chosen.csv', 'n,t\n-1,none\n1,NA\nnan,""\n');
    expect((await read(path, { missing: ['-1', 'none'] })).columns).toEqual({
      n: [null, 1, null],
      t: [null, 'NA', null],
    });
  });
});

test.each([
  ['CSV', 'a.csv', 'x\n1\n-inf\n', /^a\.csv, line 3: column x expected a finite number, got "-inf"/],
  ['CSV', 'b.csv', 'x\n1\n1e999\n', /^b\.csv, line 3: column x expected a number, got "1e999"|finite number/],
])('an infinite number of a %s is refused', async (_, name, text, message) => {
  expect(await failure(() => read(file(name, text), {}, { kinds: { x: 'number' } }))).toMatch(message);
});

test('an infinite number of a query is refused', async () => {
  const sql = "select 1.0::double as x union all select 'inf'::double";
  expect(await failure(() => read(undefined, {}, {}, { sql }))).toMatch(
    /^query, row 2: column x expected a finite number, got "inf"/,
  );
});

describe('what texts are', () => {
  test('a number column with one other text is text, and a note says why', async () => {
    const rows = Array.from({ length: 40 }, (_, i) => (i === 17 ? 'n.a.' : String(i)));
    const { columns, notes } = await read(file('nearly.csv', `x\n${rows.join('\n')}\n`));
    expect(columns.x).toEqual(rows);
    expect(notes).toEqual([
      expect.stringMatching(/^column x is text: 1 of 40 values are no numbers, such as "n\.a\." in line 19\./),
    ]);
    const chosen = await read(join(folder, 'nearly.csv'), { missing: ['n.a.'] });
    expect([chosen.columns.x[17], chosen.columns.x[18], chosen.notes]).toEqual([null, 18, []]);
  });

  test('decimal commas are found where they are said, and a note says where they may be', async () => {
    const path = file('decimal.csv', 'x;y\n1.234,5;1\n-3,25;2\n');
    expect((await read(path)).notes[0]).toMatch(
      /column x is text, such as 1\.234,5\. If those are numbers: --decimal ,/,
    );
    expect((await read(path, { decimal: ',' })).columns).toEqual({ x: [1234.5, -3.25], y: [1, 2] });
  });

  test('codes with zeros in front, ranges and versions are text; numbers in all spellings are numbers', async () => {
    const codes = ['007', '-01', '1-2', '1.2.3', '1_000', '0x10', '1,5', '12 kg'];
    for (const code of codes) {
      const { columns } = await read(file('code.tsv', `x\ty\n${code}\t1\n5\t2\n`));
      expect(columns.x).toEqual([code, '5']);
    }
    const numbers = ['0', '-0.5', '.5', '5.', '1e5', '+3', ' 7 ', '0.0', '1E-3'];
    const { columns } = await read(file('numbers.tsv', `x\ty\n${numbers.join('\t1\n')}\t1\n`));
    expect(columns.x).toEqual(numbers.map(Number));
  });

  test('dates of all formats are the days that they say', async () => {
    const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
    const days = Array.from({ length: 60 }, (_, i) => new Date(Date.UTC(1999, 0, 1 + 23 * i)));
    const two = (n: number): string => String(n).padStart(2, '0');
    const parts = (date: Date): [number, number, number] => [
      date.getUTCFullYear(),
      date.getUTCMonth() + 1,
      date.getUTCDate(),
    ];
    const formats: ((year: number, month: number, day: number) => string)[] = [
      (y, m, d) => `${y}-${two(m)}-${two(d)}`,
      (y, m, d) => `${y}/${m}/${d}`,
      (y, m, d) => `${two(d)}.${two(m)}.${y}`,
      (y, m, d) => `${m}/${d}/${y}`,
      (y, m, d) => `${d}/${m}/${String(y).slice(2)}`,
      (y, m, d) => `${months[m - 1]} ${d} ${y}`,
      (y, m, d) => `${d}-${months[m - 1]}-${String(y).slice(2)}`,
      (y, m, d) => `${d} ${months[m - 1]} ${y}`,
    ];
    for (const [at, format] of formats.entries()) {
      const clock = at % 2 === 0 ? '' : ' 13:45:10';
      const late = at % 2 === 0 ? 0 : ((13 * 60 + 45) * 60 + 10) * 1000;
      const rows = days.map((date) => `"${format(...parts(date))}${clock}"`);
      const { columns, notes } = await read(file('days.csv', `d,x\n${rows.join(',1\n')},1\n`));
      expect(notes).toEqual([]);
      expect(columns.d).toEqual(days.map((date) => date.getTime() + late));
    }
  });

  test('times of the day are seconds', async () => {
    expect((await read(file('t.csv', 't\n00:00\n23:59:30\n7:05\n'))).columns.t).toEqual([0, 86_370, 25_500]);
  });
});

test.each([
  ['90000.0', '90000'],
  ['9e4', '90000'],
  ['+1.50', '1.5'],
  ['-0.0', '0'],
  ['007', '007'],
  ['12345678901234567890', '12345678901234567890'],
  ['1.2.3', '1.2.3'],
  ['x', 'x'],
])('the category of %s is %s', (text, category) => expect(numericText(text)).toBe(category));

describe('lists of names', () => {
  test.each([
    ['a,b', ['a', 'b']],
    [' a , b ', ['a', 'b']],
    ['"a,b",c', ['a,b', 'c']],
    ['" a "', [' a ']],
    ['"say ""no"""', ['say "no"']],
    ['5" disk', undefined],
  ])('%s', (value, expected) => {
    if (expected === undefined) expect(() => listOption(value)).toThrow(/A double quote is not closed/);
    else expect(listOption(value)).toEqual(expected);
  });

  test('add to those before', () => {
    expect(listOption('c', listOption('a,b'))).toEqual(['a', 'b', 'c']);
    const kinds = columnsOption('"x,y"=drop,a=b=category', columnsOption('z=number'));
    expect({ ...kinds }).toEqual({ z: 'number', 'x,y': 'drop', 'a=b': 'category' });
  });
});

test('what is saved of a reading is read, and nothing else', () => {
  const reading: Reading = {
    missing: ['-'],
    decimal: ',',
    header: false,
    delimiter: ';',
    columns: new Map([
      ['__proto__', { form: 'date', format: '%d/%m/%Y' }],
      ['b', { form: 'boolean', words: ['no', 'yes'] }],
      ['c', { form: 'text', numeric: true }],
    ]),
  };
  const saved = writeReading(reading);
  expect(readReading('m', saved)).toEqual(reading);
  const damaged = [
    '',
    '[]',
    '1',
    saved.replace('"date"', '"day"'),
    saved.replace('"-"', '1'),
    saved.replace('["no","yes"]', '["no"]'),
  ];
  for (const text of damaged)
    expect(() => readReading('m', text)).toThrow(/^m: what it says of the reading of tables is damaged/);
  expect(() => readReading('m', saved.replace('"formatVersion":1', '"formatVersion":9'))).toThrow(/later version/);
});
