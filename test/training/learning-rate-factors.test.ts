/**
 * `learningRateFactor`: the learning rate of a layer's weights. frozen-layers.test.ts compares adam with PyTorch's
 * parameter groups.
 */
import { expect, test } from 'vitest';
import {
  adadelta,
  adagrad,
  adam,
  adamw,
  batchNormalization,
  createEngine,
  dense,
  layerNormalization,
  loadModel,
  maxout,
  nadam,
  prelu,
  rmsNormalization,
  rmsprop,
  schedules,
  sgd,
  type CompileOptions,
  type Model,
  type NamedTensor,
} from '../../src/index.js';

const engine = await createEngine();
const X = [
  [0.5, -1, 2],
  [1.5, 0.25, -0.5],
  [-1, 1, 0.75],
  [0.1, 0.2, -0.3],
];
const Y = [[1], [0], [0.5], [-1]];

const build = (first: number | undefined, second: number | undefined): Model =>
  engine.sequential({
    seed: 5,
    layers: [
      dense({
        units: 9,
        activation: 'tanh',
        inputShape: [3],
        ...(first !== undefined && { learningRateFactor: first }),
      }),
      dense({ units: 1, ...(second !== undefined && { learningRateFactor: second }) }),
    ],
  });

/** Weights after one step: by then the second layer has had no influence on the gradients of the first. */
function afterOne(network: Model, optimizer: CompileOptions['optimizer']): NamedTensor[] {
  network.compile({ optimizer, loss: 'meanSquaredError' });
  network.trainOnBatch(X, Y);
  const weights = network.getWeights();
  network.dispose();
  return weights;
}

const SCHEDULE = schedules.exponential({ initialLearningRate: 0.125, decaySteps: 3, decayRate: 0.5 });
const OPTIMIZERS: [string, (learningRate: number) => CompileOptions['optimizer']][] = [
  ['sgd', (learningRate) => sgd({ learningRate })],
  ['sgd with momentum', (learningRate) => sgd({ learningRate, momentum: 0.9 })],
  ['adagrad', (learningRate) => adagrad({ learningRate })],
  ['rmsprop', (learningRate) => rmsprop({ learningRate })],
  ['adadelta', (learningRate) => adadelta({ learningRate })],
  ['adam', (learningRate) => adam({ learningRate })],
  ['adamw', (learningRate) => adamw({ learningRate, weightDecay: 0.5 })],
  ['nadam', (learningRate) => nadam({ learningRate })],
  [
    'a schedule',
    (factor) =>
      sgd({
        learningRate: { ...SCHEDULE, config: { ...SCHEDULE.config, initialLearningRate: factor } } as typeof SCHEDULE,
      }),
  ],
];

test.each(OPTIMIZERS)('%s: a layer moves as under an optimizer of that rate, to the bit', (_, optimizer) => {
  const mixed = afterOne(build(0.25, 2), optimizer(0.125));
  const slow = afterOne(build(undefined, undefined), optimizer(0.03125));
  const fast = afterOne(build(undefined, undefined), optimizer(0.25));
  expect(mixed).toEqual([...slow.slice(0, 2), ...fast.slice(2)]);
});

test('a factor of 1 is no factor: the same bits, memory, file and architecture', async () => {
  const [plain, one] = [build(undefined, undefined), build(1, 1)];
  for (const network of [plain, one]) {
    network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    await network.fit(X, Y, { epochs: 3, batchSize: 2 });
  }
  expect(one.save()).toEqual(plain.save());
  expect(one.memory()).toEqual(plain.memory());
  expect(one.getLayer(0).config.learningRateFactor).toBeUndefined();
  plain.dispose();
  one.dispose();
});

test('saved, loaded, and in a worker, with the same bits', async () => {
  const network = build(0.25, undefined);
  network.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  await network.fit(X, Y, { epochs: 2, batchSize: 2 });
  const [again, distant] = [await loadModel(network.save()), await loadModel(network.save())];
  expect(again.getLayer(0).config.learningRateFactor).toBe(0.25);
  for (const one of [network, again]) await one.fit(X, Y, { epochs: 2, batchSize: 2 });
  await distant.fit(X, Y, { epochs: 2, batchSize: 2, runIn: 'worker' });
  expect(again.getWeights()).toEqual(network.getWeights());
  expect(distant.getWeights()).toEqual(network.getWeights());
  [network, again, distant].forEach((one) => one.dispose());
});

test('every layer with learned weights takes it, and refuses what is no factor', () => {
  const layers = [
    (options: object) => dense({ units: 1, ...options }),
    (options: object) => maxout({ units: 1, pieces: 2, ...options }),
    prelu,
    batchNormalization,
    layerNormalization,
    rmsNormalization,
  ];
  for (const layer of layers) {
    expect(layer({ learningRateFactor: 0.5 }).config.learningRateFactor).toBe(0.5);
    expect(() => layer({ learningRateFactor: 0 })).toThrow(
      'learningRateFactor expected a number > 0, got 0. To freeze the layer, write trainable: false.',
    );
    for (const wrong of [-1, NaN, Infinity, '1', null]) {
      expect(() => layer({ learningRateFactor: wrong as number })).toThrow('learningRateFactor expected a number > 0');
    }
  }
  const network = build(0.5, undefined);
  expect(() => network.compile({ optimizer: 'lbfgs', loss: 'meanSquaredError' })).toThrow(
    'compile: optimizer lbfgs expected layers without learningRateFactor',
  );
  network.dispose();
});
