/**
 * Categorical losses of outputs that are no distribution: the loss uses the share of each output in their sum, as in
 * Keras and TensorFlow.js.
 */
import { describe, expect, test } from 'vitest';
import { dense, rescaling, sequential, type Model } from '../../src/index.js';
import { source } from '../support/reference/random.js';

/** A model of outputs above 0 with any sum. */
async function modelOf(scale: number, units = 2): Promise<Model> {
  const model = await sequential({
    seed: 5,
    layers: [dense({ units, activation: 'softplus', inputShape: [3] }), rescaling({ scale })],
  });
  return model;
}

/** The z whose softplus is 4. */
const FOUR = Math.log(Math.expm1(4));

describe.each(['categoricalCrossentropy', 'sparseCategoricalCrossentropy'] as const)('%s', (loss) => {
  const targetsOf = (labels: number[], units: number) =>
    loss === 'sparseCategoricalCrossentropy'
      ? labels
      : labels.map((label) => Array.from({ length: units }, (_, j) => +(j === label)));

  test('of outputs (4, 4) is ln 2 for either class', async () => {
    const model = await modelOf(1);
    model.setWeights([
      { shape: [2, 3], data: new Float32Array(6) },
      { shape: [2], data: Float32Array.of(FOUR, FOUR) },
    ]);
    model.compile({ optimizer: 'sgd', loss });
    for (const label of [0, 1]) {
      expect(model.evaluate([[1, 2, 3]], targetsOf([label], 2)).loss).toBeCloseTo(Math.LN2, 6);
    }
  });

  test.each([1, 2, 3, 5, 17])('of %i outputs is never negative, and does not depend on their scale', async (units) => {
    const from = source(units);
    const x = Array.from({ length: 9 }, () => [from.symmetric(2), from.symmetric(2), from.symmetric(2)]);
    const labels = x.map(() => from.below(units));
    const results = [];
    for (const scale of [1, 0.001, 50, 1e10]) {
      const model = await modelOf(scale, units);
      model.compile({ optimizer: 'sgd', loss, checks: 'off' });
      const { loss: value } = model.evaluate(x, targetsOf(labels, units));
      results.push({
        value,
        gradients: model.gradients(x, targetsOf(labels, units)).flatMap(({ data }) => [...data]),
      });
    }
    const [{ value, gradients }] = results;
    expect(value).toBeGreaterThanOrEqual(0);
    for (const other of results) {
      expect(Math.abs(other.value - value)).toBeLessThan(1e-5);
      other.gradients.forEach((slope, i) => expect(Math.abs(slope - gradients[i])).toBeLessThan(1e-5));
    }
  });

  test('has the derivative of its formula', async () => {
    const units = 4;
    const from = source(77);
    const x = Array.from({ length: 6 }, () => [from.symmetric(2), from.symmetric(2), from.symmetric(2)]);
    const labels = x.map(() => from.below(units));
    const model = await modelOf(3, units);
    model.compile({ optimizer: 'sgd', loss });
    const [weight, bias] = model.getWeights().map(({ data }) => [...data]);
    const softplus = (z: number): number => Math.log1p(Math.exp(z));
    const cost = (): number => {
      let total = 0;
      x.forEach((row, i) => {
        const y = bias.map((b, u) => 3 * softplus(b + row.reduce((sum, v, k) => sum + v * weight[3 * u + k], 0)));
        total -= Math.log(y[labels[i]] / y.reduce((sum, v) => sum + v, 0));
      });
      return total / x.length;
    };
    expect(Math.abs(model.evaluate(x, targetsOf(labels, units)).loss - cost())).toBeLessThan(1e-6);
    const slopes = model.gradients(x, targetsOf(labels, units));
    [weight, bias].forEach((values, tensor) =>
      values.forEach((value, i) => {
        const at = (offset: number): number => {
          values[i] = value + offset;
          return cost();
        };
        const slope = (at(1e-5) - at(-1e-5)) / 2e-5;
        values[i] = value;
        expect(Math.abs(slopes[tensor].data[i] - slope)).toBeLessThan(2e-6);
      }),
    );
  });
});
