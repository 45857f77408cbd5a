/**
 * Options of `fit` and `partialFit` of the facades. The references are networks made and trained by hand from the same
 * layers, seed and data: a facade trains the same bits. Refusals are in test/errors/facades.test.ts, files in
 * facade-files.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  adam,
  concatenate,
  createEngine,
  dense,
  embedding,
  input,
  l2,
  loadClassifier,
  loadRegressor,
  mlpClassifier,
  mlpRegressor,
  normalization,
  StateError,
  type Callback,
  type LossName,
  type Model,
  type Rows,
} from '../../src/index.js';
import { source } from '../support/reference/random.js';
import { thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine({ threads: 1 });
const from = source(5);
const ROWS = 60;
const X = Float32Array.from({ length: 2 * ROWS }, () => from.symmetric());
const rows = Array.from({ length: ROWS }, (_, i) => [X[2 * i], X[2 * i + 1]]);
const LABELS = rows.map(([a, b], i) => (i % 9 === 0 ? 'rare' : a * b > 0 ? 'same' : 'other'));
const CLASSES = ['other', 'rare', 'same'];
const options = { engine, hiddenLayers: [5], learningRate: 0.02, epochs: 6, batchSize: 16, seed: 3 };

/** Mean and variance of columns, as the facade computes them. */
function moments(data: ArrayLike<number>, width: number): { mean: number[]; variance: number[] } {
  const count = data.length / width;
  const mean = new Array<number>(width).fill(0);
  const variance = new Array<number>(width).fill(0);
  for (let i = 0; i < data.length; i++) mean[i % width] += data[i];
  for (let j = 0; j < width; j++) mean[j] /= count;
  for (let i = 0; i < data.length; i++) variance[i % width] += (data[i] - mean[i % width]) ** 2;
  return { mean, variance: variance.map((sum) => sum / count) };
}

const every = { kernelInitializer: 'glorotUniform', kernelRegularizer: l2(1e-4) } as const;
const hidden = (): ReturnType<typeof dense> => dense({ units: 5, activation: 'relu', ...every });
const last = (units: number, activation: 'softmax' | 'sigmoid' | 'linear'): ReturnType<typeof dense> =>
  dense({ units, activation, ...every });

/** The network of a facade for X, made by hand. */
function byHand(units: number, activation: 'softmax' | 'sigmoid' | 'linear', loss: LossName): Model {
  const first = normalization({ inputShape: [2], ...moments(X, 2) });
  const network = engine.sequential({ seed: 3, layers: [first, hidden(), last(units, activation)] });
  network.compile({ optimizer: adam({ learningRate: 0.02 }), loss });
  return network;
}

const indices = (labels: readonly string[]): number[] => labels.map((label) => CLASSES.indexOf(label));
const SPARSE = 'sparseCategoricalCrossentropy';

describe('weights', () => {
  const weights = Float32Array.from(rows, (_, i) => (i % 4) / 2);

  test('of rows and classes are those of the model', async () => {
    const classifier = mlpClassifier({ ...options });
    await classifier.fit(X, LABELS, { sampleWeight: weights, classWeight: { rare: 4, same: 0.5 } });
    const network = byHand(3, 'softmax', SPARSE);
    const given = { epochs: 6, batchSize: 16, sampleWeight: weights, classWeight: [1, 4, 0.5] };
    await network.fit(X, indices(LABELS), given);
    expect(classifier.model.getWeights()).toEqual(network.getWeights());
  });

  test("'balanced' gives each class the same sum", async () => {
    const classifier = mlpClassifier({ ...options });
    await classifier.fit(X, LABELS, { classWeight: 'balanced' });
    const network = byHand(3, 'softmax', SPARSE);
    const classWeight = CLASSES.map((one) => ROWS / (3 * LABELS.filter((label) => label === one).length));
    await network.fit(X, indices(LABELS), { epochs: 6, batchSize: 16, classWeight });
    expect(classifier.model.getWeights()).toEqual(network.getWeights());
  });

  test('of labels that are numbers or booleans are named by their text', async () => {
    for (const [one, other] of [
      [0, 1],
      [false, true],
    ] as const) {
      const labels = rows.map(([a]) => (a > 0 ? one : other));
      const [named, weighted] = [mlpClassifier(options), mlpClassifier(options)];
      await named.fit(X, labels, { classWeight: { [String(other)]: 3 } });
      await weighted.fit(X, labels, { sampleWeight: labels.map((label) => (label === other ? 3 : 1)) });
      expect(named.model.getWeights()).toEqual(weighted.model.getWeights());
    }
  });
});

