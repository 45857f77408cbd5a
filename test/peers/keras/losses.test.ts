/**
 * Cases of keras/src/losses/losses_test.py (Keras at 3422977) of losses that came after the first count, to their three
 * digits. A scalar weight is a weight of every row, timesteps are rows of one value, and an unreduced loss is that of
 * each row alone.
 */
import { describe, expect, it } from 'vitest';
import { binaryFocalCrossentropy, categoricalFocalCrossentropy, type CompileOptions } from '../../../src/index.js';
import { column, lossOf, type Matrix } from '../support.js';

type Loss = CompileOptions['loss'];
type Case = [
  title: string,
  loss: Loss,
  targets: Matrix,
  outputs: Matrix,
  weights: number[] | undefined,
  expected: number,
];

const TARGETS = [
  [1, 9, 2],
  [-5, -2, 6],
];
const OUTPUTS = [
  [4, 8, 12],
  [8, 1, 3],
];
const TIMESTEPS = [3, 6, 5, 0, 4, 2];

const mean = (values: number[]): number => values.reduce((total, value) => total + value, 0) / values.length;
const cosine = (a: number[], b: number[]): number => {
  const dot = (x: number[], y: number[]): number => x.reduce((total, value, i) => total + value * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};
/** Losses of each element. */
const each = (targets: number[][], outputs: number[][], formula: (t: number, y: number) => number): number[][] =>
  targets.map((row, r) => row.map((target, i) => formula(target, outputs[r][i])));

/** The weightings that the suite tests for each loss of elements, with the expected values from its formula. */
function weightings(
  name: string,
  loss: Loss,
  targets: number[][],
  outputs: number[][],
  rows: number[][],
  perRow: number,
): Case[] {
  const sums = rows.map((row) => row.reduce((total, value) => total + value, 0) / perRow);
  const flat = rows.flat();
  return [
    [`${name}: unweighted`, loss, targets, outputs, undefined, mean(sums)],
    [`${name}: scalar weight`, loss, targets, outputs, [2.3, 2.3], 2.3 * mean(sums)],
    [`${name}: sample weights`, loss, targets, outputs, [1.2, 3.4], mean([1.2 * sums[0], 3.4 * sums[1]])],
    [
      `${name}: timesteps`,
      loss,
      column(targets.flat()),
      column(outputs.flat()),
      TIMESTEPS,
      mean(flat.map((value, i) => value * TIMESTEPS[i])),
    ],
    [`${name}: zero weights`, loss, targets, outputs, [0, 0], 0],
  ];
}

/** Rows made to sum to 1: this library reads other outputs as shares of their sum, Keras reads them as they are. */
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
const COUNTS = [
  [4, 8, 12],
  [8, 1, 3],
];
const RATES = [
  [1, 9, 2],
  [5, 2, 6],
];
const HINGE_TARGETS = [
  [0, 1],
  [0, 0],
];
const HINGE_OUTPUTS = [
  [0.6, 0.4],
  [0.4, 0.6],
];
const FOCAL_TARGETS = [
  [1, 0],
  [1, 0],
];
const FOCAL_OUTPUTS = [
  [0.9, 0.8],
  [0.7, 0.2],
];
const FOCAL_LOGIT_TARGETS = [
  [1, 1, 0],
  [0, 1, 0],
];
const FOCAL_LOGITS = [
  [1.5, -2.7, 2.9],
  [-3.8, 1.2, -4.5],
];
const IDENTITY = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
];
const CLASS_LOGITS = [
  [8, 1, 1],
  [0, 9, 1],
  [2, 3, 5],
];
const hundreds = IDENTITY.map((row) => row.map((value) => (value === 1 ? 100 : -100)));
const tens = IDENTITY.map((row) => row.map((value) => 10 * value));
const cosines = TARGETS.map((row, r) => [-cosine(row, OUTPUTS[r])]);
const signs = TARGETS.flat().map((value, i) => -Math.sign(value * OUTPUTS.flat()[i]));

/** Targets below 0 are refused here; Keras cuts them off at 0. */
const POSITIVE = TARGETS.map((row) => row.map((value) => Math.max(value, 0)));

const mape = 'meanAbsolutePercentageError';
const msle = 'meanSquaredLogarithmicError';
const focalOf = (gamma: number): Loss => binaryFocalCrossentropy({ gamma });
const focalLogits = (gamma: number): Loss => binaryFocalCrossentropy({ gamma, fromLogits: true });
const classLogits = categoricalFocalCrossentropy({ fromLogits: true });

