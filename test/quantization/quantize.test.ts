/** `quantize`: its arithmetic against a reference in integers, which layers it rounds, and what the copy refuses. */
import { describe, expect, test } from 'vitest';
import {
  batchNormalization,
  compareQuantized,
  createEngineSync,
  dense,
  embedding,
  input,
  maxout,
  quantize,
  type Inputs,
  type Model,
} from '../../src/index.js';
import { affineRow, nearest, quantizeRow } from '../support/reference/int8.js';
import { source } from '../support/reference/random.js';

const engine = createEngineSync();
const from = source(22);
const [INPUTS, HIDDEN, UNITS] = [77, 66, 65];

const rowsOf = (rows: number, scale = 3): Float32Array =>
  Float32Array.from({ length: rows * INPUTS }, () => from.symmetric(scale));

function network(): Model {
  const model = engine.sequential({
    seed: 3,
    layers: [
      dense({ units: HIDDEN, activation: 'relu', inputShape: [INPUTS] }),
      dense({ units: UNITS, useBias: false }),
    ],
  });
  model.setWeights(model.getWeights().map((one) => ({ ...one, data: one.data.map((w) => w + from.symmetric(0.1)) })));
  return model;
}

/** What the stored integers, scales and biases give for rows. */
function expected(model: Model, x: Float32Array): number[] {
  const tensors = new Map(model.getWeights().map(({ name, data }) => [name, data]));
  const marks = model.toJSON().int8!;
  const affine = (row: Float32Array, prefix: string, index: number): Float32Array =>
    affineRow(
      quantizeRow(row, marks[index].range),
      Int8Array.from(tensors.get(`${prefix}.weight`)!),
      tensors.get(`${prefix}.weight_scale`)!,
      tensors.get(`${prefix}.bias`),
    );
  const result: number[] = [];
  for (let at = 0; at < x.length; at += INPUTS) {
    const hidden = affine(x.subarray(at, at + INPUTS), '0', 0).map((z) => Math.max(0, z));
    result.push(...affine(hidden, '2', 1));
  }
  return result;
}

describe('predictions have the bits of the formulas', () => {
  test.each([1, 2, 3, 7, 64, 301])('%i rows, each with its own range', async (rows) => {
    const quantized = await quantize(network());
    const x = rowsOf(rows);
    expect([...quantized.predict(x)]).toEqual(expected(quantized, x));
  });

  test('calibrated, for values outside of the range too', async () => {
    const quantized = await quantize(network(), { calibration: rowsOf(40, 1) });
    const x = rowsOf(50, 4);
    expect([...quantized.predict(x)]).toEqual(expected(quantized, x));
  });

  test('whatever the batch, and in predictInto', async () => {
    const quantized = await quantize(network());
    const x = rowsOf(70);
    const whole = quantized.predict(x);
    expect(quantized.predict(x, { batchSize: 9 })).toEqual(whole);
    const one = new Float32Array(UNITS);
    for (let row = 0; row < 70; row++) {
      quantized.predictInto(x.subarray(row * INPUTS, (row + 1) * INPUTS), one);
      expect(one).toEqual(whole.subarray(row * UNITS, (row + 1) * UNITS));
    }
  });

  test('for a row of zeros, and a unit of zeros', async () => {
    const model = network();
    model.setWeights(
      model.getWeights().map((one, index) => ({ ...one, data: index === 2 ? one.data.fill(0, 0, HIDDEN) : one.data })),
    );
    const quantized = await quantize(model);
    const x = new Float32Array(2 * INPUTS);
    expect([...quantized.predict(x)]).toEqual(expected(quantized, x));
    expect(quantized.predict(rowsOf(1))[0]).toBe(0);
  });
});

test('weights are the nearest of 255 levels, by unit', async () => {
  const model = network();
  const quantized = await quantize(model);
  const [weight] = model.getWeights();
  const [rounded, scales] = quantized.getWeights();
  expect(scales.name).toBe('0.weight_scale');
  for (let unit = 0; unit < HIDDEN; unit++) {
    const row = weight.data.subarray(unit * INPUTS, (unit + 1) * INPUTS);
    const most = Math.max(...row.map(Math.abs));
    expect(scales.data[unit]).toBe(Math.fround(most / 127));
    const inverse = Math.fround(127 / most);
    expect([...rounded.data.subarray(unit * INPUTS, (unit + 1) * INPUTS)]).toEqual(
      [...row].map((w) => nearest(Math.fround(w * inverse)) + 0),
    );
  }
});

test('calibration finds the range of the inputs of each layer, with 0 in it', async () => {
  const model = network();
  const x = rowsOf(600).map((value) => value + 5);
  const [first, second] = (await quantize(model, { calibration: x })).toJSON().int8!;
  expect(first).toEqual({ layer: 'dense', range: [0, Math.max(...x)] });
  const hidden = engine.sequential({ layers: [dense({ units: HIDDEN, activation: 'relu', inputShape: [INPUTS] })] });
  hidden.setWeights(model.getWeights().slice(0, 2));
  expect(second).toEqual({ layer: 'dense_1', range: [0, Math.max(...hidden.predict(x))] });
});

