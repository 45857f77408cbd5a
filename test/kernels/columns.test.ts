/** Kernels that add, scale and move values or columns: what they write, and what they leave untouched. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const widths = [1, 3, 4, 5, 16, 17, 33];
const rows = [1, 2, 7, 32];
const shapes = rows.flatMap((m) => widths.map((n) => [m, n] as const));

describe.each([1, 3, 4, 5, 16, 17, 1000])('%i values', (n) => {
  const whole = padded(n);
  const [a, b] = [numbers(whole, n), numbers(whole, n + 1)];

  test.each(['elsewhere', 'onto a', 'onto b'])('f32_sum adds two vectors, output %s', (place) => {
    onFixture(runtime, (fixture) => {
      const [as, bs] = [fixture.use(a), fixture.use(b)];
      const to = place === 'onto a' ? as : place === 'onto b' ? bs : fixture.room(whole);
      fixture.call('f32_sum', n, as.address, bs.address, to.address);
      expect(fixture.read(to)).toEqual(a.map((value, i) => value + b[i]));
    });
  });

  test('f32_sum adds a vector to itself in place', () => {
    onFixture(runtime, (fixture) => {
      const x = fixture.use(a);
      fixture.call('f32_sum', n, x.address, x.address, x.address);
      expect(fixture.read(x)).toEqual(a.map((value) => 2 * value));
    });
  });

  test('f32_copy copies', () => {
    onFixture(runtime, (fixture) => {
      const [x, y] = [fixture.use(a), fixture.room(whole)];
      fixture.call('f32_copy', n, x.address, y.address);
      expect(fixture.read(y)).toEqual(a);
    });
  });

  test.each([false, true])('f32_scale_shift rounds twice, in place %s', (inPlace) => {
    onFixture(runtime, (fixture) => {
      const x = fixture.use(a);
      const y = inPlace ? x : fixture.room(whole);
      fixture.call('f32_scale_shift', n, x.address, y.address, 0.1, -0.7);
      expect(fixture.read(y)).toEqual(a.map((value) => fround(value * fround(0.1)) + fround(-0.7)));
    });
  });

  test('f32_blend computes y + rate·(scale·x − y)', () => {
    onFixture(runtime, (fixture) => {
      const [x, y] = [fixture.use(a), fixture.use(b)];
      fixture.call('f32_blend', n, x.address, y.address, 0.1, 1.25);
      fixture.read(y).forEach((value, i) => {
        expect(Math.abs(value - (0.9 * b[i] + 0.1 * 1.25 * a[i]))).toBeLessThan(2 ** -22);
      });
      expect(fixture.read(x)).toEqual(a);
    });
  });
});

test('f32_blend keeps y at rate 0, and gives x at scale 1 and rate 1', () => {
  onFixture(runtime, (fixture) => {
    const [a, b] = [numbers(16, 1), numbers(16, 2)];
    const [x, y] = [fixture.use(a), fixture.use(b)];
    fixture.call('f32_blend', 16, x.address, y.address, 0, 3);
    expect(fixture.read(y)).toEqual(b);
    fixture.call('f32_blend', 16, x.address, y.address, 1, 1);
    fixture.read(y).forEach((value, i) => {
      expect(Math.abs(value - a[i])).toBeLessThan(2 ** -22);
    });
  });
});

describe.each(shapes)('%i rows of %i', (m, n) => {
  const ld = padded(n) + 4;

  test('f32_weigh_rows multiplies each row by its weight', () => {
    onFixture(runtime, (fixture) => {
      const [factors, x] = [numbers(m, 1), numbers(m * ld, 2)];
      const at = fixture.use(x);
      fixture.call('f32_weigh_rows', m, n, fixture.use(factors).address, at.address, ld);
      const expected = x.map((value, k) => (k % ld < padded(n) ? value * factors[Math.floor(k / ld)] : value));
      expect(fixture.read(at)).toEqual(expected);
    });
  });

  test('f32_weigh_rows with a weight of 0 writes 0 over any value', () => {
    onFixture(runtime, (fixture) => {
      const stray = [Infinity, -Infinity, NaN, 3e38, -0];
      const [x, weights] = [numbers(m * ld, 2), new Float32Array(m)];
      x.forEach((_, i) => (x[i] = stray[i % stray.length]));
      const [at, by] = [fixture.use(x), fixture.use(weights)];
      fixture.call('f32_weigh_rows', m, n, by.address, at.address, ld);
      x.forEach((value, i) => {
        expect(fixture.read(at)[i]).toBe(i % ld < padded(n) ? 0 : value);
      });
      const values = Float32Array.from({ length: 20 }, (_, i) => stray[i % stray.length]);
      const [a, b] = [fixture.use(values), fixture.use(values.map((_, i) => i % 2))];
      fixture.call('f32_weigh', 20, a.address, b.address, a.address);
      expect(fixture.read(a)).toEqual(values.map((value, i) => (i % 2 === 0 ? 0 : value)));
    });
  });

  test('f32_clear_overflow writes 0 over rows of weight 0 whose squares overflow, and nothing else', () => {
    onFixture(runtime, (fixture) => {
      const stray = [Infinity, -Infinity, NaN, 3e38, -3e38, 1e20, 1e18, -0];
      const kept = numbers(m * ld, 2);
      for (let column = 0; column < n; column++) {
        const x = kept.slice();
        for (let row = 0; row < m; row++) x[row * ld + column] = stray[row % stray.length];
        const weights = Float32Array.from({ length: m }, (_, row) => (row % 3 === 1 ? 1e-40 : row % 2 === 0 ? 0 : -0));
        const expected = x.slice();
        for (let row = 0; row < m; row++) {
          const [from, to] = [row * ld, row * ld + padded(n)];
          const squares = x.subarray(from, to).reduce((sum, value) => sum + value * value, 0);
          if (weights[row] === 0 && !Number.isFinite(fround(squares))) expected.fill(0, from, to);
        }
        const at = fixture.use(x);
        fixture.call('f32_clear_overflow', m, n, fixture.use(weights).address, at.address, ld);
        expect(new Uint32Array(fixture.read(at).buffer)).toEqual(new Uint32Array(expected.buffer));
      }
    });
  });

  // Offsets that are no multiple of a vector occur where the columns of a concatenation begin.
  test.each([0, 1, 2, 3, 7])('f32_copy_columns writes only its columns, from column %i on', (first) => {
    onFixture(runtime, (fixture) => {
      const [lds, ldt] = [n + 1, n + 8];
      // The last row ends where the buffer ends.
      const source = numbers((m - 1) * lds + n, 3);
      const before = numbers((m - 1) * ldt + first + n, 4);
      const target = fixture.use(before);
      fixture.call('f32_copy_columns', m, n, fixture.use(source).address, lds, target.address + 4 * first, ldt);
      for (let i = 0; i < m; i++) before.set(source.subarray(i * lds, i * lds + n), i * ldt + first);
      expect(fixture.read(target)).toEqual(before);
    });
  });

  test.each([0, 1, 2, 3, 7])('f32_take_columns reads only its columns, from column %i on', (first) => {
    onFixture(runtime, (fixture) => {
      const lds = n + 8;
      const source = numbers((m - 1) * lds + first + n, 5);
      const target = fixture.room(m * ld);
      fixture.call('f32_take_columns', m, n, fixture.use(source).address + 4 * first, lds, target.address, ld);
      const expected = new Float32Array(m * ld).fill(NaN);
      for (let i = 0; i < m; i++) {
        expected.fill(0, i * ld, i * ld + padded(n));
        expected.set(source.subarray(i * lds + first, i * lds + first + n), i * ld);
      }
      expect(fixture.read(target)).toEqual(expected);
    });
  });
});

test('columns taken from several matrices are concatenated, and split again', () => {
  onFixture(runtime, (fixture) => {
    const parts = [5, 1, 16, 3];
    const m = 3;
    const width = parts.reduce((sum, n) => sum + n, 0);
    const matrices = parts.map((n, k) => numbers(m * padded(n), k));
    const joined = fixture.use(new Float32Array(m * padded(width)));
    let first = 0;
    parts.forEach((n, k) => {
      const source = fixture.use(matrices[k]);
      fixture.call('f32_copy_columns', m, n, source.address, padded(n), joined.address + 4 * first, padded(width));
      first += n;
    });
    const all = fixture.read(joined);
    first = 0;
    parts.forEach((n, k) => {
      const back = fixture.room(m * padded(n));
      fixture.call('f32_take_columns', m, n, joined.address + 4 * first, padded(width), back.address, padded(n));
      const expected = matrices[k].map((value, at) => (at % padded(n) < n ? value : 0));
      expect(fixture.read(back)).toEqual(expected);
      for (let i = 0; i < m; i++) {
        const at = i * padded(width) + first;
        expect(all.subarray(at, at + n)).toEqual(expected.subarray(i * padded(n), i * padded(n) + n));
      }
      first += n;
    });
    // What no part covers stays unchanged.
    expect(all.filter((_, at) => at % padded(width) >= width).every((value) => value === 0)).toBe(true);
  });
});
