/**
 * The float64 twin: a multilayer perceptron written as plainly as the formulas allow, sharing no code with the library.
 *
 * It computes the forward pass and the loss, and derivatives by finite differences alone, so that an error in the
 * algebra of backpropagation cannot be repeated here. The derivatives are the left sides of the slides' four
 * principles:
 *
 *   BP1  δ(L) = ∇yC ⊙ σ'(z(L))                    `deltas`: the output biases moved, one row at a time
 *   BP2  δ(l) = (W(l+1)ᵀ δ(l+1)) ⊙ σ'(z(l))       implied by BP3 and BP4 holding for every hidden layer
 *   BP3  ∂C/∂b(l) = δ(l)                           `gradients`, b
 *   BP4  ∂C/∂W(l) = δ(l) (h(l−1))ᵀ                 `gradients`, W
 */

export type Row = readonly number[];

/** `y = f(W·x + b)` with W of shape (units, inputs). */
export interface Layer {
  W: number[][];
  b: number[];
  /** PReLU's slopes. */
  alpha?: number[];
  activation: ActivationName;
}

export type Network = Layer[];

/** From the logits of one row to its outputs. Activations that learn (a slope per unit) need the layer. */
type Activation = (z: Row, layer: Layer) => number[];

const each =
  (f: (z: number) => number): Activation =>
  (z) =>
    z.map(f);

const sum = (values: Row): number => values.reduce((total, value) => total + value, 0);
const mean = (values: Row): number => sum(values) / values.length;

/** ln of each softmax output, zᵢ − ln Σ exp(zₖ), with the maximum taken out so that nothing overflows. */
function logSoftmax(z: Row): number[] {
  const top = Math.max(...z);
  const all = top + Math.log(sum(z.map((zi) => Math.exp(zi - top))));
  return z.map((zi) => zi - all);
}

const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

/** The error function: its Taylor series up to 2, where the terms stay small, then 1 − erfc. */
function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  if (Math.abs(x) > 2) return Math.sign(x) * (1 - erfcTail(Math.abs(x)));
  let term = x;
  let total = x;
  for (let n = 1; n < 120; n++) {
    term *= (-x * x) / n;
    total += term / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * total;
}

/** 1 − erf(x) for x > 2 by its continued fraction. */
function erfcTail(x: number): number {
  let fraction = x;
  for (let n = 500; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

export const activations = {
  linear: each((z) => z),
  unitStep: each((z) => (z > 0 ? 1 : 0)),
  sigmoid: each((z) => 1 / (1 + Math.exp(-z))),
  tanh: each(Math.tanh),
  relu: each((z) => (z > 0 ? z : 0)),
  leakyRelu: each((z) => (z > 0 ? z : 0.01 * z)),
  prelu: (z, { alpha }) => z.map((zi, unit) => (zi > 0 ? zi : alpha![unit] * zi)),
  elu: each((z) => (z > 0 ? z : Math.expm1(z))),
  selu: each((z) => 1.0507009873554805 * (z > 0 ? z : 1.6732632423543772 * Math.expm1(z))),
  swish: each((z) => z / (1 + Math.exp(-z))),
  gelu: each((z) => 0.5 * z * (1 + erf(z / Math.SQRT2))),
  softplus: each(softplus),
  softsign: each((z) => z / (1 + Math.abs(z))),
  mish: each((z) => z * Math.tanh(softplus(z))),
  hardSigmoid: each((z) => Math.min(Math.max(z / 6 + 0.5, 0), 1)),
  relu6: each((z) => Math.min(Math.max(z, 0), 6)),
  hardSwish: each((z) => (z * Math.min(Math.max(z + 3, 0), 6)) / 6),
  celu: each((z) => (z > 0 ? z : Math.expm1(z))),
  exponential: each(Math.exp),
  tanhGelu: each((z) => 0.5 * z * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (z + 0.044715 * z ** 3)))),
  /** Row u·3 + j of W is piece j of unit u. */
  maxout3: (z) => Array.from({ length: z.length / 3 }, (_, unit) => Math.max(...z.slice(3 * unit, 3 * unit + 3))),
  softmax: (z) => logSoftmax(z).map(Math.exp),
  logSoftmax,
} satisfies Record<string, Activation>;

export type ActivationName = keyof typeof activations;

/** Values that a loss may use for one row: logits z and outputs y of the last layer, and the target t. */
interface Outcome {
  z: Row;
  y: Row;
  t: Row;
  activation: ActivationName;
}

/**
 * Without softmax or sigmoid before them, cross-entropies clamp probabilities to these float32 values; beyond them the
 * slope is 0.
 */
const SMALLEST = Math.fround(1e-7);
const LARGEST = Math.fround(1 - 1e-7);
const clamp = (y: number): number => Math.min(Math.max(y, SMALLEST), LARGEST);

