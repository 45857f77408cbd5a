/**
 * Builds the programs of workers and inlines them as text. Git ignores all outputs.
 *
 * - src/runtime/threads/worker.ts computes matrix products.
 * - src/remote/worker.ts trains and computes. It is written to build/worker.js too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minified } from './minify.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
mkdirSync('build', { recursive: true });

/**
 * Leaves dynamic imports out: a worker receives its kernels and trains on its own thread, so it never loads the modules
 * that the library imports on demand.
 *
 * @type {import('esbuild').Plugin}
 */
const withoutImports = {
  name: 'without-imports',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ kind, path }) =>
      kind === 'dynamic-import' ? { path, namespace: 'nothing' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'nothing' }, () => ({ contents: 'export {};' }));
  },
};

/**
 * @param {string} entry
 * @returns {Promise<string>} the program with its imports
 */
async function bundle(entry) {
  const { outputFiles } = await build({
    entryPoints: [entry],
    bundle: true,
    format: 'iife',
    platform: 'neutral',
    target: 'es2022',
    minify: true,
    write: false,
    tsconfig: 'tsconfig.build.json',
    plugins: [withoutImports],
  });
  return (await minified(outputFiles[0].text, {})).code;
}

/**
 * @param {string} file
 * @param {string} constant
 * @param {string} description
 * @param {string} program
 */
function inline(file, constant, description, program) {
  const lines = [
    '// Written by scripts/package/build-worker.mjs. Do not edit.',
    `/** ${description} */`,
    `export const ${constant}: string = ${JSON.stringify(program)};`,
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  process.stderr.write(`build-worker: ${file}, ${program.length} bytes\n`);
}

const compute = await bundle('src/runtime/threads/worker.ts');
inline('src/runtime/threads/worker.generated.ts', 'WORKER_SOURCE', 'The program of a compute worker.', compute);
const train = await bundle('src/remote/worker.ts');
inline('src/remote/program.generated.ts', 'WORKER_PROGRAM', 'The program of a worker that trains.', train);
writeFileSync('build/worker.js', `${train}\n`);
