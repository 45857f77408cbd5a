/**
 * Rows of numbers and class indices as users hand them over. A source reads every value and every length of the caller's once, checks what it
 * read, and writes that: arrays may be Proxies, have getters, or lie in memory that another thread writes, so that a second look could
 * find something else. It never writes beyond the rows that it was asked for.
 */
import { isUnshared, newDoubles, newFloats, typedKind, typedLength, typedPart } from './arrays.js';
import { describe } from './describe.js';
import { ShapeError, ValueError } from './errors.js';
import { RoundingWatch } from './rounding.js';
import { warnOnce } from './warn.js';

/** Rows of numbers, as users hand them over: one flat row-major array, or an array per row. Models compute in float32. */
export type Rows = Float32Array | Float64Array | readonly (readonly number[] | Float32Array | Float64Array)[];

/** What a model is given: of one input its rows; of several a list in their order, or an object by their names. */
export type Inputs = Rows | readonly Rows[] | Readonly<Record<string, Rows>>;

/** Class indices, one per row. */
export type Labels =
  readonly number[] | Int8Array | Uint8Array | Uint8ClampedArray | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** A number for each row. */
export type RowNumbers = Labels | Float32Array | Float64Array;

/** Rows of the caller's: how many there are, and a way to copy them to where they are wanted. Nothing is kept. */
export interface RowSource {
  readonly rows: number;
  readonly width: number;
  /** Whether every value is a float32 as it is given. */
  readonly exact: boolean;
  /**
   * Reads rows, all or `count` from `first` on, each value once, and writes them row-major without padding at element index `at`.
   * Throws where a row or a value is not what it should be; what was written until then is of no use.
   */
  write(into: Float32Array | Float64Array, at: number, first?: number, count?: number): void;
  /** A column whose different numbers were all written as the same float32, and two of them; where there is none, undefined. */
  collapsed?(): Collapse | undefined;
}

/** A column whose numbers float32 cannot tell apart. */
export interface Collapse {
  readonly column: number;
  readonly values: readonly [number, number];
}

/** Says on the console, once for each column, that a source has numbers which float32 cannot tell apart. */
export function warnOfCollapse(where: string, what: string, source: RowSource): void {
  const collapse = source.collapsed?.();
  if (collapse === undefined) return;
  const { column, values } = collapse;
  const [call] = where.split(':');
  warnOnce(
    `${call} ${what} ${column}`,
    `${call}: ${what} expected columns whose numbers float32 tells apart, got ${values[0]} and ${values[1]} in column ${column}, ` +
      `which are one number there, as are all of that column. ${SUBTRACT_MEAN}`,
  );
}

/** What to do about columns that float32 does not hold. */
export const SUBTRACT_MEAN = 'Subtract its mean from the column first, or use mlpClassifier or mlpRegressor, which do.';

/** What to write instead of a flat list of numbers, where that is known better than here. */
export type FlatHint = string | undefined;

/** All rows of a source: as float32 where they are that already, else as float64. */
export function copyRows(source: RowSource): Float32Array | Float64Array {
  const size = source.rows * source.width;
  const data = source.exact ? newFloats(size) : newDoubles(size);
  source.write(data, 0);
  return data;
}

/** The most elements that a list can have. */
const LONGEST = 2 ** 32 - 1;

/** The length of a list or typed array, read once. */
export function lengthOf(where: string, what: string, list: unknown): number {
  if (typedKind(list) !== undefined) return typedLength(list);
  const { length } = list as ArrayLike<unknown>;
  if (Number.isInteger(length) && length >= 0 && length <= LONGEST) return length;
  throw new ValueError(`${where}: ${what} expected a list, got one of length ${describe(length)}.`);
}

const isFloats = (data: unknown): data is Float32Array | Float64Array => {
  const kind = typedKind(data);
  return kind === 'Float32Array' || kind === 'Float64Array';
};

/** Opens rows of `width` numbers. `where` and `what` open the messages: `fit: x`. */
export function openRows(where: string, what: string, data: unknown, width: number, hint?: FlatHint): RowSource {
  if (isFloats(data)) return openFlat(where, what, data, width, hint);
  if (!Array.isArray(data)) {
    const better = typedKind(data) === undefined ? undefined : (hint ?? 'Convert it by Float32Array.from.');
    throw new ValueError(
      `${where}: ${what} expected a Float32Array or an array of rows, got ${describe(data)}.${spaced(better)}`,
    );
  }
  const list = data as readonly unknown[];
  const rows = lengthOf(where, what, list);
  const scratch = new Float64Array(width);
  const watch = new RoundingWatch(width);
  const write: RowSource['write'] = (into, at, first = 0, count = rows) => {
    const watched = into.BYTES_PER_ELEMENT === 4 ? watch : undefined;
    // By index: forEach would pass over holes.
    for (let i = first; i < first + count; i++, at += width) {
      const row = list[i];
      if (typedKind(row) === 'Float32Array') {
        requireWidth(where, what, typedLength(row), i, width);
        const floats = row as Float32Array;
        watched?.stop();
        if (isUnshared(floats)) into.set(floats, at);
        else for (let j = 0; j < width; j++) into[at + j] = floats[j];
      } else {
        readRow(where, what, row, i, scratch, hint);
        into.set(scratch, at);
        watched?.look(scratch);
      }
    }
  };
  return { rows, width, exact: false, write, collapsed: () => watch.found() };
}

