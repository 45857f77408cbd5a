/**
 * Cross-validation: an estimator of its own for each fold, trained on the other folds and scored on that one. Folds and
 * seeds of the trainings follow from one seed.
 */
import { isList, isNumbers } from '../common/arrays.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { fieldOf, isFunction, isObject, isThenable } from '../common/objects.js';
import { flag, integer, isRecord, optional, readOptions, setField, unchecked } from '../common/options.js';
import { philox } from '../common/philox.js';
import { lengthOf } from '../common/rows.js';
import type { RowNumbers } from '../index.js';
import { STREAM } from '../runtime/random.js';
import { countRows, take, type TableRows } from './rows.js';
import {
  readScore,
  requireEstimator,
  scoreOf,
  type Score,
  type ScoreFunction,
  type ScoreName,
  type TableEstimator,
} from './scores.js';
import { kFold, requireFold, seedCheck, stratifiedKFold, type Fold } from './splits.js';

const WHERE = 'crossValidate';

/**
 * What an estimator is made for.
 * @category Tables
 */
export interface FoldInfo {
  /** Number of the fold, from 0. */
  readonly fold: number;
  /** Seed for its training, drawn from that of the cross-validation. */
  readonly seed: number;
}

/**
 * Options of `crossValidate`.
 * @category Tables
 */
export interface CrossValidateOptions {
  /** Number of folds, or divisions of your own. Default 5. */
  folds?: number | readonly Fold[];
  /** Seed of the folds and of the seeds for trainings. Default 0. */
  seed?: number;
  /**
   * Whether each fold has its share of each label. Default true for estimators with `predictProbabilities` whose rows
   * have one label each.
   */
  stratify?: boolean;
  /** Scores: names, or functions by a name of yours. Default the estimator's own, `score`. */
  scores?: readonly ScoreName[] | Readonly<Record<string, ScoreName | ScoreFunction>>;
  /** Options for the estimator's `fit`, or a function that returns those of a fold. Default none. */
  fit?: object | ((info: FoldInfo) => object);
  /** Called after each fold; may return a promise. Default none. */
  onFold?: (result: FoldResult) => unknown;
  /** Whether the results have the estimators; otherwise they are disposed. Default false. */
  keepEstimators?: boolean;
  /** Ends the cross-validation, and the training in progress: it is passed to `fit`. Default none. */
  signal?: AbortSignal;
}

/**
 * Result of a fold.
 * @category Tables
 */
export interface FoldResult extends FoldInfo {
  /** Numbers of the rows for training and for the test. */
  readonly rows: Fold;
  /** Scores on the test, by their names. */
  readonly scores: Readonly<Record<string, number>>;
  /** What `fit` returned, for example the history of the training. */
  readonly fitted: unknown;
  /** The estimator, with `keepEstimators`. */
  readonly estimator?: unknown;
}

/**
 * A score over the folds.
 * @category Tables
 */
export interface ScoreSummary {
  /** The score of each fold. */
  readonly values: readonly number[];
  /** Their mean. */
  readonly mean: number;
  /** Of the values, with n − 1. */
  readonly standardDeviation: number;
  /** standardDeviation/√n. Folds share training rows, so it is somewhat too small. */
  readonly standardError: number;
}

/**
 * What `crossValidate` returns.
 * @category Tables
 */
export interface CrossValidation {
  /** Results, in the order of the folds. */
  readonly folds: readonly FoldResult[];
  /** Each score over the folds, by its name. */
  readonly scores: Readonly<Record<string, ScoreSummary>>;
  /** What was predicted for each row by the estimator that had not seen it; undefined for rows of no test. */
  readonly predictions: readonly unknown[];
}

/**
 * Trains and scores an estimator for each fold: made by `make`, trained on the rows of all others. Give it the seed that
 * it is made for.
 * @throws ShapeError for parts with different numbers of rows; ValueError for an unknown option, more folds than rows,
 * or something that is no estimator; what `make`, `fit`, a score or `onFold` throw; the signal's reason.
 * @example
 * const x = Array.from({ length: 60 }, (_, i) => [i, (i * 7) % 11]);
 * const y = x.map(([i]) => (i < 30 ? 'low' : 'high'));
 * const make = ({ seed }: { seed: number }) => mlpClassifier({ seed, hiddenLayers: [8], learningRate: 0.05 });
 * const { scores } = await crossValidate(make, { x, y }, { folds: 3, scores: ['accuracy', 'f1'] });
 * scores.accuracy.values.length; // 3
 * scores.accuracy.mean > 0.9; // true
 * @category Tables
 */
