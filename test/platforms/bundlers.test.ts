/**
 * The published package, unpacked from its tarball into an application, built by each bundler and run in a page:
 * dynamic imports, the binary and the worker's program must be included without any configuration.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { nodeResolve } from '@rollup/plugin-node-resolve';
import { build as buildByEsbuild } from 'esbuild';
import { rollup } from 'rollup';
import { build as buildByVite } from 'vite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import webpack from 'webpack';
import { browserNames, reasonToSkip, serveFolder, withBrowserPage } from '../support/browsers.js';
import { keepBrowsers } from '../support/kept-browsers.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * The application: it trains in a worker and predicts with the predict entry. In a page it posts the result to the
 * server.
 */
const APPLICATION = `
import { createEngine, dense } from 'wasm-mlp';
import { loadModel } from 'wasm-mlp/predict';

async function run() {
  const engine = await createEngine();
  const model = engine.sequential({
    seed: 3,
    layers: [dense({ units: 9, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
  });
  model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy' });
  const x = [[0, 0], [0, 1], [1, 0], [1, 1]];
  const { history } = await model.fit(x, [[0], [1], [1], [0]], { epochs: 30, batchSize: 2, runIn: 'worker' });
  const small = await loadModel(model.save());
  return {
    loss: history.loss,
    weights: model.getWeights().map(({ data }) => [...data]),
    predictions: [...model.predict(x)],
    same: small.predict(x).join() === model.predict(x).join(),
  };
}

export const result = run().catch((error) => ({ error: String(error) }));
if (typeof document !== 'undefined') {
  result.then((value) => fetch('/__result', { method: 'POST', body: JSON.stringify(value) }));
}
`;

const page = (script: string): string =>
  `<!doctype html><meta charset="utf-8" /><link rel="icon" href="data:," /><title>app</title>${script}`;

const kept = keepBrowsers();
let app: string;
const inApp = (...parts: string[]): string => join(app, ...parts);
let expected: unknown;

/** Each bundler builds the application into a folder of its own, with an index.html. */
const bundlers: Record<string, (out: string) => Promise<void>> = {
  async 'esbuild, in chunks'(out) {
    const entryPoints = [inApp('main.js')];
    await buildByEsbuild({
      entryPoints,
      bundle: true,
      splitting: true,
      format: 'esm',
      outdir: out,
      logLevel: 'silent',
    });
    writeFileSync(join(out, 'index.html'), page('<script type="module" src="main.js"></script>'));
  },
  async 'esbuild, one script'(out) {
    await buildByEsbuild({
      entryPoints: [inApp('main.js')],
      bundle: true,
      minify: true,
      outdir: out,
      logLevel: 'silent',
    });
    writeFileSync(join(out, 'index.html'), page('<script src="main.js"></script>'));
  },
  async Rollup(out) {
    const bundle = await rollup({ input: inApp('main.js'), plugins: [nodeResolve({ browser: true })] });
    await bundle.write({ dir: out, format: 'es' });
    await bundle.close();
    writeFileSync(join(out, 'index.html'), page('<script type="module" src="main.js"></script>'));
  },
  async Vite(out) {
    writeFileSync(inApp('index.html'), page('<script type="module" src="./main.js"></script>'));
    await buildByVite({ root: app, base: './', configFile: false, logLevel: 'silent', build: { outDir: out } });
  },
  async webpack(out) {
    const stats = await new Promise<webpack.Stats>((resolve, reject) => {
      webpack(
        { mode: 'production', context: app, entry: './main.js', output: { path: out }, performance: { hints: false } },
        (error, result) => (result === undefined ? reject(error ?? new Error('no result')) : resolve(result)),
      );
    });
    expect(stats.toJson({ all: false, errors: true, warnings: true })).toMatchObject({ errors: [], warnings: [] });
    writeFileSync(join(out, 'index.html'), page('<script src="main.js"></script>'));
  },
};

beforeAll(async () => {
  app = mkdtempSync(join(tmpdir(), 'wasm-mlp-bundlers-'));
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', app], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  ) as [{ filename: string }];
  const folder = inApp('node_modules', 'wasm-mlp');
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-xzf', inApp(filename), '-C', folder, '--strip-components=1']);
  writeFileSync(inApp('package.json'), '{ "private": true, "type": "module" }');
  writeFileSync(inApp('main.js'), APPLICATION);
  ({ result: expected } = await (
    import(pathToFileURL(inApp('main.js')).href) as Promise<{ result: Promise<unknown> }>
  ).then(async ({ result }) => ({ result: await result })));
});

afterAll(() => rmSync(app, { recursive: true, force: true }));

test('the unpacked package runs without a bundler', () => {
  expect(expected).toMatchObject({ same: true });
  const { loss } = expected as { loss: number[] };
  expect(loss[29]).toBeLessThan(loss[0]);
});

describe.each(Object.entries(bundlers))('%s', (name, build) => {
  let out: string;
  beforeAll(async () => {
    out = inApp('out', name.replaceAll(/\W+/g, '-'));
    mkdirSync(out, { recursive: true });
    await build(out);
  });

  test.for(browserNames)('the build runs in %s, with the bits of Node', async (browser, { skip }) => {
    const reason = reasonToSkip(browser);
    if (reason !== undefined) {
      console.warn(`skipped: ${reason}`);
      skip(reason);
    }
    const server = await serveFolder(out);
    try {
      const result = await withBrowserPage(browser, `${server.origin}/index.html`, () => server.result(), { kept });
      expect(result).toEqual(expected);
    } finally {
      await server.close();
    }
  });
});

describe('rendering on a server', () => {
  /** Globals that a server, or a runtime without WebAssembly, may lack: reading one throws. */
  const forbidden = [
    'window',
    'document',
    'location',
    'navigator',
    'Worker',
    'crossOriginIsolated',
    'self',
    'WebAssembly',
  ];
  const guard = `for (const name of ${JSON.stringify(forbidden)}) {
    Object.defineProperty(globalThis, name, { configurable: true, get() { throw new Error('touched ' + name); } });
  }`;

  test.each([
    [
      'import',
      (entry: string) => [
        `--input-type=module`,
        `--eval`,
        `${guard} const { default: none, ...names } = await import('${entry}'); console.log(Object.keys(names).length);`,
      ],
    ],
    [
      'require',
      (entry: string) => [
        `--input-type=commonjs`,
        `--eval`,
        `${guard} console.log(Object.keys(require('${entry}')).length);`,
      ],
    ],
  ])('%s of the package reads no global of a browser, and no WebAssembly', (_, args) => {
    for (const entry of ['wasm-mlp', 'wasm-mlp/predict', 'wasm-mlp/fused']) {
      const count = execFileSync(process.execPath, args(entry), { cwd: app, encoding: 'utf8' });
      expect(Number(count)).toBeGreaterThan(0);
    }
  });
});