const cases: Case[] = [
  ...weightings(
    'LogCosh',
    'logCosh',
    TARGETS,
    OUTPUTS,
    each(TARGETS, OUTPUTS, (t, y) => Math.log(Math.cosh(y - t))),
    3,
  ),
  ...weightings(
    'KLDivergence',
    'kullbackLeibler',
    KL_TARGETS,
    KL_OUTPUTS,
    each(KL_TARGETS, KL_OUTPUTS, (t, y) => t * Math.log(t / y)),
    1,
    // A row of one value has a share of 1.
  ).filter(([title]) => !title.includes('timesteps')),
  ...weightings(
    'Poisson',
    'poisson',
    COUNTS,
    RATES,
    each(COUNTS, RATES, (t, y) => y - t * Math.log(y)),
    3,
  ),
  ...weightings('CosineSimilarity', 'cosineSimilarity', TARGETS, OUTPUTS, cosines, 1).filter(
    ([title]) => !title.includes('timesteps'),
  ),
  [
    'CosineSimilarity: timesteps',
    'cosineSimilarity',
    column(TARGETS.flat()),
    column(OUTPUTS.flat()),
    TIMESTEPS,
    mean(signs.map((value, i) => value * TIMESTEPS[i])),
  ],
  ['CosineSimilarity: axis', 'cosineSimilarity', TARGETS, OUTPUTS, undefined, mean(cosines.flat())],
  ['MeanAbsolutePercentageError: all correct', mape, OUTPUTS, OUTPUTS, undefined, 0],
  ['MeanAbsolutePercentageError: unweighted', mape, TARGETS, OUTPUTS, undefined, 211.8518],
  ['MeanAbsolutePercentageError: scalar weight', mape, TARGETS, OUTPUTS, [2.3, 2.3], 487.259],
  ['MeanAbsolutePercentageError: sample weights', mape, TARGETS, OUTPUTS, [1.2, 3.4], 422.8888],
  ['MeanAbsolutePercentageError: timesteps', mape, column(TARGETS.flat()), column(OUTPUTS.flat()), TIMESTEPS, 694.4444],
  ['MeanAbsolutePercentageError: zero weights', mape, TARGETS, OUTPUTS, [0, 0], 0],
  [
    'MeanAbsolutePercentageError: no reduction, first row',
    mape,
    TARGETS.slice(0, 1),
    OUTPUTS.slice(0, 1),
    [2.3],
    621.8518,
  ],
  ['MeanAbsolutePercentageError: no reduction, second row', mape, TARGETS.slice(1), OUTPUTS.slice(1), [2.3], 352.6666],
  ['MeanSquaredLogarithmicError: unweighted', msle, POSITIVE, OUTPUTS, undefined, 1.437],
  ['MeanSquaredLogarithmicError: scalar weight', msle, POSITIVE, OUTPUTS, [2.3, 2.3], 3.3051],
  ['MeanSquaredLogarithmicError: sample weights', msle, POSITIVE, OUTPUTS, [1.2, 3.4], 3.7856],
  [
    'MeanSquaredLogarithmicError: timesteps',
    msle,
    column(POSITIVE.flat()),
    column(OUTPUTS.flat()),
    TIMESTEPS,
    2.647374,
  ],
  ['MeanSquaredLogarithmicError: zero weights', msle, POSITIVE, OUTPUTS, [0, 0], 0],
  ['SquaredHinge: unweighted', 'squaredHinge', HINGE_TARGETS, HINGE_OUTPUTS, undefined, 1.86],
  [
    'SquaredHinge: no reduction, first row',
    'squaredHinge',
    HINGE_TARGETS.slice(0, 1),
    HINGE_OUTPUTS.slice(0, 1),
    undefined,
    1.46,
  ],
  [
    'SquaredHinge: no reduction, second row',
    'squaredHinge',
    HINGE_TARGETS.slice(1),
    HINGE_OUTPUTS.slice(1),
    undefined,
    2.26,
  ],
  ['SquaredHinge: weighted', 'squaredHinge', HINGE_TARGETS, HINGE_OUTPUTS, [1, 0], 0.73],
  ['SquaredHinge: zero weights', 'squaredHinge', HINGE_TARGETS, HINGE_OUTPUTS, [0, 0], 0],
  ['CategoricalHinge: unweighted', 'categoricalHinge', HINGE_TARGETS, HINGE_OUTPUTS, undefined, 1.4],
  [
    'CategoricalHinge: no reduction, first row',
    'categoricalHinge',
    HINGE_TARGETS.slice(0, 1),
    HINGE_OUTPUTS.slice(0, 1),
    undefined,
    1.2,
  ],
  [
    'CategoricalHinge: no reduction, second row',
    'categoricalHinge',
    HINGE_TARGETS.slice(1),
    HINGE_OUTPUTS.slice(1),
    undefined,
    1.6,
  ],
  ['CategoricalHinge: weighted', 'categoricalHinge', HINGE_TARGETS, HINGE_OUTPUTS, [1, 0], 0.6],
  ['CategoricalHinge: zero weights', 'categoricalHinge', HINGE_TARGETS, HINGE_OUTPUTS, [0, 0], 0],
  ['BinaryFocalCrossentropy: all correct', focalOf(1.5), IDENTITY, IDENTITY, undefined, 0],
  ['BinaryFocalCrossentropy: all correct, logits', focalLogits(2), IDENTITY, hundreds, undefined, 0],
  ['BinaryFocalCrossentropy: unweighted', focalOf(2), FOCAL_TARGETS, FOCAL_OUTPUTS, undefined, 0.268],
  ['BinaryFocalCrossentropy: unweighted, logits', focalLogits(3), FOCAL_LOGIT_TARGETS, FOCAL_LOGITS, undefined, 0.799],
  ['BinaryFocalCrossentropy: scalar weight', focalOf(2), FOCAL_TARGETS, FOCAL_OUTPUTS, [1.23, 1.23], 0.3296],
  [
    'BinaryFocalCrossentropy: scalar weight, logits',
    focalLogits(3),
    FOCAL_LOGIT_TARGETS,
    FOCAL_LOGITS,
    [3.21, 3.21],
    2.565,
  ],
  ['BinaryFocalCrossentropy: sample weights', focalOf(2), FOCAL_TARGETS, FOCAL_OUTPUTS, [1.2, 3.4], 0.34415],
  [
    'BinaryFocalCrossentropy: sample weights, logits',
    focalLogits(3),
    FOCAL_LOGIT_TARGETS,
    FOCAL_LOGITS,
    [1.2, 3.4],
    0.95977,
  ],
  [
    'BinaryFocalCrossentropy: no reduction, first row',
    focalOf(2),
    FOCAL_TARGETS.slice(0, 1),
    FOCAL_OUTPUTS.slice(0, 1),
    undefined,
    0.515547,
  ],
  [
    'BinaryFocalCrossentropy: no reduction, second row',
    focalOf(2),
    FOCAL_TARGETS.slice(1),
    FOCAL_OUTPUTS.slice(1),
    undefined,
    0.020513,
  ],
  ['CategoricalFocalCrossentropy: all correct', 'categoricalFocalCrossentropy', IDENTITY, IDENTITY, undefined, 0],
  ['CategoricalFocalCrossentropy: all correct, logits', classLogits, IDENTITY, tens, undefined, 0],
  ['CategoricalFocalCrossentropy: unweighted, logits', classLogits, IDENTITY, CLASS_LOGITS, undefined, 0.000345],
  [
    'CategoricalFocalCrossentropy: scalar weight, logits',
    classLogits,
    IDENTITY,
    CLASS_LOGITS,
    [2.3, 2.3, 2.3],
    0.000794,
  ],
  [
    'CategoricalFocalCrossentropy: sample weights, logits',
    classLogits,
    IDENTITY,
    CLASS_LOGITS,
    [1.2, 3.4, 5.6],
    0.001933,
  ],
  [
    'CategoricalFocalCrossentropy: no reduction, third row',
    classLogits,
    IDENTITY.slice(2),
    CLASS_LOGITS.slice(2),
    undefined,
    1.0360638e-3,
  ],
  [
    'CategoricalFocalCrossentropy: label smoothing',
    categoricalFocalCrossentropy({ fromLogits: true, labelSmoothing: 0.1 }),
    [[1, 0, 0]],
    [[4.9, -0.5, 2.05]],
    undefined,
    0.06685,
  ],
];

describe('losses of Keras', () => {
  it.each(cases)('%s', async (_title, loss, targets, outputs, weights, expected) => {
    expect(await lossOf(loss, targets, outputs, weights)).toBeCloseTo(expected, 3);
  });
});
