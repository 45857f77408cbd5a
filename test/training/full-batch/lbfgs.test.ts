/**
 * `lbfgs`: its loss on five tables against that of scikit-learn from the same weights
 * (test/golden/make_full_batch.py), what `fit`, files and callbacks do with it, and what it refuses.
 * algorithms.test.ts tests the algorithm alone.
 */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  createEngine,
  dense,
  dropout,
  gaussianNoise,
  l1,
  l2,
  lbfgs,
  learningRateScheduler,
  loadModel,
  maxNorm,
  reduceLROnPlateau,
  StateError,
  ValueError,
  type Engine,
  type Model,
} from '../../../src/index.js';

interface Case {
  readonly name: string;
  readonly activation: 'relu' | 'tanh' | 'logistic';
  readonly hidden: readonly number[];
  readonly alpha: number;
  readonly task: 'regression' | 'binary' | 'classes';
  readonly x: number[][];
  readonly y: number[];
  readonly initial: readonly { readonly weight: number[]; readonly bias: number[] }[];
  readonly loss: number;
  readonly iterations: number;
}

const golden = new URL('../../golden/full-batch.json', import.meta.url);
const { cases } = JSON.parse(readFileSync(golden, 'utf8')) as { readonly cases: readonly Case[] };

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});

/** Builds the network of a case with its initial weights. */
function networkOf({ activation, hidden, alpha, task, x, y, initial }: Case, own = engine): Model {
  const outputs = task === 'classes' ? Math.max(...y) + 1 : 1;
  const kernelRegularizer = l2(alpha / x.length);
  const last = { regression: 'linear', binary: 'sigmoid', classes: 'softmax' } as const;
  const model = own.sequential({
    seed: 1,
    layers: [
      ...hidden.map((units, index) =>
        dense({ units, activation, kernelRegularizer, ...(index === 0 && { inputShape: [x[0].length] }) }),
      ),
      dense({ units: outputs, activation: last[task], kernelRegularizer }),
    ],
  });
  const tensors = initial.flatMap(({ weight, bias }) => [weight, bias]);
  model.setWeights(
    model.getWeights().map(({ name, shape }, i) => ({ name, shape, data: Float32Array.from(tensors[i]) })),
  );
  const losses = {
    regression: 'halfSquaredError',
    binary: 'binaryCrossentropy',
    classes: 'sparseCategoricalCrossentropy',
  } as const;
  model.compile({ optimizer: lbfgs(), loss: losses[task] });
  return model;
}

const targetsOf = ({ task, y }: Case): number[] | number[][] => (task === 'classes' ? y : y.map((value) => [value]));

/** α/(2n)·Σw², in float64. */
function penaltyOf(model: Model, { alpha, x }: Case): number {
  const squares = model
    .getWeights()
    .filter(({ shape }) => shape.length === 2)
    .reduce((total, { data }) => data.reduce((sum, value) => sum + value * value, total), 0);
  return ((alpha / x.length) * squares) / 2;
}

test.each(cases)('$name: at most 1 % above the loss of scikit-learn', async (one) => {
  const model = networkOf(one);
  const { history, epoch, stopReason } = await model.fit(one.x, targetsOf(one), { epochs: 1000 });
  expect(history.loss.at(-1)! + penaltyOf(model, one)).toBeLessThan(1.01 * one.loss);
  expect(['gradientTolerance', 'changeTolerance']).toContain(stopReason);
  expect(epoch.length).toBeLessThan(2 * one.iterations);
  // The logs are those of the weights after the iteration.
  expect(model.evaluate(one.x, targetsOf(one)).loss).toBe(history.loss.at(-1));
  model.dispose();
});

/** The wine table, whose network of 13-6-3 units has some hundred weights. */
const wine = cases[1];
const y = targetsOf(wine);
const wordsOf = (model: Model): number[] =>
  model.getWeights().flatMap(({ data }) => [...new Uint32Array(data.buffer, 0, data.length)]);

test('the loss with its penalties never rises', async () => {
  const model = networkOf(wine);
  const totals: number[] = [];
  const onEpochEnd = (_: number, { loss }: { loss: number }): void => void totals.push(loss + penaltyOf(model, wine));
  await model.fit(wine.x, y, { epochs: 100, callbacks: [{ onEpochEnd }] });
  expect(totals.length).toBeGreaterThan(20);
  // The penalty is added in another order here.
  totals.slice(1).forEach((total, i) => expect(total).toBeLessThanOrEqual(totals[i] * (1 + 1e-12)));
});

