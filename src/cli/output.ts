/**
 * Saving of the model to the file that `--output` names. The file is written under a temporary name in the same folder,
 * flushed to the disk and renamed, so that an earlier model is replaced whole or not at all. Whatever can be wrong with
 * the name is found before the training.
 */
import { createHash, randomBytes } from 'node:crypto';
import { constants, type Stats } from 'node:fs';
import {
  access,
  lstat,
  mkdir,
  mkdtemp,
  open,
  readdir,
  readlink,
  rename,
  rm,
  stat,
  type FileHandle,
} from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CliError, usageError } from './errors.js';

/** Suffix of the name of a model whose training was interrupted. */
const PARTIAL_SUFFIX = '.partial';

/** Most symbolic links in a chain: the kernel follows no more (path_resolution(7)). */
const MAXIMUM_LINKS = 40;

/**
 * Checks that a model can be saved to `file`, creates its folder, and removes temporary files that killed runs left
 * there.
 * @throws CliError with the status of a wrong call.
 */
export async function prepareOutput(file: string): Promise<void> {
  if (/[\\/]$/.test(file) || (await isDirectory(file))) {
    throw usageError(
      `--output: expected a file, got the folder '${file}'. Did you mean '${join(file, 'mnist.safetensors')}'?`,
    );
  }
  try {
    const { path, existing } = await findTarget(file);
    if (existing?.isSocket() || existing?.isBlockDevice()) throw new Error('a socket or block device is there');
    if (existing !== undefined) await access(path, constants.W_OK);
    if (isStream(existing)) return;
    const folder = dirname(path);
    await createFolder(folder);
    await access(folder, constants.W_OK);
    // The longer of the two names: if it is too long for the file system, it is refused here and not after the
    // training.
    await statOf(path + PARTIAL_SUFFIX);
    await removeLeftovers(folder);
    // Permissions alone do not show whether a folder accepts entries: /proc is writable for root, but accepts none.
    const { handle, temporary } = await createTemporary(folder, 0o600);
    await handle.close();
    await rm(temporary);
  } catch (error) {
    throw usageError(`--output: cannot write '${file}': ${reason(error)}.`);
  }
}

/**
 * Saves the bytes of a model and returns the name of the file. A symbolic link is followed, a FIFO or device is written
 * to, and a replaced file keeps its permissions. A model whose training was interrupted goes to `<file>.partial`, so
 * that a finished one stays.
 * @throws CliError if that fails; the model is then in a temporary folder, which the message names.
 */
export async function writeOutput(file: string, bytes: Uint8Array, finished = true): Promise<string> {
  const name = finished ? file : file + PARTIAL_SUFFIX;
  try {
    const { path, existing } = await findTarget(file);
    if (isStream(existing)) {
      // The reader would take an unfinished model for the finished one.
      if (!finished) throw new Error('an unfinished model is not written to a FIFO or device');
      await writeStream(path, bytes);
    } else {
      await replaceFile(finished ? path : (await findTarget(name)).path, bytes);
    }
    return name;
  } catch (error) {
    throw new CliError(`save: cannot write '${name}': ${reason(error)}. ${await rescue(bytes)}`);
  }
}

/**
 * Whether a path is a FIFO or a character device such as /dev/null, which is written to and must not be replaced by a
 * file.
 */
const isStream = (existing: Stats | undefined): boolean =>
  existing !== undefined && (existing.isFIFO() || existing.isCharacterDevice());

/** Returns the path behind symbolic links, even if the last one points to nothing yet, and the entry at that path. */
async function findTarget(file: string): Promise<{ path: string; existing: Stats | undefined }> {
  let path = resolve(file);
  for (let links = 0; links <= MAXIMUM_LINKS; links++) {
    const existing = await statOf(path);
    if (existing?.isSymbolicLink() !== true) return { path, existing };
    path = resolve(dirname(path), await readlink(path));
  }
  throw new Error('too many symbolic links');
}

/** Returns the status of the entry itself, not of the target of a symbolic link; undefined if there is none. */
async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

async function writeStream(path: string, bytes: Uint8Array): Promise<void> {
  const handle = await open(path, constants.O_WRONLY);
  try {
    await handle.writeFile(bytes);
  } finally {
    await handle.close();
  }
}

async function replaceFile(path: string, bytes: Uint8Array): Promise<void> {
  const existing = await statOf(path);
  // Permissions are read again: hours may have passed since the check.
  const mode = existing?.isFile() === true ? existing.mode & 0o7777 : undefined;
  const { handle, temporary } = await createTemporary(dirname(path), mode === undefined ? 0o666 : 0o600);
  try {
    try {
      await handle.writeFile(bytes);
      if (mode !== undefined) await handle.chmod(mode);
      // Without this, a crash of the machine may leave the new name with no contents.
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/**
 * Returns a hash of this machine's name for temporary files: on a shared file system, process numbers may be those of
 * another machine.
 */
const machineId = (): string => createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** `.wasm-mlp-<machine>-<process>-<random>.tmp`. Its length does not depend on the name of the model. */
const TEMPORARY = /^\.wasm-mlp-([0-9a-f]{8})-(\d+)-[0-9a-f]{16}\.tmp$/;

/**
 * Creates a file that must not exist before: a symbolic link of that name, made beforehand, is an error and not
 * followed.
 */
async function createTemporary(folder: string, mode: number): Promise<{ handle: FileHandle; temporary: string }> {
  const temporary = join(folder, `.wasm-mlp-${machineId()}-${process.pid}-${randomBytes(8).toString('hex')}.tmp`);
  return { handle: await open(temporary, 'wx', mode), temporary };
}

/**
 * Removes temporary files of processes of this machine that have ended: after `kill -9` a process cannot remove its
 * own.
 */
async function removeLeftovers(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, of, pid] = TEMPORARY.exec(name) ?? [];
    if (of !== machineId() || isRunning(Number(pid))) continue;
    // Another run may remove it too; one that belongs to another user stays.
    await rm(join(folder, name), { force: true }).catch(() => undefined);
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

/** Makes a renaming durable. Not every platform can do this with a folder. */
async function syncFolder(folder: string): Promise<void> {
  try {
    const handle = await open(folder, constants.O_RDONLY);
    await handle.sync().finally(() => handle.close());
  } catch {
    // The file itself is flushed; only a crash of the machine at this moment could bring back the previous one.
  }
}

/**
 * Saves a model that cannot be written to its file to a new temporary folder, and returns a message that names it: the
 * training may have taken hours.
 */
async function rescue(bytes: Uint8Array): Promise<string> {
  try {
    const path = join(await mkdtemp(join(tmpdir(), 'wasm-mlp-')), 'model.safetensors');
    await replaceFile(path, bytes);
    return `The model was saved to '${path}' instead.`;
  } catch (error) {
    return `It could not be saved to a temporary folder either: ${reason(error)}.`;
  }
}

/**
 * Creates a folder with its parents. Not by mkdir's own `recursive`, which never returns on Node 20 if the parent
 * exists but accepts no entries (/proc).
 */
async function createFolder(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  if (dirname(path) !== path) await createFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another run may have created it in the meantime.
    if (!(await isDirectory(path))) throw error;
  }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch {
    return false;
  }
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
