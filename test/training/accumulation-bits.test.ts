/**
 * Gradient accumulation: k batches of b rows have the bits of one batch of k·b rows, for every k, in networks of all
 * layers but batchNormalization, under every loss.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  add,
  alphaDropout,
  batchNormalization,
  binaryCrossentropy,
  categoricalCrossentropy,
  concatenate,
  createEngine,
  dense,
  dropout,
  embedding,
  gaussianDropout,
  gaussianNoise,
  huber,
  input,
  l1l2,
  layerNormalization,
  loadModel,
  maxout,
  model as graphOf,
  poisson,
  prelu,
  quantile,
  rmsNormalization,
  sequential,
  sgd,
  type Engine,
  type LossLike,
  type Model,
  type Optimizer,
} from '../../src/index.js';
import { bringWeights, dataOf, graphModel, lossOf, type GraphModel } from '../support/reference/graph-model.js';
import { GraphTwin, layerName, type Network, type Objective } from '../support/reference/graph.js';
import { randomBatch, randomNetwork, randomObjectives } from '../support/reference/random-graph.js';
import { source } from '../support/reference/random.js';

/** Networks for each k. */
const NETWORKS = Number(process.env.ACCUMULATED_NETWORKS ?? 25);

/** The bits of all weights. */
const bitsOf = (model: Model | GraphModel): Uint32Array[] =>
  model.getWeights().map(({ data }) => new Uint32Array(data.buffer.slice(0)));

function sameBits(one: Model | GraphModel, other: Model | GraphModel): void {
  const [a, b] = [one, other].map((model) => model.getWeights());
  a.forEach(({ name }, i) => expect(bitsOf(one)[i], name).toEqual(bitsOf(other)[i]));
  expect(a).toHaveLength(b.length);
}

const optimizers: ((accumulate?: number) => Optimizer)[] = [
  (accumulate) => sgd({ learningRate: 0.05, momentum: 0.9, ...(accumulate && { accumulate }) }),
  (accumulate) => adam({ learningRate: 0.01, clipNorm: 0.5, ...(accumulate && { accumulate }) }),
];

/** Returns a random network without statistics over rows, its objectives, and a twin. */
function drawn(seed: number): { network: Network; objectives: Objective[]; twin: GraphTwin } {
  for (let attempt = 0; ; attempt++) {
    const from = source(1000 * seed + attempt);
    const integer = (low: number, high: number): number => low + from.below(high - low + 1);
    const network = randomNetwork(integer);
    if (network.nodes.some(({ layer }) => layer.kind === 'batchNormalization')) continue;
    return { network, objectives: randomObjectives(network, integer), twin: new GraphTwin(network, from) };
  }
}

describe.each([2, 3, 4, 5, 6, 7])('k = %d', (k) => {
  test(`random networks, with a last group that is shorter`, async () => {
    const engine = await createEngine({ tile: k % 2 === 0 ? '4x16' : '3x12' });
    let moved = 0;
    for (let i = 0; i < NETWORKS; i++) {
      const seed = 100 * k + i;
      const { network, objectives, twin } = drawn(seed);
      const [many, large] = [graphModel(engine, network), graphModel(engine, network)];
      for (const each of [many, large]) bringWeights(twin, each);
      const from = source(seed);
      const batchSize = 1 + from.below(6);
      const rows = batchSize * k + from.below(3 * k * batchSize);
      const optimizer = optimizers[i % 2];
      const before = bitsOf(many);
      const of = {
        loss: objectives.map(lossOf),
        lossWeights: objectives.map(({ weight }) => weight),
        checks: 'off' as const,
      };
      many.compile({ optimizer: optimizer(k), ...of });
      large.compile({ optimizer: optimizer(), ...of });
      const widths = network.outputs.map((node) => twin.widthOf(node));
      const batch = randomBatch(objectives, twin.inputWidths, widths, rows, from);
      const { x, y, options } = dataOf(batch, objectives);
      const one = await many.fit(x, y, { ...options, epochs: 2, batchSize });
      const other = await large.fit(x, y, { ...options, epochs: 2, batchSize: batchSize * k });
      try {
        sameBits(many, large);
        expect(one.history).toEqual(other.history);
      } catch (error) {
        const kinds = network.nodes.map(({ layer }) => layerName(network, layer)).join(', ');
        throw new Error(`network ${seed}, batches of ${batchSize}, ${rows} rows: ${kinds}`, { cause: error });
      }
      moved += bitsOf(many).some((bits, tensor) => bits.some((word, at) => word !== before[tensor][at])) ? 1 : 0;
      many.dispose();
      large.dispose();
    }
    // Not all learn: a loss may have the weight 0.
    expect(moved).toBeGreaterThan(0.8 * NETWORKS);
    engine.dispose();
  });
});

