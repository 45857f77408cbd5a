/**
 * Every metric under every loss, against plain loops in float64 over the predictions: where yes and no are separated,
 * which targets metrics use, and that batches of any size give the same bits. The values of scikit-learn are in
 * metrics.test.ts.
 */
import { describe, expect, test } from 'vitest';
import {
  activation as activationLayer,
  binaryCrossentropy,
  categoricalCrossentropy,
  dense,
  huber,
  sequential,
  sgd,
  sparseCategoricalCrossentropy,
  topKAccuracy,
  type ActivationName,
  type CompileOptions,
  type Logs,
  type LossName,
  type Model,
} from '../../src/index.js';
import { source } from '../support/reference/random.js';

const ROWS = 157;
type Matrix = number[][];

/** The data of a metric: outputs and targets, both in float32. */
interface Results {
  readonly y: Matrix;
  readonly t: Matrix;
  /** Whether each row has one right output. */
  readonly categories: boolean;
  /** An output or a target above this counts as yes. */
  readonly cut: number;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const top = (row: readonly number[]): number => row.indexOf(Math.max(...row));
const columns = ({ y, t }: Results): { y: number[]; t: number[] }[] =>
  y[0].map((_, j) => ({ y: y.map((row) => row[j]), t: t.map((row) => row[j]) }));
const residuals = ({ y, t }: Results): number[] => y.flatMap((row, i) => row.map((value, j) => t[i][j] - value));

const categoricalAccuracy = ({ y, t }: Results): number => mean(y.map((row, i) => Number(top(row) === top(t[i]))));
const binaryAccuracy = ({ y, t, cut }: Results): number =>
  mean(y.flatMap((row, i) => row.map((value, j) => Number(value > cut === t[i][j] > cut))));

/** Mean over classes of a rate computed from the hits, answers and targets of each. */
function averaged(results: Results, rate: (hits: number, answers: number, wanted: number) => number): number {
  const { y, t, categories, cut } = results;
  const rates = y[0].map((_, j) => {
    const answer = y.map((row) => (categories ? top(row) === j : row[j] > cut));
    const wanted = t.map((row) => (categories ? top(row) === j : row[j] > cut));
    const count = (holds: (i: number) => boolean): number => y.filter((__, i) => holds(i)).length;
    const answers = count((i) => answer[i]);
    const targets = count((i) => wanted[i]);
    if (categories && answers + targets === 0) return undefined;
    return rate(
      count((i) => answer[i] && wanted[i]),
      answers,
      targets,
    );
  });
  return mean(rates.filter((one) => one !== undefined));
}
const ratio = (part: number, whole: number): number => (whole === 0 ? 0 : part / whole);

/** Share of pairs in order, counted pair by pair. */
function auc(results: Results): number {
  const areas = columns(results).flatMap(({ y, t }) => {
    const [low, high] = [false, true].map((yes) => y.filter((_, i) => t[i] > results.cut === yes));
    if (low.length === 0 || high.length === 0) return [];
    return [mean(high.flatMap((a) => low.map((b) => (a > b ? 1 : a === b ? 0.5 : 0))))];
  });
  return areas.length === 0 ? 0.5 : mean(areas);
}

const REFERENCE = {
  accuracy: (results: Results) => (results.categories ? categoricalAccuracy(results) : binaryAccuracy(results)),
  categoricalAccuracy,
  binaryAccuracy,
  topKAccuracy: ({ y, t }: Results) =>
    mean(y.map((row, i) => Number(row.filter((value) => value > row[top(t[i])]).length < 2))),
  precision: (results: Results) => averaged(results, (hits, answers) => ratio(hits, answers)),
  recall: (results: Results) => averaged(results, (hits, _, wanted) => ratio(hits, wanted)),
  f1: (results: Results) => averaged(results, (hits, answers, wanted) => ratio(2 * hits, answers + wanted)),
  auc,
  meanSquaredError: (results: Results) => mean(residuals(results).map((d) => d * d)),
  meanAbsoluteError: (results: Results) => mean(residuals(results).map(Math.abs)),
  rootMeanSquaredError: (results: Results) => Math.sqrt(mean(residuals(results).map((d) => d * d))),
  r2: (results: Results) =>
    mean(
      columns(results).map(({ y, t }) => {
        const missed = t.reduce((sum, value, i) => sum + (value - y[i]) ** 2, 0);
        const around = t.reduce((sum, value) => sum + (value - mean(t)) ** 2, 0);
        return around === 0 ? Number(missed === 0) : 1 - missed / around;
      }),
    ),
} as const;
const METRICS = (Object.keys(REFERENCE) as (keyof typeof REFERENCE)[]).map((name) =>
  name === 'topKAccuracy' ? topKAccuracy({ k: 2 }) : name,
);

/** The codes of targets: a share of yes; one yes in each row, as 0 and 1 or as −1 and 1; or any numbers. */
const CODES = {
  '0 and 1': (yes: boolean) => Number(yes),
  '-1 and 1': (yes: boolean) => (yes ? 1 : -1),
  '0.1 and 0.9': (yes: boolean) => Math.fround(yes ? 0.9 : 0.1),
  '-0.3 and 0.3': (yes: boolean) => Math.fround(yes ? 0.3 : -0.3),
} as const;
type Code = keyof typeof CODES;

const from = source(11);
const random = (): number => from.uniform();
const chance = Array.from({ length: ROWS * 5 }, () => random());
const rowsOf = (width: number, code: Code, oneHot: boolean): Matrix =>
  Array.from({ length: ROWS }, (_, i) =>
    Array.from({ length: width }, (__, j) => {
      const yes = oneHot ? Math.floor(chance[i] * width) === j : chance[i * width + j] < 0.3;
      return CODES[code](yes);
    }),
  );
const x = Array.from({ length: ROWS }, () => Array.from({ length: 3 }, () => Math.fround(4 * random() - 2)));

/** The codes that a loss accepts, with outputs that suit them. */
const LOSSES: Partial<Record<LossName, { outputs: readonly ActivationName[]; codes: readonly Code[]; cut?: number }>> =
  {
    halfSquaredError: { outputs: ['sigmoid', 'tanh', 'linear'], codes: Object.keys(CODES) as Code[] },
    meanSquaredError: { outputs: ['sigmoid', 'tanh', 'linear'], codes: Object.keys(CODES) as Code[] },
    meanAbsoluteError: { outputs: ['tanh', 'linear'], codes: Object.keys(CODES) as Code[] },
    huber: { outputs: ['tanh', 'linear'], codes: Object.keys(CODES) as Code[] },
    logCosh: { outputs: ['tanh', 'linear'], codes: Object.keys(CODES) as Code[] },
    meanAbsolutePercentageError: { outputs: ['linear'], codes: ['0 and 1', '-1 and 1'] },
    quantile: { outputs: ['linear'], codes: ['0 and 1', '-0.3 and 0.3'] },
    poisson: { outputs: ['sigmoid'], codes: ['0 and 1'] },
    cosineSimilarity: { outputs: ['tanh'], codes: ['-1 and 1'] },
    hinge: { outputs: ['tanh', 'linear'], codes: ['0 and 1', '-1 and 1'], cut: 0 },
    squaredHinge: { outputs: ['linear'], codes: ['0 and 1', '-1 and 1'], cut: 0 },
    binaryCrossentropy: { outputs: ['sigmoid'], codes: ['0 and 1', '0.1 and 0.9'] },
    binaryFocalCrossentropy: { outputs: ['sigmoid'], codes: ['0 and 1', '0.1 and 0.9'] },
    categoricalFocalCrossentropy: { outputs: ['softmax'], codes: ['0 and 1'] },
    kullbackLeibler: { outputs: ['softmax'], codes: ['0 and 1'] },
    categoricalCrossentropy: { outputs: ['softmax'], codes: ['0 and 1'] },
    sparseCategoricalCrossentropy: { outputs: ['softmax'], codes: ['0 and 1'] },
  };

async function network(units: number, activation: ActivationName): Promise<Model> {
  return sequential({ seed: 3, layers: [dense({ units, activation, inputShape: [3] })] });
}

const matrixOf = (flat: Float32Array, width: number): Matrix =>
  Array.from({ length: flat.length / width }, (_, i) => [...flat.subarray(i * width, (i + 1) * width)]);

const cases = Object.entries(LOSSES).flatMap(([name, { outputs, codes, cut }]) =>
  outputs.flatMap((activation) =>
    codes.flatMap((code) =>
      [1, 2, 5]
        .filter((width) => width > 1 || activation !== 'softmax')
        .flatMap((width) =>
          (activation === 'softmax' ? [true] : width === 1 ? [false] : [true, false]).map((oneHot) => ({
            loss: name as LossName,
            activation,
            code,
            width,
            oneHot,
            // Outputs of a sigmoid are never below 0, so 0 separates nothing.
            cut: cut ?? (code.startsWith('-') && activation !== 'sigmoid' ? 0 : 0.5),
          })),
        ),
    ),
  ),
);

describe.each(cases)('$loss on $width $activation, targets $code, one yes per row: $oneHot', (one) => {
  const { loss, activation, code, width, oneHot, cut } = one;
  const t = rowsOf(width, code, oneHot);
  const labels = t.map(top);
  const targets = loss === 'sparseCategoricalCrossentropy' ? labels : t;
  const categories = width > 1 && !['binaryCrossentropy', 'binaryFocalCrossentropy'].includes(loss);

  test('each metric follows its formula, in batches of any size, in fit and in validation', async () => {
    const model = await network(width, activation);
    model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss, metrics: METRICS });
    const y = matrixOf(model.predict(x), width);
    const { loss: value, ...logs } = model.evaluate(x, targets);
    for (const [name, reference] of Object.entries(REFERENCE)) {
      const expected = reference({ y, t, categories, cut });
      expect(Math.abs(logs[name] - expected), `${name} ${logs[name]}, ${expected}`).toBeLessThan(
        1e-13 * Math.max(1, Math.abs(expected)),
      );
    }
    for (const batchSize of [1, 2, 13, 64]) {
      expect(model.evaluate(x, targets, { batchSize })).toEqual({ ...logs, loss: value });
    }
    const options = { epochs: 2, batchSize: 10, shuffle: false, validationData: [x, targets] } as const;
    const { history } = await model.fit(x, targets, options);
    for (const [name, expected] of Object.entries(logs)) {
      expect(history[name]).toEqual([expected, expected]);
      expect(history[`val${name[0].toUpperCase()}${name.slice(1)}`]).toEqual([expected, expected]);
    }
    model.dispose();
  });
});

