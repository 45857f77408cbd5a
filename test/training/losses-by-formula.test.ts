/**
 * Losses with options, several outputs for each target, or a restricted range of outputs, against float64 formulas:
 * values, gradients by finite differences of the twin, files, `compile`'s checks, targets that are refused, metrics of
 * outputs that are no estimates, and edge cases. PyTorch's values are in numerics/golden.test.ts.
 */
import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  binaryFocalCrossentropy,
  categoricalFocalCrossentropy,
  categoricalHinge,
  concatenate,
  cosineSimilarity,
  createEngine,
  dense,
  gaussianNegativeLogLikelihood,
  input,
  kullbackLeibler,
  loadModel,
  meanAbsolutePercentageError,
  meanSquaredLogarithmicError,
  poisson,
  quantile,
  ShapeError,
  squaredHinge,
  ValueError,
  type ActivationName,
  type Loss,
  type Model,
} from '../../src/index.js';
import { modelOf, tensorError, worstError } from '../support/reference/library.js';
import { any, expectError, thrownBy } from '../support/reference/refusals.js';
import { matrix, randomNetwork, source, type Source } from '../support/reference/random.js';
import * as twin from '../support/reference/twin.js';

const engine = await createEngine();
afterEach(() => void vi.restoreAllMocks());

type Row = readonly number[];
const sum = (row: Row): number => row.reduce((total, value) => total + value, 0);
const mean = (row: Row): number => sum(row) / row.length;
const norm = (row: Row): number => Math.sqrt(sum(row.map((value) => value * value)));
const sign = (t: number): number => (t > 0 ? 1 : -1);
const shares = (y: Row): number[] => y.map((value) => value / sum(y));

const binaryFocal =
  (gamma: number, alpha?: number) =>
  (y: Row, t: Row): number =>
    mean(
      t.map((ti, i) => {
        const truth = ti * y[i] + (1 - ti) * (1 - y[i]);
        const weight = alpha === undefined ? 1 : ti * alpha + (1 - ti) * (1 - alpha);
        return -weight * (1 - truth) ** gamma * (ti * Math.log(y[i]) + (1 - ti) * Math.log(1 - y[i]));
      }),
    );
const categoricalFocal =
  (gamma: number, alpha: number) =>
  (y: Row, t: Row): number =>
    sum(shares(y).map((q, i) => -alpha * t[i] * (1 - q) ** gamma * Math.log(q)));
const pinball =
  (...quantiles: number[]) =>
  (y: Row, t: Row): number =>
    mean(y.map((value, at) => {
      const q = quantiles[Math.floor(at / t.length)];
      const d = t[at % t.length] - value;
      return Math.max(q * d, (q - 1) * d);
    })); // prettier-ignore
const gaussian =
  (epsilon: number, full: boolean) =>
  (y: Row, t: Row): number =>
    mean(
      t.map((ti, i) => {
        const variance = Math.max(y[t.length + i], epsilon);
        return 0.5 * (Math.log(variance) + (y[i] - ti) ** 2 / variance + (full ? Math.log(2 * Math.PI) : 0));
      }),
    );

interface Case {
  readonly title: string;
  readonly loss: Loss;
  readonly outputs: readonly twin.ActivationName[];
  /** Targets of a row for the outputs of a row. */
  readonly targets: (from: Source, width: number) => number[];
  readonly formula: (y: Row, t: Row) => number;
}

const any1 = (from: Source, width: number): number[] => Array.from({ length: width }, () => from.symmetric(1.5));
const counts = (from: Source, width: number): number[] => Array.from({ length: width }, () => from.below(4));
const yesNo = (from: Source, width: number): number[] => Array.from({ length: width }, () => from.below(2));
const oneHot = (from: Source, width: number): number[] => {
  const label = from.below(width);
  return Array.from({ length: width }, (_, j) => Number(j === label));
};
const part =
  (count: number) =>
  (from: Source, width: number): number[] =>
    any1(from, width / count);
const soft = (from: Source, width: number): number[] =>
  shares(Array.from({ length: width }, () => 0.1 + from.uniform()));

