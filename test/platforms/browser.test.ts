/**
 * The built library in real pages of Chromium, Firefox and WebKit: the bits of Node, threads with and without isolation,
 * trainings in workers, and policies (CSP) that forbid what the library needs. The package under a bundler is tested in
 * bundlers.test.ts, the page of the README in documented-page.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { inputs, targets, trainXor } from '../../examples/page/xor.js';
import { EVERY_FEATURE_SHA256, trainEveryFeature } from '../support/every-feature.mjs';
import { trainLargeLayers } from '../support/large-layers.mjs';
import {
  browserNames,
  reasonToSkip,
  serveRepository,
  withBrowserPage,
  type BrowserName,
  type StaticServer,
} from '../support/browsers.js';
import { keepBrowsers } from '../support/kept-browsers.js';

const kept = keepBrowsers();

type XorResult = Awaited<ReturnType<typeof trainXor>>;

/** Rounds a network's answers to a truth table. */
const thresholded = (predictions: number[]) => predictions.map((prediction) => [prediction > 0.5 ? 1 : 0]);

/** Skips the test where the computer has no such browser. */
const requireBrowser = (name: BrowserName, skip: (note: string) => never): void => {
  const reason = reasonToSkip(name);
  if (reason === undefined) return;
  console.warn(`skipped: ${reason}`);
  skip(reason);
};

const ISOLATION = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

describe('a page that imports the built file', () => {
  let server: StaticServer;
  let inNode: XorResult;

  beforeAll(async () => {
    server = await serveRepository();
    inNode = await trainXor(library);
  });

  afterAll(() => server.close());

  test('the training of the page learns XOR in Node', () => {
    expect(inputs).toHaveLength(4);
    expect(thresholded(inNode.predictions)).toEqual(targets);
    expect(inNode.losses.at(-1)).toBeLessThan(inNode.losses[0] / 10);
  });

  test.for(browserNames)('%s learns XOR with the same bits as Node', async (name, { skip }) => {
    requireBrowser(name, skip);

    const page = `${server.origin}/examples/page/index.html`;
    const result = await withBrowserPage(name, page, (tab) => tab.result(), { kept });

    expect(result).not.toHaveProperty('error');
    const { losses, predictions, weightsSha256 } = result as XorResult;
    expect(thresholded(predictions)).toEqual(targets);
    expect(weightsSha256).toBe(inNode.weightsSha256);
    expect(predictions).toEqual(inNode.predictions);
    expect(losses).toEqual(inNode.losses);
  });

  test.for(browserNames)('%s gets the same bits in the training that uses every feature', async (name, { skip }) => {
    requireBrowser(name, skip);
    const { losses } = await trainEveryFeature(library);

    const training = `Promise.all([import('/test/support/every-feature.mjs'), import('/dist/index.js')])
      .then(([{ trainEveryFeature }, library]) => trainEveryFeature(library))`;
    const page = `${server.origin}/examples/page/index.html`;
    const result = await withBrowserPage(name, page, (tab) => tab.evaluate(training), { kept });

    expect(result).toEqual({ updates: 342, losses, sha256: EVERY_FEATURE_SHA256 });
  });

  /** Trains with two threads in a page; 127.0.0.1 counts as a secure origin. */
  const inPage = async (name: BrowserName, origin: string): Promise<unknown> =>
    withBrowserPage(
      name,
      `${origin}/examples/page/index.html`,
      (tab) =>
        tab.evaluate(`Promise.all([import('/test/support/large-layers.mjs'), import('/dist/index.js')])
          .then(([{ trainLargeLayers }, library]) => trainLargeLayers(library, { threads: 2 }))`),
      { kept },
    );

  test.for(browserNames)(
    '%s on two threads in an isolated page gets the bits of one thread in Node',
    async (name, { skip }) => {
      requireBrowser(name, skip);
      const isolated = await serveRepository(ISOLATION);
      try {
        const { sha256 } = await trainLargeLayers(library);
        expect(await inPage(name, isolated.origin)).toEqual({ threads: 2, numerics: 'strict', reasons: [], sha256 });
      } finally {
        await isolated.close();
      }
    },
  );

  test.for(browserNames)(
    '%s in a page that is not isolated uses one thread, and names the headers that isolate it',
    async (name, { skip }) => {
      requireBrowser(name, skip);
      const { sha256 } = await trainLargeLayers(library);
      const result = (await inPage(name, server.origin)) as Awaited<ReturnType<typeof trainLargeLayers>>;
      expect(result).toMatchObject({ threads: 1, sha256 });
      expect(result.reasons).toHaveLength(1);
      expect(result.reasons[0]).toContain('Cross-Origin-Opener-Policy: same-origin');
      expect(result.reasons[0]).toContain('Cross-Origin-Embedder-Policy: require-corp');
    },
  );

  test('WebKit without SharedArrayBuffer, as WebKitGTK is by default, uses one thread and gets the same bits', async ({
    skip,
  }) => {
    requireBrowser('webkit', skip);
    const { sha256 } = await trainLargeLayers(library);
    const isolated = await serveRepository(ISOLATION);
    try {
      const page = `${isolated.origin}/examples/page/index.html`;
      const training = `Promise.all([import('/test/support/large-layers.mjs'), import('/dist/index.js')])
        .then(([{ trainLargeLayers }, library]) => trainLargeLayers(library, { threads: 2 }))`;
      const result = await withBrowserPage('webkit', page, (tab) => tab.evaluate(training), { sharedMemory: false });
      expect(result).toMatchObject({
        threads: 1,
        sha256,
        reasons: [expect.stringContaining('has no SharedArrayBuffer')],
      });
    } finally {
      await isolated.close();
    }
  });
});

