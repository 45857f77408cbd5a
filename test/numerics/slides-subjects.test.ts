/**
 * The subjects of the slides, each shown on the smallest network that shows it, by the slides' own formulas in float64.
 * The same subjects are tested thoroughly in these files of test:
 *
 *   hidden layers                here; numerics/golden and layers/random-graphs against PyTorch and the twin
 *   XOR                          numerics/slides by hand and learned; layers/decision-regions without a hidden layer
 *   decision regions             layers/decision-regions
 *   activations                  here; numerics/golden, training/gradients, kernels/elementwise, kernels/accuracy
 *   backpropagation, BP1 to BP4  here; training/gradients, layers/gradients
 *   worked example               numerics/slides
 *   cost functions               here; numerics/golden, training/gradients, kernels/losses
 *   regularization               here; layers/gradients
 *   initialization               here; layers/initializers
 *   optimization                 here; numerics/golden, training/learning-rate-schedules, kernels/optimizers
 *   vanishing gradient, zigzag,
 *   saturation, dying ReLU       training/diagnose
 */
import { describe, expect, test } from 'vitest';
import {
  adam,
  constant,
  dense,
  elu,
  l1,
  l1l2,
  l2,
  maxout,
  randomNormal,
  schedules,
  sequential,
  sgd,
  type ActivationLike,
  type InitializerLike,
  type LossLike,
  type Model,
  type Regularizer,
} from '../../src/index.js';
import { modelOf } from '../support/reference/library.js';
import { matrix, source } from '../support/reference/random.js';

/** Float32 has 24 bits; a handful of operations on numbers near 1 loses a few units of the last one. */
const FLOAT32 = 1e-6;

