/**
 * The built entry `wasm-mlp/predict`, which only predicts: its predictions have the bits of the whole library, and its
 * refusals the same words.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import * as predict from '../../dist/predict.js';
import * as library from '../../src/index.js';
import { buildEveryFeature, everyFeatureData } from '../support/every-feature.mjs';
import { source } from '../support/reference/random.js';
import { thrownBy } from '../support/reference/refusals.js';
import { activations, type ActivationName } from '../support/reference/twin.js';

const { createEngineSync, dense, leakyRelu, elu } = library;
const engine = createEngineSync();
const from = source(8);
const INPUTS = 13;
const x = Float32Array.from({ length: 70 * INPUTS }, () => from.symmetric(6));

/** A network whose biases are not 0. */
function network(layers: Parameters<library.Engine['sequential']>[0]['layers']): library.Model {
  const model = engine.sequential({ seed: 5, layers });
  model.setWeights(
    model.getWeights().map((one) => ({ ...one, data: one.data.map(() => Math.abs(from.symmetric(1))) })),
  );
  return model;
}

const names = (Object.keys(activations) as ActivationName[]).filter((name) => name !== 'maxout3');
const choices: [library.ActivationLike][] = [...names, leakyRelu({ alpha: 0.3 }), elu({ alpha: 0.7 })].map((one) => [
  one,
]);

describe('the predict entry gives the same bits', () => {
  test.each(choices)('for activation %o', async (activation) => {
    const model = network([dense({ units: 17, activation, inputShape: [INPUTS] }), dense({ units: 3 })]);
    const loaded = await predict.loadModel(model.save());
    expect(loaded.predict(x)).toEqual(model.predict(x));
    expect(loaded.predict(x.subarray(0, INPUTS))).toEqual(model.predict(x.subarray(0, INPUTS)));
  });

  test('for a network that uses every feature, with training state in its file', async () => {
    const model = buildEveryFeature(library, engine);
    const data = everyFeatureData();
    await model.fit(data.x, data.y, { epochs: 2 });
    const loaded = await predict.loadModel<Float32Array[]>(model.save());
    expect(loaded.predict(data.x)).toEqual(model.predict(data.x));
    expect(loaded.parameterCount).toBe(model.parameterCount);
    const rows = Object.values(data.x).map((one) => Float32Array.from(one.flat()));
    const outs = model.predict(data.x).map((one) => new Float32Array(one.length));
    expect(loaded.predictInto(rows, outs)).toEqual(model.predict(data.x));
    loaded.dispose();
  });

  test('for a custom activation', async () => {
    const cube = {
      name: 'cube',
      forward: (z: Float32Array) => z.map((v) => v * v * v),
      derivative: (z: Float32Array) => z.map((v) => 3 * v * v),
    };
    const model = network([dense({ units: 2, activation: cube, inputShape: [INPUTS] })]);
    expect(await thrownBy(() => predict.loadModel(model.save()))).toBeInstanceOf(predict.FormatError);
    expect((await predict.loadModel(model.save(), { custom: [cube] })).predict(x)).toEqual(model.predict(x));
  });

  test('synchronously, for one model after another', () => {
    const bytes = network([
      dense({ units: 300, activation: 'relu', inputShape: [INPUTS] }),
      dense({ units: 1 }),
    ]).save();
    const first = predict.loadModelSync(bytes).predict(x);
    for (let i = 0; i < 20; i++) {
      const model = predict.loadModelSync(bytes);
      expect(model.predict(x)).toEqual(first);
      model.dispose();
      expect(() => model.predict(x)).toThrow(predict.StateError);
    }
  });
});

