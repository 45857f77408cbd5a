/**
 * Every kernel of the ABI table, in every binary, held to what it states of its extents, and to what it may make of a
 * NaN's sign.
 */
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { ABI, type KernelName } from '../../src/runtime/abi.js';
import { SLACK } from '../../src/runtime/arena.js';
import { OVERREAD } from '../../src/runtime/extents.js';
import {
  areasOf,
  callsOf,
  describeCall,
  extentsOf,
  parametersOf,
  sameBut,
  TableBench,
  type TableCall,
} from './table-calls.js';

if (process.versions.node.startsWith('20.')) v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
const binaries = ['kernels', 'kernels-fused', 'kernels-predict'].map((name) => {
  const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
  return { name, bytes, runs: WebAssembly.validate(bytes) };
});
const names = Object.keys(ABI) as KernelName[];

/** Bits that no kernel makes: as a float a NaN, and a large number. */
const PATTERNS = [0x7fa5a5a5, 0x7e5a5a5a] as const;

/**
 * The pointers that a call is tried with at the end of memory: all in turn, or where there are many calls one of them.
 */
function lastOf({ kernel, nulls, seed }: TableCall, calls: number): string[] {
  const pointers = Object.keys(extentsOf(kernel)).filter((name) => !nulls.has(name));
  return calls > 200 ? [pointers[seed % pointers.length]] : pointers;
}

function expectSame(
  call: TableCall,
  last: string,
  what: string,
  one: TableBench,
  contents: 'ordinary' | 'hostile' | 'NaN',
): void {
  const runs = [0, 1].map((index) =>
    one.run(
      call,
      last,
      contents === 'NaN' ? { negative: index === 1 } : contents,
      PATTERNS[contents === 'NaN' ? 0 : index],
    ),
  );
  for (const [name, words] of runs[0]) {
    if (!sameBut(words, runs[1].get(name)!, extentsOf(call.kernel)[name].holds)) {
      expect.fail(`${describeCall(call, last)}: ${name} depends on ${what}`);
    }
  }
}

describe('the table of extents', () => {
  test.each(names)('%s states an extent for each pointer', (kernel) => {
    const pointers = parametersOf(kernel).flatMap((one) => (one.startsWith('*') ? [one.slice(1)] : []));
    expect(Object.keys(extentsOf(kernel)).sort()).toEqual([...pointers].sort());
  });

  test.each(names)(
    '%s writes nothing past its buffers, and reads no further than the slack behind every region',
    (kernel) => {
      expect(4 * OVERREAD).toBeLessThanOrEqual(SLACK);
      for (const { scalars } of callsOf(kernel)) {
        for (const one of Object.values(extentsOf(kernel))) {
          const size = one.size(scalars);
          for (const { count, length, stride, over } of areasOf(one, scalars)) {
            if (count <= 0) continue;
            expect(stride === 0 || length <= stride, 'rows overlap').toBe(true);
            const rows = count > 1 && stride === 0 && one.writes === undefined ? 1 : count;
            // A row that all start with is no matrix of rows 0 apart.
            if (stride > 0 || rows === 1)
              expect((count - 1) * stride + length).toBeLessThanOrEqual(Math.max(size, stride === 0 ? length : 0));
            expect(over).toBeLessThanOrEqual(OVERREAD);
            if (one.writes !== undefined) expect(over).toBe(0);
          }
        }
      }
    },
  );
});

describe.each(binaries)('$name', ({ bytes, runs }) => {
  const fixture = runs ? new TableBench(bytes) : undefined;
  const own = fixture?.names ?? names;

  test.skipIf(!runs).each(own)('%s touches only what it states, and what stands around has no effect', (kernel) => {
    const calls = callsOf(kernel);
    for (const call of calls) {
      for (const last of lastOf(call, calls.length)) {
        expectSame(call, last, 'what stands outside of its extents', fixture!, 'ordinary');
      }
    }
  });

  test.skipIf(!runs).each(own)('%s stays within its extents whatever its data is', (kernel) => {
    const calls = callsOf(kernel);
    for (const call of calls) {
      const [last] = lastOf(call, 1000);
      expectSame(call, last, 'what stands outside of its extents', fixture!, 'hostile');
    }
  });

  test.skipIf(!runs).each(own)('%s makes the same of a NaN whatever its sign', (kernel) => {
    for (const call of callsOf(kernel)) {
      const [last] = lastOf(call, 1000);
      expectSame(call, last, 'the sign of a NaN', fixture!, 'NaN');
    }
  });
});
