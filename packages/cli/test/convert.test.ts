/** `inspect` and `convert`: what they write is read back, and what they cannot do is said. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { dense, loadModel, sequential } from 'wasm-mlp';
import { importOnnx } from 'wasm-mlp/onnx';
import { tableClassifier } from 'wasm-mlp/tables';
import { run, temporaryFolder, wideLines } from './command.js';

const folder = temporaryFolder();
const X = Float32Array.of(0.1, -0.2, 0.3, 1, 2, 3);
let expected: Float32Array;

beforeAll(async () => {
  const layers = [dense({ units: 5, activation: 'tanh', inputShape: [3] }), dense({ units: 2, activation: 'softmax' })];
  const model = await sequential({ seed: 1, layers });
  expected = model.predict(X);
  writeFileSync(join(folder, 'net.safetensors'), model.save());
});

const within = (name: string): Uint8Array => readFileSync(join(folder, name));

describe('convert', () => {
  test('writes ONNX that has the same predictions', async () => {
    const { status, output, errors } = await run(['convert', 'net.safetensors', 'net.onnx'], { cwd: folder });
    expect({ status, errors }).toEqual({ status: 0, errors: '' });
    expect(output).toMatch(/^net\.onnx {2}\d+ B\n$/);
    const model = await importOnnx(within('net.onnx'));
    expect(model.predict(X)).toEqual(expected);
  });

  test('there and back again has the same bits', async () => {
    for (const [from, to] of [
      ['net.safetensors', 'net.onnx'],
      ['net.onnx', 'model.json'],
      ['model.json', 'back.safetensors'],
    ]) {
      expect((await run(['convert', from, to], { cwd: folder })).status).toBe(0);
    }
    expect((await loadModel(within('back.safetensors'))).predict(X)).toEqual(expected);
  });

  test('two models in a folder keep their weights', async () => {
    const layers = [dense({ units: 2, inputShape: [3] })];
    writeFileSync(join(folder, 'other.safetensors'), (await sequential({ seed: 9, layers })).save());
    for (const name of ['net', 'other']) {
      expect((await run(['convert', `${name}.safetensors`, `both/${name}.json`], { cwd: folder })).status).toBe(0);
    }
    expect((await run(['convert', 'both/net.json', 'again.safetensors'], { cwd: folder })).status).toBe(0);
    expect((await loadModel(within('again.safetensors'))).predict(X)).toEqual(expected);
  });

  test('a model is not written over itself', async () => {
    const { status, errors } = await run(['convert', 'net.safetensors', './net.safetensors'], { cwd: folder });
    expect(status).toBe(2);
    expect(errors).toMatch(/give another name/);
  });

  test('the labels of a table model come along', async () => {
    const model = tableClassifier({ hiddenLayers: [2], epochs: 1 });
    await model.fit({ a: [1, 2, 3, 4], y: ['p', 'q', 'p', 'q'] }, 'y');
    writeFileSync(join(folder, 'table.safetensors'), model.save());
    const { status, errors } = await run(['convert', 'table.safetensors', 'table.onnx'], { cwd: folder });
    expect(status).toBe(0);
    expect(errors).toMatch(/the network alone/);
    expect((await importOnnx(within('table.onnx'))).labels).toEqual(['p', 'q']);
  });

  test('writes a module without imports, with its types', async () => {
    const { status, output } = await run(['convert', 'net.safetensors', 'net.mjs', '--json'], { cwd: folder });
    expect(status).toBe(0);
    const { format, files } = JSON.parse(output) as { format: string; files: { file: string }[] };
    expect([format, ...files.map(({ file }) => file)]).toEqual(['module', 'net.mjs', 'net.d.mts']);
    const { predict } = (await import(/* @vite-ignore */ pathToFileURL(join(folder, 'net.mjs')).href)) as {
      predict: (x: Float32Array) => Float32Array;
    };
    expect(predict(X)).toEqual(expected);
  });

  test.each([
    [['net.safetensors', 'net.keras'], 'net.keras: cannot tell the format to write by its name.'],
    [['net.safetensor', 'net.onnx'], 'There is no file net.safetensor. Did you mean net.safetensors?'],
    [['net.txt', 'net.onnx'], 'net.txt: cannot tell the format of the model by its name.'],
    [['broken.onnx', 'net.safetensors'], 'broken.onnx cannot be read as ONNX.'],
    [['stray.json', 'net.safetensors'], 'stray.json cannot be read as brain.js.'],
  ])('%j is refused with the reason', async (args, message) => {
    writeFileSync(join(folder, 'net.txt'), 'x');
    writeFileSync(join(folder, 'broken.onnx'), 'this is no model');
    writeFileSync(join(folder, 'stray.json'), '{"a": 1}');
    const { status, output, errors } = await run(['convert', ...args], { cwd: folder });
    expect({ status, output }).toEqual({ status: 1, output: '' });
    expect(errors).toContain(message);
    expect(errors).not.toContain('    at ');
  });
});

describe('inspect', () => {
  test('prints what is in a file', async () => {
    const { status, output } = await run(['inspect', 'net.safetensors'], { cwd: folder });
    expect(status).toBe(0);
    expect(output).toMatch(/weights +32\n/);
    expect(output).toMatch(/hash of the weights:\n {2}[0-9a-f]{64}\n/);
    expect(output).toMatch(/softmax/);
  });

  test('prints JSON for programs, with the hash that a person sees', async () => {
    const [text, json] = await Promise.all(
      [[], ['--json']].map((more) => run(['inspect', 'net.safetensors', ...more], { cwd: folder })),
    );
    const { format, weights, hash, tensors } = JSON.parse(json.output) as Record<string, unknown>;
    expect({ format, weights }).toEqual({ format: 'safetensors', weights: 32 });
    expect(text.output).toContain(String(hash));
    expect(tensors).toHaveLength(4);
  });
});

describe('help', () => {
  test.each([[[]], [['inspect']], [['convert']]])('%j --help fits 80 columns and has an example', async (args) => {
    const { status, output } = await run([...args, '--help']);
    expect(status).toBe(0);
    expect(wideLines(output)).toEqual([]);
    expect(output).toContain(args.length === 0 ? 'Commands:' : `wasm-mlp ${args[0]} `);
  });

  test.each([
    [['inspekt', 'a'], /unknown command 'inspekt'\n\(Did you mean inspect\?\)/],
    [['inspect'], /missing required argument 'model'/],
    [['convert', 'a.onnx', 'b.onnx', '--frm', 'c'], /unknown option '--frm'\n\(Did you mean --from\?\)/],
    [['inspect', 'a.onnx', '--from', 'tensorflow'], /There is no file a\.onnx/],
  ])('%j is refused', async (args, message) => {
    const { status, errors } = await run(args, { cwd: folder });
    expect(status).not.toBe(0);
    expect(errors).toMatch(message);
  });
});
