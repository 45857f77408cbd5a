/**
 * Cross-validation and importances: what an estimator gets, in which order, and what comes of it; importances against
 * scikit-learn's of the same linear model.
 */
import { describe, expect, test } from 'vitest';
import { createEngine, mlpClassifier, mlpRegressor, ShapeError, ValueError } from '../../src/index.js';
import {
  crossValidate,
  kFold,
  permutationImportance,
  stratifiedKFold,
  takeRows,
  type FoldInfo,
  type FoldResult,
  type TableEstimator,
} from '../../src/tables.js';
import { any, refusesAll, thrownBy } from '../support/reference/refusals.js';
import { expectClose, golden } from './golden.js';

const engine = await createEngine({ threads: 1 });
const x = Array.from({ length: 30 }, (_, i) => [i, (i * 7) % 11]);
const y = x.map(([i]) => (i % 3 === 0 ? 'b' : 'a'));
const numbers = x.map(([i]) => 2 * i);

/** Predicts the mean of the targets, or what `predicts` returns, and notes its calls. */
class Mean implements TableEstimator<number[][], number[]> {
  readonly calls: unknown[][] = [];
  disposed = 0;
  private mean = 0;
  fit(rows: number[][], targets: number[], options?: object): string {
    this.calls.push([rows, targets, options]);
    this.mean = targets.reduce((sum, one) => sum + one, 0) / targets.length;
    return 'fitted';
  }
  predict(rows: number[][]): number[] {
    return rows.map(() => this.mean);
  }
  score(rows: number[][], targets: number[]): number {
    return rows.length + targets.length;
  }
  dispose(): void {
    this.disposed += 1;
  }
}

