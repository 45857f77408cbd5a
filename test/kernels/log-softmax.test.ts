/** The logarithm of softmax over rows, forward and backward, against float64 formulas, and its extremes. */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { numbers, onFixture, runtimeOf } from './harness.js';

const runtime = runtimeOf();
const shapes = [1, 2, 7].flatMap((m) => [1, 2, 3, 4, 5, 8, 17, 33].map((n) => [m, n] as const));

/** Lays out m rows of n values with NaN in the padding and marks behind it. */
function laid(m: number, n: number, ld: number, values: Float32Array): Float32Array {
  const out = new Float32Array(m * ld).fill(7);
  for (let i = 0; i < m; i++) {
    out.fill(NaN, i * ld, i * ld + padded(n));
    out.set(values.subarray(i * n, (i + 1) * n), i * ld);
  }
  return out;
}

const forward = (m: number, n: number, ld: number, x: Float32Array, inPlace = false): Float32Array =>
  onFixture(runtime, (fixture) => {
    const from = fixture.use(x);
    const to = inPlace ? from : fixture.use(new Float32Array(m * ld).fill(7));
    fixture.call('f32_log_softmax', m, n, from.address, to.address, ld);
    return fixture.read(to);
  });

function backward(m: number, n: number, ld: number, y: Float32Array, dy: Float32Array, inPlace = false): Float32Array {
  return onFixture(runtime, (fixture) => {
    const [output, delta] = [fixture.use(y), fixture.use(dy)];
    const to = inPlace ? delta : fixture.use(new Float32Array(m * ld).fill(7));
    fixture.call('f32_log_softmax_backward', m, n, output.address, delta.address, to.address, ld);
    return fixture.read(to);
  });
}

/** The formula in float64. */
function logSoftmax(x: readonly number[]): number[] {
  const top = Math.max(...x);
  const log = Math.log(x.reduce((sum, value) => sum + Math.exp(value - top), 0));
  return x.map((value) => value - top - log);
}

describe.each(shapes)('%i rows of %i', (m, n) => {
  const ld = padded(n) + 4;
  const x = laid(
    m,
    n,
    ld,
    numbers(m * n, 10 * m + n).map((value) => 5 * value),
  );
  const y = forward(m, n, ld, x);

  test('outputs are within rounding, padding is 0, and what follows is kept', () => {
    for (let i = 0; i < m; i++) {
      const row = [...x.subarray(i * ld, i * ld + n)];
      logSoftmax(row).forEach((value, j) => {
        // Two subtractions and a logarithm of a sum of n terms.
        const size = Math.max(...row) - row[j] + Math.log(n) + 1;
        expect(Math.abs(y[i * ld + j] - value)).toBeLessThanOrEqual((4 + n / 4) * 2 ** -24 * size);
      });
      expect(y.subarray(i * ld + n, i * ld + padded(n)).every((value) => value === 0)).toBe(true);
      expect([...y.subarray(i * ld + padded(n), (i + 1) * ld)]).toEqual([7, 7, 7, 7]);
    }
    expect(forward(m, n, ld, x, true)).toEqual(y);
  });

  test('dx = dy − e^y·Σdy, with padding 0', () => {
    const dy = laid(m, n, ld, numbers(m * n, 3));
    const dx = backward(m, n, ld, y, dy);
    for (let i = 0; i < m; i++) {
      const [of, delta] = [y, dy].map((all) => [...all.subarray(i * ld, i * ld + n)]);
      const sum = delta.reduce((total, value) => total + value, 0);
      const sizes = delta.reduce((total, value) => total + Math.abs(value), 0);
      delta.forEach((value, j) => {
        expect(Math.abs(dx[i * ld + j] - (value - Math.exp(of[j]) * sum))).toBeLessThanOrEqual(2 ** -20 * sizes);
      });
      expect(dx.subarray(i * ld + n, i * ld + padded(n)).every((value) => value === 0)).toBe(true);
      expect([...dx.subarray(i * ld + padded(n), (i + 1) * ld)]).toEqual([7, 7, 7, 7]);
    }
    expect(backward(m, n, ld, y, dy, true)).toEqual(dx);
  });
});

describe('extremes', () => {
  const of = (...x: number[]): number[] =>
    [...forward(1, x.length, padded(x.length), laid(1, x.length, padded(x.length), Float32Array.from(x)))].slice(
      0,
      x.length,
    );

  test('no logit overflows or underflows', () => {
    expect(of(3e38, -3e38)).toEqual([0, -Infinity]);
    expect(of(1e30, 0)).toEqual([0, Math.fround(-1e30)]);
    expect(of(-1000, -1000).map((value) => value.toFixed(6))).toEqual(['-0.693147', '-0.693147']);
    expect(of(0, -200)).toEqual([0, -200]);
    expect(of(5)).toEqual([0]);
  });

  test('−∞ stays −∞, and a NaN, +∞ or nothing but −∞ makes the row NaN', () => {
    expect(of(-Infinity, 1, 1)[0]).toBe(-Infinity);
    expect(of(-Infinity, 1)[1]).toBe(0);
    for (const row of [
      [NaN, 1, 2],
      [Infinity, 1, 2],
      [-Infinity, -Infinity],
    ])
      expect(of(...row).every(Number.isNaN)).toBe(true);
  });

  test('a gradient of −∞ is that of a probability of 0', () => {
    expect([...backward(1, 2, 4, Float32Array.of(-Infinity, 0, 0, 0), Float32Array.of(0.25, 0.5, 0, 0))]).toEqual([
      0.25, -0.25, 0, 0,
    ]);
  });
});
