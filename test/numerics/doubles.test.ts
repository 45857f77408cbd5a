/**
 * Numbers that float32 does not hold: times in milliseconds, large numbers that differ little. The facades and `adapt`
 * standardize doubles as doubles and round once; where values must become float32 and would be equal there, the library
 * warns or refuses.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  createEngine,
  dense,
  mlpClassifier,
  mlpRegressor,
  normalization,
  ValueError,
  type Model,
  type Rows,
} from '../../src/index.js';
import { expectError, thrownBy } from '../support/reference/refusals.js';
import { source } from '../support/reference/random.js';

const engine = await createEngine({ threads: 1 });
const N = 160;
const MILLISECONDS = 1_735_689_600_000;

afterEach(() => void vi.restoreAllMocks());

/** R² by its definition. */
function rSquared(y: readonly number[], predicted: ArrayLike<number>): number {
  const mean = y.reduce((sum, value) => sum + (value - y[0]), 0) / y.length + y[0];
  const squares = (of: (i: number) => number): number => y.reduce((sum, _, i) => sum + of(i) ** 2, 0);
  return 1 - squares((i) => y[i] - predicted[i]) / squares((i) => y[i] - mean);
}

describe('mlpRegressor', () => {
  const x = Array.from({ length: N }, (_, i) => [i / N, Math.sin(i)]);
  test.each([0, 1.7e9, MILLISECONDS, -3e10, 1e15])('predicts targets that differ by 1 around %d', async (offset) => {
    const y = x.map((_, i) => offset + i);
    const regressor = mlpRegressor({ engine, hiddenLayers: [16], learningRate: 0.02, epochs: 100 });
    await regressor.fit(x, y);
    const predicted = regressor.predict(x);
    expect(predicted).toBeInstanceOf(Float64Array);
    expect(rSquared(y, predicted)).toBeGreaterThan(0.98);
    expect(regressor.score(x, y)).toBeCloseTo(rSquared(y, predicted), 6);
    regressor.dispose();
  });

  test('scales each of several outputs', async () => {
    const y = x.map(([a], i) => [1e12 + i, 1e-3 * a, 1e100 * (i + 1)]);
    const regressor = mlpRegressor({ engine, hiddenLayers: [16], learningRate: 0.02, epochs: 100 });
    await regressor.fit(x, y);
    const predicted = regressor.predict(x);
    for (const j of [0, 1, 2]) {
      const column = y.map((row) => row[j]);
      expect(
        rSquared(
          column,
          column.map((_, i) => predicted[3 * i + j]),
        ),
      ).toBeGreaterThan(0.98);
    }
    regressor.dispose();
  });

  test('scores against the targets as given, not rounded to float32', async () => {
    const y = x.map((_, i) => 1.7e9 + i);
    const regressor = mlpRegressor({ engine, hiddenLayers: [2], epochs: 1 });
    await regressor.fit(x, y);
    // Rounded to float32 the targets would be multiples of 128.
    expect(regressor.score(x, y)).toBeCloseTo(rSquared(y, regressor.predict(x)), 9);
    expect(regressor.score(x, Float64Array.from(y))).toBe(regressor.score(x, y));
    regressor.dispose();
  });
});

describe('mlpClassifier', () => {
  const spans = [50, 1000, 60_000, 86_400_000, 31_536_000_000];
  test.each(spans)('distinguishes times in milliseconds within a span of %d', async (span) => {
    const rows = Array.from({ length: N }, (_, i) => [MILLISECONDS + (span * i) / N, i % 7]);
    const labels = rows.map((_, i) => (i < N / 2 ? 'before' : 'after'));
    const classifier = mlpClassifier({ engine, hiddenLayers: [16], learningRate: 0.02, epochs: 100 });
    await classifier.fit(rows, labels);
    expect(classifier.score(rows, labels)).toBeGreaterThan(0.98);
    // Rows that it was not fitted on are standardized the same way.
    const between = rows.map(([time, other]) => [time + span / (4 * N), other]);
    expect(classifier.score(between, labels)).toBeGreaterThan(0.97);
    classifier.dispose();
  });

  test('accepts numbers beyond float32, and columns that differ only by rounding errors', async () => {
    const rows = Array.from({ length: N }, (_, i) => [1e100 * i, 1e-120 * i, 0.1 + 0.2 - (i % 2) * 5e-17, 7]);
    const labels = rows.map((_, i) => i % 4);
    const classifier = mlpClassifier({ engine, hiddenLayers: [4], epochs: 2 });
    await classifier.fit(rows, labels);
    expect([...classifier.predictProbabilities(rows)[3]].every(Number.isFinite)).toBe(true);
    // Columns 2 and 3 carry no information.
    const others = rows.map(([a, b], i) => [a, b, 0.1 + 0.2 - ((i + 1) % 2) * 5e-17, 7]);
    expect(classifier.predictProbabilities(others)).toEqual(classifier.predictProbabilities(rows));
    classifier.dispose();
  });
});

