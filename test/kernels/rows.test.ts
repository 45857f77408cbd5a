/** Kernels that move, sum and compare rows. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { machineOf, numbers, onBench, type Bench, type Buffer } from './harness.js';

const machine = machineOf();
const widths = [1, 2, 3, 4, 5, 7, 8, 10, 17, 64, 65, 130];
const { fround } = Math;

/** m rows of n values, `ld` apart, `gap` in the padding. */
const laid = (values: Float32Array, m: number, n: number, ld: number, gap = 0): Float32Array => {
  const out = new Float32Array(m * ld).fill(gap);
  for (let i = 0; i < m; i++) out.set(values.subarray(i * n, (i + 1) * n), i * ld);
  return out;
};

/** Sources are read up to three floats past their end; here they end at a guard, which is readable. */
const integers = (bench: Bench, values: readonly number[]): Buffer =>
  bench.use(new Float32Array(Uint32Array.from(values).buffer));

describe.each(widths)('rows of %i', (n) => {
  const m = 5;
  const ld = padded(n) + 4;
  const values = numbers(m * n, n);

  test('padded, and packed again', () => {
    onBench(machine, (bench) => {
      const [source, target, back] = [bench.use(values), bench.room(m * ld), bench.room(m * n)];
      bench.call('f32_pad_rows', m, n, source.address, target.address, ld);
      const expected = laid(values, m, n, ld, NaN);
      for (let i = 0; i < m; i++) expected.fill(0, i * ld + n, i * ld + padded(n));
      expect(bench.read(target)).toEqual(expected);
      bench.call('f32_pack_rows', m, n, target.address, ld, back.address);
      expect(bench.read(back)).toEqual(values);
    });
  });

  test('gathered by index', () => {
    onBench(machine, (bench) => {
      const order = [3, 0, 0, 4];
      const [source, target] = [bench.use(values), bench.room(4 * padded(n))];
      bench.call('f32_gather_rows', 4, n, m, source.address, integers(bench, order).address, target.address, padded(n));
      const expected = order.flatMap((row) => [...values.subarray(row * n, (row + 1) * n)]);
      expect(bench.read(target)).toEqual(laid(Float32Array.from(expected), 4, n, padded(n)));
    });
  });

  test('values of 32 bits gathered by index; indices that are too large name the last row', () => {
    onBench(machine, (bench) => {
      const order = [3, 0xffffffff, 0, 5, 4, 0x80000000];
      const rows = order.map((row) => Math.min(row, m - 1));
      const column = values.subarray(0, m);
      const [source, target] = [bench.use(column), bench.room(order.length)];
      const indices = integers(bench, order).address;
      bench.call('u32_gather', order.length, m, source.address, indices, target.address);
      expect(bench.read(target)).toEqual(Float32Array.from(rows, (row) => column[row]));
      const [whole, wide] = [bench.use(values), bench.room(order.length * ld)];
      bench.call('f32_gather_rows', order.length, n, m, whole.address, indices, wide.address, ld);
      rows.forEach((row, i) => {
        expect(bench.read(wide).slice(i * ld, i * ld + n)).toEqual(values.slice(row * n, (row + 1) * n));
      });
    });
  });

  test('one-hot of labels that are no column is zero', () => {
    onBench(machine, (bench) => {
      const target = bench.room(3 * ld);
      const labels = integers(bench, [n, 0x80000000, 0xffffffff]);
      bench.call('f32_one_hot', 3, n, labels.address, target.address, ld);
      expect(bench.read(target)).toEqual(new Float32Array(3 * ld));
    });
  });

  test('one-hot', () => {
    onBench(machine, (bench) => {
      const labels = [0, n - 1, n >> 1];
      const target = bench.room(3 * ld);
      bench.call('f32_one_hot', 3, n, integers(bench, labels).address, target.address, ld);
      const expected = new Float32Array(3 * ld);
      labels.forEach((label, i) => (expected[i * ld + label] = 1));
      expect(bench.read(target)).toEqual(expected);
    });
  });

  test.each([false, true])('column sums in row order, accumulate %s', (accumulate) => {
    onBench(machine, (bench) => {
      const before = numbers(padded(n), 99);
      const [a, out] = [bench.use(laid(values, m, n, ld)), bench.use(before)];
      bench.call('f32_column_sums', m, n, a.address, ld, out.address, accumulate ? 1 : 0);
      const got = bench.read(out);
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? before[j] : 0;
        for (let i = 0; i < m; i++) sum = fround(sum + values[i * n + j]);
        expect(got[j]).toBe(sum);
      }
    });
  });

  test('matches of categories and of sides', () => {
    onBench(machine, (bench) => {
      const other = numbers(m * n, n + 1);
      const [y, t] = [bench.use(laid(values, m, n, ld, 9)), bench.use(laid(other, m, n, ld, -9))];
      const total = bench.use([0, 0]);
      const at = (x: Float32Array, i: number): number[] => [...x.subarray(i * n, (i + 1) * n)];
      const top = (x: number[]): number => x.indexOf(Math.max(...x));
      bench.call('f32_categorical_matches', m, n, y.address, t.address, ld, total.address);
      let count = 0;
      for (let i = 0; i < m; i++) count += +(top(at(values, i)) === top(at(other, i)));
      expect(bench.readF64(total)).toBe(count);
      bench.call('f32_binary_matches', m, n, y.address, t.address, ld, total.address, 0.5);
      let sum = count;
      for (let i = 0; i < m; i++) {
        sum += at(values, i).filter((value, j) => value > 0.5 === at(other, i)[j] > 0.5).length / n;
      }
      expect(bench.readF64(total)).toBe(sum);
    });
  });
});