function openFlat(
  where: string,
  what: string,
  data: Float32Array | Float64Array,
  width: number,
  hint: FlatHint,
): RowSource {
  const length = typedLength(data);
  if (length % width !== 0) {
    throw new ShapeError(`${where}: ${what} expected a multiple of ${width} values, got ${length}.${spaced(hint)}`);
  }
  const rows = length / width;
  const exact = typedKind(data) === 'Float32Array';
  const watch = new RoundingWatch(width);
  return {
    rows,
    width,
    exact,
    write(into, at, first = 0, count = rows) {
      const end = (first + count) * width;
      const now = typedLength(data);
      if (now < end) {
        throw new ShapeError(
          `${where}: ${what} expected ${length} values as when it was given, got ${now}. Keep its buffer until the call is over.`,
        );
      }
      const part = typedPart(data, first * width, count * width);
      into.set(part, at);
      if (exact || into.BYTES_PER_ELEMENT === 8) return;
      for (let i = 0; i < count && !watch.done; i++)
        watch.look(part.subarray(i * width, (i + 1) * width) as Float64Array);
    },
    ...(!exact && { collapsed: () => watch.found() }),
  };
}

const spaced = (hint: FlatHint): string => (hint === undefined ? '' : ` ${hint}`);

const flatAdvice = (width: number, hint: FlatHint): string =>
  spaced(
    hint ??
      (width === 1
        ? 'Write rows as arrays: [[1],[2],…].'
        : 'Write rows as arrays, [[…],[…]], or one after the other in a Float32Array.'),
  );

function requireWidth(where: string, what: string, length: number, index: number, width: number): void {
  if (length === width) return;
  throw new ShapeError(`${where}: ${what} expected ${width} values per row, got ${length} in row ${index}.`);
}

/** Reads a row of doubles into `values`. */
function readRow(where: string, what: string, row: unknown, index: number, values: Float64Array, hint: FlatHint): void {
  const width = values.length;
  if (typeof row === 'number') {
    const expected = width === 1 ? 'an array of 1 number' : `an array of ${width} numbers`;
    throw new ShapeError(
      `${where}: ${what} expected ${expected} in row ${index}, got the number ${row}.${flatAdvice(width, hint)}`,
    );
  }
  if (!Array.isArray(row) && !isFloats(row)) {
    throw new ValueError(
      `${where}: ${what} expected an array of ${width} numbers in row ${index}, got ${describe(row)}.`,
    );
  }
  requireWidth(where, what, isFloats(row) ? typedLength(row) : row.length, index, width);
  for (let j = 0; j < width; j++) {
    const value: unknown = row[j];
    if (typeof value !== 'number') {
      throw new ValueError(`${where}: ${what} expected numbers, got ${describe(value)} in row ${index}, column ${j}.`);
    }
    values[j] = value;
  }
}

/** Opens class indices in [0, classes). They are written as the bits of integers, one per row. */
export function openLabels(where: string, what: string, data: unknown, classes: number, hint?: FlatHint): RowSource {
  if (!Array.isArray(data) && typedKind(data) === undefined) {
    throw new ValueError(`${where}: ${what} expected class indices, got ${describe(data)}.`);
  }
  const labels = data as ArrayLike<unknown>;
  const rows = lengthOf(where, what, labels);
  return {
    rows,
    width: 1,
    exact: true,
    write(into, at, first = 0, count = rows) {
      const bits = new Int32Array(into.buffer, into.byteOffset + 4 * at, count);
      for (let i = 0; i < count; i++) {
        const label = labels[first + i];
        requireLabel(where, what, label, first + i, classes, hint);
        bits[i] = label;
      }
    },
  };
}

function requireLabel(
  where: string,
  what: string,
  label: unknown,
  row: number,
  classes: number,
  hint: FlatHint,
): asserts label is number {
  if (Array.isArray(label) || typedKind(label) !== undefined) {
    throw new ShapeError(
      `${where}: ${what} expected one class index per row, got ${describe(label)} in row ${row}.${spaced(hint)}`,
    );
  }
  if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes) {
    throw new ValueError(
      `${where}: ${what} expected a class index from 0 to ${classes - 1}, got ${describe(label)} in row ${row}.`,
    );
  }
}
