/**
 * Cases of sklearn/metrics/tests/test_classification.py (scikit-learn 1.2.1): averages of rates, F-β, balanced
 * accuracy, Matthews' correlation, log loss and the multiclass hinge loss. One test here is one test there, without its
 * parts that need sample weights, labels of text or averages over samples.
 */
import { describe, expect, it } from 'vitest';
import { f1, fBeta, precision, recall } from '../../../src/index.js';
import { column, expectClose, lossOf, metricOf, uniform, type Matrix } from '../support.js';

type Average = 'micro' | 'macro' | 'weighted';
const BINARY = 'binaryCrossentropy';
const SPARSE = 'sparseCategoricalCrossentropy';

/** Rows whose largest value is in the column of the class. */
const oneHot = (classes: readonly number[], count: number): Matrix =>
  classes.map((one) => Array.from({ length: count }, (_, i) => Number(i === one)));

/** Targets and answers with the counts of a confusion matrix. */
function fromCounts(counts: Matrix): { targets: number[]; answers: number[] } {
  const pairs = counts.flatMap((row, target) =>
    row.flatMap((count, answer) => Array.from({ length: count }, () => [target, answer])),
  );
  return { targets: pairs.map(([target]) => target), answers: pairs.map(([, answer]) => answer) };
}

/** Precision, recall, F1 and F2 of independent outputs. */
async function rates(
  targets: Matrix,
  outputs: Matrix,
  options: { average?: Average; class?: number },
): Promise<number[]> {
  const values = [];
  for (const metric of [precision(options), recall(options), f1(options), fBeta({ ...options, beta: 2 })])
    values.push(await metricOf(metric, targets, outputs, BINARY));
  return values;
}

/** The same of categories. */
async function categoryRates(
  targets: number[],
  answers: number[],
  classes: number,
  options: { average?: Average; class?: number },
): Promise<number[]> {
  const values = [];
  for (const metric of [precision(options), recall(options), f1(options)])
    values.push(await metricOf(metric, targets, oneHot(answers, classes), SPARSE));
  return values;
}

const f2 = (p: number, r: number): number => (5 * p * r) / (4 * p + r);

