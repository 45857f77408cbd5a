/** The linear algebra of levenbergMarquardt against its formulas in float64, element by element. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { source } from '../support/reference/random.js';
import { onFixture, runtimeOf, type Buffer, type KernelFixture } from './harness.js';

const runtime = runtimeOf();

/** Sizes around tiles of 4 and blocks of 32 rows, and several blocks. */
const SIZES = [1, 2, 3, 4, 5, 8, 31, 32, 33, 67, 100];

const doubles = (fixture: KernelFixture, values: Float64Array): Buffer => fixture.use(new Float32Array(values.buffer));
const readDoubles = (fixture: KernelFixture, buffer: Buffer): Float64Array =>
  new Float64Array(fixture.read(buffer).buffer);

type Matrix = readonly (readonly number[])[];

/** Writes the upper half of a matrix as tiles of 4 × 4, row of tiles after row of tiles, padded by 0. */
function triangle(matrix: Matrix): Float64Array {
  const tiles = Math.ceil(matrix.length / 4);
  const values: number[] = [];
  for (let i = 0; i < tiles; i++) {
    for (let j = i; j < tiles; j++) {
      for (let p = 0; p < 16; p++) values.push(matrix[4 * i + Math.floor(p / 4)]?.[4 * j + (p % 4)] ?? 0);
    }
  }
  return Float64Array.from(values);
}

/** A matrix of `rows` rows as the kernels take a Jacobian: for every four columns all rows of four. */
function grouped(matrix: Matrix, columns: number): Float64Array {
  const tall = padded(matrix.length);
  const values = new Float64Array(tall * padded(columns));
  matrix.forEach((row, r) =>
    row.forEach((value, c) => (values[Math.floor(c / 4) * 4 * tall + 4 * r + (c % 4)] = value)),
  );
  return values;
}

const gram = (matrix: Matrix, columns: number): number[][] =>
  Array.from({ length: columns }, (_, i) =>
    Array.from({ length: columns }, (__, j) => matrix.reduce((sum, row) => sum + row[i] * row[j], 0)),
  );

/** The upper Cholesky factor by its definition, row by row. */
function factorOf(matrix: Matrix): number[][] {
  const r = matrix.map((row) => row.map(() => 0));
  for (let i = 0; i < matrix.length; i++) {
    for (let j = i; j < matrix.length; j++) {
      let sum = matrix[i][j];
      for (let p = 0; p < i; p++) sum -= r[p][i] * r[p][j];
      r[i][j] = i === j ? Math.sqrt(sum) : sum / r[i][i];
    }
  }
  return r;
}

function randomMatrix(rows: number, columns: number, seed: number): number[][] {
  const from = source(seed);
  return Array.from({ length: rows }, () => Array.from({ length: columns }, () => from.symmetric(1)));
}

