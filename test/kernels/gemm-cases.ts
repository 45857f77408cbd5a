/**
 * Checks one product in both GEMM forms and in every tile against the bits of its definition. Everything around the
 * operands is NaN, so that a stray read shows. The sizes are in gemm.test.ts.
 */
import { expect } from 'vitest';
import { padded, panelFloats } from '../../src/runtime/panels.js';
import { writePanels } from '../support/reference/panels.js';
import { runtimes, numbers, onFixture, type KernelFixture, type Buffer } from './harness.js';

export type Size = readonly [m: number, n: number, k: number];
export const STARTS = ['null', 'a row', 'a matrix', 'C itself'] as const;
export type Start = (typeof STARTS)[number];

/** Row-major values, with `ld` values from one row to the next. */
interface Matrix {
  readonly values: Float32Array;
  readonly ld: number;
}

/** Rows of n random values, then zeros up to whole vectors, then NaN up to the next row, which must have no effect. */
function spread(rows: number, n: number, ld: number, seed: number): Matrix {
  const values = new Float32Array(rows * ld).fill(NaN);
  const random = numbers(rows * n, seed);
  for (let i = 0; i < rows; i++) {
    values.fill(0, i * ld, i * ld + Math.min(padded(n), ld));
    values.set(random.subarray(i * n, (i + 1) * n), i * ld);
  }
  return { values, ld };
}

/** Converts (k, n) row-major values to panels, as writePanels does for weights (n, k). */
export function inPanels({ values, ld }: Matrix, k: number, n: number, width: number): Float32Array {
  const transposed = new Float32Array(n * k);
  for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) transposed[j * k + p] = values[p * ld + j];
  const panels = new Float32Array(panelFloats(n, k));
  writePanels(panels, 0, n, k, width, transposed);
  return panels;
}

/**
 * Computes C += A·B in strict numerics: one sum per element, products in ascending order, each product and each sum
 * rounded.
 */
function addProduct([m, n, k]: Size, c: Matrix, a: (i: number, p: number) => number, b: Matrix): void {
  const { fround } = Math;
  for (let i = 0; i < m; i++) {
    for (let p = 0; p < k; p++) {
      const scale = a(i, p);
      for (let j = 0; j < n; j++) {
        const at = i * c.ld + j;
        c.values[at] = c.values[at] + fround(scale * b.values[p * b.ld + j]);
      }
    }
  }
}

/** Expects the same 32 bits in every element, including those that must not be written. */
function expectBits(got: Float32Array, expected: Float32Array, what: string): void {
  const [bits, wanted] = [got, expected].map((values) => new Uint32Array(values.slice().buffer));
  const at = bits.findIndex((word, i) => word !== wanted[i]);
  if (at !== -1) expect.fail(`${what}: element ${at} is ${got[at]} instead of ${expected[at]}`);
}

/** Runs a kernel, then checks its guards, and that its inputs are unchanged. */
function runChecked(fixture: KernelFixture, what: string, inputs: readonly Buffer[], run: () => void): void {
  const before = inputs.map((buffer) => fixture.read(buffer));
  run();
  fixture.checkGuards();
  inputs.forEach((buffer, i) => expectBits(fixture.read(buffer), before[i], `${what}, input ${i}`));
}

/** Checks C = init + A·B in every tile. */
export function checkGemm(size: Size, start: Start): void {
  const [m, n, k] = size;
  const [a, b] = [spread(m, k, k + 3, 1), spread(k, n, n, 2)];
  const ld = padded(n) + 4;
  const row = numbers(padded(n), 3);
  const matrix = { values: numbers(m * ld, 4), ld };
  const c = { values: new Float32Array(m * ld).fill(NaN), ld };
  for (let i = 0; i < m; i++) {
    // Padding columns of B are zero, so those of C equal those of init.
    const from = start === 'a row' ? row : matrix.values.subarray(i * ld, i * ld + padded(n));
    c.values.set(start === 'null' ? new Float32Array(padded(n)) : from, i * ld);
  }
  if (start === 'C itself')
    for (let i = 0; i < m; i++) c.values.set(matrix.values.subarray(i * ld, (i + 1) * ld), i * ld);
  addProduct(size, c, (i, p) => a.values[i * a.ld + p], b);
  for (const [name, runtime] of runtimes) {
    onFixture(runtime, (fixture) => {
      const inputs = [fixture.use(a.values), fixture.use(inPanels(b, k, n, runtime.tile.panelWidth))];
      if (start === 'a row') inputs.push(fixture.use(row));
      if (start === 'a matrix') inputs.push(fixture.use(matrix.values));
      const to = start === 'C itself' ? fixture.use(matrix.values) : fixture.room(m * ld);
      const init = { null: 0, 'a row': inputs[2]?.address, 'a matrix': inputs[2]?.address, 'C itself': to.address }[
        start
      ];
      const ldi = start === 'a matrix' || start === 'C itself' ? ld : 0;
      const what = `gemm ${size.join(' × ')} from ${start}, tile ${name}`;
      // With unpacked A, and with packed A.
      for (const packedA of start === 'C itself' ? [runtime.packedA] : [0, runtime.packedA]) {
        runChecked(fixture, what, inputs, () =>
          runtime.tile.gemm(m, n, k, inputs[0].address, a.ld, inputs[1].address, init, ldi, to.address, ld, packedA),
        );
        expectBits(fixture.read(to), c.values, what);
      }
    });
  }
}

/** Checks C = [C +] Aᵀ·B in every tile. */
export function checkGemmTn(size: Size, accumulate: boolean): void {
  const [m, n, k] = size;
  const [a, b] = [spread(k, m, padded(m) + 8, 5), spread(k, n, padded(n) + 8, 6)];
  const before = spread(m, n, n, 7);
  const c = { values: accumulate ? before.values.slice() : new Float32Array(m * n), ld: n };
  addProduct(size, c, (i, p) => a.values[p * a.ld + i], b);
  for (const [name, runtime] of runtimes) {
    onFixture(runtime, (fixture) => {
      const width = runtime.tile.panelWidth;
      const inputs = [fixture.use(a.values), fixture.use(b.values)];
      const to = accumulate ? fixture.use(inPanels(before, m, n, width)) : fixture.room(panelFloats(n, m));
      // Guards the end of the scratch. The guard behind packed A is that of the first buffer.
      fixture.guard(runtime.packedA);
      const what = `gemmTN ${size.join(' × ')}, accumulate ${accumulate}, tile ${name}`;
      const [from, deltas] = inputs.map(({ address }) => address);
      runChecked(fixture, what, inputs, () =>
        runtime.tile.gemmTN(m, n, k, from, a.ld, deltas, b.ld, to.address, accumulate ? 1 : 0, runtime.scratch),
      );
      expectBits(fixture.read(to), inPanels(c, m, n, width), what);
    });
  }
}
