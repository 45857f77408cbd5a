/**
 * Callbacks, weights of rows and classes, sources of batches, stopping and normalization, against values computed by
 * hand on tiny models.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  adam,
  concatenate,
  createEngine,
  csvLogger,
  dense,
  earlyStopping,
  input,
  learningRateScheduler,
  normalization,
  reduceLROnPlateau,
  schedules,
  sgd,
  terminateOnNaN,
  type Callback,
  type Logs,
  type Model,
  type TrainedModel,
} from '../../src/index.js';
import { LABELS, trained, X, Y } from '../support/reference/refusals.js';

const engine = await createEngine();

/** One weight w and no bias, starting at `start`: the loss is (w·x − y)², the gradient 2x(w·x − y). */
function line(start: number, learningRate = 0.1): Model {
  const model = engine.sequential({ layers: [dense({ units: 1, useBias: false, inputShape: [1] })] });
  model.setWeights([{ shape: [1, 1], data: [start] }]);
  model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
  return model;
}

const weightOf = (model: Model): number => model.getWeights()[0].data[0];

/** Passes made-up logs to a callback instead of those of the training. */
async function tell(
  story: readonly number[],
  callback: Callback,
  key = 'loss',
): Promise<{ model: Model; epochs: number }> {
  const model = line(0);
  const replayed: Callback = {
    // Leaves out the check of the logs' keys where the made-up logs have others.
    ...(key === 'loss'
      ? callback
      : {
          onTrainEnd: (epoch: number, logs: Logs, subject: TrainedModel) => callback.onTrainEnd?.(epoch, logs, subject),
        }),
    onEpochEnd: (epoch, _logs, subject) => callback.onEpochEnd?.(epoch, { [key]: story[epoch] }, subject),
  };
  const { epoch } = await model.fit([[1]], [[1]], { epochs: story.length, callbacks: [replayed] });
  return { model, epochs: epoch.length };
}

describe('earlyStopping', () => {
  const cases: [string, readonly number[], Parameters<typeof earlyStopping>[0], number][] = [
    ['stops at the first epoch that is no better', [3, 2, 2, 1], {}, 3],
    ['waits for patience', [3, 2, 4, 4, 4, 1], { patience: 2 }, 4],
    ['starts over at an improvement', [3, 4, 2, 4, 4, 1], { patience: 2 }, 5],
    ['needs more than minDelta', [3, 2.5, 2, 1.9], { minDelta: 0.5 }, 2],
    ['continues while the number improves', [4, 3, 2, 1], {}, 4],
    ['takes a NaN for no improvement', [3, NaN, 1], {}, 2],
  ];
  test.each(cases)('%s', async (_title, story, options, epochs) => {
    const result = await tell(story, earlyStopping({ monitor: 'loss', ...options }));
    expect(result.epochs).toBe(epochs);
  });

  test('takes more for better with an accuracy, or where mode says so', async () => {
    const story = [0.1, 0.2, 0.3, 0.2];
    expect((await tell(story, earlyStopping({ monitor: 'accuracy' }), 'accuracy')).epochs).toBe(4);
    expect((await tell(story, earlyStopping({ monitor: 'loss' }))).epochs).toBe(2);
    expect((await tell(story, earlyStopping({ monitor: 'loss', mode: 'max' }))).epochs).toBe(4);
  });

  test('restores the weights of the best epoch, whether training is stopped or reaches its end', async () => {
    // w: 0 → 1.8 overshoots → …: at learning rate 0.9 and (w − 1)², w − 1 alternates −1, 0.8, −0.64, 0.512.
    const errors: number[] = [];
    const story = [2, 1, 3, 3, 3];
    for (const [patience, epochs] of [
      [2, 4],
      [9, 5],
    ] as const) {
      const model = line(0, 0.9);
      const callback = earlyStopping({ monitor: 'told', mode: 'min', patience, restoreBestWeights: true });
      const replayed: Callback = {
        onTrainEnd: (epoch, logs, subject) => callback.onTrainEnd?.(epoch, logs, subject),
        onEpochEnd: (epoch, _logs, subject) => callback.onEpochEnd?.(epoch, { told: story[epoch] }, subject),
      };
      const { epoch } = await model.fit([[1]], [[1]], { epochs: story.length, callbacks: [replayed] });
      expect(epoch.length).toBe(epochs);
      errors.push(weightOf(model) - 1);
    }
    // The second epoch was the best.
    for (const error of errors) expect(error).toBeCloseTo(-0.64, 6);
  });

  test.each([
    ['maxError', 'less'],
    ['outLoss', 'less'],
    ['val_rmse', 'less'],
    ['outR2', 'more'],
    ['AUC', 'more'],
    ['prAUC', 'more'],
    ['balancedaccuracy', 'more'],
    ['valAccuracy', 'more'],
    ['top_accuracy', 'more'],
  ])('takes %s: %s for better, by its name', async (key, better) => {
    const { epochs } = await tell([1, 2, 3, 4], earlyStopping({ monitor: key }), key);
    expect(epochs).toBe(better === 'more' ? 4 : 2);
  });

  test('does not restore weights beyond float32', async () => {
    // The loss of an epoch is from before its last update, and the update is what overflows.
    const model = line(1, 1e20);
    const before = model.getWeights();
    const callbacks = [earlyStopping({ monitor: 'loss', patience: 3, restoreBestWeights: true })];
    const { epoch } = await model.fit([[1e15]], [[0]], { epochs: 4, callbacks });
    expect(epoch.length).toBe(4);
    expect(Number.isFinite(weightOf(model))).toBe(false);
    model.setWeights(before);
  });

  test('monitors valLoss by default', async () => {
    const model = line(1);
    const options = { epochs: 9, validationData: [[[1]], [[1]]], callbacks: [earlyStopping()] } as const;
    const { epoch, history } = await model.fit([[1]], [[1]], options);
    expect(epoch.length).toBe(2);
    expect(history.valLoss).toEqual([0, 0]);
  });

  test('can be used for another fit', async () => {
    const callback = earlyStopping({ monitor: 'loss' });
    expect((await tell([1, 2], callback)).epochs).toBe(2);
    expect((await tell([5, 4, 3, 4], callback)).epochs).toBe(4);
  });
});