describe('which layers', () => {
  test('dense and maxout layers that gain; others are left as they are', async () => {
    const x = input({ shape: [96], name: 'numbers' });
    const category = input({ shape: [1], name: 'category' });
    const model = engine.model({
      inputs: [x, category],
      outputs: [
        dense({ units: 3, name: 'small' }).apply(
          batchNormalization().apply(maxout({ units: 16, pieces: 3, name: 'pieces' }).apply(x)),
        ),
        dense({ units: 80, name: 'wide' }).apply(
          embedding({ inputDim: 7, outputDim: 64, name: 'table' }).apply(category),
        ),
      ],
      seed: 2,
    });
    const rows: Inputs = {
      numbers: rowsOf(40).subarray(0, 96 * 30),
      category: Array.from({ length: 30 }, (_, i) => i % 7),
    };
    const quantized = await quantize(model, { calibration: rows });
    const report = compareQuantized(model, quantized, rows);
    expect(report.layers).toEqual([
      { name: 'pieces', weights: 'int8' },
      { name: 'small', weights: 'float32' },
      { name: 'wide', weights: 'int8' },
    ]);
    for (const { largest, magnitude } of report.outputs) {
      expect(largest).toBeGreaterThan(0);
      expect(largest).toBeLessThan(0.1 * magnitude);
    }
    await expect(quantize(model, { calibration: { ...rows, category: new Float32Array(30).fill(7) } })).rejects.toThrow(
      /quantize: .*expected categories? .*7/s,
    );
  });

  test('those of skip keep their float32 weights, to the bit', async () => {
    const model = network();
    const quantized = await quantize(model, { skip: ['dense', 'dense_1'] });
    const x = rowsOf(9);
    expect(quantized.predict(x)).toEqual(model.predict(x));
    await expect(quantize(model, { skip: ['dens'] })).rejects.toThrow(
      'quantize: skip expected names of layers, got "dens". Did you mean "dense"?',
    );
  });
});

describe('the copy', () => {
  const labels = Array.from({ length: 60 }, (_, i) => i % UNITS);
  const compiled = (): Model => {
    const model = network();
    model.compile({ optimizer: 'adam', loss: { kind: 'sparseCategoricalCrossentropy', config: { fromLogits: true } } });
    return model;
  };

  test('evaluates as the model was compiled', async () => {
    const model = compiled();
    const quantized = await quantize(model);
    const x = rowsOf(60);
    const { loss } = quantized.evaluate(x, labels);
    expect(loss).not.toBe(model.evaluate(x, labels).loss);
    expect(loss).toBeCloseTo(model.evaluate(x, labels).loss, 1);
    const y = quantized.predict(x);
    const losses = labels.map((label, row) => {
      const z = [...y.subarray(row * UNITS, (row + 1) * UNITS)];
      return Math.log(z.reduce((sum, one) => sum + Math.exp(one), 0)) - z[label];
    });
    expect(loss).toBeCloseTo(losses.reduce((sum, one) => sum + one) / 60, 5);
  });

  test('is not trained, and says why', async () => {
    const model = compiled();
    const quantized = await quantize(model);
    const x = rowsOf(60);
    const before = quantized.predict(x);
    const calls: [string, () => unknown][] = [
      ['fit', () => quantized.fit(x, labels)],
      ['trainOnBatch', () => quantized.trainOnBatch(x, labels)],
      ['gradients', () => quantized.gradients(x, labels)],
      ['applyGradients', () => quantized.applyGradients([])],
      ['diagnose', () => quantized.diagnose(x, labels)],
      ['apply', () => quantized.apply(input({ shape: [INPUTS] }))],
      ['outputs', () => quantized.outputs],
      ['quantize', () => quantize(quantized)],
    ];
    for (const [name, call] of calls) {
      await expect(Promise.resolve().then(call)).rejects.toThrow(
        new RegExp(`^${name}: a model of float32 weights expected, got one whose weights are rounded to eight bits`),
      );
    }
    expect(quantized.predict(x)).toEqual(before);
    expect(model.trainOnBatch(x, labels).loss).toBeGreaterThan(0);
  });

  test('is not what modelFromJSON makes, and its weights stay integers', async () => {
    const quantized = await quantize(network());
    expect(() => engine.modelFromJSON(quantized.toJSON())).toThrow(/modelFromJSON: json expected layers of float32/);
    const weights = quantized.getWeights();
    quantized.setWeights(weights);
    const [first, ...others] = weights;
    for (const wrong of [0.5, 128, -128]) {
      const data = first.data.slice();
      data[5] = wrong;
      expect(() => quantized.setWeights([{ ...first, data }, ...others])).toThrow(
        `setWeights: "0.weight" expected integers from -127 to 127, got ${wrong} at index 5.`,
      );
    }
  });
});

test('memory in use is what it was, once the copies and their models are disposed', async () => {
  const own = createEngineSync();
  const { used } = own.memory();
  for (let i = 0; i < 2; i++) {
    const model = own.sequential({ layers: [dense({ units: 64, inputShape: [64] })] });
    const copy = await quantize(model);
    copy.predict(new Float32Array(64));
    expect(own.memory().used).toBeGreaterThan(used);
    model.dispose();
    copy.dispose();
    expect(own.memory().used).toBe(used);
  }
  own.dispose();
});

test('what is no model, and rows that do not fit, are refused', async () => {
  await expect(quantize(Object(1) as Model)).rejects.toThrow(
    'quantize: model expected what sequential, model or loadModel',
  );
  const model = network();
  await expect(quantize(model, { calibration: [[1, 2]] })).rejects.toThrow(/quantize: calibration/);
  await expect(quantize(model, { calibration: [] })).rejects.toThrow('quantize: calibration expected at least one row');
  await expect(quantize(model, { calibration: rowsOf(2).fill(NaN, 90, 91) })).rejects.toThrow(/quantize: .* finite/);
  await expect(quantize(model, { bits: 4 } as never)).rejects.toThrow('quantize: unknown option "bits"');
  model.dispose();
  await expect(quantize(model)).rejects.toThrow('quantize: a live model expected');
});
