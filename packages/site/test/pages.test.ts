/**
 * The built site in real browsers, under the policy that a strict host sets: every control, addresses that
 * give the same weights in all browsers and in Node, files that load in Node, snippets, and what axe finds.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEngine, loadModel } from 'wasm-mlp';
import { importOnnx } from 'wasm-mlp/onnx';
import {
  browserNames,
  reasonToSkip,
  serveFolder,
  withBrowserPage,
  type BrowserName,
  type BrowserPage,
  type StaticServer,
} from '../../../test/support/browsers.js';
import { keepBrowsers } from '../../../test/support/kept-browsers.js';
import { settingsOf } from '../src/settings/address.js';
import { Session } from '../src/training/session.js';
import { buildSite, click, HASH as hash, POLICY, STEPS as steps } from './built.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const skipReason = (name: BrowserName): string | undefined => reasonToSkip(name);
const some = browserNames.some((name) => skipReason(name) === undefined);

let folder = '';
let server: StaticServer;
beforeAll(async () => {
  if (!some) return;
  folder = mkdtempSync(join(tmpdir(), 'site-'));
  buildSite(folder);
  server = await serveFolder(folder, { 'content-security-policy': POLICY });
}, 300_000);
const kept = keepBrowsers();
afterAll(async () => {
  if (folder === '') return;
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

/** Opens a page of the site, and fails where a script of it was refused or threw. */
const open = <T>(name: BrowserName, path: string, use: (page: BrowserPage) => Promise<T>): Promise<T> =>
  withBrowserPage(name, `${server.origin}/${path}`, use, { kept });

const engine = await createEngine();
async function hashInNode(address: string, count: number): Promise<string | undefined> {
  const session = new Session(engine, settingsOf(address));
  for (let i = 0; i < count; i++) await session.takeStep();
  const found = await session.hash();
  session.dispose();
  return found;
}

const ADDRESSES = [
  '',
  'data=spiral&layers=8relu-6gelu&optimizer=nadam&schedule=cosine&normalization=batch&dropout=0.1&seed=9',
  'data=hills&loss=huber&layers=5swish&optimizer=sgd&momentum=0.9&regularizer=l2&features=x-y-sinx-siny',
  'data=saddle&loss=meanSquaredError&optimizer=levenbergMarquardt&layers=4tanh',
];