describe('learning rates', () => {
  test('reduceLROnPlateau halves the rate after its patience, down to the minimum', async () => {
    const rates: number[] = [];
    const callback = reduceLROnPlateau({
      monitor: 'loss',
      factor: 0.5,
      patience: 2,
      cooldown: 1,
      minLearningRate: 0.03,
    });
    const model = line(0);
    const story = [5, 5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4];
    await model.fit([[1]], [[1]], {
      epochs: story.length,
      callbacks: [
        {
          ...callback,
          onEpochEnd: (epoch, _logs, subject) => callback.onEpochEnd?.(epoch, { loss: story[epoch] }, subject),
        },
        { onEpochEnd: () => rates.push(model.learningRate) },
      ],
    });
    // Epochs 1 and 2 are no better, so the rate is halved; the cooldown ends with epoch 3, so 3 and 4 count, and so on.
    expect(rates).toEqual([0.1, 0.1, 0.05, 0.05, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03, 0.03]);
  });

  test('learningRateScheduler sets the rate of the next updates', async () => {
    const model = line(0);
    const seen: [number, number][] = [];
    const scheduler = learningRateScheduler((epoch, rate) => {
      seen.push([epoch, rate]);
      return 0.25 / (epoch + 1);
    });
    await model.fit([[1]], [[1]], { epochs: 2, callbacks: [scheduler] });
    expect(seen).toEqual([
      [0, 0.1],
      [1, 0.25],
    ]);
    // w: 0 → 2·0.25·1 = 0.5 → 0.5 + 2·0.125·0.5 = 0.625.
    expect(weightOf(model)).toBeCloseTo(0.625, 6);
  });

  test('a schedule gives each update its rate', async () => {
    const model = line(0);
    const learningRate = schedules.step({ initialLearningRate: 0.25, dropEvery: 1, factor: 0.5 });
    model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
    const rates: number[] = [];
    await model.fit([[1]], [[1]], { epochs: 2, callbacks: [{ onEpochBegin: () => rates.push(model.learningRate) }] });
    expect(rates).toEqual([0.25, 0.125]);
    expect(weightOf(model)).toBeCloseTo(0.625, 6);
    expect(model.learningRate).toBe(0.0625);
  });

  test('a schedule continues where a saved training stopped', async () => {
    const build = (): Model => {
      const model = trained();
      const learningRate = schedules.cosine({ initialLearningRate: 0.1, decaySteps: 20 });
      model.compile({ optimizer: adam({ learningRate }), loss: 'categoricalCrossentropy' });
      return model;
    };
    const [whole, half] = [build(), build()];
    await whole.fit(X, Y, { epochs: 10, batchSize: 2 });
    await half.fit(X, Y, { epochs: 5, batchSize: 2 });
    const rest = engine.loadModel(half.save());
    expect(rest.learningRate).toBe(half.learningRate);
    await rest.fit(X, Y, { epochs: 5, batchSize: 2 });
    expect(rest.save()).toEqual(whole.save());
  });
});