describe('rates of scikit-learn', () => {
  const binary = fromCounts([
    [22, 3],
    [8, 17],
  ]);

  it('precision_recall_f1_score_binary', async () => {
    const each = [];
    for (const one of [0, 1]) each.push(await categoryRates(binary.targets, binary.answers, 2, { class: one }));
    expectClose(
      each,
      [
        [0.73, 0.88, 0.8],
        [0.85, 0.68, 0.76],
      ],
      0.0051,
    );
    const beta = await metricOf(fBeta(), column(binary.targets), column(binary.answers), BINARY);
    expect(beta).toBeCloseTo(f2(0.85, 0.68), 2);
  });

  it('precision_recall_f_binary_single_class', async () => {
    const yes = column([1, 1]);
    const no = column([0, 0]);
    expect(await rates(yes, yes, {})).toEqual([1, 1, 1, 1]);
    expect(await rates(no, no, {})).toEqual([0, 0, 0, 0]);
  });

  it('precision_recall_f1_score_multiclass', async () => {
    // The confusion matrix of their classifier, from its rates of each class.
    const { targets, answers } = fromCounts([
      [19, 4, 1],
      [4, 3, 24],
      [0, 2, 18],
    ]);
    const of = (options: { average?: Average; class?: number }): Promise<number[]> =>
      categoryRates(targets, answers, 3, options);
    expectClose([await of({ class: 0 })], [[0.83, 0.79, 0.81]], 0.0051);
    expectClose([await of({ class: 1 })], [[0.33, 0.09, 0.15]], 0.0071);
    expectClose([await of({ class: 2 })], [[0.42, 0.9, 0.57]], 0.0051);
    expectClose([await of({ average: 'micro' })], [[0.53, 0.53, 0.53]], 0.0051);
    expectClose([await of({ average: 'macro' })], [[0.53, 0.6, 0.51]], 0.0071);
    expectClose([await of({ average: 'weighted' })], [[0.51, 0.53, 0.47]], 0.0051);
  });

  it.each(['micro', 'macro', 'weighted'] as const)(
    'precision_refcall_f1_score_multilabel_unordered_labels: %s',
    async (average) => {
      expect(await rates([[1, 1, 0, 0]], [[0, 0, 1, 1]], { average })).toEqual([0, 0, 0, 0]);
    },
  );

  it('precision_recall_f1_score_binary_averaged', async () => {
    const targets = [0, 1, 0, 0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 0, 1];
    const answers = [1, 1, 0, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1];
    const of = (options: { average?: Average; class?: number }): Promise<number[]> =>
      categoryRates(targets, answers, 2, options);
    const [no, yes] = [await of({ class: 0 }), await of({ class: 1 })];
    const share = 7 / 15;
    expectClose([await of({ average: 'macro' })], [no.map((value, i) => (value + yes[i]) / 2)], 1e-12);
    expectClose(
      [await of({ average: 'weighted' })],
      [no.map((value, i) => value * (1 - share) + yes[i] * share)],
      1e-12,
    );
  });

  it('zero_precision_recall', async () => {
    expect(await categoryRates([0, 1, 2, 0, 1, 2], [2, 0, 1, 1, 2, 0], 3, {})).toEqual([0, 0, 0]);
  });

  it('precision_recall_f1_score_multilabel_1', async () => {
    const targets = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 1],
    ];
    const outputs = [
      [0, 1, 0, 0],
      [0, 1, 0, 0],
      [1, 0, 1, 0],
    ];
    const each = [];
    for (let index = 0; index < 4; index++) each.push(await rates(targets, outputs, { class: index }));
    expectClose(
      each,
      [
        [0, 0, 0, 0],
        [0.5, 1, 1 / 1.5, 0.83],
        [1, 1, 1, 1],
        [0, 0, 0, 0],
      ],
      0.0051,
    );
    const f2s = each.map((values) => values[3]);
    const mean = f2s.reduce((total, value) => total + value, 0) / 4;
    const averaged = [1.5 / 4, 0.5, 2.5 / 6, mean];
    expectClose([await rates(targets, outputs, { average: 'macro' })], [averaged], 1e-7);
    expectClose([await rates(targets, outputs, { average: 'micro' })], [[0.5, 0.5, 0.5, f2(0.5, 0.5)]], 1e-7);
    expectClose([await rates(targets, outputs, { average: 'weighted' })], [averaged], 1e-7);
  });

  it('precision_recall_f1_score_multilabel_2', async () => {
    const targets = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 1, 1, 0],
    ];
    const outputs = [
      [0, 0, 0, 1],
      [0, 0, 0, 1],
      [1, 1, 0, 0],
    ];
    const second = await rates(targets, outputs, { class: 1 });
    expectClose([second], [[1, 0.5, 2 / 3, 5 / 9]], 1e-7);
    expectClose([await rates(targets, outputs, { average: 'micro' })], [[0.25, 0.25, 0.25, f2(0.25, 0.25)]], 1e-7);
    expectClose([await rates(targets, outputs, { average: 'macro' })], [[0.25, 0.125, 2 / 12, second[3] / 4]], 1e-7);
    expectClose([await rates(targets, outputs, { average: 'weighted' })], [[2 / 4, 1 / 4, 1 / 3, second[3] / 2]], 1e-7);
  });

  it('precision_recall_f1_score_with_an_empty_prediction: zero_division 0', async () => {
    const targets = [
      [0, 1, 0, 0],
      [1, 0, 0, 0],
      [0, 1, 1, 0],
    ];
    const outputs = [
      [0, 0, 0, 0],
      [0, 0, 0, 1],
      [0, 1, 1, 0],
    ];
    const f2s = [0, 5 / 9, 1, 0];
    const mean = (5 / 9 + 1) / 4;
    expectClose([await rates(targets, outputs, { average: 'macro' })], [[0.5, 1.5 / 4, 2.5 / 6, mean]], 1e-7);
    const micro = f2(2 / 3, 0.5);
    expectClose([await rates(targets, outputs, { average: 'micro' })], [[2 / 3, 0.5, 2 / 3.5, micro]], 1e-6);
    const weighted = (2 * f2s[1] + f2s[2]) / 4;
    expectClose(
      [await rates(targets, outputs, { average: 'weighted' })],
      [[0.75, 0.5, (2 / 1.5 + 1) / 4, weighted]],
      1e-7,
    );
  });

  it.each(['micro', 'macro', 'weighted'] as const)('precision_recall_f1_no_labels: %s', async (average) => {
    const zeros = Array.from({ length: 20 }, () => [0, 0, 0]);
    expect(await rates(zeros, zeros, { average })).toEqual([0, 0, 0, 0]);
  });

  it.each([
    ['a class missed once', [0, 1, 0, 1], [0, 0, 0, 1], 0.75],
    ['a class never answered', [0, 1, 2, 1], [0, 0, 0, 1], 0.5],
    ['answers that are no targets', [0, 0, 0, 1], [0, 1, 2, 1], 2 / 3],
  ])('balanced_accuracy_score: %s', async (_title, targets, answers, expected) => {
    // The mean recall of the classes of the targets.
    expect(await metricOf('balancedAccuracy', targets, oneHot(answers, 3), SPARSE)).toBeCloseTo(expected, 12);
  });
});

