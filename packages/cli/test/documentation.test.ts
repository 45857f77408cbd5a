/**
 * docs/command-line.md: each command runs, and prints what stands below it, but for times. With UPDATE_DOCS=1 the
 * outputs are written.
 */
import { execFile } from 'node:child_process';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { temporaryFolder } from './command.js';

const PAGE = fileURLToPath(new URL('../../../docs/command-line.md', import.meta.url));
const BIN = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));
const PENGUINS = join(dirname(createRequire(import.meta.url).resolve('vega-datasets')), '../data/penguins.json');

const page = readFileSync(PAGE, 'utf8');
const blocks = [...page.matchAll(/```sh\n(wasm-mlp .*)\n```\n\n```text\n([\s\S]*?)\n```/g)].map(
  ([, command, output]) => ({
    command,
    output,
  }),
);

const folder = temporaryFolder();
const withoutTimes = (text: string): string => text.replace(/ in [\d.]+ (s|min)\b/g, ' in … s');

/** Runs a line of a shell, in which `wasm-mlp` is the built command. */
const shell = (line: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
    execFile('/bin/sh', ['-c', line], { cwd: folder, env }, (error, output) => {
      if (error) reject(new Error(error.message));
      else resolve(output.trimEnd());
    });
  });

beforeAll(() => {
  symlinkSync(BIN, join(folder, 'wasm-mlp'));
  const rows = JSON.parse(readFileSync(PENGUINS, 'utf8')) as Record<string, string | number | null>[];
  const names = Object.keys(rows[0]);
  const lines = [names, ...rows.map((row) => names.map((name) => row[name] ?? ''))].map((cells) => cells.join(','));
  writeFileSync(join(folder, 'penguins.csv'), `${lines.join('\n')}\n`);
});

describe.skipIf(process.platform === 'win32')('docs/command-line.md', () => {
  test('has commands', () => {
    expect(blocks.map(({ command }) => command.split(' ')[1])).toEqual([
      ...['train', 'predict', 'evaluate', 'inspect', 'convert', 'tune', 'sweep'],
    ]);
  });

  // One after the other: they read the files of those before.
  test.each(blocks)('$command', async ({ command, output }) => {
    const printed = await shell(command);
    if (process.env.UPDATE_DOCS === '1') {
      writeFileSync(
        PAGE,
        readFileSync(PAGE, 'utf8').replace(`\n${output}\n`, () => `\n${printed}\n`),
      );
      return;
    }
    expect(withoutTimes(printed)).toBe(withoutTimes(output));
  });
});
