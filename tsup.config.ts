import { resolve } from 'node:path';
import { defineConfig, type Options } from 'tsup';
import { besideLibrary, besidePredict, loadedByEntries } from './scripts/package/entries.mjs';

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

/**
 * Modules that are loaded on demand and stay separate files: the name of the file, and its source.
 */
const later = {
  fused: 'src/runtime/fused',
  int8: 'src/runtime/int8/load',
  'worker-program': 'src/remote/program',
};

const laterAsImport = (extension: 'js' | 'cjs'): Plugin => ({
  name: 'later-as-import',
  setup(build) {
    build.onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir, kind }) => {
      if (kind !== 'dynamic-import') return undefined;
      const all = Object.entries({ ...later, ...loadedByEntries });
      const name = all.find(([, file]) => resolve(resolveDir, path) === resolve(`${file}.js`))?.[0];
      return name === undefined ? undefined : { path: `./${name}.${extension}`, external: true };
    });
  },
});

/**
 * Entries beside another one import it instead of bundling it: its factories, and its errors, so that
 * `instanceof FormatError` holds for what they throw.
 */
const entryAsImport = (entry: 'index' | 'predict', extension: 'js' | 'cjs'): Plugin => ({
  name: 'entry-as-import',
  setup(build) {
    const imported = [`src/${entry}.js`, 'src/common/errors.js'].map((file) => resolve(file));
    build.onResolve({ filter: /\/(index|predict|errors)\.js$/ }, ({ path, resolveDir }) =>
      imported.includes(resolve(resolveDir, path)) ? { path: `./${entry}.${extension}`, external: true } : undefined,
    );
  },
});

const declarations = { compilerOptions: { stripInternal: true } };

/** What all builds of the library have in common. */
const library: Options = {
  tsconfig: 'tsconfig.build.json',
  outDir: 'dist',
  platform: 'neutral',
  target: 'es2022',
  dts: declarations,
  splitting: false,
  treeshake: true,
  // Half of the file is comments; the source map has them.
  minify: true,
  sourcemap: true,
  silent: true,
  removeNodeProtocol: false,
  external: [/^node:/],
};

const asEntries = (files: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(files).map(([name, file]) => [name, `${file}.ts`]));

const entries = {
  index: 'src/index.ts',
  ...asEntries(later),
};

/** Entries that import the main one: those of file formats, and tools of one platform. */
const beside = Object.fromEntries(besideLibrary.map((name) => [name, `src/${name}.ts`]));

/** Entries that import the one that predicts. */
const predicting = Object.fromEntries(besidePredict.map((name) => [name, `src/${name}.ts`]));

/** The library and its other entries, in one of the module systems. */
const libraryAs = (format: 'esm' | 'cjs'): Options[] => {
  const extension = format === 'cjs' ? 'cjs' : 'js';
  const settings: Options = {
    ...library,
    format,
    esbuildOptions(options) {
      // In CommonJS what is loaded later is required then: an import() is refused under Jest, and in scripts of
      // node:vm.
      if (format === 'cjs') options.supported = { 'dynamic-import': false };
    },
  };
  return [
    { ...settings, entry: entries, esbuildPlugins: [laterAsImport(extension)] },
    { ...settings, entry: { predict: 'src/predict.ts' }, esbuildPlugins: [laterAsImport(extension)] },
    {
      ...settings,
      entry: { ...beside, ...asEntries(loadedByEntries) },
      dts: false,
      esbuildPlugins: [entryAsImport('index', extension), laterAsImport(extension)],
    },
    // Their declarations name src/index.js, where build-dist.mjs writes the main entry.
    { ...settings, entry: beside, dts: { ...declarations, only: true }, external: [/^node:/, /\/index\.js$/] },
    { ...settings, entry: predicting, dts: false, esbuildPlugins: [entryAsImport('predict', extension)] },
    {
      ...settings,
      entry: predicting,
      dts: { ...declarations, only: true },
      external: [/^node:/, /\/predict\.js$/],
    },
  ];
};

export default defineConfig([
  ...libraryAs('esm'),
  ...libraryAs('cjs'),
  {
    ...library,
    entry: { main: 'src/cli/main.ts' },
    outDir: 'dist/cli',
    format: ['esm'],
    platform: 'node',
    dts: false,
    minify: false,
    external: cliPackages,
    esbuildPlugins: [libraryAsImport],
  },
]);
