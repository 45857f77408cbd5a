/** A table to predict is read as that of the training was: the model says how. What contradicts it is refused by place. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, temporaryFolder } from './command.js';

const folder = temporaryFolder();

/** Writes a table and returns its name. */
function table(name: string, head: string, rows: readonly string[]): string {
  writeFileSync(join(folder, name), `${head}\n${rows.join('\n')}\n`);
  return name;
}

const rows = (count: number, row: (i: number) => string): string[] => Array.from({ length: count }, (_, i) => row(i));
const QUICK = ['--epochs', '3', '--folds', '0', '--no-report', '-q'];
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** Trains a model, and returns the notes and the hash. */
async function train(file: string, model: string, ...args: string[]): Promise<{ notes: string; hash: string }> {
  const given = ['train', file, '-o', `${model}.safetensors`, ...QUICK, '--json', ...args];
  const { status, output, errors } = await run(given, { cwd: folder });
  expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
  return { notes: oneLine(errors), hash: (JSON.parse(output) as { hash: string }).hash };
}

/** What a model says of a table: lines, or the reason why it says nothing. */
async function predict(model: string, args: readonly string[], input?: string): Promise<string> {
  const { status, output, errors } = await run(['predict', `${model}.safetensors`, ...args], { cwd: folder, input });
  return status === 0 ? output : oneLine(errors);
}

const day = (i: number): Date => new Date(Date.UTC(2020, 0, 1 + 3 * i));
const two = (n: number): string => String(n).padStart(2, '0');
const dayFirst = (date: Date): string =>
  `${two(date.getUTCDate())}/${two(date.getUTCMonth() + 1)}/${date.getUTCFullYear()}`;

