/**
 * Philox4x32-10 against its published known answers, and the kernels that fill and shuffle against the distributions
 * that they promise.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { permutation, philox as inScript } from '../../src/common/philox.js';
import { runtimeOf, onFixture } from './harness.js';

const runtime = runtimeOf();
type Counter = readonly [number, number, number, number];
type Key = readonly [number, number];

const words = (n: number, key: Key, counter: Counter): number[] =>
  onFixture(runtime, (fixture) => {
    const out = fixture.room(16 * Math.ceil(n / 16));
    fixture.call('u32_random', n, out.address, ...key, ...counter);
    return fixture.readU32(out).slice(0, n);
  });

/** The generator once more, written from the paper on BigInt. */
function philox(key: Key, counter: Counter): number[] {
  const mask = 0xffffffffn;
  let [k0, k1] = key.map((word) => BigInt(word >>> 0));
  let [x0, x1, x2, x3] = counter.map((word) => BigInt(word >>> 0));
  for (let round = 0; round < 10; round++) {
    const p = x0 * 0xd2511f53n;
    const q = x2 * 0xcd9e8d57n;
    [x0, x1, x2, x3] = [(q >> 32n) ^ x1 ^ k0, q & mask, (p >> 32n) ^ x3 ^ k1, p & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [x0, x1, x2, x3].map(Number);
}

/** Random123's kat_vectors, philox4x32 10. */
// prettier-ignore
const known: [Counter, Key, number[]][] = [
  [[0, 0, 0, 0], [0, 0], [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]],
  [[-1, -1, -1, -1], [-1, -1], [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]],
  [[0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344], [0xa4093822, 0x299f31d0],
    [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1]],
];

describe('Philox4x32-10', () => {
  test.each(known)('gives the known answer of counter %j, key %j', (counter, key, answer) => {
    expect(philox(key, counter)).toEqual(answer);
    expect(words(4, key, counter)).toEqual(answer);
  });

  test('gives the same words and permutations in TypeScript', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(word, word, word, word, word, (seed, stream, c0, c1, c2) => {
        expect(inScript({ seed, stream, c1, c2 }, c0)).toEqual(words(4, [seed, stream], [c0, c1, c2, 0]));
      }),
    );
    for (const n of [0, 1, 2, 17, 1000, 2 ** 17 + 3]) {
      const kernel = onFixture(runtime, (fixture) => {
        const indices = fixture.room(n);
        fixture.call('u32_shuffle', n, indices.address, fixture.room(16).address, 3, 5, 7, 9, 0);
        return fixture.readU32(indices).slice(0, n);
      });
      expect([...permutation(n, { seed: 3, stream: 5, c1: 7, c2: 9 })]).toEqual(kernel);
    }
  });

  test('element i is a word of counter c0 + ⌊i/4⌋, however many elements are drawn', () => {
    const all = words(1000, [7, 8], [5, 9, 10, 11]);
    for (const n of [1, 4, 15, 16, 17, 999]) expect(words(n, [7, 8], [5, 9, 10, 11])).toEqual(all.slice(0, n));
    for (let block = 0; block < 250; block++) {
      expect(all.slice(4 * block, 4 * block + 4)).toEqual(philox([7, 8], [5 + block, 9, 10, 11]));
    }
  });
});

const COUNT = 160_000;
const fill = (kernel: 'f32_uniform' | 'f32_normal', first: number, second: number): Float32Array =>
  onFixture(runtime, (fixture) => {
    const out = fixture.room(COUNT);
    fixture.call(kernel, COUNT, out.address, 1, 2, 0, 3, 4, 5, first, second);
    return fixture.read(out);
  });

const mean = (x: Float32Array): number => x.reduce((sum, value) => sum + value, 0) / x.length;
const moment = (x: Float32Array, center: number, order: number): number =>
  x.reduce((sum, value) => sum + (value - center) ** order, 0) / x.length;

describe('uniform', () => {
  test('numbers are words scaled by 2^−24, exactly', () => {
    const expected = words(1000, [1, 2], [0, 3, 4, 5]).map((word) => (word >>> 8) * 2 ** -24);
    expect([...fill('f32_uniform', 0, 1).subarray(0, 1000)]).toEqual(expected);
  });

  test('numbers have the range, mean, variance and equal shares of 100 classes', () => {
    const x = fill('f32_uniform', -2, 3);
    expect(x.every((value) => value >= -2 && value < 3)).toBe(true);
    // Five standard errors each.
    expect(Math.abs(mean(x) - 0.5)).toBeLessThan((5 * 5) / Math.sqrt(12 * COUNT));
    expect(Math.abs(moment(x, 0.5, 2) / (25 / 12) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / COUNT));
    const shares = new Array<number>(100).fill(0);
    for (const value of x) shares[Math.floor(((value + 2) / 5) * 100)]++;
    const chi = shares.reduce((sum, count) => sum + (count - COUNT / 100) ** 2 / (COUNT / 100), 0);
    // 99 degrees of freedom: mean 99, standard deviation √198.
    expect(Math.abs(chi - 99)).toBeLessThan(5 * Math.sqrt(198));
  });
});

