/**
 * The page of the README and the example page, from the installed package, under the policies that the README names:
 * both work as documented.
 */
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { browserNames, reasonToSkip, serveFolder, withBrowserPage, type BrowserName } from '../support/browsers.js';
import { keepBrowsers } from '../support/kept-browsers.js';
import { installPackage } from '../support/packed.js';

const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');

/** Returns the code block of a language that follows a text. */
function blockAfter(text: string, language: string): string {
  const found = new RegExp(`\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm').exec(readme.slice(readme.indexOf(text)));
  return found![1];
}

const html = blockAfter('In a page, with one script tag', 'html');
const script = blockAfter('where `page.js` is', 'js');

/** The policies that the README names, verbatim. */
const policies = [...new Set([...readme.matchAll(/`(script-src [^`]*)`/g)].map(([, policy]) => policy))];
const workerPolicy = /`(worker-src [^`]*)`/.exec(readme)![1];

const requireBrowser = (name: BrowserName, skip: (note: string) => never): void => {
  const reason = reasonToSkip(name);
  if (reason === undefined) return;
  console.warn(`skipped: ${reason}`);
  skip(reason);
};

const kept = keepBrowsers();
let folder: string;
beforeAll(() => {
  folder = installPackage();
  writeFileSync(join(folder, 'index.html'), html);
  writeFileSync(join(folder, 'page.js'), script);
  writeFileSync(join(folder, 'worker.html'), html.replace('page.js', 'page-worker.js'));
  expect(script).toContain('epochs: 200,');
  writeFileSync(join(folder, 'page-worker.js'), script.replace('epochs: 200,', "epochs: 200, runIn: 'worker',"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Returns the value of an expression in a page of the folder, served with this policy. */
async function shown(
  name: BrowserName,
  path: string,
  policy: string | undefined,
  expression: string,
): Promise<unknown> {
  const headers = policy === undefined ? {} : { 'Content-Security-Policy': policy };
  const server = await serveFolder(folder, headers);
  try {
    return await withBrowserPage(name, `${server.origin}/${path}`, (page) => page.value(expression), { kept });
  } finally {
    await server.close();
  }
}

/** The last line that the snippet shows. */
const LAST =
  "/^0 xor 1/.test(document.getElementById('progress').textContent) ? document.getElementById('progress').textContent : null";

test('the README names one policy for scripts, and its page has no inline script', () => {
  expect(policies).toEqual(["script-src 'self' 'wasm-unsafe-eval'"]);
  expect(html).not.toMatch(/<script[^>]*>[^<]/);
  const example = readFileSync(new URL('../../examples/page/index.html', import.meta.url), 'utf8');
  expect(example).not.toMatch(/<script[^>]*>[^<]|\son[a-z]+=|\sstyle=/);
});

describe.each(browserNames)('%s', (name) => {
  test.for([
    ['without a policy', 'index.html', undefined],
    ['under the policy for scripts', 'index.html', policies[0]],
    ['in a worker, under the policy for scripts and workers', 'worker.html', `${policies[0]}; ${workerPolicy}`],
  ] as const)("the README's page learns XOR %s", async ([, path, policy], { skip }) => {
    requireBrowser(name, skip);
    const text = (await shown(name, path, policy, LAST)) as string;
    const [, probability] = /^0 xor 1 is 1 with a probability of (0\.\d+|1\.000)$/.exec(text)!;
    expect(Number(probability)).toBeGreaterThan(0.9);
  });

  test("the package's example learns XOR under the policy for scripts", async ({ skip }) => {
    requireBrowser(name, skip);
    const path = 'node_modules/wasm-mlp/examples/page/index.html';
    const result = await shown(name, path, policies[0], 'globalThis.__result');
    expect(result).not.toHaveProperty('error');
    expect((result as { predictions: number[] }).predictions.map(Math.round)).toEqual([0, 1, 1, 0]);
    expect(
      await shown(
        name,
        path,
        policies[0],
        "document.querySelector('polyline') && document.getElementById('status').textContent",
      ),
    ).toMatch(/^Epoch \d+, loss 0\./);
  });
});
