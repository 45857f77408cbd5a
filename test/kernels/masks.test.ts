/** Dropouts and Gaussian noise: which random numbers an element uses, and the distributions that follow. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { philox, shares } from '../support/reference/philox.js';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const KEY = [0x9abcdef0 | 0, 3] as const;
const [LAYER, STEP] = [5, 77];
const widths = [1, 3, 4, 5, 16, 17, 33];
const rows = [1, 2, 7, 32];
const shapes = rows.flatMap((m) => widths.map((n) => [m, n] as const));

interface Draw {
  readonly key?: readonly [number, number];
  readonly layer?: number;
  readonly step?: number;
  readonly first?: number;
  readonly inPlace?: boolean;
}

/** Lays out m rows of n values, `ld` apart, with zeros in the padding and a mark behind it. */
function laid(m: number, n: number, ld: number, seed: number): Float32Array {
  const values = numbers(m * n, seed);
  const out = new Float32Array(m * ld);
  for (let i = 0; i < m; i++) {
    out.fill(7, i * ld + padded(n), (i + 1) * ld);
    out.set(values.subarray(i * n, (i + 1) * n), i * ld);
  }
  return out;
}

type Kernel = 'f32_dropout' | 'f32_alpha_dropout' | 'f32_gaussian_noise' | 'f32_gaussian_factor';

const apply = (
  kernel: Kernel,
  [m, n, ld]: readonly [number, number, number],
  x: Float32Array,
  scalars: readonly number[],
  { key = KEY, layer = LAYER, step = STEP, first = 0, inPlace = false }: Draw = {},
): Float32Array =>
  onFixture(runtime, (fixture) => {
    const [from, words] = [fixture.use(x), fixture.room(16)];
    const to = inPlace ? from : fixture.use(x.map((value, at) => (at % ld < padded(n) ? NaN : value)));
    const places = [from.address, words.address, to.address, ld, ...key, layer, step, first] as const;
    if (kernel === 'f32_dropout') fixture.call(kernel, m, n, ...places, scalars[0], scalars[1]);
    else if (kernel === 'f32_alpha_dropout') {
      fixture.call(kernel, m, n, ...places, scalars[0], scalars[1], scalars[2], scalars[3]);
    } else fixture.call(kernel, m, n, ...places, scalars[0]);
    return fixture.read(to);
  });

test('the Philox generator of these tests gives the known answer of Random123', () => {
  const pi = [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344] as const;
  expect(philox([0xa4093822, 0x299f31d0], pi)).toEqual([0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]);
});

describe.each(shapes)('%i rows of %i', (m, n) => {
  const ld = padded(n) + 4;
  const x = laid(m, n, ld, 10 * m + n);

  test.each([0, 0.25, 0.5, 0.9])('dropout of %d uses word j mod 4 of the counter (⌊j/4⌋, row, layer, step)', (rate) => {
    const scale = fround(1 / (1 - rate));
    const expected = x.slice();
    for (let i = 0; i < m; i++) {
      shares(n, KEY, [i, LAYER, STEP])
        .subarray(0, n)
        .forEach((share, j) => (expected[i * ld + j] = share >= fround(rate) ? fround(x[i * ld + j] * scale) : 0));
    }
    expect(apply('f32_dropout', [m, n, ld], x, [rate, scale])).toEqual(expected);
    expect(apply('f32_dropout', [m, n, ld], x, [rate, scale], { inPlace: true })).toEqual(expected);
  });

  test.each([0, 0.25, 0.9])('alpha dropout of %d has the mask of dropout', (rate) => {
    const [scale, shift, dropped] = [fround(1.3), fround(0.4), fround(-0.7)];
    const mask = apply('f32_dropout', [m, n, ld], new Float32Array(m * ld).fill(1), [rate, 1]);
    const expected = x.slice();
    for (let i = 0; i < m; i++) {
      for (let j = i * ld; j < i * ld + n; j++) {
        expected[j] = mask[j] === 1 ? fround(fround(x[j] * scale) + shift) : dropped;
      }
    }
    const scalars = [rate, scale, shift, dropped];
    for (const inPlace of [false, true]) {
      const y = apply('f32_alpha_dropout', [m, n, ld], x, scalars, { inPlace });
      for (let i = 0; i < m; i++) {
        expect(y.subarray(i * ld, i * ld + n)).toEqual(expected.subarray(i * ld, i * ld + n));
        expect(y.subarray(i * ld + n, i * ld + padded(n)).every(Number.isFinite)).toBe(true);
        expect([...y.subarray(i * ld + padded(n), (i + 1) * ld)]).toEqual([7, 7, 7, 7]);
      }
    }
  });

  test('Gaussian dropout multiplies with 1 and the noise of these places, and keeps zeros in the padding', () => {
    const noise = apply('f32_gaussian_noise', [m, n, ld], new Float32Array(m * ld), [0.5]);
    const expected = x.slice();
    for (let i = 0; i < m; i++) {
      for (let j = i * ld; j < i * ld + n; j++) expected[j] = x[j] * fround(1 + noise[j]);
    }
    const y = apply('f32_gaussian_factor', [m, n, ld], x, [0.5]);
    // Zeros of either sign.
    expect(y.map((value) => value + 0)).toEqual(expected.map((value) => value + 0));
    expect(apply('f32_gaussian_factor', [m, n, ld], x, [0.5], { inPlace: true })).toEqual(y);
  });

  test('noise follows Box and Muller on the same words, within float32', () => {
    const y = apply('f32_gaussian_noise', [m, n, ld], x, [0.5]);
    for (let i = 0; i < m; i++) {
      const u = shares(n + 8, KEY, [i, LAYER, STEP]);
      for (let j = 0; j < n; j++) {
        const pair = (j & ~7) + (j & 3);
        const radius = Math.sqrt(-2 * Math.log(u[pair] + 2 ** -24));
        const turn = 2 * Math.PI * u[pair + 4];
        const noise = 0.5 * radius * (j & 4 ? Math.sin(turn) : Math.cos(turn));
        expect(Math.abs(y[i * ld + j] - (x[i * ld + j] + noise))).toBeLessThan(1.2e-6);
      }
      expect(y.subarray(i * ld + n, i * ld + padded(n)).every(Number.isFinite)).toBe(true);
      expect([...y.subarray(i * ld + padded(n), (i + 1) * ld)]).toEqual([7, 7, 7, 7]);
    }
    expect(apply('f32_gaussian_noise', [m, n, ld], x, [0.5], { inPlace: true })).toEqual(y);
  });

  test('noise on zeros has the bits of f32_normal', () => {
    const y = apply('f32_gaussian_noise', [m, n, ld], new Float32Array(m * ld), [0.3]);
    onFixture(runtime, (fixture) => {
      const out = fixture.room(16 * Math.ceil(n / 16));
      for (let i = 0; i < m; i++) {
        fixture.call('f32_normal', n, out.address, ...KEY, 0, i, LAYER, STEP, 0, 0.3);
        expect(y.subarray(i * ld, i * ld + n)).toEqual(fixture.read(out).subarray(0, n));
      }
    });
  });
});

