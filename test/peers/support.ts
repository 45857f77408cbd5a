/**
 * What cases from other libraries' test suites need: a layer, a loss, a metric or an optimizer of this library applied
 * to given numbers. The suites' numbers are facts; the tests here are written anew.
 */
import { expect } from 'vitest';
import {
  activation,
  input,
  model,
  sequential,
  sgd,
  type ActivationLike,
  type CompileOptions,
  type Layer,
} from '../../src/index.js';

/** A matrix as rows. A flat list of numbers is a column. */
export type Matrix = readonly (readonly number[])[];

/** Returns a list of numbers as rows of one number. */
export const column = (values: readonly number[]): Matrix => values.map((value) => [value]);

const rowsOf = (flat: ArrayLike<number>, width: number): number[][] =>
  Array.from({ length: flat.length / width }, (_, row) =>
    Array.from({ length: width }, (_column, i) => flat[row * width + i]),
  );

/** Largest difference allowed between lists of numbers: suites state theirs in decimal digits. */
export function expectClose(
  actual: readonly (readonly number[])[] | number,
  expected: Matrix | number,
  within: number,
): void {
  const flat = (value: Matrix | number): number[] => (typeof value === 'number' ? [value] : value.flat());
  const [got, wanted] = [flat(actual), flat(expected)];
  expect(got).toHaveLength(wanted.length);
  for (const [i, value] of wanted.entries()) {
    if (Number.isFinite(value))
      expect(Math.abs(got[i] - value), `number ${i}: ${got[i]}, ${value}`).toBeLessThanOrEqual(within);
    else expect(got[i]).toBe(value);
  }
}

/** Applies one layer to rows. */
async function layerOf(layer: Layer, rows: Matrix): Promise<number[][]> {
  const x = input({ shape: [rows[0].length] });
  const net = await model({ inputs: x, outputs: layer.apply(x) });
  const flat = net.predict(rows);
  return rowsOf(flat, flat.length / rows.length);
}

/** Applies an activation to rows. */
export const activationOf = (like: ActivationLike, rows: Matrix): Promise<number[][]> =>
  layerOf(activation({ activation: like }), rows);

/** Applies a layer of several inputs to rows of each. */
export async function mergeOf(layer: Layer, ...matrices: readonly Matrix[]): Promise<number[][]> {
  const inputs = matrices.map((rows) => input({ shape: [rows[0].length] }));
  const net = await model({ inputs, outputs: layer.apply(inputs) });
  const flat = net.predict(matrices);
  return rowsOf(flat, flat.length / matrices[0].length);
}

/** Results of `evaluate` with the given outputs: of a network that hands its input on. */
async function evaluated(
  compile: Pick<CompileOptions, 'loss' | 'metrics'>,
  targets: Matrix | readonly number[],
  outputs: Matrix,
  sampleWeight?: readonly number[],
): Promise<Record<string, number>> {
  const identity = await sequential({
    layers: [activation({ activation: 'linear', inputShape: [outputs[0].length] })],
  });
  identity.compile({ optimizer: sgd({ learningRate: 0.1 }), checks: 'off', ...compile });
  return identity.evaluate(outputs, targets, sampleWeight ? { sampleWeight } : {});
}

/** The loss of given outputs, averaged over rows. */
export async function lossOf(
  loss: CompileOptions['loss'],
  targets: Matrix | readonly number[],
  outputs: Matrix,
  sampleWeight?: readonly number[],
): Promise<number> {
  return (await evaluated({ loss }, targets, outputs, sampleWeight)).loss;
}
