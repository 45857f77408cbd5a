/**
 * Metrics with and without the weights of rows, areas and relative errors against scikit-learn
 * (golden/make_metrics.py), in batches of any size; losses as metrics against the loss that training minimizes; their
 * options, keys and files.
 */
import { afterAll, describe, expect, test, vi } from 'vitest';
import {
  auc,
  binaryCrossentropy,
  binaryFocalCrossentropy,
  categoricalCrossentropy,
  concatenate,
  createEngine,
  cosineSimilarity,
  dense,
  gaussianNegativeLogLikelihood,
  huber,
  input,
  loadModel,
  poisson,
  precision,
  quantile,
  ShapeError,
  topKAccuracy,
  ValueError,
  type CompileOptions,
  type LossLike,
  type Logs,
  type MetricLike,
  type Model,
} from '../../src/index.js';
import golden from '../golden/weighted-metrics.json' with { type: 'json' };
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
afterAll(() => engine.dispose());

type Metrics = readonly MetricLike[];

/** A model whose outputs are its inputs. */
function mirror(width: number, options: Omit<CompileOptions, 'optimizer'>): Model {
  const model = engine.sequential({ layers: [dense({ units: width, inputShape: [width], useBias: false })] });
  const data = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  model.setWeights([{ shape: [width, width], data }]);
  model.compile({ optimizer: 'sgd', checks: 'off', ...options });
  return model;
}

const column = (values: readonly number[]): number[][] => values.map((value) => [value]);

const SUBJECTS = {
  categories: {
    loss: 'sparseCategoricalCrossentropy',
    metrics: [
      ...(['accuracy', 'precision', 'recall', 'f1', 'balancedAccuracy', 'matthewsCorrelation', 'logLoss'] as const),
      topKAccuracy({ k: 2 }),
    ],
    y: golden.probabilities,
    t: golden.labels,
  },
  yesOrNo: {
    loss: 'binaryCrossentropy',
    metrics: ['accuracy', 'precision', 'auc', 'averagePrecision', auc({ curve: 'PR' }), 'logLoss'],
    y: column(golden.scores),
    t: column(golden.targets),
  },
  regression: {
    loss: 'meanSquaredError',
    metrics: [
      ...(['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2', 'cosineSimilarity'] as const),
      ...(['meanAbsolutePercentageError', 'meanSquaredLogarithmicError'] as const),
    ],
    y: golden.outputs,
    t: golden.numbers,
  },
} as const;

const capital = (name: string): string => name[0].toUpperCase() + name.slice(1);

describe.each(Object.entries(SUBJECTS))('%s', (name, { loss, metrics, y, t }) => {
  const expected = (of: 'plain' | 'weighted'): Record<string, number> => golden[of][name as keyof typeof SUBJECTS];
  const model = mirror(y[0].length, { loss, metrics, weightedMetrics: metrics });
  const sampleWeight = golden.weights;

  test('have the values of scikit-learn, with weights and without', () => {
    const logs = model.evaluate(y, t as number[], { sampleWeight });
    for (const [key, value] of Object.entries(expected('plain'))) {
      const [own, weighed] = [logs[key], logs[`weighted${capital(key)}`]];
      expect(Math.abs(own / value - 1), `${key}: ${own} for ${value}`).toBeLessThan(1e-12);
      const by = expected('weighted')[key];
      expect(Math.abs(weighed / by - 1), `weighted ${key}: ${weighed} for ${by}`).toBeLessThan(1e-12);
    }
    expect(Object.keys(logs)).toHaveLength(1 + 2 * Object.keys(expected('plain')).length);
    for (const batchSize of [1, 7, 1000]) {
      expect(model.evaluate(y, t as number[], { sampleWeight, batchSize })).toEqual(logs);
    }
  });

  test('are the same with weights of 1, and without any weights', () => {
    const ones = model.evaluate(y, t as number[], { sampleWeight: golden.weights.map(() => 1) });
    expect(model.evaluate(y, t as number[])).toEqual(ones);
    for (const [key, value] of Object.entries(expected('plain'))) {
      expect(Math.abs(ones[`weighted${capital(key)}`] / value - 1), key).toBeLessThan(1e-12);
    }
  });

  test('ignore rows of weight 0, whatever they hold', () => {
    const count = y.length;
    const extreme = [...y, y[0].map(() => 3e38), y[0].map(() => -3e38)];
    const targets = [...(t as number[]), t[0] as number, t[1] as number];
    const logs = model.evaluate(extreme, targets, { sampleWeight: [...golden.weights, 0, 0] });
    const without = model.evaluate(y, t as number[], { sampleWeight });
    for (const key of Object.keys(logs).filter((one) => one.startsWith('weighted'))) {
      expect(logs[key], key).toBe(without[key]);
    }
    expect(count).toBe(golden.weights.length);
  });

  test('are 0, or chance, without any weight', () => {
    const logs = model.evaluate(y, t as number[], { sampleWeight: golden.weights.map(() => 0) });
    for (const key of Object.keys(logs).filter((one) => one.startsWith('weighted'))) {
      expect(logs[key], key).toBe(key === 'weightedAuc' ? 0.5 : 0);
    }
  });
});

