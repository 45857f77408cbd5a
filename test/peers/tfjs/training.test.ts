/**
 * Cases of training_test.ts, callbacks_test.ts and models_test.ts in tfjs-layers/src (TensorFlow.js at 0fc04d9) of what
 * came after the first count: freezing, the baseline of early stopping, hooks before a batch, and models as layers.
 */
import { describe, expect, it } from 'vitest';
import { dense, earlyStopping, input, model, sequential, sgd, type Callback, type Model } from '../../../src/index.js';
import { expectClose, filled } from '../support.js';

const ones = { useBias: false, kernelInitializer: 'ones' } as const;

describe('training of TensorFlow.js', () => {
  it('two layers, freeze one layer', async () => {
    const net = await sequential({
      layers: [dense({ units: 10, ...ones, inputShape: [4], name: 'first' }), dense({ units: 1, ...ones })],
    });
    const [x, y] = [filled(5, 4, 1), filled(5, 1, 1)];
    const optimizer = sgd({ learningRate: 0.01 });
    const options = { batchSize: 5, epochs: 2, validationSplit: 0.2 };
    const weights = (): number[] => net.getWeights().map(({ data }) => data[0]);
    net.compile({ optimizer, loss: 'meanSquaredError' });
    const { history } = await net.fit(x, y, options);
    expectClose([history.loss], [[1521, 386.3584]], 0.01);
    expectClose([history.valLoss], [[386.3585, 1808.7343]], 0.01);
    expectClose([weights()], [[-0.61341441, -1.77405429]], 1e-5);

    net.getLayer('first').trainable = false;
    net.compile({ optimizer, loss: 'meanSquaredError' });
    const frozen = await net.fit(x, y, options);
    expectClose([frozen.history.loss], [[1808.7343, 75.3365]], 0.01);
    expectClose([frozen.history.valLoss], [[75.3365, 3.13788]], 0.001);
    expectClose([weights()], [[-0.61341441, -0.11295]], 1e-4);
  });

  it('trainable of a layer, set from a callback', async () => {
    // It takes effect at the next compile here, as in Keras; between two calls of fit.
    const net = await sequential({
      layers: [
        dense({ units: 3, activation: 'relu', kernelInitializer: 'ones', inputShape: [4], name: 'first' }),
        dense({ units: 1, kernelInitializer: 'ones', name: 'second' }),
      ],
    });
    const seen: number[][] = [];
    for (const trainable of [true, false, true]) {
      net.getLayer('first').trainable = trainable;
      net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
      await net.fit(filled(5, 4, 1), filled(5, 1, 1));
      seen.push([0, 2].map((index) => net.getWeights()[index].data[0]));
    }
    expect(seen[1][0]).toBe(seen[0][0]);
    expect(seen[2][0]).not.toBe(seen[1][0]);
    expect(seen[1][1]).not.toBe(seen[0][1]);
  });

  it('model.trainable respects layer.trainable: what is trained', async () => {
    const net = await sequential({
      layers: [dense({ units: 3, activation: 'relu', inputShape: [4], name: 'first' }), dense({ units: 1 })],
    });
    const trained = (): number => {
      net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
      return net.gradients(filled(1, 4, 1), [[1]]).length;
    };
    expect(trained()).toBe(4);
    net.getLayer('first').trainable = false;
    expect(trained()).toBe(2);
    net.getLayer('first').trainable = true;
    expect(trained()).toBe(4);
  });

  it('training with cosineProximity loss', async () => {
    const net = await sequential({
      layers: [dense({ units: 2, activation: 'softmax', useBias: false, kernelInitializer: 'ones', inputShape: [4] })],
    });
    net.compile({ optimizer: sgd({ learningRate: 0.01 }), loss: 'cosineSimilarity', checks: 'off' });
    const targets = Array.from({ length: 5 }, () => [1, 0]);
    const { history } = await net.fit(filled(5, 4, 1), targets, { batchSize: 5, epochs: 2, validationSplit: 0.2 });
    expect(history.loss[0]).toBeCloseTo(-0.70710688829422, 6);
    expect(history.loss).toHaveLength(2);
    expect(history.valLoss).toHaveLength(2);
    expect(history.loss[1]).toBeLessThan(history.loss[0]);
  });

  it('onBatchBegin and onBatchEnd', async () => {
    const net = await sequential({ layers: [dense({ units: 1, inputShape: [4] })] });
    net.compile({ optimizer: sgd(), loss: 'meanSquaredError' });
    const called: string[] = [];
    const callback: Callback = {
      onEpochBegin: (epoch) => called.push(`epoch ${epoch}`),
      onBatchBegin: (batch, { size }) => called.push(`begin ${batch}, ${size}`),
      onBatchEnd: (batch) => called.push(`end ${batch}`),
    };
    await net.fit(filled(5, 4, 1), filled(5, 1, 1), { batchSize: 3, epochs: 2, callbacks: [callback] });
    const epoch = ['begin 0, 3', 'end 0', 'begin 1, 2', 'end 1'];
    expect(called).toEqual(['epoch 0', ...epoch, 'epoch 1', ...epoch]);
  });
});

describe('early stopping of TensorFlow.js', () => {
  it('custom baseline: not stopping', async () => {
    // It is counted from the first improvement, as in Keras: TensorFlow.js ends at once where the first epoch is worse.
    const losses = [4, 4.5, 4.2];
    const net = await sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
    let epoch = 0;
    const scripted = { name: 'scripted', value: () => losses[epoch] };
    net.compile({ optimizer: sgd({ learningRate: 1e-6 }), loss: 'meanSquaredError', metrics: [scripted] });
    const callbacks = [
      earlyStopping({ monitor: 'scripted', mode: 'min', baseline: 5 }),
      { onEpochEnd: () => void (epoch += 1) },
    ];
    const trained = await net.fit([[1]], [[1]], { epochs: 3, callbacks });
    expect(trained.epoch).toHaveLength(2);
  });
});

/** A sequential model whose first layer is another one. */
async function nested(): Promise<{ inner: Model; outer: Model }> {
  const inner = await sequential({ layers: [dense({ units: 3, inputShape: [4] }), dense({ units: 2 })] });
  const outer = await sequential({ layers: [inner, dense({ units: 1 })] });
  return { inner, outer };
}

describe('nested models of TensorFlow.js', () => {
  it('getLayer() works for a nested sequential model', async () => {
    const { outer } = await nested();
    expect(outer.getLayer('dense').kind).toBe('dense');
    expect(() => outer.getLayer('absent')).toThrow(/absent/);
  });

  it('getWeights() works for a nested sequential model', async () => {
    const { inner, outer } = await nested();
    const shapes = outer.getWeights().map(({ shape }) => shape);
    expect(shapes).toEqual([[3, 4], [3], [2, 3], [2], [1, 2], [1]]);
    expect(outer.getWeights()[0].data).toEqual(inner.getWeights()[0].data);
  });

  it('setWeights() works for a nested sequential model', async () => {
    const { inner, outer } = await nested();
    outer.setWeights(outer.getWeights().map(({ shape, data }) => ({ shape, data: data.map(() => 2) })));
    for (const { data } of inner.getWeights()) expect(data.every((value) => value === 2)).toBe(true);
  });

  it('a functional model as a layer predicts what its layers predict', async () => {
    const { inner } = await nested();
    const x = input({ shape: [4] });
    const net = await model({ inputs: x, outputs: inner.apply(x) });
    expect(net.predict([[1, 2, 3, 4]])).toEqual(inner.predict([[1, 2, 3, 4]]));
  });
});
