/**
 * Batch normalization and batches of one row, which have no variance: `fit` refuses to train on nothing but such
 * batches, and normalizes a single one by the running statistics, which it leaves unchanged. Gradients are compared
 * with finite differences of the float64 twin.
 */
import { describe, expect, test } from 'vitest';
import {
  activation,
  batchNormalization,
  createEngine,
  dense,
  input,
  layerNormalization,
  sgd,
  ValueError,
  type BatchSource,
  type FitOptions,
  type Layer,
  type Model,
  type NamedTensor,
} from '../../src/index.js';
import {
  GraphTwin,
  type Layer as TwinLayer,
  type Network,
  type Node,
  type Objective,
} from '../support/reference/graph.js';
import { axis, compareGradients, VALUE, valueError } from '../support/reference/graph-check.js';
import { bringWeights, dataOf, graphModel, lossOf } from '../support/reference/graph-model.js';
import { randomBatch } from '../support/reference/random-graph.js';
import { matrix, source } from '../support/reference/random.js';

const engine = await createEngine();
const threaded = await createEngine({ threads: 2 });

const from = source(6);
const rowsOf = (rows: number, width: number): number[][] => matrix(rows, width, () => from.symmetric(2));
/** Targets that are a function of the rows. */
const targetsOf = (x: number[][]): number[][] => x.map((row) => [Math.sin(row[0]) + 0.5 * row[1]]);

const build = (
  on = engine,
  layers: Layer[] = [
    dense({ units: 6, inputShape: [3] }),
    batchNormalization(),
    activation('tanh'),
    dense({ units: 1 }),
  ],
): Model => {
  const model = on.sequential({ seed: 3, layers });
  model.compile({ optimizer: sgd({ learningRate: 0.05 }), loss: 'meanSquaredError' });
  return model;
};

const running = (model: Model): NamedTensor[] => model.getWeights().filter(({ name }) => name.includes('running'));

describe('fit on batches of one row alone', () => {
  const x = rowsOf(20, 3);
  const y = targetsOf(x);
  const refused: [title: string, rows: number, options: FitOptions, message: RegExp][] = [
    [
      'batchSize 1',
      20,
      { batchSize: 1 },
      /^fit: batchSize expected at least 2 rows .*"batchNormalization".*got 1\. Use a batchSize of/,
    ],
    ['batchSize 1 with one row', 1, { batchSize: 1 }, /^fit: batchSize expected at least 2 rows/],
    ['a single row', 1, {}, /^fit: x expected at least 2 rows to train on .*got 1\. Give more rows/],
    [
      'one row left by validationSplit of two',
      2,
      { validationSplit: 0.5 },
      /^fit: x expected at least 2 rows to train on/,
    ],
    ['one row left of twenty', 20, { validationSplit: 0.95 }, /^fit: x expected at least 2 rows to train on/],
  ];

  test.each(refused.flatMap((one) => (['main', 'worker'] as const).map((runIn) => [...one, runIn] as const)))(
    'is refused before anything changes: %s',
    async (_, rows, options, message, runIn) => {
      const model = build();
      const before = Buffer.from(model.save());
      const { used } = engine.memory();
      let begun = false;
      const all = { ...options, runIn, epochs: 2, callbacks: [{ onTrainBegin: () => void (begun = true) }] };
      const fitting = model.fit(x.slice(0, rows), y.slice(0, rows), all);
      await expect(fitting).rejects.toThrow(ValueError);
      await expect(fitting).rejects.toThrow(message);
      expect(Buffer.compare(Buffer.from(model.save()), before)).toBe(0);
      expect(engine.memory().used).toBe(used);
      expect(begun).toBe(false);
      // The model is at rest, and can train on larger batches.
      await model.fit(x, y, { batchSize: 2, epochs: 1 });
      model.dispose();
    },
  );

  test('is accepted where no layer normalizes by the batch', async () => {
    const model = build(engine, [dense({ units: 4, inputShape: [3] }), layerNormalization(), dense({ units: 1 })]);
    const { history } = await model.fit(x, y, { batchSize: 1, epochs: 3 });
    expect(history.loss[2]).toBeLessThan(history.loss[0]);
    model.dispose();
  });

  test('is refused for a normalization in a branch, or one that is used twice', async () => {
    const first = input({ shape: [3] });
    const shared = batchNormalization({ name: 'shared' });
    const hidden = dense({ units: 3 }).apply(shared.apply(first));
    const model = engine.model({ inputs: first, outputs: [dense({ units: 1 }).apply(hidden), shared.apply(hidden)] });
    model.compile({ optimizer: 'sgd', loss: 'huber' });
    await expect(model.fit(x, [y, x], { batchSize: 1 })).rejects.toThrow('"shared"');
    model.dispose();
  });
});

