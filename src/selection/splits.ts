/**
 * Divisions of a table's rows, drawn from a seed: into training and test rows once, or into folds, of which each is the
 * test of one division. Their sizes and classes are those of scikit-learn; the rows are those of this generator.
 */
import { isList, isNumbers } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { MemoryError, ShapeError, ValueError } from '../common/errors.js';
import { holdOut, rowsOfShare, type Parts } from '../common/holdout.js';
import { flag, integer, isRecord, readOptions, setField, unchecked, type Check } from '../common/options.js';
import { permutation } from '../common/philox.js';
import { lengthOf } from '../common/rows.js';
import { STREAM } from '../runtime/random.js';
import { countRows, readIndices, requireFewRows, take, type ColumnValues, type TableRows } from './rows.js';

export const seedCheck = integer(0, 0xffffffff);

/**
 * Numbers of the rows for training and for a test.
 * @category Tables
 */
export interface Fold {
  /** Numbers of the rows that train. */
  readonly train: Int32Array;
  /** Numbers of the rows that test. */
  readonly test: Int32Array;
}

/**
 * Options of `kFold` and `stratifiedKFold`.
 * @category Tables
 */
export interface FoldOptions {
  /** Number of folds, at least 2. Default 5. */
  folds?: number;
  /** Whether rows are drawn; otherwise folds are pieces of the table, in its order. Default true. */
  shuffle?: boolean;
  /** Seed of the draw. Default 0. */
  seed?: number;
}

/**
 * Options of `trainTestSplit`.
 * @category Tables
 */
export interface SplitOptions {
  /** Rows for the test: a share below 1, rounded up, or a number of rows. Default 0.25. */
  testSize?: number;
  /** Whether rows are drawn; otherwise the last ones are the test. Default true. */
  shuffle?: boolean;
  /** Seed of the draw. Default 0. */
  seed?: number;
  /** A class per row, of any kind: both parts get their share of each. Default none. */
  stratify?: ColumnValues;
}

/**
 * A table in two parts, each in the form in which it was given.
 * @category Tables
 */
export interface Split<T> {
  /** The rows that train. */
  readonly train: T;
  /** The rows that test. */
  readonly test: T;
  /** Numbers of the rows in each part, in its order. */
  readonly rows: Fold;
}

/** Reads a division of `rows` rows that a caller made. */
export function requireFold(path: string, value: unknown, rows: number): Fold {
  const { train, test } = readOptions<Record<'train' | 'test', unknown>>(path, value, {
    train: { check: unchecked },
    test: { check: unchecked },
  });
  const read = (part: string, indices: unknown): Int32Array => {
    const own = readIndices(path, part, indices, rows);
    if (own.length === 0) throw new ValueError(`${path}: ${part} expected at least one row, got none.`);
    return Int32Array.from(own);
  };
  return { train: read('train', train), test: read('test', test) };
}

/** Turns values of any kind into classes from 0, in the order of their first occurrence. */
function classesOf(where: string, what: string, values: unknown): Int32Array {
  if (!isList(values) && !isNumbers(values)) {
    throw new ValueError(`${where}: ${what} expected a list with a class per row, got ${describe(values)}.`);
  }
  const rows = requireFewRows(where, what, lengthOf(where, what, values));
  const found = new Map<unknown, number>();
  const classes: number[] = [];
  for (let row = 0; row < rows; row++) {
    const value: unknown = values[row];
    const known = found.get(value) ?? found.size;
    found.set(value, known);
    classes.push(known);
  }
  return Int32Array.from(classes);
}

const size: Check<number> = (path, value) => {
  if (typeof value === 'number' && value > 0 && (value < 1 || Number.isSafeInteger(value))) return value;
  throw new ValueError(`${path} expected a share below 1 or a number of rows, got ${describe(value)}.`);
};

/**
 * Divides the rows of a table into training and test rows. `data` has parts that belong together, such as x and y: each
 * a list of rows of any kind, a typed array, flat where a row has several numbers, or an object of columns. With
 * `stratify`, a class of one row stays in training.
 * @throws ShapeError for parts with different numbers of rows; ValueError for an unknown option, or a size that leaves
 * one part without rows.
 * @example
 * const x = [[1], [2], [3], [4], [5], [6], [7], [8]];
 * const y = ['a', 'b', 'a', 'b', 'a', 'b', 'a', 'b'];
 * const { train, test } = trainTestSplit({ x, y }, { stratify: y, seed: 1 });
 * [train.x.length, test.x.length]; // [6, 2]
 * [...test.y].sort(); // ['a', 'b']
 * @category Tables
 */
