/**
 * What `fit` and `partialFit` of the facades take beside rows and targets: options, and the division into rows to train
 * on and rows to validate on.
 */
import { newDoubles } from '../common/arrays.js';
import type { Matrix } from '../common/column-moments.js';
import { counted, describe } from '../common/describe.js';
import { ShapeError, ValueError } from '../common/errors.js';
import { gatherRows, holdOut, rowsOfShare } from '../common/holdout.js';
import {
  isRecord,
  listOf,
  optional,
  readOptions,
  text,
  unchecked,
  type Check,
  type OptionTable,
} from '../common/options.js';
import { copyRows, openRows, type RowNumbers, type Rows } from '../common/rows.js';
import { STREAM } from '../runtime/random.js';
import { callbackList, type FitOptions } from '../training/fit-options.js';

/**
 * Options of `partialFit` of `mlpRegressor`.
 * @category Tables
 */
export interface PartialFitOptions extends Pick<FitOptions, 'callbacks' | 'signal' | 'runIn' | 'verbose'> {
  /** Weight of each row in the loss, at least 0. The loss is still divided by the number of rows. Default 1. */
  sampleWeight?: RowNumbers;
  /** A name for each column of x, different ones; saved with the model. Default none. */
  featureNames?: readonly string[];
}

/**
 * Rows to validate on.
 * @category Tables
 */
export interface ValidationRows<Y> {
  /** The rows, as `fit` takes them. */
  readonly x: Rows;
  /** A target for each. */
  readonly y: Y;
  /** Weight of each row in the loss, at least 0. Default 1. */
  readonly sampleWeight?: RowNumbers;
}

/**
 * Options of `fit` of `mlpRegressor`; Y are its targets.
 * @category Tables
 */
export interface TableFitOptions<Y = Rows> extends PartialFitOptions {
  /**
   * Rows to validate on after each epoch: a share of those given, in (0, 1), drawn from the seed, which keeps the
   * shares of classes; or rows of your own. Training then stops by the loss on them, `valLoss` in the logs, and ends
   * with the weights for which that was lowest. Default none.
   */
  validation?: number | ValidationRows<Y>;
}

/** Rows with their targets, checked and copied. */
export interface Part {
  readonly x: Matrix;
  readonly y: Matrix | Int32Array;
  readonly sampleWeight: Matrix | undefined;
}

/** Targets of rows as a network takes them, but for their scale. */
export interface Targets {
  readonly rows: number;
  /** Numbers per row. */
  readonly width: number;
  readonly data: Matrix | Int32Array;
  /** Class of each row, whose shares a division keeps. */
  readonly classes?: Int32Array;
}

const validationCheck: Check<unknown> = (path, value) => {
  if (isRecord(value) || (typeof value === 'number' && value > 0 && value < 1)) return value;
  throw new ValueError(`${path} expected a share of the rows in (0, 1) or { x, y }, got ${describe(value)}.`);
};

/** Options of some of the methods. */
const OPTIONS = {
  validation: { check: optional(validationCheck), or: undefined },
  classWeight: { check: unchecked, or: undefined },
  classes: { check: unchecked, or: undefined },
};

/** Options of all methods. */
const EVERYWHERE = {
  sampleWeight: { check: unchecked, or: undefined },
  featureNames: { check: listOf('a list of names', text), or: undefined },
  callbacks: { check: callbackList, or: [] },
  signal: { check: unchecked, or: undefined },
  runIn: { check: unchecked, or: undefined },
  verbose: { check: unchecked, or: undefined },
};

/** Options of a training as they were read. `fit` of the model checks those of type unknown. */
export interface Run extends Pick<FitOptions, 'callbacks' | 'signal' | 'runIn' | 'verbose'> {
  readonly validation: number | Readonly<Record<string, unknown>> | undefined;
  readonly sampleWeight: unknown;
  readonly classWeight: unknown;
  readonly classes: unknown;
  readonly featureNames: readonly string[] | undefined;
}

/** Reads the options of a method, which takes some besides those of all. */
export function readRun(where: string, options: unknown, ...own: ('validation' | 'classWeight' | 'classes')[]): Run {
  const read = readOptions<Run>(where, options, {
    ...EVERYWHERE,
    ...Object.fromEntries(own.map((name) => [name, OPTIONS[name]])),
  } as unknown as OptionTable<Run>);
  // The run has those of the other methods, too, or it would take them from what all objects inherit.
  return Object.assign({ validation: undefined, classWeight: undefined, classes: undefined }, read);
}

/** Reads a weight per row. `fit` of the model checks that it is at least 0. */
function readWeights(where: string, what: string, weights: unknown, rows: number): Matrix | undefined {
  if (weights === undefined) return undefined;
  const source = openRows(where, what, weights, 1);
  if (source.rows !== rows) {
    throw new ShapeError(`${where}: ${what} expected ${counted(rows, 'value')}, got ${source.rows}.`);
  }
  const data = newDoubles(rows);
  source.write(data, 0);
  return data;
}

/** Reads the rows of a part, one per target. */
export function readPart(
  where: string,
  of: string,
  x: unknown,
  width: number,
  targets: Targets,
  weights: unknown,
): Part {
  const source = openRows(where, `${of}x`, x, width);
  requireRows(where, `${of}x`, source.rows, targets.rows);
  return {
    x: copyRows(source),
    y: targets.data,
    sampleWeight: readWeights(where, `${of}sampleWeight`, weights, source.rows),
  };
}

/** Throws unless x has a row per target. */
export function requireRows(where: string, what: string, got: number, rows: number): void {
  if (got === rows) return;
  throw new ShapeError(`${where}: ${what} expected ${counted(rows, 'row')}, one per target, got ${got}.`);
}

/** Takes the rows to validate on from those of a table, or from the options. */
export function divide(
  where: string,
  whole: Part,
  { width, classes }: Targets,
  columns: number,
  { validation }: Run,
  seed: number,
  read: (y: unknown) => Targets,
): { readonly train: Part; readonly held: Part | undefined } {
  if (validation === undefined) return { train: whole, held: undefined };
  if (typeof validation !== 'number') {
    const { x, y, sampleWeight } = readOptions<Record<'x' | 'y' | 'sampleWeight', unknown>>(
      `${where}: validation`,
      validation,
      { x: { check: unchecked }, y: { check: unchecked }, sampleWeight: { check: unchecked, or: undefined } },
    );
    return { train: whole, held: readPart(where, 'validation.', x, columns, read(y), sampleWeight) };
  }
  const rows = whole.x.length / columns;
  const count = rowsOfShare(rows, validation);
  if (count === rows) {
    throw new ValueError(`${where}: validation expected to leave rows on both sides, got ${validation} of ${rows}.`);
  }
  const { train, test } = holdOut(rows, count, { seed, stream: STREAM.split }, classes);
  const part = (indices: Int32Array): Part => ({
    x: gatherRows(whole.x, indices, columns),
    y: gatherRows(whole.y, indices, width),
    sampleWeight: whole.sampleWeight && gatherRows(whole.sampleWeight, indices, 1),
  });
  return { train: part(train), held: part(test) };
}
