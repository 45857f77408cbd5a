/**
 * The built site by real keys and a real mouse, in each browser: every control is reached and shows its focus, in the
 * order of the page, and whatever the mouse draws or drags is done by keys as well. Pages fit into 360 px, and use 4K.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  browserNames,
  reasonToSkip,
  serveFolder,
  withBrowserPage,
  type BrowserPage,
  type StaticServer,
} from '../../../test/support/browsers.js';
import { keepBrowsers } from '../../../test/support/kept-browsers.js';
import { buildSite, HASH, POLICY, STEPS } from './built.js';

const some = browserNames.some((name) => reasonToSkip(name) === undefined);
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

/** Pages, and what is there once they are ready. */
const PAGES = {
  'index.html': "document.querySelector('#demo button:not(:disabled)') && true",
  'playground.html': HASH,
  'digits.html': "document.querySelector('[data-testid=verdict]')?.textContent.startsWith('Draw') || null",
  'docs-onnx.html': "document.querySelector('search input') && true",
  'slides.html?lang=en':
    "(document.querySelector('section.subject') && !document.querySelector('.waiting, .later')) || null",
  'slides.html?lang=zh':
    "(document.querySelector('section.subject') && !document.querySelector('.waiting, .later')) || null",
} as const;
type PagePath = keyof typeof PAGES;

/** Numbers all controls that can be used, in the order of the page, and notes which ones the focus comes to. */
const WATCH = `(() => {
  const controls = 'a[href], button, input, select, textarea, summary, [tabindex="0"]';
  const all = [...document.querySelectorAll(controls)].filter((one) => !one.disabled && one.checkVisibility());
  all.forEach((one, index) => (one.dataset.number = index));
  globalThis.visited = [];
  globalThis.settled = () => {};
  const isSeen = (one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
  };
  addEventListener('focusin', ({ target }) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(target);
    const visit = {
      number: Number(target.dataset.number ?? -1),
      what: target.outerHTML.slice(0, 90),
      ring: outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1,
      seen: isSeen(target),
    };
    visited.push(visit);
    // Browsers scroll to it with one of the next frames.
    globalThis.settled = async () => {
      for (let frames = 0; frames < 100 && !visit.seen; frames++) {
        await new Promise((done) => requestAnimationFrame(done));
        visit.seen = document.activeElement === target && isSeen(target);
      }
    };
  });
  return all.length;
})()`;

/** Presses Tab until the focus is on what this selector finds. */
async function tabTo(page: BrowserPage, selector: string, key = 'Tab'): Promise<void> {
  const found = `document.activeElement.matches(${JSON.stringify(selector)})`;
  for (let i = 0; i < 250; i++) {
    if ((await page.evaluate(found)) === true) return;
    await page.press(key);
  }
  throw new Error(`the focus does not come to ${selector}`);
}

/** The value of a property of the element that has the focus. */
const active = (page: BrowserPage, property: string): Promise<unknown> =>
  page.evaluate(`document.activeElement.${property}`);

/** Where the middle of an element is in the window, after it was scrolled there, and a part of its size. */
async function boxOf(page: BrowserPage, selector: string): Promise<{ x: number; y: number; size: number }> {
  return (await page.evaluate(`(() => {
    const one = document.querySelector(${JSON.stringify(selector)});
    one.scrollIntoView({ block: 'center', behavior: 'instant' });
    const box = one.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2, size: box.width };
  })()`)) as { x: number; y: number; size: number };
}

