/**
 * Each elementwise kernel, described once in a table: a float64 reference, and a bound in units in the last place
 * (ULP). All kernels run through special values, lengths and a sweep over float32; accuracy.test.ts has the functions
 * inside other kernels.
 */
import { afterAll, describe, expect, test } from 'vitest';
import type { KernelName, Kernels } from '../../src/runtime/abi.js';
import { runtimeOf, numbers, onFixture, ulpOf, ulps } from './harness.js';

const runtime = runtimeOf();

/** Kernels with the parameters (n, *x, *y, …scalars). */
type MapKernel = {
  [K in KernelName]: Parameters<Kernels[K]> extends [number, number, number, ...number[]] ? K : never;
}[KernelName];

interface Description {
  readonly kernel: MapKernel;
  readonly scalars?: readonly number[];
  readonly reference: (x: number) => number;
  /** Bound in ULP, as the kernel's documentation states it. */
  readonly bound: number;
  /** Unit of the bound where it is not that of the result: the factor that multiplies an absolute error. */
  readonly unit?: (x: number) => number;
  /** Whether the bound is waived below 2^−119, see TINY. */
  readonly tiny?: true;
  /**
   * The derivative as a function of the output or of the input. Its bound is absolute, for factors of at most about 1.
   */
  readonly backward?: {
    readonly kernel: MapKernel;
    readonly of: 'input' | 'output';
    readonly derivative: (value: number) => number;
    readonly bound?: number;
  };
}

const sigmoid = (x: number): number => (x < 0 ? Math.exp(x) / (1 + Math.exp(x)) : 1 / (1 + Math.exp(-x)));
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
const [ALPHA, SCALE] = [1.7580993408473766, 1.0507009873554805].map(Math.fround);

/** The normal distribution function by its continued fraction, or by its series near 0. */
function normal(x: number): number {
  const a = Math.abs(x);
  const density = Math.exp((-a * a) / 2) / Math.sqrt(2 * Math.PI);
  if (a < 3) {
    let [term, sum] = [a, a];
    for (let n = 1; n < 100; n++) sum += term *= (a * a) / (2 * n + 1);
    return 0.5 + Math.sign(x) * sum * density;
  }
  let fraction = a;
  for (let n = 200; n > 0; n--) fraction = a + n / fraction;
  return x < 0 ? density / fraction : 1 - density / fraction;
}

/**
 * 2u = 2√(2/π)(x + 0.044715x³) of the tanh approximation of GELU, and x times its derivative; beyond 100, σ decides.
 */
const twice = (x: number): number => 2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const inner = (x: number): number =>
  Math.abs(x) > 100 ? 0 : 2 * Math.sqrt(2 / Math.PI) * x * (1 + 3 * 0.044715 * x ** 2);

