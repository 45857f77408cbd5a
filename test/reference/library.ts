/** The bridge between the twin's plain arrays and the library's models. */
import { createHash } from 'node:crypto';
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
export const flatten = (layers: readonly { W: number[][]; b: number[] }[]): number[][] =>
  layers.flatMap(({ W, b }) => [W.flat(), b]);

export function setParameters(model: Model, network: Network): void {
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

/** SHA-256 over the little-endian float32 bytes of all parameters in order: the same hash, the same bits. */
export function weightsHash(model: Model): string {
  const hash = createHash('sha256');
  for (const { data } of model.getWeights()) hash.update(bytesOf(data));
  return hash.digest('hex');
}

export const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

/** The bits of each number, as eight hexadecimal digits: what two results must share to be called the same. */
export const bitsOf = (values: Float32Array): string => Buffer.from(bytesOf(values.slice())).toString('hex');
