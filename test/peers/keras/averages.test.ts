/**
 * Cases of keras/src/optimizers and keras/src/callbacks (Keras at 3422977) of moving averages of weights. Each update
 * is a call of trainOnBatch with a gradient of choice.
 */
import { describe, expect, it } from 'vitest';
import { adam, dense, sequential, sgd, type Model, type Optimizer } from '../../../src/index.js';
import { expectClose, uniform, weightsAsOutputs, type Matrix } from '../support.js';

/** Weights, and their average, after each update with the gradient. */
async function averages(
  optimizer: Optimizer,
  start: number[],
  gradient: number[],
  updates: number,
): Promise<{ weights: Matrix; averaged: Matrix }> {
  const net = await weightsAsOutputs(start, optimizer);
  const [weights, averaged]: number[][][] = [[], []];
  for (let update = 0; update < updates; update++) {
    net.trainOnBatch([[1]], [gradient]);
    weights.push([...net.getWeights()[0].data]);
    averaged.push([...net.getAveragedWeights()[0].data]);
  }
  return { weights, averaged };
}

const mixed = (before: readonly number[], after: readonly number[]): number[] =>
  before.map((value, i) => 0.9 * value + 0.1 * after[i]);

/** A network that trains on ten rows for two epochs, and its last loss of validation. */
async function trained(optimizer: Optimizer): Promise<{ net: Model; valLoss: number; x: Matrix; y: Matrix }> {
  const net = await sequential({
    layers: [dense({ units: 2, useBias: false, kernelInitializer: 'ones', inputShape: [3] })],
  });
  net.compile({ optimizer, loss: 'meanSquaredError' });
  const x = uniform(2023, 10, 3);
  const y = x.map((_row, i) => [i % 2, 1 - (i % 2)]);
  const { history } = await net.fit(x, y, { epochs: 2, batchSize: 4, validationData: [x, y] });
  return { net, valLoss: history.valLoss[1], x, y };
}

describe('moving averages of Keras', () => {
  it('Adam: ema', async () => {
    const { weights, averaged } = await averages(
      adam({ learningRate: 1, ema: { momentum: 0.9 } }),
      [1, 2],
      [0.1, 0.2],
      2,
    );
    expectClose(averaged, [weights[0], mixed(weights[0], weights[1])], 1e-6);

    const net = await sequential({
      layers: [dense({ units: 10, useBias: false, kernelInitializer: 'ones', inputShape: [5] })],
    });
    net.compile({ optimizer: adam({ ema: { momentum: 0.9 } }), loss: 'meanSquaredError' });
    await net.fit([[1, 1, 1, 1, 1]], [Array.from({ length: 10 }, () => 0)]);
    expect(net.getWeights()[0].data).toEqual(net.getAveragedWeights()[0].data);
  });

  it('Adam: ema_overwrite_frequency', async () => {
    const plain = await averages(adam({ learningRate: 1, ema: { momentum: 0.9 } }), [1, 2], [0.1, 0.2], 2);
    const { weights, averaged } = await averages(
      adam({ learningRate: 1, ema: { momentum: 0.9, overwriteFrequency: 2 } }),
      [1, 2],
      [0.1, 0.2],
      2,
    );
    expectClose([weights[0]], [plain.weights[0]], 0);
    const expected = mixed(plain.weights[0], plain.weights[1]);
    expectClose([weights[1], averaged[1]], [expected, expected], 1e-6);
  });

  it('SGD: ema', async () => {
    const optimizer = sgd({ learningRate: 1, ema: { momentum: 0.9, overwriteFrequency: 3 } });
    const { weights, averaged } = await averages(optimizer, [3, 4, 5, 6], [1, 1, 1, 1], 3);
    const expected = [
      [2, 3, 4, 5],
      [1.9, 2.9, 3.9, 4.9],
      [1.71, 2.71, 3.71, 4.71],
    ];
    expectClose(averaged, expected, 1e-6);
    expectClose(weights, [expected[0], [1, 2, 3, 4], expected[2]], 1e-6);
  });

  it('SGD: ema with fit', async () => {
    const net = await sequential({
      layers: [dense({ units: 2, useBias: false, kernelInitializer: 'ones', inputShape: [1] })],
    });
    net.compile({ optimizer: sgd({ learningRate: 0.1, ema: { momentum: 0.9 } }), loss: 'meanSquaredError' });
    await net.fit([[1]], [[0, 0]], { batchSize: 1, epochs: 2 });
    expectClose([[...net.getWeights()[0].data]], [[0.891, 0.891]], 1e-5);
  });

  it('SwapEMAWeights: without it, validation uses the weights, and evaluation after fit their average', async () => {
    const averaged = await trained(sgd({ ema: { momentum: 0.9 } }));
    expect(averaged.net.evaluate(averaged.x, averaged.y).loss).not.toBe(averaged.valLoss);
    const plain = await trained(sgd());
    expect(plain.valLoss).toBe(averaged.valLoss);
    expect(plain.net.evaluate(plain.x, plain.y).loss).toBe(plain.valLoss);
  });
});
