/**
 * Builds packages/cli/dist/ with tsup, and copies the vectors that `wasm-mlp verify` computes. Prints on standard error
 * only, so that output of commands stays machine-readable.
 */
import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup, '--silent'], {
  cwd: fileURLToPath(new URL('../../packages/cli', import.meta.url)),
  stdio: ['ignore', 2, 2],
});
if (status === 0) {
  const root = new URL('../../', import.meta.url);
  const folder = fileURLToPath(new URL('packages/cli/dist/vectors', root));
  cpSync(fileURLToPath(new URL('verification/vectors', root)), folder, { recursive: true });
}
process.exitCode = status ?? 1;
