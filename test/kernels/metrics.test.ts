/**
 * Kernels that count and sum for metrics, against plain loops in float64. The metrics themselves are tested in
 * test/training/metrics.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture, type KernelFixture, type Buffer } from './harness.js';

const runtime = runtimeOf();
const M = 9;
const widths = [1, 2, 3, 4, 5, 8, 10, 17, 130];

type Matrix = number[][];
const matrix = (n: number, seed: number): Matrix => {
  const values = numbers(M * n, seed);
  return Array.from({ length: M }, (_, i) => [...values.subarray(i * n, (i + 1) * n)]);
};
const top = (row: number[]): number => row.indexOf(Math.max(...row));
const above = (value: number): boolean => value > 0.5;

type Sums =
  | 'f32_categorical_matches'
  | 'f32_class_counts'
  | 'f32_squared_residuals'
  | 'f32_absolute_residuals'
  | 'f32_residual_moments';
type Scaled = Sums | 'f32_threshold_counts' | 'f32_top_k_matches';

/** Lays rows out in memory with garbage in the padding and four more columns. */
function lay(fixture: KernelFixture, rows: Matrix, gap: number): Buffer & { readonly ld: number } {
  const ld = padded(rows[0].length) + 4;
  const flat = new Float32Array(rows.length * ld).fill(gap);
  rows.forEach((row, i) => flat.set(row, i * ld));
  return { ...fixture.use(flat), ld };
}

/** Returns the float64 sums after the rows of y and t in batches of these sizes, starting from zeros. */
function run(kernel: Scaled, y: Matrix, t: Matrix, count: number, scalars: number[] = [], batches = [y.length]) {
  return onFixture(runtime, (fixture) => {
    const [ys, ts, sums] = [lay(fixture, y, 9), lay(fixture, t, -9), fixture.use(new Float32Array(2 * count))];
    let first = 0;
    for (const rows of batches) {
      const at = 4 * first * ys.ld;
      const call = fixture.call.bind(fixture) as (name: Scaled, ...args: number[]) => void;
      call(kernel, rows, y[0].length, ys.address + at, ts.address + at, ys.ld, sums.address, ...scalars);
      first += rows;
    }
    return [...new Float64Array(fixture.read(sums).buffer)];
  });
}

/** Returns the sums, which must have the same bits for any batch sizes. */
function sums(kernel: Scaled, y: Matrix, t: Matrix, count: number, scalars: number[] = []): number[] {
  const whole = run(kernel, y, t, count, scalars);
  for (const batches of [[2, 3, 4], new Array<number>(M).fill(1)]) {
    expect(run(kernel, y, t, count, scalars, batches)).toEqual(whole);
  }
  return whole;
}

describe.each(widths)('with %i outputs', (n) => {
  const [y, t] = [matrix(n, n), matrix(n, n + 1)];
  const columns = Array.from({ length: n }, (_, j) => j);
  const count = (holds: (row: number) => boolean): number => y.filter((_, i) => holds(i)).length;

  test('class_counts counts hits, answers and targets of each class', () => {
    const expected = columns.flatMap((j) => [
      count((i) => top(y[i]) === j && top(t[i]) === j),
      count((i) => top(y[i]) === j),
      count((i) => top(t[i]) === j),
    ]);
    expect(sums('f32_class_counts', y, t, 3 * n)).toEqual(expected);
  });

  test('threshold_counts counts hits, answers and targets of each output', () => {
    const expected = columns.flatMap((j) => [
      count((i) => above(y[i][j]) && above(t[i][j])),
      count((i) => above(y[i][j])),
      count((i) => above(t[i][j])),
    ]);
    expect(sums('f32_threshold_counts', y, t, 3 * n, [0.5, 0.5])).toEqual(expected);
  });

  test.each([1, 2, 5, n, n + 1])('top_k_matches counts rows whose target is among the %i best', (k) => {
    const expected = count((i) => [...y[i]].sort((a, b) => b - a).indexOf(y[i][top(t[i])]) < k);
    expect(sums('f32_top_k_matches', y, t, 1, [k])).toEqual([expected]);
  });

  test('residuals are summed squared and absolute, one after the other', () => {
    const all = y.flatMap((row, i) => row.map((value, j) => value - t[i][j]));
    expect(sums('f32_squared_residuals', y, t, 1)).toEqual([all.reduce((sum, d) => sum + d * d, 0)]);
    expect(sums('f32_absolute_residuals', y, t, 1)).toEqual([all.reduce((sum, d) => sum + Math.abs(d), 0)]);
  });

  test.each([0, 4096])('residual_moments computes the moments of targets around %i', (center) => {
    const far = t.map((row) => row.map((value) => Math.fround(center + value)));
    const [rows, ...moments] = sums('f32_residual_moments', y, far, 1 + 3 * n);
    expect(rows).toBe(M);
    for (const j of columns) {
      const mean = far.reduce((sum, row) => sum + row[j], 0) / M;
      const around = far.reduce((sum, row) => sum + (row[j] - mean) ** 2, 0);
      const missed = far.reduce((sum, row, i) => sum + (row[j] - y[i][j]) ** 2, 0);
      const expected = [mean, around, missed];
      // A mean of 4096 has its last bit at 1e-12, which is the error of a deviation of about 1.
      for (const [index, value] of expected.entries()) {
        const bound = (center === 0 ? 1e-14 : 1e-11) * Math.abs(value) + 1e-15;
        expect(Math.abs(moments[3 * j + index] - value)).toBeLessThan(bound);
      }
    }
  });
});

describe('special values', () => {
  test('the first of several equal largest values is the class', () => {
    expect(run('f32_class_counts', [[0, 1, 1]], [[1, 1, 0]], 9)).toEqual([0, 0, 1, 0, 1, 0, 0, 0, 0]);
  });

  test('a value equal to the threshold counts as below', () => {
    const [on, over] = [0.5, 0.5 + 2 ** -24];
    expect(run('f32_threshold_counts', [[on, over, over]], [[over, on, over]], 9, [0.5, 0.5])).toEqual([
      0, 0, 1, 0, 1, 0, 1, 1, 1,
    ]);
  });

  test.each([
    [[0.5, 0.5, 0.5], 1, 1],
    [[0.5, 0.2, 0.5], 1, 0],
    [[0.5, 0.2, 0.5], 2, 0],
    [[0.5, 0.2, 0.5], 3, 1],
    [[0.1, NaN, 0.2], 3, 0],
    [[NaN, 0.5, 0.2], 3, 0],
    [[0.1, 0.5, NaN], 9, 0],
    [[-Infinity, Infinity, Infinity], 1, 1],
  ])('class 1 of %j is among the %i best: %i', (y, k, expected) => {
    expect(run('f32_top_k_matches', [y], [[0, 1, 0]], 1, [k])).toEqual([expected]);
  });

  test('a target with a NaN is never among the best', () => {
    expect(run('f32_top_k_matches', [[1, 2, 3]], [[0, NaN, 1]], 1, [5])).toEqual([0]);
  });

  test('equal targets have no spread, whatever their value', () => {
    for (const value of [0, 0.1, 1e-40, -3e38, 16777215]) {
      const t = Array.from({ length: 50 }, () => [Math.fround(value)]);
      const [rows, mean, around, missed] = run('f32_residual_moments', t, t, 4, [], [7, 43]);
      expect([rows, mean, around, missed]).toEqual([50, Math.fround(value), 0, 0]);
    }
  });
});