test('rows of weight 0 do not tell how targets are coded', () => {
  const metrics = ['accuracy', 'recall', 'matthewsCorrelation', 'auc', 'averagePrecision'] as const;
  const model = mirror(1, { loss: 'meanSquaredError', metrics, weightedMetrics: metrics });
  const [y, t] = [column([0.3, 0.7, 0.2, 0.4]), column([0.25, 1, 1, -1])];
  const without = model.evaluate(y.slice(0, 3), t.slice(0, 3));
  const logs = model.evaluate(y, t, { sampleWeight: [1, 1, 1, 0] });
  // The cut would be 0 instead of a half.
  expect(logs.recall).not.toBe(without.recall);
  for (const key of metrics) expect(logs[`weighted${capital(key)}`], key).toBe(without[key]);
});

describe('areas', () => {
  const areas = (scores: number[], targets: number[]): number[] => {
    const metrics: Metrics = ['averagePrecision', auc({ curve: 'PR' })];
    const { averagePrecision, aucPR } = mirror(1, { loss: 'binaryCrossentropy', metrics }).evaluate(
      column(scores),
      column(targets),
    );
    return [averagePrecision, aucPR];
  };

  test('of rows that are in order are 1, of one positive its precision, of equal scores the share of positives', () => {
    expect(areas([0.9, 0.8, 0.2], [1, 1, 0])).toEqual([1, 1]);
    expect(areas([0.5, 0.5, 0.5, 0.5], [1, 0, 0, 0])).toEqual([0.25, 0.25]);
    expect(areas([0.1], [1])).toEqual([1, 1]);
  });

  test('are 0 without positives, 1 without negatives, and NaN with a NaN', () => {
    expect(areas([0.1, 0.2], [0, 0])).toEqual([0, 0]);
    expect(areas([0.1, 0.2], [1, 1])).toEqual([1, 1]);
    const layers = [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones', activation: 'silu' })];
    const model = engine.sequential({ layers });
    const weightedMetrics: Metrics = ['auc', 'averagePrecision', auc({ curve: 'PR' })];
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', weightedMetrics, checks: 'off' });
    const broken = {
      name: 'broken',
      forward: (z: Float32Array) => z.map((x) => (x > 1 ? NaN : x)),
      derivative: (z: Float32Array) => z.map(() => 1),
    };
    const custom = engine.sequential({
      layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones', activation: broken })],
    });
    custom.compile({ optimizer: 'sgd', loss: 'meanSquaredError', weightedMetrics, checks: 'off' });
    const logs = custom.evaluate([[0], [2]], [[0], [1]]);
    expect(Object.values(logs).slice(1)).toEqual([NaN, NaN, NaN]);
    expect(Object.values(model.evaluate([[-1], [2]], [[0], [1]])).slice(1)).toEqual([1, 1, 1]);
  });

  test('continue over the batches of an epoch, and start anew in the next', async () => {
    const metrics: Metrics = ['averagePrecision', auc({ curve: 'PR' })];
    const model = mirror(1, { loss: 'binaryCrossentropy', metrics, weightedMetrics: ['auc'] });
    model.learningRate = 0;
    const { history } = await model.fit(column(golden.scores), column(golden.targets), {
      epochs: 2,
      batchSize: 10,
      sampleWeight: golden.weights,
    });
    const { averagePrecision, aucPR } = golden.plain.yesOrNo;
    for (const epoch of [0, 1]) {
      expect(Math.abs(history.averagePrecision[epoch] - averagePrecision)).toBeLessThan(1e-12);
      expect(Math.abs(history.aucPR[epoch] - aucPR)).toBeLessThan(1e-12);
      expect(Math.abs(history.weightedAuc[epoch] - golden.weighted.yesOrNo.auc)).toBeLessThan(1e-12);
    }
  });
});

describe('relative errors at the edges', () => {
  const regression = (y: number[][], t: number[][]): Logs =>
    mirror(y[0].length, {
      loss: 'meanSquaredError',
      metrics: ['meanAbsolutePercentageError', 'meanSquaredLogarithmicError', 'cosineSimilarity'],
    }).evaluate(y, t);

  test('targets of 0 are divided by 1e-7, outputs below 0 count as 1e-7, rows of 0 have no direction', () => {
    const logs = regression([[1, 0]], [[0, 0]]);
    expect(Math.abs(logs.meanAbsolutePercentageError / 5e8 - 1)).toBeLessThan(1e-12);
    expect(logs.cosineSimilarity).toBe(0);
    const below = regression([[-5]], [[0]]);
    expect(below.meanSquaredLogarithmicError).toBe(0);
    expect(regression([[3e38, 0]], [[3e38, 0]]).cosineSimilarity).toBe(1);
    expect(regression([[1e-45]], [[1e-45]]).cosineSimilarity).toBe(0);
  });
});

/** For each loss: one that has a width of the same meaning, and outputs and targets in its domain. */
const LOSSES: [LossLike, number[][], number[][]][] = [
  ...(
    [
      'halfSquaredError',
      'logCosh',
      huber({ delta: 0.5 }),
      poisson(),
      'gaussianNegativeLogLikelihood',
      quantile({ quantiles: [0.25, 0.75] }),
      quantile(),
    ] as const
  ).map((loss): [LossLike, number[][], number[][]] => {
    const blocks = loss === 'gaussianNegativeLogLikelihood' || (typeof loss === 'object' && loss.kind === 'quantile');
    const outputs = [
      [1.5, 0.25],
      [3, 2.5],
      [0.125, 7],
    ];
    const one =
      blocks && !(typeof loss === 'object' && 'quantiles' in loss.config && loss.config.quantiles.length === 1);
    return [loss, outputs, outputs.map(([a, b]) => (one ? [a + 0.5] : [a + 0.5, b]))];
  }),
  ...(['hinge', 'squaredHinge'] as const).map((loss): [LossLike, number[][], number[][]] => [
    loss,
    [[0.5], [-2], [0.25]],
    [[1], [1], [-1]],
  ]),
  ...([
    'binaryCrossentropy',
    binaryCrossentropy({ labelSmoothing: 0.1 }),
    binaryFocalCrossentropy({ gamma: 1 }),
    binaryFocalCrossentropy({ fromLogits: true }),
    binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }),
  ].map((loss) => [
    loss,
    [
      [0.25, 0.5],
      [0.75, 0.125],
    ],
    [
      [0, 1],
      [1, 1],
    ],
  ]) as [LossLike, number[][], number[][]][]),
  ...([
    'categoricalCrossentropy',
    'kullbackLeibler',
    'categoricalFocalCrossentropy',
    'categoricalHinge',
    'sparseCategoricalCrossentropy',
    categoricalCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
  ].map((loss) => [
    loss,
    [
      [0.25, 0.5, 0.25],
      [0.75, 0.125, 0.125],
    ],
    [
      [0, 1, 0],
      [1, 0, 0],
    ],
  ]) as [LossLike, number[][], number[][]][]),
];