describe('rows of float32 numbers give the same bits in every form', () => {
  const from = source(5);
  const rows = Array.from({ length: N }, (_, i) => [from.symmetric(), 1e7 * from.symmetric(), i, 3, 2 ** 30 + 128 * i]);
  for (const row of rows) row[1] = Math.fround(row[1]);
  const flat = Float32Array.from(rows.flat());
  const forms: [string, Rows][] = [
    ['a flat Float64Array', Float64Array.from(flat)],
    ['arrays of numbers', rows],
    ['Float32Array rows', rows.map((row) => Float32Array.from(row))],
    ['Float64Array rows', rows.map((row) => Float64Array.from(row))],
  ];

  test.each(forms)('as %s', async (_title, form) => {
    const files = [];
    const labels = rows.map(([a]) => (a > 0 ? 1 : 0));
    for (const x of [flat, form]) {
      const classifier = mlpClassifier({ engine, hiddenLayers: [4], epochs: 3 });
      await classifier.fit(x, labels);
      files.push(classifier.save(), classifier.predictProbabilities(form));
      const regressor = mlpRegressor({ engine, hiddenLayers: [4], epochs: 3 });
      await regressor.fit(x, x === flat ? Float32Array.from(rows, (row) => row[1]) : rows.map((row) => row[1]));
      files.push(regressor.save(), regressor.predict(form));
      const layer = normalization({ inputShape: [5] }).adapt(x);
      const model = engine.sequential({ layers: [layer, dense({ units: 1 })] });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      model.trainOnBatch(x, Float64Array.from(labels));
      files.push(layer.config, model.save(), model.predict(form), model.evaluate(form, new Float32Array(labels)));
      model.dispose();
    }
    expect(files.slice(files.length / 2)).toEqual(files.slice(0, files.length / 2));
  });
});

describe('normalization', () => {
  test('uses the variance of the numbers as given', () => {
    vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    expect(normalization().adapt([[16777217], [16777219]]).config).toMatchObject({ mean: [16777218], variance: [1] });
    const from = source(8);
    for (const offset of [0, 1e3, 123_456.789, 1e8]) {
      const column = Array.from({ length: 99 }, () => offset + 100 * (from.uniform() - 0.5));
      const shifted = column.map((value) => value - offset);
      const mean = shifted.reduce((a, b) => a + b) / 99;
      const variance = shifted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 99;
      const { config } = normalization().adapt(column.map((value) => [value]));
      expect(config.mean![0]).toBeCloseTo(mean + offset, 6);
      expect(config.variance![0] / variance).toBeCloseTo(1, 8);
      const model = engine.sequential({ layers: [normalization({ inputShape: [1] }), dense({ units: 1 })] });
      model.adapt(Float64Array.from(column));
      expect(model.getWeights()[1].data[0]).toBe(Math.fround(config.variance![0]));
      model.dispose();
    }
  });

  test('refuses a column whose numbers are equal in float32, and treats rounding errors as a constant', async () => {
    const column = Array.from({ length: 9 }, (_, i) => [1, MILLISECONDS + i]);
    const message =
      'adapt: x expected columns whose numbers float32 tells apart, got 1735689600000 and 1735689600008 in column 1, which are one number ' +
      'there. Subtract the mean of the column first, or use mlpClassifier or mlpRegressor, which do.';
    expectError(await thrownBy(() => normalization().adapt(column)), ValueError, message);
    const model = engine.sequential({ layers: [normalization({ inputShape: [2] }), dense({ units: 1 })] });
    const before = model.save();
    expectError(await thrownBy(() => model.adapt(column)), ValueError, message);
    expect(model.save()).toEqual(before);
    model.dispose();
    expect(normalization().adapt([[0.3], [0.1 + 0.2]]).config).toMatchObject({ mean: [0.3], variance: [0] });
  });

  test('warns once of a column that float32 hardly distinguishes', () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const column = Array.from({ length: 99 }, (_, i) => [i, i / 3, MILLISECONDS + 5000 * i]);
    normalization().adapt(column);
    normalization().adapt(column);
    expect(warn.mock.calls.map(([text]) => String(text).slice(0, 60))).toEqual([
      'adapt: x expected columns that float32 holds to a twentieth ',
    ]);
    expect(String(warn.mock.calls[0][0])).toContain('column 2');
  });
});

describe('a model that is given doubles', () => {
  const build = (): Model => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    return model;
  };
  const y = Array.from({ length: 20 }, (_, i) => [i]);

  test('warns where float32 makes a whole column equal, once for each method and column', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = build();
    const x = y.map(([i]) => [i, MILLISECONDS + i]);
    await model.fit(x, y);
    await model.fit(Float64Array.from(x.flat()), y);
    await model.fit(() => [[x, y]]);
    await model.fit(x, y, { runIn: 'worker' });
    const text =
      'fit: x expected columns whose numbers float32 tells apart, got 1735689600000 and 1735689600001 in column 1, which are one number ' +
      'there, as are all of that column. Subtract the mean of the column first, or use mlpClassifier or mlpRegressor, which do.';
    expect(warn.mock.calls).toEqual([[text]]);
    model.evaluate(
      y.map(([i]) => [i, 0]),
      y.map(([i]) => [1e12 + i]),
    );
    expect(warn.mock.calls.slice(1).map(([one]) => String(one).slice(0, 27))).toEqual(['evaluate: y expected column']);
    model.dispose();
  });

  test('warns of a fit in a worker as well', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = build();
    await model.fit(
      y.map(([i]) => [MILLISECONDS + i, i]),
      y,
      { runIn: 'worker' },
    );
    expect(warn.mock.calls).toHaveLength(1);
    model.dispose();
  });

  test('does not warn of float32 data, constants, rounding errors, or columns with any difference', async () => {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
    const model = build();
    const columns: ((i: number) => number)[] = [
      () => Math.fround(MILLISECONDS),
      () => 0.1,
      (i) => (i % 2 === 0 ? 0.3 : 0.1 + 0.2),
      (i) => MILLISECONDS + (i === 19 ? 1e6 : i),
    ];
    for (const column of columns) {
      const x = y.map(([i]) => [0, column(i)]);
      await model.fit(x, y);
      model.evaluate(
        x.map((row) => Float32Array.from(row)),
        y,
      );
      model.evaluate(Float32Array.from(x.flat()), y);
    }
    model.trainOnBatch([[0, MILLISECONDS + 0.5]], [[1]]);
    expect(warn).not.toHaveBeenCalled();
    model.dispose();
  });
});
