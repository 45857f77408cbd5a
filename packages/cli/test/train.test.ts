/** `train`, `predict`, `evaluate` and `tune` as a person uses them: from a file to a model, its report and predictions. */
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadTable, type TableClassifier } from 'wasm-mlp/tables';
import { run, temporaryFolder, wideLines, type Outcome } from './command.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const PENGUINS = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/penguins.json');

interface Penguin {
  readonly Species: string;
  readonly [name: string]: string | number | null;
}
const penguins = JSON.parse(readFileSync(PENGUINS, 'utf8')) as Penguin[];
const quick = ['--epochs', '20', '--folds', '3'];

/** What `train --json` prints. */
interface Trained {
  readonly hash: string;
  readonly task: string;
  readonly labels: readonly string[];
  readonly withoutTarget: number;
  readonly guess: { readonly value: number };
  readonly scores: readonly { readonly name: string; readonly mean: number; readonly spread: number }[];
}
function trained({ status, output, errors }: Outcome): Trained {
  expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
  return JSON.parse(output) as Trained;
}

let first: Trained;

beforeAll(async () => {
  writeFileSync(at('penguins.json'), JSON.stringify(penguins));
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  for (const [name, options] of [
    ['penguins.csv', 'HEADER'],
    ['penguins.parquet', 'FORMAT parquet'],
  ]) {
    await connection.run(`COPY (SELECT * FROM read_json_auto('${at('penguins.json')}')) TO '${at(name)}' (${options})`);
  }
  connection.closeSync();
  first = trained(await run(['train', 'penguins.csv', '-t', 'Species', '--json', ...quick], { cwd: folder }));
});

describe('train', () => {
  test('finds the task, scores by cross-validation, and is better than guessing', () => {
    expect(first.task).toBe('classification');
    expect(first.labels).toEqual(['Adelie', 'Chinstrap', 'Gentoo']);
    expect(first.scores.map(({ name }) => name)).toEqual(['accuracy', 'balanced accuracy']);
    expect(first.scores[0].mean).toBeGreaterThan(0.9);
    const adelie = penguins.filter(({ Species }) => Species === 'Adelie').length / penguins.length;
    expect(first.guess.value).toBeCloseTo(adelie, 12);
  });

  test.each([
    ['Parquet', ['penguins.parquet'], undefined],
    ['JSON', ['penguins.json'], undefined],
    ['standard input', ['-'], 'penguins.csv'],
    ['a query', ['--sql', "select * from 'penguins.parquet' order by 1, 2, 3, 4, 5, 6, 7"], undefined],
  ])('the same table from %s has the same hash', async (kind, source, input) => {
    const args = ['train', ...source, '-t', 'Species', '--json', '-o', `${kind}.safetensors`, '--no-report', ...quick];
    const outcome = await run(args, { cwd: folder, ...(input && { input: readFileSync(at(input), 'utf8') }) });
    expect(outcome).toMatchObject({
      status: 0,
      errors: expect.stringMatching(/^\{"progress":"Training on \d+ rows of .* …"\}\n$/) as string,
    });
    const { hash } = trained(outcome);
    if (kind === 'a query') expect(hash).not.toBe(first.hash);
    else expect(hash).toBe(first.hash);
  });

  test('a query without an order is warned of', async () => {
    const sql = "select * from 'penguins.parquet'";
    const { status, errors } = await run(
      ['train', '--sql', sql, '-t', 'Species', '--no-report', '--folds', '0', '--epochs', '1', '-q'],
      { cwd: folder },
    );
    expect(status).toBe(0);
    expect(errors).toMatch(/^Note: the query has no ORDER BY/);
  });

  test('prints for people what it made of the columns, in 80 columns', async () => {
    const { status, output } = await run(['train', 'penguins.csv', '-t', 'Species', ...quick], { cwd: folder });
    expect(status).toBe(0);
    expect(wideLines(output)).toEqual([]);
    expect(output).toMatch(/^Target Species: classification, since its values are text\. --task overrules it\.$/m);
    expect(output).toMatch(/^ {2}Body Mass \(g\) +number +2 {2}mean 4202/m);
    expect(output).toMatch(/^ {2}Sex +category +10 /m);
    expect(output).toMatch(/^ {2}accuracy +0\.9\d{3} {2}± 0\.0\d{3}$/m);
    expect(output).toContain(`Hash of the weights:\n  ${first.hash}`);
  });

  test('several targets are quantities, and get columns of predictions', async () => {
    const targets = 'Beak Length (mm),Beak Depth (mm)';
    const args = [
      'train',
      'penguins.csv',
      '-t',
      targets,
      '-o',
      'beaks.safetensors',
      '--report',
      'beaks.html',
      '--json',
      ...quick,
    ];
    const { task, withoutTarget } = trained(await run(args, { cwd: folder }));
    expect({ task, withoutTarget }).toEqual({ task: 'regression', withoutTarget: 2 });
    const { output } = await run(['predict', 'beaks.safetensors', 'penguins.csv'], { cwd: folder });
    expect(output.split('\n')[0]).toBe(targets);
    expect(readFileSync(at('beaks.html'), 'utf8')).toContain('Predictions of Beak Depth (mm)');
  });
});

