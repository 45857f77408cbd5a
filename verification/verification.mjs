/**
 * What `npm run verify` and `wasm-mlp verify` do, apart from reading options and printing. A library is passed in.
 */
import { differentSubjects } from './hashes.mjs';
import { runLibrary } from './library.mjs';
import { hashesOfNetwork } from './subjects.mjs';
import { differenceFrom, readVectors } from './vectors.mjs';

export { formatHashes, parseHashes } from './hashes.mjs';
export { machineHere } from './machine.mjs';

/** @typedef {import('./library.mjs').Library} Library */
/** @typedef {import('./subjects.mjs').Built} Built */

/**
 * Called after each of `count` parts of the work.
 * @typedef {(done: number, count: number) => void} Progress
 */

/**
 * Computes the vectors of a folder.
 * @param {Library} library
 * @param {string} [folder]
 * @param {Progress} [progress]
 */
export async function verifyVectors(library, folder, progress = () => undefined) {
  const vectors = readVectors(folder);
  const results = [];
  for (const vector of vectors) {
    const difference = differenceFrom(vector, await runLibrary(library, vector.description));
    const { name, about, numerics } = vector;
    results.push({ name, about, numerics, difference });
    progress(results.length, vectors.length);
  }
  return results;
}

/**
 * Returns the hashes of the first random networks, by seed.
 * @param {Built} built
 * @param {number} count
 * @param {Progress} [progress]
 */
export async function hashNetworks(built, count, progress = () => undefined) {
  /** @type {Map<number, import('./hashes.mjs').Hashes>} */
  const networks = new Map();
  for (let seed = 0; seed < count; seed++) {
    networks.set(seed, await hashesOfNetwork(built, seed));
    progress(networks.size, count);
  }
  return networks;
}

/**
 * Trains the networks of a file of hashes. Returns those that differ here, with the subjects in which they do.
 * @param {Built} built
 * @param {import('./hashes.mjs').HashFile} file
 * @param {Progress} [progress]
 */
export async function compareNetworks(built, { networks }, progress = () => undefined) {
  const differences = [];
  let done = 0;
  for (const [seed, there] of networks) {
    const subjects = differentSubjects(await hashesOfNetwork(built, seed), there);
    if (subjects.length > 0) differences.push({ seed, subjects });
    progress(++done, networks.size);
  }
  return differences;
}
