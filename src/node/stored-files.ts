/** The files of a template that are in its folder, newest first. */
import { readdirSync, statSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { fileError } from './durable-file.js';
import type { Template } from './template.js';

/** What is at a path; undefined where nothing is, or a link that leads nowhere. */
export function statOf(path: string): BigIntStats | undefined {
  try {
    return statSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}

/**
 * Returns the paths of files that a template has given, the newest first: by the epoch and the batch in their names,
 * and by the time at which they were written where names have none. None if there is no such folder.
 * @throws ValueError for a folder that cannot be read.
 */
export function storedFiles(where: string, template: Template): string[] {
  let names: string[];
  try {
    names = readdirSync(template.folder);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw fileError(where, 'a folder that can be read', error);
  }
  const files = names
    .filter((name) => template.matches(name))
    .flatMap((name) => {
      const path = join(template.folder, name);
      const found = statOf(path);
      return found?.isFile() ? [{ path, position: template.positionOf(name), written: found.mtimeNs }] : [];
    });
  files.sort(
    (a, b) =>
      b.position[0] - a.position[0] ||
      b.position[1] - a.position[1] ||
      (a.written === b.written ? 0 : a.written < b.written ? 1 : -1),
  );
  return files.map(({ path }) => path);
}
