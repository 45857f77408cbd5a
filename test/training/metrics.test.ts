/**
 * Metrics of compile, evaluate and fit: scikit-learn's values, cases computed by hand, batches of any size, custom
 * metrics and refused options. All metrics under all losses are in metrics-by-loss.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  confusionMatrix,
  dense,
  FormatError,
  loadModel,
  sequential,
  sgd,
  ShapeError,
  topKAccuracy,
  ValueError,
  type CompileOptions,
  type Labels,
  type Logs,
  type Model,
  type Rows,
} from '../../src/index.js';
import { any, expectError, thrownBy, X, Y } from '../support/reference/refusals.js';

type Metrics = CompileOptions['metrics'];
type LossOption = CompileOptions['loss'];

/** A model whose outputs are its inputs. */
async function mirror(width: number, loss: LossOption, metrics: Metrics): Promise<Model> {
  const model = await sequential({ layers: [dense({ units: width, inputShape: [width], useBias: false })] });
  const identity = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  model.setWeights([{ shape: [width, width], data: identity }]);
  // Tests choose outputs freely, probabilities or not.
  model.compile({ optimizer: 'sgd', loss, metrics, checks: 'off' });
  return model;
}

/**
 * Returns the metrics of outputs y against targets, without the loss, after a check that batches of any size give the
 * same bits.
 */
async function measure(loss: LossOption, metrics: Metrics, y: Rows, t: Rows | Labels): Promise<Logs> {
  const model = await mirror((y[0] as number[]).length, loss, metrics);
  const logs = model.evaluate(y, t);
  for (const batchSize of [1, 7, 64, 1000]) expect(model.evaluate(y, t, { batchSize })).toEqual(logs);
  model.dispose();
  expect(typeof logs.loss).toBe('number');
  return Object.fromEntries(Object.entries(logs).filter(([name]) => name !== 'loss'));
}

function expectClose(logs: Logs, expected: Logs): void {
  expect(Object.keys(logs)).toEqual(Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    expect(Math.abs(logs[name] - value), `${name} ${logs[name]}`).toBeLessThan(1e-14 * Math.max(1, Math.abs(value)));
  }
}

/**
 * Data and values of scikit-learn 1.2.1.
 *
 * R, h = range(200), lambda i, j: (i * 193 + j * 71 + i * j * 37) % 1024 c = [(i * i * 3 + i) % 11 % 5 for i in R] y =
 * [[0 if j in (4, 5) else (h(i, j) // 2 + 400 * (j == c[i])) / 1024 for j in range(7)] for i in R] precision_score(c,
 * argmax(y), average='macro', zero_division=0), …, top_k_accuracy_score(c, y, k=3, labels=range(7)),
 * mean(roc_auc_score(c == j, y[:, j]) for j in (0, 2, 3, 4)) t = [[j < 3 and h(i, j + 3) % 5 < 2 for j in range(4)] for
 * i in R] y = [[0 if j == 3 else (h(i, j) * 5 // 8 + 150 * t[i][j]) / 1024 for j in range(4)] for i in R]
 * precision_score(t, y > 0.5, average='macro', zero_division=0), …, mean(roc_auc_score(t[:, j], y[:, j]) for j in
 * range(3)) precision_score(t[:, 0], y[:, 0] > 0.5), … y = [[2.5 if j == 4 else h(i, j) / 64 - 8 for j in range(5)] for
 * i in R] t = [[2.5 if j > 2 else y[i][j] + h(i, j + 3) % 97 / 16 for j in range(5)] for i in R] mean_squared_error(t,
 * y), …, r2_score(t, y)
 */
const hash = (i: number, j: number): number => (i * 193 + j * 71 + i * j * 37) % 1024;
const ROWS = 200;
const table = <T>(width: number, of: (i: number, j: number) => T): T[][] =>
  Array.from({ length: ROWS }, (_, i) => Array.from({ length: width }, (__, j) => of(i, j)));