const CASES: readonly Case[] = [
  {
    title: 'kullbackLeibler',
    loss: kullbackLeibler(),
    outputs: ['softmax', 'sigmoid'],
    targets: soft,
    formula: (y, t) => sum(shares(y).map((q, i) => t[i] * Math.log(t[i] / q))),
  },
  {
    title: 'squaredHinge',
    loss: squaredHinge(),
    outputs: ['linear', 'tanh'],
    targets: yesNo,
    formula: (y, t) => mean(y.map((value, i) => Math.max(0, 1 - sign(t[i]) * value) ** 2)),
  },
  {
    title: 'categoricalHinge',
    loss: categoricalHinge(),
    outputs: ['linear', 'tanh'],
    targets: oneHot,
    formula: (y, t) =>
      Math.max(0, 1 + Math.max(...y.map((value, i) => (1 - t[i]) * value)) - sum(y.map((value, i) => t[i] * value))),
  },
  {
    title: 'meanAbsolutePercentageError',
    loss: meanAbsolutePercentageError(),
    outputs: ['linear', 'sigmoid'],
    targets: any1,
    formula: (y, t) => mean(y.map((value, i) => (100 * Math.abs(value - t[i])) / Math.max(Math.abs(t[i]), 1e-7))),
  },
  {
    title: 'meanSquaredLogarithmicError',
    loss: meanSquaredLogarithmicError(),
    outputs: ['softplus', 'linear'],
    targets: counts,
    formula: (y, t) =>
      mean(y.map((value, i) => (Math.log1p(Math.max(value, 1e-7)) - Math.log1p(Math.max(t[i], 1e-7))) ** 2)),
  },
  {
    title: 'poisson',
    loss: poisson(),
    outputs: ['softplus', 'sigmoid'],
    targets: counts,
    formula: (y, t) => mean(y.map((value, i) => value - t[i] * Math.log(value + 1e-8))),
  },
  {
    title: 'poisson of logarithms',
    loss: poisson({ logInput: true }),
    outputs: ['linear', 'tanh'],
    targets: counts,
    formula: (y, t) => mean(y.map((value, i) => Math.exp(value) - t[i] * value)),
  },
  { title: 'quantile', loss: quantile(), outputs: ['linear', 'tanh'], targets: any1, formula: pinball(0.5) },
  {
    title: 'three quantiles',
    loss: quantile({ quantiles: [0.1, 0.4, 0.9] }),
    outputs: ['linear', 'tanh'],
    targets: part(3),
    formula: pinball(0.1, 0.4, 0.9),
  },
  {
    title: 'gaussianNegativeLogLikelihood',
    loss: gaussianNegativeLogLikelihood(),
    outputs: ['softplus', 'exponential'],
    targets: part(2),
    formula: gaussian(1e-6, false),
  },
  {
    title: 'full gaussianNegativeLogLikelihood',
    loss: gaussianNegativeLogLikelihood({ full: true, epsilon: 0.01 }),
    outputs: ['softplus'],
    targets: part(2),
    formula: gaussian(0.01, true),
  },
  {
    title: 'cosineSimilarity',
    loss: cosineSimilarity(),
    outputs: ['linear', 'sigmoid'],
    targets: any1,
    formula: (y, t) => -sum(y.map((value, i) => value * t[i])) / (norm(y) * norm(t)),
  },
  {
    title: 'binaryFocalCrossentropy',
    loss: binaryFocalCrossentropy({ gamma: 1.5 }),
    outputs: ['sigmoid', 'softmax'],
    targets: yesNo,
    formula: binaryFocal(1.5),
  },
  {
    title: 'balanced binaryFocalCrossentropy of shares',
    loss: binaryFocalCrossentropy({ applyClassBalancing: true, alpha: 0.8 }),
    outputs: ['sigmoid', 'softmax'],
    targets: (from, width) => Array.from({ length: width }, () => from.uniform()),
    formula: binaryFocal(2, 0.8),
  },
  {
    title: 'categoricalFocalCrossentropy',
    loss: categoricalFocalCrossentropy({ gamma: 0.5, alpha: 0.4 }),
    outputs: ['softmax', 'sigmoid'],
    targets: soft,
    formula: categoricalFocal(0.5, 0.4),
  },
];

const ROWS = 5;
/** Relative to the largest gradient of a tensor, as in gradients.test.ts. */
const TOLERANCE = 3e-5;

