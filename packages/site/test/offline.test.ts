/**
 * The site without a network, in a folder of a strict host: once it was open, every page of it opens again, trains and
 * runs snippets. A new version is there at the next visit, and pages of the old one that are open go on.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine } from 'wasm-mlp';
import {
  browserNames,
  reasonToSkip,
  serveFolder,
  withBrowserPage,
  type BrowserPage,
} from '../../../test/support/browsers.js';
import { keepBrowsers } from '../../../test/support/kept-browsers.js';
import { filesOf, SERVICE_WORKER } from '../scripts/offline.mjs';
import { settingsOf } from '../src/settings/address.js';
import { Session } from '../src/training/session.js';
import { buildSite, click, go, HASH, POLICY, STEPS } from './built.js';

const some = browserNames.some((name) => reasonToSkip(name) === undefined);
let built = '';
beforeAll(() => {
  if (!some) return;
  built = mkdtempSync(join(tmpdir(), 'site-'));
  buildSite(built);
}, 180_000);
afterAll(() => {
  if (built !== '') rmSync(built, { recursive: true, force: true });
});

/** Calls `use` with a host that has the site in a folder of its own. */
async function withHost<T>(
  use: (host: { site: string; address: string; cut: () => Promise<void> }) => Promise<T>,
): Promise<T> {
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  const site = join(root, 'some/folder');
  cpSync(built, site, { recursive: true });
  const server = await serveFolder(root, { 'content-security-policy': POLICY });
  let open = true;
  const cut = async (): Promise<void> => {
    if (open) await server.close();
    open = false;
  };
  try {
    return await use({ site, address: `${server.origin}/some/folder/`, cut });
  } finally {
    await cut();
    rmSync(root, { recursive: true, force: true });
  }
}

const controlled = 'navigator.serviceWorker.controller && true';
/** Notes the bytes of each file that the page hands to the user. */
const SAVED = `(() => {
  const own = URL.createObjectURL;
  globalThis.saved = [];
  URL.createObjectURL = (blob) => {
    const address = own.call(URL, blob);
    saved.push(blob.size);
    return address;
  };
  return true;
})()`;
const trained = async (page: BrowserPage): Promise<unknown> => {
  await page.value(HASH);
  for (let step = 1; step <= 3; step++) {
    await page.evaluate(click('One step'));
    await page.value(`${STEPS} === ${step} || null`);
  }
  return page.value(HASH);
};

async function hashInNode(steps: number): Promise<string | undefined> {
  const session = new Session(await createEngine(), settingsOf(''));
  for (let i = 0; i < steps; i++) await session.takeStep();
  return session.hash();
}

const kept = keepBrowsers();

