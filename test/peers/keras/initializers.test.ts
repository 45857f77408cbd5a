/** Cases of keras/src/initializers/*_test.py (Keras at 3422977) of initializers that came after the first count. */
import { describe, expect, it } from 'vitest';
import { identity, varianceScaling } from '../../../src/index.js';
import { initialized } from '../support.js';

const deviation = (values: number[]): number => {
  const mean = values.reduce((total, value) => total + value, 0) / values.length;
  return Math.sqrt(values.reduce((total, value) => total + (value - mean) ** 2, 0) / values.length);
};

describe('initializers of Keras', () => {
  it('VarianceScaling: fan_in and fan_out', async () => {
    // The shape is (25, 20): 25 inputs, 20 units.
    for (const [mode, width] of [
      ['fanIn', 25],
      ['fanOut', 20],
    ] as const) {
      const values = await initialized(varianceScaling({ scale: 2, mode }), 20, 25);
      expect(Math.abs(deviation(values.flat()) - Math.sqrt(2 / width))).toBeLessThan(0.03);
    }
  });

  it.each([
    ['scale', { scale: -1, mode: 'fanIn' }],
    ['mode', { scale: 2, mode: 'invalid_mode' }],
    ['distribution', { scale: 2, mode: 'fanIn', distribution: 'invalid_dist' }],
  ])('VarianceScaling: invalid %s', (option, options) => {
    expect(() => varianceScaling(options as Parameters<typeof varianceScaling>[0])).toThrow(new RegExp(option));
  });

  it('Identity', async () => {
    expect(await initialized(identity({ gain: 2 }), 3, 3)).toEqual([
      [2, 0, 0],
      [0, 2, 0],
      [0, 0, 2],
    ]);
  });
});
