/**
 * Cases of keras/src/optimizers/*_test.py (Keras at 3422977) of optimizers and options that came after the first count.
 * Configurations are written out by saving a model and loading it again.
 */
import { describe, expect, it } from 'vitest';
import {
  adam,
  adamax,
  adamw,
  dense,
  lion,
  loadModel,
  nonNegative,
  rmsprop,
  sequential,
  sgd,
  type Optimizer,
} from '../../../src/index.js';
import { expectClose, filled, updatesOf, updatesWithoutGradient, weightsAsOutputs, type Matrix } from '../support.js';

const FIRST = filled(1, 10, 0.01);
const THEN = Array.from({ length: 4 }, () => Array.from({ length: 10 }, (_, i) => 0.1 * (i + 1)));
const tiled = (values: number[]): Matrix => values.map((value) => filled(1, 10, value)[0]);

const golden: [title: string, optimizer: Optimizer, expected: Matrix][] = [
  [
    'Adamax',
    adamax({ learningRate: 0.2, beta1: 0.85, beta2: 0.95, epsilon: 1e-6 }),
    [
      [0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8, 0.8],
      [0.6827, 0.6873, 0.6888, 0.6896, 0.6901, 0.6904, 0.6906, 0.6908, 0.6909, 0.691],
      [0.5333, 0.5407, 0.5431, 0.5444, 0.5451, 0.5456, 0.546, 0.5462, 0.5464, 0.5466],
      [0.368, 0.3773, 0.3804, 0.382, 0.3829, 0.3835, 0.384, 0.3843, 0.3846, 0.3848],
      [0.1933, 0.204, 0.2076, 0.2094, 0.2105, 0.2112, 0.2117, 0.2121, 0.2124, 0.2126],
    ],
  ],
  ['Lion', lion(), tiled([0.999, 0.998, 0.997, 0.996, 0.995])],
  ['Adam, AMSGrad', adam({ amsgrad: true }), tiled([0.999, 0.9982, 0.9974, 0.9965, 0.9955])],
  [
    'RMSprop, centered',
    rmsprop({ learningRate: 0.001, rho: 0.9, epsilon: 1e-7, centered: true }),
    tiled([0.9967, 0.9933, 0.9908, 0.9885, 0.9864]),
  ],
];

const decay = { learningRate: 1, weightDecay: 0.004 };
const decays: [
  title: string,
  optimizer: (options: typeof decay & { excludeFromWeightDecay?: RegExp[] }) => Optimizer,
][] = [
  ['SGD', sgd],
  ['AdamW (exclude_from_weight_decay)', adamw],
  ['Adam, whose weight_decay is that of AdamW', adamw],
  ['Lion', lion],
];

const saved: [title: string, optimizer: Optimizer][] = [
  ['SGD with weight_decay', sgd({ learningRate: 0.5, momentum: 0.06, nesterov: true, weightDecay: 0.004 })],
  ['Adam with amsgrad', adam({ learningRate: 0.5, beta1: 0.5, beta2: 0.67, epsilon: 1e-5, amsgrad: true })],
  [
    'AdamW with amsgrad',
    adamw({ learningRate: 0.5, weightDecay: 0.008, beta1: 0.5, beta2: 0.67, epsilon: 1e-5, amsgrad: true }),
  ],
  ['RMSprop with centered', rmsprop({ learningRate: 0.5, rho: 0.8, momentum: 0.05, epsilon: 1e-6, centered: true })],
  ['Adamax', adamax({ learningRate: 0.5, beta1: 0.8, beta2: 0.95, epsilon: 1e-5 })],
  ['Lion', lion({ learningRate: 0.5, beta1: 0.5, beta2: 0.67 })],
];

describe('optimizers of Keras', () => {
  it.each(golden)('%s: five steps', async (_title, optimizer, expected) => {
    expectClose(await updatesOf(optimizer, filled(1, 10, 1)[0], [...FIRST, ...THEN]), expected, 5e-4);
  });

  it.each([
    ['Adamax', adamax({ learningRate: 0.5 })],
    ['Lion', lion({ learningRate: 0.5 })],
  ])('%s: single step', async (_title, optimizer) => {
    expectClose(await updatesOf(optimizer, [1, 2, 3, 4], [[1, 6, 7, 2]]), [[0.5, 1.5, 2.5, 3.5]], 1e-4);
  });

  it.each(decays)('%s: weight_decay, with and without exempt weights', async (_title, optimizer) => {
    expectClose([await updatesWithoutGradient(optimizer(decay), 2, 3)], [[1.9760959, 1.9760959]], 5e-7);
    const exempt = optimizer({ ...decay, excludeFromWeightDecay: [/bias$/] });
    expectClose([await updatesWithoutGradient(exempt, 2, 3)], [[1.9760959, 2]], 5e-7);
  });

  it.each([
    ['Adamax: clip_norm', adamax({ clipNorm: 1 }), Math.SQRT1_2],
    ['Adamax: clip_value', adamax({ clipValue: 1 }), 1],
    ['Lion: clip_norm', lion({ clipNorm: 1 }), Math.SQRT1_2],
    ['Lion: clip_value', lion({ clipValue: 1 }), 1],
  ])('%s', async (_title, optimizer, expected) => {
    const net = await weightsAsOutputs([0, 0], optimizer);
    const [{ data }] = net.gradients([[1]], [[100, 100]]);
    expectClose([[...data]], [[expected, expected]], 1e-6);
  });

  it('Lion: invalid beta_1', () => {
    // Keras refuses 0 as well, which is signed descent.
    for (const beta1 of [-0.1, 1.1]) expect(() => lion({ beta1 })).toThrow(/beta1/);
  });

  it.each(saved)('%s: config', async (_title, optimizer) => {
    const net = await weightsAsOutputs([1], optimizer, 'meanSquaredError');
    const loaded = await loadModel(net.save());
    for (const one of [net, loaded]) one.trainOnBatch([[1]], [[3]]);
    expect(loaded.getWeights()[0].data).toEqual(net.getWeights()[0].data);
  });

  it('constraints are applied', async () => {
    const net = await sequential({
      layers: [dense({ units: 2, useBias: false, inputShape: [2], kernelConstraint: nonNegative() })],
    });
    net.setWeights([{ shape: [2, 2], data: Float32Array.of(-0.3, -0.9, -0.1, -0.6) }]);
    net.compile({ optimizer: sgd({ learningRate: 1e-4 }), loss: 'meanSquaredError' });
    net.trainOnBatch([[0, 0]], [[0, 0]]);
    expect([...net.getWeights()[0].data]).toEqual([0, 0, 0, 0]);
  });
});