describe.each(['f32_dropout', 'f32_alpha_dropout', 'f32_gaussian_noise', 'f32_gaussian_factor'] as const)(
  '%s',
  (kernel) => {
    const ones = (count: number): Float32Array => new Float32Array(count).fill(1);
    const scalars = [0.5, 2, 0.25, -1];

    test('gives an element the same number whatever the number of rows and columns and the distance of rows', () => {
      const all = apply(kernel, [32, 33, 36], ones(32 * 36), scalars);
      for (const [m, n, ld] of [
        [1, 1, 4],
        [7, 17, 20],
        [32, 5, 8],
        [2, 33, 64],
      ] as const) {
        const part = apply(kernel, [m, n, ld], ones(m * ld), scalars);
        for (let i = 0; i < m; i++) {
          expect(part.subarray(i * ld, i * ld + n)).toEqual(all.subarray(i * 36, i * 36 + n));
        }
      }
    });

    test('gives other numbers for another key, layer or step, and the same for the same', () => {
      const draws: Draw[] = [{}, { key: [1, 3] }, { key: [KEY[0], 4] }, { layer: 6 }, { step: 78 }];
      const seen = draws.map((draw) => apply(kernel, [4, 64, 64], ones(256), scalars, draw).join());
      expect(new Set(seen).size).toBe(draws.length);
      expect(apply(kernel, [4, 64, 64], ones(256), scalars).join()).toBe(seen[0]);
    });
  },
);

describe('distributions of masks and noise', () => {
  const [M, N] = [400, 400];
  const COUNT = M * N;
  const ones = new Float32Array(COUNT).fill(1);

  test.each([0, 0.1, 0.5, 0.75, 1])('a share of %d is dropped', (rate) => {
    const y = apply('f32_dropout', [M, N, N], ones, [rate, 1]);
    const [inRow, inColumn] = [new Uint32Array(M), new Uint32Array(N)];
    y.forEach((value, at) => {
      inRow[Math.floor(at / N)] += +(value === 0);
      inColumn[at % N] += +(value === 0);
    });
    const dropped = inRow.reduce((sum, count) => sum + count, 0);
    // Five standard errors each, which is 0 where none or all are dropped.
    const error = (count: number): number => 5 * Math.sqrt(rate * (1 - rate) * count);
    expect(Math.abs(dropped - rate * COUNT)).toBeLessThanOrEqual(error(COUNT));
    for (const count of inRow) expect(Math.abs(count - rate * N)).toBeLessThanOrEqual(error(N));
    for (const count of inColumn) expect(Math.abs(count - rate * M)).toBeLessThanOrEqual(error(M));
  });

  test('an element whose number equals the rate is kept', () => {
    const u = shares(16, KEY, [0, LAYER, STEP]);
    for (const rate of u) {
      const y = apply('f32_dropout', [1, 16, 16], ones.subarray(0, 16), [rate, 1]);
      expect([...y]).toEqual([...u].map((share) => +(share >= rate)));
    }
  });

  test('dropout keeps the mean where scale is 1/(1 − rate)', () => {
    const y = apply('f32_dropout', [M, N, N], ones, [0.2, 1.25]);
    const mean = y.reduce((sum, value) => sum + value, 0) / COUNT;
    expect(Math.abs(mean - 1)).toBeLessThan(5 * Math.sqrt(0.25 / COUNT));
  });

  test('a dropped element is 0, whatever its value was', () => {
    const y = apply('f32_dropout', [1, 8, 8], new Float32Array(8).fill(NaN), [1, Infinity]);
    expect(y).toEqual(new Float32Array(8));
  });

  test('noise has mean 0 and variance stddev²', () => {
    const y = apply('f32_gaussian_noise', [M, N, N], ones, [0.5]);
    const noise = y.map((value) => value - 1);
    const mean = noise.reduce((sum, value) => sum + value, 0) / COUNT;
    const variance = noise.reduce((sum, value) => sum + value * value, 0) / COUNT;
    expect(Math.abs(mean)).toBeLessThan((5 * 0.5) / Math.sqrt(COUNT));
    expect(Math.abs(variance / 0.25 - 1)).toBeLessThan(5 * Math.sqrt(2 / COUNT));
  });
});
