/** Files of models with weights of eight bits: their size, what reads them, and what is refused in them. */
import { describe, expect, test } from 'vitest';
import * as predict from '../../dist/predict.js';
import { attachModel, createEngineSync, dense, FormatError, loadModel, quantize, type Model } from '../../src/index.js';
import { exportOnnx } from '../../src/onnx.js';
import { source } from '../support/reference/random.js';
import { headerOf, inFile, withHeader } from '../support/reference/safetensors.js';

const from = source(31);
const x = Float32Array.from({ length: 20 * 96 }, () => from.symmetric(2));

const network = (): Model =>
  createEngineSync().sequential({
    seed: 9,
    layers: [
      dense({ units: 80, activation: 'relu', inputShape: [96] }),
      dense({ units: 64, activation: 'tanh' }),
      dense({ units: 3, activation: 'softmax' }),
    ],
  });

test('matrices take a byte for each weight, and are I8 to other readers', async () => {
  const quantized = await quantize(network());
  const file = quantized.save();
  const names = Object.keys(headerOf(file)).filter((name) => name !== '__metadata__');
  expect(names.map((name) => `${name} ${inFile(file, name).dtype}`).sort()).toEqual([
    '0.bias F32',
    '0.weight I8',
    '0.weight_scale F32',
    '2.bias F32',
    '2.weight I8',
    '2.weight_scale F32',
    '4.bias F32',
    '4.weight F32',
  ]);
  const large = createEngineSync().sequential({
    layers: [dense({ units: 512, inputShape: [784] }), dense({ units: 512 }), dense({ units: 10 })],
  });
  const share = (await quantize(large)).save().length / large.save().length;
  expect(share).toBeGreaterThan(0.25);
  expect(share).toBeLessThan(0.27);
});

test.each(['dynamic', 'calibrated'])('a %s model is loaded with the same bits, by both entries', async (kind) => {
  const quantized = await quantize(network(), kind === 'dynamic' ? {} : { calibration: x.subarray(0, 5 * 96) });
  const expected = quantized.predict(x);
  const file = quantized.save();
  const loaded = await loadModel(file);
  expect(loaded.predict(x)).toEqual(expected);
  expect(loaded.save()).toEqual(file);
  expect((await predict.loadModel(file)).predict(x)).toEqual(expected);
  expect(predict.loadModelSync(file).predict(x)).toEqual(expected);
});

test('a compiled one evaluates after loading', async () => {
  const model = network();
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  const labels = Array.from({ length: 20 }, (_, i) => i % 3);
  const quantized = await quantize(model);
  expect((await loadModel(quantized.save())).evaluate(x, labels)).toEqual(quantized.evaluate(x, labels));
});

test('a thread that attaches has the same bits', async () => {
  const quantized = await quantize(network());
  const attached = attachModel(structuredCloneOf(quantized.share()));
  expect(attached.predict(x)).toEqual(quantized.predict(x));
  attached.dispose();
});

/** As posting delivers it: other objects, the same module and memory. */
const structuredCloneOf = <T extends object>(handle: T): T => ({ ...handle });

test('other formats refuse it', async () => {
  const quantized = await quantize(network());
  expect(() => exportOnnx(quantized)).toThrow(/exportOnnx: a model of float32 weights expected/);
});

describe('a forged file is refused', () => {
  /** The file with another architecture. */
  function changed(file: Uint8Array, change: (own: Architecture) => void): Uint8Array {
    const header = headerOf(file);
    const own = JSON.parse(header.__metadata__['wasm-mlp']) as { architecture: Architecture };
    change(own.architecture);
    header.__metadata__['wasm-mlp'] = JSON.stringify(own);
    return withHeader(file, header);
  }

  interface Architecture {
    int8: { layer: unknown; range?: unknown }[];
  }

  const cases: [string, (own: Architecture) => unknown, RegExp][] = [
    ['integers as floats', (own) => own.int8.shift(), /"0.weight" expected dtype F32, F16 or BF16, got I8/],
    ['no layer', (own) => (own.int8[0].layer = 'none'), /int8\[0\].layer expected the name of a layer/],
    ['a layer twice', (own) => (own.int8[1].layer = 'dense'), /int8\[1\].layer expected .* each once/],
    ['an input', (own) => (own.int8[0].layer = 'input'), /int8 expected dense and maxout layers/],
    ['a range of one', (own) => (own.int8[0].range = [0]), /int8\[0\].range expected two numbers/],
    ['a range without 0', (own) => (own.int8[0].range = [1, 2]), /int8\[0\].range expected two numbers/],
    ['a range that overflows', (own) => (own.int8[0].range = [0, 1e39]), /int8\[0\]: range\[1\] expected a finite/],
    ['no list', (own) => (own.int8 = {} as never), /int8 expected a list of layers/],
    ['another field', (own) => Object.assign(own.int8[0], { bits: 4 }), /unknown option "bits"/],
  ];
  async function expectRefused(file: Uint8Array, message: RegExp): Promise<void> {
    await expect(loadModel(file)).rejects.toThrow(message);
    await expect(loadModel(file)).rejects.toThrow(FormatError);
    await expect(predict.loadModel(file)).rejects.toThrow(predict.FormatError);
  }

  test.each(cases)('%s', async (_name, change, message) => {
    await expectRefused(changed((await quantize(network())).save(), change), message);
  });

  test('float32 numbers where integers are expected', async () => {
    const file = changed(network().save(), (own) => (own.int8 = [{ layer: 'dense' }]));
    await expectRefused(file, /"0.weight" expected dtype I8, got F32/);
  });

  const bytes: [string, number, number, RegExp][] = [
    ['0.weight', 3, 0x80, /"0.weight" expected integers from -127 to 127, got -128 at index 3/],
    ['0.weight_scale', 3, 0xbf, /"0.weight_scale" expected numbers >= 0/],
    ['0.weight_scale', 7, 0x7f, /"0.weight_scale" expected finite numbers/],
  ];
  test.each(bytes)('%s with byte %i of %i', async (name, at, byte, message) => {
    const file = (await quantize(network())).save();
    const tensor = inFile(file, name).bytes;
    if (byte === 0x7f) tensor[at - 1] = 0xff;
    tensor[at] = byte;
    await expectRefused(file, message);
  });
});
