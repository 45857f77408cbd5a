/**
 * Cases of keras/src/constraints/constraints_test.py (Keras at 3422977) of constraints that came after the first count.
 * Columns of a matrix (inputs, units) there are rows of (units, inputs) here. Random numbers are of another generator.
 */
import { describe, expect, it } from 'vitest';
import { minMaxNorm, nonNegative, unitNorm, type ConstraintLike } from '../../../src/index.js';
import { constrained, filled, uniform, type Matrix } from '../support.js';

const EXAMPLE = uniform(3537, 100, 100).map((row, r) =>
  row.map((value, i) => (r === 0 && i === 0 ? 0 : value * 100 - 50)),
);
const norms = (rows: Matrix): number[] => rows.map((row) => Math.hypot(...row));

describe('constraints of Keras', () => {
  it('NonNeg', async () => {
    const weights = await constrained(nonNegative(), EXAMPLE);
    for (const [r, row] of weights.entries())
      for (const [i, value] of row.entries()) expect(value).toBe(Math.max(Math.fround(EXAMPLE[r][i]), 0));
  });

  it('UnitNorm', async () => {
    for (const norm of norms(await constrained(unitNorm(), EXAMPLE))) expect(norm).toBeCloseTo(1, 6);
  });

  it('MinMaxNorm', async () => {
    for (const norm of norms(await constrained(minMaxNorm({ minValue: 0.2, maxValue: 0.5 }), EXAMPLE))) {
      expect(norm).toBeGreaterThanOrEqual(0.2);
      expect(norm).toBeLessThanOrEqual(0.5 + 1e-6);
    }
  });

  it.each([
    ['NonNeg', -3, 0],
    ['NonNeg', 3, 3],
    ['NonNeg', 0, 0],
  ])('%s: all %d', async (_name, before, after) => {
    expect(await constrained('nonNegative', filled(5, 5, before))).toEqual(filled(5, 5, after));
  });

  it.each<[title: string, constraint: ConstraintLike]>([
    ['NonNeg', nonNegative()],
    ['UnitNorm', unitNorm()],
    ['MinMaxNorm', minMaxNorm({ minValue: 0.5, maxValue: 2, rate: 0.7 })],
  ])('%s: a copy made from its configuration does the same', async (_title, constraint) => {
    const copy = JSON.parse(JSON.stringify(constraint)) as ConstraintLike;
    expect(copy).toEqual(constraint);
    expect(await constrained(copy, EXAMPLE)).toEqual(await constrained(constraint, EXAMPLE));
  });

  it('get: by name, and an unknown name', async () => {
    expect(await constrained('unit_norm', [[3, 4]])).toEqual(await constrained(unitNorm(), [[3, 4]]));
    await expect(constrained('typo' as 'unitNorm', [[3, 4]])).rejects.toThrow(/typo/);
  });
});