/** Of seven classes 1 and 6 occur only as answers, 4 only as a target, 5 as neither. */
const classes = Array.from({ length: ROWS }, (_, i) => ((i * i * 3 + i) % 11) % 5);
const scores = table(7, (i, j) =>
  j === 4 || j === 5 ? 0 : ((hash(i, j) >> 1) + 400 * Number(j === classes[i])) / 1024,
);
const oneHot = table(7, (i, j) => Number(j === classes[i]));
const CATEGORICAL = {
  accuracy: 0.75,
  categoricalAccuracy: 0.75,
  topKAccuracy: 0.815,
  precision: 0.4232037496553625,
  recall: 0.45850168350168347,
  f1: 0.44003023431594857,
  auc: 0.8575683512861345,
};

/** Of four independent outputs the last occurs neither as target nor as answer. */
const wanted = table(4, (i, j) => Number(j < 3 && hash(i, j + 3) % 5 < 2));
const given = table(4, (i, j) => (j === 3 ? 0 : (((hash(i, j) * 5) >> 3) + 150 * wanted[i][j]) / 1024));

/** The fourth of five outputs misses a constant target, the fifth equals it. */
const values = table(5, (i, j) => (j === 4 ? 2.5 : hash(i, j) / 64 - 8));
const goals = table(5, (i, j) => (j > 2 ? 2.5 : values[i][j] + (hash(i, j + 3) % 97) / 16));

describe('metrics equal the values of scikit-learn', () => {
  const categorical = [
    'accuracy',
    'categoricalAccuracy',
    topKAccuracy({ k: 3 }),
    'precision',
    'recall',
    'f1',
    'auc',
  ] as const;

  test.each(['categoricalCrossentropy', 'meanSquaredError'] as const)('for categories under %s', async (loss) => {
    expectClose(await measure(loss, categorical, scores, oneHot), CATEGORICAL);
  });

  test('for categories as class indices', async () => {
    expectClose(await measure('sparseCategoricalCrossentropy', categorical, scores, classes), CATEGORICAL);
  });

  const binary = ['accuracy', 'binaryAccuracy', 'precision', 'recall', 'f1', 'auc'] as const;

  test('for independent outputs', async () => {
    expectClose(await measure('binaryCrossentropy', binary, given, wanted), {
      accuracy: 0.74,
      binaryAccuracy: 0.74,
      precision: 0.44543942143760656,
      recall: 0.3155790943897484,
      f1: 0.3694029850746269,
      auc: 0.7041763558582953,
    });
  });

  test.each([
    ['binaryCrossentropy', 0],
    ['meanSquaredError', 0],
    ['hinge', 0.5],
  ] as const)('for one output under %s, whose threshold is shifted by %d', async (loss, zero) => {
    const first = (rows: number[][], less: number): number[][] => rows.map(([value]) => [value - less]);
    expectClose(await measure(loss, binary, first(given, zero), first(wanted, 0)), {
      accuracy: 0.65,
      binaryAccuracy: 0.65,
      precision: 0.5964912280701754,
      recall: 0.41975308641975306,
      f1: 0.49275362318840576,
      auc: 0.7158418923124805,
    });
  });

  test('for a regression', async () => {
    const metrics = ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2'] as const;
    expectClose(await measure('meanSquaredError', metrics, values, goals), {
      meanSquaredError: 12.941322265624999,
      meanAbsoluteError: 2.7200312500000003,
      rootMeanSquaredError: 3.5974049348975154,
      r2: 0.501110492436806,
    });
  });

  /** confusion_matrix(c, argmax(y), labels=range(7)) */
  test('for the confusion matrix', () => {
    const expected = [
      [52, 0, 0, 2, 0, 0, 1],
      [0, 0, 0, 0, 0, 0, 0],
      [1, 0, 32, 1, 0, 0, 2],
      [1, 2, 3, 66, 0, 0, 0],
      [8, 9, 4, 6, 0, 0, 10],
      [0, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 0, 0, 0, 0],
    ];
    const flat = Float32Array.from(scores.flat());
    const answers = scores.map((row) => row.indexOf(Math.max(...row)));
    for (const targets of [classes, Uint8Array.from(classes), oneHot, Float32Array.from(oneHot.flat())]) {
      for (const outputs of [flat, scores, scores.map((row) => Float32Array.from(row)), answers]) {
        expect(confusionMatrix(targets, outputs, { classes: 7 })).toEqual(expected);
      }
    }
  });
});