describe('the predict entry holds nothing of training', () => {
  test('its binary holds exactly the kernels that its code names', () => {
    const code = readFileSync(new URL('../../dist/predict-core.js', import.meta.url), 'utf8');
    const binary = readFileSync(new URL('../../build/kernels-predict.wasm', import.meta.url));
    const held = WebAssembly.Module.exports(new WebAssembly.Module(binary)).map(({ name }) => name);
    // Of the tiles it names the prefix.
    const named = new Set(code.match(/\b[fu](?:32|64)_[a-z\d_]*[a-z\d]/g));
    const tiles = (name: string): boolean => name.startsWith('f32_gemm');
    expect([...named].filter((name) => !tiles(name)).sort()).toEqual(held.filter((name) => !tiles(name)).sort());
    expect(held.filter(tiles)).toEqual(['f32_gemm_3x12']);
  });

  /** Bundles an entry of src/, with each source changed by `edit`. */
  async function bundle(entry: string, edit = (_path: string, text: string): string => text) {
    const { metafile, outputFiles } = await build({
      absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
      entryPoints: [`src/${entry}.ts`],
      bundle: true,
      minify: true,
      format: 'esm',
      external: ['node:*'],
      write: false,
      metafile: true,
      plugins: [
        {
          name: 'edit',
          setup(context) {
            context.onLoad({ filter: /[\\/]src[\\/].*\.ts$/ }, ({ path }) => ({
              contents: edit(path, readFileSync(path, 'utf8')),
              loader: 'ts',
            }));
          },
        },
      ],
    });
    const [{ inputs }] = Object.values(metafile.outputs);
    return { sources: Object.keys(inputs), text: outputFiles[0].text };
  }

  test('no source of training is in its bundle', async () => {
    const { sources } = await bundle('predict');
    expect(sources).toContain('src/operations/affine.ts');
    const training =
      /\.backward\.ts$|operations\/backward|activations\/derivatives|src\/(training|losses|optimizers|metrics)\//;
    expect(sources.filter((source) => training.test(source))).toEqual([]);
  });

  test('a member that only training uses, added to every operation, changes the library and not the entry', async () => {
    const add = (path: string, text: string): string =>
      path.endsWith('.backward.ts')
        ? text.replaceAll(/(: Backward<'\w+'> = \{)/g, "$1 added: 'for training alone',")
        : text;
    expect((await bundle('index', add)).text).toContain('for training alone');
    expect((await bundle('predict', add)).text).toBe((await bundle('predict')).text);
  });
});

describe('the predict entry refuses', () => {
  const bytes = network([dense({ units: 2, inputShape: [INPUTS] })]).save();

  test.each([
    ['an empty file', new Uint8Array(0)],
    ['a truncated file', bytes.subarray(0, bytes.length - 3)],
    ['a foreign file', new TextEncoder().encode('{"a":1}')],
  ])('%s', async (_, file) => {
    const whole = await thrownBy(() => library.loadModel(file));
    const thrown = await thrownBy(() => predict.loadModel(file));
    expect(thrown).toBeInstanceOf(predict.FormatError);
    expect(thrown.message).toBe(whole.message);
  });

  test('a file with one byte changed with a FormatError, unless it loads', async () => {
    let refused = 0;
    for (let at = 8; at < Math.min(bytes.length, 700); at++) {
      const forged = bytes.slice();
      forged[at] ^= 1 << (at % 8);
      const thrown = await predict.loadModel(forged).then(
        (model) => model.dispose(),
        (error: unknown) => error,
      );
      if (thrown === undefined) continue;
      refused++;
      expect(thrown).toBeInstanceOf(predict.FormatError);
    }
    expect(refused).toBeGreaterThan(100);
  });

  test('rows of the wrong width or kind', async () => {
    const model = await predict.loadModel(bytes);
    for (const rows of [[[1, 2]], [new Array(INPUTS).fill(NaN)], 'rows']) {
      const thrown = await thrownBy(() => model.predict(rows as number[][]));
      expect(thrown).toBeInstanceOf(predict.WasmMlpError);
    }
    expect(await thrownBy(() => predict.loadModel(bytes, { costum: [] } as object))).toBeInstanceOf(predict.ValueError);
  });
});

/**
 * Loads a model from a buffer that nothing else refers to, and prints whether the buffer is gone after a collection.
 */
const RETENTION = `
  const { dense, sequential, ...library } = await import(process.argv[1]);
  const { loadModel } = await import(process.argv[2]);
  const model = await sequential({ layers: [dense({ units: 100, inputShape: [100] })] });
  const load = async () => {
    const { buffer } = model.save();
    return { network: await loadModel(buffer), file: new WeakRef(buffer) };
  };
  const { network, file } = await load();
  for (let i = 0; i < 3; i++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    gc();
  }
  console.log(file.deref() === undefined, network.parameterCount);
`;

test.each(['predict', 'index'])('models of the %s entry do not retain their file', (entry) => {
  const dist = (name: string): string => new URL(`../../dist/${name}.js`, import.meta.url).href;
  const args = ['--expose-gc', '--input-type=module', '-e', RETENTION, '--', dist('index'), dist(entry)];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('true 10100\n');
});
