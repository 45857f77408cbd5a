/**
 * `levenbergMarquardt`: its step against that of a Jacobian by finite differences in float64, its loss on a sine and on
 * friedman1 against that of Adam, what `fit`, files and callbacks do with it, and what it refuses. Its kernels are
 * tested in test/kernels/gauss-newton.test.ts. bench/full-batch.mjs has the figures of more networks.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  adam,
  batchNormalization,
  createEngine,
  dense,
  dropout,
  embedding,
  input,
  l1,
  l2,
  levenbergMarquardt,
  loadModel,
  lbfgs,
  MemoryError,
  prelu,
  rescaling,
  ValueError,
  type CompileOptions,
  type Engine,
  type Layer,
  type Model,
} from '../../../src/index.js';
import { GraphTwin, layerName, type Batch, type Network, type Objective } from '../../support/reference/graph.js';
import { bringWeights, dataOf, graphModel } from '../../support/reference/graph-model.js';
import { matrix, source } from '../../support/reference/random.js';
import { friedman1, sine } from '../../../bench/workloads/tables.mjs';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine();
});
afterAll(() => engine.dispose());

describe('a step is that of (H + μI)·Δw = −g with J by finite differences in float64', () => {
  const from = source(17);
  const shared = { kind: 'dense', units: 3, activation: 'tanh', useBias: true } as const;
  const network: Network = {
    seed: 1,
    nodes: [
      { layer: { kind: 'input', width: 3 }, inputs: [] },
      { layer: shared, inputs: [0] },
      { layer: shared, inputs: [1] },
      { layer: { kind: 'maxout', units: 2, pieces: 2, useBias: true }, inputs: [2] },
      { layer: { kind: 'rescaling', scale: 0.5, offset: 0.1 }, inputs: [3] },
      { layer: { kind: 'dense', units: 2, activation: 'sigmoid', useBias: false }, inputs: [4] },
      { layer: { kind: 'dense', units: 1, activation: 'linear', useBias: true }, inputs: [2] },
    ],
    outputs: [5, 6],
  };
  const objectives: Objective[] = [
    { loss: 'meanSquaredError', weight: 2, labelSmoothing: 0 },
    { loss: 'halfSquaredError', weight: 0.5, labelSmoothing: 0 },
  ];
  const rows = 11;
  const numbers = (columns: number): number[][] => matrix(rows, columns, () => from.symmetric(1));
  const plain: Batch = { x: [numbers(3)], t: [numbers(2), numbers(1)] };
  const weights = Array.from({ length: rows }, (_, row) => Math.fround([0, 0.25, 1, 3][row % 4]));

  /** The step in float64 of the weights that are not in `frozen`. */
  function stepOf(twin: GraphTwin, { x, t, sampleWeight }: Batch, mu: number, frozen: string): Map<string, number[]> {
    const tensors = twin.tensors.filter(({ learned, name }) => learned && !name.startsWith(frozen));
    const places = tensors.flatMap(({ values }) => Array.from(values, (_, at) => ({ values, at })));
    const outputs = (): number[] => twin.predict(x).flat(2);
    const columns = places.map(({ values, at }) => {
      const before = values[at];
      const shifted = [1e-5, -1e-5].map((offset) => {
        values[at] = before + offset;
        return outputs();
      });
      values[at] = before;
      return shifted[0].map((value, i) => (value - shifted[1][i]) / 2e-5);
    });
    // The factor of each squared error, in the order of `outputs`.
    const factors = objectives.flatMap(({ loss, weight }, output) =>
      t[output].flatMap((row, index) =>
        row.map(
          () => (weight * (sampleWeight?.[index] ?? 1) * (loss === 'meanSquaredError' ? 2 / row.length : 1)) / rows,
        ),
      ),
    );
    const targets = t.flat(2);
    const residuals = outputs().map((value, i) => value - targets[i]);
    const system = columns.map((column, i) => [
      ...columns.map((other, j) =>
        column.reduce((sum, value, r) => sum + factors[r] * value * other[r], i === j ? mu : 0),
      ),
      -column.reduce((sum, value, r) => sum + factors[r] * value * residuals[r], 0),
    ]);
    const solution = solve(system);
    let first = 0;
    return new Map(tensors.map(({ name, values }) => [name, solution.slice(first, (first += values.length))]));
  }

  /** Gaussian elimination with pivots of the largest absolute value. */
  function solve(system: number[][]): number[] {
    const n = system.length;
    for (let i = 0; i < n; i++) {
      const pivot = system.slice(i).reduce((best, row, k) => (Math.abs(row[i]) > Math.abs(system[best][i]) ? i + k : best), i); // prettier-ignore
      [system[i], system[pivot]] = [system[pivot], system[i]];
      for (let k = 0; k < n; k++) {
        if (k === i) continue;
        const factor = system[k][i] / system[i][i];
        system[k] = system[k].map((value, c) => value - factor * system[i][c]);
      }
    }
    return system.map((row, i) => row[n] / row[i]);
  }

  test.each([
    ['of plain rows', plain, ''],
    ['of weighted rows', { ...plain, sampleWeight: weights }, ''],
    ['of rows of which one of weight 0 overflows', { ...plain, x: [plain.x[0].map((row, i) => (i === 4 ? [3e38, 3e38, 3e38] : row))], sampleWeight: weights }, ''], // prettier-ignore
    ['with a frozen layer', plain, layerName(network, network.nodes[3].layer)],
  ] as const)('%s', async (_, batch, frozen) => {
    const twin = new GraphTwin(network, source(5));
    const model = graphModel(engine, network);
    bringWeights(twin, model);
    const damping = 0.5;
    if (frozen !== '') model.getLayer(frozen).trainable = false;
    model.compile({
      optimizer: levenbergMarquardt({ damping }),
      loss: objectives.map(({ loss }) => loss as 'meanSquaredError'),
      lossWeights: objectives.map(({ weight }) => weight),
    });
    const before = model.getWeights();
    const { x, y, options } = dataOf(batch as Batch, objectives);
    await model.fit(x, y, { epochs: 1, ...options });
    expect(model.stepCount).toBe(1);
    const expected = stepOf(twin, batch as Batch, damping, frozen || 'none');
    model.getWeights().forEach(({ name, data }, index) => {
      const step = expected.get(name) ?? Array.from(data, () => 0);
      data.forEach((value, at) => {
        // Weights are rounded to float32, and so are the derivatives that J is made of.
        expect(Math.abs(value - before[index].data[at] - step[at]), name).toBeLessThan(1e-6);
      });
    });
    expect(expected.size).toBe(frozen === '' ? 7 : 5);
    model.dispose();
  });
});