const X = Array.from({ length: 60 }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]);

type Rows = number[] | number[][];
const values = (width: number, from: (at: number) => number): number[][] =>
  X.map((_, i) => Array.from({ length: width }, (__, j) => from(7 * i + j)));
const shares = values(4, (at) => 1 + (at % 3)).map((row) => row.map((one) => one / row.reduce((a, b) => a + b)));
const positive = values(3, (at) => 0.5 + Math.abs(Math.sin(at)));
const signed = values(3, Math.sin);
const signs = values(3, (at) => (at % 3 === 0 ? 1 : 0));
const labels = X.map((_, i) => i % 4);

const byLoss: [name: string, loss: LossLike, activation: 'linear' | 'softmax' | 'sigmoid' | 'softplus', y: Rows][] = [
  ['halfSquaredError', 'halfSquaredError', 'linear', signed],
  ['meanSquaredError', 'meanSquaredError', 'linear', signed],
  ['meanAbsoluteError', 'meanAbsoluteError', 'linear', signed],
  ['huber', huber({ delta: 0.3 }), 'linear', signed],
  ['logCosh', 'logCosh', 'linear', signed],
  ['hinge', 'hinge', 'linear', signs],
  ['squaredHinge', 'squaredHinge', 'linear', signs],
  ['categoricalHinge', 'categoricalHinge', 'linear', shares],
  ['meanAbsolutePercentageError', 'meanAbsolutePercentageError', 'linear', positive],
  ['meanSquaredLogarithmicError', 'meanSquaredLogarithmicError', 'softplus', positive],
  ['poisson', 'poisson', 'softplus', positive],
  ['poisson of logarithms', poisson({ logInput: true }), 'linear', positive],
  ['quantile', quantile({ quantiles: [0.1, 0.5, 0.9] }), 'linear', values(1, Math.sin)],
  ['gaussianNegativeLogLikelihood', 'gaussianNegativeLogLikelihood', 'softplus', values(2, Math.sin)],
  ['cosineSimilarity', 'cosineSimilarity', 'linear', signed],
  ['binaryCrossentropy', 'binaryCrossentropy', 'sigmoid', signs],
  ['binaryCrossentropy of logits', binaryCrossentropy({ fromLogits: true }), 'linear', signs],
  ['binaryCrossentropy of any', 'binaryCrossentropy', 'softmax', signs],
  ['categoricalCrossentropy', 'categoricalCrossentropy', 'softmax', shares],
  ['categoricalCrossentropy of logits', categoricalCrossentropy({ fromLogits: true }), 'linear', shares],
  ['categoricalCrossentropy of any', 'categoricalCrossentropy', 'sigmoid', shares],
  ['sparseCategoricalCrossentropy', 'sparseCategoricalCrossentropy', 'softmax', labels],
  ['kullbackLeibler', 'kullbackLeibler', 'softmax', shares],
  ['binaryFocalCrossentropy', 'binaryFocalCrossentropy', 'sigmoid', signs],
  ['binaryFocalCrossentropy of any', 'binaryFocalCrossentropy', 'softmax', signs],
  ['categoricalFocalCrossentropy', 'categoricalFocalCrossentropy', 'softmax', shares],
  ['categoricalFocalCrossentropy of any', 'categoricalFocalCrossentropy', 'sigmoid', shares],
  [
    'a custom loss',
    {
      name: 'quartic',
      value: (y, t) => y.reduce((sum, one, i) => sum + (one - t[i]) ** 4, 0),
      gradient: (y, t) => y.map((one, i) => 4 * (one - t[i]) ** 3),
    } satisfies LossLike,
    'linear',
    signed,
  ],
];

