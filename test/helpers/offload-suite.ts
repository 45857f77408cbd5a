/** What `fit` in a worker must do, whether memory is shared with it or not. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  adadelta,
  adam,
  add,
  createEngine,
  dense,
  diagnostics,
  dropout,
  earlyStopping,
  input,
  learningRateScheduler,
  MemoryError,
  nadam,
  normalization,
  reduceLROnPlateau,
  rmsprop,
  schedules,
  sgd,
  ShapeError,
  StateError,
  terminateOnNaN,
  UnsupportedError,
  ValueError,
  WorkerError,
  type BatchSource,
  type Engine,
  type FitOptions,
  type Model,
} from '../../src/index.js';
import { source } from '../reference/random.js';
import { any, expectError, thrownBy } from '../reference/refusals.js';
import { allEnded, watchWorkers, withoutWorker } from './workers.js';

const ROWS = 300;
const INPUTS = 7;
const CLASSES = 4;

const from = source(11);
const x = Float32Array.from({ length: ROWS * INPUTS }, () => from.symmetric(1));
const labels = Int32Array.from({ length: ROWS }, () => from.below(CLASSES));
const rows = Array.from({ length: ROWS }, (_, row) => [...x.subarray(row * INPUTS, (row + 1) * INPUTS)]);
const oneHot = Array.from(labels, (label) => Array.from({ length: CLASSES }, (_, i) => (i === label ? 1 : 0)));

/** The tests, on engines of their own. */
export function offloadSuite(): void {
  const workers = watchWorkers();
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine();
    return () => engine.dispose();
  });
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

  /** The same training here and in a worker; both models as they are afterwards. */
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

  describe('the same bits and the same history', () => {
    test.each([
      ['a flat array and indices', x, labels],
      ['rows of numbers and indices in a list', rows, [...labels]],
      ['rows that are arrays of floats', rows.map((row) => Float32Array.from(row)), labels],
    ])('%s', async (_, data, targets) => {
      await both((model, options) =>
        model.fit(data, targets, { epochs: 3, batchSize: 16, validationSplit: 0.1, ...options }),
      );
    });

    test('targets in rows', async () => {
      await both(
        (model, options) => model.fit(rows, oneHot, { epochs: 2, ...options }),
        () => classifier(engine, 'sgd', false),
      );
    });

    test.each([
      ['sgd', sgd({ momentum: 0.9, nesterov: true })],
      ['adadelta', adadelta()],
      ['nadam', nadam()],
      ['rmsprop', rmsprop({ momentum: 0.5 })],
      ['a schedule', adam({ learningRate: schedules.cosine({ initialLearningRate: 0.01, decaySteps: 40 }) })],
    ])('by %s, and going on from there', async (_, optimizer) => {
      await both(
        async (model, options) => {
          const first = await model.fit(x, labels, { epochs: 2, ...options });
          const second = await model.fit(x, labels, { epochs: 2, shuffle: false, ...options });
          return [first, second, model.trainOnBatch(x, labels)];
        },
        () => classifier(engine, optimizer),
      );
    });

    test('a schedule that has no rate after the last update', async () => {
      // 10^20·1 is the last that float32 holds.
      const learningRate = schedules.exponential({ initialLearningRate: 1, decaySteps: 1, decayRate: 1e20 });
      const make = (): Model => {
        const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
        model.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
        return model;
      };
      const [here, away] = [make(), make()];
      const expected = await here.fit([[0]], [[0]], { epochs: 2 });
      expect(await away.fit([[0]], [[0]], { epochs: 2, runIn: 'worker' })).toEqual(expected);
      expect(away.stepCount).toBe(2);
      expect(away.save()).toEqual(here.save());
    });

    test('weights of rows and classes, validation data, a later first epoch', async () => {
      const sampleWeight = Array.from({ length: ROWS }, (_, row) => (row % 5) / 2);
      const validationData = [rows.slice(0, 50), labels.slice(0, 50), new Float64Array(50).fill(0.5)] as const;
      await both((model, options) =>
        model.fit(x, labels, {
          epochs: 5,
          initialEpoch: 3,
          sampleWeight,
          classWeight: { 1: 2.5 },
          validationData,
          ...options,
        }),
      );
    });

    test('several inputs and outputs, by name', async () => {
      const make = (): Model<Float32Array[]> => {
        const [a, b] = [input({ shape: [INPUTS], name: 'a' }), input({ shape: [2], name: 'b' })];
        const h = add().apply([dense({ units: 8 }).apply(a), dense({ units: 8 }).apply(b)]);
        const outputs = [
          dense({ units: CLASSES, activation: 'softmax', name: 'class' }).apply(h),
          dense({ units: 1, name: 'size' }).apply(h),
        ] as const;
        const model = engine.model({ inputs: [a, b], outputs, seed: 2 });
        model.compile({
          optimizer: 'adam',
          loss: { class: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' },
          lossWeights: [1, 0.5],
        });
        return model;
      };
      const [here, away] = [make(), make()];
      const second = new Float32Array(2 * ROWS).map(() => from.symmetric(1));
      const size = new Float32Array(ROWS).map(() => from.symmetric(1));
      const inputs = { a: x, b: second };
      const expected = await here.fit(inputs, { class: labels, size }, { epochs: 2 });
      expect(await away.fit(inputs, { class: labels, size }, { epochs: 2, runIn: 'worker' })).toEqual(expected);
      expect(away.save()).toEqual(here.save());
    });

    const batch = (first: number): [Float32Array, Int32Array] => [
      x.subarray(first * INPUTS, (first + 30) * INPUTS),
      labels.subarray(first, first + 30),
    ];
    function* batches() {
      for (let first = 0; first < ROWS; first += 30) yield batch(first);
    }
    async function* asyncBatches() {
      for (const one of batches()) yield await Promise.resolve(one);
    }
    function* endless() {
      for (let i = 0; ; i++) yield [...batch((i % 9) * 30), new Float32Array(30).fill(1 + (i % 3))] as const;
    }
    test.each<[string, () => BatchSource, FitOptions]>([
      ['a function that makes a generator', () => batches, { epochs: 2 }],
      ['an asynchronous generator', () => asyncBatches, { epochs: 2, classWeight: [1, 2, 1, 1] }],
      ['an object that can be iterated again', () => ({ [Symbol.iterator]: batches }), { epochs: 2 }],
      ['a generator that goes on', endless, { epochs: 3, batchesPerEpoch: 7 }],
      ['epochs that end within the source', () => batches, { epochs: 3, batchesPerEpoch: 7 }],
    ])('batches of %s', async (_, make, options) => {
      await both((model, where) => model.fit(make(), { ...options, ...where }));
    });

    test('batches of a stream', async () => {
      const stream = (): BatchSource => {
        const iterator = batches();
        return new ReadableStream({
          pull(controller) {
            const { done, value } = iterator.next();
            if (done) controller.close();
            else controller.enqueue(value);
          },
        }) as unknown as BatchSource;
      };
      await both((model, where) => model.fit(stream(), where));
    });

    test('a stream that has ended is not told to close, and one that is left is', async () => {
      const events = async (runIn: 'main' | 'worker', batchesPerEpoch?: number): Promise<string[]> => {
        const list: string[] = [];
        const batch: [typeof rows, Int32Array] = [rows.slice(0, 8), labels.subarray(0, 8)];
        const stream: BatchSource = () => {
          let left = 3;
          const batches: IterableIterator<typeof batch> = {
            [Symbol.iterator]: () => batches,
            next() {
              list.push('next');
              return left-- > 0 ? { done: false, value: batch } : { done: true, value: undefined };
            },
            return() {
              list.push('return');
              return { done: true, value: undefined };
            },
          };
          return batches;
        };
        await classifier().fit(stream, { epochs: 2, runIn, ...(batchesPerEpoch && { batchesPerEpoch }) });
        await new Promise(setImmediate);
        return list;
      };
      expect(await events('main')).toEqual(new Array(8).fill('next'));
      expect(await events('worker')).toEqual(await events('main'));
      expect((await events('main', 2)).at(-1)).toBe('return');
      expect(await events('worker', 2)).toEqual(await events('main', 2));
    });

    test('on two threads', async () => {
      const two = await createEngine({ threads: 2 });
      try {
        const make = (on: Engine): Model => {
          const hidden = { units: 512, activation: 'relu' } as const;
          const model = on.sequential({
            layers: [dense({ ...hidden, inputShape: [INPUTS] }), dense(hidden), dense({ units: 1 })],
          });
          model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
          return model;
        };
        const [here, away] = [make(engine), make(two)];
        const y = new Float32Array(ROWS).map(() => from.symmetric(1));
        await here.fit(x, y, { epochs: 2, batchSize: 64 });
        await away.fit(x, y, { epochs: 2, batchSize: 64, runIn: 'worker' });
        expect(away.getWeights()).toEqual(here.getWeights());
      } finally {
        two.dispose();
      }
    });
  });

  describe('callbacks', () => {
    test('each hook, with the same logs and the same weights', async () => {
      await both(async (model, options) => {
        const seen: unknown[] = [];
        const note =
          (hook: string) =>
          (index: number, logs: object, given: unknown): void => {
            expect(given).toBe(model);
            seen.push([hook, index, { ...logs }, model.getWeights(), model.stepCount, model.epochCount]);
          };
        await model.fit(x, labels, {
          epochs: 2,
          batchSize: 100,
          callbacks: [
            { onTrainBegin: note('begin'), onEpochBegin: note('epoch'), onBatchEnd: note('batch') },
            { onEpochEnd: note('end'), onTrainEnd: note('over') },
          ],
          ...options,
        });
        return seen;
      });
    });

    test('those of the library', async () => {
      await both(async (model, options) => {
        const watched = diagnostics({ every: 2 });
        const history = await model.fit(x, labels, {
          epochs: 12,
          validationSplit: 0.2,
          callbacks: [
            watched,
            terminateOnNaN(),
            reduceLROnPlateau({ patience: 1 }),
            earlyStopping({ patience: 3, restoreBestWeights: true }),
          ],
          ...options,
        });
        return [history, watched.epochs.map(({ epoch, diagnosis }) => [epoch, String(diagnosis)]), model.learningRate];
      });
      await both((model, options) =>
        model.fit(x, labels, {
          epochs: 3,
          callbacks: [learningRateScheduler((epoch) => 0.01 / (epoch + 1))],
          ...options,
        }),
      );
    });

    test('data that is refused leaves them as they were', async () => {
      const watched = diagnostics();
      const model = classifier();
      const wrong = [...rows.slice(1), rows[0].map(() => NaN)];
      for (const runIn of ['main', 'worker'] as const) {
        await model.fit(x, labels, { epochs: 2, callbacks: [watched], runIn });
        const { epochs } = watched;
        expect(epochs).toHaveLength(2);
        const callbacks = [watched, earlyStopping({ monitor: 'nothing' })];
        const thrown = await thrownBy(() => model.fit(wrong, labels, { callbacks, runIn }));
        expect(thrown.message).toMatch(/^fit: x expected finite numbers, got NaN in row 299/);
        expect(watched.epochs).toBe(epochs);
        expect((await thrownBy(() => model.fit(x, labels, { callbacks, runIn }))).message).toMatch(/^earlyStopping: /);
      }
    });

    test('one that disposes the model at the very end', async () => {
      for (const runIn of ['main', 'worker'] as const) {
        const model = classifier();
        const callbacks = [{ onTrainEnd: () => model.dispose() }];
        const message = 'fit: a live model expected, got one that was disposed.';
        expectError(await thrownBy(() => model.fit(x, labels, { callbacks, runIn })), StateError, message);
      }
    });

    test('the first NaN', async () => {
      await both(
        async (model, options) => {
          const watched = diagnostics();
          await model.fit(x, labels, { epochs: 2, callbacks: [watched, terminateOnNaN()], ...options });
          return watched.firstNonFinite;
        },
        () => classifier(engine, sgd({ learningRate: 1e30 })),
      );
    });

    test('they may change weights and rate, and stop', async () => {
      await both((model, options) =>
        model.fit(x, labels, {
          epochs: 5,
          batchSize: 50,
          callbacks: [
            {
              async onBatchEnd(index) {
                await Promise.resolve();
                if (index === 2) model.learningRate = 0.5;
                if (index === 3)
                  model.setWeights(model.getWeights().map((one) => ({ ...one, data: one.data.map((w) => w / 2) })));
              },
              onEpochEnd(epoch) {
                if (epoch === 1) model.stopTraining = true;
              },
            },
          ],
          ...options,
        }),
      );
    });

    test('one that throws ends it, with the very error', async () => {
      const error = new Error('enough');
      const onBatchEnd = (index: number): void => {
        if (index === 2) throw error;
      };
      const [here, away] = [classifier(), classifier()];
      expect(await thrownBy(() => here.fit(x, labels, { callbacks: [{ onBatchEnd }] }))).toBe(error);
      const attempt = (): unknown => away.fit(x, labels, { callbacks: [{ onBatchEnd }], runIn: 'worker' });
      expect(await thrownBy(attempt)).toBe(error);
      expect(away.stepCount).toBe(3);
      expect(away.save()).toEqual(here.save());
      // A source that throws likewise.
      const failing = function* () {
        yield [x, labels] as const;
        throw error;
      };
      expect(await thrownBy(() => away.fit(failing, { runIn: 'worker' }))).toBe(error);
    });
  });

  /** Steps of a network that trains long enough to look at it meanwhile, one after the other. */
  const long = { epochs: 100_000, batchSize: 4, shuffle: false } as const;

  /** The weights that `model` has after its steps, by the same steps here. */
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

  /** Lets the worker come so far that its weights are seen here. */
  async function seeChange(model: Model): Promise<void> {
    const before = model.predict(x);
    let epochs = 0;
    while (model.predict(x).every((value, i) => value === before[i])) {
      await new Promise((turn) => setTimeout(turn, 1));
      if (epochs++ > 20_000) expect.fail('no newer weights were seen');
    }
  }

  describe('meanwhile', () => {
    test('this thread is free, and predicts from newer weights', async () => {
      const model = classifier();
      const controller = new AbortController();
      const training = model.fit(x, labels, { ...long, signal: controller.signal, runIn: 'worker' });
      await seeChange(model);
      await seeChange(model);
      expect(model.stepCount).toBeGreaterThan(0);
      expect(model.evaluate(x, labels).loss).toBeGreaterThan(0);
      controller.abort();
      expect((await thrownBy(() => training)).name).toBe('AbortError');
      expectStepsOf(model);
    });

    test('an abort while a callback is waited for', async () => {
      const model = classifier();
      const controller = new AbortController();
      const reason = new Error('enough');
      const callbacks = [
        {
          onEpochEnd: () => {
            setTimeout(() => controller.abort(reason), 1);
            return new Promise(() => undefined);
          },
        },
      ];
      const training = model.fit(x, labels, { ...long, callbacks, signal: controller.signal, runIn: 'worker' });
      expect(await thrownBy(() => training)).toBe(reason);
      expect(model.stepCount).toBe(ROWS / long.batchSize);
      expectStepsOf(model);
    });

    test('an abort before and while data is sent', async () => {
      const model = classifier();
      const reason = new Error('enough');
      const early = model.fit(x, labels, { signal: AbortSignal.abort(reason), runIn: 'worker' });
      expect(await thrownBy(() => early)).toBe(reason);
      const controller = new AbortController();
      const sending = model.fit(x, labels, { ...long, signal: controller.signal, runIn: 'worker' });
      controller.abort(reason);
      expect(await thrownBy(() => sending)).toBe(reason);
      expect(model.stepCount).toBe(0);
      await model.fit(x, labels, { runIn: 'worker' });
    });

    test('told to stop, and given other weights and another rate, from outside', async () => {
      const model = classifier(engine, sgd({ learningRate: 0.1 }));
      const training = model.fit(x, labels, { ...long, runIn: 'worker' });
      await seeChange(model);
      model.learningRate = 0;
      model.setWeights(model.getWeights().map((one) => ({ ...one, data: one.data.map(() => 0.25) })));
      model.stopTraining = true;
      await training;
      expect(model.learningRate).toBe(0);
      expect(model.getWeights()[3].data.every((weight) => weight === 0.25)).toBe(true);
    });

    test('changes that come when it is all but over, or over, lose nothing', async () => {
      const expected = classifier();
      await expected.fit(x, labels, { batchSize: 4 });
      for (let run = 0; run < 12; run++) {
        const model = classifier();
        const onTrainBegin = (): void => {
          // Some before, some in the middle and some after the last step.
          for (let wait = 0; wait < 24; wait += 2) {
            setTimeout(
              () => {
                model.learningRate = 0.001;
                model.stopTraining = false;
              },
              wait + run / 12,
            );
          }
        };
        await model.fit(x, labels, { batchSize: 4, callbacks: [{ onTrainBegin }], runIn: 'worker' });
        expect(model.getWeights()).toEqual(expected.getWeights());
        expect(model.save()).toEqual(expected.save());
      }
    });

    test('told to stop at once: there is not one step', async () => {
      for (const runIn of ['main', 'worker'] as const) {
        const model = classifier();
        const training = model.fit(x, labels, { epochs: 3, runIn });
        model.stopTraining = true;
        expect((await training).epoch).toEqual([]);
        expect(model.stepCount).toBe(0);
      }
    });

    test('files that are saved meanwhile are of one step each', async () => {
      const model = classifier();
      const controller = new AbortController();
      const training = model.fit(x, labels, { ...long, signal: controller.signal, runIn: 'worker' });
      training.catch(() => undefined);
      await seeChange(model);
      const files: Uint8Array[] = [];
      while (files.length < 5) {
        await new Promise((turn) => setTimeout(turn, 12));
        files.push(model.save());
      }
      controller.abort();
      await thrownBy(() => training);
      // Only now: to repeat steps takes longer than the worker does, which would be ever further ahead.
      for (const file of files) {
        const saved = engine.loadModel(file);
        expectStepsOf(saved);
        saved.dispose();
      }
    });

    test('disposed: its counters are still read, and nobody else is touched', async () => {
      const model = classifier();
      const training = model.fit(x, labels, { ...long, runIn: 'worker' });
      training.catch(() => undefined);
      await seeChange(model);
      await new Promise((turn) => setTimeout(turn, 30));
      model.dispose();
      const next = classifier();
      const before = next.getWeights();
      expect(model.stepCount + model.epochCount).toBeGreaterThan(0);
      expect(next.getWeights()).toEqual(before);
      await thrownBy(() => training);
    });

    test('disposed', async () => {
      const model = classifier();
      const training = model.fit(x, labels, { ...long, runIn: 'worker' });
      await seeChange(model);
      model.dispose();
      const message = 'fit: a live model expected, got one that was disposed.';
      expectError(await thrownBy(() => training), StateError, message);

      const other = await createEngine();
      const second = classifier(other).fit(x, labels, { ...long, runIn: 'worker' });
      setTimeout(() => other.dispose(), 50);
      expectError(await thrownBy(() => second), StateError, message);
    });

    test('the worker is killed: an error that says so, and the weights of a finished step', async () => {
      const model = classifier();
      const training = model.fit(x, labels, { ...long, runIn: 'worker' });
      training.catch(() => undefined);
      await seeChange(model);
      expect(workers.size).toBe(1);
      for (const worker of workers) await worker.terminate();
      const thrown = await thrownBy(() => training);
      expect(thrown).toBeInstanceOf(WorkerError);
      expect(thrown.message).toMatch(/^fit: a worker that trains expected, but it is gone: /);
      expect(model.stepCount).toBeGreaterThan(0);
      expectStepsOf(model);
      await model.fit(x, labels, { runIn: 'worker' });
    });

    test('a platform that refuses to start the worker', async () => {
      const model = classifier();
      const thrown = await thrownBy(() => withoutWorker(0, () => model.fit(x, labels, { runIn: 'worker' })));
      const message =
        "fit: runIn 'worker' expected a platform that starts a worker, got: Worker initialization failure: EAGAIN.";
      expectError(thrown, UnsupportedError, message);
      await model.fit(x, labels, { runIn: 'worker' });
    });

    test('what is not possible during fit', async () => {
      const model = classifier();
      const controller = new AbortController();
      const training = model.fit(x, labels, { ...long, signal: controller.signal, runIn: 'worker' });
      training.catch(() => undefined);
      for (const act of [
        () => model.fit(x, labels),
        () => model.trainOnBatch(x, labels),
        () => model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' }),
      ]) {
        expect(await thrownBy(act)).toBeInstanceOf(StateError);
      }
      controller.abort();
      await thrownBy(() => training);
    });
  });

  describe('refused with the same words, and nothing changed', () => {
    const bad = x.slice();
    bad[9] = NaN;
    const calls: [string, (model: Model, options: FitOptions) => Promise<unknown>, new (message: string) => Error][] = [
      ['a NaN', (m, o) => m.fit(bad, labels, o), ValueError],
      ['a ragged row', (m, o) => m.fit([...rows.slice(0, 5), [1, 2]], labels.slice(0, 6), o), ShapeError],
      [
        'a text among rows',
        (m, o) => m.fit(any([...rows.slice(0, 5), [...rows[0].slice(1), 'a']]), labels.slice(0, 6), o),
        ValueError,
      ],
      ['too few targets', (m, o) => m.fit(x, labels.slice(1), o), ShapeError],
      [
        'no class',
        (m, o) =>
          m.fit(
            x,
            labels.map((label) => label + 1),
            o,
          ),
        ValueError,
      ],
      [
        'a weight below zero',
        (m, o) => m.fit(x, labels, { sampleWeight: new Array<number>(ROWS).fill(-1), ...o }),
        ValueError,
      ],
      ['a class that there is not', (m, o) => m.fit(x, labels, { classWeight: { 9: 1 }, ...o }), ValueError],
      ['a NaN and too few weights', (m, o) => m.fit(bad, labels, { sampleWeight: [1], ...o }), ValueError],
      ['validation data', (m, o) => m.fit(x, labels, { validationData: [bad, labels], ...o }), ValueError],
      ['a split that leaves nothing', (m, o) => m.fit(x, labels, { validationSplit: 0.999999, ...o }), ValueError],
      ['a source that ends', (m, o) => m.fit(() => [], o), ValueError],
      [
        'a batch that is none',
        (m, o) =>
          m.fit(
            any(() => [[x, labels], 7]),
            { epochs: 3, ...o },
          ),
        ValueError,
      ],
      ['a monitor that there is not', (m, o) => m.fit(x, labels, { callbacks: [earlyStopping()], ...o }), ValueError],
    ];
    test.each(calls)('%s', async (_, act, error) => {
      const [here, away] = [classifier(), classifier()];
      for (const model of [here, away]) model.stopTraining = true;
      const expected = await thrownBy(() => act(here, {}));
      expect(expected).toBeInstanceOf(error);
      expectError(await thrownBy(() => act(away, { runIn: 'worker' })), error, expected.message);
      expect(away.stopTraining).toBe(here.stopTraining);
      expect(away.save()).toEqual(here.save());
    });

    test('more than memory holds', async () => {
      const small = await createEngine({ maximumMemory: 1 << 20 });
      try {
        const model = classifier(small);
        const much = new Float32Array(60_000 * INPUTS);
        const thrown = await thrownBy(() => model.fit(much, new Int32Array(60_000), { runIn: 'worker' }));
        expect(thrown).toBeInstanceOf(MemoryError);
      } finally {
        small.dispose();
      }
    });

    test('objects of the user', async () => {
      const model = classifier();
      model.compile({
        optimizer: 'sgd',
        loss: { name: 'mine', value: () => 0, gradient: () => new Float32Array(CLASSES) },
      });
      const thrown = await thrownBy(() => model.fit(x, oneHot, { runIn: 'worker' }));
      expect(thrown).toBeInstanceOf(UnsupportedError);
      expect(thrown.message).toContain('"mine"');
    });

    test('another place', async () => {
      const thrown = await thrownBy(() => classifier().fit(x, labels, { runIn: any('here') }));
      expect(thrown).toBeInstanceOf(ValueError);
    });
  });
}