describe('dates', () => {
  const model = 'dates';

  test('are written with the day first in training', async () => {
    const data = rows(90, (i) => `${dayFirst(day(i))},${two(i % 24)}:30:00,${i % 7 < 4 ? 'early' : 'late'}`);
    expect((await train(table('dates.csv', 'when,at,y', data), model, '-t', 'y')).notes).toBe('');
  });

  test('are shown by inspect', async () => {
    const { output } = await run(['inspect', `${model}.safetensors`], { cwd: folder });
    expect(output).toMatch(/dates +when as dd\/mm\/yyyy/);
    const { output: json } = await run(['inspect', `${model}.safetensors`, '--json'], { cwd: folder });
    const columns = { when: { form: 'date', format: '%d/%m/%Y' }, at: { form: 'time' } };
    expect(JSON.parse(json)).toMatchObject({ reading: { columns } });
  });

  test('that could be either are read as in training; in ISO 8601 they are the same', async () => {
    const [either, iso] = [
      table('either.csv', 'when,at', ['02/03/2020,10:00']),
      '[{"when":"2020-03-02","at":"10:00:00"}]',
    ];
    writeFileSync(join(folder, 'iso.json'), iso);
    const said = await predict(model, [either, '--probabilities']);
    expect(await predict(model, ['iso.json', '--probabilities'])).toBe(said);
    const sql = `select date '2020-03-02' as "when", time '10:00' as "at"`;
    expect(await predict(model, ['--sql', sql, '--probabilities'])).toBe(said);
    expect(await predict(model, ['-', '--probabilities'], 'when,at\n02/03/2020,10:00\n')).toBe(said);
    expect(await predict(model, ['-', '--format', 'tsv', '--probabilities'], 'when\tat\n02/03/2020\t10:00\n')).toBe(
      said,
    );
    const other = await predict(
      model,
      ['-', '--date-format', '%m/%d/%Y', '--probabilities'],
      'when,at\n03/02/2020,10:00\n',
    );
    expect(other).toBe(said);
  });

  test.each([
    [
      'the month first',
      'when,at\n01/02/2020,10:00\n02/13/2020,10:00\n',
      'line 3: column when expected a date (dd/mm/yyyy), as in training, got "02/13/2020". If dates are written in another way: --date-format.',
    ],
    [
      'a number',
      'when,at\n18000,10:00\n',
      'line 2: column when expected a date (dd/mm/yyyy), as in training, got "18000".',
    ],
    [
      'seconds for a time',
      'when,at\n01/02/2020,36000\n',
      'line 2: column at expected a time (hh:mm:ss), as in training, got "36000".',
    ],
  ])('%s is refused', async (_, input, message) => {
    expect(await predict(model, ['-'], input)).toContain(`standard input, ${message}`);
  });

  test.each([
    ['5 as "when", time \'10:00\' as "at"', 'Column when of query holds numbers. It is expected to hold dates'],
    [
      'date \'2020-01-01\' as "when", 36000 as "at"',
      'Column at of query holds numbers. It is expected to hold times of the day',
    ],
    ['date \'2020-01-01\' as "when"', 'query has no column at that the model was trained on.'],
  ])('a query of %s is refused', async (columns, message) => {
    expect(await predict(model, ['--sql', `select ${columns}`])).toContain(message);
  });

  test('numbers of a training are no dates later', async () => {
    await train(
      table(
        'numbers.csv',
        'x,y',
        rows(40, (i) => `${i},${i % 2 === 0 ? 'p' : 'q'}`),
      ),
      'numbers',
      '-t',
      'y',
    );
    expect(await predict('numbers', ['-'], 'x\n2020-01-02\n')).toContain(
      'column x expected a number, as in training, got "2020-01-02"',
    );
    expect(await predict('numbers', ['--sql', "select date '2020-01-02' as x"])).toContain('holds dates');
    expect(await predict('numbers', ['--sql', "select time '10:00' as x"])).toContain('holds times of the day');
  });

  test('a note says where day and month cannot be told apart', async () => {
    const data = rows(40, (i) => `0${1 + (i % 9)}/0${1 + (i % 7)}/2020,${i % 2 === 0 ? 'p' : 'q'}`);
    const { notes, hash } = await train(table('open.csv', 'when,y', data), 'open', '-t', 'y');
    expect(notes).toContain(
      'its dates are read as dd/mm/yyyy, but mm/dd/yyyy fits all of them too. If that is meant: --date-format \\"%m/%d/%Y\\"',
    );
    const chosen = await train('open.csv', 'chosen', '-t', 'y', '--date-format', '%m/%d/%Y');
    expect(chosen.notes).toBe('');
    expect(chosen.hash).not.toBe(hash);
  });

  test.each([
    ['Jun 12 1998', 'May 1 1999', 'Dec 31 2001'],
    ['June 12, 1998', 'May 1, 1999', 'December 31, 2001'],
    ['12-Jun-98', '1-May-99', '31-Dec-01'],
    ['12.06.1998 10:30', '01.05.1999 00:00', '31.12.2001 23:59'],
    ['6/12/1998 9:05 PM', '5/1/1999 12:00 AM', '12/31/2001 1:00 PM'],
  ])('such as %s are found', async (...dates) => {
    const data = rows(30, (i) => `"${dates[i % 3]}",${i % 3}`);
    await train(table('names.csv', 'when,y', data), 'names', '-t', 'y', '--task', 'classification');
    const { output } = await run(['inspect', 'names.safetensors'], { cwd: folder });
    expect(output).toMatch(/when +date/);
  });
});

test('texts that mean missing are those of the training, unless others are given', async () => {
  const data = rows(
    60,
    (i) => `${i % 9 === 0 ? '-999' : i},${i % 5 === 0 ? 'gone' : i % 2 === 0 ? 'a' : 'b'},${i % 2 === 0 ? 'p' : 'q'}`,
  );
  await train(table('codes.csv', 'x,c,y', data), 'codes', '-t', 'y', '--missing=-999,gone');
  const said = await predict('codes', ['-', '--probabilities'], 'x,c\n,\n');
  expect(await predict('codes', ['-', '--probabilities'], 'x,c\n-999,gone\n')).toBe(said);
  expect(await predict('codes', ['-', '--format', 'json', '--probabilities'], '[{"x":-999,"c":"gone"}]')).toBe(said);
  expect(await predict('codes', ['-', '--format', 'json', '--probabilities'], '[{"x":null,"c":""}]')).toBe(said);
  expect(await predict('codes', ['-', '--probabilities', '--missing', 'none'], 'x,c\n-999,gone\n')).not.toBe(said);
});

