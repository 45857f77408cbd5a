/**
 * Builds the kernels, the workers and dist/, each only if one of its outputs is missing or older than one of its
 * sources. Prints on standard error what it builds, and nothing where everything is up to date.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built, declared } from './entries.mjs';

process.chdir(fileURLToPath(new URL('../..', import.meta.url)));

/** All files under `path`, or `path` itself if it is a file. @type {(path: string) => string[]} */
function filesOf(path) {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry) return [];
  if (!entry.isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesOf(join(path, name)));
}

/** @param {string} path */
const timeOf = (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs;

/** In the order of building: later steps read the outputs of earlier ones. */
const steps = [
  {
    script: 'scripts/kernels/build-kernels.mjs',
    sources: () => [
      ...filesOf('assembly').filter((path) => !path.endsWith('.generated.ts')),
      // Scripts import each other. All of them count, since a list of them would sooner or later be incomplete.
      ...['asconfig.json', 'package.json', 'scripts', 'src/runtime/abi.ts', 'src/runtime/int8/abi.ts'].flatMap(filesOf),
    ],
    outputs: [
      ...['constants', 'tiles'].map((name) => `assembly/gemm/${name}.generated.ts`),
      'assembly/int8/tiles.generated.ts',
      ...['activations', 'activations-forward'].map((name) => `assembly/${name}.generated.ts`),
      ...['abi', 'constants', 'int8/abi', 'int8/constants'].map((name) => `src/runtime/${name}.generated.ts`),
      ...['kernels', 'kernels-fused', 'kernels-predict', 'kernels-int8', 'kernels-int8-relaxed'].flatMap((name) => [
        `src/runtime/${name}.generated.ts`,
        `build/${name}.wasm`,
      ]),
    ],
  },
  {
    script: 'scripts/package/build-worker.mjs',
    sources: () =>
      ['src', 'package.json', 'scripts', 'tsconfig.json', 'tsconfig.build.json']
        .flatMap(filesOf)
        .filter((path) => !path.endsWith('.generated.ts')),
    outputs: ['src/runtime/threads/worker.generated.ts', 'src/remote/program.generated.ts', 'build/worker.js'],
  },
  {
    script: 'scripts/package/build-dist.mjs',
    sources: () =>
      ['src', 'package.json', 'scripts', 'tsconfig.json', 'tsconfig.build.json', 'tsup.config.ts'].flatMap(filesOf),
    outputs: [
      ...built.flatMap((name) => [`${name}.js`, `${name}.cjs`]),
      ...declared.flatMap((name) => [`${name}.d.ts`, `${name}.d.cts`]),
      'worker.js',
      'kernels.wasm',
      'kernels-fused.wasm',
      'cli/main.js',
    ].map((name) => join('dist', name)),
  },
  {
    script: 'scripts/package/build-cli.mjs',
    sources: () =>
      [
        ...['package.json', 'packages/cli/package.json', 'packages/cli/tsup.config.ts', 'packages/cli/src'],
        'verification',
      ].flatMap(filesOf),
    outputs: ['packages/cli/dist/main.js', 'packages/cli/dist/sweep-thread.js'],
  },
];

for (const { script, sources, outputs } of steps) {
  const newestSource = Math.max(...sources().map((path) => timeOf(path) ?? 0));
  const stale = outputs.filter((path) => (timeOf(path) ?? -1) < newestSource);
  if (stale.length === 0) continue;

  console.error(`${script}: ${stale.join(', ')} missing or out of date`);
  const { status } = spawnSync(process.execPath, [script], { stdio: ['ignore', 2, 2] });
  const absent = outputs.filter((path) => timeOf(path) === undefined);
  if (status !== 0 || absent.length > 0) {
    console.error(
      `${script}: failed with status ${status}${absent.length > 0 ? `, without ${absent.join(', ')}` : ''}`,
    );
    process.exit(1);
  }
  // A step may leave an output that does not change unwritten. It is up to date all the same.
  const now = new Date();
  for (const path of outputs) utimesSync(path, now, now);
}
