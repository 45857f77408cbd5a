/**
 * The slides' worked example of backpropagation in float64: two inputs, two hidden units, two outputs, all sigmoid, half
 * the squared error. Each quantity is a list, matrices row by row. The slides' printed digits are in printed.ts.
 */

export interface Example {
  readonly x: readonly number[];
  readonly t: readonly number[];
  readonly rate: number;
  readonly W1: readonly number[];
  readonly b1: readonly number[];
  readonly W2: readonly number[];
  readonly b2: readonly number[];
}

export const SLIDES_EXAMPLE: Example = {
  x: [0.5, 1],
  t: [1, 0],
  rate: 1,
  W1: [0.1, 0.3, 0.2, 0.4],
  b1: [0.5, 0.5],
  W2: [0.6, 0.8, 0.7, 0.9],
  b2: [1, 1],
};

/** What a forward and a backward pass and the update compute, in that order. */
export const QUANTITIES = [
  ...(['logits1', 'h', 'logits2', 'y', 'cost', 'delta2', 'dW2', 'newW2', 'newB2'] as const),
  ...(['slope1', 'delta1', 'dW1', 'newW1', 'newB1'] as const),
] as const;
export type Quantity = (typeof QUANTITIES)[number];
export type Passes = Readonly<Record<Quantity, readonly number[]>>;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** W·v + b for W of two rows and two columns. */
const affine = (W: readonly number[], v: readonly number[], b: readonly number[]): number[] =>
  [0, 1].map((i) => W[2 * i] * v[0] + W[2 * i + 1] * v[1] + b[i]);

/** a·bᵀ, row by row. */
const outer = (a: readonly number[], b: readonly number[]): number[] =>
  a.flatMap((left) => b.map((right) => left * right));

/** Computes all quantities by the slides' formulas. */
export function backpropagate({ x, t, rate, W1, b1, W2, b2 }: Example): Passes {
  const logits1 = affine(W1, x, b1);
  const h = logits1.map(sigmoid);
  const logits2 = affine(W2, h, b2);
  const y = logits2.map(sigmoid);
  const cost = [y.reduce((sum, output, i) => sum + 0.5 * (t[i] - output) ** 2, 0)];
  // BP1: δ(L) = ∇C ⊙ σ'(logit), σ' = y(1 − y).
  const delta2 = y.map((output, i) => (output - t[i]) * output * (1 - output));
  // BP4: ∂C/∂w = δ·hᵀ.
  const dW2 = outer(delta2, h);
  const slope1 = h.map((output) => output * (1 - output));
  // BP2: δ(l) = (Wᵀ·δ) ⊙ σ'(logit), with the weights from before the update.
  const delta1 = slope1.map((slope, i) => (W2[i] * delta2[0] + W2[2 + i] * delta2[1]) * slope);
  const dW1 = outer(delta1, x);
  // BP3: ∂C/∂b = δ.
  const step = (weights: readonly number[], gradient: readonly number[]): number[] =>
    weights.map((weight, i) => weight - rate * gradient[i]);
  return {
    logits1,
    h,
    logits2,
    y,
    cost,
    delta2,
    dW2,
    newW2: step(W2, dW2),
    newB2: step(b2, delta2),
    slope1,
    delta1,
    dW1,
    newW1: step(W1, dW1),
    newB1: step(b1, delta1),
  };
}
