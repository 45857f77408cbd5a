/** Tables and calls that are odd but not wrong, each of which gave a wrong result or a trace once. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { run, temporaryFolder } from './command.js';

const folder = temporaryFolder();
const at = (name: string): string => join(folder, name);

/** Writes a table of rows i and returns its name. */
function table(name: string, head: string, row: (i: number) => string, rows = 60): string {
  writeFileSync(at(name), `${head}\n${Array.from({ length: rows }, (_, i) => row(i)).join('\n')}\n`);
  return name;
}

const quick = ['--epochs', '3', '--folds', '0', '--no-report', '--json', '-q'];

async function hashOf(args: readonly string[]): Promise<string> {
  const { status, output, errors } = await run(['train', ...args, ...quick], { cwd: folder });
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  return (JSON.parse(output) as { hash: string }).hash;
}

test('times with a zone are moments, in any time zone of the machine', async () => {
  const zoned = table('zoned.csv', 't,y', (i) => `2020-01-0${1 + (i % 9)}T0${i % 10}:00:00Z,${i % 10}`);
  const before = process.env.TZ;
  const hashes: string[] = [];
  for (const zone of ['UTC', 'America/New_York', 'Asia/Kolkata']) {
    process.env.TZ = zone;
    hashes.push(await hashOf([zoned, '-t', 'y', '--task', 'regression']));
  }
  if (before === undefined) delete process.env.TZ;
  else process.env.TZ = before;
  expect(new Set(hashes).size).toBe(1);
});

test('a file is the one that is named: no pattern, and no column of its folder', async () => {
  const row = (i: number): string => `${i % 7},${i % 2 === 0 ? 'p' : 'q'}`;
  const plain = await hashOf([table('plain.csv', 'a,y', row), '-t', 'y']);
  table('g1.csv', 'a,y', (i) => `${i},${i % 3 === 0 ? 'p' : 'q'}`);
  expect(await hashOf([table('g[1].csv', 'a,y', row), '-t', 'y'])).toBe(plain);
  mkdirSync(at('a=9'));
  expect(await hashOf([table('a=9/plain.csv', 'a,y', row), '-t', 'y'])).toBe(plain);
});

test('--target given twice names two targets', async () => {
  const args = ['train', table('two.csv', 'a,y,z', (i) => `${i},${i / 2},${i / 3}`), '-t', 'y', '-t', 'z', ...quick];
  const { output } = await run(args, { cwd: folder });
  expect((JSON.parse(output) as { targets: string[] }).targets).toEqual(['y', 'z']);
});

test('rows in a periodic order are held out evenly when they are streamed', async () => {
  const letters = 'abcdefghij';
  const periodic = table('periodic.csv', 'a,y', (i) => `${i % 10},${letters[i % 10]}`, 3000);
  const args = ['train', periodic, '-t', 'y', '--stream', '--learning-rate', '0.01', '--no-report', '--json', '-q'];
  const { output } = await run(args, { cwd: folder });
  const { scores } = JSON.parse(output) as { scores: { mean: number }[] };
  expect(scores[0].mean).toBeGreaterThan(0.9);
});

test.each(['constructor', '__proto__', 'toString'])('a column may be named %s', async (name) => {
  const odd = table(`${name}.csv`, `${name},y`, (i) => `${i % 7},${i % 2 === 0 ? 'p' : 'q'}`);
  const args = ['train', odd, '-t', 'y', '--epochs', '2', '--folds', '2', '--report', 'odd.html', '-q'];
  const { status, errors } = await run(args, { cwd: folder });
  expect({ status, errors }).toEqual({ status: 0, errors: '' });
  expect(readFileSync(at('odd.html'), 'utf8')).toContain(`>${name}</text>`);
});

describe('files are not lost', () => {
  const row = (i: number): string => `${i % 7},${i % 2 === 0 ? 'p' : 'q'}`;

  test('predictions may replace their table, once they are whole', async () => {
    await hashOf([table('same.csv', 'a,y', row), '-t', 'y', '-o', 'same.safetensors']);
    const args = ['predict', 'same.safetensors', 'same.csv', '--keep', '-o', 'same.csv'];
    expect((await run(args, { cwd: folder })).status).toBe(0);
    expect(readFileSync(at('same.csv'), 'utf8').split('\n')).toHaveLength(62);
  });

  test('a prediction that fails leaves what was there', async () => {
    writeFileSync(at('old.csv'), 'precious');
    const { status } = await run(['predict', 'same.safetensors', table('lack.csv', 'b', String), '-o', 'old.csv'], {
      cwd: folder,
    });
    expect(status).toBe(1);
    expect(readFileSync(at('old.csv'), 'utf8')).toBe('precious');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('a folder that is not there is a failure, without a trace', async () => {
    const args = ['predict', 'same.safetensors', 'plain.csv', '-o', 'no/such/out.csv'];
    const { status, errors } = await run(args, { cwd: folder });
    expect(status).toBe(1);
    expect(errors).toMatch(/^no\/such\/out\.csv cannot be written/);
    expect(errors).not.toMatch(/^ {4}at /m);
  });

  test('model and report are different files', async () => {
    const args = ['train', 'plain.csv', '-t', 'y', '-o', 'x.safetensors', '--report', './x.safetensors'];
    const { status, errors } = await run(args, { cwd: folder });
    expect(status).toBe(2);
    expect(errors).toMatch(/name the same file/);
    expect(existsSync(at('x.safetensors'))).toBe(false);
  });
});

test('labels that are true and false may be 1 and 0 in another table; unknown ones are named', async () => {
  await hashOf([table('bool.csv', 'a,y', (i) => `${i % 7},${i % 7 > 3}`), '-t', 'y', '-o', 'bool.safetensors']);
  const score = async (file: string): Promise<{ value: unknown; errors: string }> => {
    const { output, errors } = await run(['evaluate', 'bool.safetensors', file, '--json'], { cwd: folder });
    return { value: (JSON.parse(output) as { scores: { value: number }[] }).scores[0].value, errors };
  };
  const known = await score('bool.csv');
  expect(await score(table('bits.csv', 'a,y', (i) => `${i % 7},${i % 7 > 3 ? 1 : 0}`))).toEqual(known);
  const { errors } = await score(table('more.csv', 'a,y', (i) => `${i % 7},${i % 2 === 0 ? 'maybe' : 'true'}`));
  expect(errors).toMatch(/does not know some labels[^:]*:\s+maybe\./);
});
