/**
 * Measures how fast the pages of the built site start on a slow connection and processor, and whether frames stay short
 * while a network trains: 1.6 Mbit/s, 150 ms there and back, a processor of a quarter of the speed. Prints a table.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright-core';

const folder = fileURLToPath(new URL('../dist/', import.meta.url));
const TYPES = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
};

// As static hosts do: text is compressed.
const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  readFile(join(folder, path === '/' ? 'index.html' : path)).then(
    (body) => {
      const type = TYPES[extname(path) || '.html'];
      if (type === undefined) response.end(body);
      else
        response
          .writeHead(200, { 'content-type': `${type}; charset=utf-8`, 'content-encoding': 'gzip' })
          .end(gzipSync(body));
    },
    () => response.writeHead(404).end(),
  );
});
await new Promise((ready) => server.listen(0, '127.0.0.1', () => ready(undefined)));
const origin = `http://127.0.0.1:${server.address().port}`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});

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

/** Longest tasks of the page, in milliseconds, while a network trains for some seconds. */
async function frames() {
  const page = await browser.newPage();
  await page.goto(`${origin}/playground.html#data=spiral&layers=8tanh-8tanh-6tanh`);
  await page
    .getByTestId('hash')
    .getByText(/[0-9a-f]{64}/)
    .waitFor();
  await page.evaluate(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) =>
      globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration)),
    ).observe({ type: 'longtask' });
    globalThis.frames = [];
    let last = performance.now();
    const next = (now) => {
      globalThis.frames.push(now - last);
      last = now;
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForTimeout(5000);
  const found = await page.evaluate(() => ({ tasks: globalThis.tasks, frames: globalThis.frames }));
  await page.close();
  const sorted = found.frames.sort((a, b) => a - b);
  return {
    frames: sorted.length,
    median: sorted[Math.floor(sorted.length / 2)],
    late: sorted[Math.floor(0.99 * sorted.length)],
    tasksOver50: found.tasks.length,
    longest: Math.max(0, ...found.tasks),
  };
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
console.log('while training', await frames());
await browser.close();
server.close();
