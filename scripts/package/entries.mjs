/**
 * The entries of the package beside the library itself: what `exports` of package.json names and `src/NAME.ts` holds.
 * Builds, checks and tests take their lists from here, so that a new entry is one file and its lines in package.json.
 */

import { readFileSync } from 'node:fs';

/** The library, its training kernels with fused multiply-add, and predictions alone: each is built for itself. */
const OWN_BUILDS = ['.', './fused', './predict', './tables/predict'];

/** @type {{ exports: Record<string, string | object> }} */
const { exports } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/**
 * Names of the entries that are built beside the main one and import it: one for each file format, and the tools of one
 * platform.
 */
export const besideLibrary = Object.entries(exports)
  .filter(([name, target]) => typeof target === 'object' && !OWN_BUILDS.includes(name))
  .map(([name]) => name.slice('./'.length));

/**
 * What such an entry loads when it is called, as a file of its own: the name of the file, and its source without the
 * extension. @type {Record<string, string>}
 */
export const loadedByEntries = {
  'onnx-reader': 'src/formats/onnx/read-model',
  'tfjs-reader': 'src/formats/tfjs/read-model',
};

/** Entries that are built beside wasm-mlp/predict and import it: the name of the file, of `src/NAME.ts` and of the build. */
export const besidePredict = ['tables-predict'];
