/**
 * The caller's data may change while it is read: Proxies and getters return what they like, and other threads write to
 * shared memory. Every entry that takes data must read each number once and check the value it read.
 *
 * So whatever a second read would return, the outcome is one of the library's errors or the result of the first read.
 * No other model's weights change, and no memory stays allocated.
 */
import { describe, expect, test } from 'vitest';
import {
  confusionMatrix,
  createEngine,
  dense,
  mlpClassifier,
  mlpRegressor,
  normalization,
  ShapeError,
  StateError,
  ValueError,
  WasmMlpError,
  type CompileOptions,
  type Model,
} from '../../src/index.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';

const engine = await createEngine({ threads: 1 });
/** Large models, so that a stray address is likely to lie in them: one made before, one after the models under test. */
const bystander = (seed: number): Model =>
  engine.sequential({ seed, layers: [dense({ units: 300, inputShape: [300] })] });

const build = (loss: CompileOptions['loss']): Model => {
  const model = engine.sequential({
    seed: 2,
    layers: [normalization({ inputShape: [2] }), dense({ units: 3, activation: 'softmax' })],
  });
  model.compile({ optimizer: 'sgd', loss });
  return model;
};

const before = bystander(1);
const sparse = build('sparseCategoricalCrossentropy');
const valued = build('categoricalCrossentropy');
const after = bystander(3);
const files = [before, after].map((model) => model.save());
const bystandersAre = (): boolean =>
  [before, after].every((model, index) => Buffer.compare(model.save(), files[index]) === 0);

const X = [
  [0.1, 0.2],
  [0.3, -0.4],
  [0.5, 0.6],
  [1, 2],
];
const LABELS = [0, 1, 2, 1];
const Y = LABELS.map((label) => [0, 1, 2].map((j) => Number(j === label)));
const WEIGHTS = [1, 2, 0.5, 1];
const TENSORS = valued.getWeights().map(({ name, shape, data }) => ({ name, shape: [...shape], data: [...data] }));

/** Number of reads of each element or length, by path. */
type Reads = Map<string, number>;

/**
 * Wraps lists, and lists in lists, to count the reads of their elements and lengths. From its `turn`-th read on, an
 * element or a length is what `instead` makes of it.
 */
function watched<T extends object>(data: T, reads: Reads, turn = Infinity, instead = turned(1), path = ''): T {
  return new Proxy(data, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof key === 'symbol' || typeof value === 'function') return value;
      const place = `${path}/${key}`;
      const count = (reads.get(place) ?? 0) + 1;
      reads.set(place, count);
      const given = count >= turn ? instead(value) : value;
      return typeof given === 'object' && given !== null ? watched(given, reads, turn, instead, place) : given;
    },
  });
}

/** Replaces a number by another number, and a list by a longer list. */
const turned =
  (number: number) =>
  (value: unknown): unknown =>
    typeof value === 'number'
      ? number
      : Array.isArray(value)
        ? [...(value as unknown[]), ...new Array(500).fill(7)]
        : value;

/** The data of one call, some of it watched. */
interface Given {
  x: number[][];
  y: number[][];
  labels: number[];
  sampleWeight: number[];
  classWeight: number[];
  tensors: typeof TENSORS;
}
const plain: Given = { x: X, y: Y, labels: LABELS, sampleWeight: WEIGHTS, classWeight: [1, 2, 3], tensors: TENSORS };