describe('the kernels of levenbergMarquardt', () => {
  test.each([
    [1, 1, 1],
    [3, 2, 5],
    [7, 5, 3],
    [8, 3, 1],
  ])('f64_dense_jacobian, %i rows, %i units, %i inputs: adds δ·x exactly', (m, n, k) => {
    onFixture(runtime, (fixture) => {
      const [ldx, ldd] = [k + 3, n + 1];
      const from = source(m);
      const numbers = (length: number) => Float32Array.from({ length }, () => from.symmetric(2));
      const [x, delta] = [numbers(m * ldx), numbers(m * ldd)];
      const jacobian = doubles(fixture, new Float64Array(padded(m) * padded(n * k)).fill(0.25));
      fixture.call('f64_dense_jacobian', m, n, k, fixture.use(x).address, ldx, fixture.use(delta).address, ldd, jacobian.address); // prettier-ignore
      const expected = new Float64Array(padded(m) * padded(n * k)).fill(0.25);
      for (let r = 0; r < m; r++) {
        for (let u = 0; u < n; u++) {
          for (let i = 0; i < k; i++) {
            const column = u * k + i;
            const at = Math.floor(column / 4) * 4 * padded(m) + 4 * r + (column % 4);
            expected[at] += delta[r * ldd + u] * x[r * ldx + i];
          }
        }
      }
      expect(readDoubles(fixture, jacobian)).toEqual(expected);
    });
  });

  test.each(SIZES)('f64_add_gram, %i columns: the bits of sums over the rows in order', (n) => {
    for (const m of [1, 4, 6, 13]) {
      onFixture(runtime, (fixture) => {
        const j = randomMatrix(m, n, n);
        const before = triangle(gram(randomMatrix(2, n, 7), n));
        const h = doubles(fixture, before);
        fixture.call('f64_add_gram', m, n, doubles(fixture, grouped(j, n)).address, h.address);
        const tall = Array.from({ length: padded(n) }, (_, row) => j.map((one) => one[row] ?? 0));
        // From what was there, row after row.
        const expected = before.slice();
        let at = 0;
        for (let i = 0; i < padded(n); i += 4) {
          for (let k = i; k < padded(n); k += 4) {
            for (let p = 0; p < 16; p++, at++) {
              const [a, b] = [tall[i + Math.floor(p / 4)], tall[k + (p % 4)]];
              a.forEach((value, row) => (expected[at] += value * b[row]));
            }
          }
        }
        expect(readDoubles(fixture, h)).toEqual(expected);
      });
    }
  });

  test.each(SIZES)('f64_cholesky, %i columns: the bits of the factor by its definition', (n) => {
    onFixture(runtime, (fixture) => {
      const matrix = gram(randomMatrix(n, n, 3), n);
      const damping = 0.125;
      const size = padded(n);
      const h = doubles(fixture, triangle(matrix));
      const r = doubles(fixture, new Float64Array(triangle(matrix).length).fill(NaN));
      fixture.call('f64_cholesky', n, h.address, r.address, damping);
      // Padding has the damping alone.
      const damped = Array.from({ length: size }, (_, i) =>
        Array.from({ length: size }, (__, k) => (matrix[i]?.[k] ?? 0) + (i === k ? damping : 0)),
      );
      expect(readDoubles(fixture, r)).toEqual(triangle(factorOf(damped)));
      expect(readDoubles(fixture, h)).toEqual(triangle(matrix));
    });
  });

  test.each(SIZES)('f64_cholesky_solve, %i columns: solves the system', (n) => {
    onFixture(runtime, (fixture) => {
      const matrix = gram(randomMatrix(n + 3, n, 5), n);
      const solution = Float64Array.from({ length: padded(n) }, (_, i) => (i < n ? Math.sin(i + 1) : 0));
      const right = Float64Array.from(solution, (_, i) =>
        i < n ? matrix[i].reduce((sum, value, k) => sum + value * solution[k], 0.5 * solution[i]) : 0,
      );
      const h = doubles(fixture, triangle(matrix));
      const r = doubles(fixture, triangle(matrix));
      const b = doubles(fixture, right);
      fixture.call('f64_cholesky', n, h.address, r.address, 0.5);
      fixture.call('f64_cholesky_solve', n, r.address, b.address);
      readDoubles(fixture, b).forEach((value, i) => expect(value).toBeCloseTo(solution[i], 11));
    });
  });

  test('a matrix that is not positive definite, or not finite, gives a solution that is not finite', () => {
    const singular = [
      [1, 1, 0],
      [1, 1, 0],
      [0, 0, 1],
    ];
    const negative = singular.map((row, i) => row.map((value, k) => (i === 1 && k === 1 ? 0.5 : value)));
    for (const [matrix, damping] of [
      [singular, 0],
      [negative, 1e-3],
      [singular.map((row) => row.map(() => NaN)), 1],
      [singular.map((row) => row.map(() => Infinity)), 1],
    ] as const) {
      onFixture(runtime, (fixture) => {
        const h = doubles(fixture, triangle(matrix));
        const r = doubles(fixture, triangle(matrix));
        const b = doubles(fixture, Float64Array.of(1, 2, 3, 0));
        fixture.call('f64_cholesky', 3, h.address, r.address, damping);
        fixture.call('f64_cholesky_solve', 3, r.address, b.address);
        expect(readDoubles(fixture, b).every(Number.isFinite)).toBe(false);
      });
    }
  });
});