/** A policy that allows the page's own scripts and WebAssembly. */
const POLICY = "script-src 'self' 'wasm-unsafe-eval'";
const NOWHERE = "default-src 'none'; connect-src 'self'; img-src data:;";

describe('a page that trains in workers', () => {
  /** Returns the report of test/support/pages/worker-fit.js in a page with these headers. */
  async function reported(name: BrowserName, query: string, headers: Record<string, string>): Promise<unknown> {
    const server = await serveRepository(headers);
    try {
      const page = `${server.origin}/test/support/pages/worker-fit.html?${query}`;
      return await withBrowserPage(name, page, () => server.result(), { kept });
    } finally {
      await server.close();
    }
  }

  const everywhere = [
    ['with isolation', 'threads=2', ISOLATION, 2],
    ['without isolation', 'threads=2', {}, 1],
    [
      'under a policy, with workers from blob:',
      'threads=2',
      { ...ISOLATION, 'Content-Security-Policy': `${NOWHERE} ${POLICY}; worker-src blob:` },
      2,
    ],
    [
      'under a policy, with workers from a file',
      'threads=2&workerUrl=1',
      { ...ISOLATION, 'Content-Security-Policy': `${NOWHERE} ${POLICY}` },
      2,
    ],
    [
      'under a policy, with workers from a file, without isolation',
      'workerUrl=1',
      { 'Content-Security-Policy': `${NOWHERE} ${POLICY}` },
      1,
    ],
  ] as const;

  test.for(browserNames.flatMap((name) => everywhere.map((one) => [name, ...one] as const)))(
    '%s, %s: gets the bits of Node, keeps animating, and can be aborted',
    async ([name, , query, headers, threads], { skip }) => {
      requireBrowser(name, skip);
      const { sha256 } = await trainLargeLayers(library);
      expect(await reported(name, query, headers)).toEqual({
        isolated: 'Cross-Origin-Opener-Policy' in headers,
        large: {
          threads,
          numerics: 'strict',
          reasons: threads === 2 || !query.includes('threads') ? [] : [expect.stringContaining('isolated')],
          sha256,
        },
        sha256: EVERY_FEATURE_SHA256,
        aborted: 'AbortError',
        steps: true,
        animated: true,
      });
    },
  );

  test.for(browserNames)(
    '%s under a policy that forbids WebAssembly reports what would allow it',
    async (name, { skip }) => {
      requireBrowser(name, skip);
      const headers = { 'Content-Security-Policy': `${NOWHERE} script-src 'self'` };
      const refusal = (where: string): object => ({
        name: 'UnsupportedError',
        message: expect.stringMatching(
          `^${where}: WebAssembly that may be compiled expected, got: .* script-src 'wasm-unsafe-eval'\\.$`,
        ),
      });
      expect(await reported(name, 'forbidden=1', headers)).toEqual({
        inlined: refusal('createEngine'),
        given: refusal('createEngine'),
        synchronous: refusal('createEngineSync'),
        predict: refusal('loadModel'),
      });
    },
  );

  test.for(browserNames)(
    '%s under a policy that forbids blob:, without a file of workers, uses one thread and reports what to do',
    async (name, { skip }) => {
      requireBrowser(name, skip);
      const headers = { ...ISOLATION, 'Content-Security-Policy': `${NOWHERE} ${POLICY}` };
      const { sha256 } = await trainLargeLayers(library);
      expect(await reported(name, 'threads=2&blocked=1', headers)).toEqual({
        large: { threads: 1, numerics: 'strict', reasons: [expect.stringContaining('workerUrl')], sha256 },
        blocked: { name: 'WorkerError', message: expect.stringContaining('workerUrl') as string },
      });
    },
  );
});
