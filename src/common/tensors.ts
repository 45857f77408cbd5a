import { MemoryError } from './errors.js';

/** A weight with its name, as `getWeights` gives it: a copy, row-major, `shape` (units, inputs) or (units). */
export interface NamedTensor {
  /** As in the equivalent PyTorch nn.Sequential, `0.weight`; in a graph with the layer's name in front. */
  readonly name: string;
  /** (units, inputs) or (units). */
  readonly shape: number[];
  /** Row-major. */
  readonly data: Float32Array;
}

/**
 * An array of `count` floats.
 * @throws MemoryError where the platform has no room for it; it would throw a RangeError.
 */
export function newFloats(where: string, count: number): Float32Array<ArrayBuffer> {
  try {
    return new Float32Array(count);
  } catch {
    throw new MemoryError(
      `${where}: an array of ${4 * count} bytes expected, got none: the platform has no room for it.`,
    );
  }
}

/** Number of values in a shape. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1);

/** Whether there is no NaN and no infinity. The platform's search is not slow in a fresh process, as a loop of our own is: 0.5 for 3 ms per 100,000 values. */
export const allFinite = (data: Float32Array): boolean =>
  ![NaN, Infinity, -Infinity].some((value) => data.includes(value));
