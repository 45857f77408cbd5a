/**
 * Measures how fast the pages of the built site start on a slow connection and processor: 1.6 Mbit/s, 150 ms there and
 * back, a processor of a quarter of the speed. Prints a line for each page.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { CHROMIUM, serveBuilt } from './serve-built.mjs';

const folder = fileURLToPath(new URL('../dist/', import.meta.url));
const { origin, close } = await serveBuilt();
const browser = await chromium.launch(CHROMIUM);

/** Opens a page with an empty cache, throttled; returns milliseconds to its first paint and to its first control. */
async function start(path, control) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 150,
    downloadThroughput: 1.6e6 / 8,
    uploadThroughput: 1.6e6 / 8,
  });
  await session.send('Emulation.setCPUThrottlingRate', { rate: 4 });
  await page.goto(`${origin}/${path}`, { waitUntil: 'commit' });
  const interactive = await page.evaluate(
    (selector) =>
      new Promise((found) => {
        const look = () => (document.querySelector(selector) ? found(performance.now()) : setTimeout(look, 10));
        look();
      }),
    control,
  );
  await page.waitForTimeout(500);
  const paint = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN);
  await context.close();
  return { paint, interactive };
}

const PAGES = [
  ['index.html', 'header button'],
  ['playground.html', 'button.primary'],
  ['slides.html', 'header button'],
  ['digits.html', 'canvas'],
  ['docs.html', 'search input'],
];
for (const [path, control] of PAGES.filter(([name]) => existsSync(join(folder, name)))) {
  const runs = [];
  for (let i = 0; i < 3; i++) runs.push(await start(path, control));
  const median = (name) => runs.map((run) => run[name]).sort((a, b) => a - b)[1];
  console.log(
    `${path}: first paint ${Math.round(median('paint'))} ms, first control ${Math.round(median('interactive'))} ms`,
  );
}
await browser.close();
close();
