import { floatsOf, isFloat32Array, isList, isTypedArray } from './arrays.js';
import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';

/** Rows of numbers, as users hand them over: one flat row-major array, or an array per row. */
export type Rows = Float32Array | readonly (readonly number[] | Float32Array)[];

/** What a model is given: of one input its rows; of several a list in their order, or an object by their names. */
export type Inputs = Rows | readonly Rows[] | Readonly<Record<string, Rows>>;

/** Class indices, one per row. */
export type Labels =
  readonly number[] | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A number for each row. */
export type RowNumbers = Labels | Float32Array | Float64Array;

/** Rows of the caller's: how many there are, and a way to write them where they are wanted. Nothing is kept. */
export interface RowSource {
  readonly rows: number;
  readonly width: number;
  /** Throws where one of `count` rows from `first` on is not what it should be. */
  check(first: number, count: number): void;
  /** Writes rows that were checked, all or `count` from `first` on, row-major without padding, at element index `at`. */
  write(into: Float32Array, at: number, first?: number, count?: number): void;
}

const checked = (source: RowSource): RowSource => {
  source.check(0, source.rows);
  return source;
};

/** Checks that every row has `width` numbers. `where` and `what` open the messages: `fit: x`. */
export const rowSource = (where: string, what: string, data: unknown, width: number): RowSource =>
  checked(openRows(where, what, data, width));

/** Checks class indices in [0, classes). They are written as the bits of integers, one per row. */
export const labelSource = (where: string, what: string, data: unknown, classes: number): RowSource =>
  checked(openLabels(where, what, data, classes));

/** `rowSource` whose rows are still to be checked. */
export function openRows(where: string, what: string, data: unknown, width: number): RowSource {
  if (isFloat32Array(data)) {
    const values = floatsOf(data);
    if (values.length % width !== 0) {
      throw new ShapeError(`${where}: ${what} expected a multiple of ${width} values, got ${values.length}.`);
    }
    const rows = values.length / width;
    return {
      rows,
      width,
      check: () => undefined,
      write: (into, at, first = 0, count = rows) =>
        into.set(count === rows ? values : values.subarray(first * width, (first + count) * width), at),
    };
  }
  if (!isList(data)) {
    throw new ValueError(`${where}: ${what} expected a Float32Array or an array of rows, got ${describe(data)}.`);
  }
  const list = data;
  return {
    rows: list.length,
    width,
    check(first, count) {
      // By index: forEach would pass over holes.
      for (let i = first; i < first + count; i++) checkRow(where, what, list[i], i, width);
    },
    write(into, at, first = 0, count = list.length) {
      for (let i = first; i < first + count; i++) {
        into.set(list[i] as ArrayLike<number>, at);
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
  if (!isList(row) && !isFloat32Array(row)) {
    throw new ValueError(
      `${where}: ${what} expected an array of ${width} numbers in row ${index}, got ${describe(row)}.`,
    );
  }
  if (row.length !== width) {
    throw new ShapeError(`${where}: ${what} expected ${width} values per row, got ${row.length} in row ${index}.`);
  }
  if (isFloat32Array(row)) return;
  for (let j = 0; j < row.length; j++) {
    if (typeof row[j] !== 'number') {
      throw new ValueError(`${where}: ${what} expected numbers, got ${describe(row[j])} in row ${index}, column ${j}.`);
    }
  }
}

/** `labelSource` whose indices are still to be checked. */
export function openLabels(where: string, what: string, data: unknown, classes: number): RowSource {
  if (!isList(data) && !isTypedArray(data)) {
    throw new ValueError(`${where}: ${what} expected class indices, got ${describe(data)}.`);
  }
  const labels = data as ArrayLike<unknown>;
  return {
    rows: labels.length,
    width: 1,
    check(first, count) {
      for (let i = first; i < first + count; i++) checkLabel(where, what, labels[i], i, classes);
    },
    write(into, at, first = 0, count = labels.length) {
      const bits = new Int32Array(into.buffer, into.byteOffset + 4 * at, count);
      for (let i = 0; i < count; i++) bits[i] = labels[first + i] as number;
    },
  };
}

function checkLabel(where: string, what: string, label: unknown, row: number, classes: number): void {
  if (isList(label) || isTypedArray(label)) {
    throw new ShapeError(`${where}: ${what} expected one class index per row, got ${describe(label)} in row ${row}.`);
  }
  if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes) {
    throw new ValueError(
      `${where}: ${what} expected a class index from 0 to ${classes - 1}, got ${describe(label)} in row ${row}.`,
    );
  }
}