/** Gradients of a formula by finite differences; Infinity where a kink is in reach. */
function slopesOf(network: twin.Network, formula: Case['formula'], x: Row[], t: Row[]) {
  const loss = (): number => mean(x.map((row, i) => formula(twin.forward(network, row)[network.length - 1].y, t[i])));
  const here = loss();
  let kinks = false;
  const slope = (values: number[], i: number): number => {
    const value = values[i];
    const at = (offset: number): number => {
      values[i] = value + offset;
      return loss();
    };
    const result = twin.derivative(at);
    const [right, left] = [at(1e-5) - here, here - at(-1e-5)];
    values[i] = value;
    if (Math.abs(right - left) > 1e-3 * 1e-5) kinks = true;
    return result;
  };
  const gradients = network.map(({ W, b }) => ({
    W: W.map((row) => row.map((_, k) => slope(row, k))),
    b: b.map((_, unit) => slope(b, unit)),
  }));
  return { here, gradients, kinks };
}

const WIDTHS = [6, 12];
const all = CASES.flatMap((one) => one.outputs.flatMap((output) => WIDTHS.map((width) => ({ ...one, output, width }))));

test.each(all)('$title on $width of $output: value and gradients follow the formula', async (one) => {
  const { loss, output, width, targets, formula } = one;
  let compared = 0;
  for (let seed = 0; seed < 60 && compared < 2; seed++) {
    const from = source(1000 * width + seed);
    const network = randomNetwork([4, 5, width], ['tanh', output], from);
    const x = matrix(ROWS, 4, () => from.symmetric(1.5));
    const t = x.map(() => targets(from, width).map(Math.fround));
    const { here, gradients, kinks } = slopesOf(network, formula, x, t);
    if (kinks) continue;
    compared += 1;
    const model = await modelOf(network, { optimizer: 'sgd', loss });
    expect(Math.abs(model.evaluate(x, t).loss - here)).toBeLessThanOrEqual(3e-6 * Math.max(1, Math.abs(here)));
    expect(worstError(model.gradients(x, t), gradients)).toBeLessThanOrEqual(TOLERANCE);
    // Weights of 2 double the gradient, weights of 0 remove a row.
    const doubled = model.gradients(x, t, { sampleWeight: x.map(() => 2) });
    model.gradients(x, t).forEach(({ data }, i) => {
      expect(
        tensorError(
          doubled[i].data,
          Array.from(data, (value) => 2 * value),
        ),
      ).toBeLessThanOrEqual(1e-6);
    });
    model.dispose();
  }
  expect(compared).toBe(2);
});

describe.each(CASES)('$title', ({ loss, outputs, targets }) => {
  const build = (): Model => {
    const layers = [
      dense({ units: 5, activation: 'tanh', inputShape: [4] }),
      dense({ units: 12, activation: outputs[0] as ActivationName }),
    ];
    const model = engine.sequential({ seed: 3, layers });
    model.compile({ optimizer: 'adam', loss, metrics: ['meanAbsoluteError'], checks: 'off' });
    return model;
  };
  const from = source(12);
  const x = matrix(23, 4, () => from.symmetric(1.5));
  const t = x.map(() => targets(from, 12));

  test('trains from arrays, sources and in a worker alike, and on from a file', async () => {
    const [whole, batches, there] = [build(), build(), build()];
    const options = { epochs: 3, batchSize: 7, shuffle: false } as const;
    await whole.fit(x, t, options);
    const cut = [0, 7, 14, 21].map((first) => [x.slice(first, first + 7), t.slice(first, first + 7)] as const);
    await batches.fit(() => cut as never, { epochs: 3 });
    await there.fit(x, t, { ...options, runIn: 'worker' });
    expect(batches.getWeights()).toEqual(whole.getWeights());
    expect(there.getWeights()).toEqual(whole.getWeights());
    const loaded = await loadModel(whole.save());
    expect(loaded.save()).toEqual(whole.save());
    expect(loaded.evaluate(x, t)).toEqual(whole.evaluate(x, t));
    expect(loaded.trainOnBatch(x, t)).toEqual(whole.trainOnBatch(x, t));
    expect(loaded.getWeights()).toEqual(whole.getWeights());
    const logs = whole.evaluate(x, t);
    for (const batchSize of [1, 5]) expect(whole.evaluate(x, t, { batchSize })).toEqual(logs);
    expect(whole.diagnose(x, t).loss).toBeGreaterThan(-Infinity);
  });
});