/** Compiles a network of one hidden layer of tanh. */
function networkOf(
  inputs: number,
  units: number,
  optimizer: CompileOptions['optimizer'],
  seed = 1,
  own = engine,
): Model {
  const model = own.sequential({
    seed,
    layers: [dense({ units, activation: 'tanh', inputShape: [inputs] }), dense({ units: 1 })],
  });
  model.compile({ optimizer, loss: 'meanSquaredError' });
  return model;
}

const wordsOf = (model: Model): number[] =>
  model.getWeights().flatMap(({ data }) => [...new Uint32Array(data.buffer, 0, data.length)]);

const waves = sine();
const table = friedman1();

test.each([
  ['a sine', waves, 10, 1e-5],
  ['friedman1', table, 10, 0.05],
] as const)(
  '%s: 60 iterations end at a loss that Adam does not reach in 2,000 epochs',
  async (_, { x, y }, units, bound) => {
    const reached: number[] = [];
    for (const seed of [1, 2, 3]) {
      const model = networkOf(x[0].length, units, levenbergMarquardt(), seed);
      const { history } = await model.fit(x, y, { epochs: 60 });
      history.loss.slice(1).forEach((loss, i) => expect(loss).toBeLessThan(history.loss[i]));
      reached.push(history.loss.at(-1)!);
      model.dispose();
    }
    expect(Math.max(...reached)).toBeLessThan(bound);
    // All rows at a time, and 32, as Adam is used; the best of the learning rates is one of these.
    for (const [learningRate, batchSize] of [
      [0.1, x.length],
      [0.03, x.length],
      [0.03, 32],
      [0.01, 32],
    ] as const) {
      // prettier-ignore
      const model = networkOf(x[0].length, units, adam({ learningRate }), 1);
      const { history } = await model.fit(x, y, { epochs: 2000, batchSize });
      expect(Math.min(...history.loss)).toBeGreaterThan(2 * Math.max(...reached));
      model.dispose();
    }
  },
);