/** The standard normal distribution function by its series. */
function normalShare(z: number): number {
  let [term, sum] = [z, z];
  for (let odd = 3; Math.abs(term) > 1e-17; odd += 2) sum += term *= (z * z) / odd;
  return 0.5 + (sum * Math.exp((-z * z) / 2)) / Math.sqrt(2 * Math.PI);
}

describe('normal', () => {
  test('numbers follow Box and Muller on the words, within float32', () => {
    const x = fill('f32_normal', 0, 1);
    const drawn = words(1600, [1, 2], [0, 3, 4, 5]).map((word) => (word >>> 8) * 2 ** -24);
    for (let group = 0; group < 1600; group += 8) {
      for (let lane = 0; lane < 4; lane++) {
        const radius = Math.sqrt(-2 * Math.log(drawn[group + lane] + 2 ** -24));
        const turn = 2 * Math.PI * drawn[group + 4 + lane];
        expect(Math.abs(x[group + lane] - radius * Math.cos(turn))).toBeLessThan(2e-6);
        expect(Math.abs(x[group + 4 + lane] - radius * Math.sin(turn))).toBeLessThan(2e-6);
      }
    }
  });

  test('numbers have the moments and the distribution function', () => {
    const x = fill('f32_normal', 1, 2);
    const error = 5 / Math.sqrt(COUNT);
    expect(Math.abs(mean(x) - 1)).toBeLessThan(2 * error);
    expect(Math.abs(moment(x, 1, 2) / 4 - 1)).toBeLessThan(Math.SQRT2 * error);
    expect(Math.abs(moment(x, 1, 3) / 8)).toBeLessThan(Math.sqrt(15) * error);
    expect(Math.abs(moment(x, 1, 4) / 16 - 3)).toBeLessThan(Math.sqrt(96) * error);
    // Kolmogorov and Smirnov: the largest distance between the two distribution functions, exceeded once in a thousand
    // draws.
    const distance = x.sort().reduce((largest, value, i) => {
      const share = normalShare((value - 1) / 2);
      return Math.max(largest, Math.abs(share - i / COUNT), Math.abs(share - (i + 1) / COUNT));
    }, 0);
    expect(distance).toBeLessThan(1.95 / Math.sqrt(COUNT));
  });

  test('numbers stay within √(48 ln 2) standard deviations', () => {
    expect(fill('f32_normal', 0, 1).every((value) => Math.abs(value) <= Math.sqrt(48 * Math.LN2))).toBe(true);
  });
});

describe('shuffle', () => {
  const shuffled = (n: number, epoch: number, key: Key = [42, 2]): number[] =>
    onFixture(runtime, (fixture) => {
      const [out, scratch] = [fixture.room(n), fixture.room(16)];
      fixture.call('u32_shuffle', n, out.address, scratch.address, ...key, epoch, 0, 0);
      return fixture.readU32(out);
    });

  test('gives a permutation for any length and any key', () => {
    const word = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(fc.nat(300), word, word, word, (n, epoch, key0, key1) => {
        const order = shuffled(n, epoch, [key0, key1]);
        expect(order.sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
      }),
      { numRuns: 200, seed: 1 },
    );
  });

  test('gives a known answer, which no version may change', () => {
    const order = [13, 0, 5, 15, 4, 12, 18, 9, 2, 3, 8, 16, 1, 7, 11, 10, 14, 6, 19, 17];
    expect(shuffled(20, 3)).toEqual(order);
  });

  test('is Fisher and Yates from the top, with the high word of word × range', () => {
    const expected = Array.from({ length: 50 }, (_, i) => i);
    for (let i = 49, taken = 0; i > 0; i--, taken++) {
      const word = philox([42, 2], [taken >> 2, 7, 0, 0])[taken & 3];
      const j = Number((BigInt(word) * BigInt(i + 1)) >> 32n);
      [expected[i], expected[j]] = [expected[j], expected[i]];
    }
    expect(shuffled(50, 7)).toEqual(expected);
  });

  test('gives every order of four equally often', () => {
    const seen = new Map<string, number>();
    for (let epoch = 0; epoch < 4800; epoch++) {
      const order = shuffled(4, epoch).join('');
      seen.set(order, (seen.get(order) ?? 0) + 1);
    }
    const chi = [...seen.values()].reduce((sum, count) => sum + (count - 200) ** 2 / 200, 0);
    expect(seen.size).toBe(24);
    // 23 degrees of freedom.
    expect(Math.abs(chi - 23)).toBeLessThan(5 * Math.sqrt(46));
  });
});