const kindOf = (loss: LossLike): string => (typeof loss === 'string' ? loss : (loss as { kind: string }).kind);

describe('losses as metrics', () => {
  test.each(LOSSES)('%o has the bits of the loss', (loss, y, t) => {
    const kind = kindOf(loss);
    const labels = kind === 'sparseCategoricalCrossentropy' ? t.map((row) => row.indexOf(1)) : t;
    const metrics = [any(loss)] as Metrics;
    const own = mirror(y[0].length, { loss, metrics, weightedMetrics: metrics });
    const logs = own.evaluate(y, labels as number[][]);
    expect(logs[kind]).toBe(logs.loss);
    expect(logs[`weighted${capital(kind)}`]).toBe(logs.loss);
    for (const batchSize of [1, 2]) expect(own.evaluate(y, labels as number[][], { batchSize })).toEqual(logs);
    const sampleWeight = y.map((_, row) => row);
    const weights = sampleWeight.reduce((sum, one) => sum + one, 0);
    const weighted = own.evaluate(y, labels as number[][], { sampleWeight });
    expect(weighted[kind]).toBe(logs.loss);
    expect(Math.abs((weighted[`weighted${capital(kind)}`] * weights) / (weighted.loss * y.length) - 1)).toBeLessThan(
      1e-6,
    );
    if (t[0].length === y[0].length) {
      // Beside another loss, and in training, whose loss computes an activation too.
      const beside = mirror(y[0].length, { loss: 'meanSquaredError', metrics });
      expect(beside.evaluate(y, t)[kind]).toBe(logs.loss);
      expect(beside.trainOnBatch(y, t)[kind]).toBe(logs.loss);
    }
  });

  test('change no bit of a training', () => {
    const bits = (metrics: Metrics): Float32Array => {
      const layers = [
        dense({ units: 5, activation: 'tanh', inputShape: [2] }),
        dense({ units: 3, activation: 'softmax' }),
      ];
      const model = engine.sequential({ seed: 3, layers });
      model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics, weightedMetrics: metrics });
      for (let i = 0; i < 3; i++) {
        model.trainOnBatch(
          [
            [1, 2],
            [3, -1],
          ],
          [
            [0, 1, 0],
            [1, 0, 0],
          ],
          { sampleWeight: [2, 0.5] },
        );
      }
      return model.getWeights()[0].data;
    };
    expect(bits(['categoricalCrossentropy', 'huber', 'kullbackLeibler', 'poisson'])).toEqual(bits([]));
  });

  test('under a loss with several outputs for a target measure the block near the targets', () => {
    const model = mirror(6, { loss: quantile({ quantiles: [0.1, 0.5, 0.9] }), metrics: ['huber', 'logCosh', 'mape'] });
    const logs = model.evaluate([[9, 9, 1, 2, 7, 7]], [[1.5, 4]]);
    const alone = mirror(2, { loss: 'huber', metrics: ['logCosh', 'mape'] }).evaluate([[1, 2]], [[1.5, 4]]);
    expect(logs.huber).toBe(alone.loss);
    expect(logs.logCosh).toBe(alone.logCosh);
    expect(logs.meanAbsolutePercentageError).toBe(alone.meanAbsolutePercentageError);
  });

  test('is refused where a target has another number of outputs', async () => {
    const error = await thrownBy(() => mirror(2, { loss: 'mse', metrics: ['gaussianNegativeLogLikelihood'] }));
    expectError(
      error,
      ShapeError,
      "compile: metrics expected 2 outputs for each target with 'gaussianNegativeLogLikelihood', got 2 for 2. " +
        "Use it with the loss 'gaussianNegativeLogLikelihood' of the same options.",
    );
    const both = mirror(2, {
      loss: gaussianNegativeLogLikelihood(),
      metrics: [any(gaussianNegativeLogLikelihood({ full: true }))],
    });
    const logs = both.evaluate([[1, 2]], [[1.5]]);
    expect(Math.abs(logs.gaussianNegativeLogLikelihood - logs.loss - Math.log(2 * Math.PI) / 2)).toBeLessThan(1e-6);
  });

  test('that do not fit the outputs are reported', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    try {
      const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [2] })] });
      const loss = categoricalCrossentropy({ fromLogits: true });
      model.compile({ optimizer: 'sgd', loss, weightedMetrics: ['kullbackLeibler'] });
      expect(warn).toHaveBeenCalledTimes(1);
      expect(warn.mock.calls[0][0]).toContain(
        "compile: weightedMetrics expected probabilities with 'kullbackLeibler', got outputs of 'linear'.",
      );
      model.compile({ optimizer: 'sgd', loss, metrics: [loss] });
      expect(warn).toHaveBeenCalledTimes(1);
    } finally {
      warn.mockRestore();
    }
  });

  test('the metric cosineSimilarity is the negative of the loss', () => {
    const model = mirror(2, { loss: cosineSimilarity(), metrics: [cosineSimilarity()] });
    const logs = model.evaluate([[1, 0]], [[1, 1]]);
    expect(Math.abs(logs.cosineSimilarity + logs.loss)).toBeLessThan(1e-6);
    expect(logs.cosineSimilarity).toBeGreaterThan(0);
  });
});