describe('label smoothing', () => {
  const seen: number[][] = [];
  const own = {
    name: 'own',
    value(_: Float32Array, t: Float32Array) {
      seen.push([...t]);
      return t[0];
    },
  };
  const losses = [
    ['binaryCrossentropy', 'sigmoid', (labelSmoothing: number) => binaryCrossentropy({ labelSmoothing })],
    ['categoricalCrossentropy', 'softmax', (labelSmoothing: number) => categoricalCrossentropy({ labelSmoothing })],
    [
      'sparseCategoricalCrossentropy',
      'softmax',
      (labelSmoothing: number) => sparseCategoricalCrossentropy({ labelSmoothing }),
    ],
  ] as const;

  test.each(losses)('under %s leaves metrics on the original targets', async (name, activation, loss) => {
    for (const width of activation === 'softmax' ? [2, 5] : [1, 5]) {
      const t = rowsOf(width, '0 and 1', activation === 'softmax');
      const targets = name === 'sparseCategoricalCrossentropy' ? t.map(top) : t;
      const measured: Logs[] = [];
      for (const smoothing of [0, 0.2]) {
        const model = await network(width, activation);
        model.compile({
          optimizer: 'sgd',
          loss: loss(smoothing),
          metrics: [...METRICS, own] as CompileOptions['metrics'],
        });
        seen.length = 0;
        const logs = model.evaluate(x, targets, { batchSize: 50 });
        expect(seen).toEqual(t);
        seen.length = 0;
        const trained = model.trainOnBatch(x, targets);
        expect(seen).toEqual(t);
        expect({ ...trained, loss: 0 }).toEqual({ ...logs, loss: 0 });
        measured.push(logs);
        model.dispose();
      }
      const [plain, smoothed] = measured;
      expect(smoothed.loss).not.toBe(plain.loss);
      expect({ ...smoothed, loss: 0 }).toEqual({ ...plain, loss: 0 });
    }
  });

  test('gives no error to a classifier without a mistake', async () => {
    const model = await sequential({ layers: [dense({ units: 1, activation: 'sigmoid', inputShape: [1] })] });
    model.setWeights([
      { shape: [1, 1], data: Float32Array.of(200) },
      { shape: [1], data: Float32Array.of(0) },
    ]);
    model.compile({
      optimizer: 'sgd',
      loss: binaryCrossentropy({ labelSmoothing: 0.2 }),
      metrics: ['meanSquaredError', 'meanAbsoluteError', 'rootMeanSquaredError', 'r2'],
    });
    expect(model.evaluate([[1], [-1]], [[1], [0]])).toMatchObject({
      meanSquaredError: 0,
      meanAbsoluteError: 0,
      rootMeanSquaredError: 0,
      r2: 1,
    });
  });
});

