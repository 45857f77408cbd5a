/** Builds the page into one folder that any static server can serve. ../page.mjs is the command. */
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { kernelTable } from '../kernels/abi.mjs';
import { compileRoofs, PEAK_LOOPS } from '../kernels/roofs.mjs';
import { readExpected } from '../measure/expected.mjs';

const here = (/** @type {string} */ path) => fileURLToPath(new URL(path, import.meta.url));

/** Writes the page, made of the built library. @param {string} folder */
export async function buildPage(folder) {
  mkdirSync(folder, { recursive: true });
  // Their names change from build to build.
  rmSync(join(folder, 'chunks'), { recursive: true, force: true });
  const { strict } = readExpected();
  const { version } = JSON.parse(readFileSync(here('../../package.json'), 'utf8'));
  const data = {
    version,
    expected: Object.fromEntries(Object.entries(strict).filter(([name]) => !name.startsWith('scaling/'))),
    table: await kernelTable(),
    peakLoops: PEAK_LOOPS,
  };
  await build({
    entryPoints: [here('main.ts'), here('worker.ts')],
    outdir: folder,
    bundle: true,
    // What the library loads later stays a file of its own.
    splitting: true,
    format: 'esm',
    target: 'es2022',
    // Scripts of the benchmark import these in Node alone.
    external: ['node:*'],
    chunkNames: 'chunks/[name]-[hash]',
    legalComments: 'none',
    logLevel: 'warning',
  });
  for (const name of ['index.html', 'page.css']) copyFileSync(here(name), join(folder, name));
  copyFileSync(here('../../dist/kernels.wasm'), join(folder, 'kernels.wasm'));
  writeFileSync(join(folder, 'roofs.wasm'), await compileRoofs('strict'));
  writeFileSync(join(folder, 'data.json'), JSON.stringify(data));
}