describe('metrics computed by hand', () => {
  test('without answers and targets are 0, and a half for auc', async () => {
    const metrics = ['precision', 'recall', 'f1', 'auc'] as const;
    const none = await measure('binaryCrossentropy', metrics, [[0.2], [0.5]], [[0], [0]]);
    expect(none).toEqual({ precision: 0, recall: 0, f1: 0, auc: 0.5 });
    const all = await measure('binaryCrossentropy', metrics, [[0.9], [0.2]], [[1], [1]]);
    expect(all).toEqual({ precision: 1, recall: 0.5, f1: 2 / 3, auc: 0.5 });
  });

  test('an infinite output has an infinite logarithmic error', async () => {
    const model = await mirror(1, 'meanSquaredError', ['meanSquaredLogarithmicError']);
    // 3e38·2 is above the largest float32.
    model.setWeights([{ shape: [1, 1], data: Float32Array.of(2) }]);
    expect(model.evaluate([[3e38]], [[1]]).meanSquaredLogarithmicError).toBe(Infinity);
    model.dispose();
  });

  test('auc counts ties as half', async () => {
    const areaOf = async (y: number[], t: number[]): Promise<number> =>
      (
        await measure(
          'meanSquaredError',
          ['auc'],
          y.map((value) => [value]),
          t.map((value) => [value]),
        )
      ).auc;
    expect(await areaOf([0.1, 0.4, 0.35, 0.8], [0, 0, 1, 1])).toBe(0.75);
    expect(await areaOf([0.3, 0.3], [0, 1])).toBe(0.5);
    expect(await areaOf([0.3, 0.3, 0.9], [0, 1, 1])).toBe(0.75);
    expect(await areaOf([0.9, 0.1], [0, 1])).toBe(0);
  });

  test('topKAccuracy ignores classes equal to the target; the default k is 5', async () => {
    const y = [
      [6, 5, 4, 3, 2, 1, 0],
      [6, 5, 4, 3, 2, 1, 0],
      [6, 5, 4, 3, 2, 2, 2],
    ];
    const metrics = ['topKAccuracy'] as const;
    expect(await measure('sparseCategoricalCrossentropy', metrics, y, [4, 5, 6])).toEqual({ topKAccuracy: 2 / 3 });
    const all = [topKAccuracy({ k: 7 })];
    expect(await measure('sparseCategoricalCrossentropy', all, y, [6, 6, 0])).toEqual({ topKAccuracy: 1 });
  });

  test('r2 is 1 for exact outputs, 0 for the mean of the targets, below 0 for worse; 1 or 0 for constant targets', async () => {
    const r2 = async (y: number[], t: number[]): Promise<number> =>
      (
        await measure(
          'meanSquaredError',
          ['r2'],
          y.map((value) => [value]),
          t.map((value) => [value]),
        )
      ).r2;
    expect(await r2([1, 2, 3], [1, 2, 3])).toBe(1);
    expect(await r2([2, 2, 2], [1, 2, 3])).toBe(0);
    expect(await r2([3, 2, 1], [1, 2, 3])).toBe(-3);
    expect(await r2([0.1, 0.1], [0.1, 0.1])).toBe(1);
    expect(await r2([0.1, 0.2], [0.1, 0.1])).toBe(0);
    // Σt² − (Σt)²/n would lose every digit here.
    expect(await r2([1e6, 1e6 + 1], [1e6 - 1, 1e6 + 1])).toBe(0.5);
  });
});

