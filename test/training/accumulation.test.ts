/**
 * Gradient accumulation: k batches of b rows give the bits of one batch of k·b rows, and the update of an incomplete
 * group. Also `applyGradients`.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  adam,
  add,
  batchNormalization,
  concatenate,
  createEngine,
  dense,
  dropout,
  embedding,
  input,
  l2,
  layerNormalization,
  lbfgs,
  loadModel,
  maxout,
  model as graphModel,
  prelu,
  schedules,
  sequential,
  sgd,
  StateError,
  ValueError,
  ShapeError,
  type CompileOptions,
  type Engine,
  type Layer,
  type Model,
  type Optimizer,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const rows = (n: number): number[][] =>
  Array.from({ length: n }, (_, i) => [Math.sin(i), Math.cos(3 * i), (i % 7) / 7]);
const X = rows(64);
const Y = X.map(([a, b, c]) => [a * b, b - c]);
const CLASSES = X.map(([a]) => (a > 0 ? 1 : 0));

const deep = (): Layer[] => [
  dense({ units: 37, activation: 'tanh', inputShape: [3], kernelRegularizer: l2(0.01) }),
  maxout({ units: 5, pieces: 3 }),
  dense({ units: 2 }),
];

async function compiled(
  layers: Layer[],
  optimizer: Optimizer,
  options: Partial<CompileOptions> = {},
  engine?: Engine,
): Promise<Model> {
  const network = await sequential({ seed: 5, layers, ...(engine && { engine }) });
  network.compile({ optimizer, loss: 'meanSquaredError', ...options });
  return network;
}

/** Largest difference of two models' weights, relative to the largest weight. */
function difference(one: Model, other: Model): number {
  const [a, b] = [one, other].map((each) => each.getWeights().flatMap(({ data }) => [...data]));
  return Math.max(...a.map((value, i) => Math.abs(value - b[i]))) / Math.max(...b.map(Math.abs));
}

describe('k batches make the update of one large batch, bit for bit', () => {
  const cases: [string, number, CompileOptions['optimizer'], Partial<CompileOptions>][] = [
    ['sgd', 4, sgd({ learningRate: 0.1, momentum: 0.9 }), {}],
    ['adam, clipped', 8, adam({ clipNorm: 0.1 }), {}],
    ['huber', 2, sgd(), { loss: 'huber' }],
    ['absolute errors, weighted', 4, sgd(), { loss: 'meanAbsoluteError', lossWeights: [0.3] }],
  ];
  test.each(cases)('%s, k = %d', async (_name, accumulate, optimizer, options) => {
    const { kind, config } = optimizer as Optimizer;
    const many = await compiled(deep(), { kind, config: { ...config, accumulate } } as Optimizer, options);
    const large = await compiled(deep(), optimizer as Optimizer, options);
    const sampleWeight = X.map((_, i) => 1 + (i % 3));
    await many.fit(X, Y, { epochs: 3, batchSize: 16 / accumulate, sampleWeight });
    const { history } = await large.fit(X, Y, { epochs: 3, batchSize: 16, sampleWeight });
    expect(many.getWeights()).toEqual(large.getWeights());
    expect(many.stepCount).toBe(12);
    expect(history.loss[2]).toBeLessThan(history.loss[0]);
  });

  test.each(['3x12', '4x16', '6x16'] as const)('with class indices, on tile %s', async (tile) => {
    const engine = await createEngine({ tile });
    const layers = () => [
      dense({ units: 70, activation: 'relu', inputShape: [3] }),
      dense({ units: 2, activation: 'softmax' }),
    ];
    const options: Partial<CompileOptions> = { loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] };
    const many = await compiled(layers(), adam({ accumulate: 4 }), options, engine);
    const large = await compiled(layers(), adam(), options, engine);
    const one = await many.fit(X, CLASSES, { epochs: 2, batchSize: 8 });
    const other = await large.fit(X, CLASSES, { epochs: 2, batchSize: 32 });
    expect(many.getWeights()).toEqual(large.getWeights());
    // The logs are means over the rows, each measured before the update of its group.
    expect(one.history).toEqual(other.history);
    engine.dispose();
  });

  test('on several threads', async () => {
    const engine = await createEngine({ threads: 2 });
    const wide = () => [
      dense({ units: 300, activation: 'relu', inputShape: [3] }),
      dense({ units: 300 }),
      dense({ units: 2 }),
    ];
    const many = await compiled(wide(), adam({ accumulate: 2 }), {}, engine);
    const large = await compiled(wide(), adam());
    await many.fit(X, Y, { epochs: 2, batchSize: 32 });
    await large.fit(X, Y, { epochs: 2, batchSize: 64 });
    expect(many.getWeights()).toEqual(large.getWeights());
    engine.dispose();
  });

  test('with categories and a penalty on activities', async () => {
    const made = async (optimizer: Optimizer): Promise<Model> => {
      const [categories, numbers] = [input({ shape: [2] }), input({ shape: [3] })];
      const hidden = dense({ units: 4, activation: 'tanh', activityRegularizer: l2(0.1) }).apply(
        concatenate().apply([embedding({ inputDim: [5, 7], outputDim: [3, 2] }).apply(categories), numbers]),
      );
      const outputs = dense({ units: 2 }).apply(hidden);
      const network = (await graphModel({ seed: 2, inputs: [categories, numbers], outputs })) as Model;
      network.compile({ optimizer, loss: 'meanSquaredError' });
      return network;
    };
    const [many, large] = [await made(adam({ accumulate: 4 })), await made(adam())];
    const indices = X.map((_, i) => [i % 5, (3 * i) % 7]);
    await many.fit([indices, X], Y, { epochs: 3, batchSize: 8 });
    await large.fit([indices, X], Y, { epochs: 3, batchSize: 32 });
    expect(many.getWeights()).toEqual(large.getWeights());
  });

  test('where the last group has half of its batches', async () => {
    const [many, large] = [await compiled(deep(), adam({ accumulate: 4 })), await compiled(deep(), adam())];
    // 24 rows: a group of 16, and one of 8 in two batches of 4.
    await many.fit(X.slice(0, 24), Y.slice(0, 24), { epochs: 3, batchSize: 4 });
    await large.fit(X.slice(0, 24), Y.slice(0, 24), { epochs: 3, batchSize: 16 });
    expect(many.getWeights()).toEqual(large.getWeights());
    expect(many.stepCount).toBe(6);
  });
});

