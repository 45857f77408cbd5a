/**
 * Builds dist/ from src/ with tsup, and puts the kernels and the worker beside it as plain files. Prints on standard error only, so
 * that `npm start -- --json` stays machine-readable.
 */

import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

rmSync('dist', { recursive: true, force: true });
const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup], { stdio: ['ignore', 2, 2] });
for (const name of ['worker.js', 'kernels.wasm', 'kernels-fused.wasm']) {
  if (status === 0 && existsSync(`build/${name}`)) copyFileSync(`build/${name}`, `dist/${name}`);
}
process.exitCode = status ?? 1;
