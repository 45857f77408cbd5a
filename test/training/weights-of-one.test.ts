/**
 * Row weights of one change no bit of anything: losses, gradients, weights, logs, in any network, for any number of
 * rows and any batch size. A weight of 0 removes a row from the loss, even where its loss overflows. WEIGHTS_OF_ONE
 * sets the number of random networks; .ci/run takes 5,000.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  add,
  adam,
  createEngine,
  dense,
  input,
  sequential,
  type FitOptions,
  type LossName,
  type SymbolicTensor,
} from '../../src/index.js';
import { GraphTwin } from '../support/reference/graph.js';
import { dataOf, graphModel, lossOf, type GraphModel } from '../support/reference/graph-model.js';
import { randomBatch, randomNetwork, randomObjectives, type Integer } from '../support/reference/random-graph.js';
import { source } from '../support/reference/random.js';

const RUNS = Number(process.env.WEIGHTS_OF_ONE ?? 150);

const engine = await createEngine();

const ones = (count: number): number[] => Array.from({ length: count }, () => 1);

/**
 * Half of the sizes are near multiples of 16, where buffers of one float per row end inside a vector or a cache line.
 */
const size = (integer: Integer): number => (integer(0, 1) === 0 ? integer(1, 40) : 16 * integer(1, 4) - integer(0, 3));

async function check(integer: Integer): Promise<void> {
  const network = randomNetwork(integer);
  const objectives = randomObjectives(network, integer);
  const from = source(integer(0, 0x7fffffff));
  const twin = new GraphTwin(network, from);
  const widths = network.outputs.map((node) => twin.widthOf(node));
  // Batch normalization does not train on nothing but batches of one row, even where a third of the rows validates.
  const rows = Math.max(3, size(integer));
  const batchSize = Math.max(2, size(integer));
  const batch = () =>
    dataOf({ ...randomBatch(objectives, twin.inputWidths, widths, rows, from), sampleWeight: [] }, objectives);
  const train = batch();
  const held = batch();
  const shuffle = integer(0, 1) === 0;
  const way = integer(0, 3);

  /** Everything visible of a model, with weights of one or without: logs and bytes. */
  async function seen(model: GraphModel, weighted: boolean): Promise<{ logs: unknown[]; bytes: Buffer }> {
    const weights = weighted ? { sampleWeight: ones(rows) } : {};
    model.compile({
      optimizer: adam({ learningRate: 0.01 }),
      loss: objectives.map(lossOf),
      lossWeights: objectives.map(({ weight }) => weight),
      metrics: ['meanAbsoluteError'],
      // A softmax of one unit is of no use, but must satisfy this as well.
      checks: 'off',
    });
    const gradients = model.gradients(train.x, train.y, weights);
    const logs: unknown[] = [
      model.evaluate(held.x, held.y, { ...weights, batchSize }),
      model.trainOnBatch(train.x, train.y, weights),
    ];
    const options: FitOptions = { epochs: 2, batchSize, shuffle };
    if (way === 0) {
      const data = weighted ? ([held.x, held.y, ones(rows)] as const) : ([held.x, held.y] as const);
      logs.push(await model.fit(train.x, train.y, { ...options, ...weights, validationData: data }));
    } else if (way === 1) {
      logs.push(await model.fit(train.x, train.y, { ...options, ...weights, validationSplit: 0.3 }));
    } else if (way === 2 && objectives.length === 1) {
      const outputs = Math.max(2, widths[0]);
      const byClass = Object.fromEntries(ones(outputs).map((one, index) => [index, one]));
      const classWeight = rows % 2 === 0 ? {} : byClass;
      logs.push(await model.fit(train.x, train.y, { ...options, ...(weighted && { classWeight }) }));
    } else {
      const batches = [train, held].map(({ x, y }) => (weighted ? ([x, y, ones(rows)] as const) : ([x, y] as const)));
      logs.push(await model.fit(() => batches, { epochs: 2 }));
    }
    const bytes = Buffer.concat([...gradients.map(({ data }) => new Uint8Array(data.buffer)), model.save()]);
    model.dispose();
    return { logs, bytes };
  }

  const plain = await seen(graphModel(engine, network), false);
  const weighted = await seen(graphModel(engine, network), true);
  expect(weighted.logs).toEqual(plain.logs);
  expect(Buffer.compare(weighted.bytes, plain.bytes)).toBe(0);
}

