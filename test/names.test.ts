/** Names that clash: of outputs, logs and weights, and with what every object has. */
import { describe, expect, test } from 'vitest';
import { add, createEngine, dense, input, prelu, ValueError } from '../src/index.js';
import { expectError, thrownBy, X } from './reference/refusals.js';

const engine = await createEngine();

const x = input({ shape: [2] });

describe('names', () => {
  test('of outputs are all different', () => {
    const d = dense({ units: 1, name: 'd' });
    const z = dense({ units: 2, name: 'z' }).apply(x);
    const model = engine.model({
      inputs: x,
      outputs: [d.apply(x), d.apply(z), dense({ units: 1, name: 'd_1' }).apply(x)],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect(
      Object.keys(
        model.evaluate(X, [
          [[1], [1], [1]],
          [[1], [1], [1]],
          [[1], [1], [1]],
        ]),
      ).length,
    ).toBe(4);
  });

  test('that make one key of two logs are refused', async () => {
    const model = engine.model({
      inputs: x,
      outputs: [dense({ units: 1, name: 'val' }).apply(x), dense({ units: 1 }).apply(x)],
    });
    const thrown = await thrownBy(() => model.compile({ optimizer: 'sgd', loss: 'hinge' }));
    expectError(
      thrown,
      ValueError,
      'compile: outputs expected names that give each log a key of its own, got "valLoss" twice. Rename the layer.',
    );
  });

  test('of weights are all different, and none is a moment’s', async () => {
    const a = dense({ units: 2, activation: 'prelu', name: 'a' }).apply(x);
    const twice = await thrownBy(() => engine.model({ inputs: x, outputs: prelu({ name: 'a.activation' }).apply(a) }));
    expectError(
      twice,
      ValueError,
      'model: weights expected different names, got "a.activation.weight" twice. Rename a layer.',
    );
    const moment = await thrownBy(() =>
      engine.model({ inputs: x, outputs: dense({ units: 1, name: 'optimizer.m' }).apply(x) }),
    );
    expect(moment).toBeInstanceOf(ValueError);
  });

  test('may be those of methods that every object has', async () => {
    const constructor = { name: 'constructor', value: () => 2 };
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [constructor] });
    const { history } = await model.fit(X, [[1], [2], [3]], { epochs: 2 });
    expect(history.constructor).toEqual([2, 2]);
    const graph = engine.model({
      inputs: x,
      outputs: [dense({ units: 1, name: 'constructor' }).apply(x), dense({ units: 1, name: 'b' }).apply(x)],
    });
    graph.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: { b: ['r2'] } });
    const targets = [[1], [2], [3]];
    expect(Object.keys(graph.evaluate(X, { constructor: targets, b: targets }))).toEqual([
      'loss',
      'constructorLoss',
      'bLoss',
      'bR2',
    ]);
  });

  test('of inputs may be those of getters of a class', () => {
    const pair = [input({ shape: [1], name: 'a' }), input({ shape: [1], name: 'b' })];
    const model = engine.model({ inputs: pair, outputs: add().apply(pair) });
    class Rows {
      get a() {
        return [[1], [2]];
      }
      get b() {
        return [[10], [20]];
      }
    }
    expect([...model.predict(new Rows() as never)]).toEqual([11, 22]);
  });
});