test.each([
  ['poisson', [1, -1], 'values >= 0'],
  ['meanSquaredLogarithmicError', [1, -0.5], 'values >= 0'],
  ['squaredHinge', [1, 0.5], 'values among -1, 0, 1'],
  ['binaryFocalCrossentropy', [1, 2], 'values from 0 to 1'],
  ['categoricalHinge', [-1, 1], 'values from 0 to 1'],
  ['kullbackLeibler', [0.5, 0.6], 'rows that add up to 1'],
] as const)('%s refuses targets %j', async (loss, row, expected) => {
  const model = engine.sequential({ layers: [dense({ units: 2, inputShape: [1] })] });
  model.compile({ optimizer: 'sgd', loss, checks: 'off' });
  if (expected.startsWith('rows')) {
    model.compile({ optimizer: 'sgd', loss: kullbackLeibler({ fromLogits: true }) });
  }
  const before = model.save();
  const error = await thrownBy(() => model.trainOnBatch([[1]], [row]));
  expect(error).toBeInstanceOf(ValueError);
  expect(error.message).toContain(`trainOnBatch: y expected ${expected} for this loss`);
  expect(model.save()).toEqual(before);
});

describe('several outputs for each target', () => {
  const x = [[1], [2], [3]];
  const identity = (units: number): Model =>
    engine.sequential({ layers: [dense({ units, inputShape: [1], kernelInitializer: 'ones' })] });

  test('divide the outputs, or are refused whatever the checks are', async () => {
    for (const checks of ['error', 'off'] as const) {
      const compile = (loss: Loss) => () => identity(4).compile({ optimizer: 'sgd', loss, checks });
      expectError(
        await thrownBy(compile(quantile({ quantiles: [0.1, 0.5, 0.9] }))),
        ShapeError,
        "compile: loss expected a multiple of 3 outputs with 'quantile', 3 for each target, got 4.",
      );
      expect(compile(quantile({ quantiles: [0.1, 0.9] }))).not.toThrow();
    }
    const thrown = await thrownBy(() =>
      identity(3).compile({ optimizer: 'sgd', loss: gaussianNegativeLogLikelihood() }),
    );
    expect(thrown.message).toContain("a multiple of 2 outputs with 'gaussianNegativeLogLikelihood'");
  });

  test('take targets of their own width', async () => {
    const model = identity(6);
    model.compile({ optimizer: 'sgd', loss: quantile({ quantiles: [0.1, 0.5, 0.9] }) });
    expect(model.trainOnBatch(x, [[1, 2], [3, 4], [5, 6]]).loss).toBeGreaterThan(0); // prettier-ignore
    const thrown = await thrownBy(() => model.trainOnBatch(x, x.map(() => [1, 2, 3, 4, 5, 6]))); // prettier-ignore
    expect(thrown).toBeInstanceOf(ShapeError);
    expect(thrown.message).toContain('y expected 2 values per row, got 6');
  });

  test('are measured at the median, or at the mean; custom metrics get all', () => {
    const all: number[][] = [];
    const own = { name: 'own', value: (y: Float32Array) => all.push([...y]) };
    const model = identity(3);
    model.setWeights([
      { shape: [3, 1], data: Float32Array.of(-1, 1, 5) },
      { shape: [3], data: new Float32Array(3) },
    ]);
    const metrics = ['meanAbsoluteError', 'r2', own] as const;
    model.compile({ optimizer: 'sgd', loss: quantile({ quantiles: [0.1, 0.5, 0.9] }), metrics });
    const logs = model.evaluate(x, x);
    expect([logs.meanAbsoluteError, logs.r2]).toEqual([0, 1]);
    expect(all).toEqual([[-1, 1, 5], [-2, 2, 10], [-3, 3, 15]]); // prettier-ignore
    const at = input({ shape: [1] });
    const parts = [1, 3].map((value) =>
      dense({ units: 1, activation: 'linear', kernelInitializer: { kind: 'constant', config: { value } } }).apply(at),
    );
    const pair = engine.model({ inputs: at, outputs: concatenate().apply(parts) });
    pair.compile({
      optimizer: 'sgd',
      loss: gaussianNegativeLogLikelihood(),
      metrics: ['meanAbsoluteError'],
      checks: 'off',
    });
    expect(pair.evaluate(x, x).meanAbsoluteError).toBe(0);
  });
});