describe('whatever k is, and whatever is summed', () => {
  const shared = async (optimizer: Optimizer): Promise<Model> => {
    const x = input({ shape: [3] });
    const twice = dense({ units: 3, activation: 'tanh' });
    const once = twice.apply(x);
    const network = (await graphModel({
      seed: 2,
      inputs: [x],
      outputs: [dense({ units: 2 }).apply(add().apply([twice.apply(once), once]))],
    })) as Model;
    network.compile({ optimizer, loss: 'meanSquaredError' });
    return network;
  };
  const makers: [string, number, (optimizer: Optimizer) => Promise<Model>][] = [
    ['groups of three', 3, (optimizer) => compiled(deep(), optimizer)],
    [
      'learned slopes and normalization of rows',
      4,
      (optimizer) =>
        compiled(
          [
            dense({ units: 6, inputShape: [3] }),
            prelu(),
            layerNormalization(),
            activation('tanh'),
            dense({ units: 2 }),
          ],
          optimizer,
        ),
    ],
    ['a layer in two places', 4, shared],
  ];
  test.each(makers)('%s', async (_name, accumulate, make) => {
    const [many, large] = [await make(sgd({ learningRate: 0.1, accumulate })), await make(sgd({ learningRate: 0.1 }))];
    await many.fit(X.slice(0, 60), Y.slice(0, 60), { epochs: 5, batchSize: 4 });
    await large.fit(X.slice(0, 60), Y.slice(0, 60), { epochs: 5, batchSize: 4 * accumulate });
    expect(many.stepCount).toBe(large.stepCount);
    expect(many.getWeights()).toEqual(large.getWeights());
  });

  test('the mean is over all rows of batches of any size, up to rounding', async () => {
    const [many, large] = [await compiled(deep(), sgd({ accumulate: 3 })), await compiled(deep(), sgd())];
    for (const [from, to] of [
      [0, 5],
      [5, 6],
      [6, 20],
    ])
      many.trainOnBatch(X.slice(from, to), Y.slice(from, to));
    large.trainOnBatch(X.slice(0, 20), Y.slice(0, 20));
    expect(difference(many, large)).toBeLessThan(1e-6);
  });
});

