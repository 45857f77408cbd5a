/**
 * Loss kernels and softmax against float64 formulas, with garbage in the padding. Extreme logits are tested in
 * losses-extremes.test.ts.
 */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture, type KernelFixture } from './harness.js';

const runtime = runtimeOf();
const M = 3;
const widths = [1, 2, 3, 4, 5, 10, 13, 1000];

type Matrix = number[][];
const matrix = (n: number, seed: number, scale: number): Matrix => {
  const values = numbers(M * n, seed);
  return Array.from({ length: M }, (_, i) =>
    [...values.subarray(i * n, (i + 1) * n)].map((v) => Math.fround(scale * v)),
  );
};
const rowsOf = (flat: Float32Array, n: number, ld: number): Matrix =>
  Array.from({ length: M }, (_, i) => [...flat.subarray(i * ld, i * ld + n)]);

const sum = (row: number[]): number => row.reduce((total, value) => total + value, 0);
const softmax = (row: number[]): number[] => {
  const top = Math.max(...row);
  const e = row.map((z) => Math.exp(z - top));
  return e.map((value) => value / sum(e));
};
const logSoftmax = (row: number[]): number[] => {
  const top = Math.max(...row);
  const log = Math.log(sum(row.map((z) => Math.exp(z - top))));
  return row.map((z) => z - top - log);
};
const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z));

/** Lays rows out in memory, with `gap` in the padding. */
function lay(fixture: KernelFixture, rows: Matrix, gap: number) {
  const ld = padded(rows[0].length) + 4;
  const flat = new Float32Array(M * ld).fill(gap);
  rows.forEach((row, i) => flat.set(row, i * ld));
  return { ...fixture.use(flat), ld };
}

/** Expects float32 results after `steps` roundings, relative to the largest value. */
function close(got: Matrix, expected: Matrix, steps = 16): void {
  const largest = Math.max(...expected.flat().map(Math.abs), 1e-30);
  got.forEach((row, i) =>
    row.forEach((value, j) => expect(Math.abs(value - expected[i][j])).toBeLessThanOrEqual(steps * 2 ** -24 * largest)),
  );
}

/** Expects zeros in the padding columns of a delta: other values would reach the padding of the weights. */
function paddingIsZero(flat: Float32Array, n: number, ld: number): void {
  for (let i = 0; i < M; i++)
    expect(flat.slice(i * ld + n, i * ld + padded(n)).every((value) => value === 0)).toBe(true);
}

const oneHot = (n: number): Matrix =>
  Array.from({ length: M }, (_, i) => Array.from({ length: n }, (__, j) => +(j === i % n)));
const binary = (n: number): Matrix => matrix(n, 9, 1).map((row) => row.map((value) => +(value > 0)));

