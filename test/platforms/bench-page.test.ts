/**
 * The page that measures the library (bench/page), as it is built for any static server, in real browsers: all of them
 * compute the bits of bench/checksums.json and get an id with the same hash, with and without isolation, under the
 * policy of a strict host. It can be used by keys, by a screen reader, on a phone, light and dark. No test looks at a
 * speed.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserOf, compareIds } from '../../bench/page/identity.js';
import { NAMES } from '../../bench/page/plan.js';
import {
  browserNames,
  reasonToSkip,
  serveFolder,
  withBrowserPage,
  type BrowserName,
  type BrowserPage,
} from '../support/browsers.js';
import { keepBrowsers } from '../support/kept-browsers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};
const POLICY = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; " +
    "style-src 'self'; img-src data:; base-uri 'none'",
};

/** Longest that the short form may take, on a computer with much else to do. */
const RUN_MS = 170_000;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-page-'));
  execFileSync(process.execPath, ['bench/page.mjs', '--out', folder], { cwd: root, stdio: 'pipe' });
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The checksums that `npm run bench` expects of the results of the page. */
const stated = (
  JSON.parse(readFileSync(join(root, 'bench/checksums.json'), 'utf8')) as { strict: Record<string, string> }
).strict;
/** The hash of an id, computed from checksums. */
function hashOf(checksums: Record<string, string>): string {
  const lines = NAMES.filter((name) => name in checksums).map((name) => `${name} ${checksums[name]}\n`);
  return createHash('sha256').update(lines.join('')).digest('hex').slice(0, 12);
}
const expectedHash = hashOf(stated);

const kept = keepBrowsers();

/** Opens the short form of the page as a host with these headers serves it. */
async function open<T>(
  name: BrowserName,
  headers: Record<string, string>,
  use: (page: BrowserPage) => Promise<T>,
  { files = folder, ...options }: { files?: string; sharedMemory?: boolean; dark?: boolean } = {},
): Promise<T> {
  const server = await serveFolder(files, headers);
  try {
    return await withBrowserPage(
      name,
      `${server.origin}/index.html?short`,
      async (page) => {
        await page.value("document.querySelector('#start:not(:disabled)') && true");
        return use(page);
      },
      options.sharedMemory === undefined ? { kept, ...options } : options,
    );
  } finally {
    await server.close();
  }
}

/** What the page shows once the run has ended. */
interface Shown {
  readonly id: string;
  readonly verdict: string;
  readonly bits: readonly string[];
  readonly facts: readonly string[];
}

const SHOWN = `(() => {
  const text = (one) => one.textContent;
  const status = document.getElementById('status');
  if (status.classList.contains('fault')) return { id: text(status), verdict: '', bits: [], facts: [] };
  if (document.getElementById('results').hidden) return null;
  return {
    id: text(document.getElementById('id')),
    verdict: text(document.getElementById('verdict')),
    bits: [...document.querySelectorAll('td:last-child')].map(text),
    facts: [...document.querySelectorAll('dd')].map(text),
  };
})()`;

async function runIn(page: BrowserPage): Promise<Shown> {
  await page.evaluate("document.getElementById('start').click() ?? true");
  return (await page.value(SHOWN, RUN_MS)) as Shown;
}

/** The results with checksums; the peak has none. */
const results = NAMES.length - 1;

describe.each(browserNames)('in %s', (name) => {
  const reason = reasonToSkip(name);
  const only = test.skipIf(reason !== undefined);
  if (reason !== undefined) console.warn(`skipped: ${reason}`);

  only.each([
    ['isolated, under a policy', { ...ISOLATION, ...POLICY }, 'shared'],
    ['from a plain server', {}, 'not shared: the page is not isolated'],
  ] as const)(
    '%s, every result has the expected bits, and the id says which browser, vectors and bits',
    async (_, headers, memory) => {
      const { id, verdict, bits, facts } = await open(name, headers, runIn);
      expect(id).toMatch(/^[\w.-]+-[\d.]+\/(128|256)\/(plain|relaxed)\/[0-9a-f]{12}$/);
      expect(id.toLowerCase().startsWith(name)).toBe(true);
      expect(id.split('/')[3]).toBe(expectedHash);
      expect(verdict).toBe(`All ${results} results have the expected bits: hash ${expectedHash}.`);
      expect(bits.filter((text) => text === 'right')).toHaveLength(results);
      expect(facts).toContain(memory);
    },
    2 * RUN_MS,
  );
});

const chromium = test.skipIf(reasonToSkip('chromium') !== undefined);

test.skipIf(reasonToSkip('webkit') !== undefined)(
  'WebKit without SharedArrayBuffer gets the expected bits',
  async () => {
    const { id } = await open('webkit', ISOLATION, runIn, { sharedMemory: false });
    expect(id.split('/')[3]).toBe(expectedHash);
  },
  2 * RUN_MS,
);