describe('validation', () => {
  test('on rows of its own restores the weights of the lowest loss on them', async () => {
    const held = { x: rows.slice(0, 20), y: LABELS.slice(0, 20) };
    const classifier = mlpClassifier({ ...options, epochs: 300, learningRate: 0.05, patience: 4 });
    const { history, epoch } = await classifier.fit(rows.slice(20), LABELS.slice(20), { validation: held });
    expect(epoch.length).toBeLessThan(300);
    expect(history.valLoss).toHaveLength(epoch.length);
    const { loss } = classifier.model.evaluate(held.x, indices(held.y));
    expect(loss).toBe(Math.min(...history.valLoss));
    expect(loss).not.toBe(history.valLoss.at(-1));
    // The rule of scikit-learn: the epochs behind the last that fell by minDelta are one more than its patience.
    let [best, fell] = [Infinity, 0];
    history.valLoss.forEach((value, i) => {
      if (value <= best - 1e-4) fell = i;
      best = Math.min(best, value);
    });
    expect(epoch.length - 1 - fell).toBe(5);
  });

  test('on a share draws it from the seed, standardizes by the others, and weighs its rows', async () => {
    const sampleWeight = rows.map((_, i) => 1 + (i % 3));
    const fitted = async (seed: number): Promise<[Model, readonly number[]]> => {
      const regressor = mlpRegressor({ ...options, seed });
      const y = rows.map(([a, b]) => 1e6 + a + b);
      const { history } = await regressor.fit(rows, y, { validation: 0.25, sampleWeight });
      return [regressor.model, history.valLoss];
    };
    const [one, losses] = await fitted(3);
    const [again, sameLosses] = await fitted(3);
    expect(again.getWeights()).toEqual(one.getWeights());
    expect(sameLosses).toEqual(losses);
    expect((await fitted(4))[1]).not.toEqual(losses);
    expect(losses).toHaveLength(6);
  });

  test('on a share keeps a class of one row among those to train on', async () => {
    const labels = ['single', ...LABELS.slice(1).map((_, i) => (i % 2 === 0 ? 'a' : 'b'))];
    for (let seed = 0; seed < 5; seed++) {
      const classifier = mlpClassifier({ ...options, epochs: 1, seed });
      await classifier.fit(X, labels, { validation: 0.5 });
      expect(classifier.classes).toEqual(['a', 'b', 'single']);
    }
  });
});

describe('partialFit', () => {
  test('makes the epochs of fit, one at a time', async () => {
    const [whole, parts] = [mlpClassifier({ ...options, patience: 99 }), mlpClassifier(options)];
    const { history } = await whole.fit(X, LABELS);
    const losses: number[] = [];
    for (let epoch = 0; epoch < 6; epoch++) losses.push(...(await parts.partialFit(X, LABELS)).history.loss);
    expect(losses).toEqual(history.loss);
    expect(parts.model.getWeights()).toEqual(whole.model.getWeights());
  });

  test('goes on after fit, and on rows that have some of the labels', async () => {
    const classifier = mlpClassifier<string>(options);
    await classifier.partialFit(
      rows.slice(0, 8),
      rows.slice(0, 8).map(() => 'same'),
      { classes: CLASSES },
    );
    expect(classifier.classes).toEqual(CLASSES);
    const before = classifier.model;
    await classifier.partialFit(rows, LABELS, { sampleWeight: rows.map(() => 1) });
    expect(classifier.model).toBe(before);
    await classifier.fit(rows, LABELS);
    await classifier.partialFit([[0.5, 0.5]], ['same']);
  });

  test('of a regressor keeps the scale of the first targets', async () => {
    const regressor = mlpRegressor({ ...options, learningRate: 1e-30 });
    const y = rows.map(([a]) => 500 + 100 * a);
    await regressor.partialFit(rows, y);
    const predicted = regressor.predict(rows);
    await regressor.partialFit(
      rows,
      y.map((value) => 1e6 * value),
    );
    expect(regressor.predict(rows)).toEqual(predicted);
  });

  test('goes on after a file', async () => {
    const classifier = mlpClassifier(options);
    await classifier.fit(X, LABELS);
    const loaded = await loadClassifier<string>(classifier.save(), { engine });
    await loaded.partialFit(X, LABELS);
    expect(loaded.predictProbabilities(X)).not.toEqual(classifier.predictProbabilities(X));
  });
});