export function trainTestSplit<T extends Readonly<Record<string, TableRows>>>(
  data: T,
  options?: SplitOptions,
): Split<T> {
  const where = 'trainTestSplit';
  if (!isRecord(data)) {
    throw new ValueError(`${where}: data expected an object of parts, got ${describe(data)}. Write { x, y }.`);
  }
  const read = readOptions<Required<Omit<SplitOptions, 'stratify'>> & { readonly stratify: unknown }>(where, options, {
    testSize: { check: size, or: 0.25 },
    shuffle: { check: flag, or: true },
    seed: { check: seedCheck, or: 0 },
    stratify: { check: unchecked, or: undefined },
  });
  const { testSize, shuffle, seed } = read;
  const rows = countRows(where, data);
  const count = testSize < 1 ? rowsOfShare(rows, testSize) : testSize;
  if (count >= rows) {
    throw new ValueError(`${where}: testSize expected to leave rows on both sides, got ${testSize} of ${rows}.`);
  }
  const classes = read.stratify === undefined ? undefined : classesOf(where, 'stratify', read.stratify);
  if (classes !== undefined && classes.length !== rows) {
    throw new ShapeError(`${where}: stratify expected ${counted(rows, 'value')}, one per row, got ${classes.length}.`);
  }
  if (classes !== undefined && !shuffle) {
    throw new ValueError(`${where}: shuffle expected true where stratify is given, got false.`);
  }
  const parts: Parts = holdOut(rows, count, shuffle ? { seed, stream: STREAM.split } : undefined, classes);
  const pick = (indices: Int32Array): T => {
    const picked: Record<string, unknown> = {};
    for (const name of Object.keys(data)) setField(picked, name, take(data[name], indices, rows));
    return picked as T;
  };
  return { train: pick(parts.train), test: pick(parts.test), rows: parts };
}

/** Reads the options of folds. */
function readFolds(where: string, options: FoldOptions | undefined): Required<FoldOptions> {
  return readOptions<Required<FoldOptions>>(where, options, {
    folds: { check: integer(2), or: 5 },
    shuffle: { check: flag, or: true },
    seed: { check: seedCheck, or: 0 },
  });
}

/** Bound on the size of all divisions, in bytes. */
const MOST_BYTES = 2 ** 31;

function requireFolds(where: string, rows: number, folds: number): void {
  if (folds > rows) {
    throw new ValueError(`${where}: folds expected at most ${rows}, the number of rows, got ${folds}.`);
  }
  const bytes = 4 * rows * folds;
  if (bytes <= MOST_BYTES) return;
  throw new MemoryError(`${where}: divisions expected to take at most ${MOST_BYTES} bytes, got a need of ${bytes}.`);
}

/** Returns the division for each fold, given the fold in which each row is tested. */
function divisions(testedIn: Int32Array, folds: number): Fold[] {
  const sizes = new Int32Array(folds);
  for (const fold of testedIn) sizes[fold] += 1;
  return Array.from(sizes, (size, fold) => {
    const test = new Int32Array(size);
    const train = new Int32Array(testedIn.length - size);
    let tested = 0;
    testedIn.forEach((one, row) => {
      if (one === fold) test[tested++] = row;
      else train[row - tested] = row;
    });
    return { train, test };
  });
}

/**
 * Divides `rows` rows into folds of equal size, the first ones a row larger where they must be. Returns a division for
 * each fold: it is the test, and the other rows are for training, both in the order of the table.
 * @throws ValueError for a number out of range, or more folds than rows.
 * @example
 * kFold(5, { folds: 2, shuffle: false })[0].test; // [0, 1, 2]
 * @category Tables
 */
export function kFold(rows: number, options?: FoldOptions): Fold[] {
  const where = 'kFold';
  requireFewRows(where, 'rows', integer(2)(`${where}: rows`, rows));
  const { folds, shuffle, seed } = readFolds(where, options);
  requireFolds(where, rows, folds);
  const order = shuffle ? permutation(rows, { seed, stream: STREAM.split }) : undefined;
  const testedIn = new Int32Array(rows);
  const least = Math.floor(rows / folds);
  for (let fold = 0, i = 0; fold < folds; fold++) {
    for (const end = i + least + (fold < rows % folds ? 1 : 0); i < end; i++) testedIn[order?.[i] ?? i] = fold;
  }
  return divisions(testedIn, folds);
}

/**
 * `kFold` in which each fold has its share of each class. A class is a value of `labels`, of any kind.
 * @throws ValueError for labels that are no list, a number out of range, or more folds than rows of any class.
 * @example
 * const labels = ['a', 'a', 'b', 'b', 'b', 'b'];
 * stratifiedKFold(labels, { folds: 2, shuffle: false })[0].test; // [0, 2, 3]
 * @category Tables
 */
export function stratifiedKFold(labels: ColumnValues, options?: FoldOptions): Fold[] {
  const where = 'stratifiedKFold';
  const classes = classesOf(where, 'labels', labels);
  const { folds, shuffle, seed } = readFolds(where, options);
  const rowsOf: number[][] = [];
  classes.forEach((one, row) => (rowsOf[one] ??= []).push(row));
  const most = rowsOf.reduce((largest, rows) => Math.max(largest, rows.length), 0);
  if (folds > most) {
    throw new ValueError(`${where}: folds expected at most ${most}, the rows of the largest class, got ${folds}.`);
  }
  requireFolds(where, classes.length, folds);
  const testedIn = new Int32Array(classes.length);
  // Fold i takes as many rows of each class as there are among rows i, i + folds, … of the rows sorted by class.
  let first = 0;
  rowsOf.forEach((rows, of) => {
    const counts = new Array<number>(folds).fill(0);
    for (let i = 0; i < rows.length; i++) counts[(first + i) % folds] += 1;
    first += rows.length;
    const order = shuffle ? permutation(rows.length, { seed, stream: STREAM.split, c1: of }) : undefined;
    let i = 0;
    counts.forEach((count, fold) => {
      for (const end = i + count; i < end; i++) testedIn[rows[order?.[i] ?? i]] = fold;
    });
  });
  return divisions(testedIn, folds);
}
