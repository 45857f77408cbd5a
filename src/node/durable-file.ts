/**
 * Files that are there whole or not at all: written under another name in the same folder, synced, renamed, and the
 * folder synced, so that neither a killed process nor a power failure leaves a part of one under its name.
 */
import { accessSync, constants, readdirSync, statSync, unlinkSync } from 'node:fs';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { ValueError, WasmMlpError } from '../common/errors.js';
import { sentence } from '../common/describe.js';

/** Codes of errors of a path that is wrong, or not this process's to write: another path is needed. */
const OF_PATHS = ['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'ENAMETOOLONG', 'ELOOP', 'EINVAL'];

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code);

/** Returns an error of the file system as one of the library. */
export function fileError(where: string, expected: string, error: unknown): WasmMlpError {
  const { message } = error as Error;
  if (OF_PATHS.includes(codeOf(error))) return new ValueError(`${where}: path expected ${expected}, got: ${message}.`);
  // The disk is full, or fails: nothing that the caller passed is wrong.
  return new WasmMlpError(`${where}: ${expected} expected, got: ${sentence(message)} Earlier files are as they were.`, {
    cause: error,
  });
}

/** Temporary files that this thread is writing now. */
const writing = new Set<string>();
let count = 0;

/** Name of a temporary file of a process and a thread: hidden, and not one that a template could give. */
const TEMPORARY = /^\.(.+)\.(\d+)-(\d+)-\d+\.tmp$/;

/** Milliseconds by which the clock of files may differ from that of the process. */
const CLOCK_ERROR = 10_000;

/** Whether the file was written before this process began, by another that had its number. */
const isOlder = (file: string): boolean => {
  const began = Date.now() - 1000 * process.uptime();
  const written = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  return written !== undefined && written < began - CLOCK_ERROR;
};

const isRunning = (process_: number): boolean => {
  try {
    process.kill(process_, 0);
    return true;
  } catch (error) {
    // Not to be allowed to ask is no answer.
    return codeOf(error) !== 'ESRCH';
  }
};

/**
 * Checks before training that files can be written to a folder, and removes temporary files of names that match,
 * which processes that no longer run have left there.
 * @throws ValueError for a folder that does not exist or may not be written to.
 */
export function prepareFolder(where: string, folder: string, matches: (name: string) => boolean): void {
  try {
    if (!statSync(folder).isDirectory()) {
      throw Object.assign(new Error(`ENOTDIR: not a directory, '${folder}'`), { code: 'ENOTDIR' });
    }
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw fileError(where, 'a folder that exists and can be written to', error);
  }
  for (const name of readdirSync(folder)) {
    const [, target, owner, thread] = TEMPORARY.exec(name) ?? [];
    if (target === undefined || !matches(target)) continue;
    const file = join(folder, name);
    const isOwn = Number(owner) === process.pid;
    // What another thread of this process writes is not known here.
    const isWritten = Number(thread) === threadId ? writing.has(file) : !isOlder(file);
    if (isOwn ? isWritten : isRunning(Number(owner))) continue;
    try {
      unlinkSync(file);
    } catch {
      // Another process has removed it.
    }
  }
}

/** Returns the name under which a file is written. */
const temporaryOf = (path: string): string =>
  join(dirname(path), `.${basename(path)}.${process.pid}-${threadId}-${count++}.tmp`);

/**
 * Throws where the file system takes no file of such a name, or none while it is written.
 * @throws ValueError.
 */
export function requireShort(where: string, path: string): void {
  const temporary = basename(temporaryOf(path));
  try {
    statSync(join(dirname(path), temporary), { throwIfNoEntry: false });
  } catch (error) {
    if (codeOf(error) !== 'ENAMETOOLONG') throw fileError(where, 'a file that can be written', error);
    const [bytes, more] = [temporary, basename(path)].map((name) => Buffer.byteLength(name));
    throw new ValueError(
      `${where}: path expected a shorter name of the file, got one of ${more} bytes, ${bytes} while it is written.`,
    );
  }
}

/** Syncs a folder, so that the new name of a file in it survives a power failure. */
async function syncFolder(folder: string): Promise<void> {
  let handle;
  try {
    handle = await open(folder, 'r');
    await handle.sync();
  } catch (error) {
    // Windows opens no folders, and some file systems sync none.
    if (!['EISDIR', 'EPERM', 'EACCES', 'EINVAL', 'ENOTSUP', 'EBADF'].includes(codeOf(error))) throw error;
  } finally {
    await handle?.close();
  }
}

/** Permissions of a file that is there, which the one in its place keeps. A link that leads nowhere is no file. */
function permissionsOf(path: string): number | undefined {
  try {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode;
    return mode === undefined ? undefined : mode & 0o777;
  } catch {
    return undefined;
  }
}

/**
 * Writes a file of these parts, in place of one that has its name. Whenever the process ends, the name has the old file
 * or the whole new one.
 * @throws ValueError for a path that cannot be written to; WasmMlpError, for example, where the disk is full. The
 * temporary file is removed then.
 */
export async function writeDurably(where: string, path: string, parts: readonly Uint8Array[]): Promise<void> {
  const temporary = temporaryOf(path);
  writing.add(temporary);
  try {
    const permissions = permissionsOf(path);
    const handle = await open(temporary, 'wx', permissions ?? 0o666);
    try {
      // The mask of the process took some away. Not all file systems have them.
      if (permissions !== undefined) await handle.chmod(permissions).catch(() => undefined);
      for (const part of parts) await handle.writeFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw fileError(where, 'a file that can be written', error);
  } finally {
    writing.delete(temporary);
  }
}

/** Removes a file, if it is there. */
export async function removeFile(where: string, path: string): Promise<void> {
  try {
    await unlink(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw fileError(where, 'files that can be removed', error);
  }
}