export async function crossValidate<X extends TableRows, Y extends TableRows>(
  make: (info: FoldInfo) => TableEstimator<X, Y> | Promise<TableEstimator<X, Y>>,
  data: { readonly x: X; readonly y: Y; readonly sampleWeight?: RowNumbers },
  options?: CrossValidateOptions,
): Promise<CrossValidation> {
  if (!isFunction(make)) {
    throw new ValueError(`${WHERE}: make expected a function that returns an estimator, got ${describe(make)}.`);
  }
  const read = readOptions<
    Required<Pick<CrossValidateOptions, 'seed' | 'keepEstimators'>> &
      Record<'folds' | 'scores' | 'fit' | 'onFold', unknown> & {
        readonly stratify: boolean | undefined;
        readonly signal: AbortSignal | undefined;
      }
  >(WHERE, options, {
    folds: { check: unchecked, or: 5 },
    seed: { check: seedCheck, or: 0 },
    stratify: { check: optional(flag), or: undefined },
    scores: { check: unchecked, or: undefined },
    fit: { check: unchecked, or: undefined },
    onFold: { check: unchecked, or: undefined },
    keepEstimators: { check: flag, or: false },
    signal: { check: unchecked, or: undefined },
  });
  const { x, y, sampleWeight } = readData(data);
  const parts = { x, y, ...(sampleWeight !== undefined && { sampleWeight }) };
  const rows = countRows(WHERE, parts);
  const scores = readScores(read.scores);
  const { seed, keepEstimators, signal, onFold } = read;
  if (onFold !== undefined && !isFunction(onFold)) {
    throw new ValueError(`${WHERE}: onFold expected a function, got ${describe(onFold)}.`);
  }
  if (read.fit !== undefined && !isObject(read.fit) && !isFunction(read.fit)) {
    throw new ValueError(`${WHERE}: fit expected options or a function, got ${describe(read.fit)}.`);
  }
  const seedOf = (fold: number): number => philox({ seed, stream: STREAM.seeds, c1: fold }, 0)[0];
  const made = async (fold: number): Promise<TableEstimator<unknown, unknown>> => {
    const given = (make as (info: FoldInfo) => unknown)({ fold, seed: seedOf(fold) });
    return requireEstimator(WHERE, 'make', isThenable(given) ? await given : given);
  };
  signal?.throwIfAborted();
  let estimator = await made(0);
  const results: FoldResult[] = [];
  const predictions = new Array<unknown>(rows).fill(undefined);
  try {
    const folds = foldsOf(read.folds, rows, y, seed, read.stratify ?? isClassifier(estimator, y));
    for (let fold = 0; fold < folds.length; fold++) {
      signal?.throwIfAborted();
      if (fold > 0) estimator = await made(fold);
      const { train, test } = folds[fold];
      const info = { fold, seed: seedOf(fold) };
      const given = isFunction(read.fit) ? (read.fit as (info: FoldInfo) => unknown)(info) : read.fit;
      const fitOptions = {
        ...(given as object | undefined),
        ...(sampleWeight !== undefined && { sampleWeight: take(sampleWeight, train, rows) }),
        ...(signal !== undefined && { signal }),
      };
      const [xTrain, yTrain, xTest, yTest] = [train, test].flatMap((one) => [take(x, one, rows), take(y, one, rows)]);
      const fitted = await estimator.fit(
        xTrain,
        yTrain,
        (Object.keys(fitOptions).length > 0 ? fitOptions : undefined) as never,
      );
      const predicted = await estimator.predict(xTest);
      spread(predicted, test, predictions);
      const values: Record<string, number> = {};
      for (const score of scores) {
        setField(values, score.name, await scoreOf(WHERE, score, yTest, predicted, { estimator, x: xTest }));
      }
      const result = { ...info, rows: folds[fold], scores: values, fitted, ...(keepEstimators && { estimator }) };
      results.push(result);
      if (!keepEstimators) estimator.dispose?.();
      await (onFold as ((result: FoldResult) => unknown) | undefined)?.(result);
    }
  } catch (error) {
    estimator.dispose?.();
    for (const one of results) (one.estimator as TableEstimator | undefined)?.dispose?.();
    throw error;
  }
  const summaries: Record<string, ScoreSummary> = {};
  for (const { name } of scores) setField(summaries, name, summaryOf(results.map((one) => one.scores[name])));
  return { folds: results, scores: summaries, predictions };
}

