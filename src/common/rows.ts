import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';

/** Rows of numbers, as users hand them over: one flat row-major array, or an array per row. */
export type Rows = Float32Array | readonly (readonly number[])[] | readonly Float32Array[];

/** Class indices, one per row. */
export type Labels =
  readonly number[] | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Checked data: how many rows there are, and a way to write them where they are wanted. Nothing is kept of the caller's. */
export interface RowSource {
  readonly rows: number;
  readonly width: number;
  /** Writes all rows, row-major without padding, at element index `at`. */
  write(into: Float32Array, at: number): void;
}

const isTyped = (data: unknown): data is Float32Array => ArrayBuffer.isView(data) && !(data instanceof DataView);

/** Checks that every row has `width` numbers. `where` and `what` open the messages: `fit: x`. */
export function rowSource(where: string, what: string, data: unknown, width: number): RowSource {
  if (isTyped(data)) {
    if (!(data instanceof Float32Array)) {
      throw new ValueError(`${where}: ${what} expected a Float32Array or an array of rows, got ${describe(data)}.`);
    }
    if (data.length % width !== 0) {
      throw new ShapeError(`${where}: ${what} expected a multiple of ${width} values, got ${data.length}.`);
    }
    return { rows: data.length / width, width, write: (into, at) => into.set(data, at) };
  }
  if (!Array.isArray(data)) {
    throw new ValueError(`${where}: ${what} expected a Float32Array or an array of rows, got ${describe(data)}.`);
  }
  const list = data as readonly unknown[];
  // By index: forEach would pass over holes.
  for (let i = 0; i < list.length; i++) checkRow(where, what, list[i], i, width);
  return {
    rows: list.length,
    width,
    write(into, at) {
      for (const row of list) {
        into.set(row as ArrayLike<number>, at);
        at += width;
      }
    },
  };
}

function checkRow(where: string, what: string, row: unknown, index: number, width: number): void {
  if (typeof row === 'number') {
    throw new ShapeError(
      `${where}: ${what} expected an array of ${width} numbers in row ${index}, got the number ${row}.`,
    );
  }
  if (!Array.isArray(row) && !(row instanceof Float32Array)) {
    throw new ValueError(
      `${where}: ${what} expected an array of ${width} numbers in row ${index}, got ${describe(row)}.`,
    );
  }
  if (row.length !== width) {
    throw new ShapeError(`${where}: ${what} expected ${width} values per row, got ${row.length} in row ${index}.`);
  }
  if (row instanceof Float32Array) return;
  for (let j = 0; j < row.length; j++) {
    if (typeof row[j] !== 'number') {
      throw new ValueError(`${where}: ${what} expected numbers, got ${describe(row[j])} in row ${index}, column ${j}.`);
    }
  }
}

/** Checks class indices in [0, classes). They are written as the bits of integers, one per row. */
export function labelSource(where: string, what: string, data: unknown, classes: number): RowSource {
  if (!Array.isArray(data) && !isTyped(data)) {
    throw new ValueError(`${where}: ${what} expected class indices, got ${describe(data)}.`);
  }
  const labels = data as ArrayLike<unknown>;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i];
    if (Array.isArray(label) || isTyped(label)) {
      throw new ShapeError(`${where}: ${what} expected one class index per row, got ${describe(label)} in row ${i}.`);
    }
    if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes) {
      throw new ValueError(
        `${where}: ${what} expected a class index from 0 to ${classes - 1}, got ${describe(label)} in row ${i}.`,
      );
    }
  }
  return {
    rows: labels.length,
    width: 1,
    write: (into, at) =>
      new Int32Array(into.buffer, into.byteOffset + 4 * at, labels.length).set(labels as ArrayLike<number>),
  };
}
