/** Builds packages/cli/dist/ with tsup. Prints on standard error only, so that output of commands stays machine-readable. */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const tsup = createRequire(import.meta.url).resolve('tsup/dist/cli-default.js');
const { status } = spawnSync(process.execPath, [tsup, '--silent'], {
  cwd: fileURLToPath(new URL('../../packages/cli', import.meta.url)),
  stdio: ['ignore', 2, 2],
});
process.exitCode = status ?? 1;
