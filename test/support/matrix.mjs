/**
 * The trainings whose bits must not depend on tile, thread count or worker: one with every feature, one with layers
 * large enough to be shared between threads, and random networks on extreme data; and predictions with weights of eight
 * bits. Uses nothing of any platform.
 */
import { trainEveryFeature } from './every-feature.mjs';
import { trainLargeLayers } from './large-layers.mjs';
import { hashQuantized } from './quantized.mjs';
import { hashRandomNetworks } from './random-networks.mjs';

export const TILES = /** @type {const} */ (['4x8', '5x8', '3x12', '2x16', '4x16', '6x16']);

/** @typedef {typeof import('../../src/index.js')} Library */

/**
 * One cell of the matrix: what was asked for, the actual number of threads, numerics and vectors, and the hashes.
 *
 * @typedef {{ threads: number, got: number, numerics: 'strict' | 'fused', simd256: boolean, tile: string, runIn: 'main' | 'worker', everyFeature: string, largeLayers: string, randomNetworks: string, quantized: string, int8: string }} Cell
 */

/** @type {[tile: (typeof TILES)[number], runIn: 'main' | 'worker'][]} */
const RUNS = [...TILES.map((tile) => /** @type {[typeof tile, 'main']} */ ([tile, 'main'])), ['3x12', 'worker']];

/**
 * @param {Library} library
 * @param {number} threads
 * @param {import('../../src/index.js').EngineOptions & { tiles?: readonly string[] }} [options] with `tiles`, these
 *   alone, on this thread
 * @returns {Promise<Cell[]>} every tile on this thread, then the usual one in a worker
 */
export async function trainMatrix(library, threads, { tiles, ...options } = {}) {
  const first = await library.createEngine(options);
  const { simd256 } = first.info;
  first.dispose();
  const cells = [];
  for (const [tile, runIn] of RUNS) {
    if (tiles !== undefined && (!tiles.includes(tile) || runIn === 'worker')) continue;
    const engine = { ...options, threads, tile };
    const { sha256: everyFeature } = await trainEveryFeature(library, engine, { runIn });
    const { sha256: largeLayers, threads: got, numerics } = await trainLargeLayers(library, engine, { runIn });
    const randomNetworks = await hashRandomNetworks(library, engine, { runIn });
    const { sha256: quantized, path: int8 } = await hashQuantized(library, engine);
    const hashes = { everyFeature, largeLayers, randomNetworks, quantized };
    cells.push({ threads, got, numerics, simd256, tile, runIn, ...hashes, int8 });
  }
  return cells;
}
