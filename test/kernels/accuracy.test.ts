/**
 * Accuracy of functions that no kernel exports by themselves (sine and cosine of a turn, ln(1 + x)), and independence
 * of elements from their position. Kernels of one value are tested in elementwise.test.ts.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import { runtimeOf, numbers, onFixture, ulpOf, ulps } from './harness.js';

const runtime = runtimeOf();
const { fround } = Math;
const FULL = process.env.MODE === 'sweep';
/** The full sweep takes minutes; 0 means no limit. */
const TIMEOUT = FULL ? 0 : 60_000;

const worst: string[] = [];
afterAll(() => console.log(['worst error seen', ...worst].join('\n')));

/** y = kernel(x) for the kernels with one input and one output. */
const map = (kernel: 'f32_exp' | 'f32_log', x: Float32Array): Float32Array =>
  onFixture(runtime, (fixture) => {
    const [from, to] = [fixture.use(x), fixture.room(x.length)];
    fixture.call(kernel, x.length, from.address, to.address);
    return fixture.read(to);
  });

describe('functions inside kernels', () => {
  test('cosine and sine of a turn are off by less than 1.2e-7', { timeout: TIMEOUT }, () => {
    const count = 1 << 18;
    let error = 0;
    let input = '';
    for (let round = 0; round < (FULL ? 256 : 2); round++) {
      const counter = [3, 4, 0, round, 0, 0] as const;
      const [words, normal] = onFixture(runtime, (fixture) => {
        const out = fixture.room(count);
        fixture.call('u32_random', count, out.address, ...counter);
        const drawn = new Uint32Array(fixture.read(out).buffer);
        fixture.call('f32_normal', count, out.address, ...counter, 0, 1);
        return [drawn, fixture.read(out)];
      });
      const unit = Float32Array.from(words, (word) => (word >>> 8) * 2 ** -24);
      const logarithm = map(
        'f32_log',
        unit.map((u) => u + 2 ** -24),
      );
      // The kernel's own radius, bit for bit. What remains is the rounding of one product, and the error of the turn.
      const radius = logarithm.map((log) => Math.sqrt(fround(-2 * log)));
      for (let i = 0; i < count; i++) {
        const group = i & ~7;
        const r = radius[group + (i & 3)];
        const turn = unit[group + 4 + (i & 3)];
        const exact = i & 4 ? Math.sin(2 * Math.PI * turn) : Math.cos(2 * Math.PI * turn);
        const off = (Math.abs(normal[i] - r * exact) - ulpOf(normal[i]) / 2) / (r || 1);
        // Every comparison with a NaN is false: it must count as worse than any number.
        if (!(off <= error)) [error, input] = [off, `${i & 4 ? 'sin' : 'cos'} of turn ${turn}`];
      }
    }
    worst.push(`  ${input}: ${error.toExponential(3)}`);
    expect(error, input).toBeLessThan(1.2e-7);
  });

  test('ln(1 + x) for x in [0, 1] is within 2 ULP', { timeout: TIMEOUT }, () => {
    // With t = 0 and z < 0 the loss of one output is ln(1 + e^z), and a kernel exists for e^z.
    const count = FULL ? 1 << 22 : 1 << 17;
    const inputs = [
      Float32Array.from({ length: count }, (_, i) => Math.log((i + 1) / count)),
      Float32Array.from({ length: count }, (_, i) => (-104 * i) / count),
    ];
    let error = 0;
    let input = 0;
    for (const z of inputs) {
      const x = map('f32_exp', z);
      const loss = onFixture(runtime, (fixture) => {
        const rows = new Float32Array(4 * count).fill(NaN);
        z.forEach((value, i) => (rows[4 * i] = value));
        const [logits, targets] = [fixture.use(rows), fixture.use(new Float32Array(4 * count))];
        const [y, dz, out] = [fixture.room(4 * count), fixture.room(4 * count), fixture.room(count)];
        const places = [logits, targets, y, dz].map(({ address }) => address) as [number, number, number, number];
        fixture.call('f32_sigmoid_binary_crossentropy', count, 1, ...places, 4, out.address, count);
        return fixture.read(out);
      });
      for (let i = 0; i < count; i++) {
        const off = ulps(loss[i], Math.log1p(x[i]));
        if (off > error) [error, input] = [off, x[i]];
      }
    }
    worst.push(`  ln(1 + x) at ${input}: ${error.toFixed(3)} ULP`);
    expect(error, `at ${input}`).toBeLessThanOrEqual(2);
  });
});

describe('an element depends only on its own inputs: not on n, its lane, or whether it is computed in place', () => {
  const COUNT = 37;
  // prettier-ignore
  const special = [0, -0, Infinity, -Infinity, NaN, 88.7, -88.7, 104, -104, 1e-40, -1e-40, 1, -1];
  const values = (seed: number): Float32Array => {
    const out = numbers(COUNT, seed).map((value) => 6 * value);
    out.set(special, seed);
    return out;
  };

  /**
   * The elementwise kernels, found by the shape of their line in the table: a number of inputs, then a number of
   * scalars.
   */
  const kernels = (Object.entries(ABI) as [KernelName, readonly string[]][]).flatMap(([kernel, parameters]) => {
    const pointers = parameters.filter((parameter) => parameter.startsWith('*'));
    const scalars = parameters.filter((parameter) => parameter.endsWith(':f32'));
    // A blend reads what it overwrites.
    const plain =
      parameters[0] === 'n' && 1 + pointers.length + scalars.length === parameters.length && kernel !== 'f32_blend';
    const shape = plain ? pointers.join(' ') : '';
    const inputs = shape === '*x *y' ? 1 : shape === '*y *dy *dx' || shape === '*a *b *y' ? 2 : 0;
    return inputs > 0 ? [{ kernel, inputs, scalars: scalars.map(() => 0.5) }] : [];
  });

  /** Runs a kernel. `target` is the input that the output overwrites, if any. */
  function apply({ kernel, scalars }: (typeof kernels)[number], inputs: readonly Float32Array[], target = -1) {
    return onFixture(runtime, (fixture) => {
      const n = inputs[0].length;
      const whole = Math.ceil(n / 4) * 4;
      const from = inputs.map((input) => {
        const values = new Float32Array(whole).fill(NaN);
        values.set(input);
        return fixture.use(values);
      });
      const to = from[target] ?? fixture.room(whole);
      const call = runtime.kernels[kernel] as (...numbers: unknown[]) => void;
      call(n, ...from.map(({ address }) => address), to.address, ...scalars);
      fixture.checkGuards();
      from.forEach((buffer, i) => {
        if (i !== target) expect(fixture.read(buffer).subarray(0, n)).toEqual(inputs[i]);
      });
      return fixture.read(to).subarray(0, n);
    });
  }

  test.each(kernels)('$kernel', (kernel) => {
    const inputs = [values(3), values(11)].slice(0, kernel.inputs);
    const whole = apply(kernel, inputs);
    for (let target = 0; target < kernel.inputs; target++) expect(apply(kernel, inputs, target)).toEqual(whole);
    for (let from = 0; from < COUNT; from++) {
      for (const to of [from + 1, COUNT]) {
        const part = inputs.map((input) => input.subarray(from, to));
        expect(apply(kernel, part)).toEqual(whole.subarray(from, to));
      }
    }
  });

  test('the elementwise kernels are found in the ABI table', () => {
    const names = kernels.map(({ kernel }) => kernel);
    for (const name of ['f32_sigmoid', 'f32_tanh', 'f32_relu', 'f32_unit_step'] as const) {
      expect(names).toContain(name);
      expect(names).toContain(`${name}_backward`);
    }
  });
});