describe.each(browserNames)('in %s', (name) => {
  const reason = reasonToSkip(name);
  const only = test.skipIf(reason !== undefined);
  if (reason !== undefined) console.warn(`skipped: ${reason}`);
  const open = <T>(path: PagePath, use: (page: BrowserPage) => Promise<T>, place = ''): Promise<T> =>
    withBrowserPage(
      name,
      `${server.origin}/${path}${place}`,
      async (page) => {
        await page.value(PAGES[path]);
        // Nothing is asked of places that are still moving.
        await page.evaluate("document.documentElement.style.scrollBehavior = 'auto'");
        return use(page);
      },
      { kept },
    );

  only.each(Object.keys(PAGES) as PagePath[])(
    'Tab comes to every control of %s in order, and to the end',
    { timeout: 300_000 },
    async (path) => {
      const { count, visited } = await open(path, async (page) => {
        const controls = (await page.evaluate(WATCH)) as number;
        // Browsers also stop at boxes that scroll.
        for (let i = 0; i < controls + 30; i++) {
          if ((await page.evaluate(`visited.some(({ number }) => number === ${controls - 1})`)) === true) break;
          await page.press('Tab');
          await page.evaluate('settled()');
        }
        return { count: controls, visited: await page.evaluate('visited') };
      }).then((result) => ({ ...result, visited: result.visited as { number: number; what: string; ring: boolean; seen: boolean }[] })); // prettier-ignore
      const stops = visited.filter(({ number }) => number >= 0);
      expect(stops.slice(0, count).map(({ number }) => number)).toEqual(Array.from({ length: count }, (_, i) => i));
      expect(stops.filter(({ ring, seen }) => !ring || !seen).map(({ what }) => what)).toEqual([]);
    },
  );

  only('the playground is used by keys alone', { timeout: 300_000 }, async () => {
    const use = async (page: BrowserPage): Promise<void> => {
      await tabTo(page, 'a.skip');
      await page.press('Enter');
      expect(await active(page, 'id')).toBe('content');
      await tabTo(page, '.bar button:nth-of-type(2)');
      await page.press('Enter');
      await page.value(`${STEPS} === 4 || null`);
      await page.press('Space');
      await page.value(`${STEPS} === 5 || null`);
      // The network is still that of the address: no link on the way has replaced it.
      await page.value("location.hash === '#seed=7&points=40&steps=5' || null");
      await tabTo(page, '.bar select');
      await page.press('ArrowUp');
      expect(await active(page, 'value')).toBe('1000');
      await tabTo(page, 'input[type=range]');
      const before = await active(page, 'value');
      await page.press('ArrowRight', 'ArrowRight', 'ArrowRight');
      expect(await active(page, 'value')).not.toBe(before);
      await tabTo(page, 'summary');
      await page.press('Enter');
      await tabTo(page, 'textarea');
      await page.press(...Array.from('0.5,0.5,a'));
      expect(await active(page, 'value')).toBe('0.5,0.5,a');
      // Nor is the focus trapped in it.
      await tabTo(page, '.network input[type=checkbox]');
      await tabTo(page, '.network input[type=checkbox]:not(:checked)');
      await page.press('Space');
      await page.value('/features=x-y-xx/.test(location.hash) || null');
      await tabTo(page, '.stepper button:last-child');
      await page.press('Enter');
      await page.value("document.querySelector('.stepper output').textContent === '7' || null");
      await tabTo(page, 'button.unit');
      expect(await page.evaluate("document.querySelector('.network-text').textContent")).toMatch(/^Layer 1, unit 1: w/);
      await tabTo(page, 'canvas.points');
      await page.press('ArrowLeft', 'ArrowLeft', 'ArrowUp', 'Shift+ArrowUp', 'Enter', 'ArrowRight', 'Space');
      await page.value('/classes=/.test(location.hash) || null');
      await tabTo(page, '.network select', 'Shift+Tab');
    };
    await open('playground.html', use, '#seed=7&points=40&steps=3');
  });

  only('a digit is drawn by keys, and by a mouse', async () => {
    const verdict = "document.querySelector('[data-testid=verdict]').textContent";
    const read = `/^[0-9]/.test(${verdict}) ? ${verdict} : null`;
    await open('digits.html', async (page) => {
      await tabTo(page, 'canvas[role=application]');
      await page.press(...Array.from({ length: 8 }, () => ['Space', 'ArrowDown']).flat());
      expect(await page.value(read)).toMatch(/^1 with/);
      await tabTo(page, '.buttons button');
      await page.press('Enter');
      await page.value(`${verdict}.startsWith('Draw') || null`);
      const { x, y, size } = await boxOf(page, 'canvas[role=application]');
      const down = Array.from({ length: 12 }, (_, i): [number, number] => [x, y + size * (i * 0.06 - 0.33)]);
      await page.drag(...down);
      expect(await page.value(read)).toMatch(/^1 with/);
      expect(await page.evaluate("document.querySelector('.cursor')")).toBeNull();
    });
  });

  only('the slides are used by keys, and weights are dragged', { timeout: 300_000 }, async () => {
    await open('slides.html?lang=en', async (page) => {
      await tabTo(page, '.languages a[lang^=zh]');
      await page.press('Enter');
      await page.value("document.documentElement.lang.startsWith('zh') || null");
      const right = "document.querySelector('#xor .verdict').classList.contains('right')";
      expect(await page.evaluate(right)).toBe(true);
      await tabTo(page, '#xor input[type=range]');
      await page.press(...Array.from({ length: 40 }, () => 'ArrowLeft'));
      await page.value(`${right} ? null : true`);
      await tabTo(page, '#xor button');
      await page.press('Space');
      await page.value(`${right} || null`);
      await tabTo(page, '#backpropagation .stepper-bar button:not(:disabled)');
      await page.press('Enter');
      await page.value("/2/.test(document.querySelector('#backpropagation .stepper-bar p').textContent) || null");
      const { x, y, size } = await boxOf(page, '#xor circle.handle');
      await page.drag([x, y], [x + size, y - size], [x + 4 * size, y - 4 * size]);
      await page.value(`${right} ? null : true`);
    });
  });

  only('the documentation is searched and run by keys', async () => {
    await open('docs-onnx.html', async (page) => {
      await tabTo(page, 'search input');
      await page.press(...Array.from('dropout'));
      await page.value("document.querySelector('.found a') && true");
      await tabTo(page, '.found a');
      expect(await active(page, 'href')).toMatch(/\/(docs|api)/);
      await tabTo(page, 'button[data-snippet]');
      await page.press('Enter');
      await page.value("(({ textContent, hidden }) => (!hidden && textContent !== 'Running …') || null)(document.activeElement.nextElementSibling)"); // prettier-ignore
    });
  });

  only.each(Object.keys(PAGES) as PagePath[])('%s fits into 360 px, and uses 4K', async (path) => {
    const sizes = await open(path, (page) =>
      page.evaluate(`(async () => {
        const sizes = [];
        for (const width of [360, 3840]) {
          const frame = document.createElement('iframe');
          frame.width = width;
          frame.height = 1200;
          await new Promise((done) => {
            frame.onload = done;
            frame.src = location.href;
            document.body.append(frame);
          });
          await new Promise((done) => setTimeout(done, 1500));
          const { documentElement: page } = frame.contentDocument;
          // Texts and pictures, beside the page's head.
          const boxes = [...frame.contentDocument.querySelectorAll('body :not(:has(*))')]
            .filter((one) => !one.closest('.site-head, .skip'))
            .map((one) => one.getBoundingClientRect())
            .filter(({ width }) => width > 1);
          const used = Math.max(...boxes.map(({ right }) => right)) - Math.min(...boxes.map(({ left }) => left));
          sizes.push({ over: page.scrollWidth - page.clientWidth, used: used / width, text: parseFloat(getComputedStyle(page).fontSize) });
          frame.remove();
        }
        return sizes;
      })()`),
    );
    const [phone, wall] = sizes as { over: number; used: number; text: number }[];
    expect(phone.over).toBe(0);
    expect(wall.over).toBe(0);
    expect(wall.used).toBeGreaterThan(0.55);
    expect(wall.text).toBeGreaterThanOrEqual(24);
  });
});
