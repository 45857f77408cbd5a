/**
 * The numbers that the slides print: their worked example to the digit, and XOR. The other subjects are in
 * slides-subjects.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { dense, sequential, sgd, type Model } from '../../src/index.js';
import { modelOf } from '../support/reference/library.js';
import type { Network } from '../support/reference/twin.js';

/**
 * Float32's unit in the last place for numbers in [0.5, 1), where the example's outputs and most of its weights lie.
 */
const UNIT = 2 ** -24;

/**
 * Expects a number within `rounding` of the result to round to the printed digits. More cannot be asked of float32: the
 * slides print up to ten decimals of numbers that it holds in steps of 6e-8. The allowance is one unit for each rounded
 * quantity that enters the result, times the factor it is multiplied with.
 */
function check(values: ArrayLike<number>, printed: readonly string[], rounding: number): void {
  expect(values).toHaveLength(printed.length);
  printed.forEach((text, i) => {
    const lastDigit = 10 ** -text.split('.')[1].length;
    const difference = Math.abs(values[i] - Number(text));
    expect(difference, `${values[i]} for ${text}`).toBeLessThanOrEqual(lastDigit / 2 + rounding);
  });
}

describe('the worked example of the slides', () => {
  const x = [[0.5, 1]];
  const t = [[1, 0]];
  // prettier-ignore
  const network: Network = [
    { W: [[0.1, 0.3], [0.2, 0.4]], b: [0.5, 0.5], activation: 'sigmoid' },
    { W: [[0.6, 0.8], [0.7, 0.9]], b: [1, 1], activation: 'sigmoid' },
  ];
  const build = (): Promise<Model> =>
    modelOf(network, { optimizer: sgd({ learningRate: 1 }), loss: 'halfSquaredError' });

  test('gives the outputs of both layers', async () => {
    const hidden = (await modelOf([network[0]])).predict(x);
    check(hidden, ['0.70056714', '0.73105858'], UNIT);
    check(hidden.subarray(0, 1), ['0.7005671424'], UNIT);
    const outputs = (await build()).predict(x);
    check(outputs, ['0.88134', '0.89551'], UNIT);
    check(outputs.subarray(0, 1), ['0.88134062'], UNIT);
  });

  test("gives σ'(logit) of the hidden layer", async () => {
    // The output is 1 + 2⁻⁴⁰·Σh, which rounds to 1: the hidden deltas are σ'(z)·2⁻⁴⁰, scaled without rounding.
    const scale = 2 ** -40;
    const probe: Network = [network[0], { W: [[scale, scale]], b: [1], activation: 'linear' }];
    const model = await modelOf(probe, { optimizer: 'sgd', loss: 'halfSquaredError' });
    const slopes = model.gradients(x, [[0]])[1].data.map((delta) => delta / scale);
    // The rounding of h, times |1 − 2h| < ½.
    check(slopes, ['0.20977282', '0.19661193'], UNIT / 2);
  });

  test('gives the deltas and gradients (BP1 to BP4)', async () => {
    const [dW1, db1, dW2, db2] = (await build()).gradients(x, t).map(({ data }) => data);
    // The rounding of y, times at most 1.
    check(db2, ['-0.01240932', '0.08379177'], UNIT);
    // The slides print the second entry without its minus.
    check(dW2, ['-0.00869356', '-0.00907194', '0.05870176', '0.0612567'], UNIT);
    // The rounding of delta 2, times the weights of a hidden unit (their sum below 2) and σ' < ¼.
    check(db1, ['0.01074218', '0.01287516'], UNIT / 2);
    check(dW1, ['0.00537109', '0.01074218', '0.00643758', '0.01287516'], UNIT / 2);
  });

  test('gives the weights after one step with η = 1', async () => {
    const model = await build();
    model.trainOnBatch(x, t);
    const [W1, b1, W2, b2] = model.getWeights().map(({ data }) => data);
    // The gradient's rounding, and the weight's own: half a unit below ½ and two units from 1 on.
    check(W1, ['0.09462891', '0.28925782', '0.19356242', '0.38712484'], UNIT);
    check(b1, ['0.48925782', '0.48712484'], UNIT);
    check(W2, ['0.60869356', '0.80907194', '0.64129824', '0.8387433'], 2 * UNIT);
    check(b2, ['1.01240932', '0.91620823'], 2 * UNIT);
  });
});

// prettier-ignore
const xor = { x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]] };

describe('XOR', () => {
  test("is computed by the slides' hand-set weights", async () => {
    const h1 = [2, 2];
    const h2 = [-2, -2];
    const model = await modelOf([
      { W: [h1, h2], b: [-1, 3], activation: 'unitStep' },
      { W: [[2, 2]], b: [-3], activation: 'unitStep' },
    ]);
    expect([...model.predict(xor.x)]).toEqual([0, 1, 1, 0]);
  });

  test('is learned by a 2-2-1 network', async () => {
    const model = await sequential({
      seed: 1,
      layers: [dense({ units: 2, activation: 'tanh', inputShape: [2] }), dense({ units: 1, activation: 'sigmoid' })],
    });
    const optimizer = sgd({ learningRate: 0.1, momentum: 0.9 });
    model.compile({ optimizer, loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    const { history } = await model.fit(xor.x, xor.y, { epochs: 500, batchSize: 4 });
    expect(model.evaluate(xor.x, xor.y).accuracy).toBe(1);
    expect(history.loss.at(-1)).toBeLessThan(0.05);
    expect([...model.predict(xor.x)].map(Math.round)).toEqual([0, 1, 1, 0]);
  });
});