describe.each(browserNames)('in %s', (name) => {
  const only = test.skipIf(reasonToSkip(name) !== undefined);
  const open = (address: string, use: (page: BrowserPage) => Promise<void>): Promise<void> =>
    withBrowserPage(name, address, use, { kept });

  only('every page opens without a network, trains and runs snippets', { timeout: 300_000 }, () =>
    withHost(({ site, address, cut }) =>
      open(`${address}index.html`, async (page) => {
        await page.value(controlled, 60_000);
        await cut();
        expect(await page.evaluate("fetch('./nothing').then(() => 'there', () => 'cut')")).toBe('cut');

        const all = Object.keys(filesOf(site)).filter((file) => file.endsWith('.html'));
        const pages = all.filter((file) => !file.startsWith('api/'));
        const reference = all.filter((file) => file.startsWith('api/'));
        expect(pages.length).toBeGreaterThan(20);
        expect(reference.length).toBeGreaterThan(300);
        const some = reference.filter((_, i) => i % 60 === 0);
        for (const file of [...pages, ...some]) {
          await go(page, address + file);
          expect(await page.value("document.querySelector('header') && document.title"), file).toContain('wasm-mlp');
        }
        // The others are kept as well.
        const cached = await page.evaluate(
          `caches.keys().then(async ([name]) => (await (await caches.open(name)).keys()).map(({ url }) => url.slice(${address.length}).replace(/\\?.*/, '')))`,
        );
        expect((cached as string[]).filter((file) => file !== '').sort()).toEqual(Object.keys(filesOf(site)).sort());

        await go(page, address);
        await page.value("/[1-9][\\d,]* steps/.test(document.querySelector('#demo').textContent) || null");
        await go(page, `${address}playground.html`);
        expect(await trained(page)).toBe(await hashInNode(3));
        await page.evaluate(SAVED);
        for (const format of ['safetensors', 'ONNX', 'JavaScript module']) await page.evaluate(click(format));
        // Waits for the last: in WebKit a download that begins while a page is left keeps the page.
        await page.value('globalThis.saved.length === 3 || null');
        expect(await page.evaluate('globalThis.saved.every((bytes) => bytes > 100)')).toBe(true);
        expect(await page.evaluate("document.querySelector('[role=alert]')?.textContent ?? 'none'")).toBe('none');
        await go(page, `${address}slides.html#vanishing`);
        await page.value("/e[+−-]|10/.test(document.querySelector('#vanishing svg')?.textContent) || null");
        await go(page, `${address}digits.html`);
        await page.value("document.querySelector('[data-testid=verdict]')?.textContent.startsWith('Draw') || null");
        await go(page, `${address}docs.html`);
        const button = "document.querySelector('button[data-snippet]')";
        await page.value(`${button}?.disabled === false || null`);
        await page.evaluate(`${button}.click()`);
        const shown = `${button}.nextElementSibling.textContent`;
        expect(await page.value(`${button}.disabled ? null : ${shown} || null`)).toMatch(/→/);
        await page.evaluate("(() => { const input = document.querySelector('search input'); input.focus(); input.value = 'adam'; input.dispatchEvent(new Event('input', { bubbles: true })); return true; })()"); // prettier-ignore
        expect(await page.value("document.querySelector('.found a')?.textContent")).toMatch(/adam/i);
      }),
    ),
  );

  only('a new version is there at the next visit, and open pages of the old one go on', { timeout: 300_000 }, () =>
    withHost(({ site, address }) =>
      open(`${address}docs.html`, async (page) => {
        await page.value(controlled, 60_000);
        /** Puts a version on the host: a page says its number. */
        const publish = (version: number): void => {
          const before = JSON.stringify(filesOf(site));
          const file = join(site, 'docs-brain.html');
          writeFileSync(
            file,
            readFileSync(file, 'utf8').replace(
              /(<p class="version">.*<\/p>)?<h1/,
              `<p class="version">${version}</p><h1`,
            ),
          );
          const worker = join(site, SERVICE_WORKER);
          const code = readFileSync(worker, 'utf8');
          expect(code).toContain(before);
          writeFileSync(
            worker,
            code.replace(before, () => JSON.stringify(filesOf(site))),
          );
        };
        const renew = async (): Promise<void> => {
          await page.evaluate("(navigator.serviceWorker.addEventListener('controllerchange', () => (globalThis.renewed = true), { once: true }), globalThis.renewed = false, navigator.serviceWorker.ready.then((one) => one.update()).then(() => true))"); // prettier-ignore
          await page.value('globalThis.renewed || null', 60_000);
        };
        // A script that pages load later, which the new version does not have any more.
        const [later] = readdirSync(join(site, 'assets')).filter((file) => {
          const text = readFileSync(join(site, 'assets', file), 'utf8');
          return (
            file.endsWith('.js') && text.includes('fuzzy') && text.includes('storeFields') && !file.startsWith('main')
          );
        });
        expect(later).toBeTruthy();
        rmSync(join(site, 'assets', later));
        writeFileSync(join(site, SERVICE_WORKER), readFileSync(join(site, SERVICE_WORKER), 'utf8').replace(new RegExp(`"assets/${later}":"\\w+",?`), '')); // prettier-ignore
        publish(2);
        await renew();
        expect(await page.evaluate(`import('./assets/${later}').then(() => 'there', String)`)).toBe('there');
        await go(page, `${address}docs-brain.html`);
        expect(await page.value("document.querySelector('.version')?.textContent")).toBe('2');

        publish(3);
        await renew();
        await go(page, `${address}docs-brain.html`);
        expect(await page.value("document.querySelector('.version')?.textContent")).toBe('3');
        expect(existsSync(join(site, 'assets', later))).toBe(false);
        expect(await page.evaluate(`fetch('./assets/${later}').then(({ status }) => status)`)).toBe(404);
      }),
    ),
  );
});