describe.each(widths)('with %i outputs', (n) => {
  test('softmax and its full derivative match the formula', () => {
    onFixture(runtime, (fixture) => {
      const z = matrix(n, 1, 5);
      const dy = matrix(n, 2, 1);
      const [zs, ys, dys] = [lay(fixture, z, 0), lay(fixture, z, 0), lay(fixture, dy, 0)];
      fixture.call('f32_softmax', M, n, zs.address, ys.address, zs.ld);
      const y = z.map(softmax);
      close(rowsOf(fixture.read(ys), n, zs.ld), y);
      fixture.call('f32_softmax_backward', M, n, ys.address, dys.address, dys.address, zs.ld);
      const expected = y.map((row, i) => row.map((v, j) => v * (dy[i][j] - sum(row.map((w, k) => w * dy[i][k])))));
      const got = rowsOf(fixture.read(dys), n, zs.ld);
      got.forEach((row, i) =>
        row.forEach((v, j) => expect(Math.abs(v - expected[i][j])).toBeLessThan(2e-6 * y[i][j] + 1e-9)),
      );
    });
  });

  test('softmax with categorical cross-entropy matches the formula in place', () => {
    onFixture(runtime, (fixture) => {
      const [z, t] = [matrix(n, 3, 6), oneHot(n)];
      const [zs, ts, ds] = [lay(fixture, z, 77), lay(fixture, t, 0), lay(fixture, z, NaN)];
      const loss = fixture.room(M);
      fixture.call(
        'f32_softmax_categorical_crossentropy',
        M,
        n,
        zs.address,
        ts.address,
        zs.address,
        ds.address,
        zs.ld,
        loss.address,
        M,
      );
      close(rowsOf(fixture.read(zs), n, zs.ld), z.map(softmax));
      close(
        rowsOf(fixture.read(ds), n, zs.ld),
        z.map((row, i) => softmax(row).map((y, j) => (y - t[i][j]) / M)),
      );
      close([[...fixture.read(loss)]], [z.map((row, i) => -sum(logSoftmax(row).map((l, j) => l * t[i][j])))], 32);
      paddingIsZero(fixture.read(ds), n, zs.ld);
    });
  });

  test('sigmoid with binary cross-entropy matches the formula', () => {
    onFixture(runtime, (fixture) => {
      const [z, t] = [matrix(n, 4, 6), binary(n)];
      const [zs, ts, ys, ds] = [lay(fixture, z, 77), lay(fixture, t, 0), lay(fixture, z, NaN), lay(fixture, z, NaN)];
      const loss = fixture.room(M);
      fixture.call(
        'f32_sigmoid_binary_crossentropy',
        M,
        n,
        zs.address,
        ts.address,
        ys.address,
        ds.address,
        zs.ld,
        loss.address,
        M,
      );
      close(
        rowsOf(fixture.read(ys), n, zs.ld),
        z.map((row) => row.map(sigmoid)),
      );
      close(
        rowsOf(fixture.read(ds), n, zs.ld),
        z.map((row, i) => row.map((v, j) => (sigmoid(v) - t[i][j]) / (n * M))),
      );
      const value = (v: number, target: number): number =>
        Math.max(v, 0) - v * target + Math.log1p(Math.exp(-Math.abs(v)));
      close([[...fixture.read(loss)]], [z.map((row, i) => sum(row.map((v, j) => value(v, t[i][j]))) / n)], 64);
      paddingIsZero(fixture.read(ds), n, zs.ld);
    });
  });

  test('squared errors match the formula', () => {
    onFixture(runtime, (fixture) => {
      const [y, t] = [matrix(n, 5, 2), matrix(n, 6, 2)];
      const [ys, ts, ds] = [lay(fixture, y, 77), lay(fixture, t, 0), lay(fixture, y, NaN)];
      const loss = fixture.room(M);
      fixture.call('f32_squared_error', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M, 0.5, 1);
      close([[...fixture.read(loss)]], [y.map((row, i) => 0.5 * sum(row.map((v, j) => (v - t[i][j]) ** 2)))], 64);
      close(
        rowsOf(fixture.read(ds), n, ys.ld),
        y.map((row, i) => row.map((v, j) => (v - t[i][j]) / M)),
      );
      paddingIsZero(fixture.read(ds), n, ys.ld);
    });
  });

  test('absolute, Huber and hinge errors match the formula', () => {
    onFixture(runtime, (fixture) => {
      const y = matrix(n, 5, 3);
      const t = binary(n);
      const [ys, ts, ds] = [lay(fixture, y, 77), lay(fixture, t, 0), lay(fixture, y, NaN)];
      const loss = fixture.room(M);
      const held = (value: (v: number, u: number) => number, slope: (v: number, u: number) => number): void => {
        close([[...fixture.read(loss)]], [y.map((row, i) => sum(row.map((v, j) => value(v, t[i][j]))) / n)], 64);
        close(
          rowsOf(fixture.read(ds), n, ys.ld),
          y.map((row, i) => row.map((v, j) => slope(v, t[i][j]) / (n * M))),
        );
        paddingIsZero(fixture.read(ds), n, ys.ld);
      };
      fixture.call('f32_absolute_error', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M);
      held(
        (v, u) => Math.abs(v - u),
        (v, u) => Math.sign(v - u),
      );
      fixture.call('f32_huber', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M, 1);
      const huber = (d: number): number => (d <= 1 ? 0.5 * d * d : d - 0.5);
      held(
        (v, u) => huber(Math.abs(v - u)),
        (v, u) => Math.min(Math.max(v - u, -1), 1),
      );
      fixture.call('f32_hinge', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M);
      const side = (u: number): number => (u > 0 ? 1 : -1);
      held(
        (v, u) => Math.max(0, 1 - side(u) * v),
        (v, u) => (1 - side(u) * v > 0 ? -side(u) : 0),
      );
      fixture.call('f32_log_cosh', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M);
      held(
        (v, u) => Math.log(Math.cosh(v - u)),
        (v, u) => Math.tanh(v - u),
      );
    });
  });

  test('smoothed targets match the formula', () => {
    onFixture(runtime, (fixture) => {
      const ts = lay(fixture, oneHot(n), 0);
      fixture.call('f32_smooth_rows', M, n, ts.address, ts.ld, 0.75, 0.125);
      expect(rowsOf(fixture.read(ts), n, ts.ld)).toEqual(oneHot(n).map((row) => row.map((v) => 0.75 * v + 0.125)));
      paddingIsZero(fixture.read(ts), n, ts.ld);
    });
  });

  test('cross-entropies from probabilities clamp these', () => {
    onFixture(runtime, (fixture) => {
      const y = matrix(n, 7, 1).map((row) => row.map((v, j) => (j % 3 === 2 ? Math.sign(v) : Math.abs(v))));
      const t = binary(n);
      const low = Math.fround(1e-7);
      const high = Math.fround(1 - low);
      const [ys, ts, ds] = [lay(fixture, y, 77), lay(fixture, t, 0), lay(fixture, y, NaN)];
      const loss = fixture.room(M);
      fixture.call('f32_binary_crossentropy', M, n, ys.address, ts.address, ds.address, ys.ld, loss.address, M, 1e-7);
      const p = (v: number): number => Math.min(Math.max(v, low), high);
      const value = (v: number, u: number): number => -(u * Math.log(p(v)) + (1 - u) * Math.log(1 - p(v)));
      close([[...fixture.read(loss)]], [y.map((row, i) => sum(row.map((v, j) => value(v, t[i][j]))) / n)], 64);
      const slope = (v: number, u: number): number => (v > low && v < high ? (v - u) / (v * (1 - v)) / (n * M) : 0);
      const expected = y.map((row, i) => row.map((v, j) => slope(v, t[i][j])));
      rowsOf(fixture.read(ds), n, ys.ld).forEach((row, i) =>
        row.forEach((d, j) =>
          expect(Math.abs(d - expected[i][j])).toBeLessThanOrEqual(8 * 2 ** -23 * Math.abs(expected[i][j])),
        ),
      );
      paddingIsZero(fixture.read(ds), n, ys.ld);
    });
  });
});