// prettier-ignore
const descriptions: readonly Description[] = [
  { kernel: 'f32_exp', reference: Math.exp, bound: 2 },
  { kernel: 'f32_log', reference: Math.log, bound: 2 },
  { kernel: 'f32_sigmoid', reference: sigmoid, bound: 3,
    backward: { kernel: 'f32_sigmoid_backward', of: 'output', derivative: (y) => y * (1 - y) } },
  { kernel: 'f32_tanh', reference: Math.tanh, bound: 2,
    backward: { kernel: 'f32_tanh_backward', of: 'output', derivative: (y) => 1 - y * y } },
  { kernel: 'f32_relu', reference: (x) => (x < 0 ? 0 : x), bound: 0,
    backward: { kernel: 'f32_relu_backward', of: 'output', derivative: (y) => +(y > 0) } },
  { kernel: 'f32_unit_step', reference: (x) => +(x > 0), bound: 0,
    backward: { kernel: 'f32_unit_step_backward', of: 'output', derivative: () => 0 } },
  // One slope that makes products exact, and some that make them round.
  ...[0.125, 0.01, 0.3, 1 / 3, 1 + 2 ** -23, 3.7].map(Math.fround).map((slope): Description => (
    { kernel: 'f32_leaky_relu', scalars: [slope], reference: (x) => (x < 0 ? slope * x : x), bound: 0.5,
      backward: { kernel: 'f32_leaky_relu_backward', of: 'output', derivative: (y) => (y > 0 ? 1 : slope) } })),
  { kernel: 'f32_elu', scalars: [1, 1], reference: (x) => (x < 0 ? Math.expm1(x) : x), bound: 2,
    backward: { kernel: 'f32_elu_backward', of: 'output', derivative: (y) => (y > 0 ? 1 : y + 1) } },
  { kernel: 'f32_elu', scalars: [ALPHA, SCALE], reference: (x) => (x < 0 ? ALPHA * Math.expm1(x) : SCALE * x), bound: 3,
    backward: { kernel: 'f32_elu_backward', of: 'output', derivative: (y) => (y > 0 ? SCALE : y + ALPHA) } },
  { kernel: 'f32_swish', reference: (x) => x * sigmoid(x), bound: 3.5, tiny: true,
    backward: { kernel: 'f32_swish_backward', of: 'input', bound: 16,
      derivative: (x) => sigmoid(x) * (1 + x * (1 - sigmoid(x))) } },
  { kernel: 'f32_gelu', reference: (x) => x * normal(x), bound: 4, unit: (x) => x,
    backward: { kernel: 'f32_gelu_backward', of: 'input', bound: 16,
      derivative: (x) => normal(x) + (x * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI) } },
  { kernel: 'f32_softplus', reference: softplus, bound: 4,
    backward: { kernel: 'f32_softplus_backward', of: 'input', derivative: sigmoid } },
  { kernel: 'f32_softsign', reference: (x) => x / (1 + Math.abs(x)), bound: 1.5,
    backward: { kernel: 'f32_softsign_backward', of: 'input', bound: 4, derivative: (x) => 1 / (1 + Math.abs(x)) ** 2 } },
  { kernel: 'f32_mish', reference: (x) => x * Math.tanh(softplus(x)), bound: 5, tiny: true,
    backward: { kernel: 'f32_mish_backward', of: 'input', bound: 16,
      derivative: (x) => Math.tanh(softplus(x)) + x * sigmoid(x) * (1 - Math.tanh(softplus(x)) ** 2) } },
  { kernel: 'f32_hard_sigmoid', reference: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1), bound: 1, unit: () => 1,
    backward: { kernel: 'f32_hard_sigmoid_backward', of: 'input', derivative: (x) => +(x > -3 && x <= 3) / 6 } },
  { kernel: 'f32_relu6', reference: (x) => Math.min(Math.max(x, 0), 6), bound: 0,
    backward: { kernel: 'f32_relu6_backward', of: 'input', bound: 0, derivative: (x) => +(x > 0 && x <= 6) } },
  { kernel: 'f32_hard_swish', reference: (x) => x * (Math.min(Math.max(x + 3, 0), 6) / 6), bound: 2.5,
    backward: { kernel: 'f32_hard_swish_backward', of: 'input',
      derivative: (x) => (x > 3 ? 1 : x > -3 ? x / 3 + 0.5 : 0) } },
  // The extremes of alpha, and some at which x/alpha rounds.
  ...[1, 0.3, 3.7, 100, 2 ** -149, 2 ** -120, 2 ** 120, (2 - 2 ** -23) * 2 ** 127].map(Math.fround).map((alpha): Description => (
    { kernel: 'f32_celu', scalars: [alpha], reference: (x) => (x < 0 ? alpha * Math.expm1(x / alpha) : x), bound: 4,
      backward: { kernel: 'f32_celu_backward', of: 'output', derivative: (y) => (y > 0 ? 1 : y / alpha + 1) } })),
  { kernel: 'f32_tanh_gelu', reference: (x) => x * sigmoid(twice(x)), bound: 4, unit: (x) => x,
    backward: { kernel: 'f32_tanh_gelu_backward', of: 'input', bound: 16,
      derivative: (x) => sigmoid(twice(x)) + sigmoid(twice(x)) * sigmoid(-twice(x)) * inner(x) } },
];

/** A prime: the sweep meets every exponent and no pattern of mantissas. `npm run test:sweep` takes all 2^32 numbers. */
const FULL = process.env.MODE === 'sweep';
const STRIDE = FULL ? 1 : 4099;
/** All patterns take minutes per kernel; 0 means no limit. */
const SWEEP_TIMEOUT = FULL ? 0 : 60_000;
const CHUNK = 1 << 16;

// prettier-ignore
const specials = [
  0, -0, 1, -1, 0.5, -0.5, Infinity, -Infinity, NaN, 88.72, 88.73, -87.3, -88.7, -103.9, -104, 104, 1e38, -1e38,
  // Where swish and the derivative of softsign have their largest error.
  -6.793551921844482, -3.271718740463257, 0.018595516681671143,
  1e-38, -1e-38, 1e-45, -1e-45, 7.85, 7.86, -7.86, 9, -9, 2 ** -12, -(2 ** -12), Math.SQRT1_2, Math.SQRT2,
];

const worst = new Map<string, readonly [ulp: number, input: number]>();
afterAll(() => {
  const rows = [...worst].map(([kernel, [ulp, input]]) => `  ${kernel}: ${ulp.toFixed(3)} ULP at ${input}`);
  console.log(['worst error seen', ...rows].join('\n'));
});

type AnyCall = (kernel: MapKernel, ...numbers: number[]) => void;