describe('a group', () => {
  test('moves no weight before its last batch; gradients and evaluate do not disturb it', async () => {
    const [one, other] = [
      await compiled(deep(), adam({ accumulate: 4 })),
      await compiled(deep(), adam({ accumulate: 4 })),
    ];
    const before = one.getWeights();
    for (let i = 0; i < 4; i++) {
      expect(one.getWeights()).toEqual(before);
      const batch = [X.slice(8 * i, 8 * i + 8), Y.slice(8 * i, 8 * i + 8)] as const;
      const alone = await compiled(deep(), adam());
      expect(one.gradients(...batch)).toEqual(alone.gradients(...batch));
      one.evaluate(X, Y);
      one.diagnose(X, Y);
      for (const each of [one, other]) each.trainOnBatch(...batch);
    }
    expect(one.stepCount).toBe(1);
    expect(one.getWeights()).toEqual(other.getWeights());
    expect(one.getWeights()).not.toEqual(before);
  });

  test('is saved in its middle, and goes on with the same bits', async () => {
    for (const layers of [
      deep(),
      [dense({ units: 4, inputShape: [3] }), prelu(), dropout({ rate: 0.3 }), dense({ units: 2 })],
    ]) {
      const network = await compiled(layers, adam({ accumulate: 3 }));
      for (let i = 0; i < 5; i++) network.trainOnBatch(X.slice(i, i + 7), Y.slice(i, i + 7));
      const loaded = await loadModel(network.save());
      expect(loaded.save()).toEqual(network.save());
      for (const each of [network, loaded]) {
        for (let i = 0; i < 3; i++) each.trainOnBatch(X.slice(i, i + 5), Y.slice(i, i + 5));
      }
      expect(loaded.save()).toEqual(network.save());
    }
  });

  test('is saved in its middle with the most batches that a group may have', async () => {
    const network = await compiled([dense({ units: 2, inputShape: [3] })], sgd({ accumulate: 1_000_000 }));
    network.trainOnBatch(X, Y);
    const loaded = await loadModel(network.save());
    expect(loaded.save()).toEqual(network.save());
  });

  test('has masks of its own for each batch', async () => {
    const network = await compiled(
      [dense({ units: 40, inputShape: [3], kernelInitializer: 'ones' }), dropout({ rate: 0.5 }), dense({ units: 2 })],
      sgd({ accumulate: 2 }),
    );
    const [first] = network.gradients(X.slice(0, 1), Y.slice(0, 1));
    network.trainOnBatch(X.slice(0, 1), Y.slice(0, 1));
    const [second] = network.gradients(X.slice(0, 1), Y.slice(0, 1));
    expect(second).not.toEqual(first);
  });

  test('counts updates for schedules, and batches for callbacks', async () => {
    const learningRate = schedules.step({ initialLearningRate: 0.1, dropEvery: 2 });
    const network = await compiled(deep(), sgd({ learningRate, accumulate: 4 }));
    const seen: number[] = [];
    await network.fit(X, Y, { epochs: 1, batchSize: 4, callbacks: [{ onBatchEnd: (batch) => void seen.push(batch) }] });
    expect(seen).toHaveLength(16);
    expect(network.stepCount).toBe(4);
    expect(network.learningRate).toBe(0.025);
  });

  test('that an earlier fit or call left is forgotten by fit', async () => {
    const [one, other] = [
      await compiled(deep(), sgd({ accumulate: 4 })),
      await compiled(deep(), sgd({ accumulate: 4 })),
    ];
    one.trainOnBatch(X, Y);
    for (const each of [one, other]) await each.fit(X, Y, { batchSize: 4, epochs: 1 });
    expect(one.getWeights()).toEqual(other.getWeights());
  });

  test.each(['main', 'worker'] as const)('of a fit that is aborted is forgotten, in %s', async (runIn) => {
    const network = await compiled(deep(), sgd({ accumulate: 4 }));
    const aborter = new AbortController();
    const callbacks = [
      {
        onBatchEnd(batch: number) {
          if (batch === 5) aborter.abort();
        },
      },
    ];
    await expect(network.fit(X, Y, { batchSize: 4, callbacks, signal: aborter.signal, runIn })).rejects.toThrow();
    const names = [...new TextDecoder().decode(network.save()).matchAll(/optimizer\.gradient/g)];
    expect(names).toEqual([]);
    const loaded = await loadModel(network.save());
    for (const each of [network, loaded]) for (let i = 0; i < 4; i++) each.trainOnBatch(X, Y);
    expect(loaded.getWeights()).toEqual(network.getWeights());
  });

  test('trains in a worker with the same bits', async () => {
    const [one, other] = [
      await compiled(deep(), adam({ accumulate: 4 })),
      await compiled(deep(), adam({ accumulate: 4 })),
    ];
    await one.fit(X, Y, { batchSize: 4, epochs: 2, runIn: 'worker' });
    await other.fit(X, Y, { batchSize: 4, epochs: 2 });
    expect(one.save()).toEqual(other.save());
  });

  test('updates running statistics with each of its batches', async () => {
    const network = await compiled(
      [batchNormalization({ inputShape: [3] }), dense({ units: 2 })],
      sgd({ accumulate: 2 }),
    );
    const mean = () => network.getWeights().find(({ name }) => name.endsWith('running_mean'))!.data[2];
    const seen = [mean()];
    for (let i = 0; i < 2; i++) {
      network.trainOnBatch(X.slice(0, 8), Y.slice(0, 8));
      seen.push(mean());
    }
    expect(new Set(seen).size).toBe(3);
  });

  test('takes gradients and optimizer state into account in memory()', async () => {
    const [one, other] = [await compiled(deep(), sgd({ accumulate: 4 })), await compiled(deep(), sgd())];
    expect(one.memory()).toEqual(other.memory());
    // What sees each batch alone needs room for its gradient, and groups of several blocks of rows room for a block.
    const normalized = () => [dense({ units: 4, inputShape: [3] }), batchNormalization()];
    const apart = await compiled(normalized(), sgd({ accumulate: 4 }), { checks: 'off' });
    const plain = await compiled(normalized(), sgd(), { checks: 'off' });
    expect(apart.memory().gradients).toBe(2 * plain.memory().gradients);
    const many = rows(1025);
    one.trainOnBatch(
      many.slice(1),
      many.slice(1).map(([a, b]) => [a, b]),
    );
    expect(one.memory().gradients).toBe(other.memory().gradients);
    one.trainOnBatch(
      many,
      many.map(([a, b]) => [a, b]),
    );
    expect(one.memory().gradients).toBe(2 * other.memory().gradients);
  });
});