describe.each(browserNames)('in %s', (name) => {
  const reason = skipReason(name);
  const only = test.skipIf(reason !== undefined);
  if (reason !== undefined) console.warn(`skipped: ${reason}`);

  only.each(ADDRESSES)('the address #%s gives the weights that Node has', async (address) => {
    const count = 7;
    const found = await open(name, `playground.html#${address}`, async (page) => {
      await page.value(hash);
      for (let i = 1; i <= count; i++) {
        await page.evaluate(click('One step'));
        await page.value(`${steps} === ${i} ? true : null`);
      }
      return page.value(hash);
    });
    expect(found).toBe(await hashInNode(address, count));
  });

  only('training runs at full speed, pauses, and says what NaN means', async () => {
    const [before, after] = (await open(name, 'playground.html', async (page) => {
      await page.value(hash);
      const first = await page.value(hash);
      await page.evaluate(click('Train'));
      await page.value(`${steps} > 200 ? true : null`);
      await page.evaluate(click('Pause'));
      await page.value(hash);
      return [first, await page.value(hash)];
    })) as string[];
    expect(after).not.toBe(before);
    // A click before the first snapshot starts the training, and the button says so.
    const early = await open(name, 'playground.html', async (page) => {
      await page.value(
        `[...document.querySelectorAll('button')].some((one) => one.textContent.trim() === 'Train' && !one.disabled) || null`,
      );
      await page.evaluate(click('Train'));
      await page.value(`${steps} > 200 ? true : null`);
      return page.value("document.querySelector('button.primary').textContent.trim()");
    });
    expect(early).toBe('Pause');
    const address = 'data=plane&loss=meanSquaredError&optimizer=sgd&learningRate=100&layers=6linear';
    const text = await open(name, `playground.html#${address}`, async (page) => {
      await page.value(hash);
      await page.evaluate(click('Train'));
      return page.value("document.querySelector('.fault.stopped')?.textContent");
    });
    expect(text).toMatch(/The loss is (NaN|Infinity) since step \d+: training has stopped/);
  });

  only('every control of the playground can be used, and none breaks it', async () => {
    const result = (await open(name, 'playground.html', async (page) => {
      await page.value(hash);
      return page.evaluate(`(async () => {
        // The page is drawn anew, and what follows a drawing is done.
        const pause = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 60)));
        const set = (element, value) => {
          const kind = element.tagName === 'SELECT' ? HTMLSelectElement : element.tagName === 'TEXTAREA' ? HTMLTextAreaElement : HTMLInputElement;
          Object.getOwnPropertyDescriptor(kind.prototype, 'value').set.call(element, value);
          element.dispatchEvent(new Event('input', { bubbles: true }));
          element.dispatchEvent(new Event('change', { bubbles: true }));
        };
        const problems = [];
        let used = 0;
        const check = async (what) => {
          await pause();
          used++;
          const alert = document.querySelector('[role=alert]')?.textContent;
          if (alert) problems.push(what + ': ' + alert);
        };
        // By number: choices come and go with others.
        const count = () => [...document.querySelectorAll('main select')].length;
        for (let i = 0; i < count(); i++) {
          const values = [...document.querySelectorAll('main select')[i].options].map(({ value }) => value);
          const first = document.querySelectorAll('main select')[i].value;
          for (const value of [...values, first]) {
            const element = document.querySelectorAll('main select')[i];
            if (!element || element.disabled || ![...element.options].some((one) => one.value === value)) continue;
            set(element, value);
            await check(element.id + '=' + value);
          }
        }
        for (const element of document.querySelectorAll('main input[type=range]')) {
          if (element.disabled) continue;
          set(element, element.max);
          await check('range');
        }
        for (const element of document.querySelectorAll('main input[type=checkbox]')) {
          element.click();
          await check('feature');
        }
        for (const element of document.querySelectorAll('main details summary')) element.click();
        set(document.querySelector('textarea'), '0.5,0.5,a\\n-0.5,0.5,b\\n0.5,-0.5,b\\n-0.5,-0.5,a');
        for (const text of ['Use these points', 'Add a layer', 'Remove a layer', '+', '−', 'One step', 'Start again', 'Copy the address']) {
          const button = [...document.querySelectorAll('main button')].find((one) => one.textContent.trim() === text && !one.disabled);
          if (!button) { problems.push('no button ' + text); continue; }
          button.click();
          await check(text);
        }
        const canvas = document.querySelector('canvas.points');
        canvas.focus();
        for (const key of ['ArrowLeft', 'ArrowUp', 'Enter']) canvas.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        await check('a point by keyboard');
        for (let i = 0; i < 100 && !/classes=/.test(location.hash); i++) await pause();
        if (!/classes=/.test(location.hash)) problems.push('the address has no own points: ' + location.hash);
        return { problems, used };
      })()`);
    })) as { problems: string[]; used: number };
    expect(result.problems).toEqual([]);
    expect(result.used).toBeGreaterThan(120);
  });

  only('exported files load in Node, with the weights of the page', async () => {
    const files = (await open(name, 'playground.html#seed=3', async (page) => {
      await page.value(hash);
      await page.evaluate(click('One step'));
      await page.value(`${steps} === 1 ? true : null`);
      await page.evaluate(`(() => {
        globalThis.files = {};
        const create = URL.createObjectURL;
        URL.createObjectURL = (blob) => {
          blob.arrayBuffer().then((buffer) => (globalThis.files[Object.keys(globalThis.files).length] = Array.from(new Uint8Array(buffer))));
          return create(blob);
        };
        return true;
      })()`);
      for (const [index, format] of ['safetensors', 'ONNX', 'TypeScript'].entries()) {
        await page.evaluate(click(format));
        await page.value(`globalThis.files[${index}] && true`);
      }
      return { hash: await page.value(hash), files: await page.value('globalThis.files') };
    })) as { hash: string; files: Record<string, number[]> };
    const [safetensors, onnx, text] = [0, 1, 2].map((index) => Uint8Array.from(files.files[index]));
    const model = await loadModel(safetensors);
    const digest = await crypto.subtle.digest('SHA-256', Buffer.concat(model.getWeights().map(({ data }) => new Uint8Array(data.buffer)))); // prettier-ignore
    expect(Buffer.from(digest).toString('hex')).toBe(files.hash);
    const again = await importOnnx(onnx);
    expect([...again.predict([[0.5, -0.5]])]).toEqual([...model.predict([[0.5, -0.5]])]);
    expect(Buffer.from(text).toString()).toContain("from 'wasm-mlp'");
  });

  only('a digit is read at every stroke', async () => {
    const verdict = await open(name, 'digits.html', async (page) => {
      await page.value("document.querySelector('[data-testid=verdict]')?.textContent.startsWith('Draw') ? true : null");
      await page.evaluate(`(() => {
        const canvas = document.querySelector('canvas[role=application]');
        canvas.setPointerCapture = () => undefined;
        const box = canvas.getBoundingClientRect();
        const at = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, { clientX: box.left + x * box.width, clientY: box.top + y * box.height, buttons: 1, bubbles: true, pointerId: 1 }));
        at('pointerdown', 0.5, 0.15);
        for (let i = 1; i <= 20; i++) at('pointermove', 0.5, 0.15 + 0.035 * i);
        return true;
      })()`);
      const shown = "document.querySelector('[data-testid=verdict]').textContent";
      return page.value(`/^[0-9]/.test(${shown}) ? ${shown} : null`);
    });
    expect(verdict).toMatch(/^1 with/);
  });

  only('every snippet of the documentation runs, and the search finds', { timeout: 300_000 }, async () => {
    const all = readdirSync(folder).filter((file) => /^docs.*\.html$/.test(file));
    expect(all.length).toBeGreaterThan(8);
    // The snippets of all pages once, which takes a minute; in the other browser those of one page.
    const pages = name === browserNames[0] ? all : ['docs-onnx.html'];
    for (const file of pages) {
      const failed = await open(name, file, async (page) => {
        await page.value("document.querySelector('search input') && true");
        return page.evaluate(`(async () => {
          const failed = [];
          for (const button of document.querySelectorAll('button[data-snippet]')) {
            button.click();
            const place = button.nextElementSibling;
            for (let i = 0; i < 600 && (place.textContent === 'Running …' || place.hidden); i++) await new Promise((done) => setTimeout(done, 50));
            if (/^\\w*Error: |Running …/m.test(place.textContent)) failed.push(button.dataset.snippet + ' ' + button.dataset.block + ': ' + place.textContent);
          }
          return failed;
        })()`);
      });
      expect(failed, file).toEqual([]);
    }
    const found = await open(name, 'docs.html', async (page) => {
      await page.value("document.querySelector('search input') && true");
      await page.evaluate("(() => { const input = document.querySelector('search input'); input.focus(); input.value = 'early stopping'; input.dispatchEvent(new Event('input', { bubbles: true })); return true; })()"); // prettier-ignore
      return page.value("document.querySelector('.found a')?.textContent");
    });
    expect(found).toBeTruthy();
  });

  only.each(['index.html', 'playground.html', 'digits.html', 'docs.html', 'docs-derivations.html', 'slides.html'])(
    'axe finds nothing in %s, light and dark',
    { timeout: 300_000 },
    async (file) => {
      if (!existsSync(join(folder, file))) return;
      const violations = await open(name, file, async (page) => {
        // The slides' script makes their subjects, and draws what is out of sight a little later.
        const made = file === 'slides.html' ? 'section.subject' : 'header';
        await page.value(`(document.querySelector('${made}') && !document.querySelector('.waiting, .later')) || null`);
        await page.value('new Promise((done) => setTimeout(() => done(true), 1500))');
        await page.evaluate(`(() => { ${axe}; return true; })()`);
        return page.evaluate(`(async () => {
          const all = [];
          const still = document.createElement('style');
          still.textContent = '*, ::before, ::after { transition: none !important; animation: none !important; }';
          document.head.append(still);
          for (const theme of ['light', 'dark']) {
            document.documentElement.dataset.theme = theme;
            dispatchEvent(new Event('themechange'));
            // Colours on their way from one theme to the other have no contrast of their own.
            const settled = document.getAnimations().map(({ finished }) => finished.catch(() => undefined));
            await Promise.race([Promise.all(settled), new Promise((done) => setTimeout(done, 1000))]);
            await new Promise((done) => setTimeout(done, 300));
            const { violations } = await axe.run();
            all.push(...violations.map(({ id, nodes }) => theme + ' ' + id + ': ' + nodes.map(({ target }) => target.join(' ')).slice(0, 5).join(' | ')));
          }
          return all;
        })()`);
      });
      expect(violations).toEqual([]);
    },
  );
});

describe('the built site', () => {
  test.skipIf(!some)('has at most 60 KB of own code in a page, before the library', () => {
    const assets = join(folder, 'assets');
    for (const page of readdirSync(folder).filter((file) => file.endsWith('.html'))) {
      const html = readFileSync(join(folder, page), 'utf8');
      const loaded = [...html.matchAll(/(?:src|href)="\.\/assets\/([^"]+\.(?:js|css))"/g)].map(([, file]) => file);
      expect(loaded.length).toBeGreaterThan(0);
      const size = loaded.reduce((sum, file) => sum + gzipSync(readFileSync(join(assets, file))).length, 0);
      expect(size, page).toBeLessThan(60 * 1024);
      // Scripts and styles are files: the policy forbids others.
      expect(html).not.toMatch(/<script(?![^>]*\bsrc=)[^>]*>\s*\S/);
    }
  });
});
