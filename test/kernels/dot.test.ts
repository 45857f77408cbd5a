/** Dot products of rows and cosines of their angles, with their derivatives, against their formulas in float64. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { numbers, onFixture, runtimeOf } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const EPSILON = 1e-8;
const LDY = 4;

type Matrix = readonly (readonly number[])[];

/** Rows in memory; activations may hold any number in their padding. */
function laid(values: Matrix, padding: number): Float32Array {
  const n = values[0].length;
  const ld = padded(n);
  const out = new Float32Array(values.length * ld).fill(padding);
  values.forEach((row, i) => out.set(row, i * ld));
  return out;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const product = (a: readonly number[], b: readonly number[]): number => sum(a.map((value, j) => value * b[j]));
const norm = (a: readonly number[]): number => Math.sqrt(product(a, a));

/** Runs a kernel on the rows a and b; returns one value for each row, whose padding is checked. */
const forward = (kernel: 'f32_dot_rows' | 'f32_cosine_rows', a: Matrix, b: Matrix): number[] =>
  onFixture(runtime, (fixture) => {
    const [m, n] = [a.length, a[0].length];
    const [as, bs] = [fixture.use(laid(a, NaN)), fixture.use(laid(b, 1e30))];
    const to = fixture.room(m * LDY);
    const places = [as.address, bs.address, padded(n), to.address, LDY] as const;
    if (kernel === 'f32_dot_rows') fixture.call(kernel, m, n, ...places);
    else fixture.call(kernel, m, n, ...places, EPSILON);
    const got = fixture.read(to);
    return a.map((_, i) => {
      expect([...got.subarray(i * LDY + 1, (i + 1) * LDY)]).toEqual([0, 0, 0]);
      return got[i * LDY];
    });
  });

/** Runs a derivative for the first factor; returns its rows, whose padding is checked. */
const backward = (
  kernel: 'f32_dot_rows_backward' | 'f32_cosine_rows_backward',
  a: Matrix,
  b: Matrix,
  dy: readonly number[],
): number[][] =>
  onFixture(runtime, (fixture) => {
    const [m, n] = [a.length, a[0].length];
    const ld = padded(n);
    const [as, bs] = [fixture.use(laid(a, NaN)), fixture.use(laid(b, 1e30))];
    const delta = fixture.use(
      laid(
        dy.map((value) => [value]),
        0,
      ),
    );
    const to = fixture.room(m * ld);
    const places = [delta.address, LDY, to.address, ld] as const;
    if (kernel === 'f32_dot_rows_backward') fixture.call(kernel, m, n, bs.address, ...places);
    else fixture.call(kernel, m, n, as.address, bs.address, ...places, EPSILON);
    const got = fixture.read(to);
    return a.map((_, i) => {
      expect([...got.subarray(i * ld + n, (i + 1) * ld)].every((value) => value === 0)).toBe(true);
      return [...got.subarray(i * ld, i * ld + n)];
    });
  });

describe.each([1, 2, 3, 4, 5, 8, 17, 64])('rows of %i values', (n) => {
  const rows = (seed: number): Matrix =>
    Array.from({ length: 7 }, (_, i) => [...numbers(n, seed + i)].map((value) => fround(value)));
  const [a, b] = [rows(n), rows(n + 50)];
  const dy = [...numbers(7, n)];

  test('the product is the float64 sum, rounded once', () => {
    expect(forward('f32_dot_rows', a, b)).toEqual(a.map((row, i) => fround(product(row, b[i]))));
    expect(backward('f32_dot_rows_backward', a, b, dy)).toEqual(
      b.map((row, i) => row.map((value) => fround(dy[i] * value))),
    );
  });

  test('the cosine and its derivative are their formulas, rounded once', () => {
    const cosines = a.map((row, i) => product(row, b[i]) / (norm(row) * norm(b[i])));
    expect(forward('f32_cosine_rows', a, b)).toEqual(cosines.map(fround));
    backward('f32_cosine_rows_backward', a, b, dy).forEach((got, i) => {
      const [normA, normB] = [norm(a[i]), norm(b[i])];
      got.forEach((value, j) => {
        const expected = (dy[i] * (b[i][j] / normB - (cosines[i] * a[i][j]) / normA)) / normA;
        expect(Math.abs(value - expected)).toBeLessThanOrEqual(2 ** -23 * Math.abs(expected) + 1e-15);
      });
    });
  });

  test('squares do not overflow or vanish, rows without direction count as 0, NaN stays', () => {
    const of = (value: number): number[] => new Array<number>(n).fill(fround(value));
    const one = [of(3e38), of(1e-7), of(0), of(1e-30), of(NaN), of(Infinity)];
    const other = one.map(() => of(1));
    const got = forward('f32_cosine_rows', one, other);
    expect(got.slice(0, 4)).toEqual([1, 1, 0, 0].map((value) => expect.closeTo(value, 6) as number));
    expect(got.slice(4)).toEqual([NaN, NaN]);
    const slopes = backward('f32_cosine_rows_backward', one, other, of(1).concat(of(1), of(1), of(1), of(1), of(1)).slice(0, 6)); // prettier-ignore
    expect(slopes.slice(2, 4)).toEqual([of(0), of(0)]);
    expect(slopes[4]).toEqual(of(NaN));
    expect(forward('f32_dot_rows', [of(3e38), of(NaN)], [of(3e38), of(1)])).toEqual([Infinity, NaN]);
  });
});
