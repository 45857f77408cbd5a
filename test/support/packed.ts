/** What `npm pack` puts into the package, and a folder in which the package is installed. */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The paths of the package's files. */
export function packedFiles(): Set<string> {
  const listed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(listed) as [{ readonly files: readonly { readonly path: string }[] }];
  return new Set(files.map(({ path }) => path));
}

/** A new folder with the package, as `npm install` leaves it, in its node_modules. The caller removes it. */
export function installPackage(): string {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-installed-'));
  for (const path of packedFiles()) cpSync(join(root, path), join(folder, 'node_modules/wasm-mlp', path));
  return folder;
}
