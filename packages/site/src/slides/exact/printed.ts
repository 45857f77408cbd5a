/** Every number that the slides print of their worked example, by the step in which it arises. */
import type { Quantity } from './worked-example.js';

export interface Printed {
  /** In the markup of parts/formula.tsx. */
  readonly symbol: string;
  readonly quantity: Quantity;
  /** Place in the quantity, row by row. */
  readonly at: number;
  /** The digits as printed. */
  readonly text: string;
  /** The digits as they should have been printed: one number lacks its minus sign. */
  readonly right?: string;
}

/** A step of the example: what is computed in it, from what, and the numbers printed of it. */
export interface ExampleStep {
  readonly id: 'hidden' | 'outputs' | 'bp1' | 'bp4out' | 'updateOut' | 'bp2' | 'bp4hidden' | 'updateHidden';
  readonly formulas: readonly string[];
  readonly printed: readonly Printed[];
}

const vector = (symbol: (i: number) => string, quantity: Quantity, texts: readonly string[]): Printed[] =>
  texts.map((text, at) => ({ symbol: symbol(at + 1), quantity, at, text }));

const matrix = (symbol: (i: number, j: number) => string, quantity: Quantity, texts: readonly string[]): Printed[] =>
  texts.map((text, at) => ({ symbol: symbol(Math.floor(at / 2) + 1, (at % 2) + 1), quantity, at, text }));

const weightChange = (layer: number) => (i: number, j: number) => `Δw_{${i}${j}}^{(${layer})}`;
const newWeight = (layer: number) => (i: number, j: number) => `w_{${i}${j}\u2009new}^{(${layer})}`;

export const EXAMPLE_STEPS: readonly ExampleStep[] = [
  {
    id: 'hidden',
    formulas: ['logit^{(1)} = W^{(1)} x + b^{(1)}', 'h = σ(logit^{(1)})'],
    printed: [
      { symbol: 'h_1', quantity: 'h', at: 0, text: '0.7005671424' },
      ...vector((i) => `h_${i}`, 'h', ['0.70056714', '0.73105858']),
    ],
  },
  {
    id: 'outputs',
    formulas: ['logit^{(2)} = W^{(2)} h + b^{(2)}', 'y = σ(logit^{(2)})', 'C = ½ (t_1 − y_1)^2 + ½ (t_2 − y_2)^2'],
    printed: [
      { symbol: 'y_1', quantity: 'y', at: 0, text: '0.88134062' },
      ...vector((i) => `y_${i}`, 'y', ['0.88134', '0.89551']),
    ],
  },
  {
    id: 'bp1',
    formulas: ['δ^{(2)} = (y − t) ⊙ y ⊙ (1 − y)'],
    printed: vector((i) => `δ_${i}^{(2)}`, 'delta2', ['-0.01240932', '0.08379177']),
  },
  {
    id: 'bp4out',
    formulas: ['Δw^{(2)} = ∂C/∂w^{(2)} = δ^{(2)} h^T', 'Δb^{(2)} = δ^{(2)}'],
    printed: matrix(weightChange(2), 'dW2', ['-0.00869356', '0.00907194', '0.05870176', '0.0612567']).map((one) =>
      one.at === 1 ? { ...one, right: '-0.00907194' } : one,
    ),
  },
  {
    id: 'updateOut',
    formulas: ['w_{new}^{(2)} = w_{old}^{(2)} − η Δw^{(2)}', 'b_{new}^{(2)} = b_{old}^{(2)} − η δ^{(2)}'],
    printed: [
      ...matrix(newWeight(2), 'newW2', ['0.60869356', '0.80907194', '0.64129824', '0.8387433']),
      ...vector((i) => `b_{${i}\u2009new}^{(2)}`, 'newB2', ['1.01240932', '0.91620823']),
    ],
  },
  {
    id: 'bp2',
    formulas: ['δ^{(1)} = ((W^{(2)})^T δ^{(2)}) ⊙ σ′(logit^{(1)})', 'σ′(logit^{(1)}) = h ⊙ (1 − h)'],
    printed: [
      ...vector((i) => `σ′(logit_${i}^{(1)})`, 'slope1', ['0.20977282', '0.19661193']),
      ...vector((i) => `δ_${i}^{(1)}`, 'delta1', ['0.01074218', '0.01287516']),
    ],
  },
  {
    id: 'bp4hidden',
    formulas: ['Δw^{(1)} = ∂C/∂w^{(1)} = δ^{(1)} x^T', 'Δb^{(1)} = δ^{(1)}'],
    printed: [
      ...matrix(weightChange(1), 'dW1', ['0.00537109', '0.01074218', '0.00643758', '0.01287516']),
      ...vector((i) => `Δb_${i}^{(1)}`, 'delta1', ['0.01074218', '0.01287516']),
    ],
  },
  {
    id: 'updateHidden',
    formulas: ['w_{new}^{(1)} = w_{old}^{(1)} − η Δw^{(1)}', 'b_{new}^{(1)} = b_{old}^{(1)} − η δ^{(1)}'],
    printed: [
      ...matrix(newWeight(1), 'newW1', ['0.09462891', '0.28925782', '0.19356242', '0.38712484']),
      ...vector((i) => `b_{${i}\u2009new}^{(1)}`, 'newB1', ['0.48925782', '0.48712484']),
    ],
  },
];

/** Writes a number with as many digits behind the point as a printed one has. */
export const withDigitsOf = (value: number, printed: string): string => value.toFixed(printed.split('.')[1].length);

/** Returns whether a number has the printed digits: rounded to them, cut off after them, or neither. */
export function digitsOf(value: number, printed: string): 'rounded' | 'cut' | 'wrong' {
  if (withDigitsOf(value, printed) === printed) return 'rounded';
  return value.toFixed(12).startsWith(printed) ? 'cut' : 'wrong';
}
