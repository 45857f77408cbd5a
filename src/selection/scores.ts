/** Scores of predictions by name or by a function of the caller's, for cross-validation and importances. */
import { isList, isNumbers } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { fieldOf, isFunction } from '../common/objects.js';
import { nameOf, setField } from '../common/options.js';
import { lengthOf } from '../common/rows.js';
import type { RowNumbers } from '../index.js';
import type { RowLabels } from './labels.js';
import { classificationReport } from './report.js';

/**
 * Anything that learns rows and predicts them, such as `mlpClassifier` and `mlpRegressor`. `predict` returns a list or
 * a typed array, with as many values for each row.
 * @category Tables
 */
export interface TableEstimator<X = never, Y = never> {
  /** Learns rows with their targets; may return a promise. */
  fit(x: X, y: Y, options?: never): unknown;
  /** Predicts rows; may return a promise. */
  predict(x: X): unknown;
  /** Score of the estimator's own, which is taken where none is named. */
  score?(x: X, y: Y): number | Promise<number>;
  /** Probabilities of labels: an estimator that has them is a classifier. */
  predictProbabilities?(x: X): unknown;
  /** Names of the columns. */
  readonly featureNames?: readonly string[] | undefined;
  /** Frees what the estimator holds. */
  dispose?(): void;
}

/**
 * Names of scores. For labels: 'accuracy', 'balancedAccuracy' (mean recall of the labels that occur), 'f1' (mean over the
 * labels); for numbers: 'r2' (mean over the targets), 'meanAbsoluteError', 'rootMeanSquaredError'.
 * @category Tables
 */
export type ScoreName = 'accuracy' | 'balancedAccuracy' | 'f1' | 'r2' | 'meanAbsoluteError' | 'rootMeanSquaredError';

/**
 * A score of your own: larger is better. It gets the true values, the predicted ones as the estimator returned them,
 * and the estimator with its rows, for example for probabilities.
 * @category Tables
 */
export type ScoreFunction = (
  truth: unknown,
  predicted: unknown,
  context: { readonly estimator: unknown; readonly x: unknown },
) => number | Promise<number>;

/** A score, and whether smaller is better. */
export interface Score {
  readonly name: string;
  readonly isError: boolean;
  readonly of: ScoreFunction;
}

/** Returns numbers, of rows or in a list, side by side. */
function flat(what: string, given: unknown): number[] {
  const read: number[] = [];
  const take = (value: unknown): void => {
    if (typeof value === 'number' || typeof value === 'boolean') read.push(Number(value));
    else throw new ValueError(`score: ${what} expected numbers, got ${describe(value)}.`);
  };
  if (!isList(given) && !isNumbers(given)) return (take(given), read);
  for (let i = 0; i < given.length; i++) {
    const row: unknown = given[i];
    if (isList(row) || isNumbers(row)) for (let j = 0; j < row.length; j++) take(row[j]);
    else take(row);
  }
  return read;
}

/** Reads true and predicted numbers of `rows` rows. */
function numbersOf(truth: unknown, predicted: unknown): { known: number[]; given: number[]; width: number } {
  const [known, given] = [flat('truth', truth), flat('predicted', predicted)];
  if (known.length !== given.length) {
    throw new ShapeError(`score: predicted expected ${counted(known.length, 'number')}, got ${given.length}.`);
  }
  // Typed arrays hold all targets side by side; only lists say how many a row has.
  const rows = isList(truth) ? lengthOf('score', 'truth', truth) : known.length;
  return { known, given, width: known.length / rows };
}

const square = (value: number): number => value * value;

const meanOf = (values: readonly number[], of: (value: number, i: number) => number): number =>
  values.reduce((sum, value, i) => sum + of(value, i), 0) / values.length;

function r2(truth: unknown, predicted: unknown): number {
  const { known, given, width } = numbersOf(truth, predicted);
  let total = 0;
  for (let j = 0; j < width; j++) {
    const own = known.filter((_, i) => i % width === j);
    const mean = meanOf(own, (value) => value);
    const squares = own.reduce((sum, value, row) => sum + square(value - given[row * width + j]), 0);
    const whole = own.reduce((sum, value) => sum + square(value - mean), 0);
    total += whole > 0 ? 1 - squares / whole : squares === 0 ? 1 : 0;
  }
  return total / width;
}

