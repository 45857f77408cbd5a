/**
 * Callbacks of a training in a worker: they run on this thread, with the same logs, weights and effects as without a
 * worker.
 */
import { describe, expect, test } from 'vitest';
import {
  diagnostics,
  earlyStopping,
  learningRateScheduler,
  reduceLROnPlateau,
  sgd,
  StateError,
  terminateOnNaN,
} from '../../../src/index.js';
import { expectError, thrownBy } from '../reference/refusals.js';
import { x, labels, rows, type Setting } from './setting.js';

export function callbacks({ engine, classifier, both }: Setting): void {
  describe('callbacks of a fit in a worker', () => {
    test('run each hook with the same logs and the same weights', async () => {
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

    test('of the library have the same effects', async () => {
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

    test('keep their state where fit refuses its data', async () => {
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

    test('may dispose the model at the very end, which fit reports', async () => {
      for (const runIn of ['main', 'worker'] as const) {
        const model = classifier();
        const callbacks = [{ onTrainEnd: () => model.dispose() }];
        const message = 'fit: a live model expected, got one that was disposed.';
        expectError(await thrownBy(() => model.fit(x, labels, { callbacks, runIn })), StateError, message);
      }
    });

    test('report the first NaN', async () => {
      await both(
        async (model, options) => {
          const watched = diagnostics();
          await model.fit(x, labels, { epochs: 2, callbacks: [watched, terminateOnNaN()], ...options });
          return watched.firstNonFinite;
        },
        () => classifier(engine, sgd({ learningRate: 1e30 })),
      );
    });

    test('may change weights and rate, and stop', async () => {
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

    test('end fit where they throw, with the very same error', async () => {
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
      // A source that throws has the same effect.
      const failing = function* () {
        yield [x, labels] as const;
        throw error;
      };
      expect(await thrownBy(() => away.fit(failing, { runIn: 'worker' }))).toBe(error);
    });
  });
}
