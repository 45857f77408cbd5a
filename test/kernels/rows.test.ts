/** Kernels that move, sum and compare rows, or read a single vector. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture, type KernelFixture, type Buffer } from './harness.js';

const runtime = runtimeOf();
const widths = [1, 2, 3, 4, 5, 7, 8, 10, 17, 64, 65, 130];
const { fround } = Math;

/** Lays out m rows of n values, `ld` apart, with `gap` in the padding. */
const laid = (values: Float32Array, m: number, n: number, ld: number, gap = 0): Float32Array => {
  const out = new Float32Array(m * ld).fill(gap);
  for (let i = 0; i < m; i++) out.set(values.subarray(i * n, (i + 1) * n), i * ld);
  return out;
};

/** Kernels read up to three floats past the end of a source; here the guard behind it, which is readable. */
const integers = (fixture: KernelFixture, values: readonly number[]): Buffer =>
  fixture.use(new Float32Array(Uint32Array.from(values).buffer));

describe.each(widths)('rows of %i', (n) => {
  const m = 5;
  const ld = padded(n) + 4;
  const values = numbers(m * n, n);

  test('are padded, and packed again', () => {
    onFixture(runtime, (fixture) => {
      const [source, target, back] = [fixture.use(values), fixture.room(m * ld), fixture.room(m * n)];
      fixture.call('f32_pad_rows', m, n, source.address, target.address, ld);
      const expected = laid(values, m, n, ld, NaN);
      for (let i = 0; i < m; i++) expected.fill(0, i * ld + n, i * ld + padded(n));
      expect(fixture.read(target)).toEqual(expected);
      fixture.call('f32_pack_rows', m, n, target.address, ld, back.address);
      expect(fixture.read(back)).toEqual(values);
    });
  });

  test('are gathered by index', () => {
    onFixture(runtime, (fixture) => {
      const order = [3, 0, 0, 4];
      const [source, target] = [fixture.use(values), fixture.room(4 * padded(n))];
      fixture.call(
        'f32_gather_rows',
        4,
        n,
        m,
        source.address,
        integers(fixture, order).address,
        target.address,
        padded(n),
      );
      const expected = order.flatMap((row) => [...values.subarray(row * n, (row + 1) * n)]);
      expect(fixture.read(target)).toEqual(laid(Float32Array.from(expected), 4, n, padded(n)));
    });
  });

  test('of any 32-bit values are gathered by index; an index too large names the last row', () => {
    onFixture(runtime, (fixture) => {
      const order = [3, 0xffffffff, 0, 5, 4, 0x80000000];
      const rows = order.map((row) => Math.min(row, m - 1));
      const column = values.subarray(0, m);
      const [source, target] = [fixture.use(column), fixture.room(order.length)];
      const indices = integers(fixture, order).address;
      fixture.call('u32_gather', order.length, m, source.address, indices, target.address);
      expect(fixture.read(target)).toEqual(Float32Array.from(rows, (row) => column[row]));
      const [whole, wide] = [fixture.use(values), fixture.room(order.length * ld)];
      fixture.call('f32_gather_rows', order.length, n, m, whole.address, indices, wide.address, ld);
      rows.forEach((row, i) => {
        expect(fixture.read(wide).slice(i * ld, i * ld + n)).toEqual(values.slice(row * n, (row + 1) * n));
      });
    });
  });

  test('are zero as one-hot rows of a label without a column', () => {
    onFixture(runtime, (fixture) => {
      const target = fixture.room(3 * ld);
      const labels = integers(fixture, [n, 0x80000000, 0xffffffff]);
      fixture.call('f32_one_hot', 3, n, labels.address, target.address, ld);
      expect(fixture.read(target)).toEqual(new Float32Array(3 * ld));
    });
  });

  test('are one-hot rows of labels', () => {
    onFixture(runtime, (fixture) => {
      const labels = [0, n - 1, n >> 1];
      const target = fixture.room(3 * ld);
      fixture.call('f32_one_hot', 3, n, integers(fixture, labels).address, target.address, ld);
      const expected = new Float32Array(3 * ld);
      labels.forEach((label, i) => (expected[i * ld + label] = 1));
      expect(fixture.read(target)).toEqual(expected);
    });
  });

  test.each([false, true])('are summed per column in row order, accumulate %s', (accumulate) => {
    onFixture(runtime, (fixture) => {
      const before = numbers(padded(n), 99);
      const [a, out] = [fixture.use(laid(values, m, n, ld)), fixture.use(before)];
      fixture.call('f32_column_sums', m, n, a.address, ld, out.address, accumulate ? 1 : 0);
      const got = fixture.read(out);
      for (let j = 0; j < n; j++) {
        let sum = accumulate ? before[j] : 0;
        for (let i = 0; i < m; i++) sum = fround(sum + values[i * n + j]);
        expect(got[j]).toBe(sum);
      }
    });
  });

  test('match by category and by side of a threshold', () => {
    onFixture(runtime, (fixture) => {
      const other = numbers(m * n, n + 1);
      const [y, t] = [fixture.use(laid(values, m, n, ld, 9)), fixture.use(laid(other, m, n, ld, -9))];
      const total = fixture.use([0, 0]);
      const at = (x: Float32Array, i: number): number[] => [...x.subarray(i * n, (i + 1) * n)];
      const top = (x: number[]): number => x.indexOf(Math.max(...x));
      fixture.call('f32_categorical_matches', m, n, y.address, t.address, ld, total.address);
      let count = 0;
      for (let i = 0; i < m; i++) count += +(top(at(values, i)) === top(at(other, i)));
      expect(fixture.readF64(total)).toBe(count);
      fixture.call('f32_binary_matches', m, n, y.address, t.address, ld, total.address, 0.5, 0.5);
      let sum = count;
      for (let i = 0; i < m; i++) {
        sum += at(values, i).filter((value, j) => value > 0.5 === at(other, i)[j] > 0.5).length / n;
      }
      expect(fixture.readF64(total)).toBe(sum);
    });
  });
});

