/**
 * A saved model equals the original in its predictions, its further training and its bytes, and other readers of
 * safetensors can read the file. Files that `save` did not write are in forged-*.test.ts.
 */
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adam, createEngine, dense, loadModel, sequential, sgd, type Model } from '../../src/index.js';
import { modelOf, type CompileOptions } from '../support/reference/library.js';
import { matrix, randomNetwork, source } from '../support/reference/random.js';
import { readSafetensors } from '../support/reference/safetensors.js';
import { activations, type ActivationName } from '../support/reference/twin.js';

const from = source(3);
const x = matrix(53, 6, () => from.symmetric(2));
const y = x.map((row) => [0, 1, 2].map((k) => +(k === (row[0] > 0 ? (row[1] > 0.3 ? 1 : 2) : 0))));

async function build(optimizer: CompileOptions['optimizer'] = 'adam'): Promise<Model> {
  const model = await sequential({
    seed: 11,
    layers: [
      dense({ units: 9, activation: 'relu', inputShape: [6] }),
      dense({ units: 5, activation: 'tanh', useBias: false }),
      dense({ units: 3, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer, loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Expects both models to be the same in every visible bit: predictions, weights, counters and file. */
function check(actual: Model, expected: Model, rows: number[][] = x): void {
  expect(actual.predict(rows)).toEqual(expected.predict(rows));
  expect(actual.getWeights()).toEqual(expected.getWeights());
  expect([actual.stepCount, actual.epochCount]).toEqual([expected.stepCount, expected.epochCount]);
  expect(actual.toJSON()).toEqual(expected.toJSON());
  expect(Buffer.compare(actual.save(), expected.save())).toBe(0);
}

const optimizers: [string, CompileOptions['optimizer']][] = [
  ['adam', adam({ learningRate: 0.01 })],
  ['adam with all options', adam({ learningRate: 0.02, beta1: 0.8, beta2: 0.99, epsilon: 1e-6 })],
  ['sgd', sgd({ learningRate: 0.1 })],
  ['momentum', sgd({ learningRate: 0.05, momentum: 0.9 })],
  ['nesterov', sgd({ learningRate: 0.05, momentum: 0.9, nesterov: true })],
];

describe.each(optimizers)('%s', (_, optimizer) => {
  test('a loaded model equals the saved one', async () => {
    const model = await build(optimizer);
    await model.fit(x, y, { epochs: 2, batchSize: 8 });
    check(await loadModel(model.save()), model);
  });

  test('ten epochs equal five, save, load, and five more', async () => {
    const straight = await build(optimizer);
    const whole = await straight.fit(x, y, { epochs: 10, batchSize: 8, validationSplit: 0.1 });

    const first = await build(optimizer);
    const before = await first.fit(x, y, { epochs: 5, batchSize: 8, validationSplit: 0.1 });
    const engine = await createEngine();
    const second = await loadModel(first.save(), { engine });
    const after = await second.fit(x, y, { epochs: 10, initialEpoch: 5, batchSize: 8, validationSplit: 0.1 });

    check(second, straight);
    expect([...before.epoch, ...after.epoch]).toEqual(whole.epoch);
    for (const [name, values] of Object.entries(whole.history)) {
      expect([...before.history[name], ...after.history[name]]).toEqual(values);
    }
    engine.dispose();
  });

  test('a loaded model takes the next trainOnBatch step like the saved one', async () => {
    const model = await build(optimizer);
    for (let i = 0; i < 3; i++) model.trainOnBatch(x, y);
    const loaded = await loadModel(model.save());
    expect(loaded.trainOnBatch(x, y)).toEqual(model.trainOnBatch(x, y));
    check(loaded, model);
  });
});

test('an infinite second moment of Adam is saved and loaded, and training continues', async () => {
  const model = await sequential({ layers: [dense({ units: 1, useBias: false, inputShape: [1] })] });
  model.setWeights([{ shape: [1, 1], data: [1] }]);
  model.compile({ optimizer: 'adam', loss: 'halfSquaredError' });
  // g² overflows, so that Adam divides by infinity: the weight does not change.
  model.trainOnBatch([[1]], [[-2e19]]);
  const again = await loadModel(model.save());
  expect(again.save()).toEqual(model.save());
  expect(again.trainOnBatch([[1]], [[3]])).toEqual(model.trainOnBatch([[1]], [[3]]));
  expect(again.save()).toEqual(model.save());
});

test('weights beyond float32 are refused on loading, by name', async () => {
  const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: sgd({ learningRate: 1e30 }), loss: 'meanSquaredError' });
  model.trainOnBatch([[1]], [[1e20]]);
  await expect(loadModel(model.save())).rejects.toThrow('loadModel: "0.weight" expected finite numbers, got ');
});

test('a schedule without a next rate does not prevent saving', async () => {
  const rates = [0.1, 0.05];
  const custom = { name: 'two', rate: (step: number) => rates[step] };
  const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: sgd({ learningRate: custom }), loss: 'huber' });
  await model.fit([[1]], [[3]], { epochs: 2 });
  const again = await loadModel(model.save(), { custom: [custom] });
  expect(again.getWeights()).toEqual(model.getWeights());
  expect(again.stepCount).toBe(2);
  expect(() => again.trainOnBatch([[1]], [[3]])).toThrow('schedule "two"');
});

test('bytes of another realm are accepted', async () => {
  const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  const file = runInNewContext('Uint8Array.from(bytes)', { bytes: model.save() }) as Uint8Array;
  expect(file).not.toBeInstanceOf(Uint8Array);
  expect((await loadModel(file)).getWeights()).toEqual(model.getWeights());
  const buffer = runInNewContext('Uint8Array.from(bytes).buffer', { bytes: model.save() }) as ArrayBuffer;
  expect((await loadModel(buffer)).getWeights()).toEqual(model.getWeights());
});

describe('the file', () => {
  const keys = ['0.weight', '0.bias', '2.weight', '4.weight', '4.bias'];

  test('is safetensors with the keys, shapes and bytes of the equivalent nn.Sequential', async () => {
    const model = await build();
    await model.fit(x, y, { epochs: 1 });
    expect(model.getWeights().map(({ name }) => name)).toEqual(keys);
    const { tensors } = readSafetensors(model.save());
    for (const expected of model.getWeights()) {
      expect(tensors.find(({ name }) => name === expected.name)).toEqual(expected);
    }
    expect(tensors.find(({ name }) => name === '0.weight')!.shape).toEqual([9, 6]);
  });

  test('holds only the weights where the optimizer is left out', async () => {
    const model = await build();
    await model.fit(x, y, { epochs: 1 });
    const file = model.save({ includeOptimizer: false });
    expect(
      readSafetensors(file)
        .tensors.map(({ name }) => name)
        .sort(),
    ).toEqual([...keys].sort());
    const loaded = await loadModel(file);
    expect(loaded.predict(x)).toEqual(model.predict(x));
    expect(loaded.getWeights()).toEqual(model.getWeights());
  });

  test('skips numbers for linear activations, which are no module of their own', async () => {
    const layers = (['linear', 'relu', 'linear'] as const).map((activation) =>
      dense({ units: 2, activation, inputShape: [2] }),
    );
    const names = (await sequential({ layers })).getWeights().map(({ name }) => name);
    expect(names).toEqual(['0.weight', '0.bias', '1.weight', '1.bias', '3.weight', '3.bias']);
  });

  test('has the same bytes for the same model, however often it is saved', async () => {
    const [one, two] = [await build(), await build()];
    expect(Buffer.compare(one.save(), two.save())).toBe(0);
    expect(Buffer.compare(one.save(), one.save())).toBe(0);
  });

  test('may begin at an odd offset of a larger buffer, and is not retained', async () => {
    const model = await build();
    const file = model.save();
    const larger = new Uint8Array(file.length + 7);
    larger.set(file, 3);
    const loaded = await loadModel(larger.subarray(3, 3 + file.length));
    larger.fill(0xff);
    check(loaded, model);
  });

  test('can be saved from a model that was never compiled', async () => {
    const network = randomNetwork([6, 4, 3], ['sigmoid', 'softmax'], source(1));
    const model = await modelOf(network);
    const loaded = await loadModel(model.save());
    check(loaded, model);
    loaded.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
    expect(loaded.trainOnBatch(x, y).loss).toBeGreaterThan(0);
  });
});

test('any architecture, trained or not, is unchanged by saving and loading', async () => {
  const layer = fc.record({
    units: fc.integer({ min: 1, max: 20 }),
    activation: fc.constantFrom(
      ...(Object.keys(activations).filter((name) => name !== 'maxout3') as Exclude<ActivationName, 'maxout3'>[]),
    ),
    useBias: fc.boolean(),
  });
  const architecture = fc.record({
    inputs: fc.integer({ min: 1, max: 20 }),
    layers: fc.array(layer, { minLength: 1, maxLength: 5 }),
    seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
    steps: fc.integer({ min: 0, max: 3 }),
    optimizer: fc.constantFrom(...optimizers.map(([, optimizer]) => optimizer)),
  });
  await fc.assert(
    fc.asyncProperty(architecture, async ({ inputs, layers, seed, steps, optimizer }) => {
      const data = source(seed);
      const rows = matrix(5, inputs, () => data.symmetric(1));
      const targets = matrix(5, layers.at(-1)!.units, () => data.symmetric(1));
      const model = await sequential({
        seed,
        layers: layers.map((options, l) => dense({ ...options, ...(l === 0 && { inputShape: [inputs] }) })),
      });
      model.compile({ optimizer, loss: 'meanSquaredError' });
      for (let i = 0; i < steps; i++) model.trainOnBatch(rows, targets);
      const file = model.save();
      const loaded = await loadModel(file);
      check(loaded, model, rows);
      expect(readSafetensors(file).tensors.length).toBeGreaterThanOrEqual(model.getWeights().length);
      loaded.dispose();
      model.dispose();
    }),
    { numRuns: 60, seed: 1 },
  );
});
