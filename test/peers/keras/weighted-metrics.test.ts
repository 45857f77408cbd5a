/**
 * Cases of keras/src/metrics (Keras at 3422977) of metrics with row weights, and of losses as metrics. Weights of cells
 * are weights of rows of one value. A metric without weights is one of `metrics`, with weights of `weightedMetrics`.
 */
import { describe, expect, it } from 'vitest';
import {
  binaryCrossentropy,
  categoricalCrossentropy,
  fBeta,
  precision,
  recall,
  sparseCategoricalCrossentropy,
  topKAccuracy,
  type CompileOptions,
  type MetricLike,
} from '../../../src/index.js';
import { column, expectClose, metricOf, weightedMetricOf, type Matrix } from '../support.js';

type Targets = Matrix | readonly number[];
type Case = [
  title: string,
  metric: MetricLike,
  targets: Targets,
  outputs: Matrix,
  weights: number[] | undefined,
  expected: number,
  loss?: CompileOptions['loss'],
];

const BINARY = 'binaryCrossentropy';
const SPARSE = 'sparseCategoricalCrossentropy';

const YES_NO = column([1, 1, 0, 0]);
const ANSWERS = column([0.98, 1, 0, 0.6]);
const ONE_HOT = [
  [0, 0, 1],
  [0, 1, 0],
];
const CLASS_OUTPUTS = [
  [0.1, 0.9, 0.8],
  [0.05, 0.95, 0],
];

const accuracies: Case[] = [
  ['BinaryAccuracy: weighted', 'binaryAccuracy', YES_NO, ANSWERS, [1, 0, 0, 1], 0.5, BINARY],
  ['BinaryAccuracy: weights of a column', 'binaryAccuracy', YES_NO, ANSWERS, [1, 0, 1, 0], 1, BINARY],
  ['CategoricalAccuracy: weighted', 'categoricalAccuracy', ONE_HOT, CLASS_OUTPUTS, [0.7, 0.3], 0.3],
  [
    'SparseCategoricalAccuracy: weighted',
    'categoricalAccuracy',
    [2, 1],
    [
      [0.1, 0.6, 0.3],
      [0.05, 0.95, 0],
    ],
    [0.7, 0.3],
    0.3,
    SPARSE,
  ],
  ['TopKCategoricalAccuracy: weighted', topKAccuracy({ k: 1 }), ONE_HOT, CLASS_OUTPUTS, [0.7, 0.3], 0.3],
  ['SparseTopKCategoricalAccuracy: weighted', topKAccuracy({ k: 1 }), [2, 1], CLASS_OUTPUTS, [0.7, 0.3], 0.3, SPARSE],
];

const CELLS = [1, 0, 1, 0, 1, 0, 1, 0];
const TRUTHS = [0, 1, 1, 0, 1, 0, 0, 1];
const TWO_ROWS = column([0, 1, 1, 0]);
const TWO_ROWS_ANSWERS = column([1, 0, 0.6, 0]);
const twice = <T>(values: readonly T[]): T[] => [...values, ...values];

const rates: Case[] = [
  ['Precision: weighted', precision(), column(TRUTHS), column(CELLS), [1, 2, 3, 4, 4, 3, 2, 1], 7 / 10, BINARY],
  [
    'Recall: weighted',
    recall(),
    column(TRUTHS),
    column([1, 0, 1, 0, 0, 1, 0, 1]),
    [1, 2, 3, 4, 4, 3, 2, 1],
    4 / 10,
    BINARY,
  ],
  ['Precision: weighted, threshold 0.5', precision(), TWO_ROWS, TWO_ROWS_ANSWERS, [4, 0, 3, 1], 3 / 7, BINARY],
  ['Recall: weighted, threshold 0.5', recall(), TWO_ROWS, TWO_ROWS_ANSWERS, [1, 4, 3, 2], 3 / 7, BINARY],
  [
    'Precision: multiple updates',
    precision(),
    twice(TWO_ROWS),
    twice(TWO_ROWS_ANSWERS),
    twice([4, 0, 3, 1]),
    3 / 7,
    BINARY,
  ],
  ['Recall: multiple updates', recall(), twice(TWO_ROWS), twice(TWO_ROWS_ANSWERS), twice([1, 4, 3, 2]), 3 / 7, BINARY],
];