test.each([
  ['meanSquaredError', 'tanh', '-1 and 1'],
  ['meanSquaredError', 'softsign', '-1 and 1'],
  ['meanAbsoluteError', 'tanh', '-1 and 1'],
  ['hinge', 'linear', '-1 and 1'],
  ['hinge', 'tanh', '0 and 1'],
  ['meanSquaredError', 'sigmoid', '0 and 1'],
  ['binaryCrossentropy', 'sigmoid', '0 and 1'],
] as const)(
  'under %s on %s with targets %s, rows of one class count as among other rows',
  async (loss, activation, code) => {
    const model = await network(1, activation);
    const t = rowsOf(1, code, false);
    model.compile({ optimizer: 'sgd', loss, metrics: ['accuracy', 'recall'] });
    const all = model.evaluate(x, t);
    const parts = [true, false].map((yes) => {
      const rows = t.flatMap(([value], i) => (value > 0.5 === yes ? [i] : []));
      const logs = model.evaluate(
        rows.map((i) => x[i]),
        rows.map((i) => t[i]),
        { batchSize: 7 },
      );
      return { recall: logs.recall, right: logs.accuracy * rows.length };
    });
    expect(Math.abs(parts[0].right + parts[1].right - all.accuracy * ROWS)).toBeLessThan(1e-10);
    expect(parts[0].recall).toBe(all.recall);
  },
);