describe('custom metrics', () => {
  const worst = {
    name: 'worst',
    value: (y: Float32Array, t: Float32Array) => Math.max(...y.map((value, j) => Math.abs(value - t[j]))),
  };

  test("are averaged over rows, next to the library's", async () => {
    const logs = await measure('meanSquaredError', ['meanAbsoluteError', worst], values, goals);
    const expected = values.map((row, i) => Math.max(...row.map((value, j) => Math.abs(value - goals[i][j]))));
    expect(Object.keys(logs)).toEqual(['meanAbsoluteError', 'worst']);
    expect(logs.meanAbsoluteError).toBeCloseTo(2.7200312500000003, 12);
    expect(logs.worst).toBe(expected.reduce((sum, value) => sum + value, 0) / ROWS);
  });

  test('get copies of the rows, in order, and class indices as one-hot rows', async () => {
    const seen: [y: Float32Array, t: Float32Array][] = [];
    const spy = {
      name: 'spy',
      value(y: Float32Array, t: Float32Array) {
        seen.push([y.slice(), t.slice()]);
        y.fill(99);
        t.fill(99);
        return seen.length;
      },
    };
    const y = [
      [0.5, 0.25, 0],
      [0.125, 1, 0.75],
    ];
    const model = await mirror(3, 'sparseCategoricalCrossentropy', ['accuracy', spy, 'auc']);
    expect(model.evaluate(y, [0, 1])).toMatchObject({ accuracy: 1, spy: 1.5, auc: 1 });
    expect(seen).toEqual([
      [Float32Array.of(0.5, 0.25, 0), Float32Array.of(1, 0, 0)],
      [Float32Array.of(0.125, 1, 0.75), Float32Array.of(0, 1, 0)],
    ]);
  });

  test.each([undefined, '1', null, 1n, Promise.resolve(1)])(
    'are refused by name where they return %o',
    async (value) => {
      const model = await mirror(1, 'meanSquaredError', [{ name: 'odd', value: () => any(value) }]);
      const error = await thrownBy(() => model.evaluate([[1]], [[1]]));
      expect(error).toBeInstanceOf(ValueError);
      expect(error.message).toMatch(/^metric "odd": value expected to return a number, got .+\.$/);
    },
  );

  test('may return NaN, and may throw', async () => {
    const model = await mirror(1, 'meanSquaredError', [{ name: 'nothing', value: () => NaN }]);
    expect(model.evaluate([[1]], [[1]])).toEqual({ loss: 0, nothing: NaN });
    const failure = new RangeError('no');
    model.compile({
      optimizer: 'sgd',
      loss: 'meanSquaredError',
      metrics: [
        {
          name: 'failing',
          value(): number {
            throw failure;
          },
        },
      ],
    });
    expect(await thrownBy(() => model.evaluate([[1]], [[1]]))).toBe(failure);
  });
});

describe('metrics in training', () => {
  test('are reported by fit for each epoch, and for validation by their own names', async () => {
    const metrics = ['precision', 'auc', 'r2', { name: 'rows', value: () => 1 }] as const;
    const model = await mirror(4, 'binaryCrossentropy', metrics);
    const frozen = model.getWeights();
    const expected = model.evaluate(given, wanted);
    const sizes: number[] = [];
    const { history } = await model.fit(given, wanted, {
      epochs: 3,
      batchSize: 64,
      shuffle: false,
      validationData: [given, wanted],
      callbacks: [
        {
          onBatchEnd(_, logs) {
            model.setWeights(frozen);
            expect(logs.rows).toBe(1);
            sizes.push(logs.size);
          },
        },
      ],
    });
    expect(sizes).toEqual([64, 64, 64, 8, 64, 64, 64, 8, 64, 64, 64, 8]);
    for (const [name, value] of Object.entries(expected)) {
      expect(history[name]).toEqual([value, value, value]);
      expect(history[`val${name[0].toUpperCase()}${name.slice(1)}`]).toEqual([value, value, value]);
    }
    expect(model.trainOnBatch(given, wanted)).toEqual(expected);
  });

  test('continue in a loaded model', async () => {
    const model = await mirror(7, 'categoricalCrossentropy', ['f1', topKAccuracy({ k: 3 }), 'auc']);
    const again = await loadModel(model.save());
    expect(again.evaluate(scores, oneHot)).toEqual(model.evaluate(scores, oneHot));
  });

  test('are asked for by name in a loaded model where they are custom', async () => {
    const own = { name: 'gap', value: (y: Float32Array, t: Float32Array) => y[0] - t[0], state: {} as object };
    own.state = own;
    const model = await mirror(7, 'categoricalCrossentropy', ['f1', own]);
    const file = model.save();
    const again = await loadModel(file, { custom: [own] });
    expect(again.evaluate(scores, oneHot)).toEqual(model.evaluate(scores, oneHot));
    expectError(
      await thrownBy(() => loadModel(file)),
      FormatError,
      `loadModel: the file's model is refused. compile: metrics expected the object "gap" with its functions, ` +
        `got its name alone. Pass it in custom, an option of loadModel and attachModel.`,
    );
  });
});