/** The scores by name. */
const SCORES: Readonly<Record<ScoreName, Omit<Score, 'name'>>> = {
  accuracy: { isError: false, of: (truth, predicted) => report(truth, predicted).accuracy },
  balancedAccuracy: {
    isError: false,
    of: (truth, predicted) => {
      const occurring = report(truth, predicted).labels.filter(({ support }) => support > 0);
      return meanOf(
        occurring.map(({ recall }) => recall),
        (recall) => recall,
      );
    },
  },
  f1: { isError: false, of: (truth, predicted) => report(truth, predicted).macro.f1 },
  r2: { isError: false, of: r2 },
  meanAbsoluteError: {
    isError: true,
    of: (truth, predicted) => {
      const { known, given } = numbersOf(truth, predicted);
      return meanOf(known, (value, i) => Math.abs(value - given[i]));
    },
  },
  rootMeanSquaredError: {
    isError: true,
    of: (truth, predicted) => {
      const { known, given } = numbersOf(truth, predicted);
      return Math.sqrt(meanOf(known, (value, i) => square(value - given[i])));
    },
  },
};

const report = (truth: unknown, predicted: unknown): ReturnType<typeof classificationReport> =>
  classificationReport(truth as string[], predicted as string[]);

/** The score of an estimator's own. */
const own = (path: string): Score => ({
  name: 'score',
  isError: false,
  of: (truth, _predicted, { estimator, x }) => {
    if (isFunction(fieldOf(estimator, 'score'))) {
      return (estimator as Required<TableEstimator<unknown, unknown>>).score(x, truth);
    }
    throw new ValueError(`${path} expected where an estimator has no method score, got none. Name one, 'accuracy'.`);
  },
});

/** Reads a score: its name, a function, or none for that of the estimator. */
export function readScore(path: string, given: unknown, name = 'score'): Score {
  if (given === undefined) return own(path);
  if (isFunction(given)) return { name, isError: false, of: given as ScoreFunction };
  const known = nameOf(Object.keys(SCORES) as ScoreName[])(path, given);
  return { name: known, ...SCORES[known] };
}

/** Computes a score, which must be a number. */
export async function scoreOf(where: string, score: Score, ...args: Parameters<ScoreFunction>): Promise<number> {
  const value: unknown = await score.of(...args);
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw new ValueError(`${where}: ${score.name} expected to return a number, got ${describe(value)}.`);
}

/** Throws unless a value has the methods of an estimator. */
export function requireEstimator(where: string, what: string, value: unknown): TableEstimator<unknown, unknown> {
  if (isFunction(fieldOf(value, 'fit')) && isFunction(fieldOf(value, 'predict')))
    return value as TableEstimator<unknown, unknown>;
  throw new ValueError(`${where}: ${what} expected an object with fit and predict, got ${describe(value)}.`);
}

/**
 * Scores predictions by the names of scores. Labels: one per row, or a list per row. Numbers: one per row, or a list of as
 * many for each row, whose scores are averaged over the targets (errors over all numbers).
 * @returns the scores by their names.
 * @throws ShapeError if there are not as many predictions as true values, or none; ValueError for an unknown name, or
 * values that the score is not for.
 * @example
 * scorePredictions([1, 2, 3], [1, 2, 4], ['r2', 'meanAbsoluteError']); // { r2: 0.5, meanAbsoluteError: 0.3333333333333333 }
 * scorePredictions(['a', 'b', 'b'], ['a', 'b', 'a'], ['accuracy']); // { accuracy: 0.6666666666666666 }
 * @category Tables
 */
export function scorePredictions<S extends ScoreName>(
  truth: RowLabels | RowNumbers | readonly RowNumbers[],
  predicted: RowLabels | RowNumbers | readonly RowNumbers[],
  scores: readonly S[],
): Record<S, number> {
  const where = 'scorePredictions';
  if (!isList(scores)) throw new ValueError(`${where}: scores expected a list of names, got ${describe(scores)}.`);
  const length = lengthOf(where, 'scores', scores);
  const values: Record<string, number> = {};
  for (let i = 0; i < length; i++) {
    const name = nameOf(Object.keys(SCORES) as ScoreName[])(`${where}: scores[${i}]`, scores[i]);
    const value = SCORES[name].of(truth, predicted, { estimator: undefined, x: undefined }) as number;
    if (!Number.isFinite(value)) {
      throw new ValueError(`${where}: ${name} expected finite numbers, got others or none.`);
    }
    setField(values, name, value);
  }
  return values;
}
