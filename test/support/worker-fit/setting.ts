/**
 * The common setting of the tests of `fit` in a worker: data, models, and the comparison with the same training on this
 * thread.
 */
import { afterEach, expect } from 'vitest';
import { adam, dense, dropout, normalization, type Engine, type FitOptions, type Model } from '../../../src/index.js';
import { source } from '../reference/random.js';
import { allEnded, type watchWorkers } from '../workers.js';

export const ROWS = 300;
export const INPUTS = 7;
export const CLASSES = 4;

const from = source(11);
export const x = Float32Array.from({ length: ROWS * INPUTS }, () => from.symmetric(1));
export const labels = Int32Array.from({ length: ROWS }, () => from.below(CLASSES));
export const rows = Array.from({ length: ROWS }, (_, row) => [...x.subarray(row * INPUTS, (row + 1) * INPUTS)]);
export const oneHot = Array.from(labels, (label) => Array.from({ length: CLASSES }, (_, i) => (i === label ? 1 : 0)));

/** The setting of the tests of a file. */
export type Setting = ReturnType<typeof settingOn>;

/** Makes the setting on an engine. After each test all workers must have ended. */
export function settingOn(engine: Engine, workers: ReturnType<typeof watchWorkers>) {
  afterEach(async () => {
    await allEnded(workers);
  });

  const classifier = (
    on = engine,
    optimizer: Parameters<Model['compile']>[0]['optimizer'] = adam(),
    sparse = true,
  ): Model => {
    const model = on.sequential({
      seed: 9,
      layers: [
        normalization({ inputShape: [INPUTS] }),
        dense({ units: 16, activation: 'tanh' }),
        dropout({ rate: 0.2 }),
        dense({ units: CLASSES, activation: 'softmax' }),
      ],
    });
    const loss = sparse ? 'sparseCategoricalCrossentropy' : 'categoricalCrossentropy';
    model.compile({ optimizer, loss, metrics: ['accuracy'] });
    model.adapt(x);
    return model;
  };

  /** Trains the same here and in a worker, and expects the same results. Returns both models. */
  async function both(
    train: (model: Model, options: FitOptions) => Promise<unknown>,
    make: () => Model = classifier,
  ): Promise<[here: Model, away: Model]> {
    const [here, away] = [make(), make()];
    const expected = await train(here, {});
    expect(await train(away, { runIn: 'worker' })).toEqual(expected);
    expect(away.save()).toEqual(here.save());
    expect(away.predict(x)).toEqual(here.predict(x));
    return [here, away];
  }

  /** Options of a training that is long enough to observe, whose steps can be repeated one after the other. */
  const long = { epochs: 100_000, batchSize: 4, shuffle: false } as const;

  /** Expects the weights that `model` has after its steps, by repeating these steps here. */
  function expectStepsOf(model: Model): void {
    const twin = classifier();
    const batches = ROWS / long.batchSize;
    for (let step = 0; step < model.stepCount; step++) {
      const first = (step % batches) * long.batchSize;
      const last = first + long.batchSize;
      twin.trainOnBatch(x.subarray(first * INPUTS, last * INPUTS), labels.subarray(first, last));
    }
    expect(model.getWeights()).toEqual(twin.getWeights());
    const [mine, its] = [model.trainOnBatch(x, labels), twin.trainOnBatch(x, labels)];
    expect(mine).toEqual(its);
    expect(model.getWeights()).toEqual(twin.getWeights());
  }

  /** Waits until newer weights of the worker are visible here. */
  async function seeChange(model: Model): Promise<void> {
    const before = model.predict(x);
    let epochs = 0;
    while (model.predict(x).every((value, i) => value === before[i])) {
      await new Promise((turn) => setTimeout(turn, 1));
      if (epochs++ > 20_000) expect.fail('no newer weights were seen');
    }
  }

  return { engine, workers, classifier, both, long, expectStepsOf, seeChange };
}