chromium(
  'a result with other bits is named, and changes the id',
  async () => {
    const changed = mkdtempSync(join(tmpdir(), 'bench-page-'));
    try {
      execFileSync('cp', ['-r', `${folder}/.`, changed]);
      const path = join(changed, 'data.json');
      const data = JSON.parse(readFileSync(path, 'utf8')) as { expected: Record<string, string> };
      data.expected['train/small'] = '0'.repeat(64);
      writeFileSync(path, JSON.stringify(data));
      const { id, verdict, bits } = await open('chromium', POLICY, runIn, { files: changed });
      // What was computed is as ever; what was expected is not.
      expect(id.split('/')[3]).toBe(expectedHash);
      expect(verdict).toBe(
        `1 of ${results} results have other bits than expected, so their speeds do not count: train/small. ` +
          `The hash should be ${hashOf(data.expected)}.`,
      );
      expect(bits.filter((text) => text.startsWith('wrong: '))).toEqual([
        `wrong: ${stated['train/small'].slice(0, 12)}`,
      ]);
    } finally {
      rmSync(changed, { recursive: true, force: true });
    }
  },
  2 * RUN_MS,
);

chromium(
  'keys start and stop a run and compare ids, the focus goes where something happens, and axe finds nothing',
  async () => {
    await open('chromium', POLICY, async (page) => {
      const focused = (): Promise<unknown> => page.evaluate('document.activeElement.id');
      const status = (text: string): Promise<unknown> =>
        page.value(`document.getElementById('status').textContent === ${JSON.stringify(text)} || null`, RUN_MS);
      await page.press('Tab');
      expect(await focused()).toBe('start');
      await page.press('Enter');
      await status('Measuring.');
      expect(await focused()).toBe('stop');
      await page.press('Enter');
      await status('Stopped.');
      expect(await focused()).toBe('start');
      await page.press('Enter');
      await status('The run has ended.');
      expect(await focused()).toBe('results-title');
      await page.press('Tab');
      expect(await focused()).toBe('copy-id');
      await page.press('Tab', 'Tab');
      expect(await focused()).toBe('other');
      for (const letter of 'nonsense') await page.press(letter);
      await page.press('Enter');
      expect(await page.value("document.getElementById('compared').textContent || null")).toMatch(
        /^An id such as \S+ expected\.$/,
      );
      const violations = `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ html }) => html)))`;
      // The policy refuses scripts of the page, not those of its driver.
      await page.evaluate(`(() => {${axe}})() ?? true`);
      expect(await page.evaluate(violations)).toEqual([]);
    });
  },
  2 * RUN_MS,
);

chromium.each([
  ['light', false],
  ['dark', true],
])(
  'fits into 360 px, %s, and axe finds no colours that are hard to read',
  async (_, dark) => {
    await open(
      'chromium',
      {},
      async (page) => {
        await page.evaluate(`new Promise((done) => {
          const frame = document.createElement('iframe');
          frame.width = 360;
          frame.height = 740;
          frame.onload = () => done(true);
          frame.src = location.href;
          document.body.replaceChildren(frame);
        })`);
        await page.evaluate("frames[0].document.getElementById('start').click() ?? true");
        const ended = "frames[0].document.getElementById('results').hidden ? null : true";
        await page.value(ended, RUN_MS);
        const found = await page.evaluate(`(() => {
          const { document: { documentElement: { scrollWidth, clientWidth } } } = frames[0];
          return { over: scrollWidth - clientWidth, dark: frames[0].matchMedia('(prefers-color-scheme: dark)').matches };
        })()`);
        expect(found).toEqual({ over: 0, dark });
        await page.evaluate(`frames[0].eval(${JSON.stringify(`${axe}; true`)})`);
        const colours = await page.evaluate(
          `frames[0].axe.run({ runOnly: ['color-contrast'] }).then(({ violations }) => violations.flatMap(({ nodes }) => nodes.map(({ html }) => html)))`,
        );
        expect(colours).toEqual([]);
      },
      { dark },
    );
  },
  2 * RUN_MS,
);

test('browsers are told apart by their user agents, which name others, too', () => {
  const name = (userAgent: string): string => {
    const { name, version, engine } = browserOf(userAgent);
    return `${name} ${version} ${engine}`;
  };
  const webkit = 'AppleWebKit/605.1.15 (KHTML, like Gecko)';
  expect(
    [
      'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0',
      'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36',
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0.0.0',
      `Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) ${webkit} Version/18.3 Safari/605.1.15`,
      `Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) ${webkit} CriOS/141.0.0.0 Mobile/15E148 Safari/604.1`,
      `Mozilla/5.0 (X11; Linux x86_64) ${webkit} Version/60.5 Safari/605.1.15`,
      'something else',
    ].map(name),
  ).toEqual([
    'Firefox 140 SpiderMonkey',
    'Chromium 141 V8',
    'Edge 141 V8',
    'Safari 18.3 JavaScriptCore',
    'Chrome-on-iOS 141 JavaScriptCore',
    'WebKit 60.5 JavaScriptCore',
    'browser 0 unknown',
  ]);
});

test('ids are compared by their bits', () => {
  const own = 'Chromium-156/128/relaxed/d69a1648d67f';
  expect(compareIds(own, ' Firefox-153/256/plain/d69a1648d67f\n')).toBe('The same bits.');
  expect(compareIds(own, 'Firefox-153/128/plain/000000000000')).toBe('Other bits: 000000000000, here d69a1648d67f.');
  expect(compareIds(own, 'd69a1648d67f')).toBe(`An id such as ${own} expected.`);
});