test('a linear regression is solved by a few iterations, as with weights of classes and a penalty', async () => {
  const x = Array.from({ length: 20 }, (_, i) => [Math.sin(i), Math.cos(3 * i)]);
  const y = x.map(([a, b]) => [2 * a - b + 0.5]);
  const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [2], kernelRegularizer: l2(0.1) })] });
  model.compile({ optimizer: levenbergMarquardt({ damping: 1e-6 }), loss: 'meanSquaredError' });
  const { stopReason, epoch } = await model.fit(x, y, { epochs: 50 });
  expect(['gradientTolerance', 'maxDamping']).toContain(stopReason);
  expect(epoch.length).toBeLessThan(8);
  expect(Math.max(...model.gradients(x, y).flatMap(({ data }) => [...data].map(Math.abs)))).toBeLessThan(1e-6);
});

test('a row that overflows is left out where the only output that gives it a weight has none in the loss', async () => {
  const fitted = async (sampleWeight: number[] | number[][]): Promise<Model<Float32Array[]>> => {
    const given = input({ shape: [1] });
    const h = dense({ units: 3, kernelInitializer: 'ones' }).apply(given);
    const outputs = [dense({ units: 1 }).apply(h), dense({ units: 1 }).apply(h)];
    const model = engine.model({ seed: 1, inputs: given, outputs }) as Model<Float32Array[]>;
    model.compile({ optimizer: 'levenbergMarquardt', loss: 'mse', lossWeights: [1, 0] });
    const y = [[0], [3], [5], [7]];
    await model.fit([[3e38], [1], [2], [3]], [y, y], { epochs: 10, sampleWeight });
    return model;
  };
  const [each, all] = [await fitted([[0, 1, 1, 1], [1, 1, 1, 1]]), await fitted([0, 1, 1, 1])]; // prettier-ignore
  expect(Math.abs(each.predict([[4]])[0][0] - 9)).toBeLessThan(1e-3);
  expect(each.getWeights()).toEqual(all.getWeights());
});

test('an output whose loss has no weight changes nothing, even where it overflows', async () => {
  const fitted = async (scale: number): Promise<{ stopReason?: string; weights: Float32Array[] }> => {
    const given = input({ shape: [1] });
    const large = rescaling({ scale }).apply(given);
    const outputs = [dense({ units: 1 }).apply(given), dense({ units: 1 }).apply(large)];
    const model = engine.model({ seed: 1, inputs: given, outputs }) as Model<Float32Array[]>;
    model.compile({ optimizer: 'levenbergMarquardt', loss: 'mse', lossWeights: [1, 0] });
    const y = [[3], [5], [7]];
    const { stopReason } = await model.fit([[1], [2], [3]], [y, y], { epochs: 8 });
    return { stopReason, weights: model.getWeights().map(({ data }) => data) };
  };
  const [finite, infinite] = [await fitted(1), await fitted(3e38)];
  expect(infinite).toEqual(finite);
  expect(Math.abs(infinite.weights[0][0] - 2)).toBeLessThan(1e-2);
});

