/**
 * What `scripts/measure-frames.mjs` measures is there: each activity runs to its end, without an error of the page. How
 * long tasks take is measured by that script, on a quiet machine; here it would depend on the others that compute.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonToSkip, serveFolder, type StaticServer } from '../../../test/support/browsers.js';
import { ACTIVITIES, measureFrames } from '../scripts/frames.mjs';
import { CHROMIUM } from '../scripts/serve-built.mjs';
import { buildSite, POLICY } from './built.js';

const skipped = reasonToSkip('chromium') !== undefined;

describe.skipIf(skipped)('in Chromium', () => {
  const site = mkdtempSync(join(tmpdir(), 'site-'));
  let server: StaticServer;
  let browser: Browser;
  beforeAll(async () => {
    buildSite(site);
    server = await serveFolder(site, { 'content-security-policy': POLICY });
    browser = await chromium.launch(CHROMIUM);
  }, 300_000);
  afterAll(async () => {
    await browser.close();
    await server.close();
    rmSync(site, { recursive: true, force: true });
  });

  const activities = ACTIVITIES.map((activity) => [activity.title, activity] as const);
  test.each(activities)('%s: runs, draws, and raises no error', { timeout: 300_000 }, async (_, activity) => {
    const { frames, processor, errors } = await measureFrames(browser, server.origin, activity, 1);
    expect(errors).toEqual([]);
    expect(frames.length).toBeGreaterThan(2);
    expect(processor).toBeGreaterThan(0);
  });
});