/** Pads to whole vectors of four, as kernels expect. */
function whole(x: Float32Array): Float32Array {
  const padded = new Float32Array(Math.ceil(x.length / 4) * 4);
  padded.set(x);
  return padded;
}

/** Passes the float32 numbers to `take`, in chunks. */
function sweep(take: (x: Float32Array) => void): void {
  const patterns = new Uint32Array(CHUNK);
  const x = new Float32Array(patterns.buffer);
  for (let first = 0; first < 2 ** 32; first += STRIDE * CHUNK) {
    for (let i = 0; i < CHUNK; i++) patterns[i] = first + i * STRIDE;
    take(x);
  }
}

const apply = ({ kernel, scalars = [] }: Description, x: Float32Array, inPlace = false): Float32Array =>
  onFixture(runtime, (fixture) => {
    const from = fixture.use(whole(x));
    const to = inPlace ? from : fixture.room(Math.ceil(x.length / 4) * 4);
    (fixture.call.bind(fixture) as AnyCall)(kernel, x.length, from.address, to.address, ...scalars);
    return fixture.read(to).subarray(0, x.length);
  });

/**
 * Below the normal range float32 has few bits. There e^x, times an x of at most 104 in swish and mish, is only accurate
 * to a few hundred of the smallest normal numbers.
 */
const TINY = 2 ** -119;

/** Checks the bound for every pair; NaN and infinities must match exactly. */
function check({ kernel, reference, bound, unit, tiny: waived }: Description, x: Float32Array, y: Float32Array): void {
  for (let i = 0; i < x.length; i++) {
    const expected = reference(x[i]);
    const error = unit && Number.isFinite(y[i]) ? Math.abs(y[i] - expected) / ulpOf(unit(x[i])) : ulps(y[i], expected);
    if (error > bound) {
      // −0 and 0 count as equal here; a product with an infinity whose limit is 0 may be NaN.
      const tiny = waived === true && Math.abs(y[i]) <= TINY && Math.abs(expected) <= TINY;
      if (!tiny) {
        expect.fail(`${kernel}(${x[i]}) = ${y[i]}, not ${expected}: ${error} ULP`);
      }
    } else if (error > (worst.get(kernel)?.[0] ?? 0)) worst.set(kernel, [error, x[i]]);
  }
}

describe.each(descriptions)('$kernel', (description) => {
  const { backward } = description;

  test('special values are within the bound', () => {
    const x = Float32Array.from(specials);
    check(description, x, apply(description, x));
  });

  test.each([0, 1, 3, 4, 5, 15, 16, 17, 1000])('%i values are within the bound, also in place', (n) => {
    const x = numbers(n, n).map((value) => 8 * value);
    const y = apply(description, x);
    check(description, x, y);
    expect(apply(description, x, true)).toEqual(y);
  });

  test(
    `a sweep of ${STRIDE === 1 ? 'all' : `every ${STRIDE}th of the`} float32 patterns is within the bound`,
    { timeout: SWEEP_TIMEOUT },
    () => {
      sweep((x) => check(description, x, apply(description, x)));
    },
  );

  /**
   * Factors are about 1, so the bound counts in units of 1. Where no product is rounded, it is the bound of the factor
   * alone.
   */
  const checkDerivative = (x: Float32Array, dy: Float32Array): void => {
    const { kernel, of, derivative, bound = 3 } = backward!;
    const from = of === 'input' ? x : apply(description, x);
    const dx = onFixture(runtime, (fixture) => {
      const [at, delta] = [fixture.use(whole(from)), fixture.use(whole(dy))];
      const numbersOf = [x.length, at.address, delta.address, delta.address, ...(description.scalars ?? [])];
      (fixture.call.bind(fixture) as AnyCall)(kernel, ...numbersOf);
      return fixture.read(delta);
    });
    for (let i = 0; i < x.length; i++) {
      if (!Number.isFinite(x[i])) continue;
      const error = Math.abs(dx[i] - dy[i] * derivative(from[i])) * 2 ** 24;
      if (!(error <= bound)) expect.fail(`${kernel}(${from[i]}, ${dy[i]}) = ${dx[i]}: off by ${error} · 2^-24`);
      if (error > (worst.get(kernel)?.[0] ?? 0)) worst.set(kernel, [error, x[i]]);
    }
  };

  // Only activations have derivatives.
  if (backward === undefined) return;

  test('the derivative is within the bound', () => {
    checkDerivative(
      numbers(1001, 3).map((value) => 9 * value),
      numbers(1001, 4),
    );
  });

  test('a sweep of the derivative is within the bound', { timeout: SWEEP_TIMEOUT }, () => {
    const ones = new Float32Array(CHUNK).fill(1);
    sweep((x) => checkDerivative(x, ones));
  });
});
