/** `compareQuantized` against differences that are known. */
import { expect, test } from 'vitest';
import { compareQuantized, createEngineSync, dense, type Model } from '../../src/index.js';

const engine = createEngineSync();

/** A model of one row of weights for each unit. */
function linear(weights: readonly (readonly number[])[], activation: 'linear' | 'sigmoid' = 'linear'): Model {
  const [units, inputs] = [weights.length, weights[0].length];
  const model = engine.sequential({ layers: [dense({ units, activation, useBias: false, inputShape: [inputs] })] });
  model.setWeights([{ shape: [units, inputs], data: weights.flat() }]);
  return model;
}

test('differences, their mean beside the magnitude, and changed decisions', () => {
  const [one, other] = [
    linear([
      [1, 0],
      [0, 1],
    ]),
    linear([
      [1, 0],
      [0, 1.5],
    ]),
  ];
  const report = compareQuantized(one, other, [
    [4, 2],
    [4, 3],
    [1, 2],
  ]);
  expect(report).toEqual({
    rows: 3,
    outputs: [{ output: 'dense', largest: 1.5, mean: 3.5 / 6, magnitude: 16 / 6, changedDecisions: 1 }],
    layers: [{ name: 'dense', weights: 'float32' }],
  });
});

test('one value decides where it is a probability', () => {
  const rows = [[1], [-1], [0.2]];
  expect(compareQuantized(linear([[1]]), linear([[-1]]), rows).outputs[0].changedDecisions).toBeUndefined();
  expect(compareQuantized(linear([[1]], 'sigmoid'), linear([[-1]], 'sigmoid'), rows).outputs[0].changedDecisions).toBe(
    3,
  );
});

test('models that do not fit are refused', () => {
  expect(() => compareQuantized(linear([[1]]), linear([[1, 2]]), [[1]])).toThrow(
    'compareQuantized: quantized expected the inputs and outputs of float, 1 → 1, got 2 → 1.',
  );
  expect(() => compareQuantized(linear([[1]]), Object(1) as Model, [[1]])).toThrow(
    'compareQuantized: quantized expected a model',
  );
});
