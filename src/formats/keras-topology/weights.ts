/** Weights as a topology asks for them, whatever file they are in. */
import { newFloats } from '../../common/arrays.js';
import { describeShape } from '../../common/describe.js';
import { FormatError } from '../../common/errors.js';
import type { Config } from './config.js';

/** A weight of a file. */
export interface StoredWeight {
  /** Which weight, for messages. */
  readonly where: string;
  readonly shape: readonly number[];
  /** Returns its numbers, which may be a part of the file, so they must not be changed. */
  read(): Float32Array;
}

/** The weights of a file. */
export interface WeightSource {
  /**
   * Returns the weight of a layer by its name, or by its number among those of the layer; undefined if there is none.
   * `path` are the models that the layer is in.
   */
  find(layer: string, name: string, index: number, path: readonly string[]): StoredWeight | undefined;
}

/** Side of the blocks in which a matrix is transposed: both its rows and columns stay in the cache. */
const BLOCK = 32;

/** Returns a matrix, (rows, columns) row-major, with its columns as rows. */
export function transpose(from: Float32Array, rows: number, columns: number): Float32Array {
  const to = newFloats(from.length);
  for (let top = 0; top < rows; top += BLOCK) {
    for (let left = 0; left < columns; left += BLOCK) {
      const [bottom, right] = [Math.min(top + BLOCK, rows), Math.min(left + BLOCK, columns)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) to[column * rows + row] = from[row * columns + column];
      }
    }
  }
  return to;
}

/** Returns the numbers of a weight, which has to have this shape; transposed if asked for. */
export function readValues(
  config: Config,
  weight: StoredWeight,
  shape: readonly number[],
  transposed: boolean,
): Float32Array {
  const { where, shape: given } = weight;
  if (given.length !== shape.length || given.some((extent, axis) => extent !== shape[axis])) {
    throw new FormatError(
      `${config.where}: ${where} expected shape ${describeShape(shape)}, got ${describeShape(given)}.`,
    );
  }
  const values = weight.read();
  // A copy, so that the file need not be kept for a small part of it.
  if (!transposed && values.byteLength < values.buffer.byteLength) return values.slice();
  return transposed ? transpose(values, shape[0], shape[1]) : values;
}
