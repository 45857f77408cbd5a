/**
 * Averages, classes and thresholds of rates, correlation, balanced accuracy, log loss and calibration error, against
 * scikit-learn (golden/make_metrics.py), of probabilities and of logits, in batches of any size; and their options.
 */
import { describe, expect, test } from 'vitest';
import {
  auc,
  binaryAccuracy,
  binaryCrossentropy,
  calibrationError,
  createEngine,
  dense,
  earlyStopping,
  f1,
  fBeta,
  loadModel,
  precision,
  recall,
  sparseCategoricalCrossentropy,
  specificity,
  topKAccuracy,
  ValueError,
  type CompileOptions,
  type Logs,
  type Model,
} from '../../src/index.js';
import golden from '../golden/metrics.json' with { type: 'json' };
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();

type Metrics = NonNullable<CompileOptions['metrics']>;

/** A model whose outputs are its inputs. */
function mirror(width: number, loss: CompileOptions['loss'], metrics: Metrics): Model {
  const model = engine.sequential({ layers: [dense({ units: width, inputShape: [width], useBias: false })] });
  const data = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  model.setWeights([{ shape: [width, width], data }]);
  model.compile({ optimizer: 'sgd', loss, metrics, checks: 'off' });
  return model;
}

function measure(loss: CompileOptions['loss'], metrics: Metrics, y: number[][], t: number[] | number[][]): Logs {
  const model = mirror(y[0].length, loss, metrics);
  const logs = model.evaluate(y, t);
  for (const batchSize of [1, 7, 1000]) expect(model.evaluate(y, t, { batchSize })).toEqual(logs);
  return logs;
}

const near = (actual: number, expected: number, what: string, within = 1e-12): void =>
  expect(Math.abs(actual - expected), `${what}: ${actual} for ${expected}`).toBeLessThan(within);

describe('of categories', () => {
  const { scores, labels, macro, micro, weighted, byClass } = golden.categories;
  const rates = { precision, recall, f1, fBeta };
  const loss = 'sparseCategoricalCrossentropy';

  test.each(Object.entries(rates) as [keyof typeof rates, typeof precision][])('%s, averaged', (name, metric) => {
    const all = [metric(), metric({ average: 'micro' }), metric({ average: 'weighted' }), metric({ class: 2 })];
    const logs = measure(loss, all, scores, labels);
    near(logs[name], macro[name], 'macro');
    near(logs[`${name}Micro`], micro[name], 'micro');
    near(logs[`${name}Weighted`], weighted[name], 'weighted');
    near(logs[`${name}Class2`], byClass[name][2], 'class 2');
    for (const index of [0, 4]) {
      const one = measure(loss, [metric({ class: index })], scores, labels);
      near(one[`${name}Class${index}`], byClass[name][index], `class ${index}`);
    }
  });

  test('specificity, correlation, balanced accuracy, log loss and calibration', () => {
    const names = ['balancedAccuracy', 'matthewsCorrelation', 'logLoss', 'calibrationError'] as const;
    const logs = measure(loss, [specificity({ class: 1 }), ...names], scores, labels);
    near(logs.specificityClass1, golden.categories.specificity[1], 'specificity');
    // scikit-learn divides by the sum once more after holding probabilities of 0.
    for (const name of names) near(logs[name], golden.categories[name], name, name === 'logLoss' ? 1e-8 : 1e-12);
  });

  test('of logits are those of their probabilities', () => {
    const logits = scores.map((row) => row.map((p) => Math.log(p + 2 ** -40)));
    const names = ['balancedAccuracy', 'logLoss', 'calibrationError'] as const;
    const logs = measure(sparseCategoricalCrossentropy({ fromLogits: true }), names, logits, labels);
    for (const name of names) near(logs[name], golden.categories[name], name, 1e-6);
  });
});

describe('of yes or no', () => {
  const { scores, targets, byThreshold } = golden.yesOrNo;
  const y = scores.map((p) => [p]);
  const t = targets.map((one) => [one]);

  test.each(Object.entries(byThreshold))('rates at the threshold %s', (at, expected) => {
    const threshold = Number(at);
    const of = [precision, recall, f1, fBeta, specificity, binaryAccuracy].map((metric) => metric({ threshold }));
    const logs = measure('binaryCrossentropy', of, y, t);
    for (const name of ['precision', 'recall', 'f1', 'fBeta', 'specificity', 'binaryAccuracy'] as const) {
      near(logs[name], expected[name], name);
    }
    if (threshold !== 0.5) return;
    const others = measure('binaryCrossentropy', ['balancedAccuracy', 'matthewsCorrelation'], y, t);
    near(others.balancedAccuracy, expected.balancedAccuracy, 'balancedAccuracy');
    near(others.matthewsCorrelation, expected.matthewsCorrelation, 'matthewsCorrelation');
  });

  test('log loss and calibration, also of logits', () => {
    const names = ['logLoss', 'calibrationError'] as const;
    const logs = measure('binaryCrossentropy', names, y, t);
    const logits = y.map(([p]) => [Math.log(p / (1 - p))]);
    const ofLogits = measure(binaryCrossentropy({ fromLogits: true }), names, logits, t);
    for (const name of names) {
      near(logs[name], golden.yesOrNo[name], name);
      near(ofLogits[name], golden.yesOrNo[name], name, 1e-6);
    }
  });

  test('two outputs are averaged, and their counts together are micro', () => {
    const both = y.map(([p], i) => [p, y[(i + 1) % y.length][0]]);
    const wanted = t.map(([one]) => [one, one]);
    const names = [recall(), recall({ average: 'micro' }), recall({ class: 1 }), 'balancedAccuracy'] as const;
    const logs = measure('binaryCrossentropy', names, both, wanted);
    near(logs.recall, logs.recallMicro, 'the same targets in both');
    expect(logs.recallClass1).not.toBe(logs.recall);
  });
});