function expectClose(actual: ArrayLike<number>, expected: readonly number[], error = FLOAT32): void {
  expect(actual).toHaveLength(expected.length);
  expected.forEach((value, i) => {
    expect(Math.abs(actual[i] - value), `${actual[i]} for ${value}`).toBeLessThanOrEqual(
      error * Math.max(1, Math.abs(value)),
    );
  });
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

test('hidden layers compute y(l) = f(W(l)·y(l−1) + b(l)), with W(l) of p units and k inputs', async () => {
  const W1 = [
    [0.5, -1, 2],
    [1, 0.25, -0.5],
  ];
  const W2 = [[2, -3]];
  const model = await modelOf([
    { W: W1, b: [0.1, -0.2], activation: 'tanh' },
    { W: W2, b: [0.3], activation: 'sigmoid' },
  ]);
  expect(model.getWeights().map(({ shape }) => shape)).toEqual([[2, 3], [2], [1, 2], [1]]);
  const x = [0.3, -0.7, 0.2];
  const h = W1.map((row, i) => Math.tanh(row[0] * x[0] + row[1] * x[1] + row[2] * x[2] + [0.1, -0.2][i]));
  expectClose(model.predict([x]), [sigmoid(2 * h[0] - 3 * h[1] + 0.3)]);
});

describe('activations match the slides', () => {
  const points = [-3, -1, -0.25, 0, 0.25, 1, 3];
  /** f at the points: one unit whose weight is 1 and whose bias is 0. */
  const at = async (activation: ActivationLike): Promise<Float32Array> => {
    const layer = dense({ units: 1, activation, kernelInitializer: 'ones', inputShape: [1] });
    return (await sequential({ layers: [layer] })).predict(points.map((x) => [x]));
  };
  /** The slides' constants. */
  const ALPHA = 1.6732632423543772;
  const SCALE = 1.0507009873554805;

  test.each<[string, ActivationLike, (x: number) => number]>([
    ['unit', 'unitStep', (x) => (x > 0 ? 1 : 0)],
    ['tanh', 'tanh', (x) => (Math.exp(x) - Math.exp(-x)) / (Math.exp(x) + Math.exp(-x))],
    ['sigmoid', 'sigmoid', sigmoid],
    ['ReLU', 'relu', (x) => (x > 0 ? x : 0)],
    ['ELU, α 1', 'elu', (x) => (x > 0 ? x : Math.exp(x) - 1)],
    ['ELU, α 0.5', elu({ alpha: 0.5 }), (x) => (x > 0 ? x : 0.5 * (Math.exp(x) - 1))],
    ['SELU', 'selu', (x) => SCALE * (x > 0 ? x : ALPHA * (Math.exp(x) - 1))],
    ['Swish', 'swish', (x) => x * sigmoid(x)],
  ])('%s', async (_, activation, f) => expectClose(await at(activation), points.map(f)));

  test('PReLU learns a slope for each unit together with the weights', async () => {
    const layer = dense({ units: 2, activation: 'prelu', kernelInitializer: 'ones', inputShape: [1] });
    const model = await sequential({ layers: [layer] });
    const [weight, bias, slopes] = model.getWeights();
    expect(slopes.shape).toEqual([2]);
    slopes.data.set([0.5, -2]);
    model.setWeights([weight, bias, slopes]);
    expectClose(
      model.predict(points.map((x) => [x])),
      points.flatMap((x) => (x > 0 ? [x, x] : [0.5 * x, -2 * x])),
    );
    // ∂C/∂α = δ·x where x ≤ 0: with ½(t − y)², t = 0 at x = −1, y = −α.
    model.compile({ optimizer: sgd({ learningRate: 0.125 }), loss: 'halfSquaredError' });
    model.trainOnBatch([[-1]], [[0, 0]]);
    expect([...model.getWeights()[2].data]).toEqual([0.5 - 0.125 * 0.5, -2 + 0.125 * 2]);
  });

  test('MaxOut takes the maximum over pieces of wᵀx + b, each with weights of its own', async () => {
    const model = await sequential({ layers: [maxout({ units: 1, pieces: 3, inputShape: [1] })] });
    const [weight, bias] = model.getWeights();
    expect(weight.shape).toEqual([3, 1]);
    weight.data.set([-1, 0.25, 2]);
    bias.data.set([-1, 0.5, -3]);
    model.setWeights([weight, bias]);
    expectClose(
      model.predict(points.map((x) => [x])),
      points.map((x) => Math.max(-x - 1, 0.25 * x + 0.5, 2 * x - 3)),
    );
  });
});

describe('backpropagation', () => {
  test('follows BP1 to BP4 in matrix form, on three layers and a batch', async () => {
    const from = source(8);
    const sizes = [3, 5, 4, 2];
    const network = sizes.slice(1).map((units, l) => ({
      W: matrix(units, sizes[l], () => from.symmetric()),
      b: matrix(1, units, () => from.symmetric())[0],
      activation: 'sigmoid' as const,
    }));
    const x = matrix(4, 3, () => from.symmetric());
    const t = matrix(4, 2, () => from.uniform());
    const model = await modelOf(network, { optimizer: 'sgd', loss: 'halfSquaredError' });

    const expected = network.map(({ W, b }) => ({ dW: W.map((row) => row.map(() => 0)), db: b.map(() => 0) }));
    for (const [row, input] of x.entries()) {
      const h = [input];
      for (const { W, b } of network) {
        h.push(W.map((w, i) => sigmoid(w.reduce((sum, wij, j) => sum + wij * h.at(-1)![j], b[i]))));
      }
      // BP1: δ(L) = ∇yC ⊙ σ'(z(L)), with ∇yC = y − t and σ' = y(1 − y).
      let delta = h[3].map((y, i) => (y - t[row][i]) * y * (1 - y));
      for (let l = 2; l >= 0; l--) {
        // BP3: ∂C/∂b = δ. BP4: ∂C/∂W = δ(h(l−1))ᵀ. Both are means over the batch.
        delta.forEach((d, i) => {
          expected[l].db[i] += d / x.length;
          h[l].forEach((value, j) => (expected[l].dW[i][j] += (d * value) / x.length));
        });
        // BP2: δ(l) = ((W(l+1))ᵀδ(l+1)) ⊙ σ'(z(l)).
        const { W } = network[l];
        delta = h[l].map((y, j) => delta.reduce((sum, d, i) => sum + W[i][j] * d, 0) * y * (1 - y));
      }
    }

    const gradients = model.gradients(x, t);
    expected.forEach(({ dW, db }, l) => {
      expectClose(gradients[2 * l].data, dW.flat(), 1e-7);
      expectClose(gradients[2 * l + 1].data, db, 1e-7);
    });
  });
});

describe('cost functions', () => {
  const logits = [0.5, -1.25, 2];
  /** Returns the loss at the logits, and δ: the bias gradient of a layer whose logits are its biases. */
  const measure = async (activation: 'linear' | 'sigmoid' | 'softmax', loss: LossLike, t: number[]) => {
    const layer = dense({ units: t.length, activation, kernelInitializer: 'zeros', inputShape: [1] });
    const model = await sequential({ layers: [layer] });
    const [weight, bias] = model.getWeights();
    bias.data.set(logits.slice(0, t.length));
    model.setWeights([weight, bias]);
    model.compile({ optimizer: 'sgd', loss });
    return { cost: model.evaluate([[0]], [t]).loss, delta: model.gradients([[0]], [t])[1].data };
  };
  const t = [1, 0, 0];

  test('quadratic is ½(t − y)², δ = (y − t) ⊙ σ′', async () => {
    const { cost, delta } = await measure('sigmoid', 'halfSquaredError', t);
    const y = logits.map(sigmoid);
    expectClose([cost], [y.reduce((sum, yi, i) => sum + 0.5 * (t[i] - yi) ** 2, 0)]);
    expectClose(
      delta,
      y.map((yi, i) => (yi - t[i]) * yi * (1 - yi)),
    );
  });

  test('binary cross-entropy is −[t·ln y + (1 − t)·ln(1 − y)], δ = y − t', async () => {
    for (const target of [0, 0.25, 1]) {
      const { cost, delta } = await measure('sigmoid', 'binaryCrossentropy', [target]);
      const y = sigmoid(logits[0]);
      expectClose([cost], [-(target * Math.log(y) + (1 - target) * Math.log(1 - y))]);
      expectClose(delta, [y - target]);
    }
  });

  test('softmax with cross-entropy is −Σ t·ln y, δ = y − t', async () => {
    const { cost, delta } = await measure('softmax', 'categoricalCrossentropy', t);
    const total = logits.reduce((sum, z) => sum + Math.exp(z), 0);
    const y = logits.map((z) => Math.exp(z) / total);
    expectClose([cost], [-Math.log(y[0])]);
    expectClose(
      delta,
      y.map((yi, i) => yi - t[i]),
    );
  });

  test('cross-entropies never take the logarithm of 0: a certain mistake costs its logit', async () => {
    const layer = dense({ units: 1, activation: 'sigmoid', kernelInitializer: 'ones', inputShape: [1] });
    const model = await sequential({ layers: [layer] });
    model.compile({ optimizer: 'sgd', loss: 'binaryCrossentropy' });
    expect(model.predict([[200]])[0]).toBe(1);
    expect(model.evaluate([[200]], [[0]]).loss).toBe(200);
    expect(model.gradients([[200]], [[0]])[1].data[0]).toBe(1);
  });
});

describe('regularization', () => {
  /**
   * Trains one linear unit on three inputs, with weights and data of few bits, so that each operation is exact in
   * float32.
   */
  const exact = async (kernelRegularizer: Regularizer) => {
    const layer = dense({ units: 1, inputShape: [3], kernelRegularizer });
    const model = await sequential({ layers: [layer] });
    const [weight, bias] = model.getWeights();
    weight.data.set([0.5, -1.5, 0]);
    bias.data.set([2]);
    model.setWeights([weight, bias]);
    model.compile({ optimizer: sgd({ learningRate: 0.25 }), loss: 'halfSquaredError' });
    const row = [1, 0.5, -2];
    const delta = 0.5 * 1 - 1.5 * 0.5 + 2 - 1;
    const loss = model.evaluate([row], [[1]]).loss;
    model.trainOnBatch([row], [[1]]);
    return { weights: model.getWeights(), w: [0.5, -1.5, 0], slopes: row.map((x) => delta * x), delta, loss };
  };

  test('L2 updates w ← (1 − ηλ)w − η·∂C/∂w, to the bit', async () => {
    const { weights, w, slopes, delta, loss } = await exact(l2(0.5));
    expect([...weights[0].data]).toEqual(w.map((wi, i) => (1 - 0.25 * 0.5) * wi - 0.25 * slopes[i]));
    // Weights only: the bias follows its gradient, and the reported cost is C.
    expect([...weights[1].data]).toEqual([2 - 0.25 * delta]);
    expect(loss).toBe(0.5 * delta ** 2);
  });

  test('L1 updates w ← w − ηλ·sign(w) − η·∂C/∂w, to the bit', async () => {
    const { weights, w, slopes, delta, loss } = await exact(l1(0.5));
    expect([...weights[0].data]).toEqual(w.map((wi, i) => wi - 0.25 * 0.5 * Math.sign(wi) - 0.25 * slopes[i]));
    expect([...weights[1].data]).toEqual([2 - 0.25 * delta]);
    expect(loss).toBe(0.5 * delta ** 2);
  });

  test('L1 and L2 add up', async () => {
    const { weights, w, slopes } = await exact(l1l2({ l1: 0.5, l2: 0.25 }));
    expect([...weights[0].data]).toEqual(
      w.map((wi, i) => (1 - 0.25 * 0.25) * wi - 0.25 * 0.5 * Math.sign(wi) - 0.25 * slopes[i]),
    );
  });

  test('each has a default strength by name', () => {
    const named = (kernelRegularizer: 'l1' | 'l2' | 'l1l2'): object | undefined =>
      dense({ units: 1, kernelRegularizer }).config.kernelRegularizer?.config;
    expect(named('l1')).toEqual({ l1: 0.01, l2: 0 });
    expect(named('l2')).toEqual({ l1: 0, l2: 0.01 });
    expect(named('l1l2')).toEqual({ l1: 0.01, l2: 0.01 });
    expect(l1l2({ l2: 0.5 }).config).toEqual({ l1: 0, l2: 0.5 });
  });

  test('L2 shrinks a weight in proportion to it, L1 by a constant', async () => {
    const decay = async (kernelRegularizer: Regularizer): Promise<Float32Array> => {
      const layer = dense({ units: 1, useBias: false, inputShape: [3], kernelRegularizer });
      const model = await sequential({ layers: [layer] });
      model.setWeights([{ shape: [1, 3], data: Float32Array.of(8, 1, -0.5) }]);
      model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'halfSquaredError' });
      model.trainOnBatch([[0, 0, 0]], [[0]]);
      return model.getWeights()[0].data;
    };
    expect([...(await decay(l2(0.25)))]).toEqual([7, 0.875, -0.4375]);
    expect([...(await decay(l1(0.25)))]).toEqual([7.875, 0.875, -0.375]);
  });

  test.each([1, 2, 3])('L1 drives irrelevant weights to 0; L2 makes nothing sparse (seed %i)', async (seed) => {
    const from = source(seed);
    const x = matrix(200, 12, () => from.symmetric(Math.sqrt(3)));
    // Three of twelve inputs matter; the noise gives the others something to fit.
    const y = x.map(([a, b, c]) => [2 * a - b + c + from.symmetric(2)]);
    const fitted = async (kernelRegularizer: Regularizer): Promise<Float32Array> => {
      const model = await sequential({ seed, layers: [dense({ units: 1, inputShape: [12], kernelRegularizer })] });
      const learningRate = schedules.cosine({ initialLearningRate: 0.05, decaySteps: 1000 });
      model.compile({ optimizer: sgd({ learningRate }), loss: 'halfSquaredError' });
      await model.fit(x, y, { epochs: 1000, batchSize: x.length });
      return model.getWeights()[0].data;
    };
    const zeros = (weights: Float32Array): number => weights.filter((w) => Math.abs(w) < 1e-5).length;
    const [lasso, ridge] = [await fitted(l1(0.25)), await fitted(l2(0.25))];
    expect(zeros(lasso)).toBe(9);
    for (const weight of lasso.subarray(0, 3)) expect(Math.abs(weight)).toBeGreaterThan(0.1);
    expect(zeros(ridge)).toBe(0);
  });
});