/** The calls that take data, with the fields that each reads. Different return values mean different outcomes. */
const entries: [title: string, fields: (keyof Given)[], call: (given: Given) => unknown][] = [
  ['fit', ['x', 'labels'], (g) => sparse.fit(g.x, g.labels, { batchSize: 2, shuffle: false })],
  [
    'fit on one-hot targets',
    ['x', 'y', 'sampleWeight', 'classWeight'],
    (g) => valued.fit(g.x, g.y, { ...weightsOf(g) }),
  ],
  [
    'validation data',
    ['x', 'labels', 'sampleWeight'],
    (g) => sparse.fit(X, LABELS, { validationData: [g.x, g.labels, g.sampleWeight] }),
  ],
  ['a source', ['x', 'labels', 'sampleWeight'], (g) => sparse.fit(() => [[g.x, g.labels, g.sampleWeight]])],
  ['trainOnBatch', ['x', 'labels'], (g) => sparse.trainOnBatch(g.x, g.labels, weightsOf(g))],
  ['evaluate', ['x', 'labels'], (g) => sparse.evaluate(g.x, g.labels, { sampleWeight: g.sampleWeight })],
  ['gradients', ['x', 'labels', 'classWeight'], (g) => sparse.gradients(g.x, g.labels, weightsOf(g))],
  ['diagnose', ['x', 'labels'], (g) => sparse.diagnose(g.x, g.labels).loss],
  ['predict', ['x'], (g) => valued.predict(g.x)],
  ['adapt', ['x'], (g) => (valued.adapt(g.x), valued.getWeights()[0])],
  ['adapt of a normalization layer', ['x'], (g) => normalization().adapt(g.x).config],
  ['setWeights', ['tensors'], (g) => (valued.setWeights(g.tensors), valued.getWeights())],
  ['confusionMatrix', ['labels', 'y'], (g) => confusionMatrix(g.labels, g.y, { classes: 3 })],
  ['mlpClassifier', ['x', 'labels'], (g) => classify(g)],
  ['mlpRegressor', ['x', 'sampleWeight'], (g) => regress(g)],
];
const weightsOf = ({ sampleWeight, classWeight }: Given) => ({ sampleWeight, classWeight });
async function classify({ x, labels }: Given): Promise<unknown> {
  const classifier = mlpClassifier({ engine, epochs: 1, hiddenLayers: [2] });
  try {
    await classifier.fit(x, labels);
    return [classifier.predict(x), classifier.score(x, labels)];
  } finally {
    classifier.dispose();
  }
}
async function regress({ x, sampleWeight }: Given): Promise<unknown> {
  const regressor = mlpRegressor({ engine, epochs: 1, hiddenLayers: [2] });
  try {
    await regressor.fit(x, sampleWeight);
    return [regressor.predict(x), regressor.score(x, sampleWeight)];
  } finally {
    regressor.dispose();
  }
}

/** Makes the call from the same weights and counters each time. */
async function outcome(call: (given: Given) => unknown, given: Given): Promise<unknown> {
  for (const [model, loss] of [
    [sparse, 'sparseCategoricalCrossentropy'],
    [valued, 'categoricalCrossentropy'],
  ] as const) {
    model.compile({ optimizer: 'sgd', loss });
    model.setWeights(TENSORS);
  }
  const { used } = engine.memory();
  let result: unknown;
  try {
    result = await call(given);
  } catch (error) {
    expect(error).toBeInstanceOf(WasmMlpError);
    result = error;
  }
  expect(bystandersAre()).toBe(true);
  // Activations for batches of a new size may stay allocated, data may not.
  expect(engine.memory().used - used).toBeLessThan(20_000);
  return result;
}

const cases = entries.flatMap(([title, fields, call]) =>
  fields.map((field): [string, keyof Given, typeof call] => [`${title}: ${field}`, field, call]),
);

describe('each number is read once, and the value read is used', () => {
  test.each(cases)('%s', async (_title, field, call) => {
    const reads: Reads = new Map();
    const expected = await outcome(call, plain);
    expect(expected).not.toBeInstanceOf(Error);
    const result = await outcome(call, { ...plain, [field]: watched(plain[field], reads) });
    expect(result).toEqual(expected);
    // The call on a facade makes three calls that read.
    const calls = call === entries.at(-1)![2] || call === entries.at(-2)![2] ? 3 : 1;
    const numbers = [...reads].filter(([path]) => /\/\d+$/.test(path) && typeof at(plain[field], path) === 'number');
    expect(numbers.length).toBeGreaterThan(0);
    // The first element may be read twice, to tell a row from a number.
    for (const [path, count] of numbers)
      expect([path, count <= calls + Number(/^\/0$/.test(path)) * calls]).toEqual([path, true]);
  });
});

/** The value at a path of data. */
const at = (data: unknown, path: string): unknown =>
  path
    .slice(1)
    .split('/')
    .reduce((value, key) => (value as Record<string, unknown>)[key], data);

