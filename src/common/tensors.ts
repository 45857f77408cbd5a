/** A weight with its name, as `getWeights` gives it: a copy, row-major, `shape` (units, inputs) or (units). */
export interface NamedTensor {
  readonly name: string;
  readonly shape: number[];
  readonly data: Float32Array;
}

/** Number of values in a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);
