/** What is compared of random networks: each subject changes with what it is about, and with nothing else. */
import { describe, expect, test } from 'vitest';
import * as library from '../../src/index.js';
import { exportOnnx } from '../../src/onnx.js';
import { randomDescription } from '../../verification/descriptions.mjs';
import { formatHashes, parseHashes } from '../../verification/hashes.mjs';
import { hashesOfNetwork, SUBJECTS } from '../../verification/subjects.mjs';

type Library = typeof library;
type Model = Awaited<ReturnType<Library['model']>>;

/** The subjects in which the library differs from one with other functions. */
async function changed(seed: number, others: Partial<Library>): Promise<string[]> {
  const [here, there] = [
    await hashesOfNetwork({ library, exportOnnx }, seed),
    await hashesOfNetwork({ library: { ...library, ...others }, exportOnnx }, seed),
  ];
  return SUBJECTS.filter((subject) => here[subject] !== there[subject]);
}

/** Makes networks whose methods are changed by `change`. */
const withModels = (change: (model: Model) => void): Partial<Library> => ({
  model: (async (options: Parameters<Library['model']>[0]) => {
    const model = await library.model(options);
    change(model);
    return model;
  }) as Library['model'],
});

describe('a subject of random networks', () => {
  const draws = (seed: number): boolean => /dropout|noise/i.test(JSON.stringify(randomDescription(seed).layers));
  const seed = [...Array(20).keys()].find((seed) => !draws(seed))!;

  test('is the same whatever was trained before', async () => {
    const built = { library, exportOnnx };
    const first = await hashesOfNetwork(built, seed);
    await hashesOfNetwork(built, seed + 1);
    expect(await hashesOfNetwork(built, seed)).toEqual(first);
    expect(Object.keys(first)).toEqual(SUBJECTS);
    for (const hash of Object.values(first)) expect(hash).toMatch(/^[0-9a-f]{16}$/);
  });

  test('masks', async () => {
    expect(await changed(seed, { dropout: () => library.dropout({ rate: 0.3 }) })).toEqual(['masks']);
    expect(await changed(seed, { gaussianNoise: () => library.gaussianNoise({ stddev: 0.4 }) })).toEqual(['masks']);
  });

  test('predictions with weights of eight bits', async () => {
    const skipping = (model: Model): Promise<Model> => library.quantize(model, { skip: ['dense'] });
    const quantize = skipping as typeof library.quantize;
    expect(await changed(seed, { quantize })).toEqual(['quantized']);
  });

  test('shuffles', async () => {
    const inOrder = withModels((model) => {
      const fit = model.fit.bind(model);
      // The orders are drawn from a network of one input and no bias.
      if (model.getWeights().length === 1)
        model.fit = ((x: library.Inputs, y: library.Targets, options: library.FitOptions) =>
          fit(x, y, { ...options, shuffle: false })) as Model['fit'];
    });
    expect(await changed(seed, inOrder)).toContain('shuffles');
  });

  test('predictions, files and halves, one at a time', async () => {
    const predictions = withModels((model) => {
      const predict = model.predict.bind(model);
      model.predict = (x: Float32Array) => {
        const values = predict(x) as Float32Array;
        // A unit in the last place of one number.
        new Uint32Array(values.buffer, values.byteOffset)[0] ^= 1;
        return values;
      };
    });
    expect(await changed(seed, predictions)).toEqual(['predictions']);
    const halves = withModels((model) => {
      const save = model.save.bind(model);
      model.save = (options) => {
        const file = save(options);
        if (options?.weights !== undefined) file[file.length - 1] ^= 1;
        return file;
      };
    });
    expect(await changed(seed, halves)).toEqual(['halves']);
    const state = withModels((model) => {
      const save = model.save.bind(model);
      model.save = (options) => {
        const file = save(options);
        // Optimizer state is at the end of a file.
        if (options === undefined) file[file.length - 4] ^= 1;
        return file;
      };
    });
    expect(await changed(seed, state)).toEqual(['state', 'file']);
  });

  test('weights and all that depends on them', async () => {
    const other = withModels((model) => {
      const [first, ...rest] = model.getWeights();
      const data = Float32Array.from(first.data);
      data[0] = Math.fround(data[0] * 1.5 + 0.25);
      model.setWeights([{ ...first, data }, ...rest]);
    });
    expect(await changed(seed, other)).toEqual(expect.arrayContaining(['weights', 'gradients', 'logs', 'file']));
  });

  test('logs', async () => {
    const other = withModels((model) => {
      model.evaluate = (() => ({ loss: 1 })) as unknown as Model['evaluate'];
    });
    expect(await changed(seed, other)).toEqual(['logs']);
  });

  test('onnx', async () => {
    const here = await hashesOfNetwork({ library, exportOnnx }, seed);
    const refusing = (): never => {
      throw new library.UnsupportedError('exportOnnx: no');
    };
    const there = await hashesOfNetwork({ library, exportOnnx: refusing }, seed);
    expect(there).toEqual({ ...here, onnx: '-' });
  });
});

describe('a file of hashes', () => {
  const hash = '0123456789abcdef';
  const networks = new Map([
    [0, { weights: hash, onnx: '-' }],
    [7, { weights: hash, onnx: hash }],
  ]);

  test('is read as it was written', () => {
    const text = formatHashes({ comments: ['wasm-mlp 1.0.0, Node'], networks });
    expect(text).toBe(`# wasm-mlp 1.0.0, Node\nnetwork weights onnx\n0 ${hash} -\n7 ${hash} ${hash}\n`);
    expect(parseHashes(text.replaceAll('\n', '\r\n'))).toEqual({ comments: ['wasm-mlp 1.0.0, Node'], networks });
  });

  test.each([
    ['', /network and the names of subjects expected first, got nothing/],
    ['network\n', /names of subjects expected first, got network/],
    ['network weights\n', /it has no networks/],
    [`network weights\n0 ${hash} ${hash}\n`, /line 2: a number and 1 hashes expected/],
    [`network weights\n0 ${hash.slice(1)}\n`, /line 2: /],
    [`network weights\nx ${hash}\n`, /line 2: /],
    [`# one\nnetwork weights\n0 ${hash}\n0 ${hash}\n`, /line 4: /],
  ])('refuses %j', (text, message) => {
    expect(() => parseHashes(text)).toThrow(message);
  });
});
