/**
 * This thread while a training runs in a worker: it sees newer weights, and may abort, change or dispose the model;
 * workers may be killed.
 */
import { describe, expect, test } from 'vitest';
import { createEngine, sgd, StateError, UnsupportedError, WorkerError } from '../../../src/index.js';
import { expectError, thrownBy } from '../reference/refusals.js';
import { withoutWorker } from '../workers.js';
import { ROWS, x, labels, type Setting } from './setting.js';

export function meanwhile({ engine, workers, classifier, long, expectStepsOf, seeChange }: Setting): void {
  describe('this thread during a fit in a worker', () => {
    test('is free, and predicts from newer weights', async () => {
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

    test('may abort while fit waits for a callback', async () => {
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

    test('may abort before and while data is sent', async () => {
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

    test('may stop the training, and set weights and the rate', async () => {
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

    test('loses nothing by changes just before or after the end', async () => {
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

    test('may stop the training at once, without a single step', async () => {
      for (const runIn of ['main', 'worker'] as const) {
        const model = classifier();
        const training = model.fit(x, labels, { epochs: 3, runIn });
        model.stopTraining = true;
        expect((await training).epoch).toEqual([]);
        expect(model.stepCount).toBe(0);
      }
    });

    test('saves files that belong to one step each', async () => {
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
      // Checked only now: to repeat the steps takes longer than the worker needs, which would get ever further ahead.
      for (const file of files) {
        const saved = engine.loadModel(file);
        expectStepsOf(saved);
        saved.dispose();
      }
    });

    test('still reads the counters of a disposed model, and other models are unchanged', async () => {
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

    test('may dispose the model or the engine, which fit reports', async () => {
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

    test('gets an error where the worker is killed, and the weights of a finished step', async () => {
      const model = classifier();
      const training = model.fit(x, labels, { ...long, runIn: 'worker' });
      training.catch(() => undefined);
      await seeChange(model);
      expect(workers.size).toBe(1);
      for (const worker of workers) await worker.terminate();
      const thrown = await thrownBy(() => training);
      expect(thrown).toBeInstanceOf(WorkerError);
      expect(thrown.message).toMatch(/^fit: a worker that trains expected, but it was lost: /);
      expect(model.stepCount).toBeGreaterThan(0);
      expectStepsOf(model);
      await model.fit(x, labels, { runIn: 'worker' });
    });

    test('gets an error where the platform refuses to start the worker', async () => {
      const model = classifier();
      const thrown = await thrownBy(() => withoutWorker(0, () => model.fit(x, labels, { runIn: 'worker' })));
      const message =
        "fit: runIn 'worker' expected a platform that starts a worker, got: Worker initialization failure: EAGAIN.";
      expectError(thrown, UnsupportedError, message);
      await model.fit(x, labels, { runIn: 'worker' });
    });

    test('may not train or compile the model', async () => {
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
}
