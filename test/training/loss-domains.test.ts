/** Targets outside of a loss's domain are refused by every call that takes targets, before anything changes. */
import { describe, expect, test } from 'vitest';
import { dense, sequential, ValueError, type LossName, type Model } from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

async function modelFor(loss: LossName): Promise<Model> {
  const model = await sequential({ seed: 1, layers: [dense({ units: 2, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss, checks: 'off' });
  return model;
}

const calls = {
  fit: (model: Model, y: number[][]) => model.fit([[1], [2]], y),
  evaluate: (model: Model, y: number[][]) => model.evaluate([[1], [2]], y),
  trainOnBatch: (model: Model, y: number[][]) => model.trainOnBatch([[1], [2]], y),
  gradients: (model: Model, y: number[][]) => model.gradients([[1], [2]], y),
  diagnose: (model: Model, y: number[][]) => model.diagnose([[1], [2]], y),
};

const cases: [loss: LossName, target: number, expected: string][] = [
  ['binaryCrossentropy', -0.5, 'values from 0 to 1'],
  ['binaryCrossentropy', 1.5, 'values from 0 to 1'],
  ['categoricalCrossentropy', -1, 'values from 0 to 1'],
  ['categoricalCrossentropy', 2, 'values from 0 to 1'],
  ['hinge', 0.5, 'values among -1, 0, 1'],
  ['hinge', 2, 'values among -1, 0, 1'],
];

describe.each(cases)('%s refuses a target of %d', (loss, target, expected) => {
  test.each(Object.entries(calls))('in %s', async (name, call) => {
    const model = await modelFor(loss);
    const before = model.save();
    const thrown = await thrownBy(() => call(model, [[1, 0], [0, target]])); // prettier-ignore
    const message = `${name}: y expected ${expected} for this loss, got ${target} in row 1, column 1.`;
    expectError(thrown, ValueError, message);
    expect(model.save()).toEqual(before);
  });
});

test.each([
  ['hinge', [-1, 0, 1]],
  ['binaryCrossentropy', [0, 0.25, 1]],
  ['categoricalCrossentropy', [0, 0.25, 1]],
  ['meanSquaredError', [-1e6, 0.3, 1e6]],
] as const)('%s accepts targets %j', async (loss, targets) => {
  const model = await modelFor(loss);
  for (const target of targets) {
    expect(Number.isFinite(model.trainOnBatch([[0.5]], [[target, target]]).loss)).toBe(true);
  }
});
