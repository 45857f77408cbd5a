/** The built site for tests, and what they do with its pages. */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { dirname, join } from 'node:path';
import type { BrowserPage } from '../../../test/support/browsers.js';

/** The policy of a strict host. */
export const POLICY = "script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; object-src 'none'; base-uri 'none'";

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** Longest that a build takes: a lock that is older was left behind. */
const BUILD_MS = 300_000;

/** Runs one build at a time: they write the same documents, and files of tests run at the same time. */
function alone(build: () => void): void {
  const lock = join(root, 'node_modules/.site-build');
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch {
      const since = statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (since !== 0 && Date.now() - since > BUILD_MS) rmSync(lock, { recursive: true, force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
  try {
    build();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/** The site as it was built for this run of the tests. */
const shared = join(root, 'node_modules/.site-built', process.env.TEST_RUN!);

/** Makes the site in a folder, as `npm run build:site` does: built by the first file of tests, copied by the others. */
export function buildSite(folder: string): void {
  const site = join(root, 'packages/site');
  // Vitest says that this is a test, and Vite would build no site for users.
  const env = { ...process.env, NODE_ENV: 'production' };
  const run = (...args: string[]): unknown => execFileSync(process.execPath, args, { cwd: root, stdio: 'pipe', env });
  alone(() => {
    // Whoever watches the tests changes the site between them.
    if (process.env.VITEST_MODE === 'WATCH' || !existsSync(shared)) {
      run(join(site, 'scripts/make-digits.mjs'));
      run(join(site, 'scripts/make-docs.mjs'));
      const vite = join(root, 'node_modules/vite/bin/vite.js');
      const unfinished = `${shared}-unfinished`;
      run(vite, 'build', site, '--outDir', unfinished, '--emptyOutDir', '--logLevel', 'error');
      // Those from before are of no use.
      for (const other of readdirSync(dirname(shared))) {
        if (join(dirname(shared), other) !== unfinished) rmSync(join(dirname(shared), other), { recursive: true });
      }
      renameSync(unfinished, shared);
    }
    cpSync(shared, folder, { recursive: true });
  });
}

/** Opens another page of the site in the same tab, and waits until it is there. */
export async function go(page: BrowserPage, path: string): Promise<void> {
  await page.evaluate(`(globalThis.left = true, setTimeout(() => location.assign(${JSON.stringify(path)})), true)`);
  const until = performance.now() + 60_000;
  for (;;) {
    // While a page is left there is nothing to ask.
    const state = await page
      .evaluate("globalThis.left === true ? 'the page before it' : document.readyState")
      .catch((error: unknown) => String(error));
    if (state === 'complete') return;
    if (performance.now() > until) throw new Error(`${path} did not open: ${String(state)}`);
    await new Promise((wake) => setTimeout(wake, 25));
  }
}

/** An expression that clicks the button with this text. */
export const click = (text: string): string =>
  `[...document.querySelectorAll('button')].find((one) => one.textContent.trim() === ${JSON.stringify(text)} && !one.disabled)?.click() ?? true`;

/** An expression for the hash that the playground shows. */
export const HASH =
  "(() => { const text = document.querySelector('[data-testid=hash]')?.textContent.trim(); return /^[0-9a-f]{64}$/.test(text) ? text : null; })()";

/** An expression for the number of steps that the playground shows. */
export const STEPS = "Number(document.querySelector('[data-testid=step]')?.textContent.replaceAll(',', ''))";
