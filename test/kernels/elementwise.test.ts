/** Each elementwise kernel, described once: a float64 reference and a bound in units in the last place. */
import { afterAll, describe, expect, test } from 'vitest';
import type { KernelName } from '../../src/engine/abi.js';
import { machineOf, numbers, onBench, ulpOf, ulps } from './harness.js';

const machine = machineOf();

interface Description {
  readonly kernel: 'f32_exp' | 'f32_log' | 'f32_sigmoid' | 'f32_tanh' | 'f32_relu' | 'f32_unit_step';
  readonly reference: (x: number) => number;
  /** In ULP, as the kernel's documentation states it. */
  readonly bound: number;
  readonly backward?: readonly [kernel: BackwardKernel, derivative: (y: number) => number];
}
type BackwardKernel = Extract<KernelName, `f32_${'sigmoid' | 'tanh' | 'relu' | 'unit_step'}_backward`>;

const descriptions: readonly Description[] = [
  { kernel: 'f32_exp', reference: Math.exp, bound: 2 },
  { kernel: 'f32_log', reference: Math.log, bound: 2 },
  {
    kernel: 'f32_sigmoid',
    reference: (x) => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x))),
    bound: 3,
    backward: ['f32_sigmoid_backward', (y) => y * (1 - y)],
  },
  { kernel: 'f32_tanh', reference: Math.tanh, bound: 2, backward: ['f32_tanh_backward', (y) => 1 - y * y] },
  { kernel: 'f32_relu', reference: (x) => (x < 0 ? 0 : x), bound: 0, backward: ['f32_relu_backward', (y) => +(y > 0)] },
  { kernel: 'f32_unit_step', reference: (x) => +(x > 0), bound: 0, backward: ['f32_unit_step_backward', () => 0] },
];

/** A prime: the sweep meets every exponent and no pattern of mantissas. SWEEP=full takes all 2^32. */
const STRIDE = process.env.SWEEP === 'full' ? 1 : 4099;
const CHUNK = 1 << 16;

// prettier-ignore
const specials = [
  0, -0, 1, -1, 0.5, -0.5, Infinity, -Infinity, NaN, 88.72, 88.73, -87.3, -88.7, -103.9, -104, 104, 1e38, -1e38,
  1e-38, -1e-38, 1e-45, -1e-45, 7.85, 7.86, -7.86, 9, -9, 2 ** -12, -(2 ** -12), Math.SQRT1_2, Math.SQRT2,
];

const worst = new Map<string, readonly [ulp: number, input: number]>();
afterAll(() => {
  const rows = [...worst].map(([kernel, [ulp, input]]) => `  ${kernel}: ${ulp.toFixed(3)} ULP at ${input}`);
  console.log(['worst error seen', ...rows].join('\n'));
});

const apply = (kernel: Description['kernel'], x: Float32Array, inPlace = false): Float32Array =>
  onBench(machine, (bench) => {
    // Kernels take whole vectors of four.
    const whole = new Float32Array(Math.ceil(x.length / 4) * 4);
    whole.set(x);
    const from = bench.use(whole);
    const to = inPlace ? from : bench.room(whole.length);
    bench.call(kernel, x.length, from.address, to.address);
    return bench.read(to).subarray(0, x.length);
  });

/** The bound holds for every pair; NaN and infinities must be met exactly. */
function check({ kernel, reference, bound }: Description, x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const error = ulps(y[i], reference(x[i]));
    // −0 and 0 are one number here.
    if (error > bound && !(y[i] === 0 && reference(x[i]) === 0))
      expect.fail(`${kernel}(${x[i]}) = ${y[i]}: ${error} ULP`);
    if (error > (worst.get(kernel)?.[0] ?? 0)) worst.set(kernel, [error, x[i]]);
  }
}

describe.each(descriptions)('$kernel', (description) => {
  const { kernel, backward } = description;

  test('special values', () => {
    const x = Float32Array.from(specials);
    check(description, x, apply(kernel, x));
  });

  test.each([0, 1, 3, 4, 5, 15, 16, 17, 1000])('%i values, also in place', (n) => {
    const x = numbers(n, n).map((value) => 8 * value);
    const y = apply(kernel, x);
    check(description, x, y);
    expect(apply(kernel, x, true)).toEqual(y);
  });

  test('a sweep of all float32 patterns', () => {
    const patterns = new Uint32Array(CHUNK);
    const x = new Float32Array(patterns.buffer);
    for (let first = 0; first < 2 ** 32; first += STRIDE * CHUNK) {
      for (let i = 0; i < CHUNK; i++) patterns[i] = first + i * STRIDE;
      check(description, x, apply(kernel, x));
    }
  });

  test.runIf(backward)('the derivative from the output', () => {
    const [backwardKernel, derivative] = backward!;
    const y = apply(
      kernel,
      numbers(1001, 3).map((value) => 9 * value),
    );
    const dy = numbers(1001, 4);
    const dx = onBench(machine, (bench) => {
      const pad = (values: Float32Array): number[] => [...values, 0, 0, 0];
      const [at, delta] = [bench.use(pad(y)), bench.use(pad(dy))];
      bench.call(backwardKernel, 1001, at.address, delta.address, delta.address);
      return bench.read(delta);
    });
    y.forEach((value, i) => {
      const expected = dy[i] * derivative(value);
      // Two roundings on the way to the factor, which is at most 1, and one of the product.
      expect(Math.abs(dx[i] - expected)).toBeLessThanOrEqual(3 * ulpOf(Math.max(Math.abs(expected), 2 ** -60)));
    });
  });
});
