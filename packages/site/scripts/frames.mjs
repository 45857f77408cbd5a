/**
 * What the pages do while frames are counted, and how long the page's thread computes in one piece meanwhile: in time of
 * the processor, so that other programs of the machine do not count.
 */
import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @typedef {import('playwright-core').Page} Page */
/** @typedef {{ title: string, path: string, ready: () => boolean, work: (page: Page, seconds: number) => Promise<void> }} Activity */

/** @param {Page} page @param {number} seconds */
const train = async (page, seconds) => {
  await page.getByRole('button', { name: 'Train', exact: true }).click();
  await page.waitForTimeout(1000 * seconds);
};
const hash = () => /^[0-9a-f]{64}$/.test(document.querySelector('[data-testid=hash]')?.textContent.trim() ?? '');
const LARGE = 'data=spiral&points=1000&features=x-y-xx-yy-xy-sinx-siny&layers=8tanh-8relu-8gelu-8tanh-8relu-8gelu';

/**
 * Draws a line with the mouse between places of a canvas.
 *
 * @param {Page} page @param {string} canvas @param {readonly (readonly [number, number])[]} places
 */
async function draw(page, canvas, places) {
  const box = await page.locator(canvas).boundingBox();
  if (box === null) throw new Error(`${canvas} is not drawn`);
  const go = (/** @type {readonly [number, number]} */ [x, y], steps = 1) =>
    page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps });
  await go(places[0]);
  await page.mouse.down();
  for (const place of places.slice(1)) await go(place, 20);
  await page.mouse.up();
}

/** @type {readonly Activity[]} */
export const ACTIVITIES = [
  { title: 'training', path: 'playground.html#data=spiral&layers=8tanh-8tanh-6tanh', ready: hash, work: train },
  { title: 'training of 6 layers of 8', path: `playground.html#${LARGE}`, ready: hash, work: train },
  {
    title: 'drawing points',
    path: `playground.html#${LARGE}`,
    ready: hash,
    work: async (page) => {
      for (let i = 1; i < 5; i++) await draw(page, 'canvas.points', [[0.1, 0.2 * i], [0.9, 0.2 * i]]); // prettier-ignore
      await page.waitForTimeout(1000);
    },
  },
  {
    title: 'changing the data while training',
    path: `playground.html#${LARGE}`,
    ready: hash,
    work: async (page) => {
      for (const data of ['moons', 'rings', 'hills', 'clusters', 'spiral', 'xor', 'saddle', 'notch']) {
        await page.getByLabel('Points', { exact: true }).selectOption(data);
        await page.getByRole('button', { name: 'Train', exact: true }).click();
        await page.waitForTimeout(500);
      }
    },
  },
  {
    title: 'changing layers',
    path: 'playground.html#data=rings',
    ready: hash,
    work: async (page) => {
      for (const name of ['Add a layer', 'Add a layer', 'Add a layer', 'Add a layer', 'Remove a layer']) {
        await page.getByRole('button', { name }).click();
        await page.waitForTimeout(400);
      }
    },
  },
  {
    title: 'the start page',
    path: 'index.html',
    ready: () => document.querySelector('#demo canvas') !== null,
    work: (page, seconds) => page.waitForTimeout(1000 * seconds),
  },
  {
    title: 'slides: all animations, then every slider',
    path: 'slides.html?lang=en',
    ready: () => document.querySelectorAll('.subject').length > 10 && document.querySelectorAll('.later').length === 0,
    work: async (page, seconds) => {
      await page.waitForTimeout(1500);
      for (const button of await page.getByRole('button', { name: 'Play' }).all()) {
        await button.scrollIntoViewIfNeeded();
        await button.click();
      }
      await page.waitForTimeout(1000 * seconds);
      for (const slider of await page.locator('input[type=range]').all()) {
        await slider.focus();
        for (const key of ['ArrowRight', 'ArrowRight', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
      }
    },
  },
  {
    title: 'drawing digits',
    path: 'digits.html',
    ready: () => /^Draw/.test(document.querySelector('[data-testid=verdict]')?.textContent ?? ''),
    work: async (page) => {
      await draw(page, 'canvas[role=application]', [[0.3, 0.2], [0.7, 0.2], [0.5, 0.8], [0.3, 0.5], [0.8, 0.6]]); // prettier-ignore
      await page.waitForTimeout(1000);
    },
  },
];

/**
 * Tasks of the page's thread in a trace: microseconds by the clock (`dur`) and of the processor (`tdur`).
 *
 * @param {any[]} events
 * @returns {{ dur: number, tdur: number }[]}
 */
function tasksOf(events) {
  const threads = new Set(
    events
      .filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain')
      .map(({ pid, tid }) => `${pid} ${tid}`),
  );
  const tasks = events.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name.endsWith('RunTask') && threads.has(`${pid} ${tid}`),
  );
  const timed = tasks.filter(({ tdur }) => tdur !== undefined);
  // How many tasks there are depends on how busy the machine is; that a system times none of them does not.
  if (timed.length === 0 || timed.length < tasks.length / 2)
    throw new Error(`${timed.length} of ${tasks.length} tasks have a time of the processor`);
  return timed;
}

/**
 * Measures an activity: milliseconds between frames in order of their length, and of the tasks of the page's thread, by
 * the clock and of the processor; and errors of the page that nothing caught.
 *
 * @param {import('playwright-core').Browser} browser
 * @param {string} origin
 * @param {Activity} activity
 * @param {number} seconds
 */
export async function measureFrames(browser, origin, { path, ready, work }, seconds) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  const errors = /** @type {string[]} */ ([]);
  page.on('pageerror', (error) => errors.push(String(error)));
  const trace = join(tmpdir(), `frames-${process.pid}.json`);
  try {
    await page.goto(`${origin}/${path}`);
    await page.waitForFunction(ready);
    await page.waitForTimeout(500);
    await page.evaluate(() => {
      const between = /** @type {number[]} */ ([]);
      Object.assign(globalThis, { between });
      let last = performance.now();
      const next = (/** @type {number} */ now) => {
        between.push(now - last);
        last = now;
        requestAnimationFrame(next);
      };
      requestAnimationFrame(next);
    });
    await browser.startTracing(page, { path: trace, categories: ['toplevel', 'devtools.timeline', '__metadata'] });
    await work(page, seconds);
    await browser.stopTracing();
    const frames = /** @type {number[]} */ (await page.evaluate('between'));
    const tasks = tasksOf(JSON.parse(await readFile(trace, 'utf8')).traceEvents);
    return {
      frames: frames.sort((a, b) => a - b),
      clock: Math.max(...tasks.map(({ dur }) => dur)) / 1000,
      processor: Math.max(...tasks.map(({ tdur }) => tdur)) / 1000,
      tasks: tasks.length,
      errors,
    };
  } finally {
    await page.close();
    await rm(trace, { force: true });
  }
}