/** Outputs of a row for these targets and this loss. */
const widthFor = (name: string, y: Rows): number =>
  name === 'quantile' ? 3 : name === 'gaussianNegativeLogLikelihood' ? 4 : Array.isArray(y[0]) ? y[0].length : 4;

describe('every loss', () => {
  test.each(byLoss)('%s', async (name, loss, last, y) => {
    for (const [k, batchSize] of [
      [3, 5],
      [7, 2],
    ]) {
      const made = async (accumulate?: number): Promise<Model> => {
        const network = await sequential({
          seed: 3,
          layers: [
            dense({ units: 5, activation: 'tanh', inputShape: [3] }),
            dense({ units: widthFor(name, y), activation: last }),
          ],
        });
        const optimizer = sgd({ learningRate: 0.1, ...(accumulate && { accumulate }) });
        network.compile({ optimizer, loss, lossWeights: [0.7], checks: 'off' });
        return network;
      };
      const [many, large] = [await made(k), await made()];
      const before = bitsOf(many);
      const sampleWeight = X.map((_, i) => (i % 4) / 3);
      const one = await many.fit(X, y, { epochs: 2, batchSize, sampleWeight });
      const other = await large.fit(X, y, { epochs: 2, batchSize: batchSize * k, sampleWeight });
      sameBits(many, large);
      expect(one.history).toEqual(other.history);
      expect(bitsOf(many)).not.toEqual(before);
    }
  });
});

/** A network of every layer whose gradient is a sum over rows, one of them in two places, and of random masks. */
async function everySum(engine: Engine, optimizer: Optimizer): Promise<Model> {
  const [categories, numbers] = [input({ shape: [2] }), input({ shape: [3] })];
  const looked = embedding({ inputDim: [50, 7], outputDim: [3, 2] }).apply(categories);
  const twice = dense({ units: 6, activation: 'tanh', activityRegularizer: l1l2({ l1: 0.01, l2: 0.1 }) });
  const first = twice.apply(dense({ units: 6 }).apply(concatenate().apply([looked, numbers])));
  const second = twice.apply(prelu().apply(dropout({ rate: 0.3 }).apply(first)));
  const third = rmsNormalization().apply(gaussianNoise({ stddev: 0.1 }).apply(add().apply([first, second])));
  const fourth = layerNormalization().apply(gaussianDropout({ rate: 0.2 }).apply(maxout({ units: 4 }).apply(third)));
  const fifth = activation('selu').apply(alphaDropout({ rate: 0.1 }).apply(fourth));
  const outputs = [dense({ units: 2 }).apply(fifth), dense({ units: 1, activation: 'sigmoid' }).apply(fourth)];
  const network = (await graphOf({ seed: 2, inputs: [categories, numbers], outputs, engine })) as unknown as Model;
  network.compile({ optimizer, loss: ['meanSquaredError', 'binaryCrossentropy'], lossWeights: [1, 0.3] });
  return network;
}

const LONG = 11_000;
const long = {
  categories: Array.from({ length: LONG }, (_, i) => [(i * i) % 50, (3 * i) % 7]),
  numbers: Array.from({ length: LONG }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]),
  y: Array.from({ length: LONG }, (_, i) => [Math.sin(2 * i), i % 2]),
  z: Array.from({ length: LONG }, (_, i) => [i % 2]),
};

