/**
 * Cases of keras/src/activations/activations_test.py (Keras at 3422977) of activations that came after the first
 * count: random inputs against NumPy's formula, here over a fixed grid of the same range.
 */
import { describe, it } from 'vitest';
import { celu, leakyRelu, type ActivationLike } from '../../../src/index.js';
import { activationOf, column, expectClose } from '../support.js';

/** Evenly spaced numbers, the ends included. */
const grid = (from: number, to: number, count = 11): number[] =>
  Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));

const relu6 = (x: number): number => Math.min(Math.max(x, 0), 6);
const hardSwish = (x: number): number => (x * relu6(x + 3)) / 6;
const tanhGelu = (x: number): number => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
const celuOf =
  (alpha: number) =>
  (x: number): number =>
    Math.max(x, 0) + alpha * Math.expm1(Math.min(x, 0) / alpha);

const cases: [title: string, activation: ActivationLike, inputs: number[], formula: (x: number) => number][] = [
  ['relu6: positive below 6', 'relu6', grid(0, 5.9), relu6],
  ['relu6: above 6', 'relu6', grid(6.1, 10), relu6],
  ['relu6: negative', 'relu6', grid(-1, 0), relu6],
  ['relu: max_value 6 is relu6', 'relu6', [-10, -5, 0, 5, 10, 12], relu6],
  ['hard_silu: −3 to 3', 'hardSwish', grid(-3, 3), hardSwish],
  ['hard_silu: −10 to 10', 'hardSwish', grid(-10, 10), hardSwish],
  ['hard_silu: well above 3 is the identity', 'hardSwish', grid(5, 10), (x) => x],
  ['hard_silu: well below −3 is 0', 'hardSwish', grid(-10, -5), () => 0],
  ['gelu: approximate', 'tanhGelu', grid(0, 1), tanhGelu],
  ['celu: alpha 1', 'celu', grid(-1, 1), celuOf(1)],
  ['celu: alpha 0.5', celu({ alpha: 0.5 }), grid(-1, 1), celuOf(0.5)],
  ['exponential: 0 to 1', 'exponential', grid(0, 1), Math.exp],
  ['exponential: −10 to 10', 'exponential', grid(-10, 10), Math.exp],
  ['exponential: negative', 'exponential', grid(-10, 0), Math.exp],
  ['exponential: near zero', 'exponential', grid(-1e-7, 1e-7), Math.exp],
  ['exponential: large values overflow to infinity', 'exponential', grid(1e4, 1e5), () => Infinity],
  [
    'relu: negative_slope 0.5 is leaky relu',
    leakyRelu({ alpha: 0.5 }),
    [-10, -5, 0, 5, 10],
    (x) => (x < 0 ? x / 2 : x),
  ],
];

describe('activations of Keras', () => {
  it.each(cases)('%s', async (_title, activation, inputs, formula) => {
    const expected = column(inputs.map(formula));
    const scale = Math.max(...expected.flat().filter(Number.isFinite).map(Math.abs), 1);
    expectClose(await activationOf(activation, column(inputs)), expected, 1e-5 * scale);
  });
});