test('the delta of huber does not change where yes and no are separated', async () => {
  const model = await network(1, 'tanh');
  const t = rowsOf(1, '-1 and 1', false);
  model.compile({ optimizer: 'sgd', loss: huber({ delta: 0.25 }), metrics: ['accuracy'] });
  const y = matrixOf(model.predict(x), 1);
  const expected = binaryAccuracy({ y, t, categories: false, cut: 0 });
  expect(Math.abs(model.evaluate(x, t).accuracy - expected)).toBeLessThan(1e-13);
});

test('a NaN is neither yes nor no', async () => {
  const model = await sequential({ layers: [dense({ units: 1, inputShape: [1], useBias: false })] });
  model.setWeights([{ shape: [1, 1], data: Float32Array.of(3e38) }]);
  model.compile({ optimizer: 'sgd', loss: 'hinge', metrics: ['accuracy', 'recall', 'auc'] });
  const infinite = [[3e38], [-3e38]];
  expect(model.evaluate(infinite, [[1], [-1]])).toMatchObject({ accuracy: 1, recall: 1, auc: 1 });
  const lost = await sequential({
    layers: [dense({ units: 2, inputShape: [1], useBias: false }), dense({ units: 1, useBias: false })],
  });
  lost.setWeights([
    { shape: [2, 1], data: Float32Array.of(3e38, -3e38) },
    { shape: [1, 2], data: Float32Array.of(1, 1) },
  ]);
  lost.compile({ optimizer: 'sgd', loss: 'hinge', metrics: ['accuracy', 'recall', 'auc'] });
  expect(lost.evaluate([[3e38], [1]], [[-1], [1]])).toMatchObject({ accuracy: 0, recall: 0, auc: NaN });
});

const NEVER_BELOW_ZERO = ['sigmoid', 'hardSigmoid', 'unitStep', 'relu', 'softplus'] as const;
const ERRORS = ['meanSquaredError', 'halfSquaredError', 'meanAbsoluteError', 'huber'] as const;

describe.each(NEVER_BELOW_ZERO)('outputs of %s, never below 0, are yes from a half on', (activation) => {
  test.each(ERRORS)('under %s, also where targets are -1 and 1', async (loss) => {
    const model = await sequential({ layers: [dense({ units: 1, inputShape: [1] }), activationLayer(activation)] });
    model.setWeights([
      { shape: [1, 1], data: Float32Array.of(1) },
      { shape: [1], data: Float32Array.of(0) },
    ]);
    model.compile({ optimizer: 'sgd', loss, metrics: ['accuracy', 'precision', 'recall', 'f1', 'auc'], checks: 'off' });
    const inputs = [[-4], [-3], [3], [4]];
    const right = { accuracy: 1, precision: 1, recall: 1, f1: 1, auc: 1 };
    expect(model.evaluate(inputs, [[-1], [-1], [1], [1]])).toMatchObject(right);
    expect(model.evaluate(inputs, [[0], [0], [1], [1]])).toMatchObject(right);
    expect(model.evaluate(inputs, [[1], [1], [1], [-1]])).toMatchObject({ accuracy: 0.25, recall: 1 / 3 });
  });
});

test('a diagnosis reads the answers of a sigmoid at a half, also where targets are -1 and 1', async () => {
  const model = await sequential({ layers: [dense({ units: 1, activation: 'sigmoid', inputShape: [1] })] });
  model.setWeights([
    { shape: [1, 1], data: Float32Array.of(1) },
    { shape: [1], data: Float32Array.of(0) },
  ]);
  model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'meanSquaredError' });
  const inputs = Array.from({ length: 60 }, (_, i) => [i % 2 === 0 ? -0.04 : 0.04]);
  const targets = inputs.map(([value]) => [Math.sign(value)]);
  for (let update = 0; update < 100; update++) model.trainOnBatch(inputs, targets);
  expect(model.diagnose(inputs, targets).faults.map(({ kind }) => kind)).not.toContain('largestClass');
});
