/**
 * Standalone modules: the same bits as `predict`, in this engine and in others, in pages under a strict policy and in
 * service workers; types that the compiler takes; names that cannot leave their literals; and what is refused.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import * as built from '../../dist/index.js';
import * as builtModule from '../../dist/module.js';
import { ENGINES } from '../../scripts/checks/engines.mjs';
import {
  createEngineSync,
  dense,
  input,
  StateError,
  UnsupportedError,
  ValueError,
  type Model,
} from '../../src/index.js';
import { toModule, type ToModuleOptions } from '../../src/module.js';
import { browserNames, reasonToSkip, serveFolder, withBrowserPage } from '../support/browsers.js';
import { disturb, NETWORKS, randomModel } from '../support/files/networks.js';
import { listOf } from '../support/reference/graph-model.js';
import { source } from '../support/reference/random.js';

const engine = createEngineSync();
const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-module-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Written {
  readonly predict: (x: unknown) => Float32Array | Float32Array[];
  readonly predictLabels?: (x: unknown) => (string | number)[];
  readonly ready: (module?: WebAssembly.Module) => Promise<void>;
  readonly kernels: () => Uint8Array<ArrayBuffer>;
  readonly inputs: readonly { name: string; width: number }[];
  readonly outputs: readonly { name: string; width: number }[];
  readonly labels?: readonly (string | number)[];
}

let count = 0;

/** Imports a text as a module. */
async function imported(text: string): Promise<Written> {
  const path = join(folder, `model-${count++}.mjs`);
  writeFileSync(path, text);
  return (await import(/* @vite-ignore */ pathToFileURL(path).href)) as Written;
}

const bits = (values: Float32Array): number[] => [...new Uint32Array(values.buffer, values.byteOffset, values.length)];

/** A network for most tests: 4-16-3, with weights that are not those of a fresh one. */
function flowers(): Model {
  const net = engine.sequential({
    seed: 2,
    layers: [dense({ units: 16, activation: 'relu', inputShape: [4] }), dense({ units: 3, activation: 'softmax' })],
  });
  disturb(net, source(3));
  return net;
}

const LABELS = ['setosa', 'versicolor', 'virginica'];

async function expectSameBits(net: Model<Float32Array | Float32Array[]>, xs: Float32Array[], rows: number) {
  const { predict, inputs, outputs } = await imported(toModule(net));
  const given = xs.length === 1 ? xs[0] : xs;
  const expected = listOf(net.predict(given));
  const results = listOf(predict(given));
  expect(results.map(bits)).toEqual(expected.map(bits));
  expect(outputs.map(({ width }) => width)).toEqual(expected.map(({ length }) => length / rows));
  // One row alone, as a list of rows.
  const first = xs.map((x, i) => [[...x.subarray(0, inputs[i].width)]]);
  const alone = listOf(predict(xs.length === 1 ? first[0] : first));
  expect(alone.map(bits)).toEqual(expected.map((y, i) => bits(y.subarray(0, outputs[i].width))));
}

describe('the same bits as predict', () => {
  test('of 200 random graphs', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const { net, xs, rows } = randomModel(seed);
      await expectSameBits(net, xs, rows);
      net.dispose();
    }
  });

  test.each(Object.keys(NETWORKS))('of %s', async (name) => {
    const { net, xs, rows } = NETWORKS[name]();
    disturb(net, source(7));
    await expectSameBits(net, xs, rows);
  });

  test('of more rows than are computed at a time, of every form, on every tile of the engine', async () => {
    const rows = 150;
    const x = Float32Array.from({ length: rows * 4 }, (_, i) => Math.fround(Math.sin(i) * 3));
    const net = flowers();
    const { predict } = await imported(toModule(net));
    const expected = bits(net.predict(x));
    const list = Array.from({ length: rows }, (_, row) => x.slice(4 * row, 4 * row + 4));
    for (const given of [x, [...x], list, list.map((row) => [...row]), Float64Array.from(x)]) {
      expect(bits(predict(given) as Float32Array)).toEqual(expected);
    }
    expect(predict([])).toEqual(new Float32Array(0));
    expect(() => predict({ length: -1 })).toThrow('x expected rows of 4 numbers, got object');
    const wide = createEngineSync({ tile: '4x16' });
    expect(toModule(wide.loadModel(net.save()))).toBe(toModule(net));
    wide.dispose();
  });

  test('of layers that models share', async () => {
    const base = engine.sequential({ layers: [dense({ units: 5, activation: 'tanh', inputShape: [3] })] });
    const x = input({ shape: [3], name: 'x' });
    const net = engine.model({ inputs: x, outputs: dense({ units: 2 }).apply(base.apply(x)) });
    await expectSameBits(net, [Float32Array.of(1, -2, 3, 0.5, 0, -1)], 2);
  });

  const installed = ENGINES.map(({ name, version, args }) => {
    const command = join(fileURLToPath(new URL('../..', import.meta.url)), '.engines', `${name}-${version}`);
    return { title: `${name} ${version}`, command: join(command, 'node_modules/.bin', name), args };
  });
  for (const { title, command, args } of installed) {
    test.skipIf(!existsSync(command))(`in ${title}, if it is installed`, () => {
      const net = flowers();
      writeFileSync(join(folder, 'flowers.mjs'), toModule(net));
      const run =
        "import { predict } from './flowers.mjs'; console.log(JSON.stringify([...predict([[5, 3, 1, 0.2]])]));";
      writeFileSync(join(folder, 'run.mjs'), run);
      const output = execFileSync(command, [...args, join(folder, 'run.mjs')], { encoding: 'utf8' });
      expect(JSON.parse(output)).toEqual([...net.predict([[5, 3, 1, 0.2]])]);
    });
  }
});

