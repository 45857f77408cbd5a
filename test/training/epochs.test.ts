/**
 * What an epoch is made of and what it reports: `batchesPerEpoch`, `dropLast`, `validationFrequency`, the learning rate
 * in the history, `onBatchBegin`, and the best epoch of `earlyStopping`.
 */
import { describe, expect, test } from 'vitest';
import {
  adam,
  createEngine,
  csvLogger,
  dense,
  earlyStopping,
  learningRateAt,
  learningRateScheduler,
  loadModel,
  reduceLROnPlateau,
  schedules,
  sgd,
  ValueError,
  type Callback,
  type FitOptions,
  type Model,
  type Optimizer,
} from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const ROWS = 10;
const x = Array.from({ length: ROWS }, (_, row) => row / ROWS);
const y = x.map((value) => 3 * value - 1);

const line = (optimizer: Optimizer = sgd({ learningRate: 0.1 })): Model => {
  const made = engine.sequential({ seed: 1, layers: [dense({ units: 1, inputShape: [1] })] });
  made.compile({ optimizer, loss: 'meanSquaredError' });
  return made;
};

const rowsOf = (model: Model): number[] => [...model.getWeights()[0].data, ...model.getWeights()[1].data];

describe.each(['main', 'worker'] as const)('in %s', (runIn) => {
  test('dropLast leaves out the smaller batch at the end', async () => {
    const sizes: number[] = [];
    const callbacks: Callback[] = [{ onBatchEnd: (_, { size }) => void sizes.push(size) }];
    const [one, other] = [line(), line()];
    const { history } = await one.fit(x, y, {
      batchSize: 4,
      epochs: 2,
      dropLast: true,
      shuffle: false,
      callbacks,
      runIn,
    });
    expect(sizes).toEqual([4, 4, 4, 4]);
    const expected = await other.fit(x.slice(0, 8), y.slice(0, 8), { batchSize: 4, epochs: 2, shuffle: false });
    expect(history).toEqual(expected.history);
    expect(rowsOf(one)).toEqual(rowsOf(other));
  });

  test('epochs of batchesPerEpoch continue through passes that are the same as without it', async () => {
    const trained = async (options: FitOptions): Promise<unknown> => {
      const sizes: number[] = [];
      const one = line();
      const callbacks: Callback[] = [{ onBatchEnd: (_, { size }) => void sizes.push(size) }];
      await one.fit(x, y, { batchSize: 4, callbacks, runIn, ...options });
      return { sizes, weights: rowsOf(one) };
    };
    // Passes of three batches: four passes are twelve batches, in epochs of 3, 2, 4 or 12.
    const passes = await trained({ epochs: 4 });
    expect(passes).toMatchObject({ sizes: [4, 4, 2, 4, 4, 2, 4, 4, 2, 4, 4, 2] });
    for (const [batchesPerEpoch, epochs] of [
      [2, 6],
      [4, 3],
      [12, 1],
      [1, 12],
      [3, 4],
    ]) {
      expect(await trained({ batchesPerEpoch, epochs })).toEqual(passes);
    }
  });

  test('validationFrequency validates after every n-th epoch; callbacks and files skip the others', async () => {
    const lines: string[] = [];
    const stopping = earlyStopping({ patience: 1, minDelta: 1e9 });
    const callbacks = [csvLogger((text) => lines.push(text)), stopping];
    const options = { epochs: 9, validationFrequency: 2, validationData: [x, y], callbacks, runIn } as const;
    const { epoch, history } = await line().fit(x, y, options);
    // The first validation is best, the second stops.
    expect(epoch).toEqual([0, 1, 2, 3]);
    expect(history.loss).toHaveLength(4);
    expect(history.valLoss).toHaveLength(2);
    expect([stopping.bestEpoch, stopping.stoppedEpoch]).toEqual([1, 3]);
    expect(stopping.best).toBe(history.valLoss[0]);
    expect(lines[0]).toBe('epoch,loss,valLoss\n');
    expect(lines[1]).toBe(`0,${history.loss[0]},\n`);
    expect(lines[2]).toBe(`1,${history.loss[1]},${history.valLoss[0]}\n`);
  });

  test('the learning rate is in the history where it changes: the rate of the last update', async () => {
    const constant = await line().fit(x, y, { epochs: 2, runIn });
    expect(Object.keys(constant.history)).toEqual(['loss']);
    const learningRate = schedules.exponential({ initialLearningRate: 0.1, decaySteps: 2, decayRate: 0.5 });
    const scheduled = await line(adam({ learningRate })).fit(x, y, { epochs: 3, batchSize: 4, runIn });
    expect(scheduled.history.learningRate).toEqual([2, 5, 8].map((step) => learningRateAt(learningRate, step)));
    const callbacks = [learningRateScheduler((epoch) => 0.5 ** (epoch + 3))];
    const set = await line().fit(x, y, { epochs: 3, callbacks, runIn });
    expect(set.history.learningRate).toEqual([1 / 8, 1 / 16, 1 / 32]);
    const lower = reduceLROnPlateau({ monitor: 'loss', patience: 1, factor: 0.5, minDelta: 1e9 });
    const reduced = await line().fit(x, y, { epochs: 3, callbacks: [lower], runIn });
    // As in Keras, an epoch has the rate with which it trained, not the one to which it led.
    expect(reduced.history.learningRate).toEqual([0.1, 0.1, 0.05]);
  });

  test('onBatchBegin comes before each update and may change the model', async () => {
    const calls: string[] = [];
    const one = line();
    const callbacks: Callback[] = [
      {
        onBatchBegin: (batch, logs) => void calls.push(`${batch} begins ${JSON.stringify(logs)} at ${one.stepCount}`),
        onBatchEnd: (batch) => void calls.push(`${batch} ends at ${one.stepCount}`),
      },
      { onBatchBegin: (_batch, _logs, model) => void (model.learningRate = 0) },
    ];
    const before = rowsOf(one);
    await one.fit(x, y, { batchSize: 6, callbacks, runIn });
    expect(calls).toEqual(['0 begins {"size":6} at 0', '0 ends at 1', '1 begins {"size":4} at 1', '1 ends at 2']);
    expect(rowsOf(one)).toEqual(before);
    const stopping: Callback = { onBatchBegin: (_batch, _logs, model) => void (model.stopTraining = true) };
    await one.fit(x, y, { batchSize: 2, callbacks: [stopping], runIn });
    expect(one.stepCount).toBe(3);
    const throwing: Callback = {
      onBatchBegin: () => {
        throw new Error('no');
      },
    };
    await expect(one.fit(x, y, { callbacks: [throwing], runIn })).rejects.toThrow('no');
    expect(one.stepCount).toBe(3);
  });
});