describe('the report', () => {
  test('has every section and needs nothing else', () => {
    const html = readFileSync(at('report.html'), 'utf8');
    const sections = [...html.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, title]) => title);
    expect(sections.filter((title) => title !== 'Look at this first')).toEqual([
      ...[
        'Scores',
        'Confusion matrix',
        'Calibration',
        'Importance of columns',
        'Learning curves',
        'Diagnosis',
        'Columns',
        'Settings',
      ],
    ]);
    expect(html).toContain(first.hash);
    expect(html).not.toMatch(/<script|https?:|<link|<img|url\(/);
  });

  test('shows names as they are written, whatever they are', async () => {
    const rows = Array.from(
      { length: 40 },
      (_, i) => `${i % 7},${i % 2 === 0 ? '"<b>yes</b>"' : '"a ""quote"" & more"'}`,
    );
    writeFileSync(at('names.csv'), `"<script>alert(1)</script>",label\n${rows.join('\n')}\n`);
    const { status } = await run(
      ['train', 'names.csv', '-t', 'label', '-o', 'names.safetensors', '--report', 'names.html', ...quick],
      { cwd: folder },
    );
    expect(status).toBe(0);
    const html = readFileSync(at('names.html'), 'utf8');
    expect(html).not.toContain('<script');
    expect(html).not.toContain('<b>');
    expect(html).toContain('&#60;script&#62;alert(1)&#60;/script&#62;');
  });
});

describe('predict', () => {
  test('prints the labels that the library predicts with the same file', async () => {
    const { output } = await run(['predict', 'model.safetensors', 'penguins.csv'], { cwd: folder });
    const model = await loadTable<TableClassifier<string[]>>(readFileSync(at('model.safetensors')));
    expect(output.trim().split('\n')).toEqual(['Species', ...model.predict(penguins)]);
  });

  test('keeps columns and adds probabilities, to a file', async () => {
    const args = ['predict', 'model.safetensors', 'penguins.csv', '--keep', '--probabilities', '-o', 'out.csv'];
    expect((await run(args, { cwd: folder })).status).toBe(0);
    const [head, row] = readFileSync(at('out.csv'), 'utf8').split('\n');
    expect(head).toMatch(/Sex,predicted Species,probability of Adelie,probability of Chinstrap,probability of Gentoo$/);
    const probabilities = row.split(',').slice(-3).map(Number);
    expect(probabilities.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  });

  test('prints an object a line for programs, from standard input', async () => {
    const input = readFileSync(at('penguins.csv'), 'utf8').split('\n').slice(0, 3).join('\n');
    const { output } = await run(['predict', 'model.safetensors', '-', '--json'], { cwd: folder, input });
    expect(
      output
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ Species: 'Adelie' }, { Species: 'Adelie' }]);
  });
});

test('evaluate scores a table', async () => {
  const { output } = await run(['evaluate', 'model.safetensors', 'penguins.csv', '--json'], { cwd: folder });
  const { rows, scores } = JSON.parse(output) as { rows: number; scores: { name: string; value: number }[] };
  const model = await loadTable<TableClassifier<string[]>>(readFileSync(at('model.safetensors')));
  expect(rows).toBe(penguins.length);
  expect(scores[0]).toEqual({ name: 'accuracy', value: model.score(penguins) });
});

test('tune makes the same trials each time, keeps to a size, and trains with the best', async () => {
  const args = [
    'tune',
    'penguins.csv',
    '-t',
    'Species',
    '--trials',
    '4',
    '--size',
    '8KB',
    '--epochs',
    '5',
    '--folds',
    '0',
    '--json',
    '-q',
  ];
  const once = await run([...args, '-o', 'a.safetensors', '--no-report'], { cwd: folder });
  const again = await run([...args, '-o', 'b.safetensors', '--no-report'], { cwd: folder });
  const read = ({
    output,
  }: Outcome): { hash: string; trials: { score: number; bytes: number; options: unknown }[]; settings: unknown } =>
    JSON.parse(output) as ReturnType<typeof read>;
  const [one, other] = [read(once), read(again)];
  expect(other.trials).toEqual(one.trials);
  expect(other.hash).toBe(one.hash);
  expect(one.trials).toHaveLength(4);
  expect(one.trials.every(({ bytes }) => bytes <= 8000)).toBe(true);
  const best = one.trials.reduce((a, b) => (b.score > a.score ? b : a));
  expect(one.settings).toEqual(best.options);
});

