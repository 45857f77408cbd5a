/** Loss kernels at the edges of float32: logits of any size, and NaN. Ordinary values are tested in losses.test.ts. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, onFixture, type KernelFixture } from './harness.js';

const runtime = runtimeOf();
const M = 3;

type Matrix = number[][];
const rowsOf = (flat: Float32Array, n: number, ld: number): Matrix =>
  Array.from({ length: M }, (_, i) => [...flat.subarray(i * ld, i * ld + n)]);

const sum = (row: number[]): number => row.reduce((total, value) => total + value, 0);
const logSoftmax = (row: number[]): number[] => {
  const top = Math.max(...row);
  const log = Math.log(sum(row.map((z) => Math.exp(z - top))));
  return row.map((z) => z - top - log);
};

/** Lays rows out in memory, with `gap` in the padding. */
function lay(fixture: KernelFixture, rows: Matrix, gap: number) {
  const ld = padded(rows[0].length) + 4;
  const flat = new Float32Array(M * ld).fill(gap);
  rows.forEach((row, i) => flat.set(row, i * ld));
  return { ...fixture.use(flat), ld };
}

describe('a NaN', () => {
  test.each([1, -1])('of sign %i gives the absolute error a slope of NaN, in its own row only', (sign) => {
    onFixture(runtime, (fixture) => {
      const rows: Matrix = [[0], [1], [2]];
      const [ys, ts, ds] = [lay(fixture, rows, 0), lay(fixture, [[1], [1], [1]], 0), lay(fixture, rows, 0)];
      // The first output becomes a NaN of this sign, which the subtraction keeps.
      runtime.memory.i32[ys.address / 4] = sign > 0 ? 0x7fc00000 : 0xffc00000 | 0;
      const loss = fixture.room(M);
      fixture.call('f32_absolute_error', M, 1, ys.address, ts.address, ds.address, ys.ld, loss.address, M);
      expect(rowsOf(fixture.read(ds), 1, ys.ld).flat()).toEqual([NaN, 0, Math.fround(1 / 3)]);
    });
  });
});

describe('log-cosh', () => {
  /** ln cosh by its series near 0, where the closed form cancels. */
  const exact = (d: number): number => {
    const a = Math.abs(d);
    if (a > 0.1) return a + Math.log1p(Math.exp(-2 * a)) - Math.LN2;
    return d ** 2 / 2 - d ** 4 / 12 + d ** 6 / 45 - (17 * d ** 8) / 2520 + (31 * d ** 10) / 14175;
  };

  test('and its slope have few roundings at any distance', () => {
    const distances = Array.from({ length: 20_000 }, (_, i) => Math.fround(Math.exp(i / 400 - 40)));
    // Where the square of d is a normal number.
    const all = [0, 1, 1 + 2 ** -23, 3.4e38, ...distances].filter((d) => d === 0 || d > 1e-18);
    for (const d of all.flatMap((one) => [one, -one])) {
      onFixture(runtime, (fixture) => {
        const [ys, ts, ds] = [
          [[d], [d], [d]],
          [[0], [0], [0]],
          [[0], [0], [0]],
        ].map((rows) => lay(fixture, rows, 0));
        const loss = fixture.room(M);
        fixture.call('f32_log_cosh', 1, 1, ys.address, ts.address, ds.address, ys.ld, loss.address, 1);
        const [value] = fixture.read(loss);
        const [slope] = fixture.read(ds);
        expect(Math.abs(value - exact(d)), `ln cosh ${d}`).toBeLessThanOrEqual(8 * 2 ** -23 * exact(d));
        expect(Math.abs(slope - Math.tanh(d)), `tanh ${d}`).toBeLessThanOrEqual(4 * 2 ** -23 * Math.abs(Math.tanh(d)));
      });
    }
  });

  test('is infinite for an infinite distance, 0 for a subnormal one, and NaN for NaN', () => {
    onFixture(runtime, (fixture) => {
      const rows: Matrix = [[Infinity, -Infinity, 1], [1e-45, -1e-45, -0], [NaN, 1, 1]]; // prettier-ignore
      const [ys, ts, ds] = [rows, rows.map(() => [0, 0, 0]), rows].map((values) => lay(fixture, values, 0));
      const loss = fixture.room(M);
      fixture.call('f32_log_cosh', M, 3, ys.address, ts.address, ds.address, ys.ld, loss.address, M);
      expect([...fixture.read(loss)]).toEqual([Infinity, 0, NaN]);
      const slopes = rowsOf(fixture.read(ds), 3, ys.ld);
      expect(slopes[0].slice(0, 2)).toEqual([Math.fround(1 / 9), -Math.fround(1 / 9)]);
      expect(slopes[1].map(Math.abs)).toEqual([0, 0, 0]);
      expect(slopes[2][0]).toBeNaN();
      expect(slopes[2].slice(1).every(Number.isFinite)).toBe(true);
    });
  });
});

