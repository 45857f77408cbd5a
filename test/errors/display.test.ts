/**
 * The console output that a user sees: an uncaught error shows the line of the caller's own code first, a model shows
 * its summary. The programs run in processes of their own, on the built package.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  input,
  loadModel,
  mlpClassifier,
  mlpRegressor,
  sequential,
  WasmMlpError,
  type InferenceModel,
} from '../../src/index.js';

const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-display-'));
afterAll(() => rmSync(folder, { recursive: true }));

const dist = (name: string): string => fileURLToPath(new URL(`../../dist/${name}`, import.meta.url));

/** Returns the lines that Node prints for a program that ends in an error. */
function said(
  extension: 'mjs' | 'cjs',
  body: string,
  flags: readonly string[] = [],
): { lines: string[]; file: string } {
  const file = join(folder, `mine.${extension}`);
  const head =
    extension === 'mjs'
      ? `import * as library from ${JSON.stringify(pathToFileURL(dist('index.js')).href)};`
      : `const library = require(${JSON.stringify(dist('index.cjs'))});`;
  writeFileSync(file, `${head}\nconst { dense, sequential, loadModel } = library;\n${body}\n`);
  const { stderr, status } = spawnSync(process.execPath, [...flags, file], { encoding: 'utf8', env: {} });
  expect(status).toBe(1);
  return { lines: stderr.trim().split('\n'), file };
}

const MODEL = `const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });`;

/** A program whose fit fails, called on line 5. */
const fitCase = (runIn: 'main' | 'worker', what: string, data: string, options: string, message: string) =>
  [
    'mjs',
    `${what} in ${runIn}`,
    `${MODEL}\nawait model.fit(${data}, { runIn: '${runIn}', ${options} });`,
    5,
    message,
  ] as const;

describe('an uncaught error', () => {
  // The body begins on line 3.
  test.each([
    ['mjs', 'a call', 'dense({ unitz: 3 });', 3, 'ValueError: dense: unknown option "unitz"'],
    ['cjs', 'a call', '\ndense({ unitz: 3 });', 4, 'ValueError: dense: unknown option "unitz"'],
    ['mjs', 'a timer', 'setTimeout(() => {\n  dense({ units: 0 });\n});', 4, 'ValueError: dense: units expected'],
    ['cjs', 'a timer', 'setTimeout(() => {\n  dense({ units: 0 });\n});', 4, 'ValueError: dense: units expected'],
    ['mjs', 'a list', '[1].map(() => 0).map(dense);', 3, 'ValueError: dense: options expected'],
    ['mjs', 'a promise that is awaited', 'await loadModel(new Uint8Array(3));', 3, 'FormatError: loadModel: '],
    ['cjs', 'a promise', 'void (async () => {\n  await loadModel(3);\n})();', 4, 'ValueError: loadModel: '],
    ['mjs', 'fit', `${MODEL}\nawait model.fit([[1], [2]], [[1]]);`, 5, 'ShapeError: fit: y expected 2 rows'],
    [
      'mjs',
      'fit in a worker, which fails later',
      `${MODEL}\nawait model.fit([[1], [2]], [[1], [2]], { runIn: 'worker', sampleWeight: [1, -1] });`,
      5,
      'ValueError: fit: sampleWeight expected',
    ],
    [
      'mjs',
      'a callback that makes fit fail midway',
      `${MODEL}\nconst onEpochEnd = () => {\n  model.compile({});\n};\nawait model.fit([[1]], [[1]], { callbacks: [{ onEpochEnd }] });`,
      6,
      'StateError: compile: ',
    ],
    // Thrown after an await, or in answer to a message of the worker: the call of fit is the caller's.
    ...(['main', 'worker'] as const).flatMap((runIn) => [
      fitCase(runIn, 'a batch of a source', '() => [[[[1]], [[1, 2]]]]', '', 'ShapeError: fit: batch 0 of epoch 0: y'),
      fitCase(runIn, 'a source of no batches', '() => [7]', '', 'ValueError: fit: batch 0 of epoch 0 expected'),
      fitCase(
        runIn,
        "one of the library's callbacks",
        '[[1]], [[1]]',
        "callbacks: [library.learningRateScheduler(() => 'x')],",
        'ValueError: learningRate: rate expected',
      ),
    ]),
  ] as const)("%s, from %s: shows the message, then the caller's line", (extension, _, body, line, message) => {
    const { lines, file } = said(extension, body);
    expect(lines[0].slice(0, message.length)).toBe(message);
    // The message is one line, and the next line is the caller's.
    expect(lines[1]).toMatch(/^ {4}at /);
    expect(lines[1]).toContain(`${file}:${line}:`);
    for (const text of lines) expect(text.length).toBeLessThan(400);
  });

  test.each(['main', 'worker'])("a callback's own error in a fit in %s shows its line first", (runIn) => {
    const callback = `{\n  onEpochEnd() {\n    throw new RangeError('mine');\n  },\n}`;
    const { lines, file } = said(
      'mjs',
      `${MODEL}\nawait model.fit([[1]], [[1]], { runIn: '${runIn}', callbacks: [${callback}] });`,
    );
    const at = lines.findIndex((line) => line === 'RangeError: mine');
    expect(lines[at + 1]).toContain(`${file}:7:`);
  });

  test('shows the sources where source maps are on', () => {
    const { lines } = said('mjs', 'dense({ unitz: 3 });', ['--enable-source-maps']);
    expect(lines.find((text) => text.startsWith('    at '))).toContain('/src/');
    for (const text of lines) expect(text.length).toBeLessThan(400);
  });

  test('respects the stack trace limit and format that the user has set', () => {
    const body = (setting: string): string =>
      `${setting}\nfunction mine() {\n  dense({ unitz: 3 });\n}\nfunction outer() {\n  mine();\n}\nouter();`;
    const one = said('mjs', body('Error.stackTraceLimit = 1;')).lines;
    expect(one.filter((line) => line.startsWith('    at '))).toHaveLength(1);
    expect(one[1]).toContain(':5:');
    for (const setting of [
      'Error.stackTraceLimit = 0;',
      'delete Error.stackTraceLimit;',
      'Object.freeze(Error);',
      'Error.prepareStackTrace = (error, sites) => sites;',
      'Error.prepareStackTrace = () => { throw new Error("mine"); };',
    ]) {
      const caught = body(setting).replace(
        'outer();',
        'try { outer(); } catch (error) { process._rawDebug(error.name, error.message); process.exit(1); }',
      );
      expect(said('mjs', caught).lines.join('\n')).toMatch(/ValueError dense: unknown option "unitz"/);
    }
  });

  test('has the same stack property as other errors', () => {
    const own = Object.getOwnPropertyDescriptor(new WasmMlpError('mine'), 'stack');
    expect(own?.enumerable).toBe(false);
    expect(JSON.stringify(new WasmMlpError('mine'))).toBe('{"name":"WasmMlpError"}');
    const body = `try {\n  dense({ unitz: 3 });\n} catch (error) {\n  process._rawDebug(JSON.stringify([Object.keys(error), error.stack.split('\\n')[0], String(error), error instanceof library.ValueError]));\n  process.exit(1);\n}`;
    const message = 'ValueError: dense: unknown option "unitz". Did you mean "units"?';
    expect(JSON.parse(said('mjs', body).lines[0])).toEqual([['name'], message, message, true]);
  });
});

