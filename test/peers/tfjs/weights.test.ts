/**
 * Cases of tfjs-layers/src/engine/training_weighted_test.ts (TensorFlow.js at 0fc04d9): class weights by output. Losses
 * of the softmax are compared in the first epoch alone: later ones are cut off at probabilities of 1e-7 there.
 */
import { describe, it } from 'vitest';
import { dense, input, model, sgd, type FitOptions } from '../../../src/index.js';
import { column, expectClose } from '../support.js';

const X = [
  [0, 1],
  [0, 2],
  [1, 10],
  [1, 20],
  [2, 10],
  [2, 20],
];
const KINDS = [0, 0, 1, 1, 2, 2];
const BITS = column([0, 0, 1, 1, 1, 1]);

const BY_KIND = { 0: 0.1, 1: 0.2, 2: 0.7 };
const BY_BIT = { 0: 0.1, 1: 0.9 };
const BOTH = { loss: [0.8052], kindLoss: [0.3662], bitLoss: [0.439, 0.2333, 0.2297] };
const ONE = { loss: [1.5376], kindLoss: [1.0986], bitLoss: [0.439, 0.2333, 0.2298] };

const cases: [title: string, classWeight: FitOptions['classWeight'], expected: Record<string, number[]>][] = [
  ['classWeight as array', [BY_KIND, BY_BIT], BOTH],
  ['classWeight as map, one output no weighting', { bit: BY_BIT }, ONE],
  ['classWeight as map', { kind: BY_KIND, bit: BY_BIT }, BOTH],
];

describe('class weights of TensorFlow.js, two outputs', () => {
  it.each(cases)('%s', async (_title, classWeight, expected) => {
    const x = input({ shape: [2] });
    const kind = dense({ units: 3, kernelInitializer: 'zeros', activation: 'softmax', name: 'kind' }).apply(x);
    const bit = dense({ units: 1, kernelInitializer: 'zeros', activation: 'sigmoid', name: 'bit' }).apply(x);
    const net = await model({ inputs: x, outputs: [kind, bit] });
    net.compile({
      loss: ['sparseCategoricalCrossentropy', 'binaryCrossentropy'],
      optimizer: sgd({ learningRate: 1 }),
    });
    const { history } = await net.fit(X, [KINDS, BITS], { epochs: 3, classWeight, shuffle: false });
    for (const [key, values] of Object.entries(expected))
      expectClose([history[key].slice(0, values.length)], [values], 5e-4);
  });
});
