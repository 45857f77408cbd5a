/** Locates the built library in a package folder, or in a folder with its dist files. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Returns the version and the files that are measured in a folder.
 *
 * @param {string} folder
 */
export function packageFiles(folder) {
  const manifest = join(resolve(folder), 'package.json');
  let entry = join(resolve(folder), 'index.js');
  let version = 'unknown';
  if (existsSync(manifest)) {
    const { exports, version: stated } = JSON.parse(readFileSync(manifest, 'utf8'));
    entry = join(resolve(folder), exports?.['.']?.import?.default ?? 'dist/index.js');
    version = stated;
  }
  if (!existsSync(entry)) throw new Error(`${folder}: expected a built package or its dist folder, found no ${entry}.`);
  const dist = dirname(entry);
  return {
    version,
    entry,
    predict: [join(dist, 'predict.js')].find((path) => existsSync(path)),
    kernels: { strict: join(dist, 'kernels.wasm'), fused: join(dist, 'kernels-fused.wasm') },
    /** Existing files whose sizes are reported. */
    shipped: [
      'index.js',
      'core.js',
      'core.cjs',
      'predict.js',
      'predict-core.js',
      'fused.js',
      'kernels.wasm',
      'kernels-fused.wasm',
    ]
      .map((name) => ({ name, path: join(dist, name) }))
      .filter(({ path }) => existsSync(path)),
  };
}