test('terminateOnNaN ends fit at the batch', async () => {
  const model = line(0, 1e30);
  const batches: number[] = [];
  const { epoch, history } = await model.fit([[1], [1], [1], [1]], [[9], [9], [9], [9]], {
    batchSize: 1,
    epochs: 5,
    callbacks: [terminateOnNaN(), { onBatchEnd: (batch) => batches.push(batch) }],
  });
  // The first update makes w about 1e31, so the second loss overflows.
  expect(batches).toEqual([0, 1]);
  expect(epoch).toEqual([0]);
  expect(history.loss[0]).toBe(Infinity);
});

describe('csvLogger', () => {
  test('leaves a cell empty where there is no number', async () => {
    const lines: string[] = [];
    const model = line(0);
    const logger = csvLogger((text) => lines.push(text));
    logger.onTrainBegin?.(0, {}, model);
    await logger.onEpochEnd?.(0, { loss: 1, valLoss: 2 }, model);
    await logger.onEpochEnd?.(1, { loss: 3 }, model);
    expect(lines.slice(-3)).toEqual(['epoch,loss,valLoss\n', '0,1,2\n', '1,3,\n']);
  });

  test('quotes numbers that contain the separator', async () => {
    const lines: string[] = [];
    const callbacks = [csvLogger((text) => lines.push(text), { separator: '.' })];
    const { history } = await line(0).fit([[1]], [[1.5]], { callbacks });
    expect(lines).toEqual(['epoch.loss\n', `0."${history.loss[0]}"\n`]);
  });

  test('writes a header and a line per epoch', async () => {
    const lines: string[] = [];
    const model = line(0);
    const { history } = await model.fit([[1]], [[1]], {
      epochs: 2,
      validationData: [[[1]], [[1]]],
      callbacks: [csvLogger((text) => lines.push(text), { separator: ';' })],
    });
    expect(lines).toEqual([
      'epoch;loss;valLoss\n',
      `0;${history.loss[0]};${history.valLoss[0]}\n`,
      `1;${history.loss[1]};${history.valLoss[1]}\n`,
    ]);
  });

  test('replaces a file, or appends to it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'csv-'));
    try {
      const path = join(folder, 'log.csv');
      const run = (append: boolean, initialEpoch: number) =>
        line(1).fit([[1]], [[1]], { initialEpoch, epochs: initialEpoch + 2, callbacks: [csvLogger(path, { append })] });
      await run(false, 0);
      await run(false, 0);
      await run(true, 2);
      expect(readFileSync(path, 'utf8')).toBe('epoch,loss\n0,0\n1,0\n2,0\n3,0\n');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

test('hooks get the model, their index and logs', async () => {
  const model = line(0);
  const calls: [string, number, Logs][] = [];
  const record =
    (name: string) =>
    (index: number, logs: Logs, given: unknown): void => {
      expect(given).toBe(model);
      calls.push([name, index, logs]);
    };
  const callback: Callback = {
    onTrainBegin: record('train begin'),
    onEpochBegin: record('epoch begin'),
    onBatchEnd: record('batch'),
    onEpochEnd: record('epoch'),
    onTrainEnd: record('train'),
  };
  await model.fit([[1]], [[1]], { initialEpoch: 3, epochs: 5, callbacks: [callback] });
  expect(calls.map(([name, index]) => `${name} ${index}`)).toEqual([
    'train begin 3',
    'epoch begin 3',
    'batch 0',
    'epoch 3',
    'epoch begin 4',
    'batch 0',
    'epoch 4',
    'train 4',
  ]);
  expect(calls[2][2]).toEqual({ loss: 1, size: 1 });
  expect(calls[7][2]).toEqual(calls[6][2]);
});

describe('weights of rows and classes', () => {
  test('of rows scale losses and gradients, divided by the number of rows', () => {
    const model = line(0.5);
    const x = [[1], [2], [3]];
    const y = [[1], [1], [1]];
    const sampleWeight = [1, 0, 2];
    // Rows: 1·0.25, 0·0, 2·0.25; gradients 2x(wx − y)·weight: −1, 0, 2·2·3·0.5 = 6.
    expect(model.evaluate(x, y, { sampleWeight }).loss).toBeCloseTo((0.25 + 0.5) / 3, 7);
    expect(model.gradients(x, y, { sampleWeight })[0].data[0]).toBeCloseTo((-1 + 6) / 3, 6);
    expect(model.trainOnBatch(x, y, { sampleWeight }).loss).toBeCloseTo(0.75 / 3, 7);
    expect(weightOf(model)).toBeCloseTo(0.5 - (0.1 * 5) / 3, 6);
  });

  test('of 1 change no bit', async () => {
    const [plain, weighted] = [trained(), trained()];
    await plain.fit(X, Y, { epochs: 3, batchSize: 2 });
    await weighted.fit(X, Y, { epochs: 3, batchSize: 2, sampleWeight: [1, 1, 1], classWeight: {} });
    expect(weighted.save()).toEqual(plain.save());
  });

  test('of rows stay with their rows in shuffles and in the validation split', async () => {
    const [whole, part] = [line(0), line(0)];
    const x = [[1], [2], [3], [4]];
    const y = [[2], [1], [2], [1]];
    const sampleWeight = [1, 0, 1, 0.5];
    const options = { epochs: 3, batchSize: 1, validationSplit: 0.25 };
    const a = await whole.fit(x, y, { ...options, sampleWeight });
    // A row of weight 0 changes nothing; the last row is the validation split.
    const b = await part.fit(x.slice(0, 3), y.slice(0, 3), {
      epochs: 3,
      batchSize: 1,
      sampleWeight: sampleWeight.slice(0, 3),
      validationData: [[[4]], [[1]], [0.5]],
    });
    expect(a).toEqual(b);
    expect(weightOf(whole)).toBe(weightOf(part));
  });

  test('of classes apply by label, by one-hot row, or by the side of a half', () => {
    const classWeight = { 1: 3 };
    const labelled = trained('sparseCategoricalCrossentropy');
    const oneHot = trained();
    const bySample = [1, 3, 1];
    const expected = oneHot.gradients(X, Y, { sampleWeight: bySample });
    expect(oneHot.gradients(X, Y, { classWeight })).toEqual(expected);
    expect(labelled.gradients(X, LABELS, { classWeight })).toEqual(expected);
    expect(oneHot.gradients(X, Y, { classWeight: [1, 3, 1] })).toEqual(expected);
    const binary = line(0.5);
    binary.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy', checks: 'off' });
    const data = [
      [[1], [2]],
      [[1], [0]],
    ] as const;
    expect(binary.gradients(...data, { classWeight: { 0: 2, 1: 0.5 } })).toEqual(
      binary.gradients(...data, { sampleWeight: [0.5, 2] }),
    );
    // Both together are multiplied.
    expect(oneHot.gradients(X, Y, { classWeight, sampleWeight: [2, 1, 0] })).toEqual(
      oneHot.gradients(X, Y, { sampleWeight: [2, 3, 0] }),
    );
  });

  test('of classes count only in training', async () => {
    const model = line(0);
    model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'binaryCrossentropy', checks: 'off' });
    const options = { shuffle: false, validationSplit: 0.5, classWeight: { 1: 10 } };
    const { history } = await model.fit([[0], [0]], [[1], [1]], options);
    expect(history.loss[0] / history.valLoss[0]).toBeCloseTo(10, 5);
  });
});

describe('sources of batches', () => {
  const batches = [
    [X, Y],
    [X.slice(1), Y.slice(1)],
  ] as const;
  const byHand = (epochs: number): Model => {
    const model = trained();
    for (let epoch = 0; epoch < epochs; epoch++) for (const [x, y] of batches) model.trainOnBatch(x, y);
    return model;
  };

  async function* slowly(): AsyncGenerator<(typeof batches)[number]> {
    for (const batch of batches) {
      await new Promise((resume) => setTimeout(resume, 1));
      yield batch;
    }
  }

  const sources: [string, () => Parameters<Model['fit']>[0]][] = [
    ['an iterable', () => new Set(batches) as never],
    ['a function', () => (() => batches) as never],
    ['an async generator function', () => slowly as never],
    ['an object with an async iterator', () => ({ [Symbol.asyncIterator]: slowly }) as never],
  ];
  test.each(sources)('%s trains like its batches by hand', async (_title, source) => {
    const model = trained();
    const { history } = await model.fit(source() as never, { epochs: 3 });
    expect(model.getWeights()).toEqual(byHand(3).getWeights());
    expect(history.loss.length).toBe(3);
    expect(model.epochCount).toBe(3);
  });

  test('an endless generator is cut into epochs', async () => {
    const model = trained();
    let closed = 0;
    function* forever(): Generator<(typeof batches)[number]> {
      try {
        for (;;) yield* batches;
      } finally {
        closed += 1;
      }
    }
    await model.fit(forever(), { epochs: 3, batchesPerEpoch: 2 });
    expect(model.getWeights()).toEqual(byHand(3).getWeights());
    expect(closed).toBe(1);
  });

  test('a source is closed when training ends early, and the model can be trained on', async () => {
    const model = trained();
    let closed = 0;
    async function* open(): AsyncGenerator<(typeof batches)[number]> {
      try {
        yield* slowly();
      } finally {
        closed += 1;
      }
    }
    const stop: Callback = { onBatchEnd: () => Promise.reject(new Error('enough')) };
    await expect(model.fit(open, { callbacks: [stop] })).rejects.toThrow('enough');
    expect(closed).toBe(1);
    const one = trained();
    one.trainOnBatch(...batches[0]);
    expect(model.getWeights()).toEqual(one.getWeights());
  });

  test('the loss of a source is the mean over rows, and batches may have weights', async () => {
    const model = line(0.5, 1e-30);
    const source = [
      [
        [[1], [2]],
        [[1], [1]],
      ],
      [[[3]], [[1]], [2]],
    ] as const;
    const { history } = await model.fit(() => source as never, {});
    expect(history.loss[0]).toBeCloseTo((0.25 + 0 + 2 * 0.25) / 3, 6);
  });
});

describe('stopping', () => {
  test('happens after the current batch', async () => {
    const model = trained();
    const { epoch } = await model.fit(X, Y, {
      batchSize: 1,
      epochs: 3,
      callbacks: [{ onBatchEnd: (batch, _logs, given) => void (given.stopTraining = batch === 1) }],
    });
    expect(epoch).toEqual([0]);
    expect(model.stepCount).toBe(3);
  });

  test('before the first batch trains and reports nothing', async () => {
    const model = trained();
    const { epoch } = await model.fit(X, Y, {
      callbacks: [{ onEpochBegin: (_epoch, _logs, given) => void (given.stopTraining = true) }],
    });
    expect(epoch).toEqual([]);
    expect(model.stepCount).toBe(1);
    // The next fit trains again.
    await model.fit(X, Y);
    expect(model.stepCount).toBe(2);
  });
});

describe('normalization', () => {
  const rows = [
    [1, 10, 5],
    [2, 20, 5],
    [4, 60, 5],
  ];
  // Means 7/3, 30, 5; variances 14/9, 1400/3, 0.
  const expected = rows.map(([a, b]) => [(a - 7 / 3) / Math.sqrt(14 / 9), (b - 30) / Math.sqrt(1400 / 3), 0]);
  const close = (values: Float32Array): void =>
    expected.flat().forEach((value, index) => expect(values[index]).toBeCloseTo(value, 5));

  test('adapts to data before or after the model is built, and is saved', () => {
    const before = engine.sequential({ layers: [normalization({ inputShape: [3] }).adapt(rows)] });
    close(before.predict(rows));
    const after = engine.sequential({ layers: [normalization({ inputShape: [3] })] });
    expect(after.predict(rows)).toEqual(Float32Array.from(rows.flat()));
    after.adapt(rows);
    expect(after.predict(rows)).toEqual(before.predict(rows));
    expect(engine.loadModel(after.save()).predict(rows)).toEqual(before.predict(rows));
    expect(after.parameterCount).toBe(0);
  });

  test('of a layer adapts only models that are built afterwards', () => {
    const layer = normalization();
    const x = input({ shape: [2] });
    const graph = engine.model({ inputs: x, outputs: dense({ units: 1 }).apply(layer.apply(x)) });
    const [architecture, file] = [graph.toJSON(), graph.save()];
    layer.adapt(rows);
    expect(graph.toJSON()).toEqual(architecture);
    expect(engine.loadModel(graph.save()).save()).toEqual(file);
  });

  test('of several inputs adapts each to its own', () => {
    const a = input({ shape: [1], name: 'a' });
    const b = input({ shape: [2], name: 'b' });
    const model = engine.model({
      inputs: [a, b],
      outputs: concatenate().apply([normalization().apply(a), normalization().apply(b)]),
    });
    const data = { a: rows.map(([v]) => [v]), b: rows.map(([, ...v]) => v) };
    model.adapt(data);
    close(model.predict(data));
  });
});