describe('console.log', () => {
  const layers = [dense({ units: 12, activation: 'relu', inputShape: [7] }), dense({ units: 3 })];

  test('shows a model as its class and its summary', async () => {
    const model = await sequential({ layers });
    expect(inspect(model)).toBe(`Model\n${model.summary()}`);
    model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    const summary = model.summary();
    expect(inspect(model)).toBe(`Model\n${summary}`);
    expect(inspect({ model }).split('\n').length).toBeLessThan(20);
    model.dispose();
    expect(inspect(model)).toBe(`Model (disposed)\n${summary}`);
  });

  test("shows a model even while the model's step calls the function that logs it", async () => {
    const engine = await createEngine();
    let seen = '';
    const activation = {
      name: 'mine',
      forward: (z: Float32Array) => {
        seen = inspect(model);
        return z;
      },
      derivative: (z: Float32Array) => z.map(() => 1),
    };
    const model = engine.sequential({ layers: [dense({ units: 2, activation, inputShape: [2] })] });
    model.predict([[1, 2]]);
    expect(seen).toMatch(/^Model\n/);
    engine.dispose();
    expect(inspect(model)).toMatch(/^Model \(disposed\)\n/);
  });

  test('shows a model of the predict entry in one line', async () => {
    const model = await sequential({ layers });
    const { loadModelSync } = (await import(dist('predict.js'))) as {
      loadModelSync: (bytes: Uint8Array) => InferenceModel;
    };
    const loaded = loadModelSync(model.save());
    expect(inspect(loaded)).toBe('InferenceModel (7 → 3, 135 parameters)');
    loaded.dispose();
    expect(inspect(loaded)).toBe('InferenceModel (7 → 3, 135 parameters, disposed)');
    expect((await loadModel(model.save())).predict([[1, 2, 3, 4, 5, 6, 7]])).toHaveLength(3);
  });

  test('shows engines, facades, layers and tensors in few lines', async () => {
    const engine = await createEngine();
    expect(inspect(engine)).toMatch(/^Engine \(strict, tile \d+x\d+, 1 thread, \d+ bytes\)$/);
    engine.dispose();
    const classifier = mlpClassifier({ epochs: 1, hiddenLayers: [3] });
    expect(inspect(classifier)).toBe('MlpClassifier (not fitted)');
    await classifier.fit([[1], [2]], ['a', 'b']);
    expect(inspect(classifier)).toBe('MlpClassifier (fitted, 14 parameters)');
    expect(inspect(mlpRegressor())).toBe('MlpRegressor (not fitted)');
    const x = input({ shape: [2] });
    const h = dense({ units: 8, name: 'hidden' }).apply(x);
    expect(inspect(x)).toBe('SymbolicTensor (input)');
    expect(inspect(dense({ units: 8 }).apply(h))).toBe('SymbolicTensor (dense of hidden)');
    expect(inspect(layers[0])).toMatch(/^\{\s+kind: 'dense',\s+config: \{/);
  });
});
