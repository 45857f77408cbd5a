/**
 * Commands as a person reads them on a terminal of 80 columns: help, results and errors of each, with names of any
 * length and numbers of any size. With --json programs read them.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dense, sequential } from 'wasm-mlp';
import { run, temporaryFolder, wideLines, type Outcome } from './command.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);
const inFolder = (args: readonly string[]): Promise<Outcome> => run(args, { cwd: folder });

const COMMANDS = ['train', 'tune', 'sweep', 'predict', 'evaluate', 'inspect', 'convert', 'verify'] as const;
/** A column whose name is longer than a line, words and all. */
const LONG = `income of the household in the year before, ${'as it was declared, '.repeat(4)}in euros`;
const WORD = 'x'.repeat(60);

function write(name: string, head: readonly string[], row: (i: number) => readonly unknown[], rows = 60): void {
  const line = (cells: readonly unknown[]): string => cells.map((cell) => `"${String(cell)}"`).join(',');
  writeFileSync(at(name), `${[head, ...Array.from({ length: rows }, (_, i) => row(i))].map(line).join('\n')}\n`);
}

const QUICK = ['--epochs', '3', '--folds', '2'];

beforeAll(async () => {
  write('long.csv', [LONG, WORD, 'a', `target of ${LONG}`], (i) => [
    i % 7,
    `${'kind '.repeat(20)}${i % 3}`,
    i % 5,
    i % 2 ? `yes ${WORD}` : 'no',
  ]);
  write('large.csv', ['a', 'b', 'y'], (i) => [i % 7, `k${i % 3}`, 1e9 + 123456.789 * (i % 7) + 7 * (i % 3)]);
  write('small.csv', ['a', 'b', 'y'], (i) => [i % 7, `k${i % 3}`, (1e-7 * (i % 7)).toFixed(12)]);
  write('iris.csv', ['a', 'b', 'kind'], (i) => [i % 7, i / 2, i % 2 ? 'p' : 'q']);
  write('one.csv', ['a', 'b', 'kind'], (i) => [i, i / 2, 'p']);
  write('constant.csv', ['a', 'b', 'kind'], (i) => [i, i / 2, 2.5]);
  write('missing.csv', ['a', 'b', 'kind'], (i) => [i, i / 2, '']);
  write('nothing.csv', ['a', 'b', 'kind'], (i) => ['', '', i % 2 ? 'p' : 'q']);
  write('other.csv', ['size', 'colour'], (i) => [i, 'red']);
  writeFileSync(at('empty.csv'), '');
  writeFileSync(at('net.safetensors'), (await sequential({ layers: [dense({ units: 1, inputShape: [3] })] })).save());
  writeFileSync(at('broken.safetensors'), 'this is no model at all');
  mkdirSync(at('folder'));
  for (const [table, target] of [
    ['long', `target of ${LONG}`],
    ['large', 'y'],
    ['iris', 'kind'],
  ]) {
    // A target is one name, also with commas in it.
    const sql = `select * ${target.includes(',') ? `exclude ("${target}"), "${target}" as target` : ''} from '${table}.csv' order by all`;
    const name = target.includes(',') ? 'target' : target;
    const args = ['train', '--sql', sql, '-t', name, '-o', `${table}.safetensors`, '--no-report', '-q', ...QUICK];
    expect((await inFolder(args)).errors).toBe('');
  }
});