describe('groups of more rows than a block', () => {
  test.each([
    [1, 1500, 7],
    [1, 4096, 2],
    [1, 5000, 2],
    [2, 1000, 5],
    [2, 2048, 3],
  ])('on %d threads, batches of %d, k = %d', async (threads, batchSize, k) => {
    const engine = await createEngine({ threads });
    const [many, large] = [await everySum(engine, adam({ accumulate: k })), await everySum(engine, adam())];
    const [x, y] = [
      [long.categories, long.numbers],
      [long.y, long.z],
    ];
    const one = await many.fit(x, y, { epochs: 2, batchSize });
    const other = await large.fit(x, y, { epochs: 2, batchSize: batchSize * k });
    sameBits(many, large);
    // Penalties on values are summed by batch and layer, so their last digits differ.
    const {
      regularization: [a],
      ...first
    } = one.history;
    const {
      regularization: [b],
      ...second
    } = other.history;
    expect(first).toEqual(second);
    expect(Math.abs(a - b)).toBeLessThan(1e-12);
    engine.dispose();
  });

  test('in a worker, and by trainOnBatch', async () => {
    const engine = await createEngine();
    const models = await Promise.all(
      [adam({ accumulate: 5 }), adam({ accumulate: 5 }), adam()].map((optimizer) => everySum(engine, optimizer)),
    );
    const [worker, many, large] = models;
    const part = (from: number, to: number) =>
      [
        [long.categories.slice(from, to), long.numbers.slice(from, to)],
        [long.y.slice(from, to), long.z.slice(from, to)],
      ] as [number[][][], number[][][]];
    await worker.fit(...part(0, 10_000), { epochs: 1, batchSize: 1000, shuffle: false, runIn: 'worker' });
    for (let i = 0; i < 10; i++) {
      many.trainOnBatch(...part(1000 * i, 1000 * i + 1000));
      // What is computed beside a group leaves its sums as they are.
      many.gradients(...part(0, 4500));
      if (i % 5 === 4) large.trainOnBatch(...part(1000 * (i - 4), 1000 * i + 1000));
    }
    sameBits(many, large);
    sameBits(worker, large);
    engine.dispose();
  });

  test('gradients beside a group are those of a batch alone', async () => {
    const engine = await createEngine();
    const [many, large] = [await everySum(engine, sgd({ accumulate: 5 })), await everySum(engine, sgd())];
    const x = [long.categories.slice(0, 5000), long.numbers.slice(0, 5000)];
    const y = [long.y.slice(0, 5000), long.z.slice(0, 5000)];
    expect(many.gradients(x, y)).toEqual(large.gradients(x, y));
    engine.dispose();
  });

  test('saved in the middle, a group goes on up to rounding', async () => {
    const engine = await createEngine();
    const many = await everySum(engine, sgd({ learningRate: 0.1, accumulate: 4 }));
    const part = (i: number) =>
      [
        [long.categories, long.numbers].map((rows) => rows.slice(2000 * i, 2000 * i + 2000)),
        [long.y, long.z].map((rows) => rows.slice(2000 * i, 2000 * i + 2000)),
      ] as [number[][][], number[][][]];
    for (let i = 0; i < 3; i++) many.trainOnBatch(...part(i));
    const file = many.save();
    const loaded = await loadModel(file, { engine });
    expect(loaded.save()).toEqual(file);
    for (const each of [many, loaded]) each.trainOnBatch(...part(3));
    const [a, b] = [many, loaded].map((each) => each.getWeights().flatMap(({ data }) => [...data]));
    const off = Math.max(...a.map((value, i) => Math.abs(value - b[i])));
    expect(off).toBeLessThan(1e-6);
    engine.dispose();
  });
});

