/**
 * Both GEMM forms in every tile: each element has the bits of one sum with products in ascending order, whatever the
 * blocking and the edges. How a product is checked is in gemm-cases.ts.
 */
import { describe, expect, test } from 'vitest';
import { panelFloats } from '../../src/runtime/panels.js';
import { readPanels, writePanels } from '../support/reference/panels.js';
import { checkGemmTn, checkGemm, inPanels, STARTS, type Size } from './gemm-cases.js';
import { runtimes, numbers, onFixture } from './harness.js';

const upTo = (last: number): number[] => Array.from({ length: last + 1 }, (_, i) => i);

/** Row counts beyond the tallest tile; column counts in every class of 4, 8, 12 and 16. */
const edgeRows = upTo(9);
const edgeColumns = [0, 1, 3, 4, 5, 7, 8, 9, 11, 12, 13, 15, 16, 17, 31, 32, 33, 37];
/**
 * Around the 32, 48 and 64 columns that the matrix–vector product takes at once, twice as many with all remainders, and
 * the 16, 32 and 80 that are remainders with a call of their own.
 */
const gemvColumns = [
  24, 28, 29, 31, 32, 33, 36, 47, 48, 49, 61, 63, 64, 65, 72, 76, 77, 79, 80, 81, 84, 96, 97, 111, 124, 125, 128, 132,
  157,
];
/** No product, one, one iteration of the unrolled loop, and one that stops inside of it. */
const edgeDepths = [0, 1, 4, 7];

/**
 * The sizes above test one edge at a time. These are primes and single rows in all three sizes, and sizes that blocks
 * of k, A and the batch cut.
 */
const gemmSizes: readonly Size[] = [
  [13, 31, 17],
  [1, 70, 1630], // three blocks of k, panels taken four at a time
  [1, 128, 1630], // and with remainders that include a narrower panel
  [1, 32, 801],
  [1, 16, 801],
  [3, 5, 801], // two blocks of k
  [300, 3, 65],
  [131, 10, 600],
  // A block of A holds 196,608 floats, in whole tiles: 240 to 245 rows of 800 products, 480 to 486 of 404.
  [241, 21, 800],
  [244, 21, 800],
  [246, 21, 800],
  [491, 5, 801],
  // From 64 columns on A is packed, in blocks of 131,068 floats in whole tiles: at most 163 rows of 800 products.
  [2, 64, 1],
  [3, 65, 6],
  [5, 70, 803], // two blocks of k
  [11, 64, 5],
  [160, 67, 800],
  [163, 64, 800],
  [164, 66, 799],
];
const gemmTnSizes: readonly Size[] = [
  [13, 31, 17],
  [144, 9, 128], // one block exactly
  [145, 17, 129], // one more of each
  [129, 4, 513],
  [131, 10, 600],
  [70, 37, 300],
  // With both operands packed.
  [144, 64, 64],
  [145, 67, 129],
  [289, 77, 200],
];

describe('products at the edges of the tiles have exact bits', () => {
  test.each(edgeRows)('gemm, %i rows', (m) => {
    for (const n of edgeColumns) for (const k of edgeDepths) for (const start of STARTS) checkGemm([m, n, k], start);
  });

  test.each(edgeRows)('gemmTN, %i rows', (m) => {
    for (const n of edgeColumns)
      for (const k of edgeDepths) for (const add of [false, true]) checkGemmTn([m, n, k], add);
  });
});

test('the matrix–vector product has exact bits', () => {
  for (const n of gemvColumns) for (const k of edgeDepths) for (const start of STARTS) checkGemm([1, n, k], start);
});

test.each(upTo(19))('%i rows of packed A have exact bits', (m) => {
  for (const start of STARTS) checkGemm([m, 67, 7], start);
});

describe('products cut into blocks have exact bits', () => {
  test.each(gemmSizes)('gemm, %i × %i × %i', (...size) => {
    for (const start of STARTS) checkGemm(size, start);
  });

  test.each(gemmTnSizes)('gemmTN, %i × %i × %i', (...size) => {
    for (const add of [false, true]) checkGemmTn(size, add);
  });
});

describe('panels', () => {
  const shapes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 31];
  const [, runtime] = runtimes[0];

  test.each([8, 12, 16])('are transposed by the kernel, width %i', (width) => {
    for (const k of shapes) {
      for (const n of shapes) {
        onFixture(runtime, (fixture) => {
          const b = numbers(k * n, 8);
          const transposed = b.map((_, index) => b[(index % k) * n + Math.floor(index / k)]);
          const from = fixture.use(inPanels({ values: b, ld: n }, k, n, width));
          const to = fixture.room(panelFloats(k, n));
          // At once, or some panels after the others.
          const panels = Math.ceil(k / width);
          const first = n % 2 === 0 ? 0 : panels >> 1;
          fixture.call('f32_transpose_panels', k, n, width, from.address, to.address, first, panels - first);
          fixture.call('f32_transpose_panels', k, n, width, from.address, to.address, 0, first);
          expect(fixture.read(to)).toEqual(inPanels({ values: transposed, ld: k }, n, k, width));
        });
      }
    }
  });

  test.each([8, 12, 16])('hold the weights written to them, width %i', (width) => {
    for (const units of shapes) {
      for (const inputs of shapes) {
        const weights = numbers(units * inputs, 9);
        const memory = new Float32Array(3 + panelFloats(units, inputs)).fill(NaN);
        writePanels(memory, 3, units, inputs, width, weights);
        expect(readPanels(memory, 3, units, inputs, width)).toEqual(weights);
        // Padding units are zero.
        expect(memory.subarray(3).reduce((count, value) => count + +(value !== 0), 0)).toBe(weights.length);
      }
    }
  });

  test.each([8, 12, 16])('are packed and unpacked one by one by the kernels, up to %i units', (width) => {
    for (const units of shapes.filter((one) => one <= width)) {
      for (const inputs of shapes) {
        onFixture(runtime, (fixture) => {
          const weights = numbers(units * inputs, 10);
          const expected = new Float32Array(panelFloats(units, inputs));
          writePanels(expected, 0, units, inputs, width, weights);
          const rows = fixture.use(weights);
          const panel = fixture.room(expected.length);
          fixture.call('f32_pack_panel', inputs, units, rows.address, panel.address);
          expect(fixture.read(panel)).toEqual(expected);
          const back = fixture.room(weights.length);
          fixture.call('f32_unpack_panel', inputs, units, panel.address, back.address);
          expect(fixture.read(back)).toEqual(weights);
        });
      }
    }
  });
});