const SQUARE_TARGETS = [
  [0, 1, 0, 1, 0],
  [0, 0, 1, 1, 1],
  [1, 1, 1, 1, 0],
  [0, 0, 0, 0, 1],
];
const SQUARE_OUTPUTS = [
  [0, 0, 1, 1, 0],
  [1, 1, 1, 1, 1],
  [0, 1, 0, 1, 0],
  [1, 1, 1, 1, 1],
];
const RISING = [1, 1.5, 2, 2.5];
const TARGETS = [
  [1, 9, 2],
  [-5, -2, 6],
];
const OUTPUTS = [
  [4, 8, 12],
  [8, 1, 3],
];
const WEIGHTS = [1.2, 3.4];
const mean = (values: number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const weightedMean = (values: number[]): number => (1.2 * values[0] + 3.4 * values[1]) / 4.6;
const cosines = TARGETS.map((row, r) => {
  const dot = (a: number[], b: number[]): number => a.reduce((total, value, i) => total + value * b[i], 0);
  return dot(row, OUTPUTS[r]) / Math.sqrt(dot(row, row) * dot(OUTPUTS[r], OUTPUTS[r]));
});
const logCosh = TARGETS.map((row, r) => mean(row.map((t, i) => Math.log(Math.cosh(OUTPUTS[r][i] - t)))));

const MAPE = 'meanAbsolutePercentageError';
const MSLE = 'meanSquaredLogarithmicError';
const regressions: Case[] = [
  ['MeanSquaredError: weighted', 'meanSquaredError', SQUARE_TARGETS, SQUARE_OUTPUTS, RISING, 0.54285],
  ['MeanAbsoluteError: weighted', 'meanAbsoluteError', SQUARE_TARGETS, SQUARE_OUTPUTS, RISING, 0.54285],
  ['MeanAbsolutePercentageError: unweighted', MAPE, SQUARE_TARGETS, SQUARE_OUTPUTS, undefined, 35e7],
  ['MeanAbsolutePercentageError: weighted', MAPE, SQUARE_TARGETS, SQUARE_OUTPUTS, RISING, 40e7],
  ['MeanSquaredLogarithmicError: unweighted', MSLE, SQUARE_TARGETS, SQUARE_OUTPUTS, undefined, 0.24022],
  ['MeanSquaredLogarithmicError: weighted', MSLE, SQUARE_TARGETS, SQUARE_OUTPUTS, RISING, 0.26082],
  [
    'RootMeanSquaredError: weighted',
    'rootMeanSquaredError',
    column([2, 4, 6, 8]),
    column([1, 3, 2, 3]),
    [0, 1, 0, 1],
    Math.sqrt(13),
  ],
  ['LogCoshError: unweighted', 'logCosh', TARGETS, OUTPUTS, undefined, mean(logCosh)],
  ['LogCoshError: weighted', 'logCosh', TARGETS, OUTPUTS, WEIGHTS, weightedMean(logCosh)],
  ['CosineSimilarity: unweighted', 'cosineSimilarity', TARGETS, OUTPUTS, undefined, mean(cosines)],
  ['CosineSimilarity: weighted', 'cosineSimilarity', TARGETS, OUTPUTS, WEIGHTS, weightedMean(cosines)],
];

const COUNTS = [
  [4, 8, 12],
  [8, 1, 3],
];
const EXPECTED_COUNTS = [
  [1, 9, 2],
  [5, 2, 6],
];
const poisson = COUNTS.map((row, r) =>
  mean(row.map((t, i) => EXPECTED_COUNTS[r][i] - t * Math.log(EXPECTED_COUNTS[r][i]))),
);
const shares = (rows: number[][]): number[][] =>
  rows.map((row) => row.map((value) => value / row.reduce((total, one) => total + one, 0)));
const KL_TARGETS = shares([
  [0.5, 0.8, 0.12],
  [0.7, 0.43, 0.8],
]);
const KL_OUTPUTS = shares([
  [0.4, 0.9, 0.12],
  [0.36, 0.3, 0.4],
]);
const divergences = KL_TARGETS.map((row, r) =>
  row.reduce((total, t, i) => total + t * Math.log(t / KL_OUTPUTS[r][i]), 0),
);

const BITS = [
  [1, 0],
  [1, 0],
];
const SATURATED = [
  [1, 1],
  [1, 0],
];
const LOGIT_BITS = [
  [1, 0, 1],
  [0, 1, 1],
];
const LOGITS = [
  [10, -10, 10],
  [10, 10, -10],
];
const CLASSES = [
  [0, 1, 0],
  [0, 0, 1],
];
const PROBABILITIES = [
  [0.05, 0.95, 0],
  [0.1, 0.8, 0.1],
];
const CLASS_LOGITS = [
  [1, 9, 0],
  [1, 8, 1],
];
const TWO = [1.5, 2];
const HINGE_TARGETS = [
  [0, 1, 0, 1],
  [0, 0, 1, 1],
];
const HINGE_OUTPUTS = [
  [-0.3, 0.2, -0.1, 1.6],
  [-0.25, -1, 0.5, 0.6],
];
const SIGNS = HINGE_TARGETS.map((row) => row.map((value) => 2 * value - 1));

const bce = binaryCrossentropy({ fromLogits: true });
const cce = categoricalCrossentropy({ fromLogits: true });
const scce = sparseCategoricalCrossentropy({ fromLogits: true });
const smoothed = { fromLogits: true, labelSmoothing: 0.1 };

const probabilistic: Case[] = [
  ['KLDivergence: unweighted', 'kullbackLeibler', KL_TARGETS, KL_OUTPUTS, undefined, mean(divergences)],
  ['KLDivergence: weighted', 'kullbackLeibler', KL_TARGETS, KL_OUTPUTS, WEIGHTS, weightedMean(divergences)],
  ['Poisson: unweighted', 'poisson', COUNTS, EXPECTED_COUNTS, undefined, mean(poisson)],
  ['Poisson: weighted', 'poisson', COUNTS, EXPECTED_COUNTS, WEIGHTS, weightedMean(poisson)],
  ['BinaryCrossentropy: unweighted', BINARY, BITS, SATURATED, undefined, 3.9855],
  ['BinaryCrossentropy: unweighted, logits', bce, LOGIT_BITS, LOGITS, undefined, 3.333],
  ['BinaryCrossentropy: weighted', BINARY, BITS, SATURATED, TWO, 3.4162],
  ['BinaryCrossentropy: weighted, logits', bce, LOGIT_BITS, LOGITS, [2, 2.5], 3.7037],
  [
    'BinaryCrossentropy: label smoothing',
    binaryCrossentropy(smoothed),
    [[1, 0, 1]],
    [[10, -10, -10]],
    undefined,
    (10 + 5 * 0.1) / 3,
  ],
  ['CategoricalCrossentropy: unweighted', 'categoricalCrossentropy', CLASSES, PROBABILITIES, undefined, 1.176],
  ['CategoricalCrossentropy: unweighted, logits', cce, CLASSES, CLASS_LOGITS, undefined, 3.5011],
  ['CategoricalCrossentropy: weighted', 'categoricalCrossentropy', CLASSES, PROBABILITIES, TWO, 1.338],
  ['CategoricalCrossentropy: weighted, logits', cce, CLASSES, CLASS_LOGITS, TWO, 4.0012],
  [
    'CategoricalCrossentropy: label smoothing',
    categoricalCrossentropy(smoothed),
    CLASSES,
    CLASS_LOGITS,
    undefined,
    3.667,
  ],
  ['SparseCategoricalCrossentropy: unweighted', SPARSE, [1, 2], PROBABILITIES, undefined, 1.176, SPARSE],
  ['SparseCategoricalCrossentropy: unweighted, logits', scce, [1, 2], CLASS_LOGITS, undefined, 3.5011, SPARSE],
  ['SparseCategoricalCrossentropy: weighted', SPARSE, [1, 2], PROBABILITIES, TWO, 1.338, SPARSE],
  ['SparseCategoricalCrossentropy: weighted, logits', scce, [1, 2], CLASS_LOGITS, TWO, 4.0012, SPARSE],
  ['Hinge: unweighted', 'hinge', HINGE_TARGETS, HINGE_OUTPUTS, undefined, 0.506],
  ['Hinge: weighted', 'hinge', SIGNS, HINGE_OUTPUTS, TWO, 0.493],
  ['SquaredHinge: unweighted', 'squaredHinge', HINGE_TARGETS, HINGE_OUTPUTS, undefined, 0.364],
  ['SquaredHinge: weighted', 'squaredHinge', SIGNS, HINGE_OUTPUTS, TWO, 0.347],
  ['CategoricalHinge: unweighted', 'categoricalHinge', SQUARE_TARGETS, SQUARE_OUTPUTS, undefined, 0.5],
  ['CategoricalHinge: weighted', 'categoricalHinge', SQUARE_TARGETS, SQUARE_OUTPUTS, RISING, 0.5],
];

describe('metrics of Keras', () => {
  it.each([...accuracies, ...rates, ...regressions, ...probabilistic])(
    '%s',
    async (_title, metric, targets, outputs, weights, expected, loss) => {
      const value =
        weights === undefined
          ? await metricOf(metric, targets, outputs, loss)
          : await weightedMetricOf(metric, targets, outputs, weights, loss);
      expectClose(value, expected, 1e-3 * Math.max(1, Math.abs(expected) / 1e3));
    },
  );
});

const F_TARGETS = [0, 1, 2, 0, 0, 2];
const F_OUTPUTS = [
  [0.9, 0.1, 0],
  [0.2, 0.6, 0.2],
  [0, 0, 1],
  [0.4, 0.3, 0.3],
  [0, 0.9, 0.1],
  [0, 0, 1],
];
const HALF = [0.5, 1, 1, 1, 0.5, 1];
const SOME = [1, 0, 1, 1, 0, 1];

type Average = 'micro' | 'macro' | 'weighted';
/** All of theirs but weights of 1, which are the unweighted cases, and the macro mean where a class has no weight. */
const scores: [average: Average | undefined, beta: number, weights: number[], expected: number | number[]][] = [
  [undefined, 0.5, SOME, [1, 0, 1]],
  [undefined, 0.5, HALF, [0.9375, 0.714286, 1]],
  [undefined, 1, SOME, [1, 0, 1]],
  [undefined, 1, HALF, [0.857143, 0.8, 1]],
  [undefined, 2, SOME, [1, 0, 1]],
  [undefined, 2, HALF, [0.789474, 0.909091, 1]],
  ['micro', 0.5, SOME, 1],
  ['micro', 0.5, HALF, 0.9],
  ['micro', 1, SOME, 1],
  ['micro', 1, HALF, 0.9],
  ['micro', 2, SOME, 1],
  ['micro', 2, HALF, 0.9],
  ['macro', 0.5, HALF, 0.883929],
  ['macro', 1, HALF, 0.885714],
  ['macro', 2, HALF, 0.899522],
  ['weighted', 0.5, SOME, 1],
  ['weighted', 0.5, HALF, 0.917857],
  ['weighted', 1, SOME, 1],
  ['weighted', 1, HALF, 0.902857],
  ['weighted', 2, SOME, 1],
  ['weighted', 2, HALF, 0.897608],
];

describe('FBetaScore of Keras with row weights', () => {
  it.each(scores)('average %s, beta %d, weights %j', async (average, beta, weights, expected) => {
    const of = (options: { average?: Average; class?: number }): Promise<number> =>
      weightedMetricOf(fBeta({ beta, ...options }), F_TARGETS, F_OUTPUTS, weights, SPARSE);
    if (average === undefined) {
      const each = [];
      for (let index = 0; index < 3; index++) each.push(await of({ class: index }));
      expectClose([each], [expected as number[]], 1e-6);
    } else expectClose(await of({ average }), expected as number, 1e-6);
  });

  it('scalar weight', async () => {
    const targets = [
      [1, 1],
      [1, 0],
    ];
    const outputs = [
      [0.2, 0.6],
      [0.2, 0.6],
    ];
    for (const [index, expected] of [0, 2 / 3].entries())
      expect(
        await weightedMetricOf(fBeta({ beta: 1, class: index }), targets, outputs, [0.5, 0.5], BINARY),
      ).toBeCloseTo(expected, 6);
  });
});
