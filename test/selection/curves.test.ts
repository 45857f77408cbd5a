/** Calibration and thresholds against scikit-learn's curves, with their properties and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError, ValueError } from '../../src/index.js';
import { bestThreshold, calibrationCurve, thresholdCurve, type ThresholdMeasure } from '../../src/tables.js';
import { any, refusesAll } from '../support/reference/refusals.js';
import { expectClose, golden } from './golden.js';

const { truth, scores, weights, curves, best, ...binary } = golden.binary;

describe('calibrationCurve', () => {
  test.each(curves)('is that of scikit-learn: $bins bins, $strategy', ({ strategy, bins, observed, predicted }) => {
    const curve = calibrationCurve(truth, scores, { bins, strategy });
    expectClose(
      curve.bins.map((bin) => bin.observed),
      observed,
    );
    expectClose(
      curve.bins.map((bin) => bin.predicted),
      predicted,
    );
    expectClose([curve.brierScore], [binary.brier]);
  });

  test('counts each row in one bin, whose bounds it is between', () => {
    const probability = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.boolean(), probability), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 9 }),
        fc.constantFrom('uniform' as const, 'quantile' as const),
        (rows, bins, strategy) => {
          const given = rows.map(([, p]) => p);
          const options = { positive: true, bins, strategy };
          const curve = calibrationCurve(
            rows.map(([label]) => label),
            given,
            options,
          );
          expect(curve.bins.reduce((sum, bin) => sum + bin.rows, 0)).toBe(rows.length);
          for (const { from, to, predicted, observed } of curve.bins) {
            expect(predicted).toBeGreaterThanOrEqual(from * (1 - 1e-12));
            expect(predicted).toBeLessThanOrEqual(to * (1 + 1e-12));
            expect(observed >= 0 && observed <= 1).toBe(true);
          }
          expect(curve.error).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });

  test('has no error where probabilities are the shares', () => {
    const labels = Array.from({ length: 100 }, (_, i) => (i % 10 < 3 ? 'yes' : 'no'));
    const { bins, error } = calibrationCurve(labels, new Float32Array(100).fill(0.25), { positive: 'yes' });
    expect(bins).toHaveLength(1);
    expectClose([error, bins[0].observed], [0.05, 0.3]);
  });
});

describe('thresholdCurve', () => {
  test('has the points of both curves of scikit-learn', () => {
    const curve = thresholdCurve(truth, scores);
    const rate = (name: 'falsePositiveRate' | 'recall' | 'precision'): number[] =>
      curve.points.map((point) => point[name]);
    expectClose(rate('falsePositiveRate'), binary.fpr);
    expectClose(rate('recall'), binary.tpr);
    expect(curve.points.map(({ threshold }) => threshold)).toEqual([Infinity, ...binary.thresholds]);
    // scikit-learn's curve of precision goes the other way.
    expectClose(rate('precision').reverse(), binary.precision);
    expectClose(rate('recall').reverse(), binary.recall);
    expectClose([curve.auc, curve.averagePrecision], [binary.auc, binary.averagePrecision]);
  });

  test('weighs rows as scikit-learn does', () => {
    const curve = thresholdCurve(truth, scores, { sampleWeight: weights });
    expectClose([curve.auc, curve.averagePrecision], [binary.weightedAuc, binary.weightedAveragePrecision]);
  });

  test('is that of the other label for the negative scores', () => {
    const { auc } = thresholdCurve(truth, scores);
    const other = thresholdCurve(
      truth,
      scores.map((score) => -score),
      { positive: 0 },
    );
    expectClose([other.auc], [auc]);
  });

  test('has points whose counts add up', () => {
    const score = fc.double({ noNaN: true, noDefaultInfinity: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), score), { minLength: 1, maxLength: 50 }), (rows) => {
        const { points, auc } = thresholdCurve(
          rows.map(([label]) => label),
          rows.map(([, one]) => one),
          { positive: true },
        );
        for (const point of points) {
          const { truePositives: tp, falsePositives: fp, trueNegatives: tn, falseNegatives: fn } = point;
          expect(tp + fp + tn + fn).toBe(rows.length);
          expect(tp + fp).toBe(rows.filter(([, one]) => one >= point.threshold).length);
        }
        expect(auc >= 0 && auc <= 1 + 1e-12).toBe(true);
      }),
    );
  });
});

describe('bestThreshold', () => {
  test.each(Object.entries(best))('by %s is that of trying all with scikit-learn', (metric, [value, threshold]) => {
    const found = bestThreshold(truth, scores, { metric: metric as ThresholdMeasure });
    expectClose([found.value], [value]);
    expect(found.threshold).toBe(threshold);
  });

  test('by costs weighs both errors, and may call no row positive', () => {
    const cheap = bestThreshold(truth, scores, { costs: { falsePositive: 1, falseNegative: 1 } });
    expect(cheap.value).toBe(-(cheap.falsePositives + cheap.falseNegatives));
    expectClose([1 + cheap.value / truth.length], [best.accuracy[0]]);
    const none = bestThreshold(truth, scores, { costs: { falsePositive: 1000, falseNegative: 0 } });
    expect(none.threshold).toBe(Infinity);
    const all = bestThreshold(truth, scores, { costs: { falsePositive: 0, falseNegative: 1 } });
    expect(all.falseNegatives).toBe(0);
  });
});

describe('what is refused', () => {
  refusesAll([
    [
      'three labels',
      () => thresholdCurve(['a', 'b', 'c'], [1, 2, 3]),
      ValueError,
      'thresholdCurve: truth expected two different labels, got 3: ["a","b","c"].',
    ],
    [
      'one label, not named',
      () => thresholdCurve(['a', 'a'], [1, 2]),
      ValueError,
      'thresholdCurve: positive expected a label where all rows have the same, got undefined.',
    ],
    [
      'a score too many',
      () => thresholdCurve([true, false], [1, 2, 3]),
      ShapeError,
      'thresholdCurve: scores expected 2 values, got 3.',
    ],
    [
      'a score that is NaN',
      () => bestThreshold([true, false], [1, NaN]),
      ValueError,
      'bestThreshold: scores expected finite numbers, got NaN in row 1.',
    ],
    [
      'a probability above 1',
      () => calibrationCurve([true, false], [0.5, 1.5]),
      ValueError,
      'calibrationCurve: probabilities expected numbers from 0 to 1, got 1.5 in row 1.',
    ],
    [
      'a measure and costs',
      () => bestThreshold([true, false], [1, 0], { metric: 'f1', costs: { falsePositive: 1, falseNegative: 1 } }),
      ValueError,
      'bestThreshold: metric expected none where costs are given, got "f1".',
    ],
    [
      'one cost',
      () => bestThreshold([true, false], [1, 0], { costs: any({ falsePositive: 1 }) }),
      ValueError,
      'bestThreshold: costs: falseNegative expected a number >= 0, got undefined.',
    ],
  ]);
});
