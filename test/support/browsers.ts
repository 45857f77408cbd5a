/**
 * Real browsers for tests: the computer's own Chromium (by playwright-core), Firefox (by puppeteer-core, over WebDriver
 * BiDi) and WebKit (webkit.ts), behind one interface. Nothing is downloaded.
 */

import { chromium } from 'playwright-core';
import { launch } from 'puppeteer-core';
import { findCommand } from './commands.js';
import { hasDisplays, startDisplay } from './display.js';
import type { Browser, DriverPage, Started } from './driver-page.js';
import { launchWebKit } from './webkit.js';

export { serveFolder, serveRepository, type StaticServer } from './static-server.js';

export const browserNames = ['chromium', 'firefox', 'webkit'] as const;
export type BrowserName = (typeof browserNames)[number];

/** An open page of a browser. */
export interface BrowserPage {
  /** Evaluates a JavaScript expression in the page, awaits it, and returns its value as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression in the page is neither null nor undefined, and returns it as JSON carries it. */
  value(expression: string, timeoutMs?: number): Promise<unknown>;
  /** Waits until the page has set `globalThis.__result`, and returns it. */
  result(timeoutMs?: number): Promise<unknown>;
  /** Presses keys one after the other, as a user does: `Tab`, `Shift+Tab`, `ArrowLeft`, `Enter`, `Space`, `a`. */
  press(...keys: readonly string[]): Promise<void>;
  /** Presses the mouse at the first place of the window, moves it through the others, and releases it at the last. */
  drag(...places: readonly (readonly [x: number, y: number])[]): Promise<void>;
  /** The version of the browser. */
  readonly version: string;
  /** Writes a PNG of the whole page; in WebKit, of its window. */
  screenshot(path: `${string}.png`): Promise<void>;
}

/** The environment variable that names the browser, and the commands to look for otherwise. */
const commands: Record<BrowserName, { variable: string; names: string[] }> = {
  chromium: { variable: 'CHROMIUM_PATH', names: ['chromium', 'chromium-browser', 'google-chrome', 'chrome'] },
  firefox: { variable: 'FIREFOX_PATH', names: ['firefox-esr', 'firefox'] },
  webkit: { variable: 'WEBKIT_DRIVER_PATH', names: ['WebKitWebDriver'] },
};

const chromiumArguments = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

const pollingMs = 25;

/** Path of a browser on this computer, or undefined. */
function findBrowser(name: BrowserName): string | undefined {
  const { variable, names } = commands[name];
  const named = process.env[variable];
  return named ? named : findCommand(names);
}

/** Returns why a test is skipped, or throws where REQUIRE_BROWSERS=1 says that the computer has all browsers. */
function skipping(reason: string): string {
  if (process.env.REQUIRE_BROWSERS === '1') throw new Error(reason);
  return reason;
}

/**
 * Why a test in this browser must be skipped, or undefined where it can run. Throws instead where REQUIRE_BROWSERS=1
 * says that the computer must have the browsers.
 */
export function reasonToSkip(name: BrowserName): string | undefined {
  if (findBrowser(name) === undefined) {
    const { variable, names } = commands[name];
    return skipping(`no ${name} found: none of ${names.join(', ')} is in PATH, and ${variable} is not set`);
  }
  if (name === 'webkit' && !hasDisplays()) return skipping('no Xvfb found in PATH, and WebKit has a window');
  return undefined;
}

/** `reasonToSkip` for a Chromium with a window, which needs a display. */
export function reasonToSkipWindow(): string | undefined {
  const none = reasonToSkip('chromium');
  if (none !== undefined || hasDisplays()) return none;
  return skipping('no Xvfb found in PATH, and a tab is in the background only where there is a window');
}

/**
 * Opens `url` in a tab of a Chromium with a window, behind another tab, with timers slowed down as for users. Closes
 * the browser whatever happens.
 */
export async function withTabInBackground<T>(url: string, use: () => Promise<T>): Promise<T> {
  const { display, end } = await startDisplay();
  try {
    const browser = await launch({
      executablePath: findBrowser('chromium')!,
      headless: false,
      args: chromiumArguments,
      // Options by which drivers switch that off, so that their own tests do not wait.
      ignoreDefaultArgs: [
        '--disable-background-timer-throttling',
        '--disable-backgrounding-occluded-windows',
        '--disable-renderer-backgrounding',
      ],
      env: { ...process.env, DISPLAY: display },
    });
    try {
      const page = await browser.newPage();
      await page.goto(url);
      await (await browser.newPage()).bringToFront();
      return await use();
    } finally {
      await browser.close();
    }
  } finally {
    await end();
  }
}

/**
 * Browsers that stay open for the tests of a file, which takes less time than one for each test: Firefox starts in ten
 * seconds of processor time. Each page has a context of its own in them, with its own storage and service workers.
 */
export class KeptBrowsers {
  private readonly starting = new Map<BrowserName, Promise<Browser>>();

  /** Returns a browser, which is started unless it was before. */
  get(name: BrowserName): Promise<Browser> {
    const before = this.starting.get(name);
    if (before !== undefined) return before;
    const started = launchBrowser(name, {});
    this.starting.set(name, started);
    return started;
  }

