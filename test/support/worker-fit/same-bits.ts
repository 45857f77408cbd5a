/**
 * A fit in a worker must give the same bits and the same history as one on this thread, for all forms of data,
 * optimizers, weights and sources.
 */
import { describe, expect, test } from 'vitest';
import {
  adadelta,
  adam,
  add,
  createEngine,
  dense,
  input,
  nadam,
  rmsprop,
  schedules,
  sgd,
  type BatchSource,
  type Engine,
  type FitOptions,
  type Model,
} from '../../../src/index.js';
import { source } from '../reference/random.js';
import { ROWS, INPUTS, CLASSES, x, labels, rows, oneHot, type Setting } from './setting.js';

const from = source(12);

export function sameBits({ engine, classifier, both }: Setting): void {
  describe('a fit in a worker has the same bits and the same history', () => {
    test.each([
      ['a flat array and class indices', x, labels],
      ['rows of numbers and a list of class indices', rows, [...labels]],
      ['rows that are Float32Arrays', rows.map((row) => Float32Array.from(row)), labels],
    ])('for %s', async (_, data, targets) => {
      await both((model, options) =>
        model.fit(data, targets, { epochs: 3, batchSize: 16, validationSplit: 0.1, ...options }),
      );
    });

    test('for one-hot targets', async () => {
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
    ])('with %s, also when it continues', async (_, optimizer) => {
      await both(
        async (model, options) => {
          const first = await model.fit(x, labels, { epochs: 2, ...options });
          const second = await model.fit(x, labels, { epochs: 2, shuffle: false, ...options });
          return [first, second, model.trainOnBatch(x, labels)];
        },
        () => classifier(engine, optimizer),
      );
    });

    test('with a schedule that has no rate after the last update', async () => {
      // 10^20·1 is the last rate that float32 holds.
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

    test('with weights of rows and classes, validation data, and a later first epoch', async () => {
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

    test('with several inputs and outputs by name', async () => {
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
      ['an async generator', () => asyncBatches, { epochs: 2, classWeight: [1, 2, 1, 1] }],
      ['an object that can be iterated again', () => ({ [Symbol.iterator]: batches }), { epochs: 2 }],
      ['an endless generator', endless, { epochs: 3, batchesPerEpoch: 7 }],
      ['epochs that end within the source', () => batches, { epochs: 3, batchesPerEpoch: 7 }],
    ])('with batches of %s', async (_, make, options) => {
      await both((model, where) => model.fit(make(), { ...options, ...where }));
    });

    test('with batches of a stream', async () => {
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

    test('closes a stream that it leaves, and not one that has ended', async () => {
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
}