describe('in a browser', () => {
  const POLICY = "default-src 'none'; connect-src 'self'; img-src data:; script-src 'self' 'wasm-unsafe-eval'";
  const page = `
import { predict, predictLabels, ready } from './flowers.js';
await ready();
const registration = await navigator.serviceWorker.register('./worker.js', { type: 'module' }).catch((error) => String(error));
const answer = typeof registration === 'string' ? registration : await new Promise((resolve) => {
  navigator.serviceWorker.onmessage = ({ data }) => resolve(data);
  const worker = registration.installing ?? registration.waiting ?? registration.active;
  worker.postMessage([[5, 3, 1, 0.2]]);
});
const result = { page: [...predict([[5, 3, 1, 0.2]])], labels: predictLabels([[5, 3, 1, 0.2]]), worker: answer };
await fetch('/__result', { method: 'POST', body: JSON.stringify(result) });
`;
  const worker = `
import { predict } from './flowers.js';
addEventListener('message', (event) => event.source.postMessage([...predict(event.data)]));
`;

  test.for(browserNames)('%s: under a strict policy, in the page and in a service worker', async (name, { skip }) => {
    const reason = reasonToSkip(name);
    if (reason !== undefined) skip(reason);
    const net = flowers();
    const at = mkdtempSync(join(folder, 'page-'));
    const index =
      '<!doctype html><link rel="icon" href="data:,"><title>a module</title><script type="module" src="page.js"></script>';
    writeFileSync(join(at, 'index.html'), index);
    writeFileSync(join(at, 'page.js'), page);
    writeFileSync(join(at, 'worker.js'), worker);
    writeFileSync(join(at, 'flowers.js'), toModule(net, { labels: LABELS }));
    const server = await serveFolder(at, { 'Content-Security-Policy': `${POLICY}; worker-src 'self'` });
    try {
      const result = (await withBrowserPage(name, `${server.origin}/index.html`, () => server.result())) as {
        worker: unknown;
      };
      const y = [...net.predict([[5, 3, 1, 0.2]])];
      expect(result).toMatchObject({ page: y, labels: [LABELS[y.indexOf(Math.max(...y))]] });
      // Firefox ESR has no service workers of modules.
      if (typeof result.worker !== 'string') expect(result.worker).toEqual(y);
      else expect(name).toBe('firefox');
    } finally {
      await server.close();
    }
  });
});

