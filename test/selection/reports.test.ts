/** Reports and confusion tables against scikit-learn's, with their properties and what is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ShapeError, ValueError, type Label } from '../../src/index.js';
import { classificationReport, confusionTable, type Rates } from '../../src/tables.js';
import { any, refusesAll } from '../support/reference/refusals.js';
import { expectClose, golden } from './golden.js';

const ratesIn = (value: unknown): number[] => {
  const rates = value as Readonly<Record<string, number>>;
  return ['precision', 'recall', 'f1-score', 'support'].map((name) => rates[name]);
};
const ratesOf = ({ precision, recall, f1, support }: Rates): number[] => [precision, recall, f1, support];

describe('classificationReport', () => {
  test.each(golden.reports.map((one, index) => ({ index, ...one })))(
    'has the text and the numbers of scikit-learn: case $index',
    ({ truth, predicted, options, text, data, accuracy }) => {
      const report = classificationReport(truth, predicted, options);
      for (const one of report.labels) expectClose(ratesOf(one), ratesIn(data[String(one.label)]));
      expectClose([report.accuracy], [accuracy]);
      expectClose(ratesOf(report.macro), ratesIn(data['macro avg']));
      expectClose(ratesOf(report.weighted), ratesIn(data['weighted avg']));
      if (data['micro avg'] !== undefined) expectClose(ratesOf(report.micro), ratesIn(data['micro avg']));
      if (report.samples !== undefined) expectClose(ratesOf(report.samples), ratesIn(data['samples avg']));
      expect(report.samples === undefined).toBe(data['samples avg'] === undefined);
      const digits = /0\.\d+|1\.\d+/.exec(text)![0].length - 2;
      const own = String(classificationReport(truth, predicted, { ...options, digits }));
      // Where no row is right, scikit-learn prints the numbers of rows as floats.
      const right = report.labels.some(({ recall, support }) => recall > 0 && support > 0);
      if (right) expect(own).toBe(text);
    },
  );

  test('micro averages are the accuracy where each row has one label, and data is plain', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 50 }), (rows) => {
        const report = classificationReport(
          rows.map(([one]) => one),
          rows.map(([, one]) => one),
        );
        for (const rate of ['precision', 'recall'] as const) expectClose([report.micro[rate]], [report.accuracy]);
        expect(report.labels.reduce((sum, { support }) => sum + support, 0)).toBe(rows.length);
        expect(Object.keys(report)).not.toContain('toString');
      }),
    );
  });
});

describe('confusionTable', () => {
  const { truth, predicted, weights, cases, part } = golden.confusion;
  test.each(cases)('is that of scikit-learn: normalize $normalize, weighted $weighted', (one) => {
    const options = {
      ...(one.normalize !== null && { normalize: one.normalize }),
      ...(one.weighted && { sampleWeight: weights }),
    };
    const { labels, matrix } = confusionTable(truth, Int32Array.from(predicted), options);
    expect(labels).toEqual([0, 1, 2, 3]);
    expectClose(matrix.flat(), one.matrix.flat());
  });

  test('leaves out rows of other labels, and takes labels in the given order', () => {
    expect(confusionTable(truth, predicted, { labels: [2, 0] })).toEqual({ labels: [2, 0], matrix: part });
  });

  test('takes labels of different kinds apart, in the order of a classifier', () => {
    const mixed: Label[] = ['1', 1, true, 'a', -3, false, '__proto__'];
    const { labels, matrix } = confusionTable(mixed, mixed);
    expect(labels).toEqual([false, true, -3, 1, '1', '__proto__', 'a']);
    expect(matrix.map((row, i) => row[i])).toEqual(labels.map(() => 1));
  });
});

describe('what is refused', () => {
  refusesAll([
    [
      'predictions of other rows',
      () => classificationReport([1, 2], [1]),
      ShapeError,
      'classificationReport: predicted expected 2 rows as in truth, got 1.',
    ],
    [
      'no rows',
      () => classificationReport([], []),
      ShapeError,
      'classificationReport: truth expected at least one row, got none.',
    ],
    [
      'a value that is no label',
      () => classificationReport(any([1, null]), [1, 2]),
      ValueError,
      'classificationReport: truth expected strings, finite numbers, true or false, got null in row 1.',
    ],
    [
      'a label among lists',
      () => classificationReport([['a'], []], any([['a'], 'b'])),
      ValueError,
      'classificationReport: predicted expected lists of labels, got "b" in row 1.',
    ],
    [
      'a negative weight',
      () => classificationReport([1, 2], [1, 2], { sampleWeight: [1, -1] }),
      ValueError,
      'classificationReport: sampleWeight expected finite numbers >= 0, got -1 in row 1.',
    ],
    [
      'a confusion table of lists',
      () => confusionTable([['a']], [['a']]),
      ValueError,
      'confusionTable: truth expected one label per row, got lists. Use classificationReport.',
    ],
  ]);
});
