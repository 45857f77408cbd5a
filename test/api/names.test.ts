/** Names that clash: names of outputs, logs and weights with each other, and with members that every object has. */
import { describe, expect, test } from 'vitest';
import {
  add,
  createEngine,
  csvLogger,
  dense,
  earlyStopping,
  input,
  loadModel,
  prelu,
  ValueError,
  type Logs,
} from '../../src/index.js';
import { expectError, thrownBy, X } from '../support/reference/refusals.js';

const engine = await createEngine();

const x = input({ shape: [2] });

describe('names', () => {
  test('outputs get different names', () => {
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

  test('names that would give two logs the same key are refused', async () => {
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

  test('weights must differ in name from each other and from optimizer state', async () => {
    const a = dense({ units: 2, activation: 'prelu', name: 'a' }).apply(x);
    const twice = await thrownBy(() => engine.model({ inputs: x, outputs: prelu({ name: 'a.activation' }).apply(a) }));
    expectError(
      twice,
      ValueError,
      'model: weights expected different names, got "a.activation.weight" twice. Rename a layer.',
    );
    const reserved = await thrownBy(() =>
      engine.model({ inputs: x, outputs: dense({ units: 1, name: 'optimizer.m' }).apply(x) }),
    );
    expect(reserved).toBeInstanceOf(ValueError);
  });

  test('a name may equal that of a method that every object has', async () => {
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

  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', '__defineSetter__'])(
    'metrics, losses, activations, inputs and outputs may be called %s',
    async (name) => {
      const value = (): number => 2;
      const metric = { name, value };
      const loss = { name, value: () => 3, gradient: (y: Float32Array) => y.map(() => 0) };
      const own = {
        name,
        forward: (z: Float32Array) => z.slice(),
        derivative: (z: Float32Array) => z.map(() => 1),
      };
      const lines: string[] = [];
      const batches: object[] = [];
      const callbacks = [
        csvLogger((line) => lines.push(line)),
        earlyStopping({ monitor: name, mode: 'max', patience: 9 }),
        { onBatchEnd: (_: number, logs: Logs) => batches.push(logs) },
      ];
      const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2], activation: own, name })] });
      model.compile({ optimizer: 'sgd', loss, metrics: [metric] });
      const targets = [[1], [2], [3]];
      const { history } = await model.fit(X, targets, { epochs: 2, validationData: [X, targets], callbacks });
      const validation = `val${name[0].toUpperCase()}${name.slice(1)}`;
      expect(Object.entries(history)).toEqual([
        ['loss', [3, 3]],
        [name, [2, 2]],
        ['valLoss', [3, 3]],
        [validation, [2, 2]],
      ]);
      expect(lines[0]).toBe(`epoch,loss,${name},valLoss,${validation}\n`);
      expect(lines[1]).toBe('0,3,2,3,2\n');
      expect(Object.entries(batches[0])).toEqual([
        ['loss', 3],
        [name, 2],
        ['size', 3],
      ]);
      for (const logs of [model.evaluate(X, targets), model.trainOnBatch(X, targets)]) {
        expect(Object.entries(logs)).toEqual([
          ['loss', 3],
          [name, 2],
        ]);
      }
      const again = await loadModel(model.save(), { custom: [metric, { ...loss, name }, own] as never });
      expect(again.predict(X)).toEqual(model.predict(X));

      const inputs = [input({ shape: [2], name }), input({ shape: [2], name: 'other' })];
      const sum = engine.model({ inputs, outputs: add().apply(inputs) });
      expect([...sum.predict({ [name]: X, other: X })]).toEqual(
        X.flat().map((one) => Math.fround(2 * Math.fround(one))),
      );

      const outputs = [dense({ units: 1, name }).apply(x), dense({ units: 1, name: 'z' }).apply(x)];
      const graph = engine.model({ inputs: x, outputs });
      const lossWeights = { [name]: 2, z: 0 };
      graph.compile({
        optimizer: 'sgd',
        loss: { [name]: 'huber', z: 'meanAbsoluteError' },
        lossWeights,
        metrics: { [name]: [metric] },
      });
      const logs = graph.evaluate(X, { [name]: targets, z: targets });
      expect(Object.keys(logs)).toEqual(['loss', `${name}Loss`, `${name}${validation.slice(3)}`, 'zLoss']);
      expect(logs.loss).toBe(2 * logs[`${name}Loss`]);
    },
  );

  test('inputs may be getters of a class', () => {
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