describe('what a batch alone decides', () => {
  /** Largest difference of the weights of two models. */
  const difference = (one: Model, other: Model): number => {
    const [a, b] = [one, other].map((each) => each.getWeights().flatMap(({ data }) => [...data]));
    return Math.max(...a.map((value, i) => Math.abs(value - b[i])));
  };

  test('batchNormalization has the statistics of each batch: equal batches make the update of one', async () => {
    const made = (optimizer: Optimizer): Promise<Model> =>
      sequential({
        seed: 4,
        layers: [
          dense({ units: 5, inputShape: [3] }),
          batchNormalization({ momentum: 0 }),
          activation('tanh'),
          dense({ units: 3 }),
        ],
      }).then((network) => {
        network.compile({ optimizer, loss: 'meanSquaredError' });
        return network;
      });
    const optimizer = { learningRate: 0.1 };
    const [many, large] = [await made(sgd({ ...optimizer, accumulate: 3 })), await made(sgd(optimizer))];
    for (let update = 0; update < 3; update++) {
      for (let batch = 0; batch < 3; batch++) many.trainOnBatch(X, signed);
      large.trainOnBatch(X, signed);
    }
    expect(many.stepCount).toBe(3);
    expect(difference(many, large)).toBeLessThan(1e-6);
    // Gradients of a batch beside a group are its own.
    many.trainOnBatch(X, signed);
    const beside = many.gradients(X, signed);
    many.trainOnBatch(X, signed);
    expect(many.gradients(X, signed)).toEqual(beside);
  });

  test('a table of several columns is summed row after row, so parts of a batch have its bits', async () => {
    const indices = Array.from({ length: 9000 }, (_, i) => [(i * i) % 11, (3 * i) % 11]);
    const y = indices.map(([a, b]) => [Math.sin(a + 2 * b)]);
    const made = async (optimizer: Optimizer): Promise<Model> => {
      const network = await sequential({
        seed: 4,
        layers: [embedding({ inputDim: 11, outputDim: 3, inputShape: [2] }), dense({ units: 1 })],
      });
      network.compile({ optimizer, loss: 'meanSquaredError', checks: 'off' });
      return network;
    };
    const optimizer = { learningRate: 0.1 };
    const [many, large] = [await made(sgd({ ...optimizer, accumulate: 3 })), await made(sgd(optimizer))];
    for (let i = 0; i < 6; i++)
      many.trainOnBatch(indices.slice(1500 * i, 1500 * i + 1500), y.slice(1500 * i, 1500 * i + 1500));
    for (let i = 0; i < 2; i++)
      large.trainOnBatch(indices.slice(4500 * i, 4500 * i + 4500), y.slice(4500 * i, 4500 * i + 4500));
    sameBits(many, large);
  });
});

describe('batches of a source', () => {
  const batches = (size: number) => () =>
    Array.from({ length: 60 / size }, (_, i): [number[][], number[][]] => [
      X.slice(i * size, i * size + size),
      signed.slice(i * size, i * size + size),
    ]);
  const made = async (optimizer: Optimizer): Promise<Model> => {
    const network = await sequential({
      seed: 3,
      layers: [dense({ units: 5, activation: 'tanh', inputShape: [3] }), dropout({ rate: 0.2 }), dense({ units: 3 })],
    });
    network.compile({ optimizer, loss: 'meanSquaredError' });
    return network;
  };

  test('have the bits of large ones where groups are whole', async () => {
    const [many, large] = [await made(adam({ accumulate: 3 })), await made(adam())];
    await many.fit(batches(5), { epochs: 2 });
    await large.fit(batches(15), { epochs: 2 });
    sameBits(many, large);
  });

  test('and of the last group up to rounding', async () => {
    const [many, large] = [await made(sgd({ accumulate: 5 })), await made(sgd())];
    await many.fit(batches(10), { epochs: 1 });
    large.trainOnBatch(X.slice(0, 50), signed.slice(0, 50));
    large.trainOnBatch(X.slice(50), signed.slice(50));
    expect(many.stepCount).toBe(2);
    many.getWeights().forEach(({ data }, i) => {
      const other = large.getWeights()[i].data;
      data.forEach((value, at) => expect(Math.abs(value - other[at])).toBeLessThan(1e-6));
    });
  });
});
