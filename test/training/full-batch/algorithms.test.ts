/**
 * The algorithms of full-batch training alone, in float64 on functions whose minima are known: L-BFGS and its line
 * search. On Rosenbrock's function SciPy 1.10's L-BFGS-B (maxcor 10, gtol 1e-8, ftol 0) sets the bounds.
 */
import { describe, expect, test } from 'vitest';
import { iterate, type VectorSpace } from '../../../src/training/full-batch/lbfgs.js';
import { strongWolfe, type LinePoint } from '../../../src/training/full-batch/line-search.js';

const space: VectorSpace<Float64Array> = {
  dot: (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0),
  largest: (x) => x.reduce((most, value) => Math.max(most, Math.abs(value)), 0),
  copy: (from, to) => to.set(from),
  scale: (x, factor) => x.forEach((value, i) => (x[i] = factor * value)),
  addScaled: (x, factor, y, out) => x.forEach((value, i) => (out[i] = value + factor * y[i])),
};

type Objective = (x: Float64Array, gradient: Float64Array) => number;

/** Minimizes a function; returns the point, the number of iterations and of evaluations, and why it ended. */
function minimize(objective: Objective, start: readonly number[], historySize = 10) {
  const vector = (): Float64Array => new Float64Array(start.length);
  const vectors = {
    point: Float64Array.from(start),
    trial: Float64Array.from(start),
    gradient: vector(),
    direction: vector(),
    before: vector(),
    steps: Array.from({ length: historySize }, vector),
    changes: Array.from({ length: historySize }, vector),
  };
  let evaluations = 0;
  const evaluate = (): number => {
    evaluations += 1;
    return objective(vectors.trial, vectors.gradient);
  };
  const tolerances = { historySize, gradientTolerance: 1e-8, changeTolerance: 0 };
  let value = evaluate();
  for (let iterations = 0; ; iterations++) {
    const result = iterate(space, vectors, tolerances, { value, next: iterations % historySize }, evaluate);
    value = result.value;
    vectors.point.set(vectors.trial);
    if (result.stop !== undefined || iterations === 500) {
      return { x: vectors.point, value, iterations, evaluations, stop: result.stop };
    }
  }
}

/** Σ 100·(x_{i+1} − x_i²)² + (1 − x_i)², whose minimum of 0 is at (1, …, 1). */
const rosenbrock: Objective = (x, g) => {
  g.fill(0);
  let value = 0;
  for (let i = 0; i + 1 < x.length; i++) {
    const [a, b] = [x[i + 1] - x[i] * x[i], 1 - x[i]];
    value += 100 * a * a + b * b;
    g[i] += -400 * x[i] * a - 2 * b;
    g[i + 1] += 200 * a;
  }
  return value;
};

describe('L-BFGS', () => {
  test.each([
    [2, 38, 46],
    [10, 78, 96],
    [50, 294, 331],
  ])('finds the minimum of Rosenbrock’s function of %i variables as fast as SciPy', (n, its, evaluated) => {
    const start = Array.from({ length: n }, (_, i) => (i % 2 === 0 ? -1.2 : 1));
    const { x, iterations, evaluations } = minimize(rosenbrock, start);
    expect(iterations).toBeLessThan(1.2 * its);
    expect(evaluations).toBeLessThan(1.2 * evaluated);
    x.forEach((value) => expect(value).toBeCloseTo(1, 8));
  });

  test.each([1, 3, 10])('finds the minimum of an ill-conditioned quadratic with a history of %i', (historySize) => {
    // Eigenvalues 1 … 100 and the minimum at (1, 2, 3, …).
    const scales = Array.from({ length: 9 }, (_, i) => 10 ** (i / 4));
    const { x, stop } = minimize(
      (at, g) =>
        scales.reduce((sum, scale, i) => {
          g[i] = scale * (at[i] - (i + 1));
          return sum + (g[i] * (at[i] - (i + 1))) / 2;
        }, 0),
      scales.map(() => 0),
      historySize,
    );
    expect(stop).toBe('gradientTolerance');
    x.forEach((value, i) => expect(value).toBeCloseTo(i + 1, 6));
  });

  test('ends where no step lowers the value, without moving', () => {
    // A gradient that points the wrong way.
    const { x, stop, value } = minimize((at, g) => ((g[0] = -1), at[0]), [5]);
    expect([stop, x[0], value]).toEqual(['lineSearch', 5, 5]);
  });

  test('a value that is not finite ends it', () => {
    expect(minimize(() => NaN, [1]).stop).toBe('notFinite');
    expect(minimize((_, g) => ((g[0] = Infinity), 0), [1]).stop).toBe('notFinite');
  });
});

describe('the line search', () => {
  /** Functions along a direction, with value and slope, and several first steps. */
  const functions: Record<string, (step: number) => [value: number, slope: number]> = {
    parabola: (t) => [(t - 3) ** 2, 2 * (t - 3)],
    'far away': (t) => [(t - 1000) ** 2, 2 * (t - 1000)],
    // Moré & Thuente 1994, (5.1) to (5.3) with β = 2, 0.004 and l = 39, in their own words hard for a line search.
    'Moré–Thuente 1': (t) => [-t / (t * t + 2), (t * t - 2) / (t * t + 2) ** 2],
    'Moré–Thuente 2': (t) => [(t + 0.004) ** 5 - 2 * (t + 0.004) ** 4, 5 * (t + 0.004) ** 4 - 8 * (t + 0.004) ** 3],
    'a wall': (t) => (t < 2 ? [-t, -1] : [NaN, NaN]),
    waves: (t) => [-t / 10 - Math.sin(4 * t) / 8, -0.1 - Math.cos(4 * t) / 2],
  };
  const first = [1e-3, 0.1, 1, 10, 1e3];

  test.each(Object.keys(functions).flatMap((name) => first.map((step) => [name, step] as const)))(
    '%s, first step %d: meets the strong Wolfe conditions or decreases',
    (name, step) => {
      let evaluations = 0;
      const at = (t: number): LinePoint => {
        const [value, slope] = functions[name](t);
        evaluations += 1;
        return { step: t, value, slope };
      };
      const start = at(0);
      const found = strongWolfe(at, start, step)!;
      expect(found.value).toBeLessThanOrEqual(start.value + 1e-4 * found.step * start.slope);
      expect(evaluations).toBeLessThanOrEqual(26);
      // Towards a wall the slope does not change.
      if (name !== 'a wall') expect(Math.abs(found.slope)).toBeLessThanOrEqual(0.9 * Math.abs(start.slope));
    },
  );

  test('finds nothing where every step rises', () => {
    expect(
      strongWolfe((step) => ({ step, value: step, slope: 1 }), { step: 0, value: 0, slope: -1 }, 1),
    ).toBeUndefined();
  });
});
