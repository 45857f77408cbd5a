/**
 * Writes the export lists of the activations' kernels, so that a new file in assembly/activation/ is exported without
 * being named anywhere else.
 */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = 'assembly/activation';

/**
 * Returns a module of AssemblyScript that exports the kernels of assembly/activation/: functions named f32_….
 * @param {'all' | 'forward'} which 'forward' leaves the derivatives out, for prediction.
 */
export function activationExports(which) {
  const lines = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.ts'))
    .sort()
    .flatMap((file) => {
      const source = readFileSync(`${FOLDER}/${file}`, 'utf8');
      const kernels = [...source.matchAll(/^export function (f32_\w+)\(/gm)]
        .map(([, name]) => name)
        .filter((name) => which === 'all' || !name.endsWith('_backward'));
      const from = `./activation/${file.replace(/\.ts$/, '')}`;
      return kernels.length === 0 ? [] : [`export { ${kernels.join(', ')} } from '${from}';`];
    });
  return ['// Written by scripts/kernels/build-kernels.mjs. Do not edit.', ...lines, ''].join('\n');
}
