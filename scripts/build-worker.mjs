/**
 * Builds the program of the compute workers, src/engine/threads/worker.ts, to build/worker.js, and inlines it as text in
 * src/engine/threads/worker.generated.ts. Both are ignored by git.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
mkdirSync('build', { recursive: true });

const { outputFiles } = await build({
  entryPoints: ['src/engine/threads/worker.ts'],
  bundle: true,
  format: 'iife',
  platform: 'neutral',
  target: 'es2022',
  minify: true,
  write: false,
  tsconfig: 'tsconfig.build.json',
});
const source = outputFiles[0].text.trim();
writeFileSync('build/worker.js', `${source}\n`);
writeFileSync(
  'src/engine/threads/worker.generated.ts',
  [
    '// Written by scripts/build-worker.mjs from worker.ts. Do not edit.',
    '/** The program of a worker. */',
    `export const WORKER_SOURCE = ${JSON.stringify(source)};`,
    '',
  ].join('\n'),
);
process.stderr.write(`build-worker: build/worker.js, ${source.length} bytes\n`);
