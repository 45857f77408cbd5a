/** Where results are kept: a log of lines that processes append to. Here in memory, in a file or in a folder. */
import { randomUUID } from 'node:crypto';
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, readdirSync, readFileSync, readSync } from 'node:fs';
import { statSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Failure } from '../failure.js';

export interface ResultLog {
  /** What messages call it. */
  readonly name: string;
  read(): Promise<readonly string[]>;
  append(line: string): Promise<void>;
  close(): Promise<void>;
}

/** A log of this process alone. */
export function memoryLog(): ResultLog {
  const lines: string[] = [];
  return {
    name: 'memory',
    read: () => Promise.resolve(lines),
    append: (line) => Promise.resolve(void lines.push(line)),
    close: () => Promise.resolve(),
  };
}

const isFolder = (path: string): boolean =>
  path.endsWith('/') || (statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false);

/** Lines of a file, or of all files in a folder, which sort by the time at which they were begun. */
export function readLines(path: string): string[] {
  if (!isFolder(path)) return readFileSync(path, 'utf8').split('\n');
  const names = readdirSync(path)
    .filter((name) => name.endsWith('.jsonl'))
    .sort();
  return names.flatMap((name) => readFileSync(join(path, name), 'utf8').split('\n'));
}

/**
 * A file that several processes of a machine append to, or a folder in which each process has a file of its own: across
 * machines a network file system may lose lines that two of them append at once.
 */
export function fileLog(path: string): ResultLog {
  const folder = isFolder(path);
  const file = folder ? join(path, `${new Date().toISOString().replaceAll(':', '-')}-${randomUUID()}.jsonl`) : path;
  return {
    name: path,
    read: () => Promise.resolve(existsSync(path) ? readLines(path) : []),
    append(line) {
      mkdirSync(dirname(file), { recursive: true });
      appendLine(file, line);
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}

/**
 * Appends a line by one call of the operating system, so that lines of several processes do not mix. A torn line, which
 * a killed process left, is ended first.
 */
function appendLine(path: string, line: string): void {
  const file = openSync(path, 'a+');
  try {
    const { size } = fstatSync(file);
    const last = Buffer.alloc(1);
    const isTorn = size > 0 && readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== 0x0a;
    const bytes = Buffer.from(`${isTorn ? '\n' : ''}${line}\n`);
    if (writeSync(file, bytes) !== bytes.length) throw new Failure(`${path}: the disk is full.`);
  } finally {
    closeSync(file);
  }
}
