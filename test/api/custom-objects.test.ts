/**
 * Custom (user-defined) functions: they may call back into the model or engine that called them, return values of the
 * wrong kind, or share a name. Wrong options of such objects are in test/errors/custom.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { createEngine, dense, input, sgd, StateError, ValueError, type Model } from '../../src/index.js';
import { any, expectError, thrownBy, X, Y } from '../support/reference/refusals.js';

const engine = await createEngine();

describe('custom functions', () => {
  test('cannot change the model whose step calls them', async () => {
    const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
    const tried: Error[] = [];
    const acts = [
      () => model.dispose(),
      () => model.compile({ optimizer: 'sgd', loss: 'hinge' }),
      () => model.evaluate(X, Y),
      () => model.predict(X),
      () => model.setWeights([]),
    ];
    const loss = {
      name: 'reaching',
      value: () => 0,
      gradient: (y: Float32Array) => y.map(() => 1),
    };
    for (const act of acts) {
      const reaching = {
        ...loss,
        value: () => {
          act();
          return 0;
        },
      };
      model.compile({ optimizer: 'sgd', loss: reaching });
      for (const step of [() => model.trainOnBatch(X, Y), () => model.evaluate(X, Y), () => model.fit(X, Y)]) {
        tried.push(await thrownBy(step));
      }
    }
    for (const error of tried) {
      expect(error).toBeInstanceOf(StateError);
      expect(error.message).toMatch(
        /: a model at rest expected, got one in the middle of a step that called this function\.$/,
      );
    }
    // The model is at rest again.
    model.compile({ optimizer: 'sgd', loss });
    expect(model.trainOnBatch(X, Y).loss).toBe(0);
    model.dispose();
  });

  test('cannot dispose the engine in the middle of a step: the engine refuses before it disposes any model', async () => {
    const engine = await createEngine();
    const [other, model] = [0, 1].map(() =>
      engine.sequential({
        layers: [
          dense({
            units: 1,
            inputShape: [1],
            activation: {
              name: 'ending',
              forward: (z: Float32Array) => {
                if (z[0] > 5) engine.dispose();
                return z;
              },
              derivative: (z: Float32Array) => z.map(() => 1),
            },
            kernelInitializer: 'ones',
          }),
        ],
      }),
    );
    expect(await thrownBy(() => model.predict([[6]]))).toBeInstanceOf(StateError);
    expect([...other.predict([[1]]), ...model.predict([[2]])]).toEqual([1, 2]);
    engine.dispose();
    expect(await thrownBy(() => model.predict([[1]]))).toBeInstanceOf(StateError);
  });

  test('may share a name where their kinds differ', () => {
    const activation = {
      name: 'mine',
      forward: (z: Float32Array) => z,
      derivative: (z: Float32Array) => z.map(() => 1),
    };
    const loss = { name: 'mine', value: () => 1, gradient: (y: Float32Array) => y.map(() => 0) };
    const model = engine.sequential({ layers: [dense({ units: 3, activation, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss });
    for (const custom of [
      [activation, loss],
      [loss, activation],
    ]) {
      expect(engine.loadModel(model.save(), { custom }).evaluate(X, Y)).toEqual(model.evaluate(X, Y));
    }
  });

  test('must return numbers', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: any({ name: 'word', value: () => 0, gradient: () => ['oops'] }) });
    const thrown = await thrownBy(() => model.trainOnBatch([[1, 2]], [[1]]));
    expectError(thrown, ValueError, 'loss "word": gradient expected numbers, got "oops" at index 0.');
  });

  test('of one name and one kind are refused, since a file could not tell them apart', async () => {
    const scaled = (factor: number) => ({
      name: 'scaled',
      forward: (z: Float32Array) => z.map((value) => factor * value),
      derivative: (z: Float32Array) => z.map(() => factor),
    });
    const [one, other] = [scaled(2), scaled(-1)];
    const layers = (first: typeof one, second: typeof one) => [
      dense({ units: 1, activation: first, inputShape: [1] }),
      dense({ units: 1, activation: second }),
    ];
    expect(engine.sequential({ layers: layers(one, one) }).parameterCount).toBe(4);
    expectError(
      await thrownBy(() => engine.sequential({ layers: layers(one, other) })),
      ValueError,
      'sequential: custom objects expected to have different names, got "scaled" twice.',
    );
    const loss = (value: number) => ({
      name: 'own',
      value: () => value,
      gradient: (y: Float32Array) => y.map(() => 0),
    });
    const x = input({ shape: [1] });
    const two = engine.model({ inputs: x, outputs: [dense({ units: 1 }).apply(x), dense({ units: 1 }).apply(x)] });
    const thrown = await thrownBy(() => two.compile({ optimizer: 'sgd', loss: [loss(1), loss(2)] }));
    expectError(thrown, ValueError, 'compile: loss: custom objects expected to have different names, got "own" twice.');
  });

  test.each([
    ['disposes the model', (model: Model) => model.dispose()],
    ['disposes the engine', () => engine.dispose()],
    ['compiles the model again', (model: Model) => model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })],
    ['trains the model on other data', (model: Model) => void model.trainOnBatch([[9]], [[9]])],
  ])('a schedule that %s is refused and leaves weights and counters unchanged', async (_what, act) => {
    const model: Model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    let calls = 0;
    const rate = (): number => {
      if (calls++ === 1) act(model);
      return 0.1;
    };
    model.compile({ optimizer: sgd({ learningRate: { name: 'own', rate } }), loss: 'meanSquaredError' });
    model.trainOnBatch([[1]], [[3]]);
    const before = model.getWeights();
    expect(await thrownBy(() => model.trainOnBatch([[1]], [[3]]))).toBeInstanceOf(StateError);
    expect(model.getWeights()).toEqual(before);
    expect(model.stepCount).toBe(1);
    model.trainOnBatch([[1]], [[3]]);
    expect(model.stepCount).toBe(2);
    model.dispose();
  });

  test('an initializer that disposes the engine is refused', async () => {
    const own = await createEngine();
    const values = (): Float32Array => {
      own.dispose();
      return new Float32Array(1);
    };
    const make = (): Model =>
      own.sequential({ layers: [dense({ units: 1, kernelInitializer: { name: 'own', values }, inputShape: [1] })] });
    expectError(
      await thrownBy(make),
      StateError,
      'dispose: an engine at rest expected, got one in the middle of making a model.',
    );
    expect(own.sequential({ layers: [dense({ units: 1, inputShape: [1] })] }).parameterCount).toBe(2);
    own.dispose();
  });
});
