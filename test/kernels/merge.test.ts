/** Kernels that merge values of the same width, and share a delta among those that tie. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { numbers, onFixture, runtimeOf } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;

/** Values at which arithmetic is particular, each with each other. */
const STRAY = [0, -0, 1, -1, 1e-45, -1e-45, 1e-39, 2 ** -126, 3.4e38, -3.4e38, Infinity, -Infinity, NaN].map(fround);
const PAIRS = STRAY.flatMap((a) => STRAY.map((b) => [a, b] as const));

const FORMULAS = {
  f32_difference: (a: number, b: number) => fround(a - b),
  f32_maximum: Math.max,
  f32_minimum: Math.min,
} as const;
type PairKernel = keyof typeof FORMULAS;
const NAMES = Object.keys(FORMULAS) as PairKernel[];

/** Compares by Object.is, which tells −0 from 0. */
function same(got: Float32Array, expected: number[]): void {
  expect(got.findIndex((value, i) => !Object.is(value, expected[i]))).toBe(-1);
}

describe.each(NAMES)('%s', (name) => {
  test.each([1, 3, 4, 5, 16, 17, 1000])('is its formula on %i values, in place too', (n) => {
    const whole = padded(n);
    const [a, b] = [numbers(whole, n), numbers(whole, n + 1)];
    for (const place of ['elsewhere', 'onto a', 'onto b']) {
      onFixture(runtime, (fixture) => {
        const [as, bs] = [fixture.use(a), fixture.use(b)];
        const to = place === 'onto a' ? as : place === 'onto b' ? bs : fixture.room(whole);
        fixture.call(name, n, as.address, bs.address, to.address);
        same(
          fixture.read(to),
          [...a].map((value, i) => FORMULAS[name](value, b[i])),
        );
      });
    }
  });

  test('is its formula at zeros of both signs, subnormals, the largest values, infinities and NaN', () => {
    onFixture(runtime, (fixture) => {
      const [a, b] = [0, 1].map((side) => fixture.use(PAIRS.map((pair) => pair[side])));
      const y = fixture.room(padded(PAIRS.length));
      fixture.call(name, PAIRS.length, a.address, b.address, y.address);
      same(
        fixture.read(y).subarray(0, PAIRS.length),
        PAIRS.map(([one, other]) => FORMULAS[name](one, other)),
      );
    });
  });
});

test.each([1, 3, 4, 5, 16, 17, 1000])('f32_quotient rounds %i quotients once', (n) => {
  onFixture(runtime, (fixture) => {
    const x = numbers(padded(n), n);
    const [from, y] = [fixture.use(x), fixture.room(padded(n))];
    fixture.call('f32_quotient', n, from.address, y.address, 3);
    same(
      fixture.read(y),
      [...x].map((value) => fround(value / 3)),
    );
    fixture.call('f32_quotient', n, from.address, from.address, 3);
    expect(fixture.read(from)).toEqual(fixture.read(y));
  });
});

describe.each([1, 3, 4, 5, 17])('f32_product_rows over rows of %i', (n) => {
  test.each([1, 2, 7])('multiplies %i rows and sets their padding to 0, in place too', (m) => {
    const ld = padded(n) + 4;
    for (const inPlace of [false, true]) {
      onFixture(runtime, (fixture) => {
        const [a, b] = [numbers(m * ld, n), numbers(m * ld, n + 1)];
        // Padding whose products would be NaN.
        for (let i = 0; i < m * ld; i++) if (i % ld >= n) b[i] = i % 2 === 0 ? Infinity : NaN;
        const [as, bs] = [fixture.use(a), fixture.use(b)];
        const y = inPlace ? as : fixture.use(a);
        fixture.call('f32_product_rows', m, n, as.address, bs.address, y.address, ld);
        const at = (i: number): number => (i % ld < n ? fround(a[i] * b[i]) : i % ld < padded(n) ? 0 : a[i]);
        same(
          fixture.read(y),
          Array.from(a, (_, i) => at(i)),
        );
      });
    }
  });
});

describe('f32_start_ties, f32_add_ties and f32_share_ties', () => {
  /** The shares of each operand, and the extreme by the kernel. */
  const shares = (operands: readonly (readonly number[])[], dy: readonly number[], kernel: PairKernel): number[][] =>
    onFixture(runtime, (fixture) => {
      const n = dy.length;
      const xs = operands.map((values) => fixture.use([...values, 0, 0, 0]));
      const [y, delta, count] = [fixture.room(padded(n)), fixture.use([...dy, 0, 0, 0]), fixture.room(padded(n))];
      xs.forEach((x, i) => fixture.call(kernel, n, (i === 0 ? x : y).address, x.address, y.address));
      xs.forEach((x, i) => {
        fixture.call(i === 0 ? 'f32_start_ties' : 'f32_add_ties', n, x.address, y.address, count.address);
      });
      return xs.map((x) => {
        const dx = fixture.room(padded(n));
        fixture.call('f32_share_ties', n, x.address, y.address, delta.address, count.address, dx.address);
        return [...fixture.read(dx).subarray(0, n)];
      });
    });

  test.each(['f32_maximum', 'f32_minimum'] as const)('give a delta to the operand of %s', (kernel) => {
    const [a, b, c] = [1, 2, 3].map((seed) => [...numbers(100, seed)]);
    const dy = [...numbers(100, 4)];
    const parts = shares([a, b, c], dy, kernel);
    dy.forEach((delta, i) => {
      const values = [a[i], b[i], c[i]];
      const extreme = FORMULAS[kernel](...(values as [number, number]));
      expect(parts.map((part) => part[i])).toEqual(values.map((value) => (value === extreme ? delta : 0)));
    });
  });

  test('give equal shares to operands that tie, 0 and −0 among them', () => {
    expect(
      shares(
        [
          [2, 0, 5],
          [2, -0, 4],
          [1, 0, 5],
        ],
        [3, 3, 3],
        'f32_maximum',
      ),
    ).toEqual([
      [1.5, 1, 1.5],
      [1.5, 1, 0],
      [0, 1, 1.5],
    ]);
  });

  test('give equal shares to infinities, and where an operand is NaN to all', () => {
    expect(
      shares(
        [
          [Infinity, NaN, -Infinity],
          [Infinity, 1, 2],
        ],
        [3, 3, 3],
        'f32_maximum',
      ),
    ).toEqual([
      [1.5, 1.5, 0],
      [1.5, 1.5, 3],
    ]);
  });
});
