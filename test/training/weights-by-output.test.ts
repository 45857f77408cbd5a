/**
 * Weights of rows and classes by output: gradients against a float64 formula, the forms in which they may be given,
 * bits that are those of one vector for all outputs, rows that overflow, sources, validation, and messages.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  add,
  createEngine,
  dense,
  input,
  l1,
  ShapeError,
  ValueError,
  type FitOptions,
  type Model,
  type SampleWeight,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
afterAll(() => engine.dispose());

type TwoOutputs = Model<Float32Array[]>;

/** h = x·w, outputs a = h·u and b = h·v, without biases. */
function linear(): TwoOutputs {
  const x = input({ shape: [2] });
  const h = dense({ units: 1, useBias: false, name: 'h' }).apply(x);
  const outputs = ['a', 'b'].map((name) => dense({ units: 1, useBias: false, name }).apply(h));
  const model = engine.model({ inputs: x, outputs }) as TwoOutputs;
  model.setWeights([
    { shape: [1, 2], data: Float32Array.of(0.5, -0.25) },
    { shape: [1, 1], data: Float32Array.of(0.75) },
    { shape: [1, 1], data: Float32Array.of(-1.5) },
  ]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return model;
}

const x = [
  [1, 2],
  [-0.5, 3],
  [0.25, -1],
  [2, 0.5],
];
const targets = [
  [[1], [0.5], [-2], [0]],
  [[0.25], [1], [1], [-1]],
];
const weights = [
  [1, 0, 2.5, 0.5],
  [0, 3, 1, 0.25],
];

/** Deep copies of all weights. */
const weightsOf = (model: TwoOutputs): Float32Array[] => model.getWeights().map(({ data }) => data);

describe('sample weights by output', () => {
  test('weigh the losses of each, by a formula in float64', () => {
    const model = linear();
    const sampleWeight = { a: weights[0], b: weights[1] };
    const [w, u, v] = [[0.5, -0.25], 0.75, -1.5];
    const gradient = [0, 0, 0, 0];
    const losses = [0, 0];
    x.forEach((row, i) => {
      const h = row[0] * w[0] + row[1] * w[1];
      const errors = [h * u - targets[0][i][0], h * v - targets[1][i][0]];
      errors.forEach((e, k) => (losses[k] += (weights[k][i] * e * e) / x.length));
      const deltas = errors.map((e, k) => (2 * weights[k][i] * e) / x.length);
      const back = deltas[0] * u + deltas[1] * v;
      gradient[0] += back * row[0];
      gradient[1] += back * row[1];
      gradient[2] += deltas[0] * h;
      gradient[3] += deltas[1] * h;
    });
    const actual = model.gradients(x, targets, { sampleWeight }).flatMap(({ data }) => [...data]);
    actual.forEach((value, i) => expect(Math.abs(value - gradient[i])).toBeLessThan(1e-6));
    const logs = model.evaluate(x, targets, { sampleWeight });
    expect(Math.abs(logs.aLoss - losses[0])).toBeLessThan(1e-6);
    expect(Math.abs(logs.bLoss - losses[1])).toBeLessThan(1e-6);
    expect(logs.loss).toBe(logs.aLoss + logs.bLoss);
  });

  test('may be a list, an object, and typed arrays; one that is left out is 1', () => {
    const gradients = (sampleWeight: SampleWeight): Float32Array[] =>
      linear()
        .gradients(x, targets, { sampleWeight })
        .map(({ data }) => data);
    const expected = gradients({ a: weights[0], b: weights[1] });
    expect(gradients(weights)).toEqual(expected);
    expect(gradients([Float32Array.from(weights[0]), Float64Array.from(weights[1])])).toEqual(expected);
    const ones = [1, 1, 1, 1];
    const without = gradients([weights[0], ones]);
    expect(gradients({ a: weights[0] })).toEqual(without);
    expect(gradients([weights[0], undefined])).toEqual(without);
    expect(gradients({ a: weights[0], b: undefined })).toEqual(without);
  });

  test('of one vector for each have the bits of one for all, and of ones those of none', async () => {
    const train = async (sampleWeight: SampleWeight | undefined): Promise<Float32Array[]> => {
      const model = linear();
      const all = sampleWeight === undefined ? {} : { sampleWeight };
      await model.fit(x, targets, { epochs: 3, batchSize: 3, ...all });
      return weightsOf(model);
    };
    expect(await train([weights[0], weights[0]])).toEqual(await train(weights[0]));
    expect(await train([undefined, [1, 1, 1, 1]])).toEqual(await train(undefined));
  });

  test('work for a model with one output, in a list or by name', () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2], name: 'only' })] });
    model.compile({ optimizer: 'sgd', loss: 'mse' });
    const gradient = (sampleWeight: SampleWeight): Float32Array =>
      model.gradients(x, targets[0], { sampleWeight })[0].data;
    expect(gradient([weights[0]])).toEqual(gradient(weights[0]));
    expect(gradient({ only: weights[0] })).toEqual(gradient(weights[0]));
  });

  test('train the same bits from rows, from a source, and in a worker; shuffled rows take theirs along', async () => {
    const train = async (options: FitOptions): Promise<Float32Array[]> => {
      const model = linear();
      await model.fit(x, targets, { epochs: 2, batchSize: 2, sampleWeight: weights, ...options });
      return weightsOf(model);
    };
    const here = await train({ shuffle: false });
    const model = linear();
    const part = <T>(list: readonly T[], k: number): T[] => list.slice(2 * k, 2 * k + 2);
    const batches = [0, 1].map(
      (k) => [part(x, k), targets.map((t) => part(t, k)), { a: part(weights[0], k), b: part(weights[1], k) }] as const,
    );
    await model.fit(() => batches, { epochs: 2 });
    expect(weightsOf(model)).toEqual(here);
    expect(await train({ runIn: 'worker', shuffle: false })).toEqual(here);
    expect(await train({ runIn: 'worker' })).toEqual(await train({}));
  });

  test('in batches of a source may alternate with one vector for all and with none', async () => {
    const model = linear();
    const source = [[x, targets, weights] as const, [x, targets, weights[0]] as const, [x, targets] as const];
    const { loss } = await model.evaluate(() => source);
    const each = source.map(([, , sampleWeight]) => model.evaluate(x, targets, sampleWeight && { sampleWeight }).loss);
    expect(Math.abs(loss - (each[0] + each[1] + each[2]) / 3)).toBeLessThan(1e-12);
    await model.fit(() => source);
    const same = linear();
    for (const [, , sampleWeight] of source) same.trainOnBatch(x, targets, sampleWeight && { sampleWeight });
    expect(weightsOf(model)).toEqual(weightsOf(same));
  });

  test('count in validation, given or split off', async () => {
    const model = linear();
    model.learningRate = 0;
    const { history } = await model.fit(x, targets, { validationData: [x, targets, weights] });
    const logs = model.evaluate(x, targets, { sampleWeight: weights });
    expect(history.valLoss).toEqual([logs.loss]);
    expect(history.valBLoss).toEqual([logs.bLoss]);
    const split = await model.fit(x, targets, { validationSplit: 0.5, sampleWeight: weights });
    const end = <T>(list: readonly T[]): T[] => list.slice(2);
    const half = model.evaluate(end(x), targets.map(end), { sampleWeight: weights.map(end) });
    expect(split.history.valLoss).toEqual([half.loss]);
  });
});

