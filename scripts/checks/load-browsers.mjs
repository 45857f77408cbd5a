/** Loads the browser drivers of the tests, which are TypeScript, into scripts that Node runs without a build. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const source = new URL('../../test/support/browsers.ts', import.meta.url);

/** Headers that make a page cross-origin isolated. */
export const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** @returns {Promise<typeof import('../../test/support/browsers.js')>} */
export async function loadBrowsers() {
  // The output is inside the repository, where its packages are found. It locates the repository by its source's path.
  const folder = fileURLToPath(new URL('../../.engines', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'browsers.mjs');
  await build({
    entryPoints: [fileURLToPath(source)],
    bundle: true,
    packages: 'external',
    format: 'esm',
    platform: 'node',
    outfile,
    define: { 'import.meta.url': JSON.stringify(source.href) },
  });
  return import(pathToFileURL(outfile).href);
}
