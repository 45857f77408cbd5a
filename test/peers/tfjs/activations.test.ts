/** Cases of tfjs-layers/src/activations_test.ts (TensorFlow.js at 0fc04d9): outputs of activations, to three digits. */
import { describe, it } from 'vitest';
import type { ActivationLike } from '../../../src/index.js';
import { activationOf, column, expectClose, type Matrix } from '../support.js';

const X = [0, 1, 3, 9];
const TANH_GELU = [0, 0.8411920070648193, 2.9963626861572266, 9];

/** What tfjs calls 1D is a column here, 3D its rows one after the other. */
const cases: [title: string, activation: ActivationLike, rows: Matrix, expected: Matrix][] = [
  ['relu6: 1D', 'relu6', column([-10, -5, 0, 1, 5, 15]), column([0, 0, 0, 1, 5, 6])],
  [
    'relu6: 2D',
    'relu6',
    [
      [-10, -5, 0],
      [1, 5, 15],
    ],
    [
      [0, 0, 0],
      [1, 5, 6],
    ],
  ],
  [
    'relu6: 3D',
    'relu6',
    [
      [-10, -5, 0],
      [1, 5, 15],
    ],
    [
      [0, 0, 0],
      [1, 5, 6],
    ],
  ],
  ['gelu_new: 1D', 'tanhGelu', column(X), column(TANH_GELU)],
  [
    'gelu_new: 1D all equal',
    'tanhGelu',
    column([-1, -1, -1, -1]),
    column([-0.15880802273750305, -0.15880802273750305, -0.15880802273750305, -0.15880802273750305]),
  ],
  ['gelu_new: 2D', 'tanhGelu', [X, X], [TANH_GELU, TANH_GELU]],
  ['gelu_new: 3D', 'tanhGelu', [X, X], [TANH_GELU, TANH_GELU]],
];

describe('activations of TensorFlow.js', () => {
  it.each(cases)('%s', async (_title, activation, rows, expected) => {
    expectClose(await activationOf(activation, rows), expected, 1e-3);
  });
});
