/**
 * Cases of normalization_test.ts, noise_test.ts and embeddings_test.ts in tfjs-layers/src/layers (TensorFlow.js at
 * 0fc04d9) of layers and options that came after the first count.
 */
import { describe, expect, it } from 'vitest';
import {
  alphaDropout,
  batchNormalization,
  embedding,
  gaussianDropout,
  input,
  layerNormalization,
  model,
  sequential,
  type Layer,
} from '../../../src/index.js';
import { expectClose, filled, layerOf, trainingOutputsOf } from '../support.js';

const ROWS = [
  [1, 2],
  [3, 4],
];

describe('normalization of TensorFlow.js', () => {
  it.each<[title: string, layer: Layer, weights: Record<string, number>]>([
    ['no center', batchNormalization({ center: false }), { weight: 1, running_mean: 0, running_var: 1 }],
    ['no scale', batchNormalization({ scale: false }), { bias: 0, running_mean: 0, running_var: 1 }],
    ['no center, no scale', batchNormalization({ center: false, scale: false }), { running_mean: 0, running_var: 1 }],
  ])('BatchNormalization: %s', async (_title, layer, weights) => {
    expectClose(await layerOf(layer, ROWS), ROWS, 0.01);
    const x = input({ shape: [2] });
    const net = await model({ inputs: x, outputs: layer.apply(x) });
    const all = net.getWeights().map(({ name, data }) => [name.replace(/^.*\./, ''), [...data]]);
    expect(all).toEqual(Object.entries(weights).map(([name, value]) => [name, [value, value]]));
  });

  it('LayerNormalization: forward without scale and center', async () => {
    expectClose(
      await layerOf(layerNormalization({ scale: false, center: false }), ROWS),
      [
        [-1, 1],
        [-1, 1],
      ],
      1e-4,
    );
  });
});

describe.each([
  ['GaussianDropout', gaussianDropout],
  ['AlphaDropout', alphaDropout],
])('%s of TensorFlow.js', (_name, layer) => {
  const ones = filled(4, 16, 1);

  it('symbolic: the width stays', () => {
    const x = input({ shape: [4] });
    const output = layer({ rate: 0.5 }).apply(x);
    expect(output.inputs).toEqual([x]);
    expect(output.layer.config).toMatchObject({ rate: 0.5 });
  });

  it('predict', async () => {
    expect(await layerOf(layer({ rate: 0.5 }), ones)).toEqual(ones);
  });

  it('train', async () => {
    expect(await trainingOutputsOf(layer({ rate: 0.5 }), ones)).not.toEqual(ones);
  });

  it('successive call: the same values from the same seed', async () => {
    const outputs = await trainingOutputsOf(layer({ rate: 0.5 }), ones, 3);
    expect(await trainingOutputsOf(layer({ rate: 0.5 }), ones, 3)).toEqual(outputs);
  });
});

describe('embedding of TensorFlow.js', () => {
  it.each([
    [1, 1],
    [1, 7],
    [1, 47],
    [5, 1],
    [5, 7],
    [5, 47],
  ])('inputShape %i, outputDim %i', async (columns, outputDim) => {
    const [row] = await layerOf(embedding({ inputDim: 100, outputDim }), filled(1, columns, 99));
    expect(row).toHaveLength(columns * outputDim);
  });

  it.each([
    ['inputDim', { inputDim: [12.5, 0, -123], outputDim: [4, 4, 4] }],
    ['outputDim', { inputDim: [8, 8, 8], outputDim: [16.5, 0, -32] }],
  ])('invalid %s leads to an error', (option, { inputDim, outputDim }) => {
    for (const [i, categories] of inputDim.entries())
      expect(() => embedding({ inputDim: categories, outputDim: outputDim[i] })).toThrow(new RegExp(option));
  });

  it('check value equality', async () => {
    const net = await sequential({ seed: 2, layers: [embedding({ inputDim: 6, outputDim: 3, inputShape: [4] })] });
    const y = [...net.predict([[0, 5, 1, 1]])];
    const w = [...net.getWeights()[0].data];
    expect(y.slice(0, 3)).toEqual(w.slice(0, 3));
    expect(y.slice(0, 3)).not.toEqual(w.slice(3, 6));
    expect(y.slice(3, 6)).toEqual(w.slice(15, 18));
    expect(y.slice(6, 9)).toEqual(y.slice(9, 12));
  });

  it.each([
    ['int32', Int32Array],
    ['float32', Float32Array],
  ])('works with %s input', async (_name, Numbers) => {
    const net = await sequential({ seed: 2, layers: [embedding({ inputDim: 6, outputDim: 4, inputShape: [1] })] });
    const y = [...net.predict(Numbers.of(0, 0, 1))];
    expect(y.slice(0, 4)).toEqual(y.slice(4, 8));
    expect(y.slice(0, 4)).not.toEqual(y.slice(8));
  });
});