describe('warmStart', () => {
  test('continues from weights, scale and classes', async () => {
    const classifier = mlpClassifier({ ...options, warmStart: true });
    const { history } = await classifier.fit(X, LABELS);
    const before = classifier.model.getWeights();
    const weights: unknown[] = [];
    const first: Callback = { onTrainBegin: (_epoch, _logs, model) => void weights.push(...model.getWeights()) };
    const more = await classifier.fit(rows.slice(0, 9), LABELS.slice(0, 9), { callbacks: [first] });
    expect(weights).toEqual(before);
    expect(more.history.loss[0]).toBeLessThan(history.loss[0]);
    expect(classifier.classes).toEqual(CLASSES);
  });

  test('keeps the scale of targets and of columns that float32 cannot hold', async () => {
    const times = rows.map(([a, b]) => [1.7e12 + 1000 * a, b]);
    const regressor = mlpRegressor({ ...options, learningRate: 1e-30, warmStart: true });
    await regressor.fit(
      times,
      times.map(([t]) => t),
    );
    const predicted = regressor.predict(times);
    await regressor.fit(
      times.slice(1),
      times.slice(1).map(([t]) => 3 * t),
    );
    expect(regressor.predict(times)).toEqual(predicted);
  });

  test('leaves the network as it was where a fit fails', async () => {
    const classifier = mlpClassifier({ ...options, warmStart: true });
    await classifier.fit(X, LABELS);
    const before = classifier.predictProbabilities(X);
    const failing: Callback = {
      onEpochEnd: () => {
        throw new Error('stop');
      },
    };
    expect(await thrownBy(() => classifier.fit(X, LABELS, { callbacks: [failing] }))).toMatchObject({
      message: 'stop',
    });
    expect(classifier.predictProbabilities(X)).toEqual(before);
  });
});

describe('several labels per row', () => {
  const LISTS = rows.map(([a, b]) => ['left', 'low'].filter((_, i) => (i === 0 ? a : b) < 0));
  const DENSE = LISTS.map((list) => ['left', 'low'].map((label) => Number(list.includes(label))));

  test('train the network with a sigmoid and binary cross-entropy for each', async () => {
    const classifier = mlpClassifier<string[]>(options);
    await classifier.fit(X, LISTS);
    const network = byHand(2, 'sigmoid', 'binaryCrossentropy');
    await network.fit(X, DENSE, { epochs: 6, batchSize: 16 });
    expect(classifier.model.getWeights()).toEqual(network.getWeights());
    expect(classifier.predictProbabilities(X).flatMap((row) => [...row])).toEqual([...network.predict(X)]);
  });

  test('are learned, predicted as lists, scored by the whole list, and saved', async () => {
    const classifier = mlpClassifier<string[]>({ ...options, hiddenLayers: [16], epochs: 300, minDelta: 0 });
    await classifier.fit(rows, LISTS);
    const predicted = classifier.predict(rows);
    const right = predicted.filter((list, i) => list.join() === LISTS[i].join()).length;
    expect(right / ROWS).toBeGreaterThan(0.9);
    expect(classifier.score(rows, LISTS)).toBe(right / ROWS);
    expect(
      classifier.score(
        rows,
        LISTS.map((list) => [...list].reverse()),
      ),
    ).toBe(right / ROWS);
    const loaded = await loadClassifier<string[]>(classifier.save(), { engine });
    expect(loaded.classes).toEqual(['left', 'low']);
    expect(loaded.predict(rows)).toEqual(predicted);
    expect(loaded.save()).toEqual(classifier.save());
  });

  test('may be of one kind, and rows without any', async () => {
    const classifier = mlpClassifier<number[]>({ ...options, epochs: 1 });
    await classifier.fit(
      rows,
      rows.map(([a]) => (a > 0 ? [7] : [])),
      { validation: { x: [[1, 1]], y: [[]] } },
    );
    expect(classifier.classes).toEqual([7]);
    expect(classifier.predictProbabilities(rows)[0]).toHaveLength(1);
  });
});