describe('applyGradients', () => {
  test('with the result of gradients gives the weights of trainOnBatch', async () => {
    for (const optimizer of [
      sgd({ momentum: 0.9, clipNorm: 0.1 }),
      adam({ clipValue: 0.01 }),
      adam({ accumulate: 3 }),
    ]) {
      const [one, other] = [await compiled(deep(), optimizer), await compiled(deep(), optimizer)];
      for (let i = 0; i < 4; i++) {
        one.applyGradients(one.gradients(X, Y));
        for (let batch = 0; batch < (optimizer.config.accumulate ?? 1); batch++) other.trainOnBatch(X, Y);
      }
      expect(one.stepCount).toBe(4);
      if (optimizer.config.accumulate === undefined) expect(one.getWeights()).toEqual(other.getWeights());
      else expect(difference(one, other)).toBeLessThan(1e-5);
    }
  });

  test('leaves the batches of an unfinished group', async () => {
    const network = await compiled(deep(), sgd({ accumulate: 2 }));
    network.trainOnBatch(X.slice(0, 4), Y.slice(0, 4));
    const held = network.save();
    const none = network.gradients(X, Y).map(({ name, shape, data }) => ({ name, shape, data: data.map(() => 0) }));
    network.applyGradients(none);
    const loaded = await loadModel(held);
    for (const each of [network, loaded]) each.trainOnBatch(X.slice(0, 4), Y.slice(0, 4));
    expect(network.getWeights()).toEqual(loaded.getWeights());
  });

  test('refuses what does not fit, and changes nothing', async () => {
    const network = await compiled(deep(), sgd());
    const before = network.save();
    const gradients = network.gradients(X, Y);
    const nan = gradients.map((one, i) => (i === 1 ? { ...one, data: one.data.map(() => NaN) } : one));
    const refused: [() => unknown, typeof ValueError | typeof ShapeError | typeof StateError, string][] = [
      [
        () => network.applyGradients(any('all')),
        ValueError,
        'applyGradients: gradients expected a list of tensors, got "all".',
      ],
      [
        () => network.applyGradients(gradients.slice(1)),
        ShapeError,
        'applyGradients: gradients expected 6 tensors, got 5.',
      ],
      [
        () => network.applyGradients(nan),
        ValueError,
        'applyGradients: "0.bias" expected finite numbers, got NaN at index 0.',
      ],
    ];
    for (const [act, type, message] of refused) expectError(await thrownBy(act), type, message);
    expect(network.save()).toEqual(before);
    network.compile({ optimizer: lbfgs(), loss: 'meanSquaredError' });
    expectError(
      await thrownBy(() => network.applyGradients(gradients)),
      StateError,
      'applyGradients: an optimizer that updates by batches expected, got lbfgs, which needs all rows. Call fit.',
    );
  });
});

test.each<[unknown, string]>([
  [0, 'sgd: accumulate expected an integer from 1 to 1000000, got 0.'],
  [1.5, 'sgd: accumulate expected an integer from 1 to 1000000, got 1.5.'],
  [1_000_001, 'sgd: accumulate expected an integer from 1 to 1000000, got 1000001.'],
])('accumulate %s is refused', (accumulate, message) => {
  expect(() => sgd({ accumulate: any(accumulate) })).toThrow(message);
});

test('the name of Keras leads to accumulate', () => {
  expect(() => sgd(any({ gradient_accumulation_steps: 4 }))).toThrow('Did you mean "accumulate"?');
});
