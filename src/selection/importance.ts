/**
 * Importance of columns: how much worse a fitted estimator scores once the values of a column have changed places
 * between rows (Breiman 2001; Fisher, Rudin & Dominici 2019).
 */
import { isList, isNumbers, typedLength } from '../common/arrays.js';
import { describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { gatherRows } from '../common/holdout.js';
import { fieldOf } from '../common/objects.js';
import { integer, isRecord, readOptions, setField, unchecked } from '../common/options.js';
import { permutation } from '../common/philox.js';
import { STREAM } from '../runtime/random.js';
import { countRows, take, type TableRows } from './rows.js';
import {
  readScore,
  requireEstimator,
  scoreOf,
  type ScoreFunction,
  type ScoreName,
  type TableEstimator,
} from './scores.js';
import { seedCheck } from './splits.js';

const WHERE = 'permutationImportance';

/**
 * Options of `permutationImportance`.
 * @category Tables
 */
export interface ImportanceOptions {
  /** Score by its name, or a function. Default the estimator's own, `score`. */
  score?: ScoreName | ScoreFunction;
  /** How often each column changes places. Default 5. */
  repeats?: number;
  /** Seed of the orders. Default 0. */
  seed?: number;
}

/**
 * Importance of a column.
 * @category Tables
 */
export interface ColumnImportance {
  /** Index of the column, or its name where rows are objects or x is an object of columns. */
  readonly column: number | string;
  /** Its name, if it has one: of the object, or of the estimator's `featureNames`. */
  readonly name: string | undefined;
  /** By how much the score got worse, on average. */
  readonly mean: number;
  /** Of the values, with n. */
  readonly standardDeviation: number;
  /** By how much the score got worse in each repetition. */
  readonly values: readonly number[];
}

/**
 * What `permutationImportance` returns.
 * @category Tables
 */
export interface Importances {
  /** The score without permutation. */
  readonly score: number;
  /** The importance of each column, in their order. */
  readonly columns: readonly ColumnImportance[];
}

/**
 * Measures how much worse a fitted estimator scores on rows in which one column is permuted, for each column. Rows that
 * it was not trained on say what it learned for others. Columns that say the same stand in for each other: both may have
 * little importance.
 * @returns the score without permutation, and the importance of each column, in their order.
 * @throws ShapeError for x and y with different numbers of rows; ValueError for an unknown option or something that is
 * no estimator; what `predict` or a score throw.
 * @example
 * const x = Array.from({ length: 80 }, (_, i) => [i % 10, (i * 7) % 13]);
 * const regressor = mlpRegressor({ hiddenLayers: [16], learningRate: 0.02 });
 * await regressor.fit(x, x.map(([a]) => 3 * a), { featureNames: ['size', 'noise'] });
 * const { columns } = await permutationImportance(regressor, x, x.map(([a]) => 3 * a));
 * columns[0].name; // 'size'
 * columns[0].mean > 10 * columns[1].mean; // true
 * @category Tables
 */
export async function permutationImportance<X extends TableRows, Y extends TableRows>(
  estimator: TableEstimator<X, Y>,
  x: X,
  y: Y,
  options?: ImportanceOptions,
): Promise<Importances> {
  const fitted = requireEstimator(WHERE, 'estimator', estimator);
  const read = readOptions<{ score: unknown; repeats: number; seed: number }>(WHERE, options, {
    score: { check: unchecked, or: undefined },
    repeats: { check: integer(1, 2 ** 16), or: 5 },
    seed: { check: seedCheck, or: 0 },
  });
  const score = readScore(`${WHERE}: score`, read.score);
  const rows = countRows(WHERE, { x, y });
  const table = columnsIn(x, rows);
  const truth: unknown = y;
  const scored = async (data: unknown): Promise<number> =>
    scoreOf(WHERE, score, truth, read.score === undefined ? undefined : await fitted.predict(data), {
      estimator,
      x: data,
    });
  const baseline = await scored(x);
  const columns: ColumnImportance[] = [];
  for (const [index, column] of table.columns.entries()) {
    const values: number[] = [];
    for (let repeat = 0; repeat < read.repeats; repeat++) {
      const order = permutation(rows, { seed: read.seed, stream: STREAM.importance, c1: index, c2: repeat });
      const permuted = await scored(table.permuted(column, order));
      values.push(score.isError ? permuted - baseline : baseline - permuted);
    }
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const variance = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0) / values.length;
    const name = typeof column === 'string' ? column : fitted.featureNames?.[column];
    columns.push({ column, name, mean, standardDeviation: Math.sqrt(variance), values });
  }
  return { score: baseline, columns };
}

/** A table whose columns can change places. */
interface Permutable {
  readonly columns: readonly (number | string)[];
  /** Returns a copy in which row i has the value that row order[i] had in a column. */
  permuted(column: number | string, order: Int32Array): unknown;
}

/** Finds the columns of rows in any form. */
function columnsIn(x: unknown, rows: number): Permutable {
  const upTo = (width: number): number[] => Array.from({ length: width }, (_, j) => j);
  if (isNumbers(x)) {
    const width = typedLength(x) / rows;
    return {
      columns: upTo(width),
      permuted(column, order) {
        const copy = gatherRows(x, upTo(rows), width) as Float64Array;
        order.forEach((from, row) => (copy[row * width + Number(column)] = x[from * width + Number(column)]));
        return copy;
      },
    };
  }
  if (!isList(x)) {
    const table = x as Readonly<Record<string, unknown>>;
    return {
      columns: Object.keys(table),
      permuted(column, order) {
        const copy: Record<string, unknown> = {};
        for (const [name, values] of Object.entries(table)) {
          setField(copy, name, name === column ? take(values, order, rows) : values);
        }
        return copy;
      },
    };
  }
  const first: unknown = x[0];
  if (isList(first) || isNumbers(first)) {
    const width = first.length;
    if (!Number.isInteger(width) || width < 1 || width > 2 ** 24) {
      throw new ShapeError(`${WHERE}: x expected rows of values, got ${describe(first)} in row 0.`);
    }
    return {
      columns: upTo(width),
      permuted: (column, order) =>
        x.map((row, i) => upTo(width).map((j) => ((j === column ? x[order[i]] : row) as readonly unknown[])[j])),
    };
  }
  if (!isRecord(first)) {
    // A list of single values is a table of one column.
    if (typeof first === 'object' || typeof first === 'function') {
      throw new ValueError(`${WHERE}: x expected rows of values, got ${describe(first)} in row 0.`);
    }
    return { columns: [0], permuted: (_, order) => take(x, order, rows) };
  }
  const names = [...new Set(x.flatMap((row) => (isRecord(row) ? Object.keys(row) : [])))];
  return {
    columns: names,
    permuted: (column, order) =>
      x.map((row, i) => {
        const copy: Record<string, unknown> = {};
        for (const name of names) setField(copy, name, fieldOf(name === column ? x[order[i]] : row, name));
        return copy;
      }),
  };
}
