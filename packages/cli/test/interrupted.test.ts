/** Commands that are interrupted, at many moments: no temporary file stays, files are whole, the status says it. */
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { loadTable } from 'wasm-mlp/tables';
import { run, temporaryFolder, type Outcome, type RunOptions } from './command.js';

const folder = temporaryFolder();
const temporary = join(folder, 'temporary');
const at = (name: string): string => join(folder, name);
const MAIN = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));
const ROWS = 30_000;

const inFolder = (args: readonly string[], options: RunOptions = {}): Promise<Outcome> =>
  run(args, { cwd: folder, env: { TMPDIR: temporary }, ...options });

beforeAll(async () => {
  mkdirSync(temporary);
  const rows = Array.from({ length: ROWS }, (_, i) => `${i % 97},${(i * 7919) % 1000},${i % 97 > 50 ? 'p' : 'q'}`);
  writeFileSync(at('table.csv'), `a,b,y\n${rows.join('\n')}\n`);
  writeFileSync(at('small.csv'), `a,b,y\n${rows.slice(0, 200).join('\n')}\n`);
  const quick = ['--epochs', '2', '--folds', '0', '--no-report', '-q', '-o', 'made.safetensors'];
  expect((await inFolder(['train', 'small.csv', '-t', 'y', ...quick])).status).toBe(0);
});

beforeEach(() => {
  for (const name of ['old.safetensors', 'old.html']) writeFileSync(at(name), 'old');
});

// Nothing is left beside what was asked for.
afterEach(() => {
  expect(readdirSync(temporary)).toEqual([]);
  expect(readdirSync(folder).filter((name) => /^\.|\.(tmp|part)$/.test(name))).toEqual([]);
});

const TARGET = ['-t', 'y', '-o', 'old.safetensors', '--report', 'old.html'];
const STREAM = ['train', 'table.csv', ...TARGET, '--stream'];

describe.skipIf(process.platform === 'win32')('signals', () => {
  test.each<[string, string[], RegExp]>([
    ['train', ['train', 'table.csv', ...TARGET], /Training on/],
    ['a streamed table that is read', STREAM, /Reading table\.csv to learn/],
    ['a streamed table on its way to a temporary file', STREAM, /Reading it again/],
    ['a streamed table that is trained on', STREAM, /Epoch 1/],
    ['as JSON', ['train', 'table.csv', ...TARGET, '--json'], /Training on/],
  ])('Ctrl-C: %s', async (_, args, when) => {
    const { status, errors, output } = await inFolder(args, { kill: { when, signal: 'SIGINT' } });
    expect({ status, output }).toEqual({ status: 130, output: '' });
    const message = 'Interrupted. Not written: old.safetensors, old.html.';
    const isJson = args.includes('--json');
    expect(errors.trim().split('\n').at(-1)).toBe(isJson ? JSON.stringify({ error: message, status }) : message);
    for (const name of ['old.safetensors', 'old.html']) expect(readFileSync(at(name), 'utf8')).toBe('old');
  });

  test('Ctrl-C while folds are trained: the model is there, the report is not', async () => {
    const kill = { when: /Trained \d+ epochs/, signal: 'SIGINT' } as const;
    const args = ['train', 'small.csv', ...TARGET, '--folds', '100', '--hidden', '300'];
    const { status, errors } = await inFolder(args, { kill });
    expect(status).toBe(130);
    expect(errors).toMatch(/Interrupted\. Written: old\.safetensors\. Not written: old\.html\.\n$/);
    expect((await loadTable(readFileSync(at('old.safetensors')))).targets).toEqual(['y']);
    expect(readFileSync(at('old.html'), 'utf8')).toBe('old');
  });

  test('Ctrl-C ends the trials of tune, and trains with the best so far', async () => {
    const args = ['tune', 'small.csv', ...TARGET, '--time', '1h', '--epochs', '5', '--folds', '2', '--json'];
    const { status, output, errors } = await inFolder(args, { kill: { when: /trial {3}2/, signal: 'SIGINT' } });
    expect(errors).toMatch(/Interrupted: training with the best so far/);
    expect(status).toBe(0);
    const { trials, settings } = JSON.parse(output) as {
      trials: { score: number; options: unknown }[];
      settings: unknown;
    };
    expect(trials.length).toBeGreaterThanOrEqual(2);
    expect(settings).toEqual(trials.reduce((a, b) => (b.score > a.score ? b : a)).options);
    expect((await loadTable(readFileSync(at('old.safetensors')))).targets).toEqual(['y']);
  });

  test('the second Ctrl-C ends tune', async () => {
    const args = ['tune', 'small.csv', ...TARGET, '--time', '1h', '--epochs', '5', '--folds', '100'];
    const child = spawn(process.execPath, [MAIN, ...args], { cwd: folder, env: { ...process.env, TMPDIR: temporary } });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (/trial {3}1/.test(text) || text.includes('training with the best')) child.kill('SIGINT');
      errors += text;
    });
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect(status).toBe(130);
    expect(errors).toMatch(/training with the best so far[\s\S]*Interrupted\./);
  });

  test.each<[NodeJS.Signals, number]>([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s has the status %i', async (signal, expected) => {
    const { status } = await inFolder(STREAM, { kill: { when: /Epoch 1/, signal } });
    expect(status).toBe(expected);
  });

  // What is going on at these moments differs from machine to machine; that nothing stays must not.
  test.each([
    ['train -', ['train', '-', ...TARGET]],
    ['predict', ['predict', 'made.safetensors', 'table.csv', '-o', 'predicted.csv']],
    ['evaluate', ['evaluate', 'made.safetensors', 'table.csv']],
    ['tune', ['tune', 'small.csv', ...TARGET, '--time', '1h']],
    ['a query', ['train', '--sql', "select * from 'table.csv' order by b, a, y", ...TARGET]],
  ])('at any moment: %s', async (name, args) => {
    for (const when of [200, 500, 800]) {
      rmSync(at('predicted.csv'), { force: true });
      const input = name.endsWith('-') ? null : '';
      const { status } = await inFolder(args, { input, kill: { when, signal: 'SIGTERM' } });
      // A signal before the command watches for it ends the process; the command may also be done by then.
      expect([143, null, 0]).toContain(status);
      expect(readdirSync(temporary), `after ${when} ms`).toEqual([]);
      for (const file of ['old.safetensors', 'old.html']) expect(readFileSync(at(file), 'utf8')).toBe('old');
    }
  });

  test('a reader that closes early ends the command, as SIGPIPE does', async () => {
    const args = [MAIN, 'predict', 'made.safetensors', '-', '--keep'];
    const child = spawn(process.execPath, args, { cwd: folder, env: { ...process.env, TMPDIR: temporary } });
    child.stdin.end(readFileSync(at('table.csv')));
    child.stdout.once('data', () => child.stdout.destroy());
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const status = await new Promise((resolve) => child.on('close', resolve));
    expect({ status, errors }).toEqual({ status: 141, errors: '' });
  });
});

test('an error leaves nothing either', async () => {
  const { status } = await inFolder(['train', '-', '-t', 'z'], { input: 'a,y\n1,2\n' });
  expect(status).toBe(2);
});
