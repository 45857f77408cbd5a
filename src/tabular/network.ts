/**
 * The network of a facade and its inputs: columns of numbers, standardized by the network, and columns of categories,
 * each with learned vectors.
 */
import type { Activation } from '../activations/activations.js';
import type { Matrix, Moments } from '../common/column-moments.js';
import { model, sequential } from '../engine/default-engine.js';
import type { Engine } from '../engine/engine.js';
import { glorotUniform } from '../initializers/initializers.js';
import { dense } from '../layers/dense.js';
import { embedding } from '../layers/embedding.js';
import { input } from '../layers/input.js';
import type { Layer, SymbolicTensor } from '../layers/layer.js';
import { concatenate } from '../layers/merge.js';
import { normalization } from '../layers/preprocess.js';
import type { LossName } from '../losses/losses.js';
import type { Model } from '../model/model.js';
import { l2 } from '../regularizers/regularizers.js';
import { scaled } from './columns.js';
import type { Scaling } from './outputs.js';

/**
 * A column of x that holds categories, integers from 0 to `categories` − 1. Each gets a learned vector of `units`
 * numbers.
 * @category Tables
 */
export interface ColumnEmbedding {
  /** Index of the column. */
  readonly column: number;
  /** Number of categories. */
  readonly categories: number;
  /** Length of a vector. */
  readonly units: number;
}

/** What the last layer computes, and the loss on it. */
export interface Head {
  readonly activation: 'softmax' | 'sigmoid' | 'linear';
  readonly loss: LossName;
}

/** Description of a network. */
export interface NetworkOptions {
  readonly hiddenLayers: readonly number[];
  readonly activation: Activation;
  readonly l2: number;
  readonly seed: number;
  readonly engine: Engine | undefined;
  readonly embeddings: readonly ColumnEmbedding[];
}

/** Returns some columns of rows of `width` numbers. */
function columnsOf(data: Matrix, width: number, columns: readonly number[]): Matrix {
  const rows = data.length / width;
  const part = new (data.constructor as Float64ArrayConstructor)(rows * columns.length);
  for (let i = 0, at = 0; i < rows; i++) for (const column of columns) part[at++] = data[i * width + column];
  return part;
}

/** Columns that are numbers. */
const numeric = (width: number, embeddings: readonly ColumnEmbedding[]): number[] =>
  [...Array(width).keys()].filter((column) => embeddings.every((one) => one.column !== column));

/** Returns the columns of numbers alone. */
export const numbersIn = (data: Matrix, width: number, embeddings: readonly ColumnEmbedding[]): Matrix =>
  embeddings.length === 0 ? data : columnsOf(data, width, numeric(width, embeddings));

/** Returns rows as the network takes them: the numbers, scaled, and the categories, where there are any. */
export function inputsOf(
  data: Matrix,
  width: number,
  embeddings: readonly ColumnEmbedding[],
  scaling: Scaling | undefined,
): Float32Array | Float32Array[] {
  const x = scaled(numbersIn(data, width, embeddings), scaling);
  if (embeddings.length === 0) return x;
  const categories = Float32Array.from(
    columnsOf(
      data,
      width,
      embeddings.map(({ column }) => column),
    ),
  );
  return embeddings.length === width ? categories : [x, categories];
}

/**
 * Makes a network for rows of `width` numbers, which standardizes those that are no categories by `moments`, if there
 * are any.
 */
export function makeNetwork(
  { hiddenLayers, activation, l2: strength, seed, engine, embeddings }: NetworkOptions,
  width: number,
  outputs: number,
  head: Head,
  moments: Moments | undefined,
): Promise<Model> {
  const every = { kernelInitializer: glorotUniform(), kernelRegularizer: l2(strength) };
  const count = embeddings.length;
  // Without a layer that standardizes, the first one says how wide rows are.
  const first = moments === undefined && count === 0 ? { inputShape: [width] } : {};
  const all = [
    ...hiddenLayers.map((units) => ({ units, activation })),
    { units: outputs, activation: head.activation },
  ];
  const layers: Layer[] = all.map((options, index) => dense({ ...options, ...every, ...(index === 0 && first) }));
  const settings = { seed, ...(engine !== undefined && { engine }) };
  if (count === 0) {
    const standardize = moments === undefined ? [] : [normalization({ inputShape: [width], ...moments })];
    return sequential({ ...settings, layers: [...standardize, ...layers] });
  }
  const categories = input({ shape: [count], name: 'categories' });
  const vectors = embedding({
    inputDim: embeddings.map((one) => one.categories),
    outputDim: embeddings.map(({ units }) => units),
  }).apply(categories);
  let numbers: SymbolicTensor[] = [];
  let last: SymbolicTensor = vectors;
  if (count < width) {
    numbers = [input({ shape: [width - count], name: 'numbers' })];
    const standardized = moments === undefined ? numbers[0] : normalization(moments).apply(numbers[0]);
    last = concatenate().apply([standardized, vectors]);
  }
  for (const layer of layers) last = layer.apply(last);
  return model({ ...settings, inputs: [...numbers, categories], outputs: last });
}