describe('matches of equal values', () => {
  /** Compares one row of three values, with one padding column. */
  const matches = (kernel: 'f32_categorical_matches' | 'f32_binary_matches', y: number[], t: number[]): number =>
    onFixture(runtime, (fixture) => {
      const [ys, ts, total] = [fixture.use([...y, 9]), fixture.use([...t, -9]), fixture.use([0, 0])];
      const places = [ys.address, ts.address] as const;
      if (kernel === 'f32_categorical_matches') fixture.call(kernel, 1, 3, ...places, 4, total.address);
      else fixture.call(kernel, 1, 3, ...places, 4, total.address, 0.5, 0.5);
      return fixture.readF64(total);
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

  test('a value equal to the threshold counts as below', () => {
    expect(matches('f32_binary_matches', [0.5, 0.5, 0.50001], [0, 1, 1])).toBe(2 / 3);
  });
});

describe('a vector', () => {
  test('is summed in float64, in order, onto the previous total', () => {
    onFixture(runtime, (fixture) => {
      const x = numbers(1001, 1);
      const total = fixture.use([0, 0]);
      fixture.call('f64_add_sum', 1001, fixture.use(x).address, total.address);
      fixture.call('f64_add_sum', 1001, fixture.use(x).address, total.address);
      expect(fixture.readF64(total)).toBe([...x, ...x].reduce((sum, value) => sum + value, 0));
    });
  });

  test.each([NaN, Infinity, -Infinity])('is searched for the first %s, at any position', (stray) => {
    for (const n of [0, 1, 3, 4, 5, 17]) {
      for (let at = 0; at <= n; at++) {
        onFixture(runtime, (fixture) => {
          const x = numbers(n, 2);
          if (at < n) x.fill(stray, at);
          const index = fixture.room(1);
          fixture.call('f32_first_nonfinite', n, fixture.use(x).address, index.address);
          expect(fixture.readU32(index)[0] | 0).toBe(at < n ? at : -1);
        });
      }
    }
  });

  test('is filled', () => {
    onFixture(runtime, (fixture) => {
      const x = fixture.room(8);
      fixture.call('f32_fill', 5, x.address, 2.5);
      expect([...fixture.read(x)]).toEqual(new Array(8).fill(2.5));
    });
  });
});