test('the same bits in every tile, on two threads, in a worker, and from a file in between', async () => {
  const train = async (epochs: readonly number[], options: object = {}, own = engine): Promise<number[]> => {
    let model = networkOf(10, 9, levenbergMarquardt(), 4, own);
    for (const [index, one] of epochs.entries()) {
      if (index > 0) model = await loadModel(model.save(), { engine: own });
      await model.fit(table.x, table.y, { epochs: one, ...options });
    }
    expect(model.stepCount).toBe(12);
    return wordsOf(model);
  };
  const expected = await train([12]);
  expect(await train([5, 7])).toEqual(expected);
  expect(await train([12], { runIn: 'worker' })).toEqual(expected);
  for (const setup of [{ tile: '4x8' }, { tile: '2x16' }, { threads: 2 }] as const) {
    const own = await createEngine(setup);
    expect(await train([12], {}, own), JSON.stringify(setup)).toEqual(expected);
    own.dispose();
  }
});

describe('training ends', () => {
  const x = [[1], [2], [3]];

  test('at the goal, and reports it from a worker too', async () => {
    for (const runIn of ['main', 'worker'] as const) {
      const model = networkOf(1, 10, levenbergMarquardt({ goal: 1e-3 }));
      const { stopReason, history } = await model.fit(waves.x, waves.y, { epochs: 60, runIn });
      expect(stopReason).toBe('goal');
      expect(history.loss.at(-1)).toBeLessThan(1e-3);
      expect(history.loss.at(-2)).toBeGreaterThan(1e-3);
      model.dispose();
    }
  });

  test('where the gradient vanishes, without a step', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });
    model.compile({ optimizer: 'levenbergMarquardt', loss: 'mse' });
    const { stopReason, history } = await model.fit(x, [[0], [0], [0]], { epochs: 9 });
    expect([stopReason, history.loss, model.stepCount]).toEqual(['gradientTolerance', [0], 0]);
  });

  test('where no damping lowers the loss; another fit starts with the damping of the options', async () => {
    const model = networkOf(1, 3, levenbergMarquardt({ damping: 0.25, maxDamping: 0.5, gradientTolerance: 0 }));
    const y = [[1], [-1], [1]];
    const { stopReason, history } = await model.fit(x, y, { epochs: 3000 });
    expect([stopReason, history.loss.length < 3000]).toEqual(['maxDamping', true]);
    expect(history.loss.at(-1)).toBe(history.loss.at(-2));
    // Other rows are far from their minimum.
    const again = await model.fit(x, [[-1], [1], [0.5]], { epochs: 5 });
    expect(again.history.loss[4]).toBeLessThan(again.history.loss[0]);
  });

  test.each([
    ['a row that overflows', [[3e38], [1], [2]]],
    ['rows whose Jacobian overflows', [[3e25], [1e25], [2e25]]],
  ])('%s: the weights stay finite and the loss does not rise', async (_, rows) => {
    const model = networkOf(1, 3, levenbergMarquardt());
    const { history } = await model.fit(rows, [[1], [-1], [1]], { epochs: 20 });
    expect(history.loss.at(-1)! <= history.loss[0]).toBe(true);
    expect(model.getWeights().every(({ data }) => data.every(Number.isFinite))).toBe(true);
  });

  test('not before a damping was tried, where the largest is the first, which float32 rounds up', async () => {
    const model = networkOf(1, 3, levenbergMarquardt({ damping: 0.1, maxDamping: 0.1 }));
    await model.fit(waves.x, waves.y, { epochs: 1 });
    expect(model.stepCount).toBe(1);
    model.dispose();
  });

  test('where the loss is not finite, without a step', async () => {
    const model = engine.sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' })] });
    model.compile({ optimizer: levenbergMarquardt(), loss: 'mse' });
    const before = wordsOf(model);
    const { stopReason, history } = await model.fit([[3e38]], [[-3e38]], { epochs: 3 });
    expect([stopReason, history.loss]).toEqual(['notFinite', [Infinity]]);
    expect(wordsOf(model)).toEqual(before);
  });
});

