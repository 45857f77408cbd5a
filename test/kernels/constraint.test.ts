/** The constraints on weights in panels. */
import { describe, expect, test } from 'vitest';
import { padded, panelFloats } from '../../src/runtime/panels.js';
import { readPanels, writePanels } from '../support/reference/panels.js';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const units = [1, 3, 4, 5, 16, 17, 33];
const inputs = [1, 2, 7, 32];
const shapes = inputs.flatMap((k) => units.flatMap((n) => [4, 8, 12, 16].map((width) => [k, n, width] as const)));

/** Returns the panels after the kernel, and the weights (n, k) in them. */
const constrain = (k: number, n: number, width: number, weights: Float32Array, limit: number) =>
  onFixture(runtime, (fixture) => {
    const panels = new Float32Array(panelFloats(n, k));
    writePanels(panels, 0, n, k, width, weights);
    const at = fixture.use(panels);
    fixture.call('f32_max_norm_panels', k, n, width, at.address, limit);
    const after = fixture.read(at);
    return { panels, after, weights: readPanels(after, 0, n, k, width) };
  });

describe.each(shapes)('%i inputs, %i units in panels of %i', (k, n, width) => {
  // Unit u has a norm of about u: some above the limit, some below.
  const weights = numbers(k * n, k + n).map((value, at) => (value * (1 + Math.floor(at / k))) / Math.sqrt(k));
  const norms = Array.from({ length: n }, (_, u) => Math.hypot(...weights.subarray(u * k, (u + 1) * k)));
  const limit = Math.fround([...norms].sort((a, b) => a - b)[n >> 1] * 0.9);

  test('units above the limit are scaled to it, the others keep their bits', () => {
    const { weights: got } = constrain(k, n, width, weights, limit);
    norms.forEach((norm, u) => {
      const [before, after] = [weights, got].map((all) => all.subarray(u * k, (u + 1) * k));
      if (norm <= limit) expect(after).toEqual(before);
      else {
        after.forEach((value, i) => {
          expect(Math.abs(value - (before[i] * limit) / norm)).toBeLessThanOrEqual(2 ** -23 * Math.abs(value));
        });
        expect(Math.abs(Math.hypot(...after) / limit - 1)).toBeLessThan(2 ** -22);
      }
    });
    expect(norms.some((norm) => norm > limit)).toBe(true);
  });

  test('a limit above all norms changes nothing, a limit of 0 leaves only zeros, neither gives a NaN', () => {
    const wide = constrain(k, n, width, weights, 1e6);
    expect(wide.after).toEqual(wide.panels);
    const { after } = constrain(k, n, width, weights, 0);
    expect(after.length).toBe(padded(n) * k);
    expect(after.every((value) => value === 0)).toBe(true);
    const zeros = constrain(k, n, width, new Float32Array(k * n), 0);
    expect(zeros.after).toEqual(zeros.panels);
  });

  test('padding units stay zero', () => {
    const { panels, after } = constrain(k, n, width, weights, limit);
    panels.forEach((value, at) => {
      if (value === 0) expect(after[at]).toBe(0);
    });
  });
});

test('the panel width changes no bit', () => {
  const weights = numbers(19 * 33, 5);
  const results = [4, 8, 12, 16].map((width) => constrain(19, 33, width, weights, 2).weights);
  for (const other of results) expect(other).toEqual(results[0]);
  expect(results[0]).not.toEqual(weights);
});

test('a norm whose square float32 does not hold is limited', () => {
  const { weights } = constrain(2, 1, 8, Float32Array.of(3e30, 4e30), 5);
  expect([...weights].map((value) => Math.round(value * 1e5) / 1e5)).toEqual([3, 4]);
});

test('a norm equal to the limit keeps its bits', () => {
  const weights = Float32Array.of(3, 4, 0.75, 1);
  expect(constrain(2, 2, 8, weights, 5).weights).toEqual(weights);
  expect([...constrain(2, 2, 8, weights, 1.25).weights]).toEqual([0.75, 1, 0.75, 1]);
});

const limitNorm = (k: number, n: number, width: number, weights: Float32Array, limits: [number, number, number]) =>
  onFixture(runtime, (fixture) => {
    const panels = new Float32Array(panelFloats(n, k));
    writePanels(panels, 0, n, k, width, weights);
    const at = fixture.use(panels);
    fixture.call('f32_limit_norm_panels', k, n, width, at.address, ...limits);
    return readPanels(fixture.read(at), 0, n, k, width);
  });

/** The formula of minMaxNorm in float64. */
function limited(row: Float32Array, [least, most, rate]: [number, number, number]): number[] {
  const norm = Math.hypot(...row);
  if (norm === 0) return [...row];
  const wanted = rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm;
  return Array.from(row, (value) => (value * wanted) / norm);
}

describe.each<[number, number, number]>([
  [1, 1, 1],
  [0.5, 0.75, 1],
  [0.5, 0.75, 0.25],
  [0, 0.5, 1],
])('limits %d to %d at rate %d', (...limits) => {
  test('move norms as their formula, keep the bits of units within them, at every panel width', () => {
    for (const [k, n] of shapes) {
      const weights = numbers(k * n, k + n).map((value, at) => (value * ((at % 3) + 0.25)) / Math.sqrt(k));
      weights.fill(0, 0, k);
      const results = [4, 8, 12, 16].map((width) => limitNorm(k, n, width, weights, limits));
      for (const other of results) expect(other).toEqual(results[0]);
      for (let u = 0; u < n; u++) {
        const [before, after] = [weights, results[0]].map((all) => all.subarray(u * k, (u + 1) * k));
        const norm = Math.hypot(...before);
        if (norm === 0 || (norm >= limits[0] && norm <= limits[1])) expect(after).toEqual(before);
        limited(before, limits).forEach((value, i) => {
          expect(Math.abs(after[i] - value)).toBeLessThanOrEqual(2 ** -22 * Math.abs(value) + 2 ** -149);
        });
      }
    }
  });
});

test('norms of subnormals and of the largest values become 1', () => {
  for (const value of [2 ** -149, 1e-40, 2 ** -126, 3e38]) {
    const [a, b] = limitNorm(2, 1, 8, Float32Array.of(value, -value), [1, 1, 1]);
    expect([a, b]).toEqual([Math.fround(Math.SQRT1_2), Math.fround(-Math.SQRT1_2)]);
  }
});

test('a NaN or an infinity stays in its unit, zeros keep their signs', () => {
  for (const value of [NaN, Infinity, -Infinity]) {
    const got = limitNorm(2, 3, 8, Float32Array.of(value, 1, 3, 4, -0, 0), [1, 1, 1]);
    expect(got[0]).toBeNaN();
    expect([...got.subarray(2)]).toEqual([Math.fround(0.6), Math.fround(0.8), -0, 0]);
  }
});