/** −[t·ln σ(z) + (1−t)·ln(1−σ(z))] without ever computing ln 0. */
const binaryFromLogit = (z: number, t: number): number => Math.max(z, 0) - z * t + Math.log1p(Math.exp(-Math.abs(z)));
const binaryFromOutput = (y: number, t: number): number => -(t * Math.log(clamp(y)) + (1 - t) * Math.log(1 - clamp(y)));

/** Outputs as shares of their sum, clamped to [1e-7, 1]; unchanged where they sum to 0. */
const sharesOf = (y: Row): number[] => y.map((yi) => Math.min(Math.max(yi / (sum(y) || 1), SMALLEST), 1));

const oneHot = (label: number, classes: number): number[] => Array.from({ length: classes }, (_, i) => +(i === label));

const huber = (d: number): number => (d <= 1 ? 0.5 * d * d : d - 0.5);

const logCosh = (d: number): number => Math.abs(d) + Math.log1p(Math.exp(-2 * Math.abs(d))) - Math.LN2;

/** The loss of one row; a batch's loss is the mean over its rows. */
export const losses = {
  halfSquaredError: ({ y, t }) => sum(t.map((ti, i) => 0.5 * (ti - y[i]) ** 2)),
  meanSquaredError: ({ y, t }) => mean(t.map((ti, i) => (ti - y[i]) ** 2)),
  meanAbsoluteError: ({ y, t }) => mean(t.map((ti, i) => Math.abs(y[i] - ti))),
  huber: ({ y, t }) => mean(t.map((ti, i) => huber(Math.abs(y[i] - ti)))),
  hinge: ({ y, t }) => mean(t.map((ti, i) => Math.max(0, 1 - (ti > 0 ? 1 : -1) * y[i]))),
  logCosh: ({ y, t }) => mean(t.map((ti, i) => logCosh(y[i] - ti))),
  binaryCrossentropy: ({ z, y, t, activation }) =>
    mean(t.map((ti, i) => (activation === 'sigmoid' ? binaryFromLogit(z[i], ti) : binaryFromOutput(y[i], ti)))),
  categoricalCrossentropy({ z, y, t, activation }) {
    const logs = activation === 'softmax' ? logSoftmax(z) : sharesOf(y).map(Math.log);
    return sum(t.map((ti, i) => -ti * logs[i]));
  },
  /** The target row holds one number, the class. */
  sparseCategoricalCrossentropy: (outcome) =>
    losses.categoricalCrossentropy({ ...outcome, t: oneHot(outcome.t[0], outcome.y.length) }),
} satisfies Record<string, (outcome: Outcome) => number> as Record<LossName, (outcome: Outcome) => number>;

export type LossName =
  | 'halfSquaredError'
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'huber'
  | 'hinge'
  | 'logCosh'
  | 'binaryCrossentropy'
  | 'categoricalCrossentropy'
  | 'sparseCategoricalCrossentropy';

/** Logits and outputs of every layer for one input row. */
export function forward(network: Network, x: Row): { z: number[]; y: number[] }[] {
  let input = x;
  return network.map((layer) => {
    const z = layer.W.map((weights, unit) => sum(weights.map((w, k) => w * input[k])) + layer.b[unit]);
    const y = activations[layer.activation](z, layer);
    input = y;
    return { z, y };
  });
}

export const predict = (network: Network, x: readonly Row[]): number[][] =>
  x.map((row) => forward(network, row)[network.length - 1].y);

export function loss(network: Network, name: LossName, x: readonly Row[], t: readonly Row[]): number {
  const { activation } = network[network.length - 1];
  const perRow = x.map((row, i) => losses[name]({ ...forward(network, row)[network.length - 1], t: t[i], activation }));
  return mean(perRow);
}

/** f'(0) by the central formula of fourth order: error h⁴/30·f⁽⁵⁾ and rounding, about 1e-11; 0 for a constant f. */
export function derivative(f: (offset: number) => number, h = 1e-5): number {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

/** ∂C/∂W and ∂C/∂b of every layer (BP4, BP3), by moving one parameter at a time. */
export function gradients(network: Network, name: LossName, x: readonly Row[], t: readonly Row[]) {
  const slope = (values: number[], i: number): number => {
    const value = values[i];
    const result = derivative((offset) => {
      values[i] = value + offset;
      return loss(network, name, x, t);
    });
    values[i] = value;
    return result;
  };
  return network.map((layer) => ({
    W: layer.W.map((weights) => weights.map((_, k) => slope(weights, k))),
    b: layer.b.map((_, unit) => slope(layer.b, unit)),
    ...(layer.alpha && { alpha: layer.alpha.map((_, unit) => slope(layer.alpha!, unit)) }),
  }));
}

/** δ(L) = ∂C/∂z(L) for every row of the batch, the mean over the batch included (BP1). */
export function deltas(network: Network, name: LossName, x: readonly Row[], t: readonly Row[]): number[][] {
  return x.map((row, i) => {
    const alone = gradients(network, name, [row], [t[i]]);
    return alone[network.length - 1].b.map((delta) => delta / x.length);
  });
}