describe('matches where values are equal', () => {
  /** Rows of three, one padding column. */
  const matches = (kernel: 'f32_categorical_matches' | 'f32_binary_matches', y: number[], t: number[]): number =>
    onBench(machine, (bench) => {
      const [ys, ts, total] = [bench.use([...y, 9]), bench.use([...t, -9]), bench.use([0, 0])];
      const places = [ys.address, ts.address] as const;
      if (kernel === 'f32_categorical_matches') bench.call(kernel, 1, 3, ...places, 4, total.address);
      else bench.call(kernel, 1, 3, ...places, 4, total.address, 0.5);
      return bench.readF64(total);
    });

  test.each([
    [[1, 1, 1], 0],
    [[0, 1, 1], 1],
    [[0, 1, 0], 1],
    [[-1, -3, -1], 0],
    [[-2, -1, -1], 1],
    [[0, -0, 0], 0],
  ])('the class of %j is %i, the first of the largest', (y, expected) => {
    const found = [0, 1, 2].filter(
      (j) =>
        matches(
          'f32_categorical_matches',
          y,
          [0, 1, 2].map((i) => +(i === j)),
        ) === 1,
    );
    expect(found).toEqual([expected]);
  });

  test('what stands on the threshold counts as below', () => {
    expect(matches('f32_binary_matches', [0.5, 0.5, 0.50001], [0, 1, 1])).toBe(2 / 3);
  });
});

describe('one vector', () => {
  test('its sum is taken in float64, in order, onto what was there', () => {
    onBench(machine, (bench) => {
      const x = numbers(1001, 1);
      const total = bench.use([0, 0]);
      bench.call('f64_add_sum', 1001, bench.use(x).address, total.address);
      bench.call('f64_add_sum', 1001, bench.use(x).address, total.address);
      expect(bench.readF64(total)).toBe([...x, ...x].reduce((sum, value) => sum + value, 0));
    });
  });

  test.each([NaN, Infinity, -Infinity])('the first %s is found, wherever it stands', (stray) => {
    for (const n of [0, 1, 3, 4, 5, 17]) {
      for (let at = 0; at <= n; at++) {
        onBench(machine, (bench) => {
          const x = numbers(n, 2);
          if (at < n) x.fill(stray, at);
          const index = bench.room(1);
          bench.call('f32_first_nonfinite', n, bench.use(x).address, index.address);
          expect(bench.readU32(index)[0] | 0).toBe(at < n ? at : -1);
        });
      }
    }
  });

  test('filled', () => {
    onBench(machine, (bench) => {
      const x = bench.room(8);
      bench.call('f32_fill', 5, x.address, 2.5);
      expect([...bench.read(x)]).toEqual(new Array(8).fill(2.5));
    });
  });
});
