/**
 * Which way is better, for `earlyStopping` and `reduceLROnPlateau`: known for the library's metrics, asked for others.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  earlyStopping,
  input,
  reduceLROnPlateau,
  ValueError,
  type Callback,
  type Mode,
  type Model,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();

const MORE = [
  'accuracy',
  'categoricalAccuracy',
  'binaryAccuracy',
  'topKAccuracy',
  'precision',
  'recall',
  'f1',
  'fBeta',
  'specificity',
  'balancedAccuracy',
  'matthewsCorrelation',
  'auc',
  'averagePrecision',
  'cosineSimilarity',
  'r2',
];
const LESS = [
  ...['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'logLoss', 'calibrationError'],
  ...['meanAbsolutePercentageError', 'meanSquaredLogarithmicError', 'halfSquaredError', 'huber', 'logCosh'],
  ...['hinge', 'squaredHinge', 'categoricalHinge', 'quantile', 'poisson', 'gaussianNegativeLogLikelihood'],
  ...['binaryCrossentropy', 'categoricalCrossentropy', 'sparseCategoricalCrossentropy', 'kullbackLeibler'],
  ...['binaryFocalCrossentropy', 'categoricalFocalCrossentropy'],
];
const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

function line(metrics: readonly object[] = []): Model {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: any(metrics) });
  return model;
}

test('the lists of these tests hold every metric of the library', async () => {
  const { message } = await thrownBy(() => line([any('nothing of that name')]));
  const names = message.slice(message.indexOf('There are: ') + 11, -1).split(', ');
  expect(names.sort()).toEqual([...MORE, ...LESS].sort());
});

/** Returns how many of six epochs run where the monitored number rises each epoch. */
async function epochsOf(key: string, mode?: Mode): Promise<number> {
  const callback = earlyStopping({ monitor: key, ...(mode !== undefined && { mode }) });
  const rising: Callback = {
    onEpochEnd: (epoch, _, model) => callback.onEpochEnd?.(epoch, { [key]: epoch }, model),
  };
  return (await line().fit([[1]], [[1]], { epochs: 6, callbacks: [rising] })).epoch.length;
}

describe.each([
  ['more', [...MORE, 'aucPR', 'weightedAccuracy', 'weightedAucPR'], 6],
  ['less', [...LESS, 'loss', 'weightedHuber', 'regularization'], 2],
] as const)('%s is better', (_, names, epochs) => {
  test.each(names)('for %s, with one output or several, in training and validation', async (name) => {
    const outputs = ['y', 'price', 'val_2', 'gain', 'in', 'Loss', 'kappa', 'main', 'f1', 'dim'];
    for (const key of [name, ...outputs.map((output) => output + capital(name))]) {
      expect([key, await epochsOf(key)]).toEqual([key, epochs]);
      expect([key, await epochsOf(`val${capital(key)}`)]).toEqual([key, epochs]);
    }
  });
});

describe.each([
  'kappa',
  'mcc',
  'iou',
  'hitRate',
  'score',
  'inaccuracy',
  'imprecision',
  'terror',
  'gloss',
  'told',
  'f10',
])('the name %s does not say which is better', (name) => {
  let epoch = 0;
  const rising = { name, value: () => epoch };
  const next: Callback = { onEpochBegin: (index) => void (epoch = index) };

  test.each([
    ['earlyStopping', earlyStopping],
    ['reduceLROnPlateau', reduceLROnPlateau],
  ] as const)('%s asks for mode before anything is trained', async (where, make) => {
    const message = (key: string): string =>
      `${where}: mode expected "min" or "max" for monitor "${key}", whose name does not say which is better, got "auto".`;
    const model = line([rising]);
    const before = model.save();
    for (const [key, validationData] of [
      [name, undefined],
      [`val${capital(name)}`, [[[1]], [[1]]]],
    ] as const) {
      const options = { callbacks: [make({ monitor: key })], validationData };
      expectError(await thrownBy(() => model.fit([[1]], [[2]], any(options))), ValueError, message(key));
    }
    expect(model.save()).toEqual(before);
    const x = input({ shape: [1] });
    const graph = engine.model({
      inputs: x,
      outputs: [dense({ units: 1, name: 'a' }).apply(x), dense({ units: 1, name: 'b' }).apply(x)],
    });
    graph.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [rising] });
    const key = `b${capital(name)}`;
    const fit = (): unknown => graph.fit([[1]], [[[1]], [[1]]], { callbacks: [make({ monitor: key })] });
    expectError(await thrownBy(fit), ValueError, message(key));
  });

  test('and the given mode is used', async () => {
    const run = async (callback: Callback): Promise<Model & { epochs: number }> => {
      const model = line([rising]);
      const { epoch: epochs } = await model.fit([[1]], [[2]], { epochs: 4, callbacks: [next, callback] });
      return Object.assign(model, { epochs: epochs.length });
    };
    expect((await run(earlyStopping({ monitor: name, mode: 'max' }))).epochs).toBe(4);
    expect((await run(earlyStopping({ monitor: name, mode: 'min' }))).epochs).toBe(2);
    expect((await run(reduceLROnPlateau({ monitor: name, mode: 'max', patience: 1 }))).learningRate).toBe(0.01);
    expect((await run(reduceLROnPlateau({ monitor: name, mode: 'min', patience: 3 }))).learningRate).toBeCloseTo(
      0.001,
      12,
    );
  });
});

test('less is better for a custom loss, whatever its name', async () => {
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1] })] });
  const loss = { name: 'gain', value: () => -1, gradient: (y: Float32Array) => y.map(() => 0) };
  model.compile({ optimizer: 'sgd', loss });
  const { epoch } = await model.fit([[1]], [[1]], { epochs: 5, callbacks: [earlyStopping({ monitor: 'loss' })] });
  expect(epoch.length).toBe(2);
});
