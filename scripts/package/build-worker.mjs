/**
 * Builds the programs of workers and inlines them as text, all ignored by git: that of compute workers, src/engine/threads/worker.ts, and that of
 * workers which train, src/model/offload/worker.ts, which can do both and is build/worker.js too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { minified } from './minify.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));
mkdirSync('build', { recursive: true });

/**
 * A worker is given its kernels, and trains on its own thread: what the library imports when it is asked for is not asked for here.
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
 * @returns {Promise<string>} the program, with all that it imports
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
 * @param {string} what
 * @param {string} program
 */
function inline(file, constant, what, program) {
  const lines = [
    '// Written by scripts/package/build-worker.mjs. Do not edit.',
    `/** ${what} */`,
    `export const ${constant}: string = ${JSON.stringify(program)};`,
    '',
  ];
  writeFileSync(file, lines.join('\n'));
  process.stderr.write(`build-worker: ${file}, ${program.length} bytes\n`);
}

const compute = await bundle('src/engine/threads/worker.ts');
inline('src/engine/threads/worker.generated.ts', 'WORKER_SOURCE', 'The program of a compute worker.', compute);
const train = await bundle('src/model/offload/worker.ts');
inline('src/model/offload/program.generated.ts', 'OFFLOAD_PROGRAM', 'The program of a worker that trains.', train);
writeFileSync('build/worker.js', `${train}\n`);
