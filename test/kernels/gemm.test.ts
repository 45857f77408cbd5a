/** Both GEMM forms in every tile: bit for bit one sum per element, products ascending, whatever the blocking and the edges. */
import { describe, expect, test } from 'vitest';
import type { Machine } from '../../src/engine/machine.js';
import { padded, panelFloats, readPanels, writePanels } from '../../src/engine/panels.js';
import { machineOf, machines, numbers, onBench } from './harness.js';

const { fround } = Math;

/** C (m, n) = init + A·B in strict numerics; `a` and `b` say an element. */
function product(
  [m, n, k]: readonly number[],
  init: (i: number, j: number) => number,
  a: (i: number, p: number) => number,
  b: (p: number, j: number) => number,
): Float32Array {
  const c = new Float32Array(m * n);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < n; j++) {
      let sum = init(i, j);
      for (let p = 0; p < k; p++) sum = fround(sum + fround(a(i, p) * b(p, j)));
      c[i * n + j] = sum;
    }
  }
  return c;
}

/** Rows of n values, `ld` apart, NaN between them. */
function spread(values: Float32Array, rows: number, n: number, ld: number): Float32Array {
  const out = new Float32Array(rows * ld).fill(NaN);
  for (let i = 0; i < rows; i++) out.set(values.subarray(i * n, (i + 1) * n), i * ld);
  return out;
}

/** B (k, n) as panels: what writePanels does for weights (n, k). */
function inPanels(b: Float32Array, k: number, n: number, width: number): Float32Array {
  const transposed = new Float32Array(n * k).map((_, index) => b[(index % k) * n + Math.floor(index / k)]);
  const panels = new Float32Array(panelFloats(n, k));
  writePanels(panels, 0, n, k, width, transposed);
  return panels;
}

/** Sizes of 0, 1, around every tile, primes, and beyond each block. */
// prettier-ignore
const sizes = [
  [0, 5, 3], [3, 4, 0], [1, 1, 1], [1, 3, 2], [1, 33, 5], [1, 70, 1030], [2, 5, 3], [3, 13, 4], [4, 8, 4], [5, 9, 5],
  [6, 12, 7], [7, 16, 11], [9, 17, 513], [13, 31, 17], [131, 10, 600], [70, 37, 300], [129, 4, 31], [300, 3, 65],
] as const;

const starts = ['null', 'a row', 'a matrix'] as const;

function rows(machine: Machine, [m, n, k]: readonly number[], start: (typeof starts)[number]): void {
  onBench(machine, (bench) => {
    const [lda, ldc, width] = [k + 3, padded(n) + 4, machine.tile.panelWidth];
    const [a, b] = [numbers(m * k, 1), numbers(k * n, 2)];
    const row = numbers(padded(n), 3);
    const matrix = numbers(m * ldc, 4);
    const at = bench.use(spread(a, m, k, lda));
    const panels = bench.use(inPanels(b, k, n, width));
    const init = start === 'null' ? undefined : bench.use(start === 'a row' ? row : matrix);
    const c = bench.room(m * ldc);
    const ldi = start === 'a matrix' ? ldc : 0;
    machine.tile.rows(m, n, k, at.address, lda, panels.address, init?.address ?? 0, ldi, c.address, ldc);
    bench.checkGuards();
    const first = {
      null: () => 0,
      'a row': (_: number, j: number) => row[j],
      'a matrix': (i: number, j: number) => matrix[i * ldc + j],
    };
    const expected = product(
      [m, n, k],
      first[start],
      (i, p) => a[i * k + p],
      (p, j) => b[p * n + j],
    );
    const got = bench.read(c);
    for (let i = 0; i < m; i++) {
      expect(got.slice(i * ldc, i * ldc + n)).toEqual(expected.subarray(i * n, (i + 1) * n));
      // Between the rows nothing was written.
      expect(got.slice(i * ldc + padded(n), (i + 1) * ldc).every(Number.isNaN)).toBe(true);
    }
  });
}

function outer(machine: Machine, [m, n, k]: readonly number[], accumulate: boolean): void {
  onBench(machine, (bench) => {
    const [lda, ldb, width] = [m + 5, padded(n) + 8, machine.tile.panelWidth];
    const [a, b] = [numbers(k * m, 5), numbers(k * n, 6)];
    const before = inPanels(numbers(m * n, 7), m, n, width);
    const [at, bt] = [
      bench.use(spread(a, k, m, lda)),
      bench.use(spread(b, k, n, ldb).map((v) => (Number.isNaN(v) ? 0 : v))),
    ];
    const c = accumulate ? bench.use(before) : bench.room(panelFloats(n, m));
    machine.tile.outer(m, n, k, at.address, lda, bt.address, ldb, c.address, accumulate ? 1 : 0);
    bench.checkGuards();
    const start = numbers(m * n, 7);
    const expected = product(
      [m, n, k],
      (i, j) => (accumulate ? start[i * n + j] : 0),
      (i, p) => a[p * m + i],
      (p, j) => b[p * n + j],
    );
    expect(bench.read(c)).toEqual(inPanels(expected, m, n, width));
  });
}

describe.each(machines)('tile %s', (_, machine) => {
  test.each(sizes)('rows, %i × %i × %i', (...size) => {
    for (const start of starts) rows(machine, size, start);
  });

  test.each(sizes)('outer, %i × %i × %i', (...size) => {
    for (const accumulate of [false, true]) outer(machine, size, accumulate);
  });
});

describe('panels', () => {
  const shapes = [1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 16, 17, 31];

  test.each([8, 12, 16])('transposed, width %i', (width) => {
    for (const k of shapes) {
      for (const n of shapes) {
        onBench(machineOf(), (bench) => {
          const b = numbers(k * n, 8);
          const from = bench.use(inPanels(b, k, n, width));
          const to = bench.room(panelFloats(k, n));
          bench.call('f32_transpose_panels', k, n, width, from.address, to.address);
          const transposed = new Float32Array(k * n).map((_, index) => b[(index % k) * n + Math.floor(index / k)]);
          expect(bench.read(to)).toEqual(inPanels(transposed, n, k, width));
        });
      }
    }
  });

  test.each([8, 12, 16])('written and read back, width %i', (width) => {
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
});