function readData(data: unknown): Readonly<Record<'x' | 'y' | 'sampleWeight', unknown>> {
  if (!isRecord(data)) {
    throw new ValueError(`${WHERE}: data expected { x, y }, got ${describe(data)}.`);
  }
  return readOptions(`${WHERE}: data`, data, {
    x: { check: unchecked },
    y: { check: unchecked },
    sampleWeight: { check: unchecked, or: undefined },
  });
}

function readScores(given: unknown): Score[] {
  const path = `${WHERE}: scores`;
  if (given === undefined) return [readScore(path, undefined)];
  const entries: [string, unknown][] = isList(given)
    ? Array.from({ length: lengthOf(WHERE, 'scores', given) }, (_, i) => {
        const one: unknown = given[i];
        return [typeof one === 'string' ? one : String(i), one];
      })
    : isRecord(given)
      ? Object.entries(given)
      : [];
  if (entries.length === 0) {
    throw new ValueError(`${path} expected names of scores, or functions by name, got ${describe(given)}.`);
  }
  return entries.map(([name, score]) => ({
    ...readScore(`${path}.${name}`, score ?? null, name),
    ...(!isList(given) && { name }),
  }));
}

/** Whether an estimator has probabilities, and rows have one label each. */
const isClassifier = (estimator: TableEstimator<unknown, unknown>, y: unknown): boolean =>
  isFunction(fieldOf(estimator, 'predictProbabilities')) && (isNumbers(y) || (isList(y) && !isList(y[0])));

function foldsOf(given: unknown, rows: number, y: unknown, seed: number, stratify: boolean): readonly Fold[] {
  if (!isList(given)) {
    const folds = integer(2)(`${WHERE}: folds`, given);
    return stratify ? stratifiedKFold(y as readonly unknown[], { folds, seed }) : kFold(rows, { folds, seed });
  }
  const folds = Array.from({ length: given.length }, (_, i) => requireFold(`${WHERE}: folds[${i}]`, given[i], rows));
  if (folds.length === 0) throw new ValueError(`${WHERE}: folds expected at least one division, got none.`);
  return folds;
}

/** Puts what was predicted for the rows of a test where these rows are in the table. */
function spread(predicted: unknown, test: Int32Array, into: unknown[]): void {
  if (!isList(predicted) && !isNumbers(predicted)) {
    throw new ValueError(`${WHERE}: predict expected to return a list or a typed array, got ${describe(predicted)}.`);
  }
  const width = predicted.length / test.length;
  if (!Number.isInteger(width) || width === 0) {
    throw new ShapeError(
      `${WHERE}: predict expected to return ${counted(test.length, 'row')}, got ${counted(predicted.length, 'value')}.`,
    );
  }
  test.forEach((row, i) => {
    const own: unknown[] = Array.from({ length: width }, (_, j) => predicted[i * width + j]);
    into[row] = width === 1 ? own[0] : own;
  });
}

/** Sums are made in the order of the folds. */
function summaryOf(values: readonly number[]): ScoreSummary {
  const { length } = values;
  const mean = values.reduce((sum, value) => sum + value, 0) / length;
  const squares = values.reduce((sum, value) => sum + (value - mean) * (value - mean), 0);
  const standardDeviation = length > 1 ? Math.sqrt(squares / (length - 1)) : 0;
  return { values, mean, standardDeviation, standardError: standardDeviation / Math.sqrt(length) };
}
