/**
 * Penalties in logs: their value by a float64 formula, that their sum with the loss is what `gradients` differentiates,
 * by finite differences, where they are reported, and that they change nothing else.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  activityRegularization,
  createEngine,
  dense,
  earlyStopping,
  input,
  l1,
  l1l2,
  l2,
  maxout,
  ValueError,
  type Model,
} from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
afterAll(() => engine.dispose());

const x = [[1, -2, 0.5], [0.25, 1, -1], [2, 0.125, 0.75], [-1, 0.5, 1.5], [0.5, 0.5, -0.375]]; // prettier-ignore
const t = [[1, 0], [-0.5, 2], [0.25, 0.25], [1, 1], [0, -1]]; // prettier-ignore

const KERNEL = { l1: 0.25, l2: 0.5 };
const OUTPUTS = { l1: 0.125, l2: 0.75 };

function network(): Model {
  const model = engine.sequential({
    seed: 2,
    layers: [
      dense({
        units: 4,
        activation: 'tanh',
        inputShape: [3],
        kernelRegularizer: l1l2(KERNEL),
        biasRegularizer: l2(0.5),
      }),
      activityRegularization(OUTPUTS),
      dense({ units: 2, kernelRegularizer: l1(0.5) }),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape, data }) => ({ shape, data: data.map((w, i) => w + 0.25 + i / 64) })),
  );
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

const sum = (values: Iterable<number>, f: (value: number) => number): number =>
  Array.from(values).reduce((total, value) => total + f(value), 0);

/** The penalties of a model's weights and values, in float64. */
function penalties(model: Model): number {
  const [w, b, v] = model.getWeights().map(({ data }) => data);
  const ofWeights =
    sum(w, (value) => KERNEL.l1 * Math.abs(value) + (KERNEL.l2 / 2) * value ** 2) +
    sum(b, (value) => 0.25 * value ** 2) +
    sum(v, (value) => 0.5 * Math.abs(value));
  const ofValues = sum(
    x.flatMap((row) =>
      [0, 1, 2, 3].map((unit) => {
        const z = row.reduce((total, value, i) => total + value * w[3 * unit + i], b[unit]);
        return Math.tanh(z);
      }),
    ),
    (value) => OUTPUTS.l1 * Math.abs(value) + (OUTPUTS.l2 / 2) * value ** 2,
  );
  return ofWeights + ofValues / x.length;
}

describe('regularization', () => {
  test('is the sum of the penalties, in batches of any size and in evaluate of a source', async () => {
    const model = network();
    const expected = penalties(model);
    const logs = model.evaluate(x, t);
    expect(Math.abs(logs.regularization / expected - 1)).toBeLessThan(1e-6);
    for (const batchSize of [1, 2, 5]) expect(model.evaluate(x, t, { batchSize })).toEqual(logs);
    expect((await model.evaluate(() => [[x, t] as const])).regularization).toBe(logs.regularization);
    // Whatever the weights of rows are.
    expect(model.evaluate(x, t, { sampleWeight: [0, 1, 2, 0, 0] }).regularization).toBe(logs.regularization);
  });

  test('is, with the loss, what gradients differentiates', () => {
    const model = network();
    const gradients = model.gradients(x, t);
    const weights = model.getWeights();
    const step = 2 ** -11;
    weights.forEach((tensor, index) => {
      tensor.data.forEach((value, i) => {
        const at = (change: number): number => {
          tensor.data[i] = value + change;
          model.setWeights(weights);
          tensor.data[i] = value;
          const { loss, regularization } = model.evaluate(x, t);
          return loss + regularization;
        };
        // l1 has a kink at 0.
        if (Math.abs(value) < 2 * step) return;
        const slope = (at(step) - at(-step)) / (2 * step);
        const actual = gradients[index].data[i];
        expect(Math.abs(slope - actual), `${index}, ${i}`).toBeLessThan(5e-3 * Math.max(1, Math.abs(actual)));
      });
    });
  });

  test('is in logs of fit, validation and trainOnBatch, and can be monitored', async () => {
    const model = network();
    const before = model.evaluate(x, t);
    // As the loss, from before the update.
    expect(model.trainOnBatch(x, t)).toEqual(before);
    const after = model.evaluate(x, t).regularization;
    expect(after).toBeLessThan(before.regularization);
    const options = {
      epochs: 2,
      validationData: [x, t] as const,
      callbacks: [earlyStopping({ monitor: 'valRegularization' })],
    };
    const { history } = await model.fit(x, t, options);
    expect(history.regularization).toHaveLength(2);
    expect(history.valRegularization[1]).toBe(model.evaluate(x, t).regularization);
    const other = network();
    other.trainOnBatch(x, t);
    expect((await other.fit(x, t, { ...options, runIn: 'worker' })).history).toEqual(history);
  });

  test('of several outputs is one number; that of frozen layers is left out', () => {
    const given = input({ shape: [3] });
    const h = maxout({ units: 2, pieces: 2, name: 'h', kernelRegularizer: l2(2), activityRegularizer: l1(0.5) }).apply(
      given,
    );
    const outputs = [dense({ units: 2 }).apply(h), dense({ units: 1, kernelRegularizer: l2(4), name: 'b' }).apply(h)];
    const model = engine.model({ inputs: given, outputs });
    const compile = (): void => model.compile({ optimizer: 'sgd', loss: 'mse' });
    const evaluate = (): number => model.evaluate(x, [t, x.map(() => [0])]).regularization;
    compile();
    const all = evaluate();
    model.getLayer('h').trainable = false;
    compile();
    const squares = sum(model.getLayer('h').getWeights()[0].data, (value) => value ** 2);
    expect(Math.abs(all - evaluate() - squares)).toBeLessThan(1e-6);
  });

  test('is absent without penalties, and its key is taken', async () => {
    const model = engine.sequential({ layers: [dense({ units: 2, inputShape: [3] })] });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    expect(Object.keys(model.evaluate(x, t))).toEqual(['loss']);
    const metrics = [{ name: 'regularization', value: () => 1 }];
    const error = await thrownBy(() => model.compile({ optimizer: 'sgd', loss: 'mse', metrics }));
    expectError(
      error,
      ValueError,
      'compile: metrics expected a different key in the logs for each, got "regularization", which is taken.',
    );
  });
});
