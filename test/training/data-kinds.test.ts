/**
 * Kinds of data: every typed array of numbers, booleans, rows of one value as a flat list, class indices in a column,
 * and columns by the names of inputs. Each gives the bits of the same rows in a Float32Array.
 */
import { describe, expect, test } from 'vitest';
import {
  createEngine,
  dense,
  input,
  loadClassifier,
  mlpClassifier,
  mlpRegressor,
  model as graph,
  normalization,
  concatenate,
  ShapeError,
  ValueError,
  type Inputs,
  type LossLike,
  type Model,
  type NumberArray,
  type Rows,
  type Targets,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine();
const VALUES = [3, 0, 1, 2, 2, 1, 0, 3, 1, 1, 2, 0];
const KINDS: Record<string, (values: readonly number[]) => NumberArray> = {
  Float64Array: (values) => Float64Array.from(values),
  Int8Array: (values) => Int8Array.from(values),
  Uint8Array: (values) => Uint8Array.from(values),
  Uint8ClampedArray: (values) => Uint8ClampedArray.from(values),
  Int16Array: (values) => Int16Array.from(values),
  Uint16Array: (values) => Uint16Array.from(values),
  Int32Array: (values) => Int32Array.from(values),
  Uint32Array: (values) => Uint32Array.from(values),
};
const { Float16Array } = globalThis as { Float16Array?: { from(values: readonly number[]): NumberArray } };
if (Float16Array !== undefined) KINDS.Float16Array = (values) => Float16Array.from(values);

const network = (inputs: number, outputs: number, loss: LossLike): Model => {
  const activation = loss === 'sparseCategoricalCrossentropy' ? 'softmax' : 'linear';
  const made = engine.sequential({
    seed: 7,
    layers: [dense({ units: 4, activation: 'tanh', inputShape: [inputs] }), dense({ units: outputs, activation })],
  });
  made.compile({ optimizer: 'adam', loss });
  return made;
};

/** Trains, evaluates and predicts, here and in a worker; returns all numbers. */
async function everything(made: () => Model, x: Inputs, y: Targets): Promise<unknown> {
  const results: unknown[] = [];
  for (const runIn of ['main', 'worker'] as const) {
    const one = made();
    results.push(await one.fit(x, y, { epochs: 2, batchSize: 2, validationData: [x, y], runIn }));
    results.push(await one.fit(() => [[x, y] as const], { runIn }));
    results.push(one.trainOnBatch(x, y), one.gradients(x, y), one.evaluate(x, y), one.diagnose(x, y).loss);
    results.push(one.predict(x), one.getWeights());
    one.dispose();
  }
  return results;
}

describe.each(Object.keys(KINDS))('%s', (kind) => {
  const from = KINDS[kind];
  const rowsOf = (values: readonly number[], width: number): NumberArray[] =>
    Array.from({ length: values.length / width }, (_, row) => from(values.slice(row * width, (row + 1) * width)));

  test('as inputs and targets, flat or by rows', async () => {
    const made = (): Model => network(3, 2, 'meanSquaredError');
    const y = VALUES.slice(0, 8);
    const expected = await everything(made, Float32Array.from(VALUES), Float32Array.from(y));
    expect(await everything(made, from(VALUES), from(y))).toEqual(expected);
    expect(await everything(made, rowsOf(VALUES, 3), rowsOf(y, 2))).toEqual(expected);
    // A part of a larger buffer.
    const part = from([9, ...VALUES, 9]) as Uint8Array;
    if (kind !== 'Float16Array') expect(await everything(made, part.subarray(1, 13), from(y))).toEqual(expected);
  });

  test('as class indices and as weights of rows', () => {
    const one = network(3, 4, 'sparseCategoricalCrossentropy');
    const x = Float32Array.from(VALUES);
    expect(one.evaluate(x, from([3, 0, 1, 2]), { sampleWeight: from([1, 2, 0, 1]) })).toEqual(
      one.evaluate(x, [3, 0, 1, 2], { sampleWeight: [1, 2, 0, 1] }),
    );
  });

  test('in facades and normalization', async () => {
    const settings = { hiddenLayers: [3], epochs: 3, engine };
    const x = Float32Array.from(VALUES);
    const regressors = [mlpRegressor(settings), mlpRegressor(settings)];
    await regressors[0].fit(x, [1, 2, 3, 4]);
    await regressors[1].fit(from(VALUES), from([1, 2, 3, 4]));
    expect(regressors[1].predict(from(VALUES))).toEqual(regressors[0].predict(x));
    const classifiers = [mlpClassifier<number>(settings), mlpClassifier<number>(settings)];
    await classifiers[0].fit(x, [1, 2, 1, 2]);
    await classifiers[1].fit(from(VALUES), from([1, 2, 1, 2]));
    expect(classifiers[1].predictProbabilities(from(VALUES))).toEqual(classifiers[0].predictProbabilities(x));
    expect(classifiers[1].score(from(VALUES), from([1, 2, 1, 2]))).toBe(classifiers[0].score(x, [1, 2, 1, 2]));
    expect(normalization({ inputShape: [3] }).adapt(from(VALUES)).config).toEqual(
      normalization({ inputShape: [3] }).adapt(x).config,
    );
  });
});

test('statistics of 32-bit integers are computed in double before they are rounded', () => {
  const large = [2 ** 30 + 1, 2 ** 30 + 1025];
  for (const data of [Int32Array.from(large), Uint32Array.from(large), Float64Array.from(large)]) {
    expect(normalization({ inputShape: [1] }).adapt(data).config).toMatchObject({
      mean: [2 ** 30 + 513],
      variance: [512 ** 2],
    });
    // float32 has only every 64th of these integers.
    expectError(
      thrownBySync(() => normalization({ inputShape: [1] }).adapt(Int32Array.from([2 ** 30 + 1, 2 ** 30 + 2]))),
      ValueError,
      'adapt: x expected columns whose numbers float32 tells apart, got 1073741825 and 1073741826 in column 0, ' +
        'which are one number there. Subtract the mean of the column first, or use mlpClassifier or mlpRegressor, which do.',
    );
  }
});

function thrownBySync(act: () => unknown): Error {
  try {
    act();
  } catch (error) {
    return error as Error;
  }
  throw new Error('was accepted');
}

describe('booleans', () => {
  const bits = VALUES.map((value) => value > 1);
  const ones = Float32Array.from(bits, Number);
  const rows = (width: number): boolean[][] =>
    Array.from({ length: 12 / width }, (_, row) => bits.slice(row * width, (row + 1) * width));

  test('as inputs and targets', async () => {
    const made = (): Model => network(3, 2, 'meanSquaredError');
    const expected = await everything(made, ones, ones.slice(0, 8));
    expect(await everything(made, rows(3), rows(2).slice(0, 4))).toEqual(expected);
    const narrow = (): Model => network(3, 1, 'meanSquaredError');
    expect(await everything(narrow, rows(3), bits.slice(0, 4))).toEqual(
      await everything(narrow, ones, ones.slice(0, 4)),
    );
  });

  test('as class indices', async () => {
    const made = (): Model => network(3, 2, 'sparseCategoricalCrossentropy');
    expect(await everything(made, ones, bits.slice(0, 4))).toEqual(
      await everything(
        made,
        ones,
        bits.slice(0, 4).map((bit) => Number(bit)),
      ),
    );
  });

  test('as labels of a classifier, which are saved with it', async () => {
    const classifier = mlpClassifier<boolean>({ hiddenLayers: [4], learningRate: 0.05, engine });
    const x = [1, 2, 8, 9];
    await classifier.fit(x, [false, false, true, true]);
    expect(classifier.classes).toEqual([false, true]);
    expect(classifier.predict(x)).toEqual([false, false, true, true]);
    const loaded = await loadClassifier<boolean>(classifier.save(), { engine });
    expect(loaded.predict([1.5, 8.5])).toEqual([false, true]);
  });
});

test('rows of one value as a flat list, for inputs and for targets', async () => {
  const made = (): Model => network(1, 1, 'meanSquaredError');
  const expected = await everything(made, [[1], [2], [3]], [[4], [5], [6]]);
  expect(await everything(made, [1, 2, 3], [4, 5, 6])).toEqual(expected);
  expect(normalization().adapt([1, 2, 3]).config).toEqual(normalization().adapt([[1], [2], [3]]).config);
  const one = made();
  one.predict([1, 2, 3]);
  expectError(
    await thrownBy(() => one.fit([1, 2, 3], any([1, '2', 3]))),
    ValueError,
    'fit: y expected an array of 1 number in row 1, got "2".',
  );
  expectError(
    await thrownBy(() => one.fit([1, 2, 3], [1, NaN, 3])),
    ValueError,
    'fit: y expected finite numbers, got NaN in row 1, column 0.',
  );
  const wide = network(2, 2, 'meanSquaredError');
  expectError(
    await thrownBy(() => wide.predict([1, 2])),
    ShapeError,
    'predict: x expected an array of 2 numbers in row 0, got the number 1. Write rows as arrays, [[…],[…]], or one after the other in a Float32Array.',
  );
});

test('class indices in a column, as Keras and TensorFlow.js take them', async () => {
  const made = (): Model => network(3, 4, 'sparseCategoricalCrossentropy');
  const x = Float32Array.from(VALUES);
  const expected = await everything(made, x, [3, 0, 1, 2]);
  expect(await everything(made, x, [[3], [0], [1], [2]])).toEqual(expected);
  expect(await everything(made, x, [Int32Array.of(3), Int32Array.of(0), [1], any([2])])).toEqual(expected);
  const one = made();
  expectError(
    await thrownBy(() => one.fit(x, [[3], [0], [4], [2]])),
    ValueError,
    'fit: y expected a class index from 0 to 3, got 4 in row 2.',
  );
  expectError(
    await thrownBy(() => one.fit(x, [[3], [0, 1], [1], [2]])),
    ShapeError,
    'fit: y expected one class index per row, got [0,1] in row 1. For one-hot targets use categoricalCrossentropy.',
  );
});

describe('columns by name', () => {
  const columns = { age: [31, 40, 25, 60], income: Int32Array.of(1, 2, 3, 4), member: [true, false, true, true] };
  const table = async (): Promise<Model> => {
    const parts = Object.keys(columns).map((name) => input({ name, shape: [1] }));
    const hidden = dense({ units: 3, activation: 'tanh' }).apply(concatenate().apply(parts));
    const made = await graph({
      engine,
      seed: 4,
      inputs: parts,
      outputs: dense({ units: 1, name: 'price' }).apply(hidden),
    });
    made.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    return made;
  };

  test('for several inputs of one value each', async () => {
    const [one, other] = [await table(), await table()];
    const list: Rows[] = Object.values(columns).map((column) =>
      Array.from(column as ArrayLike<number | boolean>, (value) => [Number(value)]),
    );
    expect(await one.fit(columns, { price: [1, 2, 3, 4] })).toEqual(await other.fit(list, [[1], [2], [3], [4]]));
    expect(one.predict(columns)).toEqual(other.predict(list));
    expect(one.evaluate(columns, [1, 2, 3, 4])).toEqual(other.evaluate(list, [1, 2, 3, 4]));
  });

  test('for the only input, and the only output', async () => {
    const only = input({ name: 'size', shape: [1] });
    const made = await graph({ engine, inputs: only, outputs: dense({ units: 1, name: 'price' }).apply(only) });
    made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    expect(made.evaluate({ size: [1, 2] }, { price: [3, 4] })).toEqual(made.evaluate([1, 2], [3, 4]));
    expectError(
      await thrownBy(() => made.predict({ size: [1, 2], colour: [1, 2] })),
      ValueError,
      'predict: x has an unknown name "colour". There are: size.',
    );
    expectError(
      await thrownBy(() => made.predict({ size: [1, NaN] })),
      ValueError,
      'predict: x expected finite numbers, got NaN in row 1, column 0.',
    );
    expectError(
      await thrownBy(() => made.predict({ colour: [1, 2] })),
      ValueError,
      'predict: x expected a Float32Array or an array of rows, got an object.',
    );
  });
});