test('weights that the outputs do not depend on: a singular matrix is damped', async () => {
  // Units of relu whose inputs are negative for all rows, and two equal columns of inputs.
  const model = engine.sequential({
    layers: [
      dense({ units: 6, activation: 'relu', inputShape: [2], biasInitializer: 'zeros', kernelInitializer: 'ones' }),
      dense({ units: 1 }),
    ],
  });
  model.compile({ optimizer: levenbergMarquardt({ damping: 1e-30 }), loss: 'mse' });
  const x = Array.from({ length: 8 }, (_, i) => [i / 8, i / 8]);
  const { history } = await model.fit(x, x.map(([v]) => [3 * v + 1]), { epochs: 30 }); // prettier-ignore
  expect(history.loss.at(-1)).toBeLessThan(1e-8);
});

test('an abort between iterations keeps the weights of the last one; validation and other fits work', async () => {
  const model = networkOf(1, 5, levenbergMarquardt());
  const aborter = new AbortController();
  let words: number[] = [];
  const onEpochEnd = (epoch: number): void => {
    if (epoch === 2) aborter.abort();
    words = wordsOf(model);
  };
  const call = model.fit(waves.x, waves.y, { epochs: 9, signal: aborter.signal, callbacks: [{ onEpochEnd }] });
  await expect(call).rejects.toThrow();
  expect(wordsOf(model)).toEqual(words);
  const { history } = await model.fit(waves.x.slice(0, 30), waves.y.slice(0, 30), { epochs: 4, validationSplit: 0.2 });
  expect(history.valLoss).toHaveLength(4);
  expect(model.evaluate(waves.x.slice(0, 24), waves.y.slice(0, 24)).loss).toBe(history.loss[3]);
});

test('memory is given back when rows, optimizer or model change', async () => {
  const own = await createEngine();
  const empty = own.memory().used;
  const model = networkOf(10, 20, levenbergMarquardt(), 1, own);
  await model.fit(table.x, table.y, { epochs: 1 });
  const { used } = own.memory();
  for (let i = 0; i < 3; i++) {
    await model.fit(table.x.slice(0, 50), table.y.slice(0, 50), { epochs: 1 });
    model.compile({ optimizer: levenbergMarquardt(), loss: 'meanSquaredError' });
    await model.fit(table.x, table.y, { epochs: 1 });
    expect(own.memory().used).toBe(used);
  }
  model.dispose();
  expect(own.memory().used).toBe(empty);
  own.dispose();
});