describe('rows that overflow', () => {
  /** Output a reads `far` and h; b reads h alone. */
  function branches(): TwoOutputs {
    const given = input({ shape: [1] });
    const ones = { units: 1, useBias: false, kernelInitializer: 'ones' } as const;
    const h = dense({ ...ones, name: 'h' }).apply(given);
    const far = dense({ ...ones, name: 'far2' }).apply(
      dense({
        units: 1,
        useBias: false,
        name: 'far',
        kernelInitializer: { kind: 'constant', config: { value: 1e30 } },
      }).apply(given),
    );
    const a = dense({ ...ones, name: 'a' }).apply(add().apply([far, h]));
    const model = engine.model({ inputs: given, outputs: [a, dense({ ...ones, name: 'b' }).apply(h)] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  }

  const gradients = (rows: number[][], sampleWeight: SampleWeight): number[] =>
    branches()
      .gradients(rows, [rows, rows], { sampleWeight })
      .flatMap(({ data }) => [...data]);

  test('add nothing where they have weight 0 for all outputs that read them', () => {
    const without = gradients([[1e-30]], { a: [1], b: [1] });
    const of = (b: number): number[] => gradients([[1e-30], [1e10]], { a: [1, 0], b: [1, b] });
    // Twice the rows: half the gradients. b's own gradient of a row of 1e10 that it meets is 0.
    expect(of(0)).toEqual(without.map((value) => value / 2));
    expect(of(1)).toEqual(of(0));
    for (const value of of(1)) expect(Number.isFinite(value)).toBe(true);
  });

  test('count where an output gives them a weight', () => {
    expect(gradients([[1e-30], [1e10]], { a: [1, 1], b: [1, 0] }).some((value) => !Number.isFinite(value))).toBe(true);
  });

  test('are kept for another output that counts them, before the outputs part', () => {
    const given = input({ shape: [1] });
    const h = dense({ units: 1, useBias: false, name: 'h', kernelInitializer: 'ones' }).apply(given);
    const outputs = ['a', 'b', 'c'].map((name) =>
      dense({ units: 1, useBias: false, name, kernelInitializer: 'zeros' }).apply(h),
    );
    const model = engine.model({ inputs: given, outputs });
    model.compile({ optimizer: 'sgd', loss: 'meanAbsoluteError', lossWeights: { a: 1, b: 1, c: 0 } });
    const gradientOf = (sampleWeight: SampleWeight): number[] =>
      model
        .gradients(
          [[3e38], [1]],
          [
            [[1], [1]],
            [[1], [1]],
            [[1], [1]],
          ],
          { sampleWeight },
        )
        .slice(1, 3)
        .map(({ data }) => data[0]);
    // h² of the first row is infinite, so it would be cleared, but b counts it.
    expect(gradientOf({ a: [0, 1], b: [1, 1] })).toEqual([-0.5, -Math.fround(1.5e38)]);
    // c has no weight in the loss, so its rows do not count.
    expect(gradientOf({ a: [0, 1], b: [0, 1], c: [1, 1] })).toEqual([-0.5, -0.5]);
  });

  test.each([
    [1, 1],
    [1, 0],
    [0, 0],
  ])('are cleared before penalties on values, with weights %d and %d of the losses', (a, b) => {
    const gradientsOf = (sampleWeight: SampleWeight): number[] => {
      const given = input({ shape: [1] });
      const ones = { units: 1, kernelInitializer: 'ones' } as const;
      const h = dense({ ...ones, units: 2, name: 'h' }).apply(given);
      const far = dense({ ...ones, name: 'far', activityRegularizer: l1(0.1) }).apply(h);
      const outputs = [dense({ ...ones, name: 'a' }).apply(h), dense({ ...ones, name: 'b' }).apply(far)];
      const model = engine.model({ inputs: given, outputs });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: { a, b } });
      const rows = [[3e38], [1]];
      return model.gradients(rows, [rows, rows], { sampleWeight }).flatMap(({ data }) => [...data]);
    };
    const one = gradientsOf([0, 1]);
    expect(one.every(Number.isFinite)).toBe(true);
    expect(
      gradientsOf([
        [0, 1],
        [0, 1],
      ]),
    ).toEqual(one);
  });
});