describe('crossValidate', () => {
  test('gives each estimator the rows of the other folds, and a seed of its own', async () => {
    const made: [FoldInfo, Mean][] = [];
    const make = (info: FoldInfo): Mean => {
      const estimator = new Mean();
      made.push([info, estimator]);
      return estimator;
    };
    const results: FoldResult[] = [];
    const sampleWeight = numbers.map((one) => one / 2);
    const all = await crossValidate(
      make,
      { x, y: numbers, sampleWeight },
      {
        folds: 4,
        seed: 9,
        fit: ({ fold }) => ({ fold }),
        onFold: (result) => void results.push(result),
      },
    );
    const folds = kFold(30, { folds: 4, seed: 9 });
    expect(all.folds.map(({ rows }) => rows)).toEqual(folds);
    expect(results).toEqual(all.folds);
    expect(new Set(made.map(([{ seed }]) => seed)).size).toBe(4);
    made.forEach(([info, estimator], fold) => {
      expect(info).toEqual({ fold, seed: all.folds[fold].seed });
      const { train, test: tested } = folds[fold];
      const own = [takeRows(x, train), takeRows(numbers, train), { fold, sampleWeight: takeRows(sampleWeight, train) }];
      expect(estimator.calls).toEqual([own]);
      expect(estimator.disposed).toBe(1);
      expect(all.folds[fold]).toMatchObject({ fitted: 'fitted', scores: { score: 2 * tested.length } });
      expect('estimator' in all.folds[fold]).toBe(false);
      const mean = takeRows(numbers, train).reduce((sum, one) => sum + one, 0) / train.length;
      for (const row of tested) expect(all.predictions[row]).toBe(mean);
    });
    const again = await crossValidate(() => new Mean(), { x, y: numbers }, { folds: 4, seed: 9 });
    expect(again.folds.map(({ seed }) => seed)).toEqual(all.folds.map(({ seed }) => seed));
    const { values, mean, standardDeviation, standardError } = all.scores.score;
    expectClose([mean], [values.reduce((sum, one) => sum + one, 0) / 4]);
    expectClose([standardDeviation], [Math.sqrt(values.reduce((sum, one) => sum + (one - mean) ** 2, 0) / 3)]);
    expectClose([standardError], [standardDeviation / 2]);
  });

  test('stratifies classifiers, and scores by names and functions', async () => {
    const make = ({ seed }: FoldInfo) =>
      mlpClassifier({ engine, seed, hiddenLayers: [8], learningRate: 0.05, epochs: 5 });
    const scores = {
      accuracy: 'accuracy',
      own: (_truth: unknown, predicted: unknown, { estimator }: { estimator: unknown }) =>
        (predicted as string[]).length + (estimator as ReturnType<typeof make>).classes.length,
    } as const;
    const all = await crossValidate(make, { x, y }, { folds: 5, scores, keepEstimators: true });
    expect(all.folds.map(({ rows }) => rows)).toEqual(stratifiedKFold(y, { folds: 5 }));
    expect(all.scores.own.values).toEqual([8, 8, 8, 8, 8]);
    for (const { rows, estimator, scores: found } of all.folds) {
      const fitted = estimator as ReturnType<typeof make>;
      expect(found.accuracy).toBe(fitted.score(takeRows(x, rows.test), takeRows(y, rows.test)));
      expect(takeRows(all.predictions, rows.test)).toEqual(fitted.predict(takeRows(x, rows.test)));
      fitted.dispose();
    }
    const same = await crossValidate(make, { x, y }, { folds: 5, scores: ['accuracy'] });
    expect(same.scores.accuracy).toEqual(all.scores.accuracy);
  });

  test('takes several targets, flat rows and divisions of the caller', async () => {
    const flat = Float64Array.from(x.flat());
    const targets = x.map(([a, b]) => [a, b]);
    const folds = [{ train: kFold(30)[0].train, test: Int32Array.of(1, 2, 3) }];
    const make = ({ seed }: FoldInfo) => mlpRegressor({ engine, seed, hiddenLayers: [4], epochs: 3 });
    const all = await crossValidate(
      make,
      { x: flat, y: targets },
      { folds, scores: ['r2', 'rootMeanSquaredError'], keepEstimators: true },
    );
    const fitted = all.folds[0].estimator as ReturnType<typeof make>;
    expectClose(all.scores.r2.values, [fitted.score(x.slice(1, 4), targets.slice(1, 4))]);
    expect(all.scores.r2.standardDeviation).toBe(0);
    expect(all.predictions[2]).toEqual([...fitted.predict([x[2]])]);
    expect(all.predictions[0]).toBeUndefined();
    fitted.dispose();
  });

  test('disposes estimators where one fails, and stops by its signal', async () => {
    const made: Mean[] = [];
    const make = (): Mean => {
      made.push(new Mean());
      return made.at(-1)!;
    };
    const failing = (): number => {
      if (made.length === 2) throw new Error('stop');
      return 1;
    };
    const options = { scores: { failing }, keepEstimators: true };
    expect(await thrownBy(() => crossValidate(make, { x, y: numbers }, options))).toMatchObject({ message: 'stop' });
    expect(made.map(({ disposed }) => disposed)).toEqual([1, 1]);
    const controller = new AbortController();
    const reason = new Error('enough');
    const stop = { signal: controller.signal, onFold: () => controller.abort(reason) };
    expect(await thrownBy(() => crossValidate(make, { x, y: numbers }, stop))).toBe(reason);
    expect(made).toHaveLength(3);
  });

  refusesAll([
    [
      'an estimator in place of a function that makes one',
      () => crossValidate(any(new Mean()), { x, y: numbers }),
      ValueError,
      'crossValidate: make expected a function that returns an estimator, got an object.',
    ],
    [
      'something that is no estimator',
      () =>
        crossValidate(
          any(() => ({ fit: () => 1 })),
          { x, y: numbers },
        ),
      ValueError,
      'crossValidate: make expected an object with fit and predict, got an object.',
    ],
    [
      'parts of different lengths',
      () => crossValidate(() => new Mean(), { x, y: [1, 2] }),
      ShapeError,
      'crossValidate: y expected 30 rows, as many as the others, got 2.',
    ],
    [
      'an unknown score',
      () => crossValidate(() => new Mean(), { x, y: numbers }, { scores: any(['rsquared']) }),
      ValueError,
      'crossValidate: scores.rsquared is unknown: "rsquared". There are: accuracy, balancedAccuracy, f1, r2, meanAbsoluteError, rootMeanSquaredError.',
    ],
    [
      'a score that is NaN',
      () => crossValidate(() => new Mean(), { x, y: numbers }, { scores: { own: () => NaN } }),
      ValueError,
      'crossValidate: own expected to return a number, got NaN.',
    ],
    [
      'a division with a row that is not there',
      () => crossValidate(() => new Mean(), { x, y: numbers }, { folds: [any({ train: [1], test: [30] })] }),
      ValueError,
      'crossValidate: folds[0]: test expected integers from 0 to 29, got 30.',
    ],
  ]);
});