test('the same bits in every tile, on two threads, in a worker, and from a file in between', async () => {
  const train = async (epochs: readonly number[], options: object = {}, own = engine): Promise<number[]> => {
    let model = networkOf(wine, own);
    for (const [index, one] of epochs.entries()) {
      if (index > 0) model = await loadModel(model.save(), { engine: own });
      await model.fit(wine.x, y, { epochs: one, ...options });
    }
    expect(model.stepCount).toBe(24);
    return wordsOf(model);
  };
  const expected = await train([24]);
  expect(await train([11, 13])).toEqual(expected);
  expect(await train([24], { runIn: 'worker' })).toEqual(expected);
  expect(await train([24], { batchSize: 1000, shuffle: true })).toEqual(expected);
  for (const setup of [{ tile: '4x8' }, { tile: '2x16' }, { threads: 2 }] as const) {
    const own = await createEngine(setup);
    expect(await train([24], {}, own), JSON.stringify(setup)).toEqual(expected);
    own.dispose();
  }
});

test('a fit in a worker reports why it ended', async () => {
  const { stopReason } = await networkOf(wine).fit(wine.x, y, { epochs: 200, runIn: 'worker' });
  expect(stopReason).toBe('gradientTolerance');
});

test('the history ends with the last epoch or a callback without a stopReason', async () => {
  const model = networkOf(wine);
  expect((await model.fit(wine.x, y, { epochs: 2 })).stopReason).toBeUndefined();
  const stopping = { onEpochEnd: () => void (model.stopTraining = true) };
  const { stopReason, epoch } = await model.fit(wine.x, y, { epochs: 20, callbacks: [stopping] });
  expect([stopReason, epoch.length]).toEqual([undefined, 1]);
});

test('an iteration that starts at a minimum changes nothing and ends training', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
  model.compile({ optimizer: 'lbfgs', loss: 'mse', metrics: ['mae'] });
  const before = wordsOf(model);
  const { history, stopReason } = await model.fit([[1], [2]], [[0], [0]], { epochs: 9 });
  expect(history).toEqual({ loss: [0], meanAbsoluteError: [0] });
  expect(stopReason).toBe('gradientTolerance');
  expect(wordsOf(model)).toEqual(before);
  expect(model.stepCount).toBe(0);
});

test('validation, weights of rows and metrics work; what a callback sets is where the next iteration starts', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
  model.compile({ optimizer: lbfgs(), loss: 'mse', metrics: ['mae'] });
  const start = [
    { shape: [1, 1], data: [5] },
    { shape: [1], data: [0] },
  ];
  let losses = 0;
  const onEpochEnd = (): void => {
    if (losses++ === 1) model.setWeights(start);
  };
  const { history } = await model.fit([[0], [1], [2], [9]], [[1], [3], [5], [0]], {
    epochs: 40,
    sampleWeight: [1, 1, 1, 0],
    validationData: [[[3]], [[7]]],
    callbacks: [{ onEpochEnd }],
  });
  expect(history.loss[2]).toBeGreaterThan(history.loss[1]);
  expect(history.loss.at(-1)).toBeLessThan(1e-9);
  expect(history.valMeanAbsoluteError.at(-1)).toBeLessThan(1e-4);
});

test('batchNormalization normalizes by all rows; its running statistics move once per iteration', async () => {
  const model = engine.sequential({
    seed: 3,
    layers: [dense({ units: 4, inputShape: [13] }), batchNormalization(), dense({ units: 3, activation: 'softmax' })],
  });
  model.compile({ optimizer: lbfgs(), loss: 'sparseCategoricalCrossentropy' });
  const { history } = await model.fit(wine.x, y, { epochs: 30 });
  // The loss of the training batches, while `evaluate` uses the running statistics.
  expect(history.loss.at(-1)).toBeLessThan(0.01);
  expect(model.evaluate(wine.x, y).loss).toBeLessThan(0.1);
});

