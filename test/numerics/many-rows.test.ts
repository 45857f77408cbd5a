/**
 * Sums over the rows of a batch: gradients, statistics and losses of millions of rows keep their digits, since blocks
 * of 4,096 rows are summed by themselves and then added in order, whatever the tile and the number of threads.
 */
import { afterAll, describe, expect, test } from 'vitest';
import {
  batchNormalization,
  createEngine,
  dense,
  embedding,
  layerNormalization,
  prelu,
  rmsNormalization,
  sgd,
  type Engine,
  type Layer,
  type Model,
} from '../../src/index.js';
import { ROW_BLOCK } from '../../src/runtime/constants.generated.js';
import { TILE_NAMES, type TileName } from '../../src/runtime/tile.js';
import { source } from '../support/reference/random.js';

const { fround } = Math;
const engine = await createEngine();
afterAll(() => engine.dispose());

function compiled(of: Engine, layers: Layer[]): Model {
  const model = of.sequential({ seed: 1, layers });
  model.compile({ optimizer: sgd({ learningRate: 1e-30 }), loss: 'meanSquaredError' });
  return model;
}

/** Repeats the rows of a period up to `rows` rows. */
function repeated(period: readonly number[], rows: number, width: number): Float32Array {
  return Float32Array.from({ length: rows * width }, (_, i) => period[i % period.length]);
}

/** Rows that repeat: inputs and targets of a period, and the gradients of the mean squared error. */
interface Case {
  readonly layer: Layer;
  readonly width: number;
  readonly x: readonly number[];
  readonly t: readonly number[];
  readonly gradients: Readonly<Record<string, readonly number[]>>;
}

/** Scales are 1 before training, slopes 0.25, shifts 0. */
const CASES: Readonly<Record<string, Case>> = {
  dense: {
    layer: dense({ units: 1, kernelInitializer: 'zeros', inputShape: [1] }),
    width: 1,
    x: [1],
    t: [-0.5],
    gradients: { weight: [1], bias: [1] },
  },
  // Normalized values are ±1; the derivative of one of them is 2/m, that of the other 0.
  batchNormalization: {
    layer: batchNormalization({ momentum: 0, inputShape: [1] }),
    width: 1,
    x: [51, 49],
    t: [0, -1],
    gradients: { weight: [1], bias: [1] },
  },
  layerNormalization: {
    layer: layerNormalization({ inputShape: [2] }),
    width: 2,
    x: [1, -1],
    t: [0, -2],
    gradients: { weight: [1, -1], bias: [1, 1] },
  },
  rmsNormalization: {
    layer: rmsNormalization({ inputShape: [2] }),
    width: 2,
    x: [1, 1],
    t: [0, 0],
    gradients: { weight: [1, 1] },
  },
  prelu: { layer: prelu({ inputShape: [1] }), width: 1, x: [-1], t: [0.25], gradients: { weight: [1] } },
  embedding: {
    layer: embedding({ inputDim: 2, outputDim: 1, embeddingsInitializer: 'zeros', inputShape: [1] }),
    width: 1,
    x: [0, 1],
    t: [-1, 1],
    gradients: { weight: [1, -1] },
  },
};

describe.each(Object.entries(CASES))('3,000,000 rows of %s', (_, { layer, width, x, t, gradients }) => {
  const rows = 3_000_000;
  const [inputs, targets] = [repeated(x, rows, width), repeated(t, rows, width)];

  test('have gradients, statistics and a loss within 10⁻⁴', () => {
    const model = compiled(engine, [layer]);
    const got = Object.fromEntries(model.gradients(inputs, targets).map((one) => [one.name.split('.')[1], one.data]));
    expect(Object.keys(got)).toEqual(Object.keys(gradients));
    for (const [key, values] of Object.entries(gradients)) {
      values.forEach((value, i) => expect(Math.abs(got[key][i] - value), key).toBeLessThan(1e-4));
    }
    const { loss } = model.trainOnBatch(inputs, targets);
    const few = model.trainOnBatch(inputs.subarray(0, 2 * width), targets.subarray(0, 2 * width));
    expect(Math.abs(loss - few.loss)).toBeLessThan(1e-4 * few.loss);
    model.dispose();
  });
});

