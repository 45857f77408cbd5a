/**
 * Cases of keras/src/layers/merging/merging_test.py (Keras at 3422977): random inputs against NumPy's operation, for a
 * static and for a dynamic batch. Tensors of higher rank are their rows; masks are not part of this library.
 */
import { describe, expect, it } from 'vitest';
import { average, input, maximum, minimum, model, multiply, subtract } from '../../../src/index.js';
import { expectClose, mergeOf } from '../support.js';

/** Numbers in (0, 1) of a fixed recurrence, in place of NumPy's generator. */
function numbers(seed: number, rows: number, width: number): number[][] {
  let state = seed;
  const next = (): number => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return state / 2147483648;
  };
  return Array.from({ length: rows }, () => Array.from({ length: width }, next));
}

const cases = [
  ['subtract', subtract, (a: number, b: number) => a - b],
  ['minimum', minimum, Math.min],
  ['maximum', maximum, Math.max],
  ['multiply', multiply, (a: number, b: number) => a * b],
  ['average', average, (a: number, b: number) => (a + b) / 2],
] as const;

describe.each(cases)('%s of Keras', (_kind, layer, formula) => {
  it('basic: no weights', async () => {
    const inputs = [input({ shape: [5] }), input({ shape: [5] })];
    const net = await model({ inputs, outputs: layer().apply(inputs) });
    expect(net.parameterCount).toBe(0);
  });

  it.each([
    ['static', 8],
    ['dynamic', 1],
    ['dynamic, many rows', 200],
  ])('correctness, %s', async (_title, rows) => {
    const [a, b] = [numbers(rows, rows, 5), numbers(rows + 1, rows, 5)];
    const expected = a.map((row, r) => row.map((value, i) => formula(value, b[r][i])));
    expectClose(await mergeOf(layer(), a, b), expected, 1e-6);
  });
});
