/** Penalties on the outputs of layers: their gradients, by PyTorch, and what they leave as it is. */
import { describe, expect, test } from 'vitest';
import {
  activation,
  activityRegularization,
  createEngine,
  dense,
  input,
  l1l2,
  loadModel,
  maxout,
  sgd,
  ValueError,
  type Model,
  type RegularizerLike,
} from '../../src/index.js';
import * as golden from '../support/reference/golden.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const { x, t, strengths, weights, gradients, loss } = golden.activities;
const [first, second, last] = strengths.map(([one, two]) => l1l2({ l1: one, l2: two }));

/** The network of the golden values, with its penalties as options or, but for one, as layers. */
function network(asLayers: boolean): Model {
  const penalty = (regularizer: typeof first) => (asLayers ? [activityRegularization(regularizer.config)] : []);
  const option = (regularizer: typeof first) => (asLayers ? {} : { activityRegularizer: regularizer });
  const model = engine.sequential({
    layers: [
      dense({ units: 4, activation: 'tanh', inputShape: [3], ...option(first) }),
      ...penalty(first),
      dense({ units: 5, ...option(second) }),
      ...penalty(second),
      activation('relu'),
      dense({ units: 2, ...option(last) }),
      ...penalty(last),
    ],
  });
  model.setWeights(
    model.getWeights().map(({ shape }, at) => ({ shape, data: (weights[at] as (number | number[])[]).flat() })),
  );
  model.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError' });
  return model;
}

const compare = (model: Model): void =>
  model.gradients(x, t).forEach(({ data }, at) => {
    (gradients[at] as (number | number[])[]).flat().forEach((value, i) => {
      expect(Math.abs(data[i] - value)).toBeLessThan(1e-6 * Math.max(1, Math.abs(value)));
    });
  });

describe('gradients', () => {
  test.each([false, true])("are PyTorch's, with penalties as layers: %s", (asLayers) => {
    compare(network(asLayers));
  });

  test('have the same bits from options and from layers, and after a file', async () => {
    const [one, other] = [network(false), network(true)];
    const loaded = await loadModel(one.save());
    for (let step = 0; step < 3; step++) {
      for (const model of [one, other, loaded]) model.trainOnBatch(x, t);
    }
    const [of, ofLayers, ofFile] = [one, other, loaded].map((model) => model.getWeights().map(({ data }) => data));
    expect(ofLayers).toEqual(of);
    expect(ofFile).toEqual(of);
  });

  test('of maxout, and of a value that two layers read, count the penalty once', () => {
    const gradientOf = (activityRegularizer?: RegularizerLike): number[] => {
      const given = input({ shape: [1] });
      const options = { units: 1, kernelInitializer: 'ones', useBias: false } as const;
      const h = maxout({ ...options, pieces: 2, ...(activityRegularizer && { activityRegularizer }) }).apply(given);
      const outputs = [dense(options).apply(h), dense(options).apply(h)];
      const model = engine.model({ inputs: given, outputs });
      model.compile({ optimizer: 'sgd', loss: 'halfSquaredError' });
      return [
        ...model.gradients(
          [[2], [-3]],
          [
            [[2], [-3]],
            [[2], [-3]],
          ],
        )[0].data,
      ];
    };
    // h = x, and all losses are 0. dw of the first piece: the mean of (l1·sign(h) + l2·h)·x.
    expect(gradientOf()).toEqual([0, 0]);
    expect(gradientOf(l1l2({ l1: 0.5, l2: 0.25 }))).toEqual([(0.5 * 5 + 0.25 * 13) / 2, 0]);
  });
});

describe('a penalty', () => {
  test('changes neither outputs nor the reported loss', () => {
    const plain = engine.sequential({
      layers: [
        dense({ units: 4, activation: 'tanh', inputShape: [3] }),
        dense({ units: 5 }),
        activation('relu'),
        dense({ units: 2 }),
      ],
    });
    const model = network(false);
    plain.setWeights(model.getWeights());
    plain.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect(model.predict(x)).toEqual(plain.predict(x));
    const { regularization, ...logs } = model.evaluate(x, t);
    expect(logs).toEqual(plain.evaluate(x, t));
    expect(regularization).toBeGreaterThan(0);
    expect(Math.abs(model.trainOnBatch(x, t).loss / loss - 1)).toBeLessThan(1e-6);
    // Names are those of PyTorch's modules.
    expect(model.getWeights().map(({ name }) => name)).toEqual(plain.getWeights().map(({ name }) => name));
  });

  test('of strength 0 changes no bit', () => {
    const bits = (activityRegularizer?: RegularizerLike): Float32Array => {
      const options = { units: 3, inputShape: [3], ...(activityRegularizer && { activityRegularizer }) };
      const model = engine.sequential({ seed: 5, layers: [dense(options), dense({ units: 2 })] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      return model.gradients(x, t)[0].data;
    };
    expect(bits(l1l2({ l1: 0 }))).toEqual(bits());
  });

  test('counts rows whatever their weight, and outputs whose loss has none', () => {
    const given = input({ shape: [1] });
    const layer = dense({ units: 1, kernelInitializer: 'ones', useBias: false, activityRegularizer: l1l2({ l2: 1 }) });
    const model = engine.model({ inputs: given, outputs: layer.apply(given) });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const batch = [
      [[1], [3]],
      [[7], [8]],
    ];
    expect([...model.gradients(batch[0], batch[1], { sampleWeight: [0, 0] })[0].data]).toEqual([5]);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: [0] });
    expect([...model.gradients(batch[0], batch[1])[0].data]).toEqual([5]);
  });

  test('has no pull at 0 by l1', () => {
    const layers = [dense({ units: 2, inputShape: [1], kernelInitializer: 'zeros', activityRegularizer: 'l1' })];
    const model = engine.sequential({ layers });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect([...model.gradients([[1]], [[0, 0]])[1].data]).toEqual([0, 0]);
  });
});

describe('is refused', () => {
  test.each([
    [() => activityRegularization({ l1: -1 }), 'activityRegularization: l1 expected a number >= 0, got -1.'],
    [
      () => dense({ units: 1, activityRegularizer: any('L3') }),
      'dense: activityRegularizer is unknown: "L3". Did you mean "l1"?',
    ],
  ])('%o', async (run, message) => {
    expectError(await thrownBy(run), ValueError, message);
  });

  test('by lbfgs, whose loss it is not part of', async () => {
    const error = await thrownBy(() => network(false).compile({ optimizer: 'lbfgs', loss: 'meanSquaredError' }));
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toContain('whose outputs have a penalty. Remove the penalty, or use adam.');
  });
});
