/**
 * `save({ weights: 'float16' | 'bfloat16' })`: the rounding against NumPy's and PyTorch's (golden/make_halves.py), what
 * the file holds, and what is refused.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import * as library from '../../src/index.js';
import { loadModelSync } from '../../dist/predict.js';
import golden from '../golden/halves.json' with { type: 'json' };
import { inFile } from '../support/reference/safetensors.js';

const { dense, batchNormalization, embedding, createEngineSync, loadModel, ValueError } = library;
const TYPES = ['float16', 'bfloat16'] as const;

const engineForTest = (): library.Engine => {
  const engine = createEngineSync();
  onTestFinished(() => engine.dispose());
  return engine;
};

/** A model of one matrix with these weights. */
function modelOf(values: Float32Array): library.Model {
  const model = engineForTest().sequential({
    layers: [dense({ units: values.length, useBias: false, inputShape: [1] })],
  });
  model.setWeights([{ shape: [values.length, 1], data: values }]);
  return model;
}

const network = (): library.Model =>
  engineForTest().sequential({
    seed: 4,
    layers: [
      dense({ units: 33, activation: 'relu', inputShape: [7] }),
      batchNormalization(),
      dense({ units: 3, activation: 'softmax' }),
    ],
  });

test.each(TYPES)('%s is rounded to as NumPy and PyTorch do', (type) => {
  const limit = type === 'float16' ? 0x7c00 : 0x7f80;
  // What would be infinite is refused instead.
  const kept = golden.bits.map((_, i) => i).filter((i) => (golden[type][i] & 0x7fff) !== limit);
  expect(kept.length).toBeGreaterThan(550);
  const values = new Float32Array(Uint32Array.from(kept, (i) => golden.bits[i]).buffer);
  const { bytes, dtype } = inFile(modelOf(values).save({ weights: type }), '0.weight');
  expect(dtype).toBe(type === 'float16' ? 'F16' : 'BF16');
  expect([...new Uint16Array(bytes.slice().buffer)]).toEqual(kept.map((i) => golden[type][i]));
});

test.each(TYPES)('%s has half of the bytes, and the same predictions wherever it is loaded', async (type) => {
  const model = network();
  const x = Float32Array.from({ length: 7 * 5 }, (_, i) => Math.fround(Math.sin(i)));
  const file = model.save({ weights: type });
  const full = model.save();
  // Two matrices are half as large; the header names another type.
  expect(full.length - file.length).toBeGreaterThanOrEqual(2 * (33 * 7 + 3 * 33) - 16);
  const loaded = await loadModel(file);
  onTestFinished(() => loaded.dispose());
  const small = loadModelSync(file);
  onTestFinished(() => small.dispose());
  const y = loaded.predict(x);
  expect(small.predict(x)).toEqual(y);
  model.predict(x).forEach((value, i) => expect(Math.abs(value - y[i])).toBeLessThan(type === 'float16' ? 1e-3 : 1e-2));
  // Vectors keep all bits; matrices are those of the file, so that saving again changes nothing.
  const [, bias, gamma] = model.getWeights();
  expect(loaded.getWeights()[1]).toEqual(bias);
  expect(loaded.getWeights()[2]).toEqual(gamma);
  expect(loaded.save({ weights: type })).toEqual(file);
  // Weights of another model's file, too.
  const other = network();
  expect(other.loadWeights(file).missing).toEqual([]);
  expect(other.predict(x)).toEqual(y);
});

test('odd numbers of 16 bits do not put float32 numbers at places where none can be', async () => {
  const model = engineForTest().sequential({
    layers: [embedding({ inputDim: 3, outputDim: 1, inputShape: [1] }), dense({ units: 1 }), dense({ units: 3 })],
  });
  const loaded = await loadModel(model.save({ weights: 'bfloat16' }));
  onTestFinished(() => loaded.dispose());
  expect(loaded.predict([[2]])).toHaveLength(3);
});

test('numbers that the type does not have are refused, and say what to use', () => {
  const large = modelOf(Float32Array.of(1, 65519.9, -65520));
  expect(() => large.save({ weights: 'float16' })).toThrow(ValueError);
  expect(() => large.save({ weights: 'float16' })).toThrow(
    `save: weights expected numbers that float16 has, got -65520 at index 2 of "0.weight". Use 'bfloat16' or 'float32'.`,
  );
  expect(large.save({ weights: 'bfloat16' }).length).toBeGreaterThan(0);
  expect(() => modelOf(Float32Array.of(3.4e38)).save({ weights: 'bfloat16' })).toThrow(
    /bfloat16 has, got 3\.39.*Use 'float32'/,
  );
});

test('training does not continue from them', async () => {
  const model = network();
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy' });
  expect(() => model.save({ weights: 'float16', includeOptimizer: true })).toThrow(
    'save: includeOptimizer expected false with weights of float16, from which no training continues. Leave one out.',
  );
  const loaded = await loadModel(model.save({ weights: 'float16' }));
  onTestFinished(() => loaded.dispose());
  expect(() => loaded.trainOnBatch([[1, 2, 3, 4, 5, 6, 7]], [[1, 0, 0]])).toThrow(/compile/);
  expect(() => model.save({ weights: 'half' as 'float16' })).toThrow(/save: weights is unknown: "half"/);
});

const python = '/usr/bin/python3';
const reason = spawnSync(python, ['-c', 'import torch']).status === 0 ? undefined : 'Python with PyTorch is not there';
if (reason !== undefined) console.warn(`skipped: PyTorch reads files of 16 bits: ${reason}`);
test.skipIf(reason !== undefined)('PyTorch reads the numbers', () => {
  const folder = mkdtempSync(join(tmpdir(), 'wasm-mlp-halves-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const model = network();
  for (const type of TYPES) {
    writeFileSync(join(folder, type), model.save({ weights: type }));
    const script = `
import json, struct, sys, torch
data = open(sys.argv[1], 'rb').read()
length, = struct.unpack('<Q', data[:8])
header = json.loads(data[8:8 + length])
one = header['0.weight']
begin, end = one['data_offsets']
bits = torch.tensor(list(data[8 + length + begin:8 + length + end]), dtype=torch.uint8)
print(json.dumps(bits.view({'F16': torch.float16, 'BF16': torch.bfloat16}[one['dtype']]).float().tolist()))`;
    const { stdout, stderr } = spawnSync(python, ['-c', script, join(folder, type)], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const numbers = JSON.parse(stdout) as number[];
    const bound = type === 'float16' ? 2 ** -11 : 2 ** -8;
    const [{ data }] = model.getWeights();
    expect(numbers).toHaveLength(data.length);
    numbers.forEach((value, i) =>
      expect(Math.abs(value - data[i])).toBeLessThanOrEqual(bound * Math.abs(data[i]) + 1e-9),
    );
  }
});