describe('class weights by output', () => {
  function classes(): TwoOutputs {
    const given = input({ shape: [2] });
    const h = dense({ units: 3, activation: 'tanh', name: 'h' }).apply(given);
    const model = engine.model({
      seed: 4,
      inputs: given,
      outputs: [
        dense({ units: 3, activation: 'softmax', name: 'kind' }).apply(h),
        dense({ units: 1, activation: 'sigmoid', name: 'isNew' }).apply(h),
      ],
    });
    const loss = { kind: 'sparseCategoricalCrossentropy', isNew: 'binaryCrossentropy' } as const;
    model.compile({ optimizer: 'sgd', loss });
    return model;
  }
  const y = { kind: [0, 2, 1, 2], isNew: [[1], [0], [0], [1]] };
  const byHand = { kind: [1, 4, 2, 4], isNew: [3, 1, 1, 3] };
  const classWeight = { kind: { 1: 2, 2: 4 }, isNew: [1, 3] };

  test('are those of the rows of each class, and multiply with sample weights', () => {
    const of = (options: object): Float32Array[] => {
      const model = classes();
      model.trainOnBatch(x, y, options);
      return weightsOf(model);
    };
    const expected = of({ sampleWeight: byHand });
    expect(of({ classWeight })).toEqual(expected);
    expect(of({ classWeight: [classWeight.kind, classWeight.isNew] })).toEqual(expected);
    expect(of({ classWeight: { kind: classWeight.kind } })).toEqual(of({ sampleWeight: { kind: byHand.kind } }));
    const halves = [0.5, 1, 2, 0.25];
    const products = { kind: [0.5, 4, 4, 1], isNew: [1.5, 1, 2, 0.75] };
    expect(of({ classWeight, sampleWeight: halves })).toEqual(of({ sampleWeight: products }));
    expect(of({ classWeight, sampleWeight: { isNew: halves } })).toEqual(
      of({ sampleWeight: { ...byHand, isNew: products.isNew } }),
    );
  });

  test('count in fit, of rows and of a source, here and in a worker', async () => {
    const train = async (options: FitOptions): Promise<Float32Array[]> => {
      const model = classes();
      await model.fit(x, y, { epochs: 2, batchSize: 3, ...options });
      return weightsOf(model);
    };
    const expected = await train({ sampleWeight: byHand });
    expect(await train({ classWeight })).toEqual(expected);
    expect(await train({ classWeight, runIn: 'worker' })).toEqual(expected);
    const source = (): readonly (readonly [typeof x, typeof y])[] => [[x, y]];
    const [one, other] = [classes(), classes()];
    await one.fit(source, { classWeight });
    await other.fit(source, { classWeight, runIn: 'worker' });
    expect(weightsOf(other)).toEqual(weightsOf(one));
    const rows = classes();
    await rows.fit(x, y, { classWeight, shuffle: false });
    expect(weightsOf(one)).toEqual(weightsOf(rows));
  });

  test.each([
    [
      { 0: 1, 1: 2 },
      ValueError,
      'classWeight expected weights by class for each of 2 outputs, got an object. Write { "kind": { 0: 1, 1: 2 }, "isNew": { 0: 1, 1: 2 } }.',
    ],
    [{ kind: {}, isNow: {} }, ValueError, 'classWeight has an unknown name "isNow". Did you mean "isNew"?'],
    [{ kind: { 3: 1 } }, ValueError, 'classWeight.kind expected classes from 0 to 2, got "3".'],
    [[{}, { 1: -1 }], ValueError, 'classWeight[1] of class 1 expected a number >= 0, got -1.'],
    [[{}], ShapeError, 'classWeight expected a list of 2, one for each output, got 1.'],
    [[{}, {}, {}], ShapeError, 'classWeight expected a list of 2, one for each output, got 3.'],
    [{ kind: {}, isNew: 3 }, ValueError, 'classWeight.isNew expected weights by class, got 3.'],
  ] as const)('%j is refused', async (given, kind, message) => {
    const error = await thrownBy(() => classes().trainOnBatch(x, y, { classWeight: any(given) }));
    expectError(error, kind, `trainOnBatch: ${message}`);
  });
});

