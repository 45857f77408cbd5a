/** No frame of a page waits for 50 ms of its own work, whatever is done: in time of the processor, which other programs do not take. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { reasonToSkip, serveFolder } from '../../../test/support/browsers.js';
import { ACTIVITIES, measureFrames } from '../scripts/frames.mjs';
import { CHROMIUM } from '../scripts/serve-built.mjs';
import { buildSite, POLICY } from './built.js';

describe.skipIf(reasonToSkip('chromium') !== undefined)('in Chromium', () => {
  test('the longest task of a page is shorter than a frame of 50 ms', { timeout: 300_000 }, async () => {
    const site = mkdtempSync(join(tmpdir(), 'site-'));
    buildSite(site);
    const server = await serveFolder(site, { 'content-security-policy': POLICY });
    const browser = await chromium.launch(CHROMIUM);
    try {
      for (const activity of ACTIVITIES) {
        const { frames, processor } = await measureFrames(browser, server.origin, activity, 1);
        expect(frames.length, activity.title).toBeGreaterThan(10);
        expect(processor, activity.title).toBeLessThan(50);
      }
    } finally {
      await browser.close();
      await server.close();
      rmSync(site, { recursive: true, force: true });
    }
  });
});
