/** Cases of LogCoshTest in keras/src/losses/losses_test.py (Keras at 3422977), to its three digits. */
import { describe, expect, it } from 'vitest';
import { column, lossOf } from '../support.js';

const TARGETS = [
  [1, 9, 2],
  [-5, -2, 6],
];
const OUTPUTS = [
  [4, 8, 12],
  [8, 1, 3],
];

const each = OUTPUTS.map((row, r) => row.map((output, i) => Math.log(Math.cosh(output - TARGETS[r][i]))));
const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

describe('LogCosh of Keras', () => {
  it('unweighted', async () => {
    expect(await lossOf('logCosh', TARGETS, OUTPUTS)).toBeCloseTo(sum(each.flat()) / 6, 3);
  });

  it('scalar weight 2.3, the same again for the same input', async () => {
    const loss = await lossOf('logCosh', TARGETS, OUTPUTS, [2.3, 2.3]);
    expect(loss).toBeCloseTo((2.3 * sum(each.flat())) / 6, 3);
    expect(await lossOf('logCosh', TARGETS, OUTPUTS, [2.3, 2.3])).toBe(loss);
  });

  it('sample weights', async () => {
    const expected = (1.2 * sum(each[0]) + 3.4 * sum(each[1])) / 6;
    expect(await lossOf('logCosh', TARGETS, OUTPUTS, [1.2, 3.4])).toBeCloseTo(expected, 3);
  });

  it('timestep weights, as rows of one value', async () => {
    const weights = [3, 6, 5, 0, 4, 2];
    const expected = sum(each.flat().map((value, i) => value * weights[i])) / 6;
    expect(await lossOf('logCosh', column(TARGETS.flat()), column(OUTPUTS.flat()), weights)).toBeCloseTo(expected, 3);
  });

  it('zero weights', async () => {
    expect(await lossOf('logCosh', TARGETS, OUTPUTS, [0, 0])).toBe(0);
  });
});
