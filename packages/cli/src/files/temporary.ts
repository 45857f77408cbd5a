/** Temporary files and folders, removed however the process ends, unless it is killed outright. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const paths = new Set<string>();

/** Removes what is left: also runs where `process.exit` passes over `finally`. */
function removeAll(): void {
  for (const path of paths) removeTemporary(path);
}

/** Makes an empty folder that nobody else can read. */
export const temporaryFolder = (): string => temporaryFile(mkdtempSync(join(tmpdir(), 'wasm-mlp-')));

/** Notes that a path is temporary, before it is made: the name of a file until it is whole, for example. */
export function temporaryFile(path: string): string {
  if (paths.size === 0) process.on('exit', removeAll);
  paths.add(path);
  return path;
}

/** Removes a temporary file or folder, with what is in it. */
export function removeTemporary(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // Windows keeps files that are open. Nothing can be done for them here.
  }
  paths.delete(path);
  if (paths.size === 0) process.off('exit', removeAll);
}
