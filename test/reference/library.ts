/** The bridge between the twin's plain arrays and the library's models. */
import { dense, l1l2, maxout, sequential, type Model, type NamedTensor, type Regularizer } from '../../src/index.js';
import type { Network } from './twin.js';

export type CompileOptions = Parameters<Model['compile']>[0];

/** A library model with the twin's layers and weights, and a penalty on every layer's weights where one is told. */
export async function modelOf(
  network: Network,
  compile?: CompileOptions,
  { seed = 0, penalty }: { seed?: number; penalty?: { l1: number; l2: number } } = {},
): Promise<Model> {
  const kernelRegularizer: Regularizer | undefined = penalty && l1l2(penalty);
  const model = await sequential({
    seed,
    layers: network.map(({ W, activation }, l) => {
      const common = { ...(l === 0 && { inputShape: [W[0].length] }), ...(kernelRegularizer && { kernelRegularizer }) };
      return activation === 'maxout3'
        ? maxout({ units: W.length / 3, pieces: 3, ...common })
        : dense({ units: W.length, activation, ...common });
    }),
  });
  setParameters(model, network);
  if (compile) model.compile(compile);
  return model;
}

interface LayerParameters {
  readonly W: number[][];
  readonly b: number[];
  readonly alpha?: number[];
}

/** W, b and what the activation learns of every layer, flattened row by row, in the order of `getWeights`. */
const flatten = (layers: readonly LayerParameters[]): number[][] =>
  layers.flatMap(({ W, b, alpha }) => [W.flat(), b, ...(alpha ? [alpha] : [])]);

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
export function worstError(actual: readonly NamedTensor[], expected: readonly LayerParameters[]): number {
  const wanted = flatten(expected);
  if (actual.length !== wanted.length) return Infinity;
  return Math.max(...actual.map(({ data }, i) => tensorError(data, wanted[i])));
}
