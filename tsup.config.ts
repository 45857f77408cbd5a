import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/** What dist/cli/main.js takes from the development dependencies: left as imports, since the package ships no command. */
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

/** The fused kernels stay a file of their own beside the library, which is loaded when they are asked for. */
const fusedAsImport: Plugin = {
  name: 'fused-as-import',
  setup(build) {
    const fused = resolve('src/engine/fused.js');
    build.onResolve({ filter: /\/fused\.js$/ }, ({ path, resolveDir, kind }) =>
      kind === 'dynamic-import' && resolve(resolveDir, path) === fused
        ? { path: './fused.js', external: true }
        : undefined,
    );
  },
};

export default defineConfig([
  {
    entry: { index: 'src/index.ts', fused: 'src/engine/fused.ts' },
    esbuildPlugins: [fusedAsImport],
    tsconfig: 'tsconfig.build.json',
    outDir: 'dist',
    format: ['esm', 'cjs'],
    platform: 'neutral',
    target: 'es2022',
    dts: { compilerOptions: { stripInternal: true } },
    splitting: false,
    treeshake: true,
    // Half of the file is comments; the source map has them.
    minify: true,
    sourcemap: true,
    silent: true,
    removeNodeProtocol: false,
    external: [/^node:/],
  },
  {
    entry: { main: 'src/cli/main.ts' },
    tsconfig: 'tsconfig.build.json',
    outDir: 'dist/cli',
    format: ['esm'],
    platform: 'node',
    target: 'es2022',
    dts: false,
    splitting: false,
    treeshake: true,
    minify: false,
    sourcemap: true,
    silent: true,
    removeNodeProtocol: false,
    external: cliPackages,
    esbuildPlugins: [libraryAsImport],
  },
]);
