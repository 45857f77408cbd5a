/**
 * The library against PyTorch's float64 values (golden/make_golden.py). Every case of the files is tested: activations,
 * losses, and trainings step by step, by fit, and in their outputs. The twin is compared with the same values in
 * reference.test.ts.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  activation,
  alphaDropout,
  average,
  batchNormalization,
  createEngine,
  dense,
  dot,
  input,
  layerNormalization,
  maximum,
  minimum,
  model,
  multiply,
  rmsNormalization,
  sequential,
  sparseCategoricalCrossentropy,
  subtract,
} from '../../src/index.js';
import * as golden from '../support/reference/golden.js';
import {
  goldenBound,
  goldenModel,
  modelOf,
  tensorError,
  worstError,
  type CompileOptions,
} from '../support/reference/library.js';
import type { ActivationName, Network } from '../support/reference/twin.js';

const engine = await createEngine();

/** 'huber(1)' has its option in the name; 1 is the default. */
const bare = (name: string): string => name.replace(/\(.*/, '');

/** The largest error by subject, printed at the end. */
const worst: Record<string, number> = {};

function check(what: string, error: number, limit: number): void {
  worst[what] = Math.max(worst[what] ?? 0, error);
  expect(error, what).toBeLessThanOrEqual(limit);
}

afterAll(() => {
  const rows = Object.entries(worst).map(([what, error]) => `  ${what}: ${error.toExponential(2)}`);
  console.log(['golden values, worst error seen', ...rows].join('\n'));
});

describe('activations', () => {
  /**
   * Bounds by activation. `value` is in ULP of float32: exact functions are at most rounded (half a unit), functions
   * that need exp stay within 4. `slope` is absolute. Slopes are computed from outputs: near ±1, y(1 − y) has the error
   * of y, 1 − y² twice that; a unit in the last place is 2⁻²⁴ there, and tanh may be off by two.
   * Slopes that grow with z count relative to their size, for z up to `slopesTo`.
   */
  const bounds: Partial<Record<string, { value: number; slope: number; ofInput?: boolean; slopesTo?: number }>> = {
    linear: { value: 0.5, slope: 0 },
    unitStep: { value: 0, slope: 0 },
    relu: { value: 0.5, slope: 0 },
    sigmoid: { value: 4, slope: 2 ** -23 },
    tanh: { value: 2, slope: 2 ** -22 },
    leakyRelu: { value: 1.5, slope: 2 ** -24 },
    prelu: { value: 0.5, slope: 0 },
    elu: { value: 3, slope: 2 ** -22 },
    selu: { value: 4, slope: 2 ** -22 },
    swish: { value: 4, slope: 2 ** -21 },
    softplus: { value: 4, slope: 2 ** -23 },
    softsign: { value: 2, slope: 2 ** -23 },
    mish: { value: 6, slope: 2 ** -21 },
    relu6: { value: 0.5, slope: 0 },
    hardSwish: { value: 2.5, slope: 2 ** -23 },
    celu: { value: 3, slope: 2 ** -22 },
    exponential: { value: 3, slope: 2 ** -22, slopesTo: 5 },
    tanhGelu: { value: 4, slope: 2 ** -20, ofInput: true },
    // The error of erf is multiplied by z, so it counts in units of z.
    gelu: { value: 4, slope: 2 ** -20, ofInput: true },
  };
  const z = golden.activationLogits;
  const cases = golden.activationCases;

  /** One unit per logit: weights z, and one input that is always 1. */
  const column = (activation: string): Network[number] => ({
    W: z.map((value) => [value]),
    b: z.map(() => 0),
    activation: activation as ActivationName,
    ...(activation === 'prelu' && { alpha: z.map(() => 0.25) }),
  });

  const SMALLEST_NORMAL = 2 ** -126;
  function ulps(actual: number, expected: number, of = expected): number {
    const difference = Math.abs(actual - expected);
    if (Math.abs(of) < SMALLEST_NORMAL) return difference <= SMALLEST_NORMAL ? 0 : Infinity;
    return difference / 2 ** (Math.floor(Math.log2(Math.abs(of))) - 23);
  }

  test('have a stated bound each', () => {
    expect(Object.keys(bounds).sort()).toEqual(cases.map(([name]) => name).sort());
  });

  test.each(cases)('%s is within its bound', async (name, { y }) => {
    const model = await modelOf([column(name)]);
    const values = model.predict([[1]]);
    const { value, ofInput } = bounds[name]!;
    y.forEach((expected, i) => check(`${name}, ULP`, ulps(values[i], expected, ofInput ? z[i] : expected), value));
  });

  test.each(cases)('slope of %s is within its bound', async (name, { dy }) => {
    // The output unit adds every y times 2⁻⁴⁰ to a bias of 1, which float32 rounds away: its delta is 1 − 0 exactly,
    // and the bias gradients of the hidden units are f'(z)·2⁻⁴⁰ (BP2 and BP3), scaled without rounding.
    const scale = 2 ** -40;
    const { slope, slopesTo = Infinity } = bounds[name]!;
    const output: Network[number] = { W: [z.map((zi) => (zi > slopesTo ? 0 : scale))], b: [1], activation: 'linear' };
    const model = await modelOf([column(name), output], { optimizer: 'sgd', loss: 'halfSquaredError' });
    const bias = model.gradients([[1]], [[0]])[1].data;
    dy.forEach((expected, i) => {
      if (golden.isKink(name, z[i]) || z[i] > slopesTo) return;
      const unit = slopesTo < Infinity ? Math.max(1, expected) : 1;
      check(`${name}', absolute`, Math.abs(bias[i] / scale - expected) / unit, slope);
    });
  });
});

describe('losses', () => {
  const z = golden.lossLogits;
  /** One row per one-hot input, so that the weights are the logits and their gradient is the delta of each row. */
  const x = z.map((_, i) => z.map((__, k) => +(i === k)));
  const transposed = z[0].map((_, unit) => z.map((row) => row[unit]));

  const cases = golden.lossCases.map((data) => ({ ...data, name: bare(data.name) }));
  const sparse = cases
    .filter(({ title }) => title === 'categoricalCrossentropy+softmax')
    .map((data) => ({
      ...data,
      title: 'sparseCategoricalCrossentropy+softmax',
      name: 'sparseCategoricalCrossentropy',
    }));

  /** The losses on a softmax or sigmoid, of the logits themselves. */
  const ofLogits = [...cases, ...sparse]
    .filter(({ name, title }) => /Crossentropy$|kullback/.test(name) && !title.includes('balanced'))
    .map((data) => ({ ...data, title: `${data.name}({ fromLogits: true })`, output: 'linear' }));

  /** Options of the losses with some in their names. */
  const options: Record<string, object> = {
    'poisson(log)': { logInput: true },
    'quantile(0.3)': { quantiles: 0.3 },
    'quantile(0.1, 0.8)': { quantiles: [0.1, 0.8] },
    'gaussianNegativeLogLikelihood(full)': { full: true, epsilon: 0.5 },
    'binaryFocalCrossentropy(balanced)': { applyClassBalancing: true, alpha: 0.3 },
  };

  test.each([...cases, ...sparse, ...ofLogits])('$title: loss and delta match', async (data) => {
    const { title, name, output, target, loss, delta } = data;
    const network: Network = [{ W: transposed, b: z[0].map(() => 0), activation: output as ActivationName }];
    const config = { ...options[title.split('+')[0]], ...(title.includes('fromLogits') && { fromLogits: true }) };
    const option = { kind: name, config };
    const model = await modelOf(network, { optimizer: 'sgd', loss: option } as CompileOptions);
    const y = name.startsWith('sparse') ? target.map((row) => row.indexOf(1)) : target;
    const deltas = delta[0].flatMap((_, unit) => delta.map((row) => row[unit]));
    check(`${name}, delta`, tensorError(model.gradients(x, y)[0].data, deltas), 1e-6);
    check(`${name}, value`, Math.abs(model.evaluate(x, y).loss / loss - 1), 1e-6);
    check(`${name}, value`, Math.abs(model.trainOnBatch(x, y).loss / loss - 1), 1e-6);
  });
});

describe('logSoftmax', () => {
  const { z, delta, y, dz } = golden.logSoftmax;

  test('outputs and gradients match, of a dense layer and of a layer of its own', () => {
    // One row per one-hot input, so that the weights are the logits and their gradient is the delta of each row.
    const rows = z.map((_, i) => z.map((__, k) => +(i === k)));
    const units = z[0].length;
    const weights = z[0].flatMap((_, unit) => z.map((row) => row[unit]));
    const expected = z[0].flatMap((_, unit) => dz.map((row) => row[unit]));
    // ∂L/∂y is the given delta whatever y is, divided by the number of rows.
    const loss = { name: 'given', value: () => 0, gradient: (_: Float32Array, t: Float32Array) => t };
    for (const layers of [
      [dense({ units, useBias: false, inputShape: [z.length], activation: 'logSoftmax' })],
      [dense({ units, useBias: false, inputShape: [z.length] }), activation('logSoftmax')],
    ]) {
      const one = engine.sequential({ layers });
      one.setWeights([{ shape: [units, z.length], data: weights }]);
      one.compile({ optimizer: 'sgd', loss });
      const outputs = one.predict(rows);
      y.flat().forEach((value, at) => {
        check('logSoftmax, value', Math.abs(outputs[at] - value) / Math.max(1, Math.abs(value)), 1e-6);
      });
      one.gradients(rows, delta)[0].data.forEach((value, at) => {
        check('logSoftmax, slopes', Math.abs(z.length * value - expected[at]), 2e-6);
      });
      one.dispose();
    }
  });

  test('is the negative log-likelihood with a cross-entropy from logits, as NLLLoss', () => {
    const one = engine.sequential({ layers: [activation({ activation: 'logSoftmax', inputShape: [z[0].length] })] });
    one.compile({ optimizer: 'sgd', loss: sparseCategoricalCrossentropy({ fromLogits: true }) });
    y.forEach((row, i) => {
      row.forEach((value, label) => {
        const { loss } = one.evaluate([z[i]], [label]);
        check('logSoftmax, likelihood', Math.abs(loss + value) / Math.max(1, Math.abs(value)), 1e-6);
      });
    });
  });
});

describe('alpha dropout', () => {
  const { x, cases } = golden.alphaDropouts;

  test.each(cases)('of $rate: values and slopes match where they are kept, and where not', ({ rate, ...of }) => {
    x.forEach((value, at) => {
      const seen = Array.from({ length: 100 }, (_, seed) => {
        const layers = [dense({ units: 1, useBias: false, inputShape: [1] }), alphaDropout({ rate })];
        const one = engine.sequential({ seed, layers });
        one.setWeights([{ shape: [1, 1], data: [value] }]);
        one.compile({ optimizer: 'sgd', loss: 'halfSquaredError' });
        // The gradient is y·dy/dx with the target 0, and (y − 1)·dy/dx with the target 1.
        const [first, second] = [0, 1].map((target) => one.gradients([[1]], [[target]])[0].data[0]);
        const { loss } = one.trainOnBatch([[1]], [[0]]);
        one.dispose();
        const slope = first - second;
        const [y, expected] = slope === 0 ? [of.dropped, of.dropped] : [first / slope, of.kept[at]];
        check('alpha dropout, slope', Math.abs(slope - (slope === 0 ? 0 : of.slope)), 4e-6);
        check('alpha dropout, value', Math.abs(y - expected), 4e-6);
        check('alpha dropout, loss', Math.abs(loss - expected ** 2 / 2), 4e-6);
        return slope === 0;
      });
      expect(new Set(seen).size).toBe(2);
    });
  });
});

describe('merges', () => {
  test.each(golden.mergeCases)('%s: outputs and gradients match, ties included', async (title, { y, dx }) => {
    const merge = { multiply, subtract, average, maximum, minimum, dot }[title.split(' ')[0] as 'multiply'];
    const merged = title.includes('normalized') ? dot({ normalize: true }) : merge();
    const width = dx[0][0].length;
    // One row per one-hot input, so that the weights of each dense layer are an input of the merge, and their gradient
    // is its delta.
    const rows = y.map((_, i) => y.map((__, k) => +(i === k)));
    const x = input({ shape: [y.length] });
    const parts = dx.map(() => dense({ units: width, useBias: false }).apply(x));
    const network = await model({ inputs: x, outputs: merged.apply(parts) });
    const transposed = (values: number[][]): number[] => values[0].flatMap((_, j) => values.map((row) => row[j]));
    const shape = [width, y.length];
    network.setWeights(dx.map((_, i) => ({ shape, data: Float32Array.from(transposed(golden.mergeInputs[i])) })));
    network.compile({ optimizer: 'sgd', loss: 'halfSquaredError', checks: 'off' });
    // δ = (y − t)/rows.
    const targets = y.map((row, i) => row.map((value, j) => value - y.length * golden.mergeDelta[i][j]));
    check(`${title}, value`, tensorError(network.predict(rows), y.flat()), 1e-6);
    network.gradients(rows, targets).forEach(({ data }, i) => {
      check(`${title}, slopes`, tensorError(data, transposed(dx[i])), 1e-6);
    });
    network.dispose();
  });
});

describe('normalizations', () => {
  const { x, delta, weight, bias } = golden.normalizationInputs;

  test.each(golden.normalizationCases)('%s: outputs, gradients and statistics match', async (title, of) => {
    const { kind, scale, center, y, dx } = of;
    const normalization = {
      batchNormalization: () => batchNormalization({ scale, center }),
      layerNormalization: () => layerNormalization({ scale, center }),
      rmsNormalization: () => rmsNormalization({ scale }),
    }[kind]();
    // One row per one-hot input, so that the weights are the inputs of the normalization, as in the merges.
    const rows = x.map((_, i) => x.map((__, k) => +(i === k)));
    const before = dense({ units: 5, useBias: false, inputShape: [x.length] });
    const network = await sequential({ layers: [before, normalization] });
    const transposed = (values: number[][]): number[] => values[0].flatMap((_, j) => values.map((row) => row[j]));
    const names = ['0.weight', ...(scale ? ['1.weight'] : []), ...(center ? ['1.bias'] : [])];
    const running = kind === 'batchNormalization' ? ['1.running_mean', '1.running_var'] : [];
    expect(network.getWeights().map(({ name }) => name)).toEqual([...names, ...running]);
    expect(network.parameterCount).toBe(5 * (x.length + names.length - 1));
    const given = [transposed(x), ...(scale ? [weight] : []), ...(center ? [bias] : [])];
    network.setWeights(
      network
        .getWeights()
        .map(({ shape, data }, i) => ({ shape, data: given[i] === undefined ? data : Float32Array.from(given[i]) })),
    );
    network.compile({ optimizer: 'sgd', loss: 'halfSquaredError', checks: 'off' });
    const targets = y.map((row, i) => row.map((value, j) => value - y.length * delta[i][j]));
    if (kind !== 'batchNormalization') check(`${title}, value`, tensorError(network.predict(rows), y.flat()), 1e-6);
    const expected = [transposed(dx), ...(scale ? [of.dweight!] : []), ...(center ? [of.dbias!] : [])];
    const gradients = network.gradients(rows, targets);
    expect(gradients.map(({ name }) => name)).toEqual(names);
    gradients.forEach(({ data }, i) => check(`${title}, slopes`, tensorError(data, expected[i]), 2e-6));
    // Of y in training: ½Σ(y − t)² of a row, y − t = 6δ.
    const loss = (delta.flat().reduce((total, value) => total + (6 * value) ** 2, 0) * 0.5) / 6;
    check(`${title}, loss`, Math.abs(network.trainOnBatch(rows, targets).loss / loss - 1), 1e-6);
    const after = network.getWeights().slice(names.length);
    of.running?.forEach((values, i) => check(`${title}, statistics`, tensorError(after[i].data, values), 1e-6));
    network.dispose();
  });
});

describe('optimizers and trainings', () => {
  const cases = [...golden.optimizerCases, ...golden.trainingCases].map((data) => ({
    title: `${data.activations.join(', ')}; ${data.loss}; ${data.optimizer}`,
    ...data,
  }));

  test.each(cases)('$title matches step by step', async (data) => {
    const model = await goldenModel(data);
    check('gradients, first step', worstError(model.gradients(...golden.batchOf(data, 0)), data.firstGradients), 1e-6);
    data.lossPerStep.forEach((loss, s) => {
      const value = model.trainOnBatch(...golden.batchOf(data, s)).loss;
      check(`loss, ${s === 0 ? 'first step' : 'later'}`, Math.abs(value / loss - 1), goldenBound(s + 1));
      const after = data.after[s + 1];
      if (after) check(`parameters, ${s + 1} steps`, worstError(model.getWeights(), after), goldenBound(s + 1));
    });
    expect(model.stepCount).toBe(data.steps);
  });

  test.each(cases)('$title has the same bits by fit', async (data) => {
    const [byHand, byFit] = [await goldenModel(data), await goldenModel(data)];
    for (let s = 0; s < data.steps; s++) byHand.trainOnBatch(...golden.batchOf(data, s));
    const epochs = (data.steps * data.batchSize) / data.x.length;
    await byFit.fit(data.x, data.t, { epochs, batchSize: data.batchSize, shuffle: false });
    expect(byFit.getWeights()).toEqual(byHand.getWeights());
    expect(byFit.stepCount).toBe(data.steps);
  });

  test.each(cases)('$title gives the same outputs', async ({ after, steps, activations, x, finalLogits }) => {
    const beforeSoftmax = activations.map((name) => (name === 'softmax' ? 'linear' : name));
    const model = await modelOf(golden.networkOf(after[steps], beforeSoftmax));
    check('outputs after training', tensorError(model.predict(x), finalLogits.flat()), 1e-6);
  });
});