describe('initialization', () => {
  const from = source(6);
  const x = matrix(40, 4, () => from.symmetric());
  const y = x.map(([a, b, c]) => [Math.fround(a * b - c), Math.fround(a + b)]);

  /** Trains two hidden layers for some updates. */
  const trained = async (kernelInitializer: InitializerLike, updates: number): Promise<Model> => {
    const model = await sequential({
      seed: 1,
      layers: [
        dense({ units: 6, activation: 'tanh', kernelInitializer, inputShape: [4] }),
        dense({ units: 5, activation: 'tanh', kernelInitializer }),
        dense({ units: 2, kernelInitializer }),
      ],
    });
    model.compile({ optimizer: adam({ learningRate: 0.01 }), loss: 'meanSquaredError' });
    for (let update = 0; update < updates; update++) model.trainOnBatch(x, y);
    return model;
  };
  /** Number of different units of each hidden layer, by incoming weights and bias. */
  const differentUnits = (model: Model): number[] => {
    const weights = model.getWeights();
    return [0, 2].map((at) => {
      const [{ shape, data }, bias] = [weights[at], weights[at + 1]];
      const units = Array.from({ length: shape[0] }, (_, unit) =>
        [...data.subarray(unit * shape[1], (unit + 1) * shape[1]), bias.data[unit]].join(),
      );
      return new Set(units).size;
    });
  };

  test('by a constant keeps the units of a layer equal for ever', async () => {
    const model = await trained(constant({ value: 0.1 }), 0);
    for (const { data } of model.getWeights().filter((_, i) => i % 2 === 0)) {
      expect(new Set(data)).toEqual(new Set([Math.fround(0.1)]));
    }
    for (const updates of [1, 20, 200]) {
      const later = await trained(constant({ value: 0.1 }), updates);
      expect(differentUnits(later)).toEqual([1, 1]);
      // They do learn, all the same values.
      expect(later.getWeights()[0].data[0]).not.toBe(Math.fround(0.1));
    }
  });

  test('by zeros lets only the biases of the last layer learn', async () => {
    const model = await trained('zeros', 200);
    const [W1, b1, W2, b2, W3, b3] = model.getWeights().map(({ data }) => data);
    for (const values of [W1, b1, W2, b2, W3]) expect(new Set(values)).toEqual(new Set([0]));
    for (const value of b3) expect(value).not.toBe(0);
  });

  test.each<[string, InitializerLike]>([
    ['a Gaussian of fixed variance', randomNormal({ stddev: 0.1 })],
    ['Xavier', 'xavier'],
    ['MSRA', 'msra'],
  ])('by %s makes all units differ and learn better than equal ones', async (_, initializer) => {
    const model = await trained(initializer, 200);
    expect(differentUnits(model)).toEqual([6, 5]);
    const equal = await trained(constant({ value: 0.1 }), 200);
    expect(model.evaluate(x, y).loss).toBeLessThan(equal.evaluate(x, y).loss);
  });

  /** Mean and standard deviation of 128,000 weights. */
  const moments = async (kernelInitializer: InitializerLike, inputs: number): Promise<[number, number]> => {
    const units = 128_000 / inputs;
    const model = await sequential({ seed: 2, layers: [dense({ units, kernelInitializer, inputShape: [inputs] })] });
    const { data } = model.getWeights()[0];
    model.dispose();
    const mean = data.reduce((sum, w) => sum + w, 0) / data.length;
    return [mean, Math.sqrt(data.reduce((sum, w) => sum + (w - mean) ** 2, 0) / data.length)];
  };

  test.each<[string, InitializerLike, (inputs: number) => number]>([
    ['W ~ G(0, α²), α = 0.3', randomNormal({ stddev: 0.3 }), () => 0.3],
    ['Xavier: W ~ G(0, √(1/n_in)²)', 'xavier', (inputs) => Math.sqrt(1 / inputs)],
    ['MSRA: W ~ G(0, √(2/n_in)²)', 'msra', (inputs) => Math.sqrt(2 / inputs)],
  ])('by %s has the mean and deviation', async (_, initializer, stddev) => {
    for (const inputs of [20, 500]) {
      const [mean, found] = await moments(initializer, inputs);
      // Four standard errors: σ/√n of the mean, σ/√(2n) of the deviation.
      expect(Math.abs(mean)).toBeLessThan((4 * stddev(inputs)) / Math.sqrt(128_000));
      expect(Math.abs(found / stddev(inputs) - 1)).toBeLessThan(4 / Math.sqrt(256_000));
    }
  });
});

