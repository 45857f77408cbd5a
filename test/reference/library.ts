/** The bridge between the twin's plain arrays and the library's models. */
import { dense, sequential, type Model, type NamedTensor } from '../../src/index.js';
import type { Network } from './twin.js';

export type CompileOptions = Parameters<Model['compile']>[0];

/** A library model with the twin's layers and weights. */
export async function modelOf(network: Network, compile?: CompileOptions, seed = 0): Promise<Model> {
  const model = await sequential({
    seed,
    layers: network.map(({ W, activation }, l) =>
      dense({ units: W.length, activation, ...(l === 0 && { inputShape: [W[0].length] }) }),
    ),
  });
  setParameters(model, network);
  if (compile) model.compile(compile);
  return model;
}

/** W and b of every layer, flattened row by row, in the order of `getWeights`. */
const flatten = (layers: readonly { W: number[][]; b: number[] }[]): number[][] =>
  layers.flatMap(({ W, b }) => [W.flat(), b]);

function setParameters(model: Model, network: Network): void {
  const shapes = model.getWeights().map(({ shape }) => shape);
  model.setWeights(flatten(network).map((values, i) => ({ shape: shapes[i], data: Float32Array.from(values) })));
}

/** The largest |actual − expected| over the largest |expected|. Where all of `expected` is 0, so must `actual` be. */
export function tensorError(actual: ArrayLike<number>, expected: readonly number[]): number {
  let difference = 0;
  let largest = 0;
  if (actual.length !== expected.length) return Infinity;
  expected.forEach((value, i) => {
    difference = Math.max(difference, Number.isFinite(actual[i]) ? Math.abs(actual[i] - value) : Infinity);
    largest = Math.max(largest, Math.abs(value));
  });
  return difference === 0 ? 0 : difference / largest;
}

/** The worst `tensorError` of a list of tensors. */
export function worstError(
  actual: readonly NamedTensor[],
  expected: readonly { W: number[][]; b: number[] }[],
): number {
  const wanted = flatten(expected);
  if (actual.length !== wanted.length) return Infinity;
  return Math.max(...actual.map(({ data }, i) => tensorError(data, wanted[i])));
}