describe('a batch of one row among others', () => {
  test('as the last of an epoch moves the weights, and leaves the running statistics unchanged', async () => {
    for (const [rows, batchSize] of [
      [33, 32],
      [9, 4],
      [3, 2],
    ]) {
      const x = rowsOf(rows, 3);
      const y = targetsOf(x);
      const model = build();
      const byHand = build();
      await model.fit(x, y, { batchSize, epochs: 1, shuffle: false });
      for (let at = 0; at < rows - 1; at += batchSize) {
        byHand.trainOnBatch(x.slice(at, at + batchSize), y.slice(at, at + batchSize));
      }
      const before = running(byHand);
      const weights = byHand.getWeights()[0].data;
      byHand.trainOnBatch(x.slice(-1), y.slice(-1));
      expect(running(byHand)).toEqual(before);
      expect(byHand.getWeights()[0].data).not.toEqual(weights);
      expect(model.getWeights()).toEqual(byHand.getWeights());
      model.dispose();
      byHand.dispose();
    }
  });

  test('gives the same bits from a source, in a worker and on two threads', async () => {
    const x = rowsOf(7, 3);
    const y = targetsOf(x);
    const parts = [
      [0, 1],
      [1, 4],
      [4, 5],
      [5, 7],
    ];
    const batches: BatchSource = () => parts.map(([a, b]) => [x.slice(a, b), y.slice(a, b)] as const);
    const byHand = build();
    for (let epoch = 0; epoch < 3; epoch++) {
      for (const [a, b] of parts) byHand.trainOnBatch(x.slice(a, b), y.slice(a, b));
    }
    for (const on of [engine, threaded]) {
      for (const runIn of ['main', 'worker'] as const) {
        const model = build(on);
        await model.fit(batches, { epochs: 3, runIn });
        expect(model.getWeights()).toEqual(byHand.getWeights());
        model.dispose();
      }
    }
    byHand.dispose();
  });

  test('leaves the running statistics at their initial values in trainOnBatch', () => {
    const model = build();
    const x = rowsOf(40, 3);
    const y = targetsOf(x);
    const [mean, variance] = running(model);
    for (let step = 0; step < 40; step++) model.trainOnBatch([x[step]], [y[step]]);
    expect(running(model)).toEqual([mean, variance]);
    // Training and prediction use the same function: the loss of a step equals that of an evaluation.
    const { loss } = model.evaluate([x[0]], [y[0]]);
    expect(model.trainOnBatch([x[0]], [y[0]])).toEqual({ loss });
    model.dispose();
  });

  test('does not spoil the evaluation of 65 rows trained in batches of 32', async () => {
    const x = rowsOf(65, 3);
    const y = targetsOf(x);
    const model = build();
    const { history } = await model.fit(x, y, { batchSize: 32, epochs: 60 });
    const trained = history.loss.at(-1)!;
    expect(trained).toBeLessThan(0.1);
    expect(model.evaluate(x, y).loss).toBeLessThan(0.2);
    for (const { data } of running(model).slice(1)) for (const value of data) expect(value).toBeGreaterThan(1e-3);
    model.dispose();
  });
});

describe('gradients of a batch of one row', () => {
  const objectives: Objective[] = [{ loss: 'meanSquaredError', weight: 1, labelSmoothing: 0 }];

  /** Batch normalization of `width` units: first, hidden, last, and applied twice. */
  const networks: Record<string, (width: number, seed: number) => Network> = {
    first: (width, seed) => chain(width, seed, [norm(), affine(2)]),
    hidden: (width, seed) =>
      chain(3, seed, [affine(width), norm(), { kind: 'activation', activation: 'tanh' }, affine(2)]),
    last: (width, seed) => chain(3, seed, [affine(width), norm()]),
    twice: (width, seed) => {
      const shared = norm();
      return chain(width, seed, [shared, affine(width), shared, affine(1)]);
    },
  };
  const norm = (): TwinLayer => ({ kind: 'batchNormalization', momentum: 0.9, epsilon: 1e-3 });
  const affine = (units: number): TwinLayer => ({ kind: 'dense', units, activation: 'linear', useBias: true });
  function chain(inputs: number, seed: number, layers: TwinLayer[]): Network {
    const nodes: Node[] = [{ layer: { kind: 'input', width: inputs }, inputs: [] }];
    for (const layer of layers) nodes.push({ layer, inputs: [nodes.length - 1] });
    return { nodes, outputs: [nodes.length - 1], seed };
  }

  test.each(Object.keys(networks))('agree with finite differences at every width: %s', (name) => {
    for (let width = 1; width <= 20; width++) {
      const network = networks[name](width, width);
      const twin = new GraphTwin(network, from);
      const model = graphModel(engine, network);
      model.compile({ optimizer: 'sgd', loss: objectives.map(lossOf) });
      bringWeights(twin, model);
      const batch = randomBatch(objectives, twin.inputWidths, [twin.widthOf(network.outputs[0])], 1, from);
      const { x, y, options } = dataOf(batch, objectives);
      const run = twin.run(batch, objectives, 0);
      const gradients = model.gradients(x, y, options);
      const axes = (size: number): number[][] => Array.from({ length: size }, (_, at) => axis(size, at));
      for (const found of compareGradients(twin, run, objectives, gradients, axes)) {
        expect(found.error, `${name} of ${width}: ${found.name}`).toBeLessThanOrEqual(1);
      }
      const before = model.getWeights().filter(({ name: tensor }) => tensor.includes('running'));
      expect(valueError([model.trainOnBatch(x, y, options).loss], [run.loss])).toBeLessThanOrEqual(VALUE);
      expect(model.getWeights().filter(({ name: tensor }) => tensor.includes('running'))).toEqual(before);
      model.dispose();
    }
  });
});
