/**
 * Cases of optax/transforms (Optax at 2edbcbe): accumulated gradients, frozen parameters, weights held at 0 or above.
 */
import { describe, expect, it } from 'vitest';
import { adamw, dense, sequential, sgd, type CustomLoss, type Model } from '../../../src/index.js';
import { expectClose, filled, weightsAsOutputs } from '../support.js';

describe('accumulation of Optax', () => {
  it('multi_steps', async () => {
    const net = await sequential({ seed: 1, layers: [dense({ units: 10, inputShape: [7] })] });
    net.compile({ optimizer: adamw({ learningRate: 1e-4, accumulate: 4 }), loss: 'halfSquaredError' });
    const [x, y] = [filled(32, 7, 1), filled(32, 10, 0)];
    let before = net.evaluate(x, y).loss;
    for (let call = 0; call < 20; call++) {
      net.trainOnBatch(x, y);
      const { loss } = net.evaluate(x, y);
      if (call % 4 < 3) expect(loss).toBe(before);
      else expect(loss).toBeLessThan(before);
      before = loss;
    }
  });

  it('multi_steps_computes_mean', async () => {
    const net = await weightsAsOutputs([0], sgd({ learningRate: 1, accumulate: 4 }));
    for (const gradient of [1, 2, 3, 4]) net.trainOnBatch([[1]], [[-gradient]]);
    expectClose([[...net.getWeights()[0].data]], [[2.5]], 1e-6);
  });
});

/** A loss whose gradient is the targets. */
const LINEAR: CustomLoss = {
  name: 'linear',
  value: (y, t) => y.reduce((total, value, i) => total + value * t[i], 0),
  gradient: (_y, t) => t,
};

/** Two layers, and their weights after one update of gradient descent at rate 1, some of them frozen before. */
async function stepped(frozen: readonly string[]): Promise<{ net: Model; before: number[][]; after: number[][] }> {
  const net = await sequential({
    seed: 1,
    layers: [dense({ units: 1, inputShape: [2], name: 'first' }), dense({ units: 2, name: 'second' })],
  });
  for (const name of frozen) net.getLayer(name).trainable = false;
  net.compile({ optimizer: sgd({ learningRate: 1 }), loss: LINEAR, checks: 'off' });
  const weights = (): number[][] => net.getWeights().map(({ data }) => [...data]);
  const before = weights();
  net.trainOnBatch([[1, 2]], [[0.4, 0.5]]);
  return { net, before, after: weights() };
}

describe('freezing of Optax', () => {
  it.each([
    ['nested_partial', ['first']],
    ['freeze_all', ['first', 'second']],
    ['freeze_none', []],
  ])('freeze_updates: %s', async (_title, frozen) => {
    const { before, after } = await stepped(frozen);
    const names = ['first', 'first', 'second', 'second'];
    for (const [i, name] of names.entries()) {
      if (frozen.includes(name)) expect(after[i]).toEqual(before[i]);
      else expect(after[i]).not.toEqual(before[i]);
    }
  });

  it('selective_transform_effect: nested_selective', async () => {
    const { before, after } = await stepped(['first']);
    expectClose([after[3]], [[before[3][0] - 0.4, before[3][1] - 0.5]], 1e-6);
  });
});

describe('constraints of Optax', () => {
  it('keep_params_nonnegative', async () => {
    const gradient = [500, -500, 0];
    for (const [start, plain, held] of [
      [-1, [-6, 4, -1], [0, 4, 0]],
      [1, [-4, 6, 1], [0, 6, 1]],
      [0, [-5, 5, 0], [0, 5, 0]],
    ] as const) {
      for (const [constraint, expected] of [
        [undefined, plain],
        ['nonNegative', held],
      ] as const) {
        const net = await sequential({
          layers: [
            dense({
              units: 3,
              useBias: false,
              inputShape: [1],
              ...(constraint && { kernelConstraint: constraint }),
            }),
          ],
        });
        net.setWeights([{ shape: [3, 1], data: new Float32Array(3).fill(start) }]);
        net.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: LINEAR, checks: 'off' });
        net.trainOnBatch([[1]], [gradient]);
        expectClose([[...net.getWeights()[0].data]], [expected], 1e-6);
      }
    }
  });
});
