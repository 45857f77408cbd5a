/**
 * Sources of batches and callbacks that never finish, start again or return wrong values, while `fit` waits for them;
 * and arguments that `fit` refuses before training.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  earlyStopping,
  reduceLROnPlateau,
  schedules,
  sgd,
  ValueError,
  type Model,
} from '../../src/index.js';
import { any, expectError, thrownBy, X, Y } from '../support/reference/refusals.js';

const engine = await createEngine();

describe('fit', () => {
  const line = (): Model => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const never = new Promise<never>(() => undefined);

  test.each(['source', 'callback'])('waits for a %s that never finishes until it is aborted', async (what) => {
    const model = line();
    const controller = new AbortController();
    const { signal } = controller;
    async function* source(): AsyncGenerator<readonly [number[][], number[][]]> {
      yield [[[1]], [[1]]];
      await never;
    }
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const fitting =
      what === 'source'
        ? model.fit(source, { signal })
        : model.fit([[1]], [[1]], { signal, callbacks: [{ onBatchEnd: () => never }] });
    await expect(fitting).rejects.toThrow('enough');
    model.trainOnBatch([[1]], [[1]]);
  });

  test('yields to the event loop while it validates', async () => {
    const model = engine.sequential({
      layers: [dense({ units: 512, activation: 'gelu', inputShape: [512] }), dense({ units: 512, activation: 'gelu' })],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const rows = new Float32Array(512 * 8192);
    let turns = 0;
    let counting = false;
    const count = (): void => {
      if (!counting) return;
      turns += 1;
      setImmediate(count);
    };
    await model.fit(rows.slice(0, 512), rows.slice(0, 512), {
      validationData: [rows, rows],
      callbacks: [
        {
          onBatchEnd: () => {
            counting = true;
            count();
          },
          onEpochEnd: () => void (counting = false),
        },
      ],
    });
    // 8,192 rows take far longer than the 8 ms between two yields.
    expect(turns).toBeGreaterThan(3);
    model.dispose();
  });
});

test('a source that can start again continues through epochs of a number of batches', async () => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const five = [1, 2, 3, 4, 5].map(() => [X, Y] as const);
  await model.fit(() => five, { epochs: 4, batchesPerEpoch: 2 });
  expect(model.stepCount).toBe(8);
  await model.fit(new Set(five) as never, { epochs: 4, batchesPerEpoch: 2 });
  expect(model.stepCount).toBe(16);
});

test('impossible combinations are refused before anything is trained', async () => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  const learningRate = schedules.constant({ learningRate: 0.1 });
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
  const before = model.save();
  for (const callback of [earlyStopping(), reduceLROnPlateau({ monitor: 'loss' })]) {
    await expect(model.fit(X, Y, { callbacks: [callback] })).rejects.toThrow(/valLoss|schedule/);
  }
  await expect(model.fit(any([[X, Y]]), any(undefined))).rejects.toThrow('For batches in an array pass () => batches.');
  await expect(
    model.fit(...([() => [], undefined, { epochs: 3 }] as never[] as [never, never, never])),
  ).rejects.toThrow('options expected in second place');
  expect(model.save()).toEqual(before);
});

test.each([
  [
    'an iterator that returns nothing',
    { [Symbol.iterator]: () => ({ next: () => undefined }) },
    'fit: batch 0 of epoch 0 expected { done, value } of the iterator, got undefined.',
  ],
  [
    'an iterator that is none',
    { [Symbol.iterator]: () => 5 },
    'fit: x expected a function that returns an iterable, got one that returns an object.',
  ],
  [
    'an iterator method that is none',
    { [Symbol.iterator]: 5 },
    'fit: x expected a function that returns an iterable, got one that returns an object.',
  ],
])('a source with %s is refused', async (_what, source, message) => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  for (const given of [any(source), any(() => source)]) {
    expectError(await thrownBy(() => model.fit(given)), ValueError, message);
  }
});

test('class weights may be a list, a typed array or an object', () => {
  const losses = [[1, 5], Float32Array.of(1, 5), { 1: 5 }].map((classWeight) => {
    const model = engine.sequential({ seed: 2, layers: [dense({ units: 1, activation: 'sigmoid', inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    return model.trainOnBatch([[1], [2]], [[1], [0]], { classWeight }).loss;
  });
  expect(losses).toEqual([losses[0], losses[0], losses[0]]);
});

test('weights whose product float32 does not hold are refused', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const thrown = await thrownBy(() =>
    model.trainOnBatch([[1]], [[1]], { classWeight: { 1: 1e30 }, sampleWeight: [1e30] }),
  );
  expect(thrown).toBeInstanceOf(ValueError);
  expect(thrown.message).toMatch(
    /^trainOnBatch: classWeight times sampleWeight expected finite numbers, got .* in row 0\.$/,
  );
  expect(model.stepCount).toBe(0);
});

test.each([
  ['options', (m: Model) => m.fit(X, Y, any(new Map([['epochs', 5]]))), 'fit: options expected an object, got a Map.'],
  [
    'classWeight',
    (m: Model) => m.fit(X, Y, { classWeight: any(new Map([[1, 9]])) }),
    'fit: classWeight expected weights by class, got a Map.',
  ],
  [
    'lossWeights',
    (m: Model) => m.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: any(new Map([['a', 0]])) }),
    'compile: lossWeights expected a list or an object by output, got a Map.',
  ],
])('a Map as %s is refused, since its entries would be ignored', async (_what, act, message) => {
  const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  expectError(await thrownBy(() => act(model)), ValueError, message);
});

test('validationSplit leaves the expected number of rows to train on', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  // In float64, 1 − 0.8 is less than 0.2.
  for (const [share, rows, trained] of [
    [0.8, 10, 2],
    [0.8, 5, 1],
    [0.9, 100, 10],
    [0.1, 10, 9],
    [0.3, 7, 4],
    [1 / 3, 9, 6],
    [0.7, 10, 3],
  ]) {
    const x = new Float32Array(rows);
    let seen = 0;
    const onBatchEnd = (_batch: number, { size }: Record<string, number>): void => void (seen = size);
    await model.fit(x, x, { validationSplit: share, batchSize: 1000, callbacks: [{ onBatchEnd }] });
    expect(seen, `${share} of ${rows}`).toBe(trained);
  }
});