test(`weights of one change no bit, in ${RUNS} random networks`, { timeout: 1_200_000 }, async () => {
  const property = fc.asyncProperty(fc.gen(), (draw) => check((min, max) => draw(fc.integer, { min, max })));
  await fc.assert(property, { seed: 15, numRuns: RUNS });
});

/** One unit of zeros: its loss is the mean of the squared targets. */
const zeros = () => sequential({ layers: [dense({ units: 1, inputShape: [1], kernelInitializer: 'zeros' })] });

describe('a buffer of a weight per row does not reach into the next one', () => {
  test.each([1, 13, 14, 15, 16, 29, 30, 31, 32, 255, 256, 512])('the loss over %i rows is 1', async (rows) => {
    const model = await zeros();
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [ones(rows), ones(rows)].map((column) => column.map((one) => [one]));
    expect(model.evaluate(x, y, { sampleWeight: ones(rows) }).loss).toBe(1);
    expect(model.evaluate(x, y, { sampleWeight: ones(rows), batchSize: 14 }).loss).toBe(1);
  });
});

describe('a row of weight 0 adds nothing, even where float32 does not hold its loss', () => {
  const FAR = 3e38;
  const targets: Record<string, [first: number, second: number]> = {
    halfSquaredError: [0.5, FAR],
    meanSquaredError: [0.5, FAR],
    meanAbsoluteError: [0.5, -FAR],
    huber: [0.5, -FAR],
  };

  test.each(Object.entries(targets))('under %s', async (loss, [near, far]) => {
    const model = await sequential({ seed: 3, layers: [dense({ units: 1, inputShape: [2] })] });
    model.setWeights([
      { shape: [1, 2], data: Float32Array.of(0.5, 0.25) },
      { shape: [1], data: Float32Array.of(FAR) },
    ]);
    model.compile({ optimizer: 'sgd', loss: loss as LossName });
    const x = [[1, 2], [2, 1], [0, 1]]; // prettier-ignore
    const sampleWeight = [0, 1, 0];
    const rows = [far, FAR, near].map((value) => [value]);
    // The second row alone counts for a third of the mean.
    const alone = model.evaluate([x[1]], [rows[1]]).loss;
    expect(alone).toBeLessThan(Infinity);
    expect(model.evaluate(x, rows, { sampleWeight }).loss).toBe(alone / 3);
    for (const { data } of model.gradients(x, rows, { sampleWeight })) {
      expect([...data].every(Number.isFinite)).toBe(true);
    }
    expect(model.trainOnBatch(x, rows, { sampleWeight }).loss).toBe(alone / 3);
  });

  test('and neither does an output whose loss has weight 0', () => {
    const x: SymbolicTensor = input({ shape: [1] });
    const one = dense({ units: 1, name: 'one', kernelInitializer: 'ones' }).apply(x);
    const other = dense({ units: 1, name: 'other', kernelInitializer: 'ones' }).apply(add().apply([x, x]));
    const model = engine.model({ inputs: x, outputs: [one, other] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', lossWeights: [1, 0] });
    const y = [[[2]], [[FAR]]];
    expect(model.evaluate([[1]], y)).toMatchObject({ loss: 1, oneLoss: 1, otherLoss: Infinity });
    expect(model.gradients([[1]], y).flatMap(({ data }) => [...data])).toEqual([-2, -2, 0, 0]);
    expect(model.trainOnBatch([[1]], y).loss).toBe(1);
    model.dispose();
  });
});
