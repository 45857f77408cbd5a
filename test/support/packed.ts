/** The files that `npm pack` puts into the package, and a folder with the package installed. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Returns the paths of the package's files. */
export function packedFiles(): Set<string> {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(listed) as [{ readonly files: readonly { readonly path: string }[] }];
  return new Set(files.map(({ path }) => path));
}

/** Makes a folder with the package in its node_modules, as `npm install` leaves it. The caller removes it. */
export function installPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-installed-'));
  for (const path of packedFiles()) cpSync(join(root, path), join(folder, 'node_modules/wasm-mlp', path));
  return folder;
}
