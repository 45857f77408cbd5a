import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { besideLibrary, besidePredict } from './scripts/package/entries.mjs';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * What dist/cli/main.js takes from the development dependencies: left as imports, since the package ships no command.
 */
const cliPackages = ['commander', 'cli-progress'];

/** The command line imports the built library beside it instead of a second copy of its own. */
const libraryAsImport: Plugin = {
  name: 'library-as-import',
  setup(build) {
    const library = resolve('src/index.js');
    build.onResolve({ filter: /\/index\.js$/ }, ({ path, resolveDir }) =>
      resolve(resolveDir, path) === library ? { path: '../index.js', external: true } : undefined,
    );
  },
};

const declarations: Options = {
  tsconfig: 'tsconfig.build.json',
  outDir: 'dist',
  format: 'esm',
  dts: { compilerOptions: { stripInternal: true }, only: true },
  silent: true,
  external: [/^node:/],
};

const sourcesOf = (names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, `src/${name}.ts`]));

export default defineConfig([
  // Declarations of the entries; scripts/package/bundle.mjs makes their code. Those of entries that import another one
  // name its source, where build-dist.mjs writes that entry.
  { ...declarations, entry: { index: 'src/index.ts', fused: 'src/runtime/fused.ts' } },
  { ...declarations, entry: { predict: 'src/predict.ts' } },
  { ...declarations, entry: sourcesOf(besideLibrary), external: [/^node:/, /\/index\.js$/] },
  { ...declarations, entry: sourcesOf(besidePredict), external: [/^node:/, /\/predict\.js$/] },
  {
    tsconfig: 'tsconfig.build.json',
    entry: { main: 'src/cli/main.ts' },
    outDir: 'dist/cli',
    format: ['esm'],
    platform: 'node',
    target: 'es2022',
    dts: false,
    splitting: false,
    treeshake: true,
    sourcemap: true,
    silent: true,
    removeNodeProtocol: false,
    external: cliPackages,
    esbuildPlugins: [libraryAsImport],
  },
]);
