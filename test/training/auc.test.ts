/**
 * The metric `auc` against a computation by ranks: any scores, ties, rare events, several outputs, batches of any size
 * and growing ones.
 */
import { describe, expect, test } from 'vitest';
import { dense, sequential, type Model } from '../../src/index.js';
import { source } from '../support/reference/random.js';

type Matrix = number[][];

/** A model whose outputs are its inputs. */
async function mirror(width: number): Promise<Model> {
  const model = await sequential({ layers: [dense({ units: width, inputShape: [width], useBias: false })] });
  const identity = Float32Array.from({ length: width * width }, (_, i) => Number(i % (width + 1) === 0));
  model.setWeights([{ shape: [width, width], data: identity }]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['auc'] });
  return model;
}

/** Computes the area by ranks: sorts all scores, where ties share the mean of their ranks (Mann and Whitney 1947). */
function byRanks(y: readonly number[], t: readonly number[]): number {
  const order = y.map((_, i) => i).sort((a, b) => y[a] - y[b]);
  let sum = 0;
  for (let first = 0, end: number; first < order.length; first = end) {
    end = first;
    while (end < order.length && y[order[end]] === y[order[first]]) end += 1;
    for (let at = first; at < end; at++) if (t[order[at]] > 0.5) sum += (first + 1 + end) / 2;
  }
  const positives = t.filter((value) => value > 0.5).length;
  return (sum - (positives * (positives + 1)) / 2) / (positives * (t.length - positives));
}

const column = (values: readonly number[]): Matrix => values.map((value) => [value]);

async function area(y: readonly number[], t: readonly number[]): Promise<number> {
  const model = await mirror(1);
  const { auc } = model.evaluate(column(y), column(t));
  for (const batchSize of [1, 3, 1000]) expect(model.evaluate(column(y), column(t), { batchSize }).auc).toBe(auc);
  model.dispose();
  return auc;
}

test.each([
  ['of logits in order', [4, 3, 2, 1.5], [1, 1, 0, 0], 1],
  ['of logits with one pair out of order', [-2, 5, 3, 1.5], [0, 1, 0, 1], 0.75],
  ['of tanh', [-0.9, -0.5, -0.7, -0.1], [0, 1, 0, 1], 1],
  ['of scores far apart', [-5, 7], [0, 1], 1],
  ['of scores above 1 in the wrong order', [2, 3], [1, 0], 0],
  ['of scores one unit in the last place apart', [1, 1 + 2 ** -23], [0, 1], 1],
  ['of scores below 1/1024', [1e-5, 2e-5, 3e-6, 4e-5], [0, 1, 0, 1], 1],
  ['of scores near the end of float32', [-3e38, 3e38, 2.9e38], [0, 1, 0], 1],
  ['of subnormal scores', [0, 1.4e-45], [0, 1], 1],
  ['of zeros of both signs, which are equal', [-0, 0], [0, 1], 0.5],
  ['of targets -1 and 1', [-1, 1, 0.2, 0.4], [-1, 1, 1, -1], 0.75],
  ['of targets that are positive from 0 on, since some are below 0', [1, 2, 3], [-0.3, 0.2, 0.3], 1],
  ['of targets that are positive from a half on, since none is below 0', [1, 2, 3], [0.1, 0.4, 0.9], 1],
  ['of a single class', [1, 2, 3], [1, 1, 1], 0.5],
  ['of equal scores', [7, 7, 7], [1, 0, 1], 0.5],
] as const)('the area %s is exact', async (_, y, t, expected) => {
  expect(await area(y.map(Math.fround), t.map(Math.fround))).toBe(expected);
});

describe('the area equals the one by ranks', () => {
  const from = source(5);
  const uniform = (): number => from.uniform();
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

  test.each([
    ['for linear outputs', 997, 0.4, (yes: number) => normal() + yes],
    ['for logits of one sign', 500, 0.5, (yes: number) => 40 + normal() + yes],
    ['for scores with many ties', 800, 0.3, (yes: number) => Math.round(2 * (normal() + yes)) / 2],
    ['for one event in a thousand, 20,000 rows', 20_000, 0.001, (yes: number) => sigmoid(normal() + yes - 8)],
    [
      'for magnitudes from 1e-30 to 1e30',
      600,
      0.5,
      (yes: number) => 10 ** (60 * uniform() - 30) * (uniform() < 0.3 + 0.4 * yes ? 1 : -1),
    ],
  ] as const)('%s', async (_, rows, share, score) => {
    const t = Array.from({ length: rows }, (__, i) => Number(i === 0 || uniform() < share));
    const y = t.map((yes) => Math.fround(score(yes)));
    const expected = byRanks(y, t);
    expect(expected).toBeGreaterThan(0.55);
    expect(expected).toBeLessThan(0.95);
    expect(Math.abs((await area(y, t)) - expected)).toBeLessThan(1e-14);
  });

  test('for several outputs, as the mean over those with both kinds of target', async () => {
    const t = Array.from({ length: 300 }, () => [Number(uniform() < 0.5), 1, Number(uniform() < 0.02), 0]);
    t[0][2] = 1;
    const y = t.map((row) => row.map((yes) => Math.fround(normal() + yes)));
    const model = await mirror(4);
    const of = (j: number): number =>
      byRanks(
        y.map((row) => row[j]),
        t.map((row) => row[j]),
      );
    const { auc } = model.evaluate(y, t);
    expect(Math.abs(auc - (of(0) + of(2)) / 2)).toBeLessThan(1e-14);
    expect(model.evaluate(y, t, { batchSize: 7 }).auc).toBe(auc);
  });

  test('after each batch for the rows so far, and for an epoch and its validation', async () => {
    const t = Array.from({ length: 230 }, () => Number(uniform() < 0.4));
    const y = t.map((yes) => Math.fround(normal() + yes));
    const model = await mirror(1);
    const frozen = model.getWeights();
    const areas: number[] = [];
    const { history } = await model.fit(column(y), column(t), {
      epochs: 2,
      batchSize: 16,
      shuffle: false,
      validationData: [column(y.slice(100)), column(t.slice(100))],
      callbacks: [
        {
          onBatchEnd(_, logs) {
            areas.push(logs.auc);
            model.setWeights(frozen);
          },
        },
      ],
    });
    expect(areas.length).toBe(30);
    areas.forEach((found, index) => {
      const rows = Math.min(230, 16 * ((index % 15) + 1));
      expect(Math.abs(found - byRanks(y.slice(0, rows), t.slice(0, rows)))).toBeLessThan(1e-14);
    });
    expect(history.auc).toEqual([areas[14], areas[14]]);
    const validation = byRanks(y.slice(100), t.slice(100));
    for (const found of history.valAuc) expect(Math.abs(found - validation)).toBeLessThan(1e-14);
  });

  test('for batches of a source that grow within an epoch', async () => {
    const t = Array.from({ length: 120 }, () => Number(uniform() < 0.4));
    const y = t.map((yes) => Math.fround(normal() + yes));
    const model = await mirror(1);
    const frozen = model.getWeights();
    const cuts = [0, 3, 10, 11, 60, 120];
    function* batches(): Generator<readonly [Matrix, Matrix]> {
      for (let i = 1; i < cuts.length; i++) {
        model.setWeights(frozen);
        yield [column(y.slice(cuts[i - 1], cuts[i])), column(t.slice(cuts[i - 1], cuts[i]))];
      }
    }
    const { history } = await model.fit(batches);
    expect(Math.abs(history.auc[0] - byRanks(y, t))).toBeLessThan(1e-14);
  });
});
