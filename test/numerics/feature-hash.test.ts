/**
 * A known answer for the whole library: the SHA-256 of the weights of a training that uses every feature, equal for
 * every tile. `npm run test:engines` checks it in other engines, test/platforms/browser.test.ts in browsers.
 */
import { expect, test } from 'vitest';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import * as library from '../../src/index.js';
import { EVERY_FEATURE_SHA256, trainEveryFeature } from '../support/every-feature.mjs';

test.each(TILE_NAMES)('a training with every feature has the known hash, tile %s', async (tile) => {
  const { updates, losses, sha256 } = await trainEveryFeature(library, { tile });
  expect(updates).toBe(342);
  // The network has learned, so the bits are those of a real training.
  expect(losses).toHaveLength(38);
  for (const loss of losses) expect(loss).toBeLessThanOrEqual(losses[0]);
  expect(losses.at(-1)).toBeLessThan(0.4 * losses[0]);
  expect(sha256).toBe(EVERY_FEATURE_SHA256);
});
