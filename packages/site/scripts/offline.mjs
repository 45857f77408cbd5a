/** Writes the list of the site's files into its service worker (src/offline/service-worker.ts). */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve, sep } from 'node:path';

export const SERVICE_WORKER = 'service-worker.js';
const PLACE = '__FILES__';

/**
 * Lists the files of a built site with the first digits of the SHA-256 of their contents, by their paths.
 *
 * @param {string} folder
 */
export const filesOf = (folder) =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name !== SERVICE_WORKER && !entry.name.startsWith('.'))
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [
        relative(folder, file).split(sep).join('/'),
        createHash('sha256').update(readFileSync(file)).digest('hex').slice(0, 12),
      ]),
  );

/**
 * Writes the list into the service worker of a built site.
 *
 * @param {string} folder
 */
export function writeServiceWorker(folder) {
  const file = join(folder, SERVICE_WORKER);
  const code = readFileSync(file, 'utf8');
  if (!code.includes(PLACE)) throw new Error(`${file} expected a place for the list of files, ${PLACE}, got none.`);
  writeFileSync(
    file,
    code.replace(PLACE, () => JSON.stringify(filesOf(folder))),
  );
}

/**
 * The plugin for Vite: writes the list when all files are there.
 *
 * @returns {import('vite').Plugin}
 */
export function offline() {
  let folder = '';
  let written = false;
  return {
    name: 'offline',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = resolve(root, build.outDir)),
    writeBundle: () => void (written = true),
    closeBundle() {
      // It is called after a build that failed, too.
      if (written) writeServiceWorker(folder);
    },
  };
}
