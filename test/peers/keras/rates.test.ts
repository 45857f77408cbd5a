/**
 * Cases of keras/src/metrics/f_score_metrics_test.py, confusion_metrics_test.py and accuracy_metrics_test.py (Keras at
 * 3422977): other β, averages other than the mean of the classes, one class alone, and thresholds. A list of results of
 * Keras is a metric of each class here.
 */
import { describe, expect, it } from 'vitest';
import { binaryAccuracy, f1, fBeta, precision, recall, type CompileOptions } from '../../../src/index.js';
import { column, expectClose, metricOf, type Matrix } from '../support.js';

type Average = 'micro' | 'macro' | 'weighted';
type Case = [average: Average | undefined, beta: number, expected: number | number[]];

const BETAS = [0.5, 1, 2];
/** All averages and β but the mean at β = 1, which was there from the start. */
const grid = (expected: number): Case[] =>
  (['micro', 'macro', 'weighted'] as const).flatMap((average) =>
    BETAS.filter((beta) => average !== 'macro' || beta !== 1).map((beta): Case => [average, beta, expected]),
  );

/** Compares F-β of all classes, or of each class where the expected result is a list. */
async function expectScores(
  [average, beta, expected]: Case,
  targets: Matrix,
  outputs: Matrix,
  threshold: number | undefined,
  loss: CompileOptions['loss'],
): Promise<void> {
  const options = { beta, ...(threshold === undefined ? {} : { threshold }) };
  if (average !== undefined) {
    expectClose(await metricOf(fBeta({ ...options, average }), targets, outputs, loss), expected as number, 1e-6);
    return;
  }
  for (const [index, one] of (expected as number[]).entries())
    expectClose(await metricOf(fBeta({ ...options, class: index }), targets, outputs, loss), one, 1e-6);
}

const INDEPENDENT = [
  [0.7, 0.7, 0.7],
  [1, 0, 0],
  [0.9, 0.8, 0],
];
const PERFECT = [
  [1, 1, 1],
  [1, 0, 0],
  [1, 1, 0],
];
const WORST = [
  [0, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const RANDOM = [
  [0, 0, 1],
  [1, 1, 0],
  [1, 1, 1],
];
const CLASSES = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [1, 0, 0],
  [1, 0, 0],
  [0, 0, 1],
];
const CATEGORIES = [
  [0.9, 0.1, 0],
  [0.2, 0.6, 0.2],
  [0, 0, 1],
  [0.4, 0.3, 0.3],
  [0, 0.9, 0.1],
  [0, 0, 1],
];
const independent: Case[] = [
  [undefined, 0.5, [0.71428573, 0.5, 0.833334]],
  [undefined, 1, [0.8, 0.5, 0.6666667]],
  [undefined, 2, [0.9090904, 0.5, 0.555556]],
  ['micro', 0.5, 2 / 3],
  ['micro', 1, 2 / 3],
  ['micro', 2, 2 / 3],
  ['macro', 0.5, 0.6825397],
  ['macro', 2, 0.6548822],
  ['weighted', 0.5, 0.6825397],
  ['weighted', 1, 0.6555555],
  ['weighted', 2, 0.6548822],
];
const categories: Case[] = [
  [undefined, 0.5, [0.9090904, 0.555556, 1]],
  [undefined, 1, [0.8, 0.6666667, 1]],
  [undefined, 2, [0.71428573, 0.833334, 1]],
  ['micro', 0.5, 5 / 6],
  ['micro', 1, 5 / 6],
  ['micro', 2, 5 / 6],
  ['macro', 0.5, 0.821549],
  ['macro', 2, 0.849206],
  ['weighted', 0.5, 0.880471],
  ['weighted', 1, 0.844445],
  ['weighted', 2, 0.829365],
];

describe('FBetaScore of Keras', () => {
  it.each(grid(1))('perfect score: average %s, beta %d', async (...one) => {
    await expectScores(one, PERFECT, INDEPENDENT, 0.66, 'binaryCrossentropy');
  });

  it.each(grid(0))('worst score: average %s, beta %d', async (...one) => {
    await expectScores(one, WORST, INDEPENDENT, 0.66, 'binaryCrossentropy');
  });

  it.each(independent)('random score: average %s, beta %d', async (...one) => {
    await expectScores(one, RANDOM, INDEPENDENT, 0.66, 'binaryCrossentropy');
  });

  it.each(categories)('random score without threshold: average %s, beta %d', async (...one) => {
    await expectScores(one, CLASSES, CATEGORIES, undefined, 'categoricalCrossentropy');
  });

  it.each([
    ['invalid average', { average: 'invalid_average' as 'macro' }, /average/],
    ['beta a string', { beta: '1.0' as unknown as number }, /beta/],
    ['beta none', { beta: null as unknown as number }, /beta/],
    ['beta zero', { beta: 0 }, /beta/],
    ['beta negative one', { beta: -1 }, /beta/],
    ['threshold a string', { threshold: '0.5' as unknown as number }, /threshold/],
  ])('%s raises an error', (_title, options, message) => {
    expect(() => fBeta(options)).toThrow(message);
  });

  it('F1Score: correctness', async () => {
    for (let index = 0; index < 3; index++)
      expect(await metricOf(f1({ class: index }), CLASSES, CATEGORIES)).toBe(
        await metricOf(fBeta({ beta: 1, class: index }), CLASSES, CATEGORIES),
      );
  });
});

const PROBABILITIES = [
  [0.1, 0.2, 0.7],
  [0.5, 0.3, 0.2],
  [0.2, 0.6, 0.2],
  [0.7, 0.2, 0.1],
  [0.1, 0.1, 0.8],
];

describe.each([
  ['Precision', precision],
  ['Recall', recall],
])('%s of Keras', (_name, metric) => {
  it('unweighted with threshold', async () => {
    for (const [threshold, expected] of [
      [0.5, 0.5],
      [0.7, 0],
    ]) {
      const value = await metricOf(metric({ threshold }), column([0, 1, 1, 0]), column([1, 0, 0.6, 0]));
      expect(value).toBeCloseTo(expected, 6);
    }
  });

  it('unweighted class_id, several classes', async () => {
    expect(await metricOf(metric({ class: 1 }), [2, 0, 1, 0, 2], PROBABILITIES, 'sparseCategoricalCrossentropy')).toBe(
      1,
    );
  });

  it('config', () => {
    expect(metric({ threshold: 0.4, class: 12 }).config).toMatchObject({ threshold: 0.4, class: 12 });
  });
});

it('BinaryAccuracy of Keras: threshold', async () => {
  for (const [threshold, expected] of [
    [0.3, 1],
    [0.9, 0.75],
  ]) {
    const value = await metricOf(
      binaryAccuracy({ threshold }),
      column([1, 1, 0, 0]),
      column([0.98, 0.5, 0.1, 0.2]),
      'binaryCrossentropy',
    );
    expect(value).toBe(expected);
  }
});