describe('metrics refuse', () => {
  const own = { name: 'own', value: () => 1 };
  const taken = (key: string, metrics: unknown): [string, unknown, string] => [
    `a key that is taken, ${key}`,
    metrics,
    `compile: metrics expected a different key in the logs for each, got "${key}", which is taken.` +
      (key === 'topKAccuracy' ? " Give one a name: topKAccuracy({ name: '…' })." : ''),
  ];
  test.each<[title: string, metrics: unknown, message: string]>([
    ['an unknown name', ['presicion'], 'compile: metrics is unknown: "presicion". Did you mean "precision"?'],
    ['metrics that are no list', 'auc', 'compile: metrics expected a list, got "auc". Write [\'auc\'].'],
    ['a hole', new Array(1), 'compile: metrics expected a name or the result of its factory, got undefined.'],
    ['a k of 0', [{ kind: 'topKAccuracy', config: { k: 0 } }], 'topKAccuracy: k expected an integer >= 1, got 0.'],
    [
      'a metric without a name',
      [{ value: () => 1 }],
      'compile: metrics expected an object with a name, got undefined as its name.',
    ],
    [
      'a metric without a function',
      [{ name: 'own' }],
      'compile: metrics expected "own" to have a function value, got undefined.',
    ],
    taken('own', [own, { ...own }]),
    taken('topKAccuracy', [topKAccuracy({ k: 1 }), topKAccuracy({ k: 2 })]),
    taken('r2', ['r2', { ...own, name: 'r2' }]),
    ...['loss', 'size', 'epoch', 'valLoss'].map((name) => taken(name, [{ ...own, name }])),
  ])('%s', async (_, metrics, message) => {
    const error = await thrownBy(() => mirror(2, 'meanSquaredError', any(metrics)));
    expectError(error, ValueError, message);
  });

  test('topKAccuracy refuses an unknown option', () => {
    expect(() => topKAccuracy(any({ n: 3 }))).toThrow('topKAccuracy: unknown option "n". Did you mean "k"?');
  });

  test('the same metric twice counts once', async () => {
    const logs = await measure('meanSquaredError', ['r2', own, any({ kind: 'r2', config: {} }), own], [[1]], [[1]]);
    expect(logs).toEqual({ r2: 1, own: 1 });
  });

  test.each([
    ['missing options', [[0], [0], undefined], ValueError, 'classes expected an integer >= 2, got undefined.'],
    ['a single class', [[0], [0], { classes: 1 }], ValueError, 'classes expected an integer >= 2, got 1.'],
    ['an unknown option', [[0], [0], { clases: 2 }], ValueError, 'unknown option "clases". Did you mean "classes"?'],
    [
      'a class that is too high',
      [[0, 2], [0, 1], { classes: 2 }],
      ValueError,
      'targets expected a class index from 0 to 1, got 2 in row 1.',
    ],
    [
      'a class that is a fraction',
      [[0], [0.5], { classes: 2 }],
      ValueError,
      'outputs expected a class index from 0 to 1, got 0.5 in row 0.',
    ],
    [
      'different numbers of rows',
      [[0, 1], new Float32Array(6), { classes: 2 }],
      ShapeError,
      'outputs expected 2 rows as in targets, got 3.',
    ],
    [
      'a length that is no whole number of rows',
      [[0, 1], new Float32Array(5), { classes: 3 }],
      ShapeError,
      'outputs expected a multiple of 3 values, got 5.',
    ],
    [
      'a row that is too short',
      [
        [
          [1, 0],
          [1, 0, 0],
        ],
        [0, 1],
        { classes: 2 },
      ],
      ShapeError,
      'targets expected 2 values per row, got 3 in row 1.',
    ],
    [
      'NaN',
      [[0, 1], Float32Array.of(0, 1, NaN, 0), { classes: 2 }],
      ValueError,
      'outputs expected numbers, got NaN in row 1, column 0.',
    ],
    ['text', ['01', [0, 1], { classes: 2 }], ValueError, 'targets expected class indices, got "01".'],
  ] as const)('confusionMatrix refuses %s', async (_, args, error, message) => {
    const thrown = await thrownBy(() => (confusionMatrix as (...all: unknown[]) => unknown)(...args));
    expectError(thrown, error, `confusionMatrix: ${message}`);
  });
});

