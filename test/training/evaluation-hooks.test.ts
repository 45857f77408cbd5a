/** Hooks around `evaluate`, `predict` and the validation of `fit`. */
import { describe, expect, test } from 'vitest';
import {
  adam,
  dense,
  sequential,
  StateError,
  ValueError,
  type Batch,
  type Callback,
  type Model,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const X = [[0], [1], [2], [3]];
const batches = (): readonly Batch[] => [[X, X]];

async function network(): Promise<Model> {
  const made = await sequential({ seed: 2, layers: [dense({ units: 1, inputShape: [1] })] });
  made.compile({ optimizer: adam({ ema: { momentum: 0.5 } }), loss: 'meanSquaredError' });
  return made;
}

const ALL = ['onTrainBegin', 'onEpochBegin', 'onEvaluateBegin', 'onEvaluateEnd', 'onPredictBegin', 'onPredictEnd'];

/** A callback that lists its calls. */
function listing(): { calls: [string, number, unknown][]; callback: Callback } {
  const calls: [string, number, unknown][] = [];
  const hooks = ALL.map((hook) => [
    hook,
    (index: number, logs: object) => {
      calls.push([hook, index, { ...logs }]);
    },
  ]);
  return { calls, callback: Object.fromEntries(hooks) as Callback };
}

describe('hooks', () => {
  test('are called around evaluate and predict, with the same results as without', async () => {
    const model = await network();
    const { calls, callback } = listing();
    const logs = model.evaluate(X, X, { callbacks: [callback] });
    expect(logs).toEqual(model.evaluate(X, X));
    expect(await model.evaluate(batches, { callbacks: [callback] })).toEqual(logs);
    expect(model.predict(X, { batchSize: 3, callbacks: [callback] })).toEqual(model.predict(X));
    const evaluation = [
      ['onEvaluateBegin', 0, {}],
      ['onEvaluateEnd', 0, logs],
    ];
    expect(calls).toEqual([...evaluation, ...evaluation, ['onPredictBegin', 0, {}], ['onPredictEnd', 0, {}]]);
  });

  test.each(['main', 'worker'] as const)('are called around each validation of fit, in %s', async (runIn) => {
    const model = await network();
    const { calls, callback } = listing();
    const options = { epochs: 2, validationData: [X, X] as const, callbacks: [callback], runIn };
    const { history } = await model.fit(X, X, options);
    expect(calls).toEqual([
      ['onTrainBegin', 0, {}],
      ...[0, 1].flatMap((epoch) => [
        ['onEpochBegin', epoch, {}],
        ['onEvaluateBegin', epoch, {}],
        ['onEvaluateEnd', epoch, { loss: history.valLoss[epoch] }],
      ]),
    ]);
  });

  test.each(['main', 'worker'] as const)('can validate the averaged weights, in %s', async (runIn) => {
    const model = await network();
    const plain = await network();
    let held = model.getWeights();
    const swap: Callback = {
      onEvaluateBegin(_index, _logs, trained) {
        held = trained.getWeights();
        trained.setWeights(trained.getAveragedWeights());
      },
      onEvaluateEnd: (_index, _logs, trained) => trained.setWeights(held),
    };
    const options = { epochs: 3, validationData: [X, X] as const, runIn };
    const { history } = await model.fit(X, X, { ...options, callbacks: [swap] });
    const other = await plain.fit(X, X, options);
    expect(history.loss).toEqual(other.history.loss);
    expect(history.valLoss).not.toEqual(other.history.valLoss);
    // fit sets the averaged weights of the last update.
    expect(model.evaluate(X, X).loss).toBe(history.valLoss[2]);
    expect(model.save()).toEqual(plain.save());
  });

  test('that return promises are refused where nothing waits, and awaited with a source', async () => {
    const model = await network();
    const slow: Callback = {
      onEvaluateEnd: () => Promise.reject(new Error('late')),
      onPredictBegin: () => Promise.resolve(),
    };
    const refused = (where: string, hook: string): string =>
      `${where}: ${hook} expected to return at once, got a promise. fit waits for promises.`;
    const callbacks = [slow];
    const evaluated = await thrownBy(() => model.evaluate(X, X, { callbacks }));
    expectError(evaluated, ValueError, refused('evaluate', 'onEvaluateEnd'));
    const predicted = await thrownBy(() => model.predict(X, { callbacks }));
    expectError(predicted, ValueError, refused('predict', 'onPredictBegin'));
    await expect(model.evaluate(batches, { callbacks })).rejects.toThrow('late');
    for (const where of ['evaluate', 'predict'] as const) {
      const options = any({ callbacks: [{ onEvaluateEnds: () => undefined }] });
      const call = () => (where === 'evaluate' ? model.evaluate(X, X, options) : model.predict(X, options));
      const message = `${where}: callbacks[0]: unknown method "onEvaluateEnds". Did you mean "onEvaluateEnd"?`;
      expectError(await thrownBy(call), ValueError, message);
    }
  });

  test('are among the options that a message about predict lists', async () => {
    const model = await network();
    const named = await thrownBy(() => model.predict(X, any({ verbose: 0 })));
    expectError(named, ValueError, 'predict: unknown option "verbose". There are: batchSize, callbacks.');
    const close = await thrownBy(() => model.predict(X, any({ callback: [] })));
    expectError(close, ValueError, 'predict: unknown option "callback". Did you mean "callbacks"?');
  });

  test('that dispose or compile the model end the call, and what they throw leaves it usable', async () => {
    const model = await network();
    const error = new Error('enough');
    const thrower: Callback = {
      onEvaluateBegin() {
        throw error;
      },
    };
    expect(await thrownBy(() => model.evaluate(X, X, { callbacks: [thrower] }))).toBe(error);
    const compile: Callback = { onEvaluateBegin: () => model.compile({ optimizer: 'sgd', loss: 'huber' }) };
    expect(await thrownBy(() => model.evaluate(X, X, { callbacks: [compile] }))).toBeInstanceOf(StateError);
    expect(model.evaluate(X, X)).toEqual(model.evaluate(X, X, { callbacks: [{}] }));
    const dispose: Callback = { onEvaluateBegin: () => model.dispose(), onPredictBegin: () => model.dispose() };
    expect(await thrownBy(() => model.evaluate(X, X, { callbacks: [dispose] }))).toBeInstanceOf(StateError);
    const other = await network();
    const end: Callback = { onPredictBegin: () => other.dispose() };
    expect(await thrownBy(() => other.predict(X, { callbacks: [end] }))).toBeInstanceOf(StateError);
  });
});
