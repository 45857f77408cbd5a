/**
 * Draws the picture of the playground in README.md: builds the site, opens a trained network in Chromium, and writes
 * docs/playground.jpg.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { preview } from 'vite';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const site = fileURLToPath(new URL('..', import.meta.url));
execFileSync(process.execPath, [`${root}node_modules/vite/bin/vite.js`, 'build', site, '--logLevel', 'error'], {
  cwd: root,
  stdio: 'inherit',
});
const server = await preview({
  root: site,
  configFile: `${site}vite.config.ts`,
  preview: { port: 0 },
  logLevel: 'error',
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
});
try {
  const page = await browser.newPage({ viewport: { width: 1280, height: 760 } });
  const [address] = server.resolvedUrls.local;
  // The address says how many steps: the picture shows the same weights wherever it is made.
  await page.goto(
    `${address}playground.html#data=spiral&layers=8tanh-8tanh-6tanh&points=400&noise=0.03&learningRate=0.005&steps=4000`,
  );
  await page
    .getByTestId('hash')
    .filter({ hasText: /^[0-9a-f]{64}$/ })
    .waitFor({ timeout: 120_000 });
  await page.screenshot({ path: `${root}docs/playground.jpg`, type: 'jpeg', quality: 72 });
} finally {
  await browser.close();
  await server.close();
}
