/** Files that commands write: what cannot be written is refused before the work, and an old file is never half gone. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { run, temporaryFolder, wideLines } from './command.js';

const folder = temporaryFolder();
const MAIN = fileURLToPath(new URL('../bin/wasm-mlp.mjs', import.meta.url));
const at = (name: string): string => join(folder, name);

beforeAll(async () => {
  const rows = Array.from({ length: 60 }, (_, i) => `${i % 7},${i % 2 === 0 ? 'p' : 'q'}`);
  writeFileSync(at('table.csv'), `a,y\n${rows.join('\n')}\n`);
  writeFileSync(at('file'), '');
  mkdirSync(at('folder.safetensors'));
  mkdirSync(at('folder.onnx'));
  const quick = ['--epochs', '2', '--folds', '0', '--no-report', '-q', '-o', 'made.safetensors'];
  expect((await run(['train', 'table.csv', '-t', 'y', ...quick], { cwd: folder })).status).toBe(0);
});

describe('is refused before the work', () => {
  const long = `${'x'.repeat(300)}.safetensors`;
  test.each<[string[], RegExp]>([
    ...['train', 'tune'].flatMap((command): [string[], RegExp][] => {
      const args = [command, 'table.csv', '-t', 'y'];
      return [
        [[...args, '-o', 'folder.safetensors'], /^folder\.safetensors cannot be written: it is a folder/],
        [[...args, '-o', 'file/m.safetensors'], /^file\/m\.safetensors cannot be written: not a directory\./],
        [[...args, '-o', long], /cannot be written: name\s+too long\./],
        [[...args, '--report', 'folder.onnx'], /^folder\.onnx cannot be written: it is a folder/],
        [[...args, '--report', 'file/r.html'], /^file\/r\.html cannot be written/],
        [[...args, '--report', 'no/such/'], /^no\/such\/ cannot be written: it is a folder/],
        [[...args, '--report', './table.csv'], /--report names the table itself/],
      ];
    }),
    [['convert', 'made.safetensors', 'folder.onnx'], /^folder\.onnx cannot be written: it is a folder/],
    [['convert', 'made.safetensors', 'file/m.onnx'], /^file\/m\.onnx cannot be written/],
    [['predict', 'made.safetensors', 'table.csv', '-o', 'file/m.csv'], /^file\/m\.csv cannot be written/],
  ])('%j', async (args, message) => {
    const before = readdirSync(folder).sort();
    const { status, output, errors } = await run(args, { cwd: folder });
    expect(errors).toMatch(message);
    expect({ status: status === 1 || status === 2, output }).toEqual({ status: true, output: '' });
    expect(wideLines(errors.replace(long, ''))).toEqual([]);
    expect(errors).not.toMatch(/Training on|trial|^ {4}at /m);
    expect(readdirSync(folder).sort()).toEqual(before);
  });

  test.runIf(process.platform === 'linux')('a file system that takes no files', async () => {
    const { status, errors } = await run(['train', 'table.csv', '-t', 'y', '-o', '/proc/m.safetensors'], {
      cwd: folder,
    });
    expect(status).toBe(1);
    expect(errors).toMatch(/^\/proc\/m\.safetensors cannot be written: [a-z ]+\.\n$/);
  });
});

test('folders are made, and a file that was there is replaced', async () => {
  const args = ['train', 'table.csv', '-t', 'y', '--epochs', '2', '--folds', '0', '-q'];
  for (let time = 0; time < 2; time++) {
    const { status } = await run([...args, '-o', 'new/a/m.safetensors', '--report', 'new/b/r.html'], { cwd: folder });
    expect(status).toBe(0);
  }
  expect(readdirSync(at('new/a'))).toEqual(['m.safetensors']);
  expect(readFileSync(at('new/b/r.html'), 'utf8')).toMatch(/<\/html>\n$/);
});

test.skipIf(process.platform === 'win32')('a report may go into a pipe', () => {
  const args = ['train', 'table.csv', '-t', 'y', '--epochs', '2', '--folds', '0', '-q', '--report', '/dev/stdout'];
  const line = `"$0" "$@" | cat`;
  const { stdout } = spawnSync('/bin/sh', ['-c', line, process.execPath, MAIN, ...args], {
    ...{ cwd: folder, encoding: 'utf8' },
  });
  expect(stdout).toContain('</html>\n');
});

test('nothing is written but by files/', () => {
  const source = fileURLToPath(new URL('../src', import.meta.url));
  const others = (readdirSync(source, { recursive: true }) as string[]).filter(
    (name) => name.endsWith('.ts') && !name.startsWith('files'),
  );
  expect(others.length).toBeGreaterThan(30);
  const writing = others.filter((name) =>
    /\b(write|append)File|mkdtemp/.test(readFileSync(join(source, name), 'utf8')),
  );
  expect(writing).toEqual([]);
});