describe('the text', () => {
  test('is the same for the same model, imports nothing, and has no code of training', () => {
    const net = flowers();
    const text = toModule(net);
    expect(toModule(engine.loadModel(net.save()))).toBe(text);
    expect(text).not.toMatch(/\bimport\b|\brequire\b|\beval\b|backward|optimizer/);
    expect(text.length).toBeLessThan(18_000);
    // Only what the network calls is in the binary.
    const exports = [...text.matchAll(/^ {2}k\.(\w+)\(/gm)].map(([, name]) => name);
    expect(new Set(exports)).toEqual(new Set(['f32_gemm_3x12', 'f32_relu', 'f32_softmax']));
  });

  test('has the size that the docs say', () => {
    const sizes = (net: Model): number[] => {
      const text = toModule(net);
      return [text.length, gzipSync(text).length].map((bytes) => Math.round(bytes / 1000));
    };
    const digits = engine.sequential({
      layers: [
        dense({ units: 128, activation: 'relu', inputShape: [784] }),
        dense({ units: 10, activation: 'softmax' }),
      ],
    });
    const rows = [
      ...readFileSync(new URL('../../docs/module.md', import.meta.url), 'utf8').matchAll(/\| (\d+) KB \| (\d+) KB/g),
    ];
    expect(rows.map(([, text, compressed]) => [Number(text), Number(compressed)])).toEqual([
      sizes(flowers()),
      sizes(digits),
    ]);
  });

  test('has a binary that engines compile ahead of time, for platforms that refuse to later', async () => {
    const net = flowers();
    const { kernels, ready, predict } = await imported(toModule(net));
    const module = new WebAssembly.Module(kernels());
    expect(WebAssembly.Module.imports(module)).toEqual([{ module: 'env', name: 'memory', kind: 'memory' }]);
    await ready(module);
    expect(predict([[1, 2, 3, 4]])).toEqual(net.predict([[1, 2, 3, 4]]));
  });

  test('keeps −0, and every bit of weights', async () => {
    const net = engine.sequential({ layers: [dense({ units: 5, inputShape: [2], useBias: false })] });
    net.setWeights([{ shape: [5, 2], data: Float32Array.of(-0, -0, 1e-45, 0, 3e38, 1, -1e-40, 2, 0.1, 1 / 3) }]);
    await expectSameBits(net, [Float32Array.of(1, 0, -0, 1)], 2);
  });
});

/** Names that would end literals, comments, templates or elements of pages. */
const HOSTILE = [
  '"',
  "'",
  '`',
  '${process.exit(1)}',
  '\\',
  '\\u0022',
  '*/ alert(1) /*',
  '</script><script>alert(1)</script>',
  '<!--',
  '-->',
  '\u2028\u2029',
  '\n\r\0',
  '__proto__',
  'constructor',
  '@type',
  '{@link x}',
  '\ud800',
  '😀',
  ']]>',
];

/** Compiles texts by name, as a strict project does; returns the errors. */
function typeErrors(files: Readonly<Record<string, string>>, options: ts.CompilerOptions = {}): string[] {
  const given: ts.CompilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: false,
    allowJs: true,
    checkJs: true,
    noEmit: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
    types: [],
    ...options,
  };
  const at = mkdtempSync(join(folder, 'types-'));
  const names = Object.entries(files).map(([name, text]) => {
    writeFileSync(join(at, name), text);
    return join(at, name);
  });
  const program = ts.createProgram(names, given);
  return ts.getPreEmitDiagnostics(program).map(({ messageText, file, start }) => {
    const line = file === undefined ? '' : file.text.slice(0, start).split('\n').length;
    return `${file?.fileName.split('/').at(-1)}:${line} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}

/** Two inputs and two outputs of these names. */
function branched(names: readonly string[]): Model<Float32Array | Float32Array[]> {
  const [a, b] = names.slice(0, 2).map((name) => input({ shape: [2], name }));
  const outputs = [
    dense({ units: 3, name: names[2] ?? 'y' }).apply(a),
    dense({ units: 1, name: names[3] ?? 'z' }).apply(b),
  ];
  return engine.model({ inputs: [a, b], outputs });
}

describe('types', () => {
  const use = `import { predict, predictLabels, labels, inputs, ready, kernels } from './model.mjs';
const y: Float32Array = predict([[1, 2, 3, 4]]);
predict(Float32Array.of(1, 2, 3, 4)); predict([1, 2, 3, 4]); predict([Float32Array.of(1, 2, 3, 4)]);
const [label]: (string | number)[] = predictLabels([[1, 2, 3, 4]]);
export const all = [y, label, labels[0], inputs[0].name, inputs[0].width, ready(), kernels().length];
`;
  const wrong = `import { predict } from './model.mjs';\npredict('a', 1);\n`;
  const two = `import { predict } from './model.mjs';
const [y, z]: [Float32Array, Float32Array] = predict([[[1, 2]], [[3, 4]]]);
export const both = [y, z, ...predict({ a: [[1, 2]], b: Float32Array.of(3, 4) })];
`;
  const options = { labels: LABELS } satisfies ToModuleOptions;

  test('of the JSDoc in the text', () => {
    const text = toModule(flowers(), options);
    expect(typeErrors({ 'model.mjs': text, 'use.mts': use })).toEqual([]);
    expect(typeErrors({ 'model.mjs': text, 'wrong.mts': wrong })).toHaveLength(1);
    expect(typeErrors({ 'model.mjs': toModule(branched(['a', 'b'])), 'use.mts': two })).toEqual([]);
    const { net } = NETWORKS['columns with one table']();
    expect(typeErrors({ 'model.mjs': toModule(net) })).toEqual([]);
  });

  test('of the declarations, without allowJs', () => {
    const without = { allowJs: false, checkJs: false };
    const declared = (net: Model<Float32Array | Float32Array[]>, more?: ToModuleOptions): string =>
      toModule(net, { ...more, declarations: true });
    expect(typeErrors({ 'model.d.mts': declared(flowers(), options), 'use.mts': use }, without)).toEqual([]);
    expect(typeErrors({ 'model.d.mts': declared(flowers()), 'wrong.mts': wrong }, without)).toHaveLength(1);
    expect(typeErrors({ 'model.d.mts': declared(branched(['a', 'b'])), 'use.mts': two }, without)).toEqual([]);
  });

  test('and code, whatever names a model has', async () => {
    for (let i = 0; i < HOSTILE.length; i++) {
      const names = [0, 1, 2, 3].map((shift) => HOSTILE[(i + 5 * shift) % HOSTILE.length]);
      const net = branched(names);
      const text = toModule(net);
      expect(text).not.toMatch(/<\/script|<!--|[^\x20-\x7e\n]|\$\{process|alert\(1\)<|\*\/ alert/);
      const { predict, inputs, outputs } = await imported(text);
      expect([inputs, outputs].map((specs) => specs.map(({ name }) => name))).toEqual([
        names.slice(0, 2),
        names.slice(2),
      ]);
      const given = Object.fromEntries(names.slice(0, 2).map((name) => [name, [[1, 2]]]));
      expect(predict(given)).toEqual(net.predict([[[1, 2]], [[1, 2]]]));
      net.dispose();
      if (i % 4 === 0) {
        expect(
          typeErrors({ 'model.mjs': text, 'other.d.mts': toModule(branched(names), { declarations: true }) }),
        ).toEqual([]);
      }
    }
    const labels = [HOSTILE.join(''), 2, -0];
    const labelled = await imported(toModule(flowers(), { labels }));
    expect(labelled.labels).toEqual(labels);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  }, 120_000);
});

describe('a written module refuses', () => {
  test.each<[string, unknown, RegExp]>([
    ['no rows', undefined, /^TypeError: predict: x expected rows of 4 numbers, got undefined\.$/],
    ['a text', 'abcd', /^TypeError: predict: x expected rows of 4 numbers, got string\.$/],
    [
      'rows of another width',
      [
        [1, 2, 3, 4],
        [1, 2, 3],
      ],
      /^RangeError: predict: x expected 4 values per row, got 3 in row 1\.$/,
    ],
    ['a part of a row', Float32Array.of(1, 2, 3, 4, 5), /expected 4 values per row, got 1 in row 1\.$/],
    ['NaN', [[1, 2, NaN, 4]], /^RangeError: predict: x expected finite numbers, got NaN in row 0, column 2\.$/],
    ['numbers that float32 does not hold', [[1, 2, 3, 1e39]], /got 1e\+39 in row 0, column 3\.$/],
    ['texts', [['1', 2, 3, 4]], /got string in row 0, column 0\.$/],
    ['rows that are none', [[1, 2, 3, 4], null], /got undefined in row 1\.$/],
  ])('%s', async (_what, given, message) => {
    const { predict } = await imported(toModule(flowers()));
    let thrown: unknown;
    try {
      predict(given);
    } catch (error) {
      thrown = error;
    }
    expect(String(thrown)).toMatch(message);
  });

  test('categories that there are not, and inputs that do not fit together', async () => {
    const { net } = NETWORKS['one column of categories']();
    const { predict } = await imported(toModule(net));
    for (const value of [5, -1, 0.5]) {
      expect(() => predict([[value]])).toThrow(/x expected integers from 0 to 4, got -?[\d.]+ in row 0, column 0\.$/);
    }
    const two = await imported(toModule(branched(['a', 'b'])));
    expect(() => two.predict([[[1, 2]]])).toThrow('predict: x expected 2 inputs, got 1.');
    expect(() => two.predict([[[1, 2]], []])).toThrow('predict: x[1], b, expected 1 rows as the first input, got 0.');
    expect(() => two.predict({ a: [[1, 2]] })).toThrow('predict: x[1], b, expected rows of 2 numbers, got undefined.');
  });
});

describe('toModule refuses', () => {
  test('functions of the user, what is no model, and labels that do not fit', () => {
    const own = { name: 'own', forward: (z: Float32Array) => z, derivative: (z: Float32Array) => z.map(() => 1) };
    const custom = engine.sequential({ layers: [dense({ units: 1, activation: own, inputShape: [1], name: 'odd' })] });
    expect(() => toModule(custom)).toThrow(UnsupportedError);
    expect(() => toModule(custom)).toThrow(/^toModule: "odd" expected an activation of the library, got "own"/);
    expect(() => toModule({} as unknown as Model)).toThrow(ValueError);
    expect(() => toModule(flowers(), { labels: ['a'] })).toThrow(
      /labels expected 3, one per column of the output, got 1/,
    );
    expect(() => toModule(branched(['a', 'b']), { labels: ['a'] })).toThrow(/none for several outputs/);
    expect(() => toModule(flowers(), { label: ['a'] } as ToModuleOptions)).toThrow(/unknown option "label"/);
    const gone = flowers();
    gone.dispose();
    expect(() => toModule(gone)).toThrow(StateError);
  });

  test('is the same in the package', () => {
    const net = built.createEngineSync().loadModel(flowers().save());
    expect(builtModule.toModule(net)).toBe(toModule(flowers()));
  });
});
