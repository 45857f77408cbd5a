/**
 * Cases of optax/losses/_regression_test.py and _classification_test.py (Optax at 2edbcbe) of losses that came after
 * the first count. A batch there gives a loss for each row; here each row is a batch, or their mean is compared.
 */
import { describe, expect, it } from 'vitest';
import { binaryCrossentropy, binaryFocalCrossentropy, sgd, type CompileOptions } from '../../../src/index.js';
import { column, expectClose, lossOf, weightsAsOutputs, type Matrix } from '../support.js';

type Loss = CompileOptions['loss'];

/** The loss of each row alone. */
async function lossesOf(loss: Loss, targets: Matrix, outputs: Matrix): Promise<number[]> {
  const losses = [];
  for (const [i, row] of outputs.entries()) losses.push(await lossOf(loss, [targets[i]], [row]));
  return losses;
}

const COSH_OUTPUTS = [500, -2, -1, 0.5, 1];
const COSH_TARGETS = [-200, -1.5, 0, -1, 1];
const COSH = [699.3068, 0.12011445, 0.4337809, 0.85544014, 0];
const COSH_OUTPUTS_ALONE = [499.30685, 1.3250027, 0.4337809, 0.12011451, 0.43378082];

const COSINE_OUTPUTS = [
  [10, 1, -2],
  [1, 4, 0.2],
];
const COSINE_TARGETS = [
  [0, 1.2, 0.2],
  [1, -0.3, 0],
];
const DISTANCES = [0.9358251989, 1.0464068465];

const LOG_SHARES = [
  [-2.9957, -3.5066, -3.912, -1.204, -0.6931, -2.3026],
  [-1.6094, -1.6094, -1.6094, -2.3026, -1.8971, -1.8971],
];
const SHARES = [
  [0.2, 0.2, 0.2, 0.1, 0.15, 0.15],
  [0.05, 0.03, 0.02, 0.3, 0.5, 0],
];

const LOGITS = [
  [2, 0.1, -2],
  [0.3, -0.1, 1.2],
];
const LABELS = [
  [0, 0, 1],
  [1, 0, 0],
];
const logit = (p: number): number => Math.log(p / (1 - p));
const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const entropy = (t: number, x: number): number => Math.log1p(Math.exp(t === 1 ? -x : x));
const focal = (options: { gamma?: number; alpha?: number; applyClassBalancing?: boolean }): Loss =>
  binaryFocalCrossentropy({ fromLogits: true, ...options });
const CROSSENTROPY = binaryCrossentropy({ fromLogits: true });

describe('regression losses of Optax', () => {
  it('log_cosh: scalar', async () => {
    expect(await lossOf('logCosh', [[-200]], [[500]])).toBeCloseTo(COSH[0], 3);
  });

  it('log_cosh: batched', async () => {
    expectClose([await lossesOf('logCosh', column(COSH_TARGETS), column(COSH_OUTPUTS))], [COSH], 5e-5);
  });

  it('log_cosh: predictions only, batched', async () => {
    const zeros = column(COSH_OUTPUTS.map(() => 0));
    expectClose([await lossesOf('logCosh', zeros, column(COSH_OUTPUTS))], [COSH_OUTPUTS_ALONE], 5e-5);
  });

  it('cosine: scalar distance', async () => {
    const loss = await lossOf('cosineSimilarity', COSINE_TARGETS.slice(0, 1), COSINE_OUTPUTS.slice(0, 1));
    expect(1 + loss).toBeCloseTo(DISTANCES[0], 5);
  });

  it('cosine: batched similarity', async () => {
    const losses = await lossesOf('cosineSimilarity', COSINE_TARGETS, COSINE_OUTPUTS);
    expectClose([losses.map((loss) => -loss)], [DISTANCES.map((distance) => 1 - distance)], 1e-5);
  });
});

