/** A row's outputs have the same bits alone and in a batch of any size, at any position in it. */
import { describe, expect, test } from 'vitest';
import type { Model } from '../../src/index.js';
import { modelOf } from '../support/reference/library.js';
import { matrix, randomNetwork, source } from '../support/reference/random.js';
import { activations, type ActivationName } from '../support/reference/twin.js';

const names = Object.keys(activations) as ActivationName[];
const BATCHES = [...Array.from({ length: 40 }, (_, i) => i + 1), 63, 64, 65, 255, 256, 257, 1000];
const ROWS = Math.max(...BATCHES);

/**
 * Layer sizes: every width below as input, as hidden layer and as output, at the multiples of a tile and next to them.
 */
const WIDTHS = [1, 3, 4, 7, 8, 10, 16, 33, 128, 785];
const networks = WIDTHS.map((width, i) => [width, WIDTHS[(i + 3) % WIDTHS.length], WIDTHS[(i + 7) % WIDTHS.length]]);

function build(sizes: number[], hidden: ActivationName, output: ActivationName) {
  const from = source(sizes[0] + 1000 * sizes[1]);
  const network = randomNetwork(sizes, [hidden, output], from);
  // Some rows have large values, so that exp reaches its limits and softmax its extremes.
  const rows = matrix(ROWS, sizes[0], () => from.symmetric(2)).map((row, i) =>
    i % 10 === 9 ? row.map((value) => Math.fround(value * 60)) : row,
  );
  return { network, rows, x: Float32Array.from(rows.flat()), from };
}

/** Checks that every batch of the first n rows, and of the last n rows, has the bits of the rows predicted alone. */
function check(model: Model, x: Float32Array, inputs: number, outputs: number): void {
  const alone = new Uint32Array(ROWS * outputs);
  const row = new Float32Array(outputs);
  for (let i = 0; i < ROWS; i++) {
    model.predictInto(x.subarray(i * inputs, (i + 1) * inputs), row);
    alone.set(new Uint32Array(row.buffer), i * outputs);
  }
  for (const size of BATCHES) {
    for (const first of new Set([0, ROWS - size])) {
      const batch = x.subarray(first * inputs, (first + size) * inputs);
      expectSameBits(model.predict(batch), alone, first * outputs, `rows ${first} to ${first + size}`);
    }
  }
  for (const batchSize of [1, 2, 5, 64, 999, 5000]) {
    expectSameBits(model.predict(x, { batchSize }), alone, 0, `batchSize ${batchSize}`);
  }
}

function expectSameBits(values: Float32Array, expected: Uint32Array, from: number, where: string): void {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const differing = bits.findIndex((value, i) => value !== expected[from + i]);
  if (differing >= 0) expect.fail(`${where}: value ${differing} differs from the row predicted alone`);
}

describe.each(networks)('a network of sizes %i-%i-%i gives each row the same bits in any batch', (...sizes) => {
  test.each(names)('with %s', async (name) => {
    const { network, x } = build(sizes, name, name === 'softmax' ? 'linear' : name);
    check(await modelOf(network), x, sizes[0], sizes[2]);
  });

  test('with relu and softmax', async () => {
    const { network, x } = build(sizes, 'relu', 'softmax');
    check(await modelOf(network), x, sizes[0], sizes[2]);
  });
});

describe('evaluate gives the same loss and accuracy for every batch size', () => {
  test.each([
    ['softmax', 'categoricalCrossentropy'],
    ['softmax', 'sparseCategoricalCrossentropy'],
    ['sigmoid', 'binaryCrossentropy'],
    ['linear', 'meanSquaredError'],
    ['tanh', 'halfSquaredError'],
  ] as const)('for %s and %s', async (output, loss) => {
    const { network, x, from } = build([10, 16, 7], 'relu', output);
    const model = await modelOf(network, { optimizer: 'sgd', loss, metrics: ['accuracy'] });
    const labels = matrix(ROWS, 1, () => from.below(7)).flat();
    const y = loss.startsWith('sparse')
      ? labels
      : labels.map((label) => Array.from({ length: 7 }, (_, k) => +(k === label)));
    const expected = model.evaluate(x, y);
    for (const batchSize of BATCHES) expect(model.evaluate(x, y, { batchSize }), `${batchSize}`).toEqual(expected);
  });
});

test('the form of the data changes no bit', async () => {
  const { network, rows, x } = build([7, 8, 3], 'tanh', 'sigmoid');
  const model = await modelOf(network);
  const expected = model.predict(x);
  expect(model.predict(rows)).toEqual(expected);
  expect(model.predict(rows.map((row) => Float32Array.from(row)))).toEqual(expected);
});

test.each([1, 256, 257, 700])('outputs may be written over the inputs, %i rows', async (rows) => {
  for (const [inputs, outputs] of [
    [2, 8],
    [8, 2],
    [5, 5],
  ]) {
    const { network, x } = build([inputs, 16, outputs], 'tanh', 'linear');
    const model = await modelOf(network);
    const given = x.slice(0, rows * inputs);
    const expected = model.predict(given);
    const buffer = new Float32Array(rows * Math.max(inputs, outputs));
    buffer.set(given);
    expect(model.predictInto(buffer.subarray(0, rows * inputs), buffer.subarray(0, rows * outputs))).toEqual(expected);
  }
});
