/** Constraints and penalties of layers in a training: what they hold, on weights and on biases, and after a file. */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  l1l2,
  maxNorm,
  maxout,
  minMaxNorm,
  nonNegative,
  sgd,
  unitNorm,
  ValueError,
  type ConstraintLike,
  type RegularizerLike,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const [units, inputs] = [5, 7];
const x = [
  [0.1, -0.2, 0.3, -0.4, 0.5, -0.6, 0.7],
  [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
];
const y = [
  [1, -2, 3, -4, 5],
  [-1, 2, -3, 4, 5],
];

/** Trains two updates, the second one also after a file, and returns weights and biases. */
function trained(options: { kernelConstraint?: ConstraintLike; biasConstraint?: ConstraintLike }) {
  const model = engine.sequential({
    seed: 3,
    layers: [dense({ units, inputShape: [inputs], biasInitializer: 'ones', ...options })],
  });
  model.compile({ optimizer: sgd({ learningRate: 1 }), loss: 'meanSquaredError' });
  model.trainOnBatch([x[0]], [y[0]]);
  const loaded = engine.loadModel(model.save());
  for (const one of [model, loaded]) one.trainOnBatch([x[1]], [y[1]]);
  expect(loaded.getWeights()).toEqual(model.getWeights());
  const [weights, biases] = model.getWeights().map(({ data }) => data);
  return { rows: Array.from({ length: units }, (_, u) => weights.subarray(inputs * u, inputs * (u + 1))), biases };
}

const unconstrained = trained({});
const norm = (values: Float32Array): number => Math.hypot(...values);

describe('constraints in a training', () => {
  test('nonNegative leaves no weight below 0, and others as they are', () => {
    const { rows, biases } = trained({ kernelConstraint: nonNegative(), biasConstraint: 'non_neg' });
    const weights = rows.flatMap((row) => [...row]);
    expect(weights.every((value) => value >= 0) && biases.every((value) => value >= 0)).toBe(true);
    for (const values of [weights, [...biases]]) {
      expect(values.some((value) => value === 0) && values.some((value) => value > 0)).toBe(true);
    }
    expect(unconstrained.biases.some((value) => value < 0)).toBe(true);
  });

  test.each<[string, ConstraintLike, number, number]>([
    ['unitNorm', unitNorm(), 1, 1],
    ['its name in Keras', 'unit_norm', 1, 1],
    ['minMaxNorm', minMaxNorm({ minValue: 0.2, maxValue: 0.3 }), 0.2, 0.3],
    ['maxNorm', maxNorm(0.5), 0, 0.5],
    ['its name in Keras', 'max_norm', 0, 2],
  ])('%s holds the norms of rows of W, and of the bias as one row', (_, constraint, least, most) => {
    const { rows, biases } = trained({ kernelConstraint: constraint, biasConstraint: constraint });
    for (const values of [...rows, biases]) {
      expect(norm(values)).toBeGreaterThanOrEqual(least * (1 - 2 ** -22));
      expect(norm(values)).toBeLessThanOrEqual(most * (1 + 2 ** -22));
    }
  });

  test('a rate moves the norm by its share, in float64', () => {
    const options = { minValue: 0.25, maxValue: 0.5 };
    const one = (kernelConstraint?: ConstraintLike) => {
      const layer = dense({
        units: 1,
        inputShape: [2],
        kernelInitializer: 'ones',
        biasInitializer: 'ones',
        ...(kernelConstraint && { kernelConstraint, biasConstraint: kernelConstraint }),
      });
      const model = engine.sequential({ layers: [layer] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      model.trainOnBatch([[1, 2]], [[1]]);
      return model.getWeights().map(({ data }) => norm(data));
    };
    const free = one();
    one(minMaxNorm({ ...options, rate: 0.25 })).forEach((value, at) => {
      const limit = Math.min(Math.max(free[at], 0.25), 0.5);
      expect(value).toBeCloseTo(0.25 * limit + 0.75 * free[at], 6);
    });
  });

  test('a bias of norm 0 has no direction: it stays 0', () => {
    const model = engine.sequential({ layers: [dense({ units: 3, inputShape: [1], biasConstraint: unitNorm() })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    model.trainOnBatch([[0]], [[0, 0, 0]]);
    expect([...model.getWeights()[1].data]).toEqual([0, 0, 0]);
  });

  test.each([
    [{ rate: 0 }, 'minMaxNorm: rate expected a number in (0, 1], got 0.'],
    [{ rate: 1.5 }, 'minMaxNorm: rate expected a number in (0, 1], got 1.5.'],
    [{ rate: '1' }, 'minMaxNorm: rate expected a number in (0, 1], got "1".'],
    [{ minValue: 2 }, 'minMaxNorm: minValue expected at most maxValue, 1, got 2. Raise maxValue.'],
    [{ maxValue: -1 }, 'minMaxNorm: maxValue expected a number > 0, got -1.'],
  ])('minMaxNorm refuses %o', async (options, message) => {
    expectError(await thrownBy(() => minMaxNorm(any(options))), ValueError, message);
  });
});

describe('penalties in a gradient', () => {
  const gradients = (options: { kernelRegularizer?: RegularizerLike; biasRegularizer?: RegularizerLike }) => {
    const common = { inputShape: [inputs], biasInitializer: { kind: 'constant', config: { value: -0.5 } } } as const;
    return [dense({ units, ...common, ...options }), maxout({ units, ...common, ...options })].map((layer) => {
      const model = engine.sequential({ seed: 3, layers: [layer] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      return { weights: model.getWeights(), gradients: model.gradients(x, y) };
    });
  };

  test('that of biases is added to their gradient alone', () => {
    const plain = gradients({});
    gradients({ biasRegularizer: l1l2({ l1: 0.125, l2: 0.25 }) }).forEach(({ weights, gradients: got }, at) => {
      expect(got[0].data).toEqual(plain[at].gradients[0].data);
      got[1].data.forEach((value, u) => {
        const b = weights[1].data[u];
        expect(value).toBeCloseTo(plain[at].gradients[1].data[u] + 0.125 * Math.sign(b) + 0.25 * b, 6);
      });
    });
  });

  test("Keras' name l1_l2 is accepted", () => {
    expect(dense({ units: 1, biasRegularizer: 'l1_l2' }).config.biasRegularizer).toEqual(l1l2());
  });
});
