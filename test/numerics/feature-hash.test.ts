/**
 * A known answer for everything together: the SHA-256 of the weights of a training that uses every feature, equal for
 * every tile. `npm run test:engines` finds it in other engines, browser.test.ts in browsers.
 */
import { expect, test } from 'vitest';
import { TILE_NAMES } from '../../src/runtime/tile.js';
import * as library from '../../src/index.js';
import { EVERY_FEATURE_SHA256, trainEveryFeature } from '../support/every-feature.mjs';

test.each(TILE_NAMES)('every feature, tile %s', async (tile) => {
  const { updates, losses, sha256 } = await trainEveryFeature(library, { tile });
  expect(updates).toBe(342);
  // It has learned, so that the bits are those of a training and not of noise.
  expect(losses).toHaveLength(38);
  for (const loss of losses) expect(loss).toBeLessThanOrEqual(losses[0]);
  expect(losses.at(-1)).toBeLessThan(0.4 * losses[0]);
  expect(sha256).toBe(EVERY_FEATURE_SHA256);
});