describe('what goes wrong is said in 80 columns, without a trace', () => {
  beforeAll(() => {
    writeFileSync(at('one.csv'), 'a,y\n1,x\n2,x\n');
    writeFileSync(at('missing.csv'), 'a,y\n1,\n2,\n');
    writeFileSync(at('constant.csv'), 'a,y\n1,2.5\n2,2.5\n');
    writeFileSync(at('other.csv'), 'a,b\n1,2\n');
    writeFileSync(at('drift.csv'), readFileSync(at('penguins.csv'), 'utf8').replace('3750', 'heavy'));
    writeFileSync(at('empty.csv'), '');
    writeFileSync(at('head.csv'), 'a,y\n');
  });

  test.each<[string, string[], number, RegExp]>([
    ['no table', ['train', '-t', 'y'], 2, /Give the table: a file/],
    [
      'missing file',
      ['train', 'pengiuns.csv', '-t', 'y'],
      1,
      /There is no file pengiuns\.csv\. Did you mean penguins\.csv\?/,
    ],
    ['no target', ['train', 'one.csv'], 2, /Say which column to predict: --target NAME\./],
    [
      'no such column',
      ['train', 'penguins.csv', '-t', 'Specis'],
      2,
      /there is no column Specis\. Did you mean Species\?/,
    ],
    [
      'no such kind',
      ['train', 'penguins.csv', '-t', 'Species', '--columns', 'Sex=categry'],
      2,
      /got\s+categry\. Did you mean\s+category\?/,
    ],
    ['one class', ['train', 'one.csv', '-t', 'y'], 1, /Target y is one class only: all values are "x"/],
    ['all missing', ['train', 'missing.csv', '-t', 'y'], 1, /Target y: all 2 values are missing/],
    ['a constant', ['train', 'constant.csv', '-t', 'y'], 1, /Target y is a constant: all values are 2\.5/],
    ['an empty file', ['train', 'empty.csv', '-t', 'y'], 1, /empty\.csv is empty\./],
    ['no rows', ['train', 'head.csv', '-t', 'y'], 1, /The table has no rows/],
    ['folds', ['train', 'one.csv', '-t', 'y', '--folds', '1'], 2, /--folds expected 0 or at least 2/],
    [
      'output',
      ['train', 'one.csv', '-t', 'y', '-o', 'm.onnx'],
      2,
      /--output expected a name that ends in \.safetensors/,
    ],
    [
      'a number',
      ['train', 'one.csv', '-t', 'y', '--epochs', 'many'],
      2,
      /--epochs expected an integer from 1 on, got many/,
    ],
    ['a task', ['train', 'one.csv', '-t', 'y', '--task', 'clasification'], 2, /Did you mean classification\?/],
    [
      'another table',
      ['predict', 'model.safetensors', 'other.csv'],
      1,
      /other\.csv has no column Island that the model/,
    ],
    [
      'another kind',
      ['predict', 'model.safetensors', 'drift.csv'],
      1,
      /drift\.csv, line 2: column Body Mass \(g\) expected a number, as in training, got\s+"heavy"/,
    ],
    ['no target to score', ['evaluate', 'model.safetensors', 'other.csv'], 1, /has no column Species that the model/],
    ['a model of no table', ['predict', 'penguins.csv', 'penguins.csv'], 1, /is not the model of a table/],
    [
      'no room',
      ['tune', 'penguins.csv', '-t', 'Species', '--size', '10B', '--trials', '2'],
      1,
      /as small as --size 10 B/,
    ],
    [
      'no time',
      ['tune', 'penguins.csv', '-t', 'Species', '--time', 'soon'],
      2,
      /--time expected a duration, such as 90s, 5m or 1h/,
    ],
  ])('%s', async (_, args, status, message) => {
    const outcome = await run(args, { cwd: folder });
    expect(outcome.errors).toMatch(message);
    expect(outcome).toMatchObject({ status, output: '' });
    expect(wideLines(outcome.errors)).toEqual([]);
    expect(outcome.errors).not.toMatch(/^ {4}at /m);
  });
});