/** The largest float32. */
const LARGEST = (2 - 2 ** -23) * 2 ** 127;

describe('every finite logit gives the loss as float32 holds it, and finite slopes', () => {
  // Includes soft targets, whose loss float32 holds even where it does not hold the difference of two logits.
  const rows: { z: number[]; t: number[] }[] = [3e38, -3e38, LARGEST, -LARGEST, 1e38].flatMap((big) => [
    { z: [big, -big, 0], t: [1, 0, 0] },
    { z: [big, -big, 0], t: [0, 1, 0] },
    { z: [big, -big, -big], t: [0, 0.25, 0.125] },
    { z: [big, big, big], t: [0, 0, 1] },
    { z: [big, big, big], t: [1, 1, 1] },
    { z: [-big, 1, 2], t: [0.0625, 0.5, 0.5] },
  ]);

  const reference = {
    f32_softmax_categorical_crossentropy(z: number[], t: number[]) {
      return -sum(logSoftmax(z).map((log, j) => (t[j] === 0 ? 0 : t[j] * log)));
    },
    f32_sigmoid_binary_crossentropy(z: number[], t: number[]) {
      return sum(z.map((v, j) => Math.max(v, 0) - v * t[j] + Math.log1p(Math.exp(-Math.abs(v))))) / z.length;
    },
  };

  test.each(Object.keys(reference) as (keyof typeof reference)[])('%s', (kernel) => {
    for (const { z, t } of rows.map(({ z, t }) => ({ z: z.map(Math.fround), t }))) {
      onFixture(runtime, (fixture) => {
        const three = (row: number[]): Matrix => [row, row, row];
        const [zs, ts, ys, ds] = [z, t, z, z].map((row) => lay(fixture, three(row), 0));
        const loss = fixture.room(M);
        fixture.call(kernel, M, 3, zs.address, ts.address, ys.address, ds.address, zs.ld, loss.address, M);
        const [got] = fixture.read(loss);
        const exact = reference[kernel](z, t);
        const what = `${got} for ${exact}, of logits ${z.join(', ')} and targets ${t.join(', ')}`;
        if (Math.abs(exact) > LARGEST) expect(got, what).toBe(Infinity);
        else expect(Math.abs(got - exact) <= 4 * 2 ** -23 * Math.max(1, Math.abs(exact)), what).toBe(true);
        expect(rowsOf(fixture.read(ds), 3, zs.ld).flat().every(Number.isFinite), what).toBe(true);
      });
    }
  });
});

describe('extreme logits give finite losses', () => {
  const z = [
    [1e4, -1e4, 0],
    [-1e4, 1e4, 3],
    [-1e38, 1e38, 0],
  ];
  test.each(['f32_softmax_categorical_crossentropy', 'f32_sigmoid_binary_crossentropy'] as const)('%s', (kernel) => {
    onFixture(runtime, (fixture) => {
      const [zs, ts, ys, ds] = [
        lay(fixture, z, 0),
        lay(
          fixture,
          [
            [0, 1, 0],
            [1, 0, 0],
            [0, 1, 0],
          ],
          0,
        ),
        lay(fixture, z, 0),
        lay(fixture, z, 0),
      ];
      const loss = fixture.room(M);
      fixture.call(kernel, M, 3, zs.address, ts.address, ys.address, ds.address, zs.ld, loss.address, M);
      expect([...fixture.read(loss), ...rowsOf(fixture.read(ds), 3, zs.ld).flat()].every(Number.isFinite)).toBe(true);
      expect(fixture.read(loss)[0]).toBeGreaterThan(5000);
    });
  });
});