describe('classification losses of Optax', () => {
  it.each([
    ['multi_class', [1], [[10, 3]]],
    [
      'batched_multi_class',
      [1, 0],
      [
        [10, 3],
        [11, -2],
      ],
    ],
  ])('hinge: %s', async (_title, classes, scores) => {
    // Raised above 0: categoricalHinge, as Keras', has a 0 among the other classes.
    const outputs = scores.map((row) => row.map((value) => value + 3));
    const targets = classes.map((one) => [0, 1].map((i) => Number(i === one)));
    const expected = scores.map(
      (row, r) => Math.max(...row.map((value, i) => value + 1 - targets[r][i])) - row[classes[r]],
    );
    expectClose([await lossesOf('categoricalHinge', targets, outputs)], [expected], 1e-5);
  });

  it('kl_divergence: scalar', async () => {
    const outputs = LOG_SHARES[0].map(Math.exp);
    expect(await lossOf('kullbackLeibler', SHARES.slice(0, 1), [outputs])).toBeCloseTo(0.8875577, 4);
  });

  it('kl_divergence: batched', async () => {
    const losses = await lossesOf(
      'kullbackLeibler',
      SHARES,
      LOG_SHARES.map((row) => row.map(Math.exp)),
    );
    expectClose([losses], [[0.8875577, 0.7592807]], 1e-4);
  });

  it('sigmoid_focal_loss: equals the cross-entropy at gamma 0', async () => {
    const expected = await lossesOf(CROSSENTROPY, LABELS, LOGITS);
    expectClose([await lossesOf(focal({ gamma: 0 }), LABELS, LOGITS)], [expected], 1e-6);
  });

  it('sigmoid_focal_loss: gamma 0 matches the binary cross-entropy', async () => {
    const logits = [
      [-1, 0, 1],
      [2, -2, 0.5],
    ];
    const labels = [
      [0, 1, 1],
      [1, 0, 0],
    ];
    const expected = await lossesOf(CROSSENTROPY, labels, logits);
    expectClose([await lossesOf(focal({ gamma: 0 }), labels, logits)], [expected], 1e-6);
  });

  const [logits, labels] = [column(LOGITS.flat()), column(LABELS.flat())];

  it('sigmoid_focal_loss: scale', async () => {
    const losses = await lossesOf(focal({ gamma: 2 }), labels, logits);
    for (const [i, loss] of losses.entries()) {
      const [t, x] = [labels[i][0], logits[i][0]];
      const truth = t === 1 ? sigmoid(x) : 1 - sigmoid(x);
      expect(loss / entropy(t, x) / (1 - truth) ** 2).toBeCloseTo(1, 4);
    }
  });

  it.each([
    ['large', [0.9, 0.98, 0.3, 0.99], { gamma: 2, alpha: 0.5, applyClassBalancing: true }, 2],
    ['small', [0.1, 0.02, 0.09, 0.15], { gamma: 2 }, 1],
  ])('sigmoid_focal_loss: %s logits', async (_title, shares, options, factor) => {
    const outputs = column(shares.map(logit));
    const losses = await lossesOf(focal(options), column([1, 1, 1, 1]), outputs);
    for (const [i, loss] of losses.entries())
      expect((entropy(1, logit(shares[i])) / loss) * (1 - shares[i]) ** 2).toBeCloseTo(factor, 3);
  });

  it('sigmoid_focal_loss: alpha 1', async () => {
    const losses = await lossesOf(focal({ gamma: 0, alpha: 1, applyClassBalancing: true }), labels, logits);
    expectClose([losses], [logits.map(([x], i) => labels[i][0] * entropy(labels[i][0], x))], 1e-6);
  });

  it.each([
    ['positive', 0, 1],
    ['negative', 1, 0],
  ])('sigmoid_focal_loss: ignore %s', async (_title, alpha, ignored) => {
    const losses = await lossesOf(focal({ alpha, applyClassBalancing: true }), labels, logits);
    for (const [i, loss] of losses.entries()) {
      if (labels[i][0] === ignored) expect(loss).toBe(0);
      else expect(loss).toBeGreaterThan(0);
    }
  });

  it('sigmoid_focal_loss: extreme logits have finite gradients', async () => {
    const extreme = [100, -100, 75, -75, 50, -50];
    const targets = [[0.9, 0.1, 0.8, 0.2, 1, 0]];
    const loss = focal({ gamma: 0.5 });
    expect(await lossOf(loss, targets, [extreme])).toSatisfy(Number.isFinite);
    const net = await weightsAsOutputs(extreme, sgd({ learningRate: 0.1 }), loss);
    const [{ data }] = net.gradients([[1]], targets);
    expect([...data].every(Number.isFinite)).toBe(true);
  });
});