describe('compile', () => {
  const compile = (activation: ActivationName, loss: Loss) => () =>
    engine
      .sequential({ layers: [dense({ units: 2, activation, inputShape: [1] })] })
      .compile({ optimizer: 'sgd', loss });

  test('refuses rates that can be below 0, and says what to write', async () => {
    expectError(
      await thrownBy(compile('linear', poisson())),
      ValueError,
      "compile: loss expected outputs that are never below 0 with 'poisson', got outputs of 'linear'. " +
        "End on rates: dense({ units: 2, activation: 'softplus' }), or write poisson({ logInput: true }). " +
        "To train it as it is, compile with checks: 'warn' or 'off'.",
    );
    compile('softplus', poisson())();
    compile('linear', poisson({ logInput: true }))();
  });

  test('refuses variances that can be below 0', async () => {
    const thrown = await thrownBy(compile('linear', gaussianNegativeLogLikelihood()));
    expect(thrown.message).toContain(
      "End on means and variances: concatenate() of dense({ units: 1 }) and dense({ units: 1, activation: 'softplus' }).",
    );
    const x = input({ shape: [1] });
    const parts = (['linear', 'softplus'] as const).map((activation) => dense({ units: 1, activation }).apply(x));
    engine
      .model({ inputs: x, outputs: concatenate().apply(parts) })
      .compile({ optimizer: 'sgd', loss: gaussianNegativeLogLikelihood() });
  });

  test('takes scores for a categorical hinge, and offers fromLogits for the divergence', () => {
    compile('linear', categoricalHinge())();
    expect(compile('linear', kullbackLeibler())).toThrow('or write kullbackLeibler({ fromLogits: true })');
  });
});

describe('options', () => {
  test.each([
    [() => quantile({ quantiles: [] }), 'quantile: quantiles expected 1 to 1024 quantiles, got 0.'],
    [() => quantile({ quantiles: 1 }), 'quantile: quantiles expected a number between 0 and 1, got 1.'],
    [
      () => quantile({ quantiles: [0.9, 0.1] }),
      'quantile: quantiles expected ascending quantiles, got 0.1 after 0.9. Sort them.',
    ],
    [() => poisson({ logInput: any(1) }), 'poisson: logInput expected true or false, got 1.'],
    [
      () => gaussianNegativeLogLikelihood({ epsilon: 0 }),
      'gaussianNegativeLogLikelihood: epsilon expected a number > 0, got 0.',
    ],
    [() => binaryFocalCrossentropy({ gamma: -1 }), 'binaryFocalCrossentropy: gamma expected a number >= 0, got -1.'],
    [
      () => binaryFocalCrossentropy({ alpha: 2 }),
      'binaryFocalCrossentropy: alpha expected a number from 0 to 1, got 2.',
    ],
  ])('%o are refused', async (call, message) => {
    expectError(await thrownBy(call), ValueError, message);
  });

  test.each([
    ['focal', 'binaryFocalCrossentropy'],
    ['kld', 'kullbackLeibler'],
    ['kl_divergence', 'kullbackLeibler'],
    ['mape', 'meanAbsolutePercentageError'],
    ['msle', 'meanSquaredLogarithmicError'],
    ['pinball', 'quantile'],
    ['GaussianNLLLoss', 'gaussianNegativeLogLikelihood'],
  ])('%s is %s', (alias, name) => {
    const model = engine.sequential({ layers: [dense({ units: 2, inputShape: [1] })] });
    model.compile({ optimizer: 'sgd', loss: any(alias), checks: 'off' });
    expect(new TextDecoder().decode(model.save())).toContain(name);
  });
});