describe('what is kept is the text of the table', () => {
  const kept = 'id,when,x,code\n9007199254740993,2020-01-02,1.50,007\n12345678901234567890,2020-01-03,NA,"a, b"\n';

  test('of a CSV', async () => {
    await train(
      table(
        'kept.csv',
        'x,y',
        rows(40, (i) => `${i},${i % 2 === 0 ? 'p' : 'q'}`),
      ),
      'kept',
      '-t',
      'y',
    );
    const said = await predict('kept', ['-', '--keep'], kept);
    expect(said.replace(/,[pq]$/gm, '').replace(',y', '')).toBe(kept);
    const json = await predict('kept', ['-', '--keep', '--json'], kept);
    expect(json.split('\n')[0]).toMatch(
      /^\{"id":"9007199254740993","when":"2020-01-02","x":1\.50,"code":"007","y":"[pq]"\}$/,
    );
  });

  test('of JSON and of a query', async () => {
    const json =
      '[{"id":9007199254740993,"when":"2020-01-02T03:04:05Z","x":90000.0,"b":true},{"x":1.5,"when":"02/03/2020"}]';
    const said = await predict('kept', ['-', '--keep', '--format', 'json'], json);
    expect(said).toMatch(
      /^id,when,x,b,y\n9007199254740993,2020-01-02T03:04:05Z,90000,true,[pq]\n,02\/03\/2020,1.5,,[pq]\n$/,
    );
    const sql = "select date '2020-01-02' as d, 9007199254740993 as id, 1.5 as x";
    expect(await predict('kept', ['--sql', sql, '--keep'])).toMatch(
      /^d,id,x,y\n2020-01-02,9007199254740993,1.5,[pq]\n$/,
    );
    expect(await predict('kept', ['--sql', sql, '--keep', '--json'])).toMatch(
      /^\{"d":"2020-01-02","id":9007199254740993,"x":1.5,"y":"[pq]"\}\n$/,
    );
  });
});

describe('labels are the words of the training', () => {
  test.each([
    ['yes', 'no'],
    ['True', 'False'],
    ['t', 'f'],
  ])('%s and %s', async (yes, no) => {
    const data = rows(40, (i) => `${i % 10},${i % 10 > 4 ? yes : no}`);
    await train(table('words.csv', 'x,y', data), 'words', '-t', 'y', '--epochs', '60', '--learning-rate', '0.05');
    const said = await predict('words', ['-', '--probabilities'], 'x\n0\n9\n');
    expect(said).toMatch(new RegExp(`^y,probability of ${no},probability of ${yes}\n${no},.*\n${yes},.*\n$`));
    // Other words, and truth values of typed tables, are the same labels.
    const score = async (source: readonly string[]): Promise<unknown> =>
      JSON.parse(
        (await run(['evaluate', 'words.safetensors', ...source, '--json'], { cwd: folder })).output,
      ) as unknown;
    const known = await score(['words.csv']);
    expect(await score(['--sql', `select i % 10 as x, i % 10 > 4 as y from range(40) t(i) order by i`])).toEqual(known);
  });

  test('of several targets', async () => {
    const data = rows(40, (i) => `${i % 10},${i % 2 === 0 ? 'Yes' : 'No'},${i % 3 === 0 ? 'n' : 'y'}`);
    await train(table('several.csv', 'x,a,b', data), 'several', '-t', 'a,b');
    expect(await predict('several', ['-'], 'x\n1\n')).toMatch(/^a,b\n(Yes|No),[ny]\n$/);
  });
});

test('a category of numbers is the same in every format', async () => {
  const numbers = [90_000, 1.5, 20.25];
  const csv = table(
    'floats.csv',
    'x,s,y',
    rows(60, (i) => `${i},${['90000.0', '1.50', '2.025e1'][i % 3]},${i % 2 === 0 ? 'p' : 'q'}`),
  );
  const { hash } = await train(csv, 'floats', '-t', 'y', '--columns', 's=category');
  const objects = rows(60, (i) => `{"x":${i},"s":${numbers[i % 3].toFixed(2)},"y":"${i % 2 === 0 ? 'p' : 'q'}"}`);
  writeFileSync(join(folder, 'floats.json'), `[${objects.join(',')}]`);
  expect((await train('floats.json', 'other', '-t', 'y', '--columns', 's=category')).hash).toBe(hash);
  const sql = `select i as x, [90000, 1.5, 20.25][i % 3 + 1]::float as s, if(i % 2 = 0, 'p', 'q') as y from range(60) t(i) order by i`;
  const query = [
    'train',
    '--sql',
    sql,
    '-o',
    'q.safetensors',
    '-t',
    'y',
    '--columns',
    's=category',
    ...QUICK,
    '--json',
  ];
  expect((JSON.parse((await run(query, { cwd: folder })).output) as { hash: string }).hash).toBe(hash);
});