describe('sample weights are refused', () => {
  const ok = [1, 1, 1, 1];
  test.each([
    [[ok], ShapeError, 'sampleWeight expected a list of 2, one for each output, got 1.'],
    [[ok, ok, ok], ShapeError, 'sampleWeight expected a list of 2, one for each output, got 3.'],
    [[ok, [1, 1, 1]], ShapeError, 'sampleWeight[1] expected 4 values, got 3.'],
    [{ a: ok, b: [1, 1, NaN, 1] }, ValueError, 'sampleWeight.b expected numbers >= 0, got NaN in row 2.'],
    [{ a: ok, c: ok }, ValueError, 'sampleWeight has an unknown name "c". Did you mean "a"?'],
    [{ a: ok, b: 1 }, ValueError, 'sampleWeight.b expected a number per row, got 1.'],
    [
      {},
      ValueError,
      'sampleWeight expected a number per row, or a list of them for each output, got an object. Write { "a": […], "b": […] }.',
    ],
    [[ok, 1], ShapeError, 'sampleWeight expected 4 values, got 2.'],
    [[1, 1], ShapeError, 'sampleWeight expected 4 values, got 2.'],
    [3, ValueError, 'sampleWeight expected a number per row, got 3.'],
  ] as const)('%j', async (given, kind, message) => {
    const model = linear();
    const before = weightsOf(model);
    const error = await thrownBy(() => model.trainOnBatch(x, targets, { sampleWeight: any(given) }));
    expectError(error, kind, `trainOnBatch: ${message}`);
    expect(weightsOf(model)).toEqual(before);
  });
});

test.each(['main', 'worker'] as const)('weights of validationData are named so, in %s', async (runIn) => {
  const messageOf = (sampleWeight: unknown): Promise<Error> =>
    thrownBy(() =>
      linear().fit(x, targets, { sampleWeight: weights, validationData: [x, targets, any(sampleWeight)], runIn }),
    );
  expect((await messageOf([1, 1, 1, NaN])).message).toBe(
    'fit: validationData[2] expected numbers >= 0, got NaN in row 3.',
  );
  expect((await messageOf({ b: [1] })).message).toBe('fit: validationData[2].b expected 4 values, got 1.');
  expect((await messageOf({ a: weights[0], c: weights[1] })).message).toMatch(
    /^fit: validationData\[2\] has an unknown/,
  );
});
