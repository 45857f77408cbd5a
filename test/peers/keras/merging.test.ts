/**
 * Cases of keras/src/layers/merging/merging_test.py (Keras at 3422977): random inputs against NumPy's operation, for a
 * static and for a dynamic batch. Tensors of higher rank are their rows; masks are not part of this library.
 */
import { describe, expect, it } from 'vitest';
import { average, input, maximum, minimum, model, multiply, subtract } from '../../../src/index.js';
import { expectClose, mergeOf, uniform } from '../support.js';

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
    const [a, b] = [uniform(rows, rows, 5), uniform(rows + 1, rows, 5)];
    const expected = a.map((row, r) => row.map((value, i) => formula(value, b[r][i])));
    expectClose(await mergeOf(layer(), a, b), expected, 1e-6);
  });
});