describe('refusals', () => {
  const first = (layer: Layer): readonly Layer[] => [layer, dense({ units: 1 })];

  test.each([
    ['a cross-entropy', [dense({ units: 1, activation: 'sigmoid', inputShape: [1] })], 'binaryCrossentropy', 'the loss meanSquaredError or halfSquaredError, got binaryCrossentropy. Use lbfgs for other losses.'], // prettier-ignore
    ['dropout', [dense({ units: 2, inputShape: [1] }), dropout({ rate: 0.5 }), dense({ units: 1 })], 'mse', 'which draws random numbers. Remove the layer, or use adam.'], // prettier-ignore
    ['l1', first(dense({ units: 1, inputShape: [1], kernelRegularizer: l1(0.1) })), 'mse', 'l1 has no derivative at 0'],
    ['prelu', [...first(dense({ units: 2, inputShape: [1] })), prelu()], 'mse', 'layers that learn to be dense or maxout, got "prelu", a layer of kind prelu. Freeze it, or use lbfgs.'], // prettier-ignore
    ['embedding', first(embedding({ inputDim: 4, outputDim: 2, inputShape: [1] })), 'mse', 'got "embedding"'],
    ['batchNormalization', [dense({ units: 2, inputShape: [1] }), batchNormalization(), dense({ units: 1 })], 'mse', 'got "batchNormalization"'], // prettier-ignore
    ['too many weights', first(dense({ units: 5000, inputShape: [1] })), 'mse', 'at most 5000 weights, got 15001, whose matrices would take 1801 MB. Use lbfgs, or fewer units.'], // prettier-ignore
  ] as const)('%s, and the optimizer of before stays', (_name, layers, loss, reason) => {
    const model = engine.sequential({ layers });
    model.compile({ optimizer: adam({ learningRate: 0.5 }), loss: 'mse', checks: 'off' });
    const compile = (): void => model.compile({ optimizer: levenbergMarquardt(), loss });
    expect(compile).toThrow(ValueError);
    expect(compile).toThrow('compile: optimizer levenbergMarquardt expected');
    expect(compile).toThrow(reason);
    expect(model.learningRate).toBe(0.5);
  });

  test('what is refused may be frozen', async () => {
    const layers = [
      embedding({ inputDim: 4, outputDim: 3, inputShape: [1], trainable: false }),
      dense({ units: 5, activation: 'tanh' }),
      batchNormalization({ trainable: false }),
      dense({ units: 1 }),
    ];
    const model = engine.sequential({ seed: 2, layers });
    model.compile({ optimizer: levenbergMarquardt(), loss: 'mse' });
    const before = model.getWeights();
    const { history } = await model.fit([[0], [1], [2], [3]], [[1], [-1], [1], [0]], { epochs: 20 });
    expect(history.loss.at(-1)).toBeLessThan(1e-9);
    model.getWeights().forEach(({ name, data }, i) => {
      if (name.startsWith('0.') || name.startsWith('3.')) expect(data, name).toEqual(before[i].data);
    });
  });

  test('a smaller batchSize, a source and trainOnBatch', async () => {
    const model = networkOf(1, 2, levenbergMarquardt());
    await expect(model.fit(waves.x, waves.y, { batchSize: 2 })).rejects.toThrow(
      'batchSize expected at least all 100 rows for the optimizer levenbergMarquardt, got 2.',
    );
    await expect(model.fit(() => [[waves.x, waves.y]])).rejects.toThrow('for the optimizer levenbergMarquardt');
    expect(() => model.trainOnBatch(waves.x, waves.y)).toThrow('got levenbergMarquardt, which needs all rows');
  });

  test.each([
    [{ damping: 0 }, 'damping expected a number > 0, got 0'],
    [{ damping: NaN }, 'damping expected a number > 0, got NaN'],
    [{ damping: 1, maxDamping: 0.5 }, 'maxDamping expected a number >= damping, which is 1, got 0.5'],
    [{ dampingDecrease: 1 }, 'dampingDecrease expected a number above 0 and below 1, got 1'],
    [{ dampingDecrease: -0 }, 'dampingDecrease expected a number above 0 and below 1'],
    [{ dampingIncrease: 1 }, 'dampingIncrease expected a number >= 1.1, got 1'],
    [{ dampingIncrease: Infinity }, 'dampingIncrease expected a number >= 1.1, got Infinity'],
    [{ maxDamping: 1e300 }, 'maxDamping expected a number > 0, got 1e+300'],
    [{ gradientTolerance: -1 }, 'gradientTolerance expected a number >= 0, got -1'],
    [{ goal: '0' }, 'goal expected a number >= 0'],
    [{ mu: 0.1 }, 'damping'],
    [{ mu_max: 1 }, 'maxDamping'],
    [{ mem_reduc: 1 }, 'unknown option'],
  ])('the options %j', (options, reason) => {
    expect(() => levenbergMarquardt(options as object)).toThrow(ValueError);
    expect(() => levenbergMarquardt(options as object)).toThrow(reason);
  });

  test('memory that the engine does not have: nothing changes, and nothing of it is kept', async () => {
    const own = await createEngine({ maximumMemory: 8 << 20 });
    const model = networkOf(10, 150, levenbergMarquardt(), 1, own);
    const before = wordsOf(model);
    await expect(model.fit(table.x, table.y, { epochs: 1 })).rejects.toThrow(MemoryError);
    const { used } = own.memory();
    await expect(model.fit(table.x, table.y, { epochs: 1 })).rejects.toThrow(MemoryError);
    expect(own.memory().used).toBe(used);
    expect(wordsOf(model)).toEqual(before);
    model.compile({ optimizer: lbfgs(), loss: 'mse' });
    await model.fit(table.x, table.y, { epochs: 1 });
    own.dispose();
  });
});
