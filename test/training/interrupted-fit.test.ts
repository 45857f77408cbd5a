/** Calls that are refused while fit runs, and the state that a fit leaves where it ends early. */
import { describe, expect, test } from 'vitest';
import { StateError, type Model, type NamedTensor } from '../../src/index.js';
import { expectError, thrownBy, trained, X, Y } from '../support/reference/refusals.js';

describe('while fit runs', () => {
  const calls: [name: string, act: (model: Model) => unknown][] = [
    ['fit', (m) => m.fit(X, Y)],
    ['trainOnBatch', (m) => m.trainOnBatch(X, Y)],
    ['compile', (m) => m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })],
  ];

  test.each(calls)('%s is refused', async (name, act) => {
    const [model, undisturbed] = [trained(), trained()];
    let refused = 0;
    const onBatchEnd = async (): Promise<void> => {
      expectError(
        await thrownBy(() => act(model)),
        StateError,
        `${name}: a model at rest expected, got one in the middle of fit. Wait for the promise of fit.`,
      );
      refused++;
    };
    await model.fit(X, Y, { epochs: 3, callbacks: [{ onBatchEnd }] });
    await undisturbed.fit(X, Y, { epochs: 3 });
    expect(refused).toBe(3);
    expect(model.save()).toEqual(undisturbed.save());
  });
});

test('data may be changed while fit runs, since it was copied', async () => {
  const [model, undisturbed] = [trained(), trained()];
  const x = Float32Array.from(X.flat());
  await model.fit(x, Y, { epochs: 3, callbacks: [{ onBatchEnd: () => void x.fill(7) }] });
  await undisturbed.fit(X, Y, { epochs: 3 });
  expect(model.save()).toEqual(undisturbed.save());
});

test('reading the model between batches changes nothing', async () => {
  const [model, undisturbed] = [trained(), trained()];
  const onBatchEnd = (): void => {
    model.predict(X);
    model.evaluate(X, Y);
    model.save();
  };
  await model.fit(X, Y, { epochs: 3, batchSize: 2, callbacks: [{ onBatchEnd }] });
  await undisturbed.fit(X, Y, { epochs: 3, batchSize: 2 });
  expect(model.save()).toEqual(undisturbed.save());
});

test('disposing a model in a callback ends its fit', async () => {
  const model = trained();
  const thrown = await thrownBy(() => model.fit(X, Y, { callbacks: [{ onBatchEnd: () => model.dispose() }] }));
  expectError(thrown, StateError, 'fit: a live model expected, got one that was disposed.');
});

describe('a fit that ends early leaves the weights of its last finished step', () => {
  /** Returns the weights after some steps of one batch each. */
  async function after(steps: number): Promise<NamedTensor[]> {
    const model = trained();
    await model.fit(X, Y, { epochs: steps, shuffle: false });
    return model.getWeights();
  }

  test('where a callback throws', async () => {
    const model = trained();
    const failure = new Error('mine');
    const onBatchEnd = (): void => {
      if (model.stepCount === 3) throw failure;
    };
    const thrown = await thrownBy(() => model.fit(X, Y, { epochs: 9, shuffle: false, callbacks: [{ onBatchEnd }] }));
    expect(thrown).toBe(failure);
    expect(model.getWeights()).toEqual(await after(2));
    await model.fit(X, Y, { epochs: 1 });
  });

  test('where it is aborted', async () => {
    const model = trained();
    const controller = new AbortController();
    const onBatchEnd = (): void => {
      if (model.stepCount === 3) controller.abort();
    };
    const options = { epochs: 9, shuffle: false, callbacks: [{ onBatchEnd }], signal: controller.signal };
    const thrown = await thrownBy(() => model.fit(X, Y, options));
    expect(thrown).toBe(controller.signal.reason);
    expect(thrown.name).toBe('AbortError');
    expect(model.getWeights()).toEqual(await after(2));
    await model.fit(X, Y, { epochs: 1 });
  });

  test('where the signal was aborted before: no step', async () => {
    const model = trained();
    const before = model.save();
    const thrown = await thrownBy(() => model.fit(X, Y, { signal: AbortSignal.abort('enough') }));
    expect(thrown).toBe('enough');
    expect(model.save()).toEqual(before);
  });
});
