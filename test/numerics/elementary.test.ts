/**
 * The elementary functions of src/common against Math's, whose own error is below one unit in the last place in every
 * current engine.
 */
import { describe, expect, test } from 'vitest';
import { cos, exp, log, realPower } from '../../src/common/elementary.js';
import { source } from '../support/reference/random.js';

const SAMPLES = 200_000;

/** Difference in units in the last place of the expected value, subnormal numbers included. */
function ulps(actual: number, expected: number): number {
  if (actual === expected) return 0;
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(expected))), -1022);
  // In two steps: the unit itself may be too small to divide by.
  return Math.abs((actual - expected) * 2 ** 52) / 2 ** exponent;
}

function worst(
  arguments_: (u: number, v: number) => number[],
  f: typeof realPower,
  reference: typeof realPower,
): number {
  const from = source(11);
  let largest = 0;
  for (let i = 0; i < SAMPLES; i++) {
    const [a, b] = arguments_((i + from.uniform()) / SAMPLES, from.uniform());
    const error = ulps(f(a, b), reference(a, b));
    largest = Math.max(largest, Number.isNaN(error) ? Infinity : error);
  }
  return largest;
}

/** The stated bound of the library's function plus the reference's own unit. */
const within = (bound: number): number => bound + 1;

describe('exp', () => {
  test.each([
    ['[-745, 709]', -745, 709],
    ['[-1, 1]', -1, 1],
  ])('is within 2 ULP on %s', (_, low, high) => {
    expect(worst((u) => [low + (high - low) * u, 0], exp, Math.exp)).toBeLessThanOrEqual(within(2));
  });

  test('has known values', () => {
    expect(exp(0)).toBe(1);
    expect(exp(-745)).toBe(2 ** -1074);
    expect(exp(-800)).toBe(0);
    expect(exp(-1e300)).toBe(0);
    expect(exp(1e300)).toBe(Infinity);
    expect(ulps(exp(1), Math.E)).toBeLessThanOrEqual(1);
    expect(ulps(exp(-1), 0.36787944117144233)).toBeLessThanOrEqual(1);
  });
});

describe('log', () => {
  test('is within 1 ULP over all exponents, subnormal numbers included', () => {
    expect(worst((u, v) => [2 ** (2096 * u - 1074) * (1 + v / 2), 0], log, Math.log)).toBeLessThanOrEqual(within(1));
  });

  test('is within 1 ULP around 1, down to its neighbours', () => {
    expect(worst((u, v) => [1 + (v - 0.5) * 2 ** (-51 * u), 0], log, Math.log)).toBeLessThanOrEqual(within(1));
  });

  test('has known values', () => {
    expect(log(1)).toBe(0);
    expect(log(2)).toBe(Math.LN2);
    expect(log(0.5)).toBe(-Math.LN2);
    expect(log(10)).toBe(Math.LN10);
    expect(log(2 ** -1074)).toBe(-744.4400719213812);
    expect(log(Number.MAX_VALUE)).toBe(Math.log(Number.MAX_VALUE));
    expect(log(Infinity)).toBe(Infinity);
    expect(log(NaN)).toBeNaN();
    expect(log(0)).toBe(-Infinity);
    expect(log(-0)).toBe(-Infinity);
    expect(log(-1)).toBeNaN();
    expect(log(-Infinity)).toBeNaN();
    expect(log(Number.MAX_VALUE)).toBe(709.782712893384);
  });
});

describe('cos', () => {
  test('is within 2 ULP on [0, π]', () => {
    expect(worst((u) => [Math.PI * u, 0], cos, Math.cos)).toBeLessThanOrEqual(within(2));
  });

  test('is within 2 ULP around its zero, relative to the result', () => {
    const near = (u: number, v: number): number[] => [Math.PI / 2 + (v - 0.5) * 2 ** (-51 * u), 0];
    expect(worst(near, cos, Math.cos)).toBeLessThanOrEqual(within(2));
  });

  test('has known values', () => {
    expect(cos(0)).toBe(1);
    expect(cos(Math.PI)).toBe(-1);
    // The error of rounding π/2.
    expect(cos(Math.PI / 2)).toBe(6.123233995736766e-17);
    expect(ulps(cos(Math.PI / 3), 0.5)).toBeLessThanOrEqual(2);
  });
});

describe('powers', () => {
  test.each([
    ['bases of schedules', (v: number) => 0.5 + v],
    ['small and large bases', (v: number) => 2 ** (200 * v - 100)],
  ])('of %s are within 4 ULP where |y·ln x| ≤ 60', (_, base) => {
    const pair = (u: number, v: number): number[] => [base(v), (60 * u) / Math.max(Math.abs(Math.log(base(v))), 1e-6)];
    expect(worst(pair, realPower, Math.pow)).toBeLessThanOrEqual(within(4));
  });

  test('have known values', () => {
    for (let n = 0; n <= 1000; n++) expect(realPower(0.5, n)).toBe(2 ** -n);
    expect(realPower(0.3, 1)).toBe(0.3);
    expect(realPower(0.3, 0)).toBe(1);
    expect(realPower(0, 0.5)).toBe(0);
    expect(realPower(1, 1e9)).toBe(1);
    expect(ulps(realPower(2, 0.5), Math.SQRT2)).toBeLessThanOrEqual(1);
    expect(realPower(0.9, 1e6)).toBe(0);
  });
});
