/** Targets outside of a loss's domain are refused by every call that takes targets, before anything changes. */
import { describe, expect, test, vi } from 'vitest';
import {
  dense,
  input,
  loadModel,
  model as buildModel,
  sequential,
  ValueError,
  type CompileOptions,
  type LossName,
  type Model,
} from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

async function modelFor(loss: LossName): Promise<Model> {
  const model = await sequential({ seed: 1, layers: [dense({ units: 2, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss, checks: 'off' });
  return model;
}

const calls = {
  fit: (model: Model, y: number[][]) => model.fit([[1], [2]], y),
  evaluate: (model: Model, y: number[][]) => model.evaluate([[1], [2]], y),
  trainOnBatch: (model: Model, y: number[][]) => model.trainOnBatch([[1], [2]], y),
  gradients: (model: Model, y: number[][]) => model.gradients([[1], [2]], y),
  diagnose: (model: Model, y: number[][]) => model.diagnose([[1], [2]], y),
};

const cases: [loss: LossName, target: number, expected: string][] = [
  ['binaryCrossentropy', -0.5, 'values from 0 to 1'],
  ['binaryCrossentropy', 1.5, 'values from 0 to 1'],
  ['categoricalCrossentropy', -1, 'values from 0 to 1'],
  ['categoricalCrossentropy', 2, 'values from 0 to 1'],
  ['hinge', 0.5, 'values among -1, 0, 1'],
  ['hinge', 2, 'values among -1, 0, 1'],
];

describe.each(cases)('%s refuses a target of %d', (loss, target, expected) => {
  test.each(Object.entries(calls))('in %s', async (name, call) => {
    const model = await modelFor(loss);
    const before = model.save();
    const thrown = await thrownBy(() => call(model, [[1, 0], [0, target]])); // prettier-ignore
    const message = `${name}: y expected ${expected} for this loss, got ${target} in row 1, column 1.`;
    expectError(thrown, ValueError, message);
    expect(model.save()).toEqual(before);
  });
});

test.each([
  ['hinge', [-1, 0, 1]],
  ['binaryCrossentropy', [0, 0.25, 1]],
  ['categoricalCrossentropy', [0, 0.25, 1]],
  ['meanSquaredError', [-1e6, 0.3, 1e6]],
] as const)('%s accepts targets %j', async (loss, targets) => {
  const model = await modelFor(loss);
  for (const target of targets) {
    expect(Number.isFinite(model.trainOnBatch([[0.5]], [[target, target]]).loss)).toBe(true);
  }
});

describe('categoricalCrossentropy refuses rows that do not add up to 1', () => {
  const soft = (checks?: CompileOptions['checks']): Promise<Model> => softmaxOf(3, checks);
  const good = [0.25, 0.5, 0.25];
  const x = [[1], [2]];
  const entrances: Record<string, (model: Model, y: number[][]) => unknown> = {
    fit: (model, y) => model.fit(x, y),
    evaluate: (model, y) => model.evaluate(x, y),
    trainOnBatch: (model, y) => model.trainOnBatch(x, y),
    gradients: (model, y) => model.gradients(x, y),
    diagnose: (model, y) => model.diagnose(x, y),
    'fit: validationData': (model, y) => model.fit(x, [good, good], { validationData: [x, y] }),
    'fit: batch 0 of epoch 0': (model, y) => model.fit(() => [[x, y]]),
    'trainOnBatch: weight 0': (model, y) => model.trainOnBatch(x, y, { sampleWeight: [1, 0] }),
  };
  const bad: [row: number[], sum: string][] = [
    [[1, 1, 0], '2'],
    [[0, 0, 0], '0'],
    [[0.5, 0.2, 0], '0.7'],
    [[0.33, 0.33, 0.33], '0.99'],
  ];

  describe.each(Object.entries(entrances))('in %s', (name, call) => {
    test.each(bad)('%j', async (row, sum) => {
      const model = await soft();
      const before = model.save();
      const thrown = await thrownBy(() => call(model, [good, row]));
      const [where, part] = name.split(': ');
      const what =
        part === 'validationData' ? 'fit: validationData[1]' : part?.startsWith('batch') ? `${name}: y` : `${where}: y`;
      expectError(
        thrown,
        ValueError,
        `${what} expected rows that add up to 1 for this loss, got ${sum} in row 1. ` +
          `Write one class per row as one-hot; for independent labels end on a sigmoid with 'binaryCrossentropy'. ` +
          `To train on them as they are, compile with checks: 'warn' or 'off'.`,
      );
      expect(model.save()).toEqual(before);
    });
  });

  test.each([
    [[1, 0, 0]],
    [[0.333, 0.333, 0.333]],
    [[0.1 + 1e-8, 0.2, 0.7]],
    // Half precision.
    [[0.333251953125, 0.333251953125, 0.333251953125]],
  ])('and takes %j', async (row) => {
    const model = await soft();
    for (const call of Object.values(entrances)) await call(model, [good, row]);
  });

  test('and takes the softmax of a thousand classes, rounded to float32', async () => {
    const classes = 1000;
    const model = await softmaxOf(classes);
    const exp = Array.from({ length: classes }, (_, i) => Math.fround(Math.exp(Math.sin(i))));
    const sum = exp.reduce((total, value) => Math.fround(total + value), 0);
    expect(model.trainOnBatch([[1]], [exp.map((value) => Math.fround(value / sum))]).loss).toBeGreaterThan(0);
  });

  test("but with checks 'off', which Keras and PyTorch compute too", async () => {
    const model = await soft('off');
    for (const call of Object.values(entrances)) await call(model, [good, [1, 1, 0]]);
  });

  test("warns of them with checks 'warn', and after loading, once", async () => {
    const said: string[] = [];
    const spy = vi.spyOn(console, 'warn').mockImplementation((text: string) => void said.push(text));
    try {
      const model = await soft('warn');
      for (let i = 0; i < 2; i++) model.gradients(x, [good, [1, 1, 0]]);
      expect(said).toEqual([
        `wasm-mlp: gradients: y expected rows that add up to 1 for this loss, got 2 in row 1. ` +
          `Write one class per row as one-hot; for independent labels end on a sigmoid with 'binaryCrossentropy'. ` +
          `To silence this, compile with checks: 'off'.`,
      ]);
      const loaded = await loadModel(model.save());
      loaded.evaluate(x, [good, [1, 1, 0]]);
      expect(said).toHaveLength(2);
    } finally {
      spy.mockRestore();
    }
  });

  test('but not of an output whose loss has weight 0', async () => {
    const at = input({ shape: [1] });
    const [one, other] = ['one', 'other'].map((name) => dense({ units: 2, activation: 'softmax', name }).apply(at));
    const two = await buildModel({ inputs: at, outputs: [one, other] });
    const loss = 'categoricalCrossentropy';
    two.compile({ optimizer: 'sgd', loss, lossWeights: { one: 1, other: 0 } });
    expect(two.trainOnBatch([[1]], [[[0, 1]], [[0, 0]]]).loss).toBeGreaterThan(0);
    two.compile({ optimizer: 'sgd', loss });
    const thrown = await thrownBy(() => two.trainOnBatch([[1]], [[[0, 1]], [[0, 0]]]));
    expect(thrown.message).toContain(
      'trainOnBatch: y[1] expected rows that add up to 1 for this loss, got 0 in row 0.',
    );
  });
});

async function softmaxOf(classes: number, checks?: CompileOptions['checks']): Promise<Model> {
  const model = await sequential({
    seed: 1,
    layers: [dense({ units: classes, activation: 'softmax', inputShape: [1] })],
  });
  model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', ...(checks && { checks }) });
  return model;
}