describe('extremes', () => {
  const of = (loss: Loss, units = 1): Model => {
    const model = engine.sequential({ layers: [dense({ units, inputShape: [units], useBias: false })] });
    const data = Float32Array.from({ length: units * units }, (_, i) => Number(i % (units + 1) === 0));
    model.setWeights([{ shape: [units, units], data }]);
    model.compile({ optimizer: 'sgd', loss, checks: 'off' });
    return model;
  };
  const value = (loss: Loss, y: number[], t: number[]): number => of(loss, y.length).evaluate([y], [t]).loss;

  test('have the stated values', () => {
    expect(value(poisson(), [0], [0])).toBe(0);
    expect(value(poisson(), [0], [2])).toBeCloseTo(-2 * Math.log(1e-8), 4);
    expect(value(poisson(), [-1], [2])).toBeNaN();
    expect(value(poisson({ logInput: true }), [100], [1])).toBe(Infinity);
    expect(value(meanAbsolutePercentageError(), [1], [0])).toBeCloseTo(1e9, -3);
    expect(value(meanSquaredLogarithmicError(), [-3], [0])).toBe(0);
    expect(value(meanSquaredLogarithmicError(), [3e38], [0])).toBeCloseTo(Math.log(3e38) ** 2, 2);
    expect(value(cosineSimilarity(), [0, 0], [1, 2])).toBe(0);
    expect(value(cosineSimilarity(), [3e30, 0], [2e30, 0])).toBe(-1);
    expect(value(cosineSimilarity(), [1, 2], [0, 0])).toBe(0);
    expect(value(kullbackLeibler({ fromLogits: true }), [0, 0], [1, 0])).toBeCloseTo(Math.LN2, 6);
    expect(value(gaussianNegativeLogLikelihood(), [2, -5], [2])).toBeCloseTo(0.5 * Math.log(1e-6), 5);
    expect(value(gaussianNegativeLogLikelihood(), [1e19, 1e38], [0])).toBeCloseTo(0.5 * (Math.log(1e38) + 1), 4);
    for (const big of [200, 3e38]) {
      expect(value(binaryFocalCrossentropy({ fromLogits: true }), [big], [1])).toBe(0);
      expect(value(binaryFocalCrossentropy({ fromLogits: true }), [-big], [1]) / big).toBeCloseTo(1, 5);
      expect(value(categoricalFocalCrossentropy({ fromLogits: true }), [big, 0], [1, 0])).toBe(0);
      expect(value(categoricalFocalCrossentropy({ fromLogits: true }), [big, 0], [0, 1]) / big).toBeCloseTo(0.25, 5);
    }
  });

  test('have finite gradients', () => {
    const slopes = (loss: Loss, y: number[], t: number[]): number[] => [
      ...of(loss, y.length).gradients([y], [t])[0].data,
    ];
    const cases: [Loss, number[], number[]][] = [
      [binaryFocalCrossentropy({ fromLogits: true, gamma: 0 }), [90, -90], [1, 0]],
      [binaryFocalCrossentropy({ fromLogits: true, gamma: 0.5 }), [90, 110], [1, 0]],
      [categoricalFocalCrossentropy({ fromLogits: true, gamma: 0.5 }), [90, 0, -110], [1, 0, 0]],
      [categoricalFocalCrossentropy({ fromLogits: true, gamma: 0 }), [90, 0, -110], [0, 0, 1]],
      [cosineSimilarity(), [0, 0], [1, 1]],
      [meanAbsolutePercentageError(), [0, 1], [0, 1]],
      [quantile(), [1, 2], [1, 3]],
    ];
    for (const [loss, y, t] of cases) expect(slopes(loss, y, t).every(Number.isFinite), loss.kind).toBe(true);
  });

  test('focal losses with an exponent of 0 are the cross-entropy', () => {
    const model = of(binaryFocalCrossentropy({ gamma: 0, fromLogits: true }), 3);
    const [y, t] = [[1, -2, 0.5], [1, 0, 0.25]]; // prettier-ignore
    const focal = model.evaluate([y], [t]).loss;
    model.compile({ optimizer: 'sgd', loss: { kind: 'binaryCrossentropy', config: { fromLogits: true } as object } });
    expect(focal).toBeCloseTo(model.evaluate([y], [t]).loss, 6);
  });
});