  async close(): Promise<void> {
    for (const browser of this.starting.values()) await (await browser).close();
    this.starting.clear();
  }
}

/** How a browser is started. */
interface StartOptions {
  /** Whether WebKit has shared memory, which WebKitGTK leaves out without a setting. Default true. */
  readonly sharedMemory?: boolean;
  /** Arguments of Chromium's command, beside those of all tests. */
  readonly args?: readonly string[];
  /** Preferences of Firefox. */
  readonly preferences?: Readonly<Record<string, boolean>>;
  /** Variables of WebKit's environment. */
  readonly env?: Readonly<Record<string, string>>;
}

interface PageOptions extends StartOptions {
  /** Browsers that stay open. They are started without further options, so this goes with `dark` alone. */
  readonly kept?: KeptBrowsers;
  /** Whether Chromium's user prefers dark colours. */
  readonly dark?: boolean;
}

function launchBrowser(
  name: BrowserName,
  { sharedMemory = true, args = [], preferences = {}, env = {} }: StartOptions,
): Promise<Browser> {
  const path = findBrowser(name);
  if (path === undefined) throw new Error(`no ${name} found`);
  if (name === 'webkit') return launchWebKit(path, { sharedMemory, env });
  return name === 'chromium' ? launchChromium(path, args) : launchFirefox(path, preferences);
}

/** Opens `url` in a new browser or a kept one, passes the page to `use`, and closes what it opened whatever happens. */
export async function withBrowserPage<T>(
  name: BrowserName,
  url: string,
  use: (page: BrowserPage) => Promise<T>,
  { kept, dark = false, ...options }: PageOptions = {},
): Promise<T> {
  const { page, version, problems, close } =
    kept === undefined
      ? await openAlone(await launchBrowser(name, options), dark)
      : await (await kept.get(name)).open(dark);
  try {
    await page.goto(url);
    return await use({
      version,
      evaluate: (expression) => page.evaluate(expression),
      value: (expression, timeoutMs = 30_000) => waitForValue(page, problems, expression, timeoutMs),
      result: (timeoutMs = 30_000) => waitForValue(page, problems, 'globalThis.__result', timeoutMs),
      press: (...keys) => press(page, keys),
      drag: (...places) => drag(page, places),
      screenshot: async (file) => {
        await page.screenshot({ path: file, fullPage: true });
      },
    });
  } finally {
    await close();
  }
}

async function press({ keyboard }: DriverPage, chords: readonly string[]): Promise<void> {
  for (const chord of chords) {
    const keys = chord.split('+').map((key) => (key === 'Space' ? ' ' : key));
    for (const key of keys) await keyboard.down(key);
    for (const key of keys.reverse()) await keyboard.up(key);
  }
}

async function drag({ mouse }: DriverPage, places: readonly (readonly [x: number, y: number])[]): Promise<void> {
  await mouse.move(...places[0]);
  await mouse.down();
  for (const place of places.slice(1)) await mouse.move(...place);
  await mouse.up();
}

/** Returns listeners of a page that collect what goes wrong in it. */
function problemsOf() {
  const problems: string[] = [];
  return {
    problems,
    onError: (error: unknown): void => void problems.push(String(error)),
    onMessage: (message: { type(): string; text(): string }): void => {
      if (message.type() === 'error') problems.push(message.text());
    },
  };
}

/** Opens a page in a browser that is closed with it. */
async function openAlone(browser: Browser, dark: boolean): Promise<Started> {
  try {
    const started = await browser.open(dark);
    const close = async (): Promise<void> => {
      await started.close();
      await browser.close();
    };
    return { ...started, close };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function launchChromium(executablePath: string, further: readonly string[]): Promise<Browser> {
  const browser = await chromium.launch({ executablePath, args: [...chromiumArguments, ...further], headless: true });
  return {
    async open(dark) {
      const context = await browser.newContext({ colorScheme: dark ? 'dark' : 'light' });
      const page = await context.newPage();
      const { problems, onError, onMessage } = problemsOf();
      page.on('pageerror', onError).on('console', onMessage);
      return { page, version: browser.version(), problems, close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

async function launchFirefox(
  executablePath: string,
  extraPrefsFirefox: Readonly<Record<string, boolean>>,
): Promise<Browser> {
  const browser = await launch({ browser: 'firefox', executablePath, headless: true, extraPrefsFirefox });
  const version = (await browser.version()).replace(/^\D*/, '');
  return {
    async open() {
      const context = await browser.createBrowserContext();
      const page = await context.newPage();
      const { problems, onError, onMessage } = problemsOf();
      page.on('pageerror', onError).on('console', onMessage);
      return { page, version, problems, close: () => context.close() };
    },
    close: () => browser.close(),
  };
}

async function waitForValue(
  page: DriverPage,
  problems: string[],
  expression: string,
  timeoutMs: number,
): Promise<unknown> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const json = await page.evaluate(`JSON.stringify((${expression}) ?? undefined)`);
    if (typeof json === 'string') return JSON.parse(json);
    await new Promise((wake) => setTimeout(wake, pollingMs));
  }
  const seen = problems.length > 0 ? problems.join('\n') : 'it reported no error';
  throw new Error(`the page had no ${expression} within ${timeoutMs} ms: ${seen}`);
}
