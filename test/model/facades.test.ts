/** `mlpClassifier` and `mlpRegressor` beyond their everyday use. */
import { describe, expect, test } from 'vitest';
import { createEngine, mlpClassifier, mlpRegressor, ShapeError, StateError, ValueError } from '../../src/index.js';
import { any, expectError, thrownBy, X } from '../support/reference/refusals.js';

const engine = await createEngine();

describe('facades', () => {
  test('hold rows to the columns they were fitted on', async () => {
    const classifier = mlpClassifier({ engine, epochs: 1 });
    await classifier.fit(X, ['a', 'b', 'a']);
    expect(await thrownBy(() => classifier.score(new Float32Array(9), ['a', 'b']))).toBeInstanceOf(ShapeError);
    const regressor = mlpRegressor({ engine, epochs: 1 });
    await regressor.fit(X, [1, 2, 3]);
    expect(await thrownBy(() => regressor.score(new Float32Array(8), [1, 2]))).toBeInstanceOf(ShapeError);
    expect(await thrownBy(() => classifier.score(X, any(undefined)))).toBeInstanceOf(ValueError);
  });

  test('that diverge say so and keep the network they had', async () => {
    const classifier = mlpClassifier({ engine, epochs: 3, learningRate: 1e37 });
    expect(await thrownBy(() => classifier.fit(X, ['a', 'b', 'a']))).toBeInstanceOf(StateError);
    expect(await thrownBy(() => classifier.predict(X))).toBeInstanceOf(StateError);
  });

  test('refuse holes and what is no engine', async () => {
    // eslint-disable-next-line no-sparse-arrays -- what a caller may hand over
    const holes = ['a', , 'b'] as string[];
    expect(await thrownBy(() => mlpClassifier({ engine }).fit(X, holes))).toBeInstanceOf(ValueError);
    expect(await thrownBy(() => mlpClassifier({ engine: any(5) }))).toBeInstanceOf(ValueError);
  });

  test('give the answers of one network with its own labels and scale, while another takes its place', async () => {
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
        // Between microtasks, and now and then between tasks, which training waits for.
        await (turn % 100 === 99 ? new Promise(setImmediate) : undefined);
      }
    })();
    await Promise.all([classifier.fit(X, ['c', 'd', 'e']), regressor.fit(X, [1001, 1002, 1003])]);
    open = false;
    await watch;
    expect([...lengths]).toEqual([3]);
    expect(values.filter((value) => value > 10 && value < 900)).toEqual([]);
  });

  test('that are disposed in the middle of fit stay so', async () => {
    // Some hundred milliseconds at least: the end comes after ten epochs in which nothing is gained.
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

  test('that are disposed right after fit was called stay so, and can be fitted again', async () => {
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

  test('say that rows hold nothing', async () => {
    const thrown = await thrownBy(() => mlpClassifier({ engine }).fit([[], []], ['a', 'b']));
    expectError(thrown, ShapeError, 'mlpClassifier.fit: x expected at least one value per row, got none.');
  });
});
