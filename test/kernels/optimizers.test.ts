/**
 * Optimizer kernels against the recurrences in float64, over several steps; then what else is done to gradients:
 * penalties, scaling, clipping and norms.
 */
import { describe, expect, test } from 'vitest';
import { padded } from '../../src/runtime/panels.js';
import { writePanels } from '../support/reference/panels.js';
import { runtimeOf, numbers, onFixture } from './harness.js';

const runtime = runtimeOf();
const N = 13;
const STEPS = 5;
const gradientsAt = (step: number): number[] => [...numbers(16, 100 + step)].map((g, i) => (i < N ? g : 0));
const padTo16 = (values: Float32Array): Float32Array => Float32Array.from({ length: 16 }, (_, i) => values[i] ?? 0);
const initial = [...numbers(16, 1)].map((w, i) => (i < N ? w : 0));

/** Float32 against float64 after a few steps of a recurrence: some tens of roundings of numbers below 2. */
const BOUND = 3e-6;

function check(got: Float32Array, expected: readonly number[]): void {
  expected.forEach((value, i) => expect(Math.abs(got[i] - value)).toBeLessThan(BOUND));
  // Padding is zero and stays zero.
  expect([...got.subarray(N)].every((value) => value === 0)).toBe(true);
}

describe('optimizer kernels follow the float64 recurrence', () => {
  test('f32_sgd', () => {
    onFixture(runtime, (fixture) => {
      const w = fixture.use(initial);
      let expected = initial;
      for (let step = 1; step <= STEPS; step++) {
        fixture.call('f32_sgd', N, fixture.use(gradientsAt(step)).address, w.address, 0.1);
        expected = expected.map((value, i) => value - 0.1 * gradientsAt(step)[i]);
      }
      check(fixture.read(w), expected);
    });
  });

  test.each([false, true])('f32_sgd_momentum, nesterov %s', (nesterov) => {
    onFixture(runtime, (fixture) => {
      const [w, v] = [fixture.use(initial), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const velocity = new Array<number>(16).fill(0);
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        fixture.call('f32_sgd_momentum', N, fixture.use(g).address, w.address, v.address, 0.1, 0.9, nesterov ? 1 : 0);
        for (let i = 0; i < N; i++) {
          velocity[i] = 0.9 * velocity[i] + g[i];
          expected[i] -= 0.1 * (nesterov ? g[i] + 0.9 * velocity[i] : velocity[i]);
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(v), velocity);
    });
  });

  test('f32_adam', () => {
    onFixture(runtime, (fixture) => {
      const [w, m, v] = [fixture.use(initial), fixture.use(new Float32Array(16)), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const [first, second] = [new Array<number>(16).fill(0), new Array<number>(16).fill(0)];
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        const [c1, c2] = [1 - 0.9 ** step, 1 - 0.999 ** step];
        const scalars = [0.1 / c1, 0, 1 / Math.sqrt(c2), 0.9, 0.1, 0.999, 0.001, 1e-8] as const;
        fixture.call('f32_adam', N, fixture.use(g).address, w.address, m.address, v.address, ...scalars);
        for (let i = 0; i < N; i++) {
          first[i] = 0.9 * first[i] + 0.1 * g[i];
          second[i] = 0.999 * second[i] + 0.001 * g[i] * g[i];
          expected[i] -= (0.1 * (first[i] / c1)) / (Math.sqrt(second[i] / c2) + 1e-8);
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(m), first);
      check(fixture.read(v), second);
    });
  });

  test('f32_amsgrad', () => {
    onFixture(runtime, (fixture) => {
      const [w, m, v, x] = [initial, ...Array.from({ length: 3 }, () => new Float32Array(16))].map((values) =>
        fixture.use(values),
      );
      const expected = [...initial];
      const [first, second, most] = Array.from({ length: 3 }, () => new Array<number>(16).fill(0));
      for (let step = 1; step <= STEPS; step++) {
        // Gradients that shrink, so that the largest mean square is an earlier one.
        const g = gradientsAt(step).map((value) => value / step ** 3);
        const [c1, c2] = [1 - 0.9 ** step, 1 - 0.5 ** step];
        const scalars = [0.1 / c1, 1 / Math.sqrt(c2), 0.9, 0.1, 0.5, 0.5, 1e-8] as const;
        const addresses = [w, m, v, x].map(({ address }) => address) as [number, number, number, number];
        fixture.call('f32_amsgrad', N, fixture.use(g).address, ...addresses, ...scalars);
        for (let i = 0; i < N; i++) {
          first[i] = 0.9 * first[i] + 0.1 * g[i];
          second[i] = 0.5 * second[i] + 0.5 * g[i] * g[i];
          most[i] = Math.max(most[i], second[i]);
          expected[i] -= (0.1 * (first[i] / c1)) / (Math.sqrt(most[i] / c2) + 1e-8);
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(v), second);
      check(fixture.read(x), most);
      expect(most).not.toEqual(second);
    });
  });

  test('f32_adamax', () => {
    onFixture(runtime, (fixture) => {
      const [w, m, u] = [fixture.use(initial), fixture.use(new Float32Array(16)), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const [first, norm] = [new Array<number>(16).fill(0), new Array<number>(16).fill(0)];
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        const stepSize = 0.1 / (1 - 0.9 ** step);
        const scalars = [stepSize, 0.9, 0.1, 0.5, 1e-3] as const;
        fixture.call('f32_adamax', N, fixture.use(g).address, w.address, m.address, u.address, ...scalars);
        for (let i = 0; i < N; i++) {
          first[i] = 0.9 * first[i] + 0.1 * g[i];
          norm[i] = Math.max(0.5 * norm[i], Math.abs(g[i]) + 1e-3);
          expected[i] -= (stepSize * first[i]) / norm[i];
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(m), first);
    });
  });

  test('f32_lion', () => {
    onFixture(runtime, (fixture) => {
      const [w, m] = [fixture.use(initial), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const momentum = new Array<number>(16).fill(0);
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step).map((value, i) => (i === 3 ? 0 : value));
        fixture.call('f32_lion', N, fixture.use(g).address, w.address, m.address, 0.1, 0.9, 0.1, 0.99, 0.01);
        for (let i = 0; i < N; i++) {
          expected[i] -= 0.1 * Math.sign(0.9 * momentum[i] + 0.1 * g[i]);
          momentum[i] = 0.99 * momentum[i] + 0.01 * g[i];
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(m), momentum);
      // Without a gradient a weight stays.
      expect(fixture.read(w)[3]).toBe(Math.fround(initial[3]));
    });
  });

  test('f32_lion steps by one rate for every gradient but 0 and NaN', () => {
    const g = [Infinity, -Infinity, 3e38, -1e-38, 0, -0, NaN, 1e-45].map(Math.fround);
    onFixture(runtime, (fixture) => {
      const [w, m] = [fixture.use(new Float32Array(8)), fixture.use(new Float32Array(8))];
      fixture.call('f32_lion', 8, fixture.use(g).address, w.address, m.address, 0.5, 0, 1, 0, 1);
      expect([...fixture.read(w)]).toEqual([-0.5, 0.5, -0.5, 0.5, 0, 0, NaN, -0.5]);
      expect(fixture.read(m)).toEqual(Float32Array.from(g, (value) => value + 0));
    });
  });

  test.each([0, 0.9])('f32_rmsprop_centered, momentum %d', (momentum) => {
    onFixture(runtime, (fixture) => {
      const [w, s, a, v] = [initial, ...Array.from({ length: 3 }, () => new Float32Array(16))].map((values) =>
        fixture.use(values),
      );
      const expected = [...initial];
      const [square, mean, velocity] = Array.from({ length: 3 }, () => new Array<number>(16).fill(0));
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        const addresses = [w, s, a].map(({ address }) => address) as [number, number, number];
        const velocityAt = momentum > 0 ? v.address : 0;
        const scalars = [0.01, 0.9, 0.1, 1e-8, momentum] as const;
        fixture.call('f32_rmsprop_centered', N, fixture.use(g).address, ...addresses, velocityAt, ...scalars);
        for (let i = 0; i < N; i++) {
          square[i] = 0.9 * square[i] + 0.1 * g[i] * g[i];
          mean[i] = 0.9 * mean[i] + 0.1 * g[i];
          velocity[i] = momentum * velocity[i] + g[i] / (Math.sqrt(square[i] - mean[i] ** 2) + 1e-8);
          expected[i] -= 0.01 * velocity[i];
        }
      }
      check(fixture.read(w), expected);
      check(fixture.read(a), mean);
    });
  });

  test('a variance that rounding makes negative counts as 0', () => {
    onFixture(runtime, (fixture) => {
      // 0.1² rounds up in float32: s − a² of a gradient that never changes may be below 0.
      const [s, a] = [fixture.use([0.0099999, 0, 0, 0]), fixture.use([0.1, 0, 0, 0])];
      const [w, g] = [fixture.use([1, 0, 0, 0]), fixture.use([0.1, 0, 0, 0])];
      fixture.call('f32_rmsprop_centered', 1, g.address, w.address, s.address, a.address, 0, 1, 1, 0, 1, 0);
      expect(fixture.read(w)[0]).toBeCloseTo(0.9, 6);
    });
  });

  test('f32_adagrad', () => {
    onFixture(runtime, (fixture) => {
      const [w, s] = [fixture.use(initial), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const sum = new Array<number>(16).fill(0);
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        fixture.call('f32_adagrad', N, fixture.use(g).address, w.address, s.address, 0.1, 1e-10);
        for (let i = 0; i < N; i++) expected[i] -= (0.1 * g[i]) / (Math.sqrt((sum[i] += g[i] * g[i])) + 1e-10);
      }
      check(fixture.read(w), expected);
    });
  });

  test.each([0, 0.9])('f32_rmsprop, momentum %d', (momentum) => {
    onFixture(runtime, (fixture) => {
      const [w, s, v] = [fixture.use(initial), fixture.use(new Float32Array(16)), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const [mean, velocity] = [new Array<number>(16).fill(0), new Array<number>(16).fill(0)];
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        const velocityAt = momentum > 0 ? v.address : 0;
        const scalars = [0.01, 0.9, 0.1, 1e-8, momentum] as const;
        fixture.call('f32_rmsprop', N, fixture.use(g).address, w.address, s.address, velocityAt, ...scalars);
        for (let i = 0; i < N; i++) {
          mean[i] = 0.9 * mean[i] + 0.1 * g[i] * g[i];
          velocity[i] = momentum * velocity[i] + g[i] / (Math.sqrt(mean[i]) + 1e-8);
          expected[i] -= 0.01 * velocity[i];
        }
      }
      check(fixture.read(w), expected);
    });
  });

  test('f32_adadelta', () => {
    onFixture(runtime, (fixture) => {
      const [w, s, u] = [fixture.use(initial), fixture.use(new Float32Array(16)), fixture.use(new Float32Array(16))];
      const expected = [...initial];
      const [mean, updates] = [new Array<number>(16).fill(0), new Array<number>(16).fill(0)];
      for (let step = 1; step <= STEPS; step++) {
        const g = gradientsAt(step);
        fixture.call('f32_adadelta', N, fixture.use(g).address, w.address, s.address, u.address, 1, 0.9, 0.1, 1e-6);
        for (let i = 0; i < N; i++) {
          mean[i] = 0.9 * mean[i] + 0.1 * g[i] * g[i];
          const d = Math.sqrt((updates[i] + 1e-6) / (mean[i] + 1e-6)) * g[i];
          updates[i] = 0.9 * updates[i] + 0.1 * d * d;
          expected[i] -= d;
        }
      }
      check(fixture.read(w), expected);
    });
  });
});

describe('gradients', () => {
  const g = gradientsAt(1);

  test('penalties add l1·sign(w) + l2·w', () => {
    onFixture(runtime, (fixture) => {
      const w = initial.map((value, i) => (i === 3 ? 0 : value));
      const at = fixture.use(g);
      fixture.call('f32_penalty_gradient', N, fixture.use(w).address, at.address, 0.25, 0.5);
      check(
        fixture.read(at),
        g.map((value, i) => value + 0.25 * Math.sign(w[i]) + 0.5 * w[i]),
      );
    });
  });

  test('are scaled', () => {
    onFixture(runtime, (fixture) => {
      const at = fixture.use(g);
      fixture.call('f32_scale', N, at.address, 0.5);
      check(
        fixture.read(at),
        g.map((value) => 0.5 * value),
      );
    });
  });

  test('are clipped by value', () => {
    onFixture(runtime, (fixture) => {
      const at = fixture.use(g);
      fixture.call('f32_clip_value', N, at.address, 0.25);
      check(
        fixture.read(at),
        g.map((value) => Math.min(Math.max(value, -0.25), 0.25)),
      );
    });
  });

  const shapes = [1, 2, 7, 32, 300].flatMap((k) => [1, 3, 4, 5, 16, 17, 33].map((n) => [k, n] as const));

  test.each(shapes)(
    'squares of %i inputs × %i units are summed per unit, then over units, in panels of any width',
    (k, n) => {
      // Fifth powers: their squares have more digits than a float64, so that each sum rounds and the order matters.
      const weights = numbers(k * n, k + n).map((value) => value ** 5);
      let expected = 0.1;
      for (let unit = 0; unit < n; unit++) {
        expected += weights.subarray(unit * k, (unit + 1) * k).reduce((sum, value) => sum + value * value, 0);
      }
      for (const width of [4, 8, 12, 16, padded(n)]) {
        onFixture(runtime, (fixture) => {
          const panels = new Float32Array(padded(n) * k);
          writePanels(panels, 0, n, k, width, weights);
          const from = fixture.use(panels);
          const total = fixture.use(new Float32Array(Float64Array.of(0.1).buffer));
          fixture.call('f64_add_squares', k, n, width, from.address, total.address);
          expect(fixture.readF64(total), `width ${width}`).toBe(expected);
          expect(fixture.read(from)).toEqual(panels);
        });
      }
    },
  );
});

describe('parameter vectors', () => {
  test('x + factor·y has two roundings', () => {
    onFixture(runtime, (fixture) => {
      const [x, y] = [numbers(N, 3), numbers(N, 4)];
      const [at, other, to] = [fixture.use(padTo16(x)), fixture.use(padTo16(y)), fixture.room(16)];
      const factor = Math.fround(-0.7);
      fixture.call('f32_add_scaled', N, at.address, other.address, to.address, factor);
      const expected = x.map((value, i) => value + Math.fround(factor * y[i]));
      expect(fixture.read(to).subarray(0, N)).toEqual(expected);
      for (const into of [at, other]) {
        fixture.runtime.memory.f32.set(padTo16(x), at.address / 4);
        fixture.runtime.memory.f32.set(padTo16(y), other.address / 4);
        fixture.call('f32_add_scaled', N, at.address, other.address, into.address, factor);
        expect(fixture.read(into).subarray(0, N)).toEqual(expected);
      }
    });
  });

  test.each([1, 2, 7, 32, 300].flatMap((k) => [1, 3, 4, 5, 16, 17, 33].map((n) => [k, n] as const)))(
    'products of %i inputs × %i units are summed per unit, then over units, in panels of any width',
    (k, n) => {
      const [a, b] = [numbers(k * n, k + n), numbers(k * n, k + n + 7)];
      let expected = 0.1;
      for (let unit = 0; unit < n; unit++) {
        let sum = 0;
        for (let i = unit * k; i < (unit + 1) * k; i++) sum += a[i] * b[i];
        expected += sum;
      }
      for (const width of [4, 8, 12, 16, padded(n)]) {
        onFixture(runtime, (fixture) => {
          const [x, y] = [a, b].map((values) => {
            const panels = new Float32Array(padded(n) * k);
            writePanels(panels, 0, n, k, width, values);
            return fixture.use(panels);
          });
          const total = fixture.use(new Float32Array(Float64Array.of(0.1).buffer));
          fixture.call('f64_add_products', k, n, width, x.address, y.address, total.address);
          expect(fixture.readF64(total), `width ${width}`).toBe(expected);
        });
      }
    },
  );
});