describe('options', () => {
  test('are refused with what was expected', async () => {
    const thrown = async (call: () => unknown, message: string): Promise<void> =>
      expectError(await thrownBy(call), ValueError, message);
    await thrown(
      () => precision({ average: any('mean') }),
      'precision: average is unknown: "mean". There are: macro, micro, weighted.',
    );
    await thrown(() => recall({ class: -1 }), 'recall: class expected an integer >= 0, got -1.');
    await thrown(() => fBeta({ beta: 0 }), 'fBeta: beta expected a number > 0, got 0.');
    await thrown(
      () => calibrationError({ bins: 0 }),
      'calibrationError: bins expected an integer from 1 to 1000, got 0.',
    );
    await thrown(
      () => mirror(3, 'categoricalCrossentropy', [f1({ class: 3 })]),
      "compile: metrics expected a class below 3 with 'f1', got 3.",
    );
    await thrown(
      () => mirror(3, 'categoricalCrossentropy', [f1(), f1({ threshold: 0.2 })]),
      'compile: metrics expected a different key in the logs for each, got "f1", which is taken. ' +
        "Give one a name: f1({ name: '…' }).",
    );
    await thrown(() => f1({ name: '' }), 'f1: name expected a non-empty string, got "".');
    for (const name of ['loss', 'valF1', 'epoch']) {
      await thrown(
        () => mirror(3, 'categoricalCrossentropy', [f1({ name })]),
        `compile: metrics expected a different key in the logs for each, got "${name}", which is taken.`,
      );
    }
  });

  test('have a name, by which metrics of one kind are told apart, in logs, callbacks and files', async () => {
    const metrics = [
      binaryAccuracy({ threshold: 0.2, name: 'accuracyAt20' }),
      binaryAccuracy({ threshold: 0.8, name: 'accuracyAt80' }),
      recall({ threshold: 0.2, name: 'recallAt20' }),
      recall({ threshold: 0.8 }),
      auc({ name: 'area' }),
      auc({ curve: 'PR', name: 'areaPR' }),
      topKAccuracy({ k: 1, name: 'top1' }),
      calibrationError({ bins: 4, name: 'bins4' }),
    ];
    const model = mirror(1, 'binaryCrossentropy', metrics);
    const [x, t] = [
      [[0.1], [0.3], [0.7], [0.9]],
      [[0], [1], [0], [1]],
    ];
    const logs = model.evaluate(x, t);
    // Rows above 0.2: the last three; above 0.8: the last.
    expect(logs).toMatchObject({
      accuracyAt20: 0.75,
      accuracyAt80: 0.75,
      recallAt20: 1,
      recall: 0.5,
      area: 0.75,
      top1: 1,
    });
    expect(Object.keys(logs).slice(-8)).toEqual([
      ...['accuracyAt20', 'accuracyAt80', 'recallAt20', 'recall', 'area', 'areaPR', 'top1', 'bins4'],
    ]);
    const loaded = await loadModel(model.save());
    expect(loaded.evaluate(x, t)).toEqual(logs);
    const { history } = await loaded.fit(x, t, {
      epochs: 2,
      callbacks: [earlyStopping({ monitor: 'recallAt20', mode: 'max' })],
    });
    expect(history).toHaveProperty('accuracyAt80');
  });

  test('are saved with the model, and followed by callbacks towards more', async () => {
    const metrics = [
      precision({ average: 'weighted' }),
      recall({ class: 1 }),
      fBeta({ beta: 0.5 }),
      'matthewsCorrelation',
    ] as const;
    const model = mirror(3, 'sparseCategoricalCrossentropy', metrics);
    const [x, t] = [[[1, 2, 3], [3, 2, 1]], [2, 1]]; // prettier-ignore
    const loaded = await loadModel(model.save());
    expect(loaded.evaluate(x, t)).toEqual(model.evaluate(x, t));
    for (const monitor of ['precisionWeighted', 'recallClass1', 'fBeta', 'matthewsCorrelation']) {
      const { epoch } = await loaded.fit(x, t, { epochs: 3, callbacks: [earlyStopping({ monitor, patience: 9 })] });
      expect(epoch).toHaveLength(3);
    }
  });
});
