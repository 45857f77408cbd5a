/**
 * The files of the package: entries, which `exports` of package.json names and `src/NAME.ts` holds, what they load when
 * it is needed, and what several of them import. Builds, checks and tests take their lists from here, so that a new
 * entry is one file and its lines in package.json, and a new part that is loaded later one line below.
 */

import { readFileSync } from 'node:fs';

/** Entries that are not built beside the main one: the library itself, its fused kernels, and predictions alone. */
const OTHERS = ['.', './fused', './predict', './tables/predict'];

/** @type {{ exports: Record<string, string | object> }} */
const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/**
 * Names of the entries that are built beside the main one and import it: one for each file format, and the tools of one
 * platform.
 */
export const besideLibrary = Object.entries(exports)
  .filter(([name, target]) => typeof target === 'object' && !OTHERS.includes(name))
  .map(([name]) => name.slice('./'.length));

/**
 * Entries that are built beside wasm-mlp/predict and import it: the name of the file, of `src/NAME.ts` and of the
 * build.
 */
export const besidePredict = ['tables-predict'];

/**
 * What the library and the entries beside it load by `import()` when it is needed, as a file of its own: the name of
 * the file, and its source without the extension.
 *
 * @type {Record<string, string>}
 */
export const loadedLater = {
  fused: 'src/runtime/fused',
  int8: 'src/runtime/int8/load',
  quantization: 'src/quantization/make',
  'wide-vectors': 'src/engine/wide/search',
  'remote-fit': 'src/remote/remote-fit',
  'worker-program': 'src/remote/program',
  'onnx-reader': 'src/formats/onnx/read-model',
  'tfjs-reader': 'src/formats/tfjs/read-model',
};

/**
 * What wasm-mlp/predict and the entries beside it load later. A source that is listed in both tables has two names,
 * since each of its files imports its own `core`.
 *
 * @type {Record<string, string>}
 */
const loadedByPredict = {
  'predict-int8': 'src/runtime/int8/load',
};

/** @param {readonly string[]} names */
const sourcesOf = (names) => Object.fromEntries(names.map((name) => [name, `src/${name}`]));

/**
 * The two builds. Files of one share their modules: `core` holds all that `entry` reaches, and `shared` files hold what
 * else several files import, by the folder in src/formats that it is in. Nothing is shared between the two, so that
 * predictions alone stay small.
 */
export const builds = [
  {
    entry: 'index',
    core: 'core',
    files: { ...sourcesOf(['index', ...besideLibrary]), ...loadedLater },
    shared: ['keras-topology', 'onnx', 'tfjs', 'zip'].map((folder) => `shared-${folder}`),
  },
  {
    entry: 'predict',
    core: 'predict-core',
    files: { ...sourcesOf(['predict', ...besidePredict]), ...loadedByPredict },
    shared: [],
  },
];

/** Names of the entries that have declarations. */
export const declared = ['index', 'fused', 'predict', ...besideLibrary, ...besidePredict];

/** Names of all files of code, each in two module systems. */
export const built = builds.flatMap(({ core, files, shared }) => [...Object.keys(files), core, ...shared]);