test('training continues from a file in the middle of a pass with the same bits', async () => {
  const options = { batchSize: 4, batchesPerEpoch: 2 };
  const whole = line();
  await whole.fit(x, y, { ...options, epochs: 5 });
  const first = line();
  await first.fit(x, y, { ...options, epochs: 2 });
  const second = await loadModel(first.save());
  await second.fit(x, y, { ...options, initialEpoch: 2, epochs: 5 });
  expect(rowsOf(second)).toEqual(rowsOf(whole));
});

test('dropLast that leaves no batch is refused, and belongs to rows in memory', async () => {
  expectError(
    await thrownBy(() => line().fit(x, y, { batchSize: 9, dropLast: true, validationSplit: 0.2 })),
    ValueError,
    'fit: dropLast expected at least 9 rows, a whole batch, got 8. Use a smaller batchSize.',
  );
  expectError(
    await thrownBy(() => line().fit(() => [[x, y] as const], { dropLast: true })),
    ValueError,
    'fit: dropLast expected only with rows in memory, got it with a source of batches.',
  );
});

describe('earlyStopping', () => {
  /** Follows the values with a callback as Keras 3 would; returns the epochs until it stops, and what it found. */
  const follow = async (values: readonly number[], options: Parameters<typeof earlyStopping>[0]): Promise<unknown> => {
    const callback = earlyStopping({ monitor: 'loss', ...options });
    const epochs: number[] = [];
    const feed: Callback = {
      onEpochEnd: async (epoch, logs, model) => {
        epochs.push(epoch);
        await callback.onEpochEnd!(epoch, { ...logs, loss: values[epoch] }, model);
      },
    };
    await line().fit(x, y, { epochs: values.length, callbacks: [feed] });
    return { ran: epochs.length, best: callback.best, bestEpoch: callback.bestEpoch, stopped: callback.stoppedEpoch };
  };

  test.each<[string, number[], Parameters<typeof earlyStopping>[0], Record<string, unknown>]>([
    ['without options', [3, 2, 2, 1], {}, { ran: 3, best: 2, bestEpoch: 1, stopped: 2 }],
    ['with patience', [3, 2, 2, 1, 1, 1], { patience: 2 }, { ran: 6, best: 1, bestEpoch: 3, stopped: 5 }],
    // 5 and 4 are improvements, but not on the baseline: the third epoch has waited three times.
    ['with a baseline', [5, 4, 4, 1], { patience: 2, baseline: 3 }, { ran: 3, best: 4, bestEpoch: 1, stopped: 2 }],
    [
      'with a baseline that is beaten',
      [5, 2, 2, 2],
      { patience: 2, baseline: 3 },
      { ran: 4, best: 2, bestEpoch: 1, stopped: 3 },
    ],
    ['from an epoch on', [1, 1, 1, 3, 2, 2], { startFromEpoch: 3 }, { ran: 6, best: 2, bestEpoch: 4, stopped: 5 }],
    ['that does not stop', [3, 2, 1], {}, { ran: 3, best: 1, bestEpoch: 2, stopped: undefined }],
    ['that follows NaN', [NaN, 2, NaN], {}, { ran: 1, best: undefined, bestEpoch: undefined, stopped: 0 }],
  ])('%s', async (_, values, options, expected) => {
    expect(await follow(values, options)).toEqual(expected);
  });

  test('the weights of the best epoch are restored, and it is known which one that is', async () => {
    const kept: number[][] = [];
    const stopping = earlyStopping({ monitor: 'loss', mode: 'max', patience: 5, restoreBestWeights: true });
    const one = line();
    await one.fit(x, y, { epochs: 3, callbacks: [{ onEpochEnd: () => void kept.push(rowsOf(one)) }, stopping] });
    expect(stopping.bestEpoch).toBe(0);
    expect(rowsOf(one)).toEqual(kept[0]);
    expect(() => earlyStopping({ baseline: Infinity })).toThrow('earlyStopping: baseline expected a finite number');
    expect(() => earlyStopping({ startFromEpoch: -1 })).toThrow(
      'earlyStopping: startFromEpoch expected an integer >= 0',
    );
  });
});
