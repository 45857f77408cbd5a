import { access, constants, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { CliError, usageError } from './errors.js';

/**
 * Makes sure that the model can be saved to `file`, creating its folder: to be found out before the training, not after.
 */
export async function prepareOutput(file: string): Promise<void> {
  if (/[\\/]$/.test(file) || (await isDirectory(file))) {
    throw usageError(
      `--output: expected a file, got the folder '${file}'. Did you mean '${join(file, 'mnist.safetensors')}'?`,
    );
  }
  try {
    await createFolder(dirname(file));
    await access(dirname(file), constants.W_OK);
  } catch (error) {
    throw usageError(`--output: cannot write '${file}': ${reason(error)}.`);
  }
}

/** Writes beside the file and renames, so that an earlier model is replaced whole or not at all. */
export async function writeOutput(file: string, bytes: Uint8Array): Promise<void> {
  const partial = `${file}.${process.pid}.tmp`;
  try {
    await writeFile(partial, bytes);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw new CliError(`save: cannot write '${file}': ${reason(error)}.`);
  }
}

/** Not by mkdir's own `recursive`, which never returns on Node 20 where the parent is there but takes no entries (/proc). */
async function createFolder(path: string): Promise<void> {
  if (await isDirectory(path)) return;
  if (dirname(path) !== path) await createFolder(dirname(path));
  try {
    await mkdir(path);
  } catch (error) {
    // Another run may have made it in the meantime.
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
