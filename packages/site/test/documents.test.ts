/**
 * The documents of the built site: every link leads somewhere, every snippet can be run or shows what Node printed, the
 * search finds documents and the API reference, and every page starts with few bytes.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import MiniSearch from 'minisearch';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { reasonToSkip, serveFolder, withBrowserPage, type BrowserPage } from '../../../test/support/browsers.js';
import { keepBrowsers } from '../../../test/support/kept-browsers.js';
import { DOCUMENTS } from '../scripts/docs/pages.mjs';
import { filesOf } from '../scripts/offline.mjs';
import { SEARCH_FIELDS, type Section } from '../src/docs/search-fields.js';
import { buildSite, POLICY } from './built.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
let site = '';
let files: ReadonlySet<string> = new Set();
beforeAll(() => {
  site = mkdtempSync(join(tmpdir(), 'site-'));
  buildSite(site);
  files = new Set(Object.keys(filesOf(site)));
}, 180_000);
afterAll(() => rmSync(site, { recursive: true, force: true }));

const read = (file: string): string => readFileSync(join(site, file), 'utf8');
const unescaped = (text: string): string =>
  text.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'); // prettier-ignore

/** Places within a page that links may name. */
const places = new Map<string, ReadonlySet<string>>();
function placesOf(file: string): ReadonlySet<string> {
  const known = places.get(file) ?? new Set([...read(file).matchAll(/\s(?:id|name)="([^"]*)"/g)].map(([, id]) => unescaped(id))); // prettier-ignore
  places.set(file, known);
  return known;
}

/** Says what is wrong with an address in a page, if anything. */
function faultOf(page: string, address: string): string | undefined {
  if (/^(?:https?:|mailto:|data:|blob:)/.test(address)) return undefined;
  const [path, place = ''] = unescaped(address).split('#');
  const target = decodeURI(path === '' ? page : posix.normalize(posix.join(dirname(page), path.replace(/\?.*/, ''))));
  const file = [target, posix.join(target, 'index.html')].find((one) => files.has(one));
  if (file === undefined) return `${page}: ${address} is no file`;
  // Pages that scripts write have their places once they are drawn.
  const isWritten = file.endsWith('.html') && read(file).includes('<div id="page">');
  if (place === '' || isWritten || !file.endsWith('.html')) return undefined;
  return placesOf(file).has(decodeURIComponent(place)) ? undefined : `${page}: ${address} is no place in ${file}`;
}

describe('the built site', () => {
  test('has no link that leads nowhere', () => {
    const pages = [...files].filter((file) => file.endsWith('.html'));
    let links = 0;
    const faults = pages.flatMap((page) =>
      [...read(page).matchAll(/\s(?:href|src)="([^"]*)"/g)].flatMap(([, address]) => {
        links++;
        return faultOf(page, address) ?? [];
      }),
    );
    expect(faults).toEqual([]);
    expect(pages.length).toBeGreaterThan(350);
    expect(links).toBeGreaterThan(10_000);
  });

  test('shows no comments of documents', () => {
    for (const { page } of DOCUMENTS) expect(read(`${page}.html`), page).not.toMatch(/&lt;!--/);
  });

  test('has links to the API reference in every document, and back from every page of it', () => {
    for (const { page } of DOCUMENTS) expect(read(`${page}.html`), page).toContain('href="./api/index.html"');
    const reference = [...files].filter((file) => /^api\/.*\.html$/.test(file));
    for (const file of reference) {
      expect(read(file), file).toMatch(/<a href="(?:\.\.?\/)+playground\.html">/);
      // Scripts are files, as a strict policy asks.
      expect(read(file), file).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
    }
    // What the main entry exports is there.
    const exported = readFileSync(join(root, 'dist/index.d.ts'), 'utf8');
    for (const name of ['sequential', 'dense', 'adam', 'earlyStopping', 'loadModel']) {
      expect(exported).toContain(name);
      expect(files).toContain(`api/functions/${name}.html`);
    }
  });

  test('has every snippet of every document, with a button that runs it or shows what Node printed', () => {
    const built = (id: string): boolean => [...files].some((file) => file.startsWith(`assets/${id}-`));
    let shown = 0;
    for (const { page, file } of DOCUMENTS) {
      const written = [...readFileSync(join(root, file), 'utf8').matchAll(/^```ts$/gm)].length;
      const buttons = [...read(`${page}.html`).matchAll(/data-snippet="([^"]*)" data-block="\d+"( data-output="([^"]*)")?/g)]; // prettier-ignore
      expect(buttons.length, file).toBe(written);
      for (const [, id, recorded, output] of buttons) {
        if (recorded === undefined) expect(built(id), id).toBe(true);
        else {
          shown++;
          expect(unescaped(output), id).toMatch(/→|It ran/);
          expect(output, id).not.toMatch(/^\w*Error: /);
        }
      }
    }
    expect(shown).toBeGreaterThan(2);
    // Documents of the repository that are no page would be missed.
    const documents = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));
    expect(documents.filter((name) => !DOCUMENTS.some(({ file }) => file === `docs/${name}`))).toEqual([]);
  });

  test('starts every page with at most 60 KB of its own code', () => {
    for (const page of readdirSync(site).filter((file) => file.endsWith('.html'))) {
      const loaded = new Set<string>();
      const add = (file: string): void => {
        if (loaded.has(file)) return;
        loaded.add(file);
        if (!file.endsWith('.js')) return;
        // What a script imports at once; import() is loaded after the page is drawn.
        for (const [, name] of read(file).matchAll(/(?:^|[;}\s])import\s*(?:[\w$*{},\s]+?from\s*)?["'](\.\/[^"']+)["']/g)) add(posix.join(dirname(file), name)); // prettier-ignore
      };
      for (const [, file] of read(page).matchAll(/(?:src|href)="\.\/(assets\/[^"]+\.(?:js|css))"/g)) add(file);
      const size = [...loaded].reduce((sum, file) => sum + gzipSync(read(file)).length, 0);
      expect(loaded.size, page).toBeGreaterThan(1);
      expect(size, page).toBeLessThan(60 * 1024);
    }
  });
});

describe('the search', () => {
  const found = (text: string): Section[] => {
    const index = new MiniSearch<Section>(SEARCH_FIELDS);
    index.addAll(JSON.parse(read('search/sections.json')) as Section[]);
    return index.search(text).slice(0, 8) as unknown as Section[];
  };
  test.each([
    ['adam', 'api/functions/adam.html'],
    ['earlyStopping', 'api/functions/earlyStopping.html'],
    ['exportOnnx', 'api/functions/wasm-mlp_onnx.exportOnnx.html'],
    ['AdamOptions', 'api/interfaces/AdamOptions.html'],
    ['FormatError', 'api/classes/FormatError.html'],
    ['checkpoints', 'docs-checkpoints.html'],
    ['backpropagation', 'docs-derivations.html'],
    ['same bits', 'docs-numerics.html'],
    ['tensorflow', 'docs-tfjs.html'],
    ['benchmarks', 'docs-benchmarks.html'],
    ['brain.js', 'docs-brain.html'],
  ])('finds for %s the page %s', (text, page) => {
    const addresses = found(text).map(({ address }) => address);
    expect(addresses.map((address) => address.replace(/^\.\/|#.*/g, ''))).toContain(page);
  });

  test('has no entry that leads nowhere', () => {
    const entries = JSON.parse(read('search/sections.json')) as Section[];
    expect(entries.flatMap(({ address }) => faultOf('docs.html', address) ?? [])).toEqual([]);
  });
});

const reason = reasonToSkip('chromium');
describe.skipIf(reason !== undefined)('in Chromium', () => {
  const kept = keepBrowsers();
  const open = (address: string, use: (page: BrowserPage) => Promise<unknown>): Promise<unknown> =>
    withBrowserPage('chromium', address, use, { kept });

  test('links that scripts write lead somewhere', async () => {
    const server = await serveFolder(site, { 'content-security-policy': POLICY });
    try {
      for (const page of ['index.html', 'playground.html', 'slides.html', 'digits.html', 'docs.html']) {
        const links = await open(`${server.origin}/${page}`, async (one) => {
          await one.value("document.querySelector('header nav a') && true");
          await one.value('new Promise((done) => setTimeout(() => done(true), 1500))');
          const places = '[...document.querySelectorAll("[id]")].map(({ id }) => id)';
          return one.evaluate(
            `({ links: [...document.links].map((link) => link.getAttribute('href')), places: ${places} })`,
          );
        });
        const { links: addresses, places: own } = links as { links: string[]; places: string[] };
        expect(addresses.length).toBeGreaterThan(4);
        for (const address of addresses) {
          if (address.startsWith('#')) expect(own, `${page}: ${address}`).toContain(address.slice(1));
          else expect(faultOf(page, address.replace(/#$/, '').replace(/^\?.*/, page)) ?? '', page).toBe('');
        }
      }
    } finally {
      await server.close();
    }
  });

  test('the API reference works under a strict policy: its menu, its theme and its search', async () => {
    const server = await serveFolder(site, { 'content-security-policy': POLICY });
    try {
      const seen = await open(`${server.origin}/api/functions/adam.html`, async (page) => {
        await page.value(
          "getComputedStyle(document.body).display !== 'none' && document.documentElement.dataset.theme",
        );
        await page.value("document.querySelectorAll('.tsd-navigation a').length > 50 || null");
        await page.evaluate("document.querySelector('#tsd-search-trigger').click() ?? true");
        await page.evaluate("(() => { const input = document.querySelector('#tsd-search-input'); input.value = 'dropout'; input.dispatchEvent(new Event('input', { bubbles: true })); return true; })()"); // prettier-ignore
        return page.value("document.querySelector('#tsd-search-results a')?.textContent");
      });
      expect(seen).toMatch(/dropout/i);
    } finally {
      await server.close();
    }
  });
});