test('gradients and diagnose work as with other optimizers, and change nothing', async () => {
  const [model, other] = [networkOf(wine), networkOf(wine)];
  other.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  await model.fit(wine.x, y, { epochs: 3 });
  other.setWeights(model.getWeights());
  expect(model.gradients(wine.x, y)).toEqual(other.gradients(wine.x, y));
  expect(model.diagnose(wine.x, y).layers[0]).not.toHaveProperty('updateRatio');
  expect(model.learningRate).toBe(1);
  const after = wordsOf(model);
  expect(after).toEqual(wordsOf(other));
});

test('a loss that is not finite ends training without a step', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
  model.compile({ optimizer: lbfgs(), loss: 'mse' });
  const before = wordsOf(model);
  const { stopReason, history } = await model.fit([[3e38]], [[-3e38]], { epochs: 3 });
  expect([stopReason, history.loss]).toEqual(['notFinite', [Infinity]]);
  expect(wordsOf(model)).toEqual(before);
});

test('an abort between iterations keeps the weights of the last one', async () => {
  const model = networkOf(wine);
  const aborter = new AbortController();
  let words: number[] = [];
  const onEpochEnd = (epoch: number): void => {
    if (epoch === 2) aborter.abort();
    words = wordsOf(model);
  };
  await expect(
    model.fit(wine.x, y, { epochs: 9, signal: aborter.signal, callbacks: [{ onEpochEnd }] }),
  ).rejects.toThrow();
  expect(wordsOf(model)).toEqual(words);
  expect(model.stepCount).toBe(3);
});

describe('refusals', () => {
  const plain = (): Model => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'lbfgs', loss: 'mse' });
    return model;
  };
  const [rows, targets] = [
    [[1], [2], [3]],
    [[1], [2], [3]],
  ];

  test('a smaller batchSize, a source and trainOnBatch', async () => {
    const model = plain();
    const before = wordsOf(model);
    await expect(model.fit(rows, targets, { batchSize: 2 })).rejects.toThrow(
      new ValueError(
        'fit: batchSize expected at least all 3 rows for the optimizer lbfgs, got 2. Leave it out, or use adam.',
      ),
    );
    await expect(model.fit(() => [[rows, targets]])).rejects.toThrow(
      new ValueError(
        'fit: x expected rows in memory for the optimizer lbfgs, which needs all of them at once, ' +
          'got a source of batches. Pass the rows, or use adam.',
      ),
    );
    expect(() => model.trainOnBatch(rows, targets)).toThrow(
      new StateError(
        'trainOnBatch: an optimizer that updates by batches expected, got lbfgs, which needs all rows. Call fit.',
      ),
    );
    expect(wordsOf(model)).toEqual(before);
    // Rows for validation are not trained on.
    await model.fit(rows, targets, { batchSize: 2, validationSplit: 0.3 });
  });

  test.each([
    ['dropout', [dense({ units: 2, inputShape: [1] }), dropout({ rate: 0.5 }), dense({ units: 1 })], 'draws random'],
    ['gaussianNoise', [gaussianNoise({ stddev: 1, inputShape: [1] }), dense({ units: 1 })], 'draws random numbers'],
    ['l1', [dense({ units: 1, inputShape: [1], kernelRegularizer: l1(0.1) })], 'l1 has no derivative at 0'],
    ['maxNorm', [dense({ units: 1, inputShape: [1], kernelConstraint: maxNorm(1) })], 'have a constraint'],
  ] as const)('%s, and the optimizer of before stays', (_name, layers, reason) => {
    const model = engine.sequential({ layers });
    model.compile({ optimizer: adam({ learningRate: 0.5 }), loss: 'mse' });
    const compile = (): void => model.compile({ optimizer: 'lbfgs', loss: 'mse' });
    expect(compile).toThrow(ValueError);
    expect(compile).toThrow(reason);
    expect(model.learningRate).toBe(0.5);
  });

  test('a learning rate', async () => {
    const model = plain();
    const refusal = 'an optimizer with a learning rate expected, got lbfgs, which finds its steps itself.';
    expect(() => (model.learningRate = 0.5)).toThrow(new StateError(`learningRate: ${refusal}`));
    for (const callback of [reduceLROnPlateau({ monitor: 'loss' }), learningRateScheduler(() => 1)]) {
      await expect(model.fit(rows, targets, { callbacks: [callback] })).rejects.toThrow(refusal);
    }
  });
});
