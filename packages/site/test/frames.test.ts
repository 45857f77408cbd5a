/**
 * What `scripts/measure-frames.mjs` measures is there: each activity runs to its end, without an error of the page. How
 * long tasks take is measured by that script, on a quiet machine; here it would depend on the others that compute.
 */
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
  test('each activity whose frames are measured runs, draws, and raises no error', { timeout: 300_000 }, async () => {
    const site = mkdtempSync(join(tmpdir(), 'site-'));
    buildSite(site);
    const server = await serveFolder(site, { 'content-security-policy': POLICY });
    const browser = await chromium.launch(CHROMIUM);
    try {
      for (const activity of ACTIVITIES) {
        const { frames, processor, errors } = await measureFrames(browser, server.origin, activity, 1);
        expect(errors, activity.title).toEqual([]);
        expect(frames.length, activity.title).toBeGreaterThan(2);
        expect(processor, activity.title).toBeGreaterThan(0);
      }
    } finally {
      await browser.close();
      await server.close();
      rmSync(site, { recursive: true, force: true });
    }
  });
});
