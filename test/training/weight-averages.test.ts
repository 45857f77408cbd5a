/**
 * Averages of weights: the moving average over updates (`ema`) and the mean over epochs, against PyTorch's
 * AveragedModel (golden/make_golden.py); when they replace the weights, and that files and workers keep them.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  dense,
  earlyStopping,
  lbfgs,
  loadModel,
  maxNorm,
  sequential,
  sgd,
  StateError,
  stochasticWeightAveraging,
  ValueError,
  type Model,
  type NamedTensor,
  type Optimizer,
} from '../../src/index.js';
import { networkOf, type GoldenLayer } from '../support/reference/golden.js';
import { modelOf, worstError } from '../support/reference/library.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

interface Averages {
  activations: string[];
  x: number[][];
  t: number[][];
  initial: GoldenLayer[];
  after: GoldenLayer[];
  ema: GoldenLayer[];
  swa: GoldenLayer[];
}
const golden = JSON.parse(readFileSync(new URL('../golden/averages.json', import.meta.url), 'utf8')) as Averages;
const { x: X, t: Y } = golden;
const FIT = { epochs: 5, batchSize: 8, shuffle: false };

const goldenModel = (ema?: { momentum: number; overwriteFrequency?: number }): Promise<Model> =>
  modelOf(networkOf(golden.initial, golden.activations), {
    optimizer: sgd({ learningRate: 0.2, momentum: 0.5, ema }),
    loss: 'meanSquaredError',
  });

async function compiled(optimizer: Optimizer): Promise<Model> {
  const network = await sequential({
    seed: 4,
    layers: [
      dense({ units: 6, activation: 'tanh', inputShape: [3], kernelConstraint: maxNorm(0.8) }),
      batchNormalization(),
      dense({ units: 4 }),
      dense({ units: 2 }),
    ],
  });
  network.compile({ optimizer, loss: 'meanSquaredError' });
  return network;
}

describe('ema', () => {
  test('is the moving average of PyTorch, and replaces the weights at the end of fit', async () => {
    const network = await goldenModel({ momentum: 0.9 });
    let last: NamedTensor[] = [];
    await network.fit(X, Y, {
      ...FIT,
      callbacks: [{ onEpochEnd: (_epoch, _logs, model) => void (last = model.getWeights()) }],
    });
    expect(worstError(network.getWeights(), golden.ema)).toBeLessThan(1e-6);
    // Until then predictions use the weights themselves.
    expect(worstError(last, golden.after)).toBeLessThan(1e-6);
  });

  test('is kept beside the weights of trainOnBatch', async () => {
    const network = await goldenModel({ momentum: 0.9 });
    for (let t = 0; t < 20; t++) {
      const at = (8 * t) % 32;
      network.trainOnBatch(X.slice(at, at + 8), Y.slice(at, at + 8));
    }
    expect(worstError(network.getWeights(), golden.after)).toBeLessThan(1e-6);
    const trained = network.getWeights();
    expect(worstError(network.getAveragedWeights(), golden.ema)).toBeLessThan(1e-6);
    expect(network.getWeights()).toEqual(trained);
  });

  test('changes nothing before that, and begins with the weights after the first update', async () => {
    const [one, other] = [await compiled(adam({ ema: { momentum: 0.5 } })), await compiled(adam())];
    for (const each of [one, other]) each.trainOnBatch(X, Y);
    expect(one.getWeights()).toEqual(other.getWeights());
    expect(one.getAveragedWeights()).toEqual(other.getWeights());
    for (const each of [one, other]) each.trainOnBatch(X, Y);
    expect(one.getWeights()).toEqual(other.getWeights());
  });

  test('overwrites the weights every so many updates, as in Keras', async () => {
    const network = await goldenModel({ momentum: 0.5, overwriteFrequency: 3 });
    const twin = await goldenModel();
    let average: Float64Array[] = [];
    for (let t = 1; t <= 7; t++) {
      for (const each of [network, twin]) each.trainOnBatch(X, Y);
      const weights = twin.getWeights();
      average = weights.map(({ data }, i) =>
        Float64Array.from(data, (w, j) => (t === 1 ? w : 0.5 * average[i][j] + 0.5 * w)),
      );
      if (t % 3 === 0) {
        twin.setWeights(weights.map((one, i) => ({ ...one, data: Float32Array.from(average[i]) })));
      }
      network.getWeights().forEach(({ data }, i) => {
        const expected = twin.getWeights()[i].data;
        data.forEach((value, j) => expect(Math.abs(value - expected[j])).toBeLessThan(1e-6));
      });
    }
  });

  test.each([{}, { overwriteFrequency: 5 }])('is saved, and goes on with the same bits, %o', async (options) => {
    const network = await compiled(adam({ ema: { momentum: 0.9, ...options } }));
    for (let t = 0; t < 7; t++) network.trainOnBatch(X, Y);
    const loaded = await loadModel(network.save());
    expect(loaded.save()).toEqual(network.save());
    for (const each of [network, loaded]) {
      await each.fit(X, Y, FIT);
      each.trainOnBatch(X, Y);
    }
    expect(loaded.save()).toEqual(network.save());
  });

  test('is the same in a worker', async () => {
    const [one, other] = [await compiled(adam({ ema: {} })), await compiled(adam({ ema: {} }))];
    await one.fit(X, Y, { ...FIT, runIn: 'worker' });
    await other.fit(X, Y, FIT);
    expect(one.save()).toEqual(other.save());
  });

  test('is evaluated in callbacks, on both threads, and training goes on from the weights of before', async () => {
    const losses: Record<string, number[]> = { main: [], worker: [] };
    const plain = await compiled(adam({ ema: { momentum: 0.9 } }));
    await plain.fit(X, Y, FIT);
    for (const runIn of ['main', 'worker'] as const) {
      const network = await compiled(adam({ ema: { momentum: 0.9 } }));
      const twin = await compiled(adam());
      await network.fit(X, Y, {
        ...FIT,
        runIn,
        callbacks: [
          {
            onEpochEnd(_epoch, _logs, model) {
              const held = model.getWeights();
              model.setWeights(model.getAveragedWeights());
              twin.setWeights(model.getWeights());
              losses[runIn].push(twin.evaluate(X, Y).loss);
              model.setWeights(held);
            },
          },
        ],
      });
      expect(network.save()).toEqual(plain.save());
      expect(losses[runIn][4]).toBe(network.evaluate(X, Y).loss);
    }
    expect(losses.worker).toEqual(losses.main);
  });

  test('a training that is saved in its middle ends with the bits of one without a break', async () => {
    const files: Uint8Array[] = [];
    const network = await compiled(adam({ ema: { momentum: 0.9 } }));
    await network.fit(X, Y, { ...FIT, callbacks: [{ onEpochEnd: () => void files.push(network.save()) }] });
    const loaded = await loadModel(files[2]);
    await loaded.fit(X, Y, { ...FIT, initialEpoch: 3 });
    expect(loaded.save()).toEqual(network.save());
  });

  test('running statistics of the averaged network are estimated by an epoch at a rate of 0', async () => {
    const network = await compiled(adam({ ema: { momentum: 0.9 } }));
    await network.fit(X, Y, { ...FIT, epochs: 20 });
    network.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    network.learningRate = 0;
    const before = network.getWeights();
    await network.fit(X, Y, { epochs: 100, batchSize: 32 });
    const after = network.getWeights();
    const of = (name: string): Float32Array => after.find((one) => one.name === name)!.data;
    after.forEach(({ name, data }, i) => {
      if (!name.includes('running')) expect(data).toEqual(before[i].data);
    });
    // The statistics of all rows, as update_bn of PyTorch measures them, from the first layer in float64.
    const [w, b] = [of('0.weight'), of('0.bias')];
    for (let unit = 0; unit < 6; unit++) {
      const values = X.map((row) => Math.tanh(row.reduce((sum, value, i) => sum + value * w[3 * unit + i], b[unit])));
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
      expect(Math.abs(after.find(({ name }) => name.endsWith('running_mean'))!.data[unit] - mean)).toBeLessThan(1e-3);
      expect(Math.abs(after.find(({ name }) => name.endsWith('running_var'))!.data[unit] - variance)).toBeLessThan(
        1e-3,
      );
    }
  });

  test('leaves frozen weights and running statistics, and takes memory for what is trained', async () => {
    const network = await compiled(adam());
    network.getLayer('dense_2').trainable = false;
    const before = network.getWeights();
    const last: NamedTensor[][] = [];
    network.compile({ optimizer: adam(), loss: 'meanSquaredError' });
    const { optimizerState, gradients } = network.memory();
    network.compile({ optimizer: adam({ ema: { momentum: 0.9 } }), loss: 'meanSquaredError' });
    expect(network.memory().optimizerState).toBe(optimizerState + gradients);
    await network.fit(X, Y, {
      ...FIT,
      callbacks: [{ onEpochEnd: (_epoch, _logs, model) => void last.push(model.getWeights()) }],
    });
    network.getWeights().forEach(({ name, data }, i) => {
      const trained = !name.includes('running') && last.at(-1)![i].data.some((value, j) => value !== before[i].data[j]);
      if (trained) expect(data).not.toEqual(last.at(-1)![i].data);
      else expect(data).toEqual(last.at(-1)![i].data);
    });
  });

  test.each<[unknown, string]>([
    [true, 'adam: ema expected an object, got true. Write { momentum: 0.99 }.'],
    [{ momentum: 1 }, 'adam: ema: momentum expected a number in [0, 1), got 1.'],
    [{ overwriteFrequency: 0 }, 'adam: ema: overwriteFrequency expected an integer >= 1, got 0.'],
    [{ decay: 0.9 }, 'adam: ema: unknown option "decay".'],
  ])('%o is refused', (ema, message) => {
    expect(() => adam({ ema: any(ema) })).toThrow(message);
  });

  test('has a default momentum, and the names of Keras lead to it', () => {
    expect(adam({ ema: {} }).config.ema).toEqual({ momentum: 0.99 });
    expect(adam().config.ema).toBeUndefined();
    expect(() => adam(any({ use_ema: true }))).toThrow('Write ema: { momentum: 0.99 }.');
  });

  test('getAveragedWeights refuses where there is no average', async () => {
    const refused = async (network: Model, message: string): Promise<void> =>
      expectError(await thrownBy(() => network.getAveragedWeights()), StateError, message);
    const without =
      'getAveragedWeights: an optimizer with ema expected, got one without. Write ema: { momentum: 0.99 }.';
    const network = await compiled(adam());
    await refused(network, without);
    network.compile({ optimizer: adam({ ema: {} }), loss: 'meanSquaredError' });
    await refused(network, 'getAveragedWeights: at least one update expected, got none since compile.');
    const small = await sequential({ layers: [dense({ units: 2, inputShape: [3] })] });
    small.compile({ optimizer: lbfgs(), loss: 'meanSquaredError' });
    await refused(small, without);
  });
});

describe('stochasticWeightAveraging', () => {
  test('is the mean of PyTorch over the epochs from the first on', async () => {
    const network = await goldenModel();
    const callbacks = [stochasticWeightAveraging({ startEpoch: 2 })];
    await network.fit(X, Y, { ...FIT, callbacks });
    expect(worstError(network.getWeights(), golden.swa)).toBeLessThan(1e-6);
    expect(worstError(network.getWeights(), golden.after)).toBeGreaterThan(1e-3);
  });

  test('is the same in a worker', async () => {
    const [one, other] = [await goldenModel(), await goldenModel()];
    await one.fit(X, Y, { ...FIT, callbacks: [stochasticWeightAveraging({ startEpoch: 1 })], runIn: 'worker' });
    await other.fit(X, Y, { ...FIT, callbacks: [stochasticWeightAveraging({ startEpoch: 1 })] });
    expect(one.save()).toEqual(other.save());
  });

  test('takes every so many epochs, leaves running statistics, and begins anew with each fit', async () => {
    const network = await compiled(adam());
    const seen: NamedTensor[][] = [];
    const averaging = stochasticWeightAveraging({ startEpoch: 0, every: 2 });
    await network.fit(X, Y, { ...FIT, callbacks: [averaging] });
    const watch = {
      onEpochEnd: (_epoch: number, _logs: unknown, model: { getWeights(): NamedTensor[] }) =>
        void seen.push(model.getWeights()),
    };
    await network.fit(X, Y, { ...FIT, epochs: 4, callbacks: [averaging, watch] });
    network.getWeights().forEach(({ name, data }, i) => {
      const mean = name.includes('running')
        ? seen[3][i].data
        : seen[0][i].data.map((value, j) => Math.fround((value + seen[2][i].data[j]) / 2));
      data.forEach((value, j) => expect(Math.abs(value - mean[j])).toBeLessThan(1e-7));
    });
  });

  test('does nothing where training ends before its first epoch', async () => {
    const [one, other] = [await goldenModel(), await goldenModel()];
    const callbacks = [stochasticWeightAveraging({ startEpoch: 5 }), earlyStopping({ monitor: 'loss' })];
    await one.fit(X, Y, { ...FIT, callbacks });
    await other.fit(X, Y, { ...FIT, callbacks: [earlyStopping({ monitor: 'loss' })] });
    expect(one.getWeights()).toEqual(other.getWeights());
  });

  test.each<[unknown, string]>([
    [undefined, 'stochasticWeightAveraging: startEpoch expected an integer >= 0, got undefined.'],
    [{ startEpoch: 1, every: 0 }, 'stochasticWeightAveraging: every expected an integer >= 1, got 0.'],
  ])('refuses %o', async (options, message) => {
    expectError(await thrownBy(() => stochasticWeightAveraging(any(options))), ValueError, message);
  });
});