describe('weighted metrics', () => {
  test('count class weights in training, and sample weights alone in validation', async () => {
    const model = mirror(1, { loss: 'binaryCrossentropy', metrics: ['accuracy'], weightedMetrics: ['accuracy'] });
    model.learningRate = 0;
    const x = [[0.75], [0.75], [0.25], [0.75]];
    const y = [[1], [0], [1], [0]];
    const { history } = await model.fit(x, y, {
      classWeight: { 1: 3 },
      validationData: [x, y, [1, 1, 0, 2]],
      batchSize: 2,
    });
    expect(history.accuracy).toEqual([0.25]);
    expect(history.weightedAccuracy).toEqual([3 / 8]);
    expect(history.valAccuracy).toEqual([0.25]);
    expect(history.valWeightedAccuracy).toEqual([0.25]);
  });

  test('have keys by output, and the weights of their output', () => {
    const x = input({ shape: [2] });
    const outputs = ['a', 'b'].map((name) => dense({ units: 1, name, kernelInitializer: 'ones' }).apply(x));
    const model = engine.model({ inputs: x, outputs });
    model.compile({
      optimizer: 'sgd',
      loss: 'mse',
      metrics: { a: ['mae'] },
      weightedMetrics: { a: ['mae'], b: ['r2', 'mae'] },
    });
    const logs = model.evaluate(
      [
        [1, 1],
        [2, 2],
      ],
      { a: [[1], [1]], b: [[2], [2]] },
      { sampleWeight: { a: [3, 1], b: [0, 2] } },
    );
    expect(logs.aMeanAbsoluteError).toBe(2);
    expect(logs.aWeightedMeanAbsoluteError).toBe(1.5);
    expect(logs.bWeightedMeanAbsoluteError).toBe(2);
    expect(logs.bWeightedR2).toBe(0);
  });

  test('are saved with the model', async () => {
    const weightedMetrics: Metrics = [precision({ threshold: 0.7 }), auc({ curve: 'PR' }), huber({ delta: 2 })];
    const model = mirror(1, { loss: 'binaryCrossentropy', weightedMetrics });
    const loaded = await loadModel(model.save());
    const evaluate = (one: Model): Logs =>
      one.evaluate(column(golden.scores), column(golden.targets), { sampleWeight: golden.weights });
    expect(evaluate(loaded)).toEqual(evaluate(model));
    expect(Object.keys(evaluate(loaded))).toEqual(['loss', 'weightedPrecision', 'weightedAucPR', 'weightedHuber']);
  });

  test('of one output of a concatenation work with several batches of a source', async () => {
    const x = input({ shape: [1] });
    const model = engine.model({ inputs: x, outputs: concatenate().apply([x, dense({ units: 1 }).apply(x)]) });
    model.compile({ optimizer: 'sgd', loss: 'mse', weightedMetrics: ['mae'] });
    const logs = await model.evaluate(() => [[[[1]], [[1, 0]], [2]] as const, [[[2]], [[2, 0]]] as const]);
    expect(logs.weightedMeanAbsoluteError).toBeGreaterThanOrEqual(0);
  });

  test.each([
    [{ metrics: ['weightedAccuracy'] }, 'compile: metrics is unknown: "weightedAccuracy".'],
    [{ weightedMetrics: 'mse' }, `compile: weightedMetrics expected a list, got "mse". Write ['meanSquaredError'].`],
    [
      { metrics: [{ name: 'weightedAccuracy', value: () => 1 }], weightedMetrics: ['accuracy'] },
      'compile: outputs expected names that give each log a key of its own, got "weightedAccuracy" twice.',
    ],
    [{ metrics: [{ kind: 'auc', config: { curve: 'pr' } }] }, 'auc: curve is unknown: "pr".'],
  ])('%o is refused', async (options, message) => {
    const error = await thrownBy(() => mirror(1, { loss: 'mse', ...(options as object) }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toContain(message);
  });
});
