/**
 * Cross-entropies of logits (`fromLogits`): the bits of a network that ends on the softmax or sigmoid, what metrics,
 * checks and diagnosis make of logits, and files.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  createEngine,
  dense,
  loadModel,
  sgd,
  sparseCategoricalCrossentropy,
  ValueError,
  type ActivationName,
  type CompileOptions,
  type Model,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';
import { matrix, source } from '../support/reference/random.js';

const engine = await createEngine();
afterEach(() => void vi.restoreAllMocks());

const LOSSES = {
  binaryCrossentropy: [binaryCrossentropy, 'sigmoid'],
  categoricalCrossentropy: [categoricalCrossentropy, 'softmax'],
  sparseCategoricalCrossentropy: [sparseCategoricalCrossentropy, 'softmax'],
} as const;
type Name = keyof typeof LOSSES;
const NAMES = Object.keys(LOSSES) as Name[];

const INPUTS = 4;
const ROWS = 23;

function ending(units: number, activation: ActivationName): Model {
  return engine.sequential({
    seed: 5,
    layers: [
      dense({ units: 6, activation: 'tanh', inputShape: [INPUTS] }),
      dense({ units, activation, kernelInitializer: { kind: 'randomNormal', config: { stddev: 3, mean: 0 } } }),
    ],
  });
}

function dataFor(name: Name, units: number) {
  const from = source(7 * units);
  const x = matrix(ROWS, INPUTS, () => from.symmetric(1.5));
  const labels = x.map(() => from.below(units));
  const y = {
    binaryCrossentropy: () => x.map(() => Array.from({ length: units }, () => Math.fround(from.uniform()))),
    categoricalCrossentropy: () => labels.map((label) => Array.from({ length: units }, (_, j) => Number(j === label))),
    sparseCategoricalCrossentropy: () => labels,
  }[name]();
  return { x, y, sampleWeight: x.map((_, i) => [0, 0.5, 1, 2][i % 4]) };
}

const cases = NAMES.flatMap((name) =>
  [1, 2, 3, 5, 12].filter((units) => units > 1 || name === 'binaryCrossentropy').map((units) => [name, units] as const),
);

describe.each(cases)('%s of %i logits', (name, units) => {
  const [loss, activation] = LOSSES[name];

  test.each([0, 0.125])(
    'trains and measures with the bits of the activation, label smoothing %d',
    async (smoothing) => {
      const { x, y, sampleWeight } = dataFor(name, units);
      const metrics: CompileOptions['metrics'] = ['accuracy', 'precision', 'recall', 'f1'];
      const [ended, open] = [ending(units, activation), ending(units, 'linear')];
      const options = { optimizer: sgd({ learningRate: 0.3 }), metrics };
      ended.compile({ ...options, loss: loss({ labelSmoothing: smoothing }) });
      open.compile({ ...options, loss: loss({ labelSmoothing: smoothing, fromLogits: true }) });
      expect(open.gradients(x, y, { sampleWeight })).toEqual(ended.gradients(x, y, { sampleWeight }));
      for (const model of [ended, open]) {
        await model.fit(x, y, { epochs: 3, batchSize: 5, sampleWeight, validationSplit: 0.2 });
      }
      expect(open.getWeights()).toEqual(ended.getWeights());
      expect(open.evaluate(x, y)).toEqual(ended.evaluate(x, y));
      expect(open.predict(x).some((value) => value < 0)).toBe(true);
    },
  );

  test('is saved, and trains on from the file', async () => {
    const { x, y } = dataFor(name, units);
    const model = ending(units, 'linear');
    model.compile({ optimizer: 'adam', loss: loss({ fromLogits: true }) });
    model.trainOnBatch(x, y);
    const loaded = await loadModel(model.save());
    expect(loaded.save()).toEqual(model.save());
    expect(loaded.trainOnBatch(x, y)).toEqual(model.trainOnBatch(x, y));
    expect(loaded.getWeights()).toEqual(model.getWeights());
  });
});

describe('compile', () => {
  const compile = (activation: ActivationName, loss: CompileOptions['loss']) => () =>
    ending(3, activation).compile({ optimizer: 'sgd', loss });

  test.each(NAMES)('of %s offers fromLogits for a linear output, and takes it', (name) => {
    const [loss] = LOSSES[name];
    expect(compile('linear', name)).toThrow(`or write ${name}({ fromLogits: true })`);
    compile('linear', loss({ fromLogits: true }))();
    compile('tanh', loss({ fromLogits: true }))();
  });

  test.each(NAMES)('of %s refuses an activation that would be applied twice', async (name) => {
    const [loss, activation] = LOSSES[name];
    const error = await thrownBy(compile(activation, loss({ fromLogits: true })));
    expectError(
      error,
      ValueError,
      `compile: loss expected logits with '${name}' and fromLogits, got outputs of '${activation}', to which the loss ` +
        `would apply a ${activation} again. End on 'linear', or leave fromLogits out. ` +
        `To train it as it is, compile with checks: 'warn' or 'off'.`,
    );
  });

  test('warns of logits that are never below 0', () => {
    const said = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    compile('relu', categoricalCrossentropy({ fromLogits: true }))();
    expect(said).toHaveBeenCalledWith(expect.stringContaining("which are never below 0. End on 'linear'."));
  });

  test('refuses a fromLogits that is not true or false', async () => {
    const error = await thrownBy(() => binaryCrossentropy({ fromLogits: any(1) }));
    expectError(error, ValueError, 'binaryCrossentropy: fromLogits expected true or false, got 1.');
  });
});

test.each(NAMES)('diagnose of %s finds what it finds with the activation', (name) => {
  const [loss, activation] = LOSSES[name];
  const { x, y } = dataFor(name, 3);
  const [ended, open] = [ending(3, activation), ending(3, 'linear')];
  ended.compile({ optimizer: 'sgd', loss: loss() });
  open.compile({ optimizer: 'sgd', loss: loss({ fromLogits: true }) });
  for (let i = 0; i < 30; i++) [ended, open].forEach((model) => model.trainOnBatch(x, y));
  const kinds = (model: Model): string[] =>
    model.diagnose(x, y).faults.map(({ kind, message }) => `${kind}: ${message}`);
  expect(kinds(open)).toEqual(kinds(ended));
  expect(open.diagnose(x, y).loss).toBe(ended.diagnose(x, y).loss);
});

test('a binary logit counts as yes above 0, its target above a half', () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
  model.compile({ optimizer: 'sgd', loss: binaryCrossentropy({ fromLogits: true }), metrics: ['accuracy', 'recall'] });
  const logs = model.evaluate([[0.2], [-0.2], [3], [-3]], [[1], [0], [0.4], [0.6]]);
  expect([logs.accuracy, logs.recall]).toEqual([0.5, 0.5]);
});
