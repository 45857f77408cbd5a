/**
 * Less common uses of `mlpClassifier` and `mlpRegressor`: wrong data, divergence, and calls while a training runs.
 * Their files are tested in facade-files.test.ts, their messages in test/errors/facades.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { createEngine, mlpClassifier, mlpRegressor, ShapeError, StateError, ValueError } from '../../src/index.js';
import { any, expectError, thrownBy, X } from '../support/reference/refusals.js';

const engine = await createEngine();

describe('facades', () => {
  test('expect the columns that they were fitted on', async () => {
    const classifier = mlpClassifier({ engine, epochs: 1 });
    await classifier.fit(X, ['a', 'b', 'a']);
    expect(await thrownBy(() => classifier.score(new Float32Array(9), ['a', 'b']))).toBeInstanceOf(ShapeError);
    const regressor = mlpRegressor({ engine, epochs: 1 });
    await regressor.fit(X, [1, 2, 3]);
    expect(await thrownBy(() => regressor.score(new Float32Array(8), [1, 2]))).toBeInstanceOf(ShapeError);
    expect(await thrownBy(() => classifier.score(X, any(undefined)))).toBeInstanceOf(ValueError);
  });

  test('report a training that diverged, after which an unfitted one stays unfitted', async () => {
    const classifier = mlpClassifier({ engine, epochs: 3, learningRate: 1e37 });
    expect(await thrownBy(() => classifier.fit(X, ['a', 'b', 'a']))).toBeInstanceOf(StateError);
    expect(await thrownBy(() => classifier.predict(X))).toBeInstanceOf(StateError);
  });

  test('refuse holes among labels, and a wrong engine', async () => {
    // eslint-disable-next-line no-sparse-arrays -- a mistake that callers make
    const holes = ['a', , 'b'] as string[];
    expect(await thrownBy(() => mlpClassifier({ engine }).fit(X, holes))).toBeInstanceOf(ValueError);
    expect(await thrownBy(() => mlpClassifier({ engine: any(5) }))).toBeInstanceOf(ValueError);
  });

  test('answer with one network and its own labels and scale, even while another is being fitted', async () => {
    const classifier = mlpClassifier({ engine, epochs: 1, hiddenLayers: [2] });
    await classifier.fit(X, ['a', 'b', 'a']);
    const regressor = mlpRegressor({ engine, epochs: 1, hiddenLayers: [2] });
    await regressor.fit(X, [1, 2, 3]);
    let open = true;
    const lengths = new Set<number>();
    const values: number[] = [];
    const watch = (async () => {
      for (let turn = 0; open; turn++) {
        lengths.add(classifier.predict(X).length);
        values.push(regressor.predict(X)[0]);
        // Between microtasks, and now and then between tasks, for which the training waits.
        await (turn % 100 === 99 ? new Promise(setImmediate) : undefined);
      }
    })();
    await Promise.all([classifier.fit(X, ['c', 'd', 'e']), regressor.fit(X, [1001, 1002, 1003])]);
    open = false;
    await watch;
    expect([...lengths]).toEqual([3]);
    expect(values.filter((value) => value > 10 && value < 900)).toEqual([]);
  });

  test('stay disposed where they are disposed in the middle of fit', async () => {
    // Takes some hundred milliseconds at least: fit ends after ten epochs without improvement.
    const rows = Float32Array.from({ length: 4 * 20_000 }, (_, i) => ((i * 7919) % 1000) / 1000);
    const labels = Array.from({ length: 20_000 }, (_, row) => row % 2);
    const classifier = mlpClassifier({ engine, epochs: 1000 });
    const { used } = engine.memory();
    const fitting = thrownBy(() => classifier.fit(rows, labels));
    await new Promise((resolve) => setTimeout(resolve, 20));
    classifier.dispose();
    expect(await fitting).toBeInstanceOf(StateError);
    expect(await thrownBy(() => classifier.predict(X))).toBeInstanceOf(StateError);
    expect(engine.memory().used).toBe(used);
  });

  test('stay disposed where they are disposed right after the call of fit, and can be fitted again', async () => {
    const { used } = engine.memory();
    const regressor = mlpRegressor({ engine, epochs: 2, hiddenLayers: [2] });
    const fitting = thrownBy(() => regressor.fit(X, [1, 2, 3]));
    regressor.dispose();
    const message = 'mlpRegressor.fit: a live model expected, got one that was disposed.';
    expectError(await fitting, StateError, message);
    expect(engine.memory().used).toBe(used);
    await regressor.fit(X, [1, 2, 3]);
    expect(regressor.predict(X)).toHaveLength(3);
    regressor.dispose();
  });

  test('refuse rows without values', async () => {
    const thrown = await thrownBy(() => mlpClassifier({ engine }).fit([[], []], ['a', 'b']));
    expectError(thrown, ShapeError, 'mlpClassifier.fit: x expected at least one value per row, got none.');
  });
});