describe('optimization', () => {
  test('gradient descent updates w ← w − η·∂C/∂w for every weight and bias, to the bit', async () => {
    const model = await sequential({
      seed: 4,
      layers: [dense({ units: 3, activation: 'tanh', inputShape: [2] }), dense({ units: 2 })],
    });
    const rate = 0.125;
    model.compile({ optimizer: sgd({ learningRate: rate }), loss: 'halfSquaredError' });
    const [x, t] = [
      [
        [0.5, -1],
        [1, 0.25],
      ],
      [
        [1, 0],
        [0, 1],
      ],
    ];
    const before = model.getWeights();
    const gradients = model.gradients(x, t);
    model.trainOnBatch(x, t);
    // η is a power of two, so η·∂C/∂w is exact and the subtraction rounds once.
    const expected = before.map(({ data }, i) => data.map((w, k) => Math.fround(w - rate * gradients[i].data[k])));
    expect(model.getWeights().map(({ data }) => data)).toEqual(expected);
  });

  test('weight decay is L2: without a gradient weights shrink by the factor 1 − ηλ at each step', async () => {
    const layer = dense({
      units: 1,
      useBias: false,
      inputShape: [1],
      kernelInitializer: 'ones',
      kernelRegularizer: l2(0.5),
    });
    const model = await sequential({ layers: [layer] });
    model.compile({ optimizer: sgd({ learningRate: 0.5 }), loss: 'halfSquaredError' });
    for (let step = 1; step <= 10; step++) {
      model.trainOnBatch([[0]], [[0]]);
      expect(model.getWeights()[0].data[0]).toBe(0.75 ** step);
    }
  });
});
