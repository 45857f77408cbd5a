/**
 * Real browsers for tests: the computer's own Chromium (by playwright-core) and Firefox (by puppeteer-core, over
 * WebDriver BiDi), behind one interface, and a plain static server for the pages that they open. Nothing is downloaded.
 */

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type OutgoingHttpHeaders } from 'node:http';
import { json } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { delimiter, extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { launch } from 'puppeteer-core';

export const browserNames = ['chromium', 'firefox'] as const;
export type BrowserName = (typeof browserNames)[number];

/** An open page of either browser. */
export interface BrowserPage {
  /** Evaluates a JavaScript expression in the page, awaits it, and returns its value as JSON carries it. */
  evaluate(expression: string): Promise<unknown>;
  /** Waits until an expression in the page is neither null nor undefined, and returns it as JSON carries it. */
  value(expression: string, timeoutMs?: number): Promise<unknown>;
  /** Waits until the page has set `globalThis.__result`, and returns it. */
  result(timeoutMs?: number): Promise<unknown>;
  /** Writes a PNG of the whole page. */
  screenshot(path: `${string}.png`): Promise<void>;
}

/** The environment variable that names the browser, and the commands to look for otherwise. */
const commands: Record<BrowserName, { variable: string; names: string[] }> = {
  chromium: { variable: 'CHROMIUM_PATH', names: ['chromium', 'chromium-browser', 'google-chrome', 'chrome'] },
  firefox: { variable: 'FIREFOX_PATH', names: ['firefox-esr', 'firefox'] },
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

/** Path of the first of these commands on this computer, or undefined. */
function findCommand(names: readonly string[]): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return names.flatMap((command) => folders.map((folder) => join(folder, command))).find(isExecutable);
}

/** Path of a browser on this computer, or undefined. */
function findBrowser(name: BrowserName): string | undefined {
  const { variable, names } = commands[name];
  const named = process.env[variable];
  return named ? named : findCommand(names);
}

/**
 * Why a test in this browser must be skipped, or undefined where it can run. Throws instead where REQUIRE_BROWSERS=1
 * says that the computer must have the browsers.
 */
export function reasonToSkip(name: BrowserName): string | undefined {
  if (findBrowser(name) !== undefined) return undefined;
  const { variable, names } = commands[name];
  const reason = `no ${name} found: none of ${names.join(', ')} is in PATH, and ${variable} is not set`;
  if (process.env.REQUIRE_BROWSERS === '1') throw new Error(reason);
  return reason;
}

/** `reasonToSkip` for a Chromium with a window, which needs a display. */
export function reasonToSkipWindow(): string | undefined {
  const none = reasonToSkip('chromium');
  if (none !== undefined || findCommand(['Xvfb']) !== undefined) return none;
  const reason = 'no Xvfb found in PATH, and a tab is in the background only where there is a window';
  if (process.env.REQUIRE_BROWSERS === '1') throw new Error(reason);
  return reason;
}

/** Starts a virtual display; `end` ends it. */
async function startDisplay(): Promise<{ display: string; end: () => void }> {
  const server: ChildProcess = spawn(
    findCommand(['Xvfb'])!,
    ['-displayfd', '3', '-screen', '0', '1024x768x24', '-nolisten', 'tcp'],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const number = await new Promise<string>((found, failed) => {
    server.once('error', failed).once('exit', () => failed(new Error('Xvfb ended')));
    server.stdio[3]!.once('data', (data: Buffer) => found(data.toString().trim()));
  });
  return { display: `:${number}`, end: () => void server.kill() };
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
    end();
  }
}

/** Opens `url` in a new browser, passes the page to `use`, and closes the browser whatever happens. */
export async function withBrowserPage<T>(
  name: BrowserName,
  url: string,
  use: (page: BrowserPage) => Promise<T>,
): Promise<T> {
  const executablePath = findBrowser(name);
  if (executablePath === undefined) throw new Error(`no ${name} found`);
  const { page, problems, close } =
    name === 'chromium' ? await startChromium(executablePath) : await startFirefox(executablePath);
  try {
    await page.goto(url);
    return await use({
      evaluate: (expression) => page.evaluate(expression),
      value: (expression, timeoutMs = 30_000) => waitForValue(page, problems, expression, timeoutMs),
      result: (timeoutMs = 30_000) => waitForValue(page, problems, 'globalThis.__result', timeoutMs),
      screenshot: async (path) => {
        await page.screenshot({ path, fullPage: true });
      },
    });
  } finally {
    await close();
  }
}

/** The common part of both drivers' pages that is used here. */
interface DriverPage {
  goto(url: string): Promise<unknown>;
  evaluate(expression: string): Promise<unknown>;
  screenshot(options: { path: `${string}.png`; fullPage: boolean }): Promise<unknown>;
}

/** A started browser with an empty page; `problems` collects what goes wrong in it. */
interface Started {
  page: DriverPage;
  problems: string[];
  close: () => Promise<void>;
}

async function startChromium(executablePath: string): Promise<Started> {
  const browser = await chromium.launch({ executablePath, args: chromiumArguments, headless: true });
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, problems, close: () => browser.close() };
}

async function startFirefox(executablePath: string): Promise<Started> {
  const browser = await launch({ browser: 'firefox', executablePath, headless: true });
  const page = await browser.newPage();
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  return { page, problems, close: () => browser.close() };
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

export interface StaticServer {
  /** `http://127.0.0.1:PORT`, without a trailing slash. */
  origin: string;
  /** Resolves with what a page next posts to `/__result`, see test/support/pages/report.js. */
  result: () => Promise<unknown>;
  close: () => Promise<void>;
}

const contentTypes: Record<string, string> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.mjs': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Serves the repository's files on a free port of this computer alone, with `headers` in every response. */
export const serveRepository = (headers?: OutgoingHttpHeaders): Promise<StaticServer> =>
  serveFolder(fileURLToPath(new URL('../..', import.meta.url)), headers);

/** Serves the files of a folder in the same way. */
export async function serveFolder(root: string, headers: OutgoingHttpHeaders = {}): Promise<StaticServer> {
  const posted: unknown[] = [];
  const waiting: ((result: unknown) => void)[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST' && request.url === '/__result') {
      json(request).then(
        (result) => {
          response.writeHead(204, headers).end();
          const next = waiting.shift();
          if (next === undefined) posted.push(result);
          else next(result);
        },
        () => response.writeHead(400, headers).end(),
      );
      return;
    }
    const path = pathUnder(root, request.url ?? '/');
    const reading = path === undefined ? Promise.reject(new Error('outside the repository')) : readFile(path);
    reading.then(
      (body) => {
        const type = contentTypes[extname(path ?? '')] ?? 'application/octet-stream';
        response.writeHead(200, { ...headers, 'content-type': type }).end(body);
      },
      () => response.writeHead(404, headers).end(),
    );
  });
  await new Promise<void>((listening, failed) => {
    server.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    result: () =>
      posted.length > 0 ? Promise.resolve(posted.shift()) : new Promise((resolve) => void waiting.push(resolve)),
    close: () =>
      new Promise((closed, failed) => {
        server.close((error) => (error ? failed(error) : closed()));
        server.closeAllConnections();
      }),
  };
}

/** Returns the file that a request asks for, or undefined where the path is outside of `root`. */
function pathUnder(root: string, url: string): string | undefined {
  try {
    const path = resolve(root, `.${decodeURIComponent(new URL(url, 'http://localhost').pathname)}`);
    return path.startsWith(root.endsWith(sep) ? root : root + sep) ? path : undefined;
  } catch {
    return undefined;
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