describe('categorical cross-entropy of outputs that are no distribution uses their shares of their sum', () => {
  const low = Math.fround(1e-7);

  /** Loss, and derivative of the mean over the M rows. */
  function expected(y: number[], t: number[]): { loss: number; slopes: number[] } {
    const whole = sum(y) || 1;
    const shares = y.map((v) => v / whole);
    const inside = shares.map((q) => q > low && q <= 1);
    const mass = sum(y) === 0 ? 0 : sum(t.filter((_, j) => inside[j]));
    return {
      loss: -sum(shares.map((q, j) => t[j] * Math.log(Math.min(Math.max(q, low), 1)))),
      slopes: y.map((v, j) => (mass / whole - (inside[j] ? t[j] / v : 0)) / M),
    };
  }

  function run(y: Matrix, t: Matrix) {
    return onFixture(runtime, (fixture) => {
      const n = y[0].length;
      const [ys, ts, ds] = [lay(fixture, y, 77), lay(fixture, t, 0), lay(fixture, y, NaN)];
      const loss = fixture.room(M);
      fixture.call(
        'f32_categorical_crossentropy',
        M,
        n,
        ys.address,
        ts.address,
        ds.address,
        ys.ld,
        loss.address,
        M,
        1e-7,
      );
      const delta = fixture.read(ds);
      paddingIsZero(delta, n, ys.ld);
      return { losses: [...fixture.read(loss)], slopes: rowsOf(delta, n, ys.ld) };
    });
  }

  test.each(widths)('matches the formula for %i outputs of any size, some of them 0 or below', (n) => {
    for (const scale of [0.1, 4, 1e20]) {
      const y = matrix(n, 7, 1).map((row) =>
        row.map((v, j) => Math.fround(scale * (j % 3 === 2 ? 0 : j % 5 === 4 ? -0.01 : 0.1 + Math.abs(v)))),
      );
      for (const t of [oneHot(n), binary(n), matrix(n, 8, 1).map((row) => row.map(Math.abs))]) {
        const { losses, slopes } = run(y, t);
        const right = y.map((row, i) => expected(row, t[i]));
        close([losses], [right.map(({ loss }) => loss)], 64);
        // Two terms may cancel: the result is as accurate as the larger term.
        const largest = Math.max(...y.flat().map((v) => (v > 0 ? 1 / v : 0))) / M;
        slopes.forEach((row, i) =>
          row.forEach((value, j) => {
            expect(Math.abs(value - right[i].slopes[j])).toBeLessThanOrEqual(64 * 2 ** -24 * largest);
          }),
        );
      }
    }
  });

  test('is ln 2 for (4, 4), and a number for zeros and for sums below 0 or past the largest float', () => {
    const target = [0, 1];
    expect(run([[4, 4], [0, 0], [-4, -4]], [target, target, target]).losses).toEqual([
      Math.fround(Math.LN2),
      Math.fround(-Math.log(low)),
      Math.fround(Math.LN2),
    ]); // prettier-ignore
    const { losses, slopes } = run([[3e38, 3e38], [4, -2], [1, 0]], [target, [1, 0], [1, 0]]); // prettier-ignore
    expect([...losses, ...slopes.flat()].every(Number.isFinite)).toBe(true);
    // A share above 1 counts as 1.
    expect(losses.slice(1)).toEqual([0, 0]);
  });
});
