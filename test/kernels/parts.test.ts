/**
 * Kernels whose rows may come in several calls, as the batches of an update do: the calls write what one call for all
 * rows writes, bit by bit. `count` is the number of all rows, `first` of those before, and `accumulate` adds to sums.
 */
import { expect, test } from 'vitest';
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import { EXTENTS } from '../../src/runtime/extents.js';
import { padded } from '../../src/runtime/panels.js';
import { source } from '../support/reference/random.js';
import { onFixture, runtimeOf } from './harness.js';

const runtime = runtimeOf();
const M = 11;
const CUTS = [0, 1, 6, M];

const takes = (name: string): KernelName[] =>
  (Object.keys(ABI) as KernelName[]).filter((kernel) => (ABI[kernel] as readonly string[]).includes(name));

/** Kernels that add to sums over rows; those of products and of quantiles, which add otherwise, have other tests. */
const summing = takes('accumulate').filter((kernel) => !/gemm|quantile/.test(kernel));

test('are the losses, masks, and sums over rows', () => {
  expect(takes('count:f32').length).toBeGreaterThan(20);
  expect(takes('first')).toEqual(['f32_dropout', 'f32_gaussian_noise', 'f32_gaussian_factor', 'f32_alpha_dropout']);
  expect(summing).toEqual([
    'f32_prelu_backward',
    'f32_column_sums',
    'f32_normalize_rows_backward',
    'f32_rms_rows_backward',
  ]);
});

/** Pointers to one number per row. */
const PER_ROW = new Set(['loss']);
/** Pointers to one row, or to scratch. */
const ONE_ROW = new Set(['slope', 'dslope', 'gamma', 'dgamma', 'dbeta', 'out', 'words']);

/** Runs a kernel on M rows of n columns in calls from one cut to the next; returns all buffers that it writes. */
function run(kernel: KernelName, n: number, cuts: readonly number[]): Float32Array[] {
  const from = source(n);
  const columns = kernel === 'f32_gaussian_likelihood' ? 2 * n : n;
  const ld = padded(columns) + 4;
  return onFixture(runtime, (fixture) => {
    const names = (ABI[kernel] as readonly string[])
      .filter((name) => name.startsWith('*'))
      .map((name) => name.slice(1));
    const buffers = new Map(
      names.map((name) => {
        const floats = PER_ROW.has(name) ? padded(M) : ONE_ROW.has(name) ? Math.max(16, padded(n)) : M * ld;
        const inside = (at: number): boolean => ONE_ROW.has(name) || at % ld < columns;
        return [name, fixture.use(Array.from({ length: floats }, (_, at) => (inside(at) ? from.uniform() : 0)))];
      }),
    );
    for (let part = 1; part < cuts.length; part++) {
      const [first, end] = [cuts[part - 1], cuts[part]];
      const numbers: Record<string, number> = {
        m: end - first,
        n,
        outputs: n,
        count: M,
        first,
        accumulate: kernel !== 'f32_quantile' && first > 0 ? 1 : 0,
        key0: 7,
        key1: 9,
        node: 3,
        step: 5,
      };
      const args = ABI[kernel].map((parameter) => {
        const name = parameter.replace(/^\*|:f32$/g, '');
        if (parameter.startsWith('ld')) return ld;
        if (!parameter.startsWith('*')) return numbers[name] ?? 0.25;
        const bytes = PER_ROW.has(name) ? 4 * first : ONE_ROW.has(name) ? 0 : 4 * ld * first;
        return buffers.get(name)!.address + bytes;
      });
      (fixture.call as (kernel: KernelName, ...numbers: number[]) => void).call(fixture, kernel, ...args);
    }
    const written = names.filter((name) => 'writes' in (EXTENTS[kernel] as Record<string, object>)[name]);
    return written.filter((name) => name !== 'words').map((name) => fixture.read(buffers.get(name)!));
  });
}

test.each([...takes('count:f32'), ...takes('first'), ...summing])('%s', (kernel) => {
  for (const n of [1, 3, 4, 17, 40]) {
    const whole = run(kernel, n, [0, M]);
    expect(whole.length).toBeGreaterThan(0);
    const parts = run(kernel, n, CUTS);
    expect(parts.map(({ buffer }) => new Uint32Array(buffer))).toEqual(
      whole.map(({ buffer }) => new Uint32Array(buffer)),
    );
  }
});