describe('help', () => {
  test.each(COMMANDS)('%s: fits, has examples, and every option has words', async (command) => {
    const { status, output, errors } = await inFolder([command, '--help']);
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(wideLines(output)).toEqual([]);
    expect(output).toMatch(new RegExp(`^Usage: wasm-mlp ${command} `));
    expect(output).toMatch(new RegExp(`Examples:\\n {2}.*wasm-mlp ${command} `));
    const options = output.split('\n').filter((line) => /^ {2}-/.test(line));
    expect(options.length).toBeGreaterThan(2);
  });

  test('the list of commands', async () => {
    const { output } = await inFolder(['--help']);
    expect(wideLines(output)).toEqual([]);
    for (const command of COMMANDS) expect(output).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});

describe('results fit', () => {
  test.each<[string, string[]]>([
    ['train, long names', ['train', 'long.csv', '-t', WORD, ...QUICK, '-o', 'out.safetensors', '--no-report']],
    ['train, large numbers', ['train', 'large.csv', '-t', 'y', ...QUICK, '-o', 'out.safetensors', '--no-report']],
    [
      'train, streamed',
      ['train', 'long.csv', '-t', WORD, '--stream', '--epochs', '2', '-o', 'out.safetensors', '--no-report'],
    ],
    ['tune', ['tune', 'long.csv', '-t', WORD, '--trials', '4', ...QUICK, '-o', 'out.safetensors', '--no-report']],
    ['sweep', ['sweep', 'long.csv', '-t', WORD, '--trials', '3', ...QUICK]],
    ['evaluate', ['evaluate', 'large.safetensors', 'large.csv']],
    ['inspect', ['inspect', 'long.safetensors']],
    ['inspect, a network alone', ['inspect', 'net.safetensors']],
    ['convert', ['convert', 'iris.safetensors', 'out.onnx']],
    ['verify', ['verify']],
    ['verify, random networks', ['verify', '--random', '2', '-o', 'hashes.txt']],
    ['verify, compared', ['verify', '--compare', 'hashes.txt']],
  ])('%s', async (_, args) => {
    const { status, output, errors } = await inFolder(args);
    expect({ status, errors: status === 0 ? '' : errors }).toEqual({ status: 0, errors: '' });
    // Commands to copy stay whole.
    const copied = (line: string): boolean => !/^ {2}wasm-mlp /.test(line);
    expect(wideLines(output).filter(copied)).toEqual([]);
    expect(wideLines(errors)).toEqual([]);
  });
});

test('scores have the digits that say something', async () => {
  const scores = async (table: string): Promise<string> =>
    (
      await inFolder([
        'train',
        table,
        '-t',
        'y',
        ...QUICK,
        '--task',
        'regression',
        '-o',
        'out.safetensors',
        '--no-report',
        '-q',
      ])
    ).output;
  const large = await scores('large.csv');
  expect(large).toMatch(/RMSE {2,}\d{2,3},\d{3} {2}± [\d,.]+\n/);
  expect(large).toMatch(/R² of guessing {2,}0\.0000\n/);
  expect(await scores('small.csv')).toMatch(/RMSE {2,}\d\.\d{4}e−7 {2}± /);
});

/** What a person does wrong, by command; the message says what to do instead. */
const MISTAKES: [string[], number, RegExp][] = [
  ...(['train', 'tune', 'sweep'] as const).flatMap((command): [string[], number, RegExp][] => {
    const on = (table: string, ...more: string[]): string[] => [command, table, '-t', 'kind', ...more];
    return [
      [on('iirs.csv'), 1, /There is no file iirs\.csv\. Did you mean iris\.csv\?/],
      [on('folder'), 1, /folder is a folder\. Give a file\./],
      [on('empty.csv'), 1, /empty\.csv is empty\./],
      [[command, 'iris.csv', '-t', 'knid'], 2, /there is no column knid\. Did you mean kind\?/],
      [[command, 'iris.csv'], 2, /Say which column to predict: --target NAME\./],
      [on('one.csv'), 1, /Target kind is one class only: all values are "p"\. There is nothing to learn\./],
      [on('constant.csv'), 1, /Target kind is a constant: all values are 2\.5/],
      [on('missing.csv'), 1, /Target kind: all 60 values are missing/],
      [on('nothing.csv'), 1, /No column is left to learn from/],
      [on('iris.csv', '--columns', 'z=drop'), 2, /--columns: there is no column z/],
      [on('iris.csv', '--epochs', '0'), 2, /--epochs expected an integer from 1 on, got 0/],
      [on('iris.csv', '--epohcs', '3'), 2, /unknown option '--epohcs'\s+\(Did you mean --epochs\?\)/],
    ];
  }),
  ...(['predict', 'evaluate'] as const).flatMap((command): [string[], number, RegExp][] => [
    [
      [command, 'iirs.safetensors', 'iris.csv'],
      1,
      /There is no file iirs\.safetensors\. Did you mean iris\.safetensors\?/,
    ],
    [[command, 'iris.safetensors', 'iirs.csv'], 1, /There is no file iirs\.csv\. Did you mean iris\.csv\?/],
    [[command, 'iris.safetensors'], 2, /Give the table/],
    [[command, 'net.safetensors', 'iris.csv'], 1, /is not the model of a table/],
    [[command, 'broken.safetensors', 'iris.csv'], 1, /broken\.safetensors/],
    [[command, 'folder', 'iris.csv'], 1, /folder is a folder/],
    [[command, 'iris.safetensors', 'empty.csv'], 1, /empty\.csv is empty/],
  ]),
  [['evaluate', 'iris.safetensors', 'missing.csv'], 2, /no row whose kind is known/],
  [['evaluate', 'iris.safetensors', 'other.csv'], 1, /column/],
  [['predict', 'iris.safetensors', 'other.csv'], 1, /column "?a"?/],
  ...(['inspect', 'convert'] as const).flatMap((command): [string[], number, RegExp][] => {
    const of = (model: string): string[] => (command === 'inspect' ? [command, model] : [command, model, 'new.onnx']);
    return [
      [of('iirs.safetensors'), 1, /There is no file iirs\.safetensors\. Did you mean iris\.safetensors\?/],
      [of('folder'), 1, /folder is a folder\. Give the file of a model\./],
      [of('broken.safetensors'), 1, /broken\.safetensors cannot be read as safetensors of this library\./],
      [of('iris.csv'), 1, /cannot tell the format of the model by its name/],
      [[command], 2, /missing required argument 'model'/],
    ];
  }),
  [['convert', 'iris.safetensors', 'new.keras'], 1, /cannot tell the format to write by its name/],
  [['convert', 'iris.safetensors', 'iris.safetensors'], 2, /give another name/],
  [['verify', '--random', '0'], 2, /--random expected an integer from 1 on, got 0/],
  [['verify', '--output', 'hashes.txt'], 2, /say of how many networks, such as --random 300/],
  [['verify', '--random', '3', '--compare', 'hashes.txt'], 2, /leave out --random/],
  [['verify', '--random', '3', '--vectors', 'folder'], 2, /leave out --random and --compare/],
  [['verify', '--vectors', 'folder'], 1, /folder has no vectors/],
  [['verify', '--vectors', 'iris.csv'], 1, /iris\.csv is a file\. Give a folder of vectors\./],
  [['verify', '--compare', 'hash.txt'], 1, /There is no file hash\.txt\./],
  [['verify', '--compare', 'folder'], 1, /folder is a folder\. Give a file of hashes\./],
  [['verify', '--compare', 'iris.csv'], 1, /iris\.csv is no file of hashes, which --random and --output write/],
  [['verify', '--random', '3', '--output', 'folder'], 1, /folder cannot be written: it is a folder/],
  [['learn', 'iris.csv'], 2, /unknown command 'learn'/],
];

describe.each([false, true])('mistakes, as JSON: %s', (isJson) => {
  test.each(MISTAKES)('%j', async (args, status, message) => {
    const { output, errors, status: got } = await inFolder(isJson ? [...args, '--json'] : args);
    expect({ status: got, output }).toEqual({ status, output: '' });
    expect(errors).not.toMatch(/^ {4}at |node:internal/m);
    if (!isJson) {
      expect(errors.replaceAll('\n', ' ')).toMatch(message);
      expect(wideLines(errors)).toEqual([]);
      // Nobody who uses the command knows the functions of the library.
      expect(errors).not.toMatch(/^(table\w+|mlp\w+)(\.\w+)?:/m);
      return;
    }
    const lines = errors
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { error?: string; status?: number });
    expect(lines.at(-1)).toMatchObject({ status });
    expect(lines.at(-1)!.error).toMatch(message);
  });
});
