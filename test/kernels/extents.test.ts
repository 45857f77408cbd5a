/**
 * Runs every kernel of every binary with the sizes of table-calls.ts and checks its line in the table of extents: a
 * call touches only the areas stated there, and its result does not depend on anything else, nor on the sign of a NaN.
 * The calls of real trainings are checked in test/runtime/extents-in-use.test.ts.
 */
import { readFileSync } from 'node:fs';
import v8 from 'node:v8';
import { describe, expect, test } from 'vitest';
import { SLACK } from '../../src/runtime/arena.js';
import { OVERREAD } from '../../src/runtime/extent-forms.js';
import {
  areasOf,
  callsOf,
  describeCall,
  extentsOf,
  parametersOf,
  sameBitsExceptNaN,
  tableNames as names,
  TableFixture,
  type TableCall,
} from './table-calls.js';

// Node 20 has relaxed SIMD by a flag, and its baseline compiler has the relaxed products of eight bits wrong: a kernel
// that becomes optimized between two calls would seem to depend on what is around its operands.
if (process.versions.node.startsWith('20.')) {
  v8.setFlagsFromString('--experimental-wasm-relaxed-simd');
  v8.setFlagsFromString('--no-liftoff');
}
const binaries = (
  [
    ['kernels'],
    ['kernels-fused'],
    ['kernels-predict'],
    ['kernels-int8', 'plain'],
    ['kernels-int8-relaxed', 'relaxed'],
  ] as const
).map(([name, path]) => {
  const bytes = readFileSync(new URL(`../../build/${name}.wasm`, import.meta.url));
  return { name, path, bytes, runs: WebAssembly.validate(bytes) };
});

/** Bit patterns that no kernel writes: as floats a NaN, and a large number. */
const PATTERNS = [0x7fa5a5a5, 0x7e5a5a5a] as const;

/** The pointers that are placed at the end of memory: all in turn, or one of them where there are many calls. */
function lastOf({ kernel, nulls, seed }: TableCall, calls: number): string[] {
  const pointers = Object.keys(extentsOf(kernel)).filter((name) => !nulls.has(name));
  return calls > 200 ? [pointers[seed % pointers.length]] : pointers;
}

function expectSame(
  call: TableCall,
  last: string,
  what: string,
  one: TableFixture,
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
    if (!sameBitsExceptNaN(words, runs[1].get(name)!, extentsOf(call.kernel)[name].holds)) {
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
    '%s writes only inside its buffers, and reads no further than the slack behind every region',
    (kernel) => {
      expect(4 * OVERREAD).toBeLessThanOrEqual(SLACK);
      for (const { scalars } of callsOf(kernel)) {
        for (const one of Object.values(extentsOf(kernel))) {
          const size = one.size(scalars);
          for (const { count, length, stride, over } of areasOf(one, scalars)) {
            if (count <= 0) continue;
            expect(stride === 0 || length <= stride, 'rows overlap').toBe(true);
            const rows = count > 1 && stride === 0 && one.writes === undefined ? 1 : count;
            // Rows 0 apart are the one row that all rows of C start from, no matrix.
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

describe.each(binaries)('$name', ({ bytes, path, runs }) => {
  const fixture = runs ? new TableFixture(bytes, path) : undefined;
  const own = fixture?.names ?? names;

  test.skipIf(!runs).each(own)(
    '%s touches only its stated extents, and does not depend on anything outside of them',
    (kernel) => {
      const calls = callsOf(kernel);
      for (const call of calls) {
        for (const last of lastOf(call, calls.length)) {
          expectSame(call, last, 'memory outside of its extents', fixture!, 'ordinary');
        }
      }
    },
  );

  test.skipIf(!runs).each(own)('%s stays within its extents whatever its data', (kernel) => {
    const calls = callsOf(kernel);
    for (const call of calls) {
      const [last] = lastOf(call, 1000);
      expectSame(call, last, 'memory outside of its extents', fixture!, 'hostile');
    }
  });

  test.skipIf(!runs).each(own)('%s gives the same result for a NaN of either sign', (kernel) => {
    for (const call of callsOf(kernel)) {
      const [last] = lastOf(call, 1000);
      expectSame(call, last, 'the sign of a NaN', fixture!, 'NaN');
    }
  });
});
