/**
 * Reading of rows of numbers and class indices that users pass. A source reads every value and every length of the
 * caller's data once, checks what it read, and writes exactly that: arrays may be Proxies, have getters, or be in
 * memory that another thread writes, so that reading twice could give different values. It never writes beyond the
 * requested rows.
 */
import {
  isDetached,
  isExact,
  isList,
  isNumbers,
  isSequence,
  isUnshared,
  newDoubles,
  newFloats,
  typedKind,
  typedLength,
  typedPart,
  type NumberArray,
} from './arrays.js';
import { counted, describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';

/**
 * Rows of numbers: one flat row-major typed array, or an array per row; where a row has one value, also a list of these
 * values. `true` counts as 1, `false` as 0. Models compute in float32: other numbers are rounded to it.
 * @category Models
 */
export type Rows =
  NumberArray | readonly (readonly (number | boolean)[] | NumberArray)[] | readonly number[] | readonly boolean[];

/**
 * Inputs of a model: rows for one input; for several inputs a list in their order, or an object by their names, as for
 * example one of columns.
 * @category Models
 */
export type Inputs = Rows | readonly Rows[] | Readonly<Record<string, Rows>>;

/**
 * Class indices, one per row: in one list or typed array, or each in a list of its own. `true` counts as 1, `false` as
 * 0.
 * @category Training and callbacks
 */
export type Labels = readonly number[] | readonly boolean[] | NumberArray | readonly (readonly number[])[];

/**
 * A number for each row.
 * @category Training and callbacks
 */
export type RowNumbers = readonly number[] | NumberArray;

/** Rows of the caller: their number and width, and a method that copies them. It keeps no copy. */
export interface RowSource {
  readonly rows: number;
  readonly width: number;
  /** Whether float32 has every value, by the kind of array in which they are given. */
  readonly exact: boolean;
  /**
   * Reads rows, all or `count` from `first` on, each value once, and writes them row-major without padding at element
   * index `at`; `observer` receives those that are doubles. Throws for an invalid row or value; what was written until
   * then is of no use.
   */
  write(into: Floats, at: number, first?: number, count?: number, observer?: RowObserver): void;
}

/** Array to which numbers are written. */
export type Floats = Float32Array | Float64Array;

/** Receives rows of doubles as they are read. */
export interface RowObserver {
  /** Buffer for one row, used by the code that reads rows. */
  readonly row: Float64Array;
  /** Whether further rows cannot change the result. */
  readonly done: boolean;
  /** Takes the next row, stored in `values` from element `at` on. */
  look(values: ArrayLike<number>, at: number): void;
  /** Ends the observation because the next rows are no doubles. */
  stop(): void;
}

/** Hint of the caller on what to write instead of a flat list of numbers, if it knows better than this file. */
export type FlatHint = string | undefined;

/** Copies all rows of a source: as float32 if that has all their values, otherwise as float64. */
export function copyRows(source: RowSource): Float32Array | Float64Array {
  const size = source.rows * source.width;
  const data = source.exact ? newFloats(size) : newDoubles(size);
  source.write(data, 0);
  return data;
}

/** Largest length of a list. */
const LONGEST = 2 ** 32 - 1;

/** Returns the length of a list or typed array, read once. */
export function lengthOf(where: string, what: string, list: unknown): number {
  if (typedKind(list) !== undefined) return typedLength(list);
  const { length } = list as ArrayLike<unknown>;
  if (Number.isInteger(length) && length >= 0 && length <= LONGEST) return length;
  throw new ValueError(`${where}: ${what} expected a list, got one of length ${describe(length)}.`);
}

/** Returns the length of a value that may be a row (a list or a typed array), or undefined for anything else. */
export const rowLength = (where: string, what: string, row: unknown): number | undefined =>
  isSequence(row) ? lengthOf(where, what, row) : undefined;

/** Opens rows of `width` numbers. Messages begin with `where` and `what`: `fit: x`. */
export function openRows(where: string, what: string, data: unknown, width: number, hint?: FlatHint): RowSource {
  if (isList(data)) return new ListedRows(where, what, data, width, hint);
  if (isNumbers(data) && !isDetached(data)) return new FlatRows(where, what, data, width, hint);
  const better = typedKind(data) === undefined || isDetached(data) ? undefined : FROM_BIGINTS;
  throw new ValueError(
    `${where}: ${what} expected a Float32Array or an array of rows, got ${describe(data)}.${spaced(better)}`,
  );
}

const FROM_BIGINTS = 'Convert BigInts by Float64Array.from(data, Number).';

/** Rows given as an array per row, or rows of one value as a list of values. */
class ListedRows implements RowSource {
  readonly rows: number;
  readonly exact = false;

  constructor(
    private readonly where: string,
    private readonly what: string,
    private readonly list: readonly unknown[],
    readonly width: number,
    private readonly hint: FlatHint,
  ) {
    this.rows = lengthOf(where, what, list);
  }

  write(into: Floats, at: number, first = 0, count = this.rows, observer?: RowObserver): void {
    const { list, width } = this;
    // By index: forEach would skip holes.
    for (let i = first; i < first + count; i++, at += width) {
      const row = list[i];
      if (!isList(row) && typedKind(row) === 'Float32Array') {
        this.requireWidth(typedLength(row), i);
        const floats = row as Float32Array;
        observer?.stop();
        if (isUnshared(floats)) into.set(floats, at);
        else for (let j = 0; j < width; j++) into[at + j] = floats[j];
      } else if (observer === undefined) {
        this.read(row, i, into, at);
      } else {
        this.read(row, i, observer.row, 0);
        for (let j = 0; j < width; j++) into[at + j] = observer.row[j];
        observer.look(observer.row, 0);
      }
    }
  }

  private requireWidth(length: number, index: number): void {
    const { where, what, width } = this;
    if (length === width) return;
    throw new ShapeError(
      `${where}: ${what} expected ${counted(width, 'value')} per row, got ${length} in row ${index}.`,
    );
  }

  /** Reads a row of doubles. */
  private read(row: unknown, index: number, into: Floats, at: number): void {
    const { width } = this;
    if (width === 1 && (typeof row === 'number' || typeof row === 'boolean')) {
      into[at] = Number(row);
      return;
    }
    const isArray = isList(row);
    const list = isArray ? row : this.requireRow(row, index);
    this.requireWidth(isArray ? list.length : typedLength(list), index);
    for (let j = 0; j < width; j++) {
      const value = list[j];
      if (typeof value !== 'number' && typeof value !== 'boolean') this.refuse(value, index, j);
      into[at + j] = value as number;
    }
  }

  /** Returns the row if it is a typed array of numbers; throws for anything else. */
  private requireRow(row: unknown, index: number): NumberArray {
    const { where, what, width, hint } = this;
    if (isNumbers(row)) return row;
    if (typeof row === 'number') {
      const expected = `an array of ${counted(width, 'number')}`;
      throw new ShapeError(
        `${where}: ${what} expected ${expected} in row ${index}, got the number ${row}.${spaced(hint ?? AS_ROWS)}`,
      );
    }
    throw new ValueError(
      `${where}: ${what} expected an array of ${counted(width, 'number')} in row ${index}, got ${describe(row)}.` +
        spaced(typedKind(row) === undefined ? undefined : FROM_BIGINTS),
    );
  }

  private refuse(value: unknown, row: number, column: number): never {
    const { where, what } = this;
    throw new ValueError(`${where}: ${what} expected numbers, got ${describe(value)} in row ${row}, column ${column}.`);
  }
}

/** Rows given as one row-major array. */
class FlatRows implements RowSource {
  readonly rows: number;
  readonly exact: boolean;
  private readonly length: number;

  constructor(
    private readonly where: string,
    private readonly what: string,
    private readonly data: NumberArray,
    readonly width: number,
    hint: FlatHint,
  ) {
    const length = typedLength(data);
    if (length % width !== 0) {
      throw new ShapeError(`${where}: ${what} expected a multiple of ${width} values, got ${length}.${spaced(hint)}`);
    }
    this.length = length;
    this.rows = length / width;
    this.exact = isExact(data);
  }

  write(into: Floats, at: number, first = 0, count = this.rows, observer?: RowObserver): void {
    const { where, what, data, width } = this;
    const now = typedLength(data);
    if (now < (first + count) * width) {
      throw new ShapeError(
        `${where}: ${what} expected ${counted(this.length, 'value')} as at the start of the call, got ${now}. Keep its buffer until the call is over.`,
      );
    }
    const part = typedPart(data, first * width, count * width);
    into.set(part, at);
    for (let i = 0; i < count && observer?.done === false; i++) observer.look(part, i * width);
  }
}

const spaced = (hint: FlatHint): string => (hint === undefined ? '' : ` ${hint}`);

const AS_ROWS = 'Write rows as arrays, [[…],[…]], or one after the other in a Float32Array.';

/** Opens class indices in [0, classes). They are written as the bits of integers, one per row. */
export function openLabels(where: string, what: string, data: unknown, classes: number, hint?: FlatHint): RowSource {
  if (!isSequence(data)) {
    throw new ValueError(`${where}: ${what} expected class indices, got ${describe(data)}.`);
  }
  const labels = data;
  const rows = lengthOf(where, what, labels);
  return {
    rows,
    width: 1,
    exact: true,
    write(into, at, first = 0, count = rows) {
      const bits = new Int32Array(into.buffer, into.byteOffset + 4 * at, count);
      for (let i = 0; i < count; i++) {
        const label = plainLabel(labels[first + i]);
        requireLabel(where, what, label, first + i, classes, hint);
        bits[i] = label;
      }
    },
  };
}

/** Returns a class index without the list that it has for itself in a column, and as a number. */
function plainLabel(label: unknown): unknown {
  if (typeof label === 'number') return label;
  const own: unknown = isSequence(label) && label.length === 1 ? label[0] : label;
  return typeof own === 'boolean' ? Number(own) : own;
}

function requireLabel(
  where: string,
  what: string,
  label: unknown,
  row: number,
  classes: number,
  hint: FlatHint,
): asserts label is number {
  if (typeof label === 'number' && Number.isInteger(label) && label >= 0 && label < classes) return;
  const length = rowLength(where, what, label);
  if (length !== undefined) {
    throw new ShapeError(
      `${where}: ${what} expected one class index per row, got ${describe(label)} in row ${row}.${spaced(hint)}`,
    );
  }
  throw new ValueError(
    `${where}: ${what} expected a class index from 0 to ${classes - 1}, got ${describe(label)} in row ${row}.` +
      spaced(typeof label === 'bigint' ? FROM_BIGINTS : undefined),
  );
}
