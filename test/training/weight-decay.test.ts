/** Decoupled weight decay: which weights it shrinks, how its patterns are given, saved and refused. */
import { describe, expect, test } from 'vitest';
import {
  adam,
  adamax,
  adamw,
  dense,
  batchNormalization,
  lion,
  loadModel,
  rmsprop,
  sequential,
  sgd,
  type Model,
  type Optimizer,
  type WeightPattern,
} from '../../src/index.js';

const X = Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 12]);
const Y = X.map(([a, b]) => [a * b, a - b]);

async function compiled(optimizer: Optimizer): Promise<Model> {
  const network = await sequential({
    seed: 3,
    layers: [
      dense({ units: 5, activation: 'tanh', inputShape: [3], biasInitializer: 'ones' }),
      batchNormalization(),
      dense({ units: 2, biasInitializer: 'ones' }),
    ],
  });
  network.compile({ optimizer, loss: 'meanSquaredError' });
  return network;
}

const decayOf = (excludeFromWeightDecay: readonly (RegExp | WeightPattern)[]) => ({
  learningRate: 0.1,
  weightDecay: 0.5,
  excludeFromWeightDecay,
});
const optimizers: [string, (exclude: readonly (RegExp | WeightPattern)[]) => Optimizer, Optimizer][] = [
  ['sgd', (exclude) => sgd(decayOf(exclude)), sgd({ learningRate: 0.1 })],
  [
    'sgd with momentum',
    (exclude) => sgd({ ...decayOf(exclude), momentum: 0.5 }),
    sgd({ learningRate: 0.1, momentum: 0.5 }),
  ],
  ['adamw', (exclude) => adamw(decayOf(exclude)), adam({ learningRate: 0.1 })],
  ['lion', (exclude) => lion(decayOf(exclude)), lion({ learningRate: 0.1 })],
];

/** Names of the weights that one update with decay leaves other than one without. */
async function decayed(optimizer: Optimizer, without: Optimizer): Promise<string[]> {
  const [one, other] = [await compiled(optimizer), await compiled(without)];
  const before = one.getWeights();
  for (const network of [one, other]) network.trainOnBatch(X, Y);
  const plain = other.getWeights();
  return one.getWeights().flatMap(({ name, data }, i) => {
    if (data.every((value, j) => value === plain[i].data[j])) return [];
    data.forEach((value, j) => expect(value).toBeCloseTo(plain[i].data[j] - 0.05 * before[i].data[j], 5));
    return [name];
  });
}

describe.each(optimizers)('%s', (_name, withDecay, without) => {
  // The shift of the normalization is 0 before the first update.
  const all = ['0.weight', '0.bias', '2.weight', '3.weight', '3.bias'];
  test.each<[string, (RegExp | WeightPattern)[], string[]]>([
    ['none', [], all],
    ['biases', [/bias$/], ['0.weight', '2.weight', '3.weight']],
    ['a layer', [/^3/], ['0.weight', '0.bias', '2.weight']],
    ['several', [/^0/g, { source: 'BIAS', flags: 'i' }], ['2.weight', '3.weight']],
    ['as data without flags', [{ source: '^[23]\\.weight$' }], ['0.weight', '0.bias', '3.bias']],
    ['all', [/./y], []],
    ['what no weight is called', [/gamma/], all],
  ])('exempts %s', async (_what, exclude, expected) => {
    expect(await decayed(withDecay(exclude), without)).toEqual(expected);
  });

  test('is saved with its patterns, and goes on with the same bits', async () => {
    const network = await compiled(withDecay([/bias$/i]));
    for (let i = 0; i < 3; i++) network.trainOnBatch(X, Y);
    const loaded = await loadModel(network.save());
    for (const one of [network, loaded]) one.trainOnBatch(X, Y);
    expect(loaded.getWeights()).toEqual(network.getWeights());
    expect(loaded.save()).toEqual(network.save());
  });
});

test('patterns are kept as plain data', () => {
  const { excludeFromWeightDecay } = adamw({ excludeFromWeightDecay: [/a\/b/gi, { source: '^c' }] }).config;
  expect(excludeFromWeightDecay).toEqual([
    { source: 'a\\/b', flags: 'gi' },
    { source: '^c', flags: '' },
  ]);
  expect(JSON.parse(JSON.stringify(excludeFromWeightDecay))).toEqual(excludeFromWeightDecay);
});

test.each<[unknown, string]>([
  [/bias/, 'adamw: excludeFromWeightDecay expected a list of regular expressions, got an object.'],
  [['bias'], 'adamw: excludeFromWeightDecay[0] expected a regular expression, got "bias". Write new RegExp("bias").'],
  [[{ source: '(' }], 'adamw: excludeFromWeightDecay[0] expected a regular expression, got an object.'],
  [[{ source: 'a', flags: 'q' }], 'adamw: excludeFromWeightDecay[0] expected a regular expression, got an object.'],
  [[/a/, 3], 'adamw: excludeFromWeightDecay[1] expected a regular expression, got 3.'],
])('refuses %s', (excludeFromWeightDecay, message) => {
  expect(() => adamw({ excludeFromWeightDecay } as never)).toThrow(message);
});

test('reaches what is trained, at the rate of each layer', async () => {
  const build = async (optimizer: Optimizer): Promise<Model> => {
    const network = await sequential({
      seed: 3,
      layers: [
        dense({ units: 5, inputShape: [3], biasInitializer: 'ones' }),
        dense({ units: 5, biasInitializer: 'ones' }),
        dense({ units: 2, biasInitializer: 'ones', learningRateFactor: 0.5 }),
      ],
    });
    network.layers[1].trainable = false;
    network.compile({ optimizer, loss: 'meanSquaredError' });
    return network;
  };
  const [one, other] = [await build(sgd(decayOf([/^0.bias/, /2.weight/]))), await build(sgd({ learningRate: 0.1 }))];
  const before = one.getWeights();
  for (const network of [one, other]) network.trainOnBatch(X, Y);
  const plain = other.getWeights();
  const shares = one.getWeights().map(({ data }, i) => (plain[i].data[0] - data[0]) / before[i].data[0]);
  [0.05, 0, 0, 0, 0, 0.025].forEach((share, i) => expect(shares[i]).toBeCloseTo(share, 5));
});

/** Optimizers with more than one form, whose states differ. */
const stateful: [string, Optimizer][] = [
  ['amsgrad', adam({ amsgrad: true })],
  ['adamw with amsgrad', adamw({ amsgrad: true })],
  ['adamax', adamax()],
  ['lion', lion()],
  ['centered', rmsprop({ centered: true })],
  ['centered with momentum', rmsprop({ centered: true, momentum: 0.9 })],
];

test.each(stateful)('%s: saved and loaded training goes on with the same bits', async (_name, optimizer) => {
  const network = await compiled(optimizer);
  await network.fit(X, Y, { epochs: 2, batchSize: 5 });
  const loaded = await loadModel(network.save());
  for (const one of [network, loaded]) await one.fit(X, Y, { epochs: 2, batchSize: 5 });
  expect(loaded.save()).toEqual(network.save());
});

test('a file whose optimizer lacks the newer options loads with their defaults', async () => {
  const network = await compiled(sgd({ learningRate: 0.1, momentum: 0.9 }));
  const { amsgrad, ...old } = adam().config;
  expect(amsgrad).toBe(false);
  network.compile({ optimizer: { kind: 'adam', config: old } as never, loss: 'meanSquaredError' });
  expect(network.stepCount).toBe(0);
});