describe('data that changes from its n-th read on is refused, or used as first read', () => {
  test.each(cases)('%s', async (_title, field, call) => {
    for (const number of [70_000, -3, 2.5, NaN, 2 ** 40]) {
      for (let turn = 1; turn <= 6; turn++) {
        await outcome(call, { ...plain, [field]: watched(plain[field], new Map(), turn, turned(number)) });
      }
    }
  });

  test('fit in a worker refuses changing data, or uses it as first read', async () => {
    for (const field of ['x', 'labels'] as const) {
      for (const turn of [1, 2, 3]) {
        const given = { ...plain, [field]: watched(plain[field], new Map(), turn, turned(70_000)) };
        await outcome((g) => sparse.fit(g.x, g.labels, { runIn: 'worker' }), given);
      }
    }
  });
});

describe('labels in shared memory that another thread writes are refused, or used as copied', () => {
  const calls: [string, (x: number[][], labels: Int32Array) => unknown][] = [
    ['fit', (x, labels) => sparse.fit(x, labels)],
    ['trainOnBatch', (x, labels) => sparse.trainOnBatch(x, labels)],
    ['evaluate', (x, labels) => sparse.evaluate(x, labels)],
    ['gradients', (x, labels) => sparse.gradients(x, labels)],
    ['diagnose', (x, labels) => sparse.diagnose(x, labels)],
    ['a source', (x, labels) => sparse.fit(() => [[x, labels]])],
    ['fit in a worker', (x, labels) => sparse.fit(x, labels, { runIn: 'worker' })],
  ];
  test.each(calls)('%s', async (_title, call) => {
    // Simulates another thread that writes at some point: here whenever a number of x is read.
    for (const point of [1, 2, 8, 9, 10, 16, 17]) {
      const labels = new Int32Array(new SharedArrayBuffer(16));
      labels.set(LABELS);
      let count = 0;
      const x = X.map((row) =>
        Object.defineProperty([...row], 1, {
          get() {
            count += 1;
            if (count >= point) labels.fill(70_000);
            return row[1];
          },
        }),
      );
      const result = await outcome(() => call(x, labels), plain);
      if (labels[0] !== 0 && result instanceof Error) expect(result.message).toContain('y expected a class index');
    }
  });
});

describe('typed arrays that report a wrong length', () => {
  const posing = (array: Float32Array, length: number): Float32Array =>
    Object.defineProperty(array, 'length', { value: length });
  test('count by their true length', async () => {
    const long = Float32Array.from({ length: 4000 }, (_, i) => i % 7);
    const rows = posing(long.slice(), 2);
    expect(valued.predict(rows)).toHaveLength(6000);
    const thrown = await thrownBy(() => valued.predict([posing(long.slice(), 2)]));
    expect(thrown.message).toBe('predict: x expected 2 values per row, got 4000 in row 0.');
    const tensors = TENSORS.map((tensor) => ({ ...tensor, data: posing(long.slice(), tensor.data.length) }));
    expect(await thrownBy(() => valued.setWeights(tensors))).toBeInstanceOf(WasmMlpError);
    expect(await thrownBy(() => valued.trainOnBatch(posing(long.slice(), 8), Y))).toBeInstanceOf(WasmMlpError);
    expect(bystandersAre()).toBe(true);
  });

  test('make predictInto write no more than the rows that it took', async () => {
    const out = new Float32Array(6);
    expect(valued.predictInto(posing(new Float32Array(1e6).fill(9), 4), out)).toBe(out);
    // A short row is read value by value, up to the expected width; a long one is copied as a whole, or refused.
    const short = out.subarray(0, 3);
    expect(valued.predictInto(posing(new Float32Array(1e6).fill(9), 2), short)).toBe(short);
    const wide = engine.sequential({ layers: [dense({ units: 3, inputShape: [17] })] });
    const row = posing(new Float32Array(1e6).fill(9), 17);
    const message = 'predictInto: x expected 17 values as its length says, got more.';
    expectError(await thrownBy(() => wide.predictInto(row, short)), ShapeError, message);
    wide.dispose();
    expect(bystandersAre()).toBe(true);
  });

  test('that are transferred while they are sent to a worker are refused', async () => {
    const rows = 400_000;
    const x = new Float32Array(2 * rows);
    const fitting = thrownBy(() => sparse.fit(x, new Uint8Array(rows), { runIn: 'worker' }));
    structuredClone(x.buffer, { transfer: [x.buffer] });
    const message = `fit: x expected ${2 * rows} values as at the start of the call, got 0. Keep its buffer until the call is over.`;
    expectError(await fitting, ShapeError, message);
  });
});

