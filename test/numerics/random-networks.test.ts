/**
 * A known answer for everything that training computes besides weights: gradients, optimizer state, logs, predictions
 * and files of random networks, on data up to the edges of float32 and with NaN arising in training, equal for every
 * tile. `npm run test:engines` checks it in other engines and on ARM64.
 */
import { expect, test } from 'vitest';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import * as library from '../../src/index.js';
import { Fingerprint } from '../support/fingerprint.mjs';
import { hashRandomNetworks, RANDOM_NETWORKS_SHA256 } from '../support/random-networks.mjs';

test.each(TILE_NAMES)('random networks on extreme data have the known hash, tile %s', async (tile) => {
  expect(await hashRandomNetworks(library, { tile })).toBe(RANDOM_NETWORKS_SHA256);
});

test('more random networks give the same bits on this thread, in a worker, and for a tile of another width', async () => {
  const networks = { first: 1000, count: 60 };
  const here = await hashRandomNetworks(library, undefined, undefined, networks);
  expect(await hashRandomNetworks(library, { tile: '6x16' }, undefined, networks)).toBe(here);
  expect(await hashRandomNetworks(library, undefined, { runIn: 'worker' }, { ...networks, count: 8 })).toBe(
    await hashRandomNetworks(library, undefined, undefined, { ...networks, count: 8 }),
  );
});

test('a fingerprint distinguishes zeros of both signs and numbers one unit in the last place apart, and treats all NaNs as equal', async () => {
  const hashOf = async (bits: number): Promise<string> => {
    const fingerprint = new Fingerprint();
    fingerprint.addFloats(new Float32Array(Uint32Array.of(bits).buffer));
    return fingerprint.sha256();
  };
  const different = new Set(
    await Promise.all([0, 0x80000000, 0x3f800000, 0x3f800001, 0x7f800000, 0x7fc00000].map(hashOf)),
  );
  expect(different.size).toBe(6);
  expect(await hashOf(0xffc00001)).toBe(await hashOf(0x7fc00000));
});
