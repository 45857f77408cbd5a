/** Cases of tfjs-layers/src/losses_test.ts (TensorFlow.js at 0fc04d9) of losses that came after the first count. */
import { describe, expect, it } from 'vitest';
import type { CompileOptions } from '../../../src/index.js';
import { column, expectClose, filled, lossOf, type Matrix } from '../support.js';

const logcosh = (x: number): number => x + Math.log(Math.exp(-2 * x) + 1) - Math.log(2);
const squaredLog = (x: number): number => Math.log(1 + x) ** 2;
const ZEROS = filled(2, 2, 0);
const OUTPUTS = [
  [1, 2],
  [3, 4],
];
const FIRST = [
  [1, 0],
  [1, 0],
];

const cases: [title: string, loss: CompileOptions['loss'], targets: Matrix, outputs: Matrix, expected: number[]][] = [
  [
    'meanAbsolutePercentageError: 2D',
    'meanAbsolutePercentageError',
    [
      [-1, -2],
      [-3, -4],
    ],
    ZEROS,
    [100, 100],
  ],
  [
    'meanSquaredLogarithmicError: 2D',
    'meanSquaredLogarithmicError',
    ZEROS,
    OUTPUTS,
    [(squaredLog(1) + squaredLog(2)) / 2, (squaredLog(3) + squaredLog(4)) / 2],
  ],
  [
    'categoricalHinge: 2D',
    'categoricalHinge',
    [
      [0, 1, 0],
      [1, 0, 0],
    ],
    [
      [0, 2, 0],
      [1, 3, 2],
    ],
    [0, 3],
  ],
  ['logcosh: 2D', 'logCosh', ZEROS, OUTPUTS, [(logcosh(1) + logcosh(2)) / 2, (logcosh(3) + logcosh(4)) / 2]],
  [
    'kullbackLeiblerDivergence: 2D',
    'kullbackLeibler',
    FIRST,
    [
      [0.25, 0.75],
      [0.9, 0.1],
    ],
    [Math.log(1 / 0.25), Math.log(1 / 0.9)],
  ],
  [
    'poisson: 2D',
    'poisson',
    FIRST,
    [
      [0.25, 0.75],
      [0.9, 0.1],
    ],
    [(0.25 - Math.log(0.25) + 0.75) / 2, (0.9 - Math.log(0.9) + 0.1) / 2],
  ],
  [
    'cosineProximity: 2D',
    'cosineSimilarity',
    FIRST,
    [
      [Math.SQRT1_2, Math.SQRT1_2],
      [0, 1],
    ],
    [-Math.SQRT1_2, 0],
  ],
];

describe('losses of TensorFlow.js', () => {
  it.each(cases)('%s', async (_title, loss, targets, outputs, expected) => {
    const losses = [];
    for (const [i, row] of outputs.entries()) losses.push(await lossOf(loss, [targets[i]], [row]));
    expectClose([losses], [expected], 1e-5);
  });

  it('meanAbsolutePercentageError: 1D', async () => {
    expect(await lossOf('meanAbsolutePercentageError', column([-1, -2, -3]), column([0, 0, 0]))).toBeCloseTo(100, 4);
  });
});