test('rows in shared memory that turn to NaN are refused, since the copy is checked', async () => {
  const shared = new Float32Array(new SharedArrayBuffer(4 * 2 * 600));
  // Blocks of 256 rows are predicted one after the other; the activation runs in between.
  let rows = 0;
  const spoils = {
    name: 'spoils',
    forward(z: Float32Array) {
      rows += 1;
      if (rows === 300) shared.fill(NaN);
      return z;
    },
    derivative: (z: Float32Array) => z,
  };
  const model = engine.sequential({ layers: [dense({ units: 1, activation: spoils, inputShape: [2] })] });
  const message = 'predict: x expected finite numbers, got NaN in row 512, column 0.';
  expectError(await thrownBy(() => model.predict(shared)), ValueError, message);
  model.dispose();
});

describe('getters in the data may dispose, compile or train the model', () => {
  const meddling = (act: () => unknown): number[][] =>
    [[1, 2]].map((row) =>
      Object.defineProperty(row, 0, {
        get() {
          act();
          return 1;
        },
      }),
    );
  const calls: [string, (model: Model, x: number[][]) => unknown][] = [
    ['fit', (model, x) => model.fit(x, [0])],
    ['a source', (model, x) => model.fit(() => [[x, [0]]])],
    ['trainOnBatch', (model, x) => model.trainOnBatch(x, [0])],
    ['evaluate', (model, x) => model.evaluate(x, [0])],
    ['gradients', (model, x) => model.gradients(x, [0])],
    ['diagnose', (model, x) => model.diagnose(x, [0])],
    ['predict', (model, x) => model.predict(x)],
    ['adapt', (model, x) => model.adapt(x)],
    ['setWeights', (model, x) => model.setWeights([{ shape: [2], data: x[0] }, ...TENSORS.slice(1)])],
  ];
  test.each(calls)('%s', async (_title, call) => {
    const { used } = engine.memory();
    const disposed = build('sparseCategoricalCrossentropy');
    expect(
      await thrownBy(() =>
        call(
          disposed,
          meddling(() => disposed.dispose()),
        ),
      ),
    ).toBeInstanceOf(StateError);
    expect(engine.memory().used).toBe(used);

    const other = await createEngine({ threads: 1 });
    const gone = other.sequential({ layers: [normalization({ inputShape: [2] }), dense({ units: 3 })] });
    gone.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const y = (model: Model, x: number[][]): unknown => call(model, x);
    expect(
      await thrownBy(() =>
        y(
          gone,
          meddling(() => other.dispose()),
        ),
      ),
    ).toBeInstanceOf(WasmMlpError);

    const compiled = build('sparseCategoricalCrossentropy');
    const recompile = (): void => compiled.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    try {
      await call(compiled, meddling(recompile));
    } catch (error) {
      expect(error).toBeInstanceOf(StateError);
    }
    compiled.dispose();
    expect(bystandersAre()).toBe(true);
  });

  test('two trainings at once are refused', async () => {
    const model = build('sparseCategoricalCrossentropy');
    let second: Promise<unknown> | undefined;
    const x = meddling(() => (second ??= thrownBy(() => model.fit([[1, 2]], [0], { epochs: 50 }))));
    await model.fit(x, [0], { epochs: 50 });
    expect(await second).toBeInstanceOf(StateError);
    expect(model.stepCount).toBe(50);
    model.dispose();
  });
});

describe('results of custom functions', () => {
  const turning = (list: number[], turn: number, instead: number): number[] =>
    watched(list, new Map(), turn, turned(instead));
  test.each([1, 2, 3, 4])('may change from read %i on without harm to other models', (turn) => {
    const own = {
      name: 'own',
      forward: (z: Float32Array) => any(turning([...z], turn, 4)),
      derivative: (z: Float32Array) => any(turning([...z].fill(1), turn, 4)),
    };
    const loss = {
      name: 'loss',
      value: () => 1,
      gradient: (y: Float32Array) => any(turning([...y].fill(0.5), turn, 4)),
    };
    const model = engine.sequential({ layers: [dense({ units: 3, activation: own, inputShape: [2] })] });
    model.compile({ optimizer: 'sgd', loss });
    for (const call of [() => model.predict(X), () => model.trainOnBatch(X, Y)]) {
      try {
        call();
      } catch (error) {
        expect(error).toBeInstanceOf(WasmMlpError);
      }
    }
    expect(bystandersAre()).toBe(true);
    model.dispose();
  });
});