test('the mean and the variance of 3,000,000 rows of a batch are within 10⁻⁴', () => {
  const { layer, width, x, t } = CASES.batchNormalization;
  const rows = 3_000_000;
  const model = compiled(engine, [layer]);
  model.trainOnBatch(repeated(x, rows, width), repeated(t, rows, width));
  const [, , mean, variance] = model.getWeights().map(({ data }) => data[0]);
  expect(Math.abs(mean - 50)).toBeLessThan(1e-4);
  expect(Math.abs(variance - 1)).toBeLessThan(1e-4);
  model.dispose();
});

/** Every layer whose gradients are sums over rows. */
const layers = (): Layer[] => [
  embedding({ inputDim: [5, 3], outputDim: [3, 2] }),
  dense({ units: 70 }),
  layerNormalization(),
  prelu(),
  dense({ units: 65 }),
  rmsNormalization(),
  dense({ units: 3 }),
];

/** Two blocks and a part of a third. */
const ROWS = 2 * ROW_BLOCK + 1000;
const from = source(17);
const x = Float32Array.from({ length: 2 * ROWS }, (_, i) => from.below(i % 2 === 0 ? 5 : 3));
const t = Float32Array.from({ length: 3 * ROWS }, () => from.symmetric(1));

const gradientsOf = (model: Model, sampleWeight?: Float32Array): Float32Array[] =>
  model.gradients(x, t, sampleWeight && { sampleWeight }).map(({ data }) => data);

test('gradients are those of blocks of 4,096 rows, added in order', () => {
  const model = compiled(engine, layers());
  const [first, ...others] = [0, 1, 2].map((block) =>
    gradientsOf(
      model,
      Float32Array.from({ length: ROWS }, (_, row) => +(Math.floor(row / ROW_BLOCK) === block)),
    ),
  );
  const expected = first.map((values, tensor) =>
    values.map((value, i) => others.reduce((sum, block) => fround(sum + block[tensor][i]), value)),
  );
  expect(gradientsOf(model)).toEqual(expected);
  model.dispose();
});

test('a batch of one block is one sum, in a model that has seen longer batches too', () => {
  const model = compiled(engine, layers());
  const [few, targets] = [x.subarray(0, 2 * ROW_BLOCK), t.subarray(0, 3 * ROW_BLOCK)];
  const before = model.gradients(few, targets);
  gradientsOf(model);
  expect(model.gradients(few, targets)).toEqual(before);
  // The rows' contributions to the last bias, one after the other.
  const y = model.predict(few);
  const scale = fround(1 / (3 * ROW_BLOCK));
  const bias = [0, 0, 0];
  y.forEach((value, i) => (bias[i % 3] = fround(bias[i % 3] + fround(fround(2 * fround(value - targets[i])) * scale))));
  expect([...before.at(-1)!.data]).toEqual(bias);
  model.dispose();
});

describe('gradients over several blocks have the same bits', () => {
  const model = compiled(engine, [...layers(), batchNormalization()]);
  const [expected, { loss }] = [gradientsOf(model), model.trainOnBatch(x, t)];
  const options = [...TILE_NAMES.map((tile) => ({ tile, threads: 1 })), { tile: '3x12' as TileName, threads: 2 }];

  test.each(options)('with %o', async (option) => {
    const other = await createEngine(option);
    const same = compiled(other, [...layers(), batchNormalization()]);
    expect(gradientsOf(same)).toEqual(expected);
    expect(same.trainOnBatch(x, t).loss).toBe(loss);
    other.dispose();
  });
});
