/**
 * `writeFileAtomic`: whatever happens, a path has the file before or the whole new one. What killed processes leave is
 * tested with checkpoints, which are written in the same way.
 */
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, expect, test } from 'vitest';
import { ValueError, WasmMlpError } from '../../src/index.js';
import { writeFileAtomic } from '../../src/node.js';

const root = mkdtempSync(join(tmpdir(), 'wasm-mlp-write-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

let [folder, made] = ['', 0];
beforeEach(() => {
  folder = join(root, String(made++));
  mkdirSync(folder);
});
const at = (name: string): string => join(folder, name);
const posix = process.platform !== 'win32';

test.each<[string, Uint8Array | ArrayBuffer | string, string]>([
  ['text', 'é', 'é'],
  ['bytes', Uint8Array.of(104, 105), 'hi'],
  ['a buffer', Uint8Array.of(104, 105).buffer, 'hi'],
  ['nothing', '', ''],
])('writes %s, a new file and in place of another, and nothing else', async (_, data, text) => {
  for (const before of [undefined, 'longer than what comes']) {
    if (before !== undefined) writeFileSync(at('file'), before);
    await writeFileAtomic(at('file'), data);
    expect(readFileSync(at('file'), 'utf8')).toBe(text);
    expect(readdirSync(folder)).toEqual(['file']);
  }
});

test.runIf(posix)('a link stays, and permissions stay', async () => {
  writeFileSync(at('real'), 'old');
  chmodSync(at('real'), 0o666);
  symlinkSync('real', at('link'));
  await writeFileAtomic(at('link'), 'new');
  expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
  expect(readFileSync(at('real'), 'utf8')).toBe('new');
  expect(statSync(at('real')).mode & 0o777).toBe(0o666);
});

test.runIf(posix)('a device is written to, and stays one', async () => {
  await writeFileAtomic('/dev/null', 'gone');
  expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
});

test.runIf(process.platform === 'linux')('a full disk leaves the file that was there', async () => {
  await expect(writeFileAtomic('/dev/full', 'x')).rejects.toThrow(WasmMlpError);
  // A limit of the size of files stands for a disk that is full; of processes, so another one, on the built package.
  writeFileSync(at('file'), 'old');
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(new URL('../../dist/node.js', import.meta.url).href)};
    process.on('SIGXFSZ', () => undefined);
    await writeFileAtomic(${JSON.stringify(at('file'))}, new Uint8Array(1e6)).catch(({ name, message }) => console.log(name, message));`;
  const command = 'ulimit -f 100; exec "$0" --input-type=module -e "$1"';
  const { stdout } = spawnSync('/bin/bash', ['-c', command, process.execPath, script], { encoding: 'utf8' });
  expect(stdout).toMatch(/^WasmMlpError writeFileAtomic: a file that can be written expected, got: EFBIG/);
  expect(readFileSync(at('file'), 'utf8')).toBe('old');
  expect(readdirSync(folder)).toEqual(['file']);
});

test('what a process that no longer runs has left of the file is removed, and nothing else', async () => {
  const [stale, ofAnother] = ['.file.999999999-0-0.tmp', '.other.999999999-0-0.tmp'];
  for (const name of [stale, ofAnother]) writeFileSync(at(name), 'part');
  await writeFileAtomic(at('file'), 'whole');
  expect(readdirSync(folder).sort()).toEqual([ofAnother, 'file']);
});

test('what cannot be written is refused, and leaves nothing', async () => {
  mkdirSync(at('folder'));
  writeFileSync(at('file'), 'old');
  for (const [path, message] of [
    [at('folder'), /a file that can be written, got: EISDIR|EPERM/],
    [at('file/under'), /a folder that exists and can be written to/],
    [at('no/such'), /a folder that exists and can be written to/],
    [at('x'.repeat(300)), /./],
    ['', /the name of a file, got ""/],
  ] as const) {
    await expect(writeFileAtomic(path, 'x')).rejects.toThrow(ValueError);
    await expect(writeFileAtomic(path, 'x')).rejects.toThrow(message);
  }
  await expect(writeFileAtomic(at('file'), 7 as never)).rejects.toThrow(
    /data expected a Uint8Array or a string, got 7/,
  );
  await expect(writeFileAtomic(at('file'), Float32Array.of(1) as never)).rejects.toThrow(ValueError);
  expect(readdirSync(folder).sort()).toEqual(['file', 'folder']);
  expect(readFileSync(at('file'), 'utf8')).toBe('old');
});