describe('the examples of the documentation give their values', () => {
  test('topKAccuracy', async () => {
    const layers = [dense({ units: 3, activation: 'softmax', inputShape: [3], useBias: false })];
    const model = await sequential({ layers });
    model.setWeights([{ shape: [3, 3], data: Float32Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1) }]);
    model.compile({
      optimizer: 'sgd',
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy', topKAccuracy({ k: 2 })],
    });
    const rows = [
      [0.2, 0.3, 0.5],
      [0.2, 0.3, 0.5],
    ];
    expect(model.evaluate(rows, [1, 2])).toMatchObject({ accuracy: 0.5, topKAccuracy: 1 });
  });

  test('custom metric', async () => {
    const model = await sequential({ layers: [dense({ units: 2, inputShape: [2], kernelInitializer: 'zeros' })] });
    model.compile({
      optimizer: 'sgd',
      loss: 'meanSquaredError',
      metrics: [{ name: 'error', value: (y, t) => Math.abs(y[0] - t[0]) }],
    });
    const [x, y] = [
      [
        [1, 2],
        [3, 4],
      ],
      [
        [3, 0],
        [-4, 0],
      ],
    ];
    expect(model.evaluate(x, y).error).toBe(3.5);
  });

  test('confusionMatrix', () => {
    expect(confusionMatrix([0, 1, 1, 2], [0, 2, 1, 2], { classes: 3 })).toEqual([
      [1, 0, 0],
      [0, 1, 1],
      [0, 0, 1],
    ]);
  });
});

describe('a row without a number', () => {
  test('makes only its own metric NaN', async () => {
    const model = await sequential({ layers: [dense({ units: 3, activation: 'softmax', inputShape: [2] })] });
    const weights = model.getWeights();
    const metrics = ['accuracy', 'topKAccuracy', 'precision', 'recall', 'f1'] as const;
    model.compile({ optimizer: sgd({ learningRate: 1e38 }), loss: 'categoricalCrossentropy', metrics });
    for (let i = 0; i < 4; i++)
      model.trainOnBatch(
        [
          [1e30, 1],
          [1, 1e30],
          [1, 1],
        ],
        Y,
      );
    expect(model.getWeights()).not.toEqual(weights);
    const logs = model.evaluate(X, Y);
    expect(logs.loss).toBeNaN();
    expect({ ...logs, loss: 0, topKAccuracy: 0 }).toEqual({
      loss: 0,
      topKAccuracy: 0,
      accuracy: 0,
      precision: 0,
      recall: 0,
      f1: 0,
    });
  });
});