describe('embeddings', () => {
  const mixed = rows.map(([a, b], i) => [a, i % 4, b, i % 3]);
  const embeddings = [
    { column: 3, categories: 3, units: 2 },
    { column: 1, categories: 5, units: 3 },
  ];

  test('of columns join the other columns, standardized', async () => {
    const regressor = mlpRegressor({ ...options, embeddings });
    const y = mixed.map((row) => row[0] + row[1]);
    await regressor.fit(mixed, y);
    const numbers = input({ shape: [2], name: 'numbers' });
    const categories = input({ shape: [2], name: 'categories' });
    const vectors = embedding({ inputDim: [3, 5], outputDim: [2, 3] }).apply(categories);
    const joined = concatenate().apply([normalization(moments(X, 2)).apply(numbers), vectors]);
    const outputs = last(1, 'linear').apply(hidden().apply(joined));
    const network = engine.model({ inputs: [numbers, categories], outputs, seed: 3 });
    network.compile({ optimizer: adam({ learningRate: 0.02 }), loss: 'meanSquaredError' });
    const scale = moments(y, 1);
    const targets = y.map((value) => (value - scale.mean[0]) / Math.sqrt(scale.variance[0]));
    const parts = [rows, mixed.map((row) => [row[3], row[1]])] as readonly Rows[];
    await network.fit(parts, targets, { epochs: 6, batchSize: 16 });
    expect(regressor.model.getWeights()).toEqual(network.getWeights());
    const loaded = await loadRegressor(regressor.save(), { engine });
    expect(loaded.predict(mixed)).toEqual(regressor.predict(mixed));
    expect(loaded.predict(Float64Array.from(mixed.flat()))).toEqual(regressor.predict(mixed));
    expect(loaded.save()).toEqual(regressor.save());
  });

  test('may be of all columns, and beside times', async () => {
    const all = mlpClassifier({ ...options, embeddings: [{ column: 0, categories: 4, units: 2 }] });
    await all.fit(
      mixed.map((row) => [row[1]]),
      LABELS,
    );
    expect((await loadClassifier(all.save(), { engine })).predict([[3]])).toEqual(all.predict([[3]]));
    const times = mixed.map((row) => [1.7e12 + 50 * row[0], row[1], row[2], row[3]]);
    const timed = mlpRegressor({ ...options, embeddings });
    await timed.fit(
      times,
      times.map(([t]) => t),
      { validation: 0.2 },
    );
    const loaded = await loadRegressor(timed.save(), { engine });
    expect(loaded.predict(times)).toEqual(timed.predict(times));
  });
});

describe('options of the training', () => {
  test('names of columns are kept and saved', async () => {
    const regressor = mlpRegressor(options);
    expect(regressor.featureNames).toBeUndefined();
    await regressor.fit(
      rows,
      LABELS.map((_, i) => i),
      { featureNames: ['a', '__proto__'] },
    );
    expect(regressor.featureNames).toEqual(['a', '__proto__']);
    expect((await loadRegressor(regressor.save(), { engine })).featureNames).toEqual(['a', '__proto__']);
  });

  test('a worker trains the same bits, with validation', async () => {
    const [here, there] = [mlpClassifier(options), mlpClassifier(options)];
    await here.fit(X, LABELS, { validation: 0.3 });
    const { history } = await there.fit(X, LABELS, { validation: 0.3, runIn: 'worker' });
    expect(history.valLoss).toHaveLength(6);
    expect(there.model.getWeights()).toEqual(here.model.getWeights());
  });

  test('callbacks see each epoch, and a signal ends the fit and leaves the earlier network', async () => {
    const classifier = mlpClassifier(options);
    const seen: number[] = [];
    const reason = new Error('enough');
    const controller = new AbortController();
    const watch: Callback = {
      onEpochEnd: (epoch) => {
        seen.push(epoch);
        if (seen.length === 8) controller.abort(reason);
      },
    };
    await classifier.fit(X, LABELS, { callbacks: [watch] });
    expect(seen).toEqual([0, 1, 2, 3, 4, 5]);
    const before = classifier.model;
    const more = { callbacks: [watch], signal: controller.signal };
    expect(await thrownBy(() => classifier.fit(X, LABELS, more))).toBe(reason);
    expect(classifier.model).toBe(before);
  });

  test('partialFit on a network that trains already is refused, and a disposed facade rejects', async () => {
    const regressor = mlpRegressor(options);
    await regressor.fit(
      rows,
      rows.map(([a]) => a),
    );
    const running = regressor.partialFit(
      rows,
      rows.map(([a]) => a),
    );
    expect(
      await thrownBy(() =>
        regressor.partialFit(
          rows,
          rows.map(([a]) => a),
        ),
      ),
    ).toBeInstanceOf(StateError);
    await running;
    const first = thrownBy(() =>
      regressor.partialFit(
        rows,
        rows.map(([a]) => a),
      ),
    );
    regressor.dispose();
    expect(await first).toBeInstanceOf(StateError);
  });
});