describe('permutationImportance', () => {
  const { coefficients, intercept, ...reference } = golden.importance;
  const linear = (rows: readonly (readonly number[])[]): number[] =>
    rows.map((row) => row.reduce((sum, value, j) => sum + value * coefficients[j], intercept));
  const model = { fit: () => undefined, predict: linear, featureNames: ['a', 'b', 'c'] };

  test('is that of scikit-learn, on average', async () => {
    const found = await permutationImportance(model, reference.x, reference.y, { score: 'r2', repeats: 400, seed: 5 });
    expectClose([found.score], [reference.score]);
    found.columns.forEach(({ column, name, mean, standardDeviation, values }, j) => {
      expect([column, name]).toEqual([j, 'abc'[j]]);
      expect(values).toHaveLength(400);
      // Four standard errors of the difference of two means.
      const error = Math.sqrt(2 / 400) * reference.deviations[j];
      expect(Math.abs(mean - reference.means[j])).toBeLessThanOrEqual(4 * error);
      expect(Math.abs(standardDeviation / reference.deviations[j] - 1)).toBeLessThan(0.2);
    });
  });

  test('follows its seed, and is the same for rows in every form', async () => {
    const rows = reference.x.slice(0, 40);
    const truth = reference.y.slice(0, 40);
    const options = { score: 'meanAbsoluteError', repeats: 3, seed: 2 } as const;
    const values = async (data: unknown, predict: (data: never) => unknown, seed = 2): Promise<unknown> => {
      const { columns } = await permutationImportance({ fit: () => 0, predict }, any(data), truth, {
        ...options,
        seed,
      });
      return columns.map((one) => one.values);
    };
    const listed = await values(rows, linear);
    expect(await values(rows, linear)).toEqual(listed);
    expect(await values(rows, linear, 3)).not.toEqual(listed);
    const asRows = (flat: Float64Array): number[][] => rows.map((_, i) => [...flat.subarray(3 * i, 3 * i + 3)]);
    expect(await values(Float64Array.from(rows.flat()), (flat: Float64Array) => linear(asRows(flat)))).toEqual(listed);
    const objects = rows.map(([a, b, c]) => ({ a, b, c }));
    type One = (typeof objects)[number];
    expect(await values(objects, (all: One[]) => linear(all.map(({ a, b, c }) => [a, b, c])))).toEqual(listed);
    const columns = { a: rows.map((row) => row[0]), b: rows.map((row) => row[1]), c: rows.map((row) => row[2]) };
    type All = typeof columns;
    expect(await values(columns, ({ a, b, c }: All) => linear(a.map((one, i) => [one, b[i], c[i]])))).toEqual(listed);
  });

  test('leaves the rows as they were, and gives errors a sign', async () => {
    const copy = structuredClone(reference.x);
    const { columns } = await permutationImportance(model, reference.x, reference.y, { score: 'rootMeanSquaredError' });
    expect(reference.x).toEqual(copy);
    expect(columns[0].mean).toBeGreaterThan(columns[1].mean);
    expect(columns[1].mean).toBeGreaterThan(0.5);
  });

  test('takes the score of a facade, and its names', async () => {
    const classifier = mlpClassifier({ engine, hiddenLayers: [8], learningRate: 0.05, epochs: 60 });
    const labels = x.map(([i]) => i < 15);
    await classifier.fit(x, labels, { featureNames: ['place', 'noise'] });
    const { score, columns } = await permutationImportance(classifier, x, labels);
    expect(score).toBe(classifier.score(x, labels));
    expect(columns.map(({ name }) => name)).toEqual(['place', 'noise']);
    expect(columns[0].mean).toBeGreaterThan(columns[1].mean);
    classifier.dispose();
  });

  refusesAll([
    [
      'an estimator without a score of its own',
      () => permutationImportance(any({ fit: () => 0, predict: () => [1] }), [[1]], [1]),
      ValueError,
      "permutationImportance: score expected where an estimator has no method score, got none. Name one, 'accuracy'.",
    ],
  ]);
});
