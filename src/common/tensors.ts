/** A weight with its name, as `getWeights` gives it: a copy, row-major, `shape` (units, inputs) or (units). */
export interface NamedTensor {
  /** As in the equivalent PyTorch nn.Sequential, `0.weight`; in a graph with the layer's name in front. */
  readonly name: string;
  /** (units, inputs) or (units). */
  readonly shape: number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/** Number of values in a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
