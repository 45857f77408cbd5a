/**
 * Cases of keras/src/layers (Keras at 3422977) of layers and options that came after the first count: embedding,
 * dropout for SELU and with normal factors, activity regularization, normalization by the root mean square or without
 * scale and centre, dot products, and freezing. Tensors of higher rank are their rows.
 */
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  alphaDropout,
  batchNormalization,
  dense,
  dot,
  embedding,
  gaussianDropout,
  input,
  layerNormalization,
  model,
  rmsNormalization,
  sequential,
  sgd,
  type Layer,
} from '../../../src/index.js';
import { expectClose, filled, layerOf, mergeOf, trainingOutputsOf, uniform } from '../support.js';

const deviation = (values: number[]): number => {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
};

/** Number of weights of a layer, learned or not, and how many of them are trained. */
async function weightsOf(layer: Layer, width: number): Promise<string[]> {
  const x = input({ shape: [width] });
  const net = await model({ inputs: x, outputs: layer.apply(x) });
  return net.getWeights().map(({ name, shape }) => `${name.replace(/^.*\./, '')} ${shape.join('×')}`);
}

describe('embedding of Keras', () => {
  it('basics: one weight, vectors side by side', async () => {
    expect(await weightsOf(embedding({ inputDim: 4, outputDim: 3 }), 2)).toEqual(['weight 4×3']);
    const [row] = await layerOf(embedding({ inputDim: 4, outputDim: 3 }), [[1, 3]]);
    expect(row).toHaveLength(6);
  });

  it('correctness', async () => {
    const net = await sequential({ layers: [embedding({ inputDim: 3, outputDim: 2, inputShape: [1] })] });
    net.setWeights([{ shape: [3, 2], data: Float32Array.of(0, 0, 2, 2, 3, 3) }]);
    expect([...net.predict([[2], [1], [0]])]).toEqual([3, 3, 2, 2, 0, 0]);
  });
});

describe.each([
  ['AlphaDropout', alphaDropout],
  ['GaussianDropout', gaussianDropout],
])('%s of Keras', (_name, layer) => {
  it('basics: no weights, nothing changes in prediction', async () => {
    expect(await weightsOf(layer({ rate: 0.2 }), 3)).toEqual([]);
    const rows = uniform(1, 2, 3).map((row) => row.map(Math.fround));
    expect(await layerOf(layer({ rate: 0.2 }), rows)).toEqual(rows);
  });
});

describe('dropout of Keras', () => {
  it('AlphaDropout: correctness', async () => {
    const outputs = await trainingOutputsOf(alphaDropout({ rate: 0.3 }), filled(20, 500, 1));
    expect(Math.abs(deviation(outputs.flat()) - 1)).toBeLessThan(0.1);
  });

  it.each([-0.5, 1.5])('AlphaDropout: a rate of %d is refused', (rate) => {
    expect(() => alphaDropout({ rate })).toThrow(/rate/);
  });

  it('GaussianDropout: correctness', async () => {
    const outputs = await trainingOutputsOf(gaussianDropout({ rate: 0.3 }), filled(20, 500, 1));
    expect(Math.abs(deviation(outputs.flat()) - Math.sqrt(0.3 / 0.7))).toBeLessThan(0.02);
  });
});

describe('activity regularization of Keras', () => {
  it('basics: no weights, nothing changes in prediction', async () => {
    const layer = activityRegularization({ l1: 0.1, l2: 0.2 });
    expect(await weightsOf(layer, 3)).toEqual([]);
    expect(await layerOf(layer, [[1, 2, 3]])).toEqual([[1, 2, 3]]);
  });
});

describe('normalization of Keras', () => {
  it('RMSNormalization: basics', async () => {
    expect(await weightsOf(rmsNormalization(), 2)).toEqual(['weight 2']);
  });

  it('RMSNormalization: correctness', async () => {
    const rows = uniform(5, 1000, 2).map((row) => row.map((value) => 40 * value - 15));
    const expected = rows.map(([a, b]) => [a, b].map((value) => value / Math.sqrt((a * a + b * b) / 2)));
    expectClose(await layerOf(rmsNormalization(), rows), expected, 1e-2);
  });

  it('RMSNormalization: output', async () => {
    const [row] = await layerOf(rmsNormalization({ epsilon: 1e-6 }), [[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    const expected = [
      0, 0.18731716, 0.37463433, 0.5619515, 0.74926865, 0.9365858, 1.123903, 1.3112202, 1.4985373, 1.6858544,
    ];
    expectClose([row], [expected], 1e-6);
  });

  it('LayerNormalization: basics, without scale and center', async () => {
    expect(await weightsOf(layerNormalization({ scale: false, center: false }), 3)).toEqual([]);
    expect(await weightsOf(layerNormalization(), 3)).toEqual(['weight 3', 'bias 3']);
  });

  it('BatchNormalization: basics, without scale and center', async () => {
    const running = ['running_mean 3', 'running_var 3'];
    expect(await weightsOf(batchNormalization({ scale: false, center: false }), 3)).toEqual(running);
    expect(await weightsOf(batchNormalization(), 3)).toEqual(['weight 3', 'bias 3', ...running]);
  });

  it('BatchNormalization: trainable behavior', async () => {
    // Frozen, it normalizes by its running statistics in training as well, and keeps them.
    const net = await sequential({ layers: [batchNormalization({ inputShape: [4] })] });
    net.getLayer('batchNormalization').trainable = false;
    net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    const rows = uniform(7, 200, 4).map((row) => row.map((value) => 10 * value));
    const before = net.getWeights().map(({ data }) => [...data]);
    const { loss } = net.trainOnBatch(rows, rows);
    expect(loss).toBeLessThan(1e-6);
    expect(net.getWeights().map(({ data }) => [...data])).toEqual(before);
    net.getLayer('batchNormalization').trainable = true;
    net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    expect(net.trainOnBatch(rows, rows).loss).toBeGreaterThan(1);
    expect(net.getWeights()[2].data[0]).toBeGreaterThan(0.1);
  });
});

describe('dot of Keras, 2 dimensions', () => {
  it('basic: no weights', async () => {
    const inputs = [input({ shape: [4] }), input({ shape: [4] })];
    const net = await model({ inputs, outputs: dot().apply(inputs) });
    expect(net.parameterCount).toBe(0);
  });

  it.each([
    ['static', 2],
    ['dynamic', 33],
  ])('correctness, %s', async (_title, rows) => {
    const [a, b] = [uniform(rows, rows, 4), uniform(rows + 1, rows, 4)];
    const expected = a.map((row, r) => [row.reduce((total, value, i) => total + value * b[r][i], 0)]);
    expectClose(await mergeOf(dot(), a, b), expected, 1e-6);
  });
});

describe('layers of Keras', () => {
  it('trainable setting, and as an option of a layer', async () => {
    const net = await sequential({
      layers: [dense({ units: 2, inputShape: [3] }), dense({ units: 1, trainable: false })],
    });
    expect(net.layers.filter(({ trainable }) => !trainable)).toHaveLength(1);
    for (const layer of net.layers) layer.trainable = false;
    net.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
    const before = net.getWeights().map(({ data }) => [...data]);
    net.trainOnBatch([[1, 2, 3]], [[10]]);
    expect(net.getWeights().map(({ data }) => [...data])).toEqual(before);
  });
});
