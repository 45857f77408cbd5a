/**
 * `classWeight`: which class a row has under each loss, which rows have none, and that weights of one change nothing.
 */
import { describe, expect, test } from 'vitest';
import {
  dense,
  sequential,
  ValueError,
  type ActivationName,
  type ClassWeight,
  type LossName,
  type Model,
} from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const x = [
  [0.5, -1],
  [1, 0.25],
  [-0.75, 2],
];

async function network(units: number, activation: ActivationName, loss: LossName): Promise<Model> {
  const model = await sequential({ seed: 4, layers: [dense({ units, activation, inputShape: [2] })] });
  model.compile({ optimizer: 'sgd', loss });
  return model;
}

describe('one output: the code of the targets decides between class 0 and 1', () => {
  test.each([
    ['binaryCrossentropy', 'sigmoid', [0, 1, 1]],
    ['binaryCrossentropy', 'sigmoid', [0.1, 0.8, 0.9]],
    ['meanSquaredError', 'sigmoid', [0, 1, 1]],
    ['hinge', 'linear', [0, 1, 1]],
    ['hinge', 'linear', [-1, 1, 1]],
    ['meanSquaredError', 'tanh', [-1, 1, 1]],
    ['huber', 'tanh', [-0.25, 0.25, 0.5]],
  ] as const)('under %s on %s, targets %j', async (loss, activation, targets) => {
    const model = await network(1, activation, loss);
    const y = targets.map((target) => [target]);
    const byClass = model.gradients(x, y, { classWeight: { 0: 3, 1: 0.5 } });
    expect(byClass).toEqual(model.gradients(x, y, { sampleWeight: [3, 0.5, 0.5] }));
    expect(byClass).not.toEqual(model.gradients(x, y));
  });
});

describe('several outputs', () => {
  const oneHot = [
    [0, 0, 1],
    [1, 0, 0],
    [0, 1, 0],
  ];
  const signs = oneHot.map((row) => row.map((value) => 2 * value - 1));

  test.each([
    ['categoricalCrossentropy', 'softmax', oneHot],
    ['meanSquaredError', 'softmax', oneHot],
    ['hinge', 'linear', signs],
    ['halfSquaredError', 'sigmoid', oneHot],
  ] as const)('under %s on %s the class is the column of the largest target', async (loss, activation, y) => {
    const model = await network(3, activation, loss);
    const byClass = model.gradients(x, y, { classWeight: { 0: 2, 2: 5 } });
    expect(byClass).toEqual(model.gradients(x, y, { sampleWeight: [5, 2, 1] }));
  });

  const labels = [
    [1, 0, 0],
    [1, 0, 1],
    [0, 0, 0],
  ];
  const cases: [LossName, ActivationName, number[][], string][] = [
    ['binaryCrossentropy', 'sigmoid', labels, 'got 3 outputs that are yes or no each'],
    ['binaryCrossentropy', 'sigmoid', oneHot, 'got 3 outputs that are yes or no each'],
    ['meanSquaredError', 'sigmoid', labels, 'got [1,0,1] in row 1'],
    ['halfSquaredError', 'sigmoid', labels.slice().reverse(), 'got [0,0,0] in row 0'],
    ['hinge', 'linear', labels.map((row) => row.map((value) => 2 * value - 1)), 'got [1,-1,1] in row 1'],
  ];

  test.each(cases)(
    'under %s on %s independent labels have no class and are refused, %#',
    async (loss, activation, y, got) => {
      const message = (where: string): string =>
        `${where}: classWeight expected one class per row, ${got}. Use sampleWeight.`;
      const model = await network(3, activation, loss);
      const before = model.save();
      const options = { classWeight: { 1: 4 } };
      expectError(await thrownBy(() => model.fit(x, y, options)), ValueError, message('fit'));
      expectError(await thrownBy(() => model.fit(x, y, { ...options, runIn: 'worker' })), ValueError, message('fit'));
      expectError(await thrownBy(() => model.trainOnBatch(x, y, options)), ValueError, message('trainOnBatch'));
      expectError(await thrownBy(() => model.gradients(x, y, options)), ValueError, message('gradients'));
      function* batches(): Generator<[number[][], number[][]]> {
        yield [x, y];
      }
      expectError(await thrownBy(() => model.fit(batches, options)), ValueError, message('fit: batch 0 of epoch 0'));
      expect(model.save()).toEqual(before);
    },
  );

  test.each(cases)(
    'under %s on %s weights of one change nothing, whatever the targets, %#',
    async (loss, activation, y) => {
      const ones: ClassWeight[] = [{}, { 0: 1, 2: 1 }, [1, 1, 1]];
      for (const classWeight of ones) {
        const [plain, weighted] = await Promise.all([0, 1].map(() => network(3, activation, loss)));
        const logs = await plain.fit(x, y, { epochs: 2, batchSize: 2 });
        expect(await weighted.fit(x, y, { epochs: 2, batchSize: 2, classWeight })).toEqual(logs);
        expect(weighted.save()).toEqual(plain.save());
      }
    },
  );
});
