/**
 * Files that a command writes: whether they can be written is found out before the work begins, each is written whole
 * or not at all, and what is missing is known if the command is interrupted.
 */
import { closeSync, mkdirSync, openSync, statSync, unlinkSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { WasmMlpError } from 'wasm-mlp';
import { writeFileAtomic } from 'wasm-mlp/node';
import { Failure, usageFailure } from '../failure.js';

/** Files of this command that are not written yet, those that are, and those that are being written now. */
const [expected, written] = [new Set<string>(), new Set<string>()];
const writing = new Set<Promise<void>>();

/** "EACCES: permission denied, open '…'" as a person would say it: other names than the user's say nothing. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^(?:.*: )?E[A-Z]+: ([^,]+), .*$/s, '$1');

const unwritable = (path: string, reason: string): Failure => new Failure(`${path} cannot be written: ${reason}.`);

function statOf(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

/** The folder itself, or the nearest one above it that is there. */
function existingFolder(folder: string): string {
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = statOf(at);
    if (found?.isDirectory()) return at;
    if (found !== undefined) throw new Error(`${at} is a file`);
  }
}

/**
 * Checks that a file can be written, before the work whose result it is, and notes that it is going to be. Folders that
 * it needs are made when it is written.
 * @throws Failure with the reason.
 */
export function expectOutput(path: string): void {
  if (path === '') throw usageFailure('The name of a file to write expected, got none.');
  try {
    const found = statOf(path);
    if (found?.isDirectory() || /[/\\]$/.test(path)) throw new Error('it is a folder, the name of a file is needed');
    if (found === undefined || found.isFile()) {
      // Permissions, file systems that are read-only and long names are all found out by doing it.
      const probe = join(existingFolder(dirname(path)), `.${basename(path)}.${process.pid}-0-0.tmp`);
      closeSync(openSync(probe, 'w'));
      unlinkSync(probe);
    }
  } catch (error) {
    throw unwritable(path, reasonOf(error));
  }
  expected.add(path);
}

/**
 * Writes a file, and the folders that it needs. A file that was there stays as it is until the new one is whole.
 * @throws Failure with the reason.
 */
export async function writeOutput(path: string, content: string | Uint8Array): Promise<void> {
  const done = (async () => {
    mkdirSync(dirname(path), { recursive: true });
    await writeFileAtomic(path, content);
  })();
  writing.add(done);
  try {
    await done;
  } catch (error) {
    const isKnown = error instanceof WasmMlpError || (error instanceof Error && 'code' in error);
    throw isKnown ? unwritable(path, reasonOf(error)) : error;
  } finally {
    writing.delete(done);
  }
  expected.delete(path);
  written.add(path);
}

/** Waits until no file is being written. */
export async function writesAreDone(): Promise<void> {
  await Promise.allSettled(writing);
}

/** Says which files are there and which are not, for a command that ends early. */
export function stateOfOutputs(): string {
  const list = (what: string, paths: ReadonlySet<string>): string =>
    paths.size === 0 ? '' : ` ${what}: ${[...paths].join(', ')}.`;
  return list('Written', written) + list('Not written', expected);
}