/** Matthews' correlation of class indices. */
const mcc = (targets: number[], answers: number[], classes: number): Promise<number> =>
  metricOf('matthewsCorrelation', targets, oneHot(answers, classes), SPARSE);
const bits = (seed: number, count: number): number[] => uniform(seed, 1, count)[0].map((value) => Number(value > 0.5));
const spread = (count: number, classes: number): number[] =>
  Array.from({ length: count * classes }, (_, i) => Math.floor(i / count));

/** Pearson's correlation. */
function correlation(a: number[], b: number[]): number {
  const mean = (values: number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
  const [ma, mb] = [mean(a), mean(b)];
  const covariance = (x: number[], mx: number, y: number[], my: number): number =>
    mean(x.map((value, i) => (value - mx) * (y[i] - my)));
  return covariance(a, ma, b, mb) / Math.sqrt(covariance(a, ma, a, ma) * covariance(b, mb, b, mb));
}

describe("Matthews' correlation of scikit-learn", () => {
  it('matthews_corrcoef_nan', async () => {
    expect(await mcc([0], [1], 2)).toBe(0);
    expect(await mcc([0, 0], [0, 1], 2)).toBe(0);
  });

  it('matthews_corrcoef_against_numpy_corrcoef', async () => {
    const [targets, answers] = [bits(1, 20), bits(2, 20)];
    expect(await mcc(targets, answers, 2)).toBeCloseTo(correlation(targets, answers), 10);
  });

  it('confusion_matrix_binary', async () => {
    const { targets, answers } = fromCounts([
      [22, 3],
      [8, 17],
    ]);
    expect(await mcc(targets, answers, 2)).toBeCloseTo(0.57, 2);
  });

  it('matthews_corrcoef', async () => {
    const targets = bits(3, 20);
    const inverse = targets.map((value) => 1 - value);
    expect(await mcc(targets, targets, 2)).toBeCloseTo(1, 7);
    expect(await mcc(targets, inverse, 2)).toBeCloseTo(-1, 7);
    expect(await mcc([0, 0, 0, 0], [0, 0, 0, 0], 2)).toBe(0);
    expect(
      await mcc(
        targets,
        targets.map(() => 0),
        2,
      ),
    ).toBe(0);
    const a = [1, 0, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1];
    const b = [1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 0, 1, 1];
    expect(await mcc(a, b, 2)).toBeCloseTo(0, 7);
  });

  it('matthews_corrcoef_multiclass', async () => {
    const classes = [0, 3, 1, 2, 2, 0, 1, 3, 0];
    expect(await mcc(classes, classes, 4)).toBeCloseTo(1, 7);
    expect(await mcc([0, 0, 1, 1, 2, 2], [2, 2, 0, 0, 1, 1], 3)).toBeCloseTo(-0.5, 7);
    expect(await mcc([0, 0, 1, 1, 2, 2], [1, 1, 0, 0, 0, 0], 3)).toBeCloseTo(-12 / Math.sqrt(24 * 16), 7);
    expect(await mcc([0, 1, 2], [3, 3, 3], 4)).toBe(0);
    expect(await mcc([3, 3, 3], [0, 1, 2], 4)).toBe(0);
    expect(await mcc([0, 1, 2, 0, 1, 2, 0, 1, 2], [1, 1, 1, 2, 2, 2, 0, 0, 0], 3)).toBeCloseTo(0, 7);
  });

  it.each([100, 10_000])('matthews_corrcoef_overflow: %i rows', async (count) => {
    for (const classes of [2, 3]) {
      const all = spread(count, classes);
      expect(await mcc(all, all, classes)).toBeCloseTo(1, 7);
    }
    const numbers = uniform(4, 1, count)[0];
    const noise = uniform(5, 1, count)[0];
    const targets = numbers.map((value) => Number(value > 0.5));
    const answers = numbers.map((value, i) => Number(value + 0.2 * (noise[i] - 0.5) > 0.5));
    expect(await mcc(targets, answers, 2)).toBeCloseTo(correlation(targets, answers), 7);
  });
});

/** Outputs above 0, with the same differences: categoricalHinge, as in Keras, has a 0 among the other classes. */
const raised = (rows: Matrix): Matrix => rows.map((row) => row.map((value) => value + 3));

describe('losses of scikit-learn', () => {
  it('log_loss', async () => {
    const yes = [0.5, 0.9, 0.99, 0.1, 0.25, 0.999];
    const targets = [0, 0, 0, 1, 1, 1];
    const expected = -yes.reduce((total, p, i) => total + Math.log(targets[i] ? p : 1 - p), 0) / 6;
    expect(await metricOf('logLoss', column(targets), column(yes), BINARY)).toBeCloseTo(expected, 5);
    const three = [
      [0.2, 0.7, 0.1],
      [0.6, 0.2, 0.2],
      [0.6, 0.1, 0.3],
    ];
    expect(await metricOf('logLoss', [1, 0, 2], three, SPARSE)).toBeCloseTo(0.6904911, 6);
    // Rows that do not sum to 1.
    const two = [
      [0.2, 0.7],
      [0.6, 0.5],
      [0.4, 0.1],
      [0.7, 0.2],
    ];
    expect(await metricOf('logLoss', [0, 1, 1, 0], two, SPARSE)).toBeCloseTo(1.0383217, 6);
    const scores = [
      [0.2, 0.7, 0.3],
      [0.6, 0.5, 0.3],
      [0.3, 0.9, 0.1],
    ];
    expect(await metricOf('logLoss', [0, 1, 1], scores, SPARSE)).toBeCloseTo(1.0630345, 6);
  });

  it('log_loss_eps_auto', async () => {
    expect(await metricOf('logLoss', column([0, 1]), column([0, 1]), BINARY)).toBeLessThan(1e-6);
  });

  it('hinge_loss_multiclass', async () => {
    const decisions = [
      [0.36, -0.17, -0.58, -0.99],
      [-0.54, -0.37, -0.48, -0.58],
      [-1.45, -0.58, -0.38, -0.17],
      [-0.54, -0.38, -0.48, -0.58],
      [-2.36, -0.79, -0.27, 0.24],
      [-1.45, -0.58, -0.38, -0.17],
    ];
    const classes = [0, 1, 2, 1, 3, 2];
    const rivals = [1, 2, 3, 2, 2, 3];
    const losses = decisions.map((row, i) => Math.max(0, 1 - row[classes[i]] + row[rivals[i]]));
    const expected = losses.reduce((total, value) => total + value, 0) / 6;
    expect(await lossOf('categoricalHinge', oneHot(classes, 4), raised(decisions))).toBeCloseTo(expected, 6);
  });

  it('hinge_loss_multiclass_with_missing_labels', async () => {
    const decisions = [
      [0.36, -0.17, -0.58, -0.99],
      [-0.55, -0.38, -0.48, -0.58],
      [-1.45, -0.58, -0.38, -0.17],
      [-0.55, -0.38, -0.48, -0.58],
      [-1.45, -0.58, -0.38, -0.17],
    ];
    const classes = [0, 1, 2, 1, 2];
    const rivals = [1, 2, 3, 2, 3];
    const losses = decisions.map((row, i) => Math.max(0, 1 - row[classes[i]] + row[rivals[i]]));
    const expected = losses.reduce((total, value) => total + value, 0) / 5;
    expect(await lossOf('categoricalHinge', oneHot(classes, 4), raised(decisions))).toBeCloseTo(expected, 6);
  });
});
