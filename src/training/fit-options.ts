import { isList } from '../common/arrays.js';
import { fieldOf, fieldsOf, isFunction, isObject } from '../common/objects.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import {
  flag,
  fraction,
  integer,
  listOf,
  nameOf,
  optional,
  readOptions,
  unchecked,
  type Check,
} from '../common/options.js';
import type { Inputs, RowNumbers } from '../common/rows.js';
import { HOOKS, type Callback } from './callbacks/callback.js';
import type { ClassWeight, Targets } from './data/shape.js';

/** What `fit` takes besides data. */
export interface FitOptions {
  /** Index of the epoch after the last. Default 1. */
  epochs?: number;
  /** Rows per update; the last batch of an epoch may be smaller. Default 32. */
  batchSize?: number;
  /** Whether each epoch sees the rows in a new order, drawn from the model's seed. Default true. */
  shuffle?: boolean;
  /** Share of the rows, the last ones, kept for validation. Default 0. */
  validationSplit?: number;
  /** [x, y] or [x, y, sampleWeight] to validate on after each epoch. */
  validationData?: readonly [x: Inputs, y: Targets] | readonly [x: Inputs, y: Targets, sampleWeight: RowNumbers];
  /**
   * What each row counts for in the loss, at least 0. The loss stays divided by the number of rows, as in Keras.
   * Default 1.
   */
  sampleWeight?: RowNumbers;
  /**
   * What the rows of each class count for, by class index; multiplies with `sampleWeight`. Of a model with one output,
   * whose targets say the class of a row: an index, one-hot, or a yes or no; not several independent ones. Default 1.
   */
  classWeight?: ClassWeight;
  /** Batches of an epoch, where they come from an iterable. Default all that it has. */
  batchesPerEpoch?: number;
  /** Index of the first epoch, for resuming. Default 0. */
  initialEpoch?: number;
  /** Called in their order. Default none. */
  callbacks?: readonly Callback[];
  /** Aborts after the batch in flight; `fit` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * 'worker': trains in a thread of its own, so that this one stays free; the trained bits are the same. Callbacks are
   * called here, `predict` sees the weights of some milliseconds ago, in a page without cross-origin isolation those of
   * the last epoch's end or callback. Data is copied in parts while `fit` begins: leave it as it is until
   * `onTrainBegin`. Not for models with objects of your own. Default 'main'.
   */
  runIn?: 'main' | 'worker';
}

type Optional = 'validationData' | 'signal' | 'sampleWeight' | 'classWeight' | 'batchesPerEpoch';
export type ReadFitOptions = Required<Omit<FitOptions, Optional>> & {
  readonly [K in Optional]: FitOptions[K] | undefined;
};

const callbackList: Check<readonly Callback[]> = listOf('a list of objects', (path, callback) => {
  if (!isObject(callback)) throw new ValueError(`${path} expected an object, got ${describe(callback)}.`);
  for (const hook of HOOKS) {
    const method = fieldOf(callback, hook);
    if (method !== undefined && !isFunction(method)) {
      throw new ValueError(`${path}: ${hook} expected a function, got ${describe(method)}.`);
    }
  }
  // What starts with "on" is meant as a hook; a misspelt one would never be called.
  const stray = Object.keys(callback).find(
    (key) => /^on[A-Z_]/.test(key) && !(HOOKS as readonly string[]).includes(key),
  );
  if (stray !== undefined) {
    throw new ValueError(`${path}: unknown method ${describe(stray)}.${suggestion(stray, HOOKS)}`);
  }
  return callback;
});

const validationCheck: Check<NonNullable<FitOptions['validationData']>> = (path, value) => {
  if (isList(value) && (value.length === 2 || value.length === 3)) {
    // By index: a list may have lost its iterator.
    const { length } = value;
    return Array.from({ length }, (_, index) => value[index]) as unknown as NonNullable<FitOptions['validationData']>;
  }
  throw new ValueError(`${path} expected [x, y] or [x, y, sampleWeight], got ${describe(value)}.`);
};

/** Told by what it can do: it may be of another realm. */
const abortSignal: Check<AbortSignal> = (path, value) => {
  const methods = fieldsOf(value, 'addEventListener', 'removeEventListener', 'throwIfAborted');
  if (Object.values(methods).every(isFunction)) return value as AbortSignal;
  throw new ValueError(`${path} expected an AbortSignal, got ${describe(value)}.`);
};

export function readFitOptions(options: FitOptions | undefined): ReadFitOptions {
  const read = readOptions<ReadFitOptions>('fit', options, {
    epochs: { check: integer(1), or: 1 },
    batchSize: { check: integer(1), or: 32 },
    shuffle: { check: flag, or: true },
    validationSplit: { check: fraction, or: 0 },
    validationData: { check: optional(validationCheck), or: undefined },
    sampleWeight: { check: unchecked, or: undefined },
    classWeight: { check: unchecked, or: undefined },
    batchesPerEpoch: { check: optional(integer(1)), or: undefined },
    initialEpoch: { check: integer(0), or: 0 },
    callbacks: { check: callbackList, or: [] },
    signal: { check: optional(abortSignal), or: undefined },
    runIn: { check: nameOf(['main', 'worker']), or: 'main' },
  });
  if (read.validationData !== undefined && read.validationSplit > 0) {
    throw new ValueError('fit: validationSplit expected 0 where validationData is given, got both.');
  }
  return read;
}

/** Refuses, where batches come from a source, what only rows in memory can have, and a third argument. */
export function refuseRowOptions(options: FitOptions | undefined, third: unknown): void {
  if (third !== undefined) {
    throw new ValueError('fit: options expected in second place, behind a source of batches, got them in third.');
  }
  for (const name of ['batchSize', 'shuffle', 'validationSplit', 'sampleWeight'] as const) {
    if (fieldOf(options, name) !== undefined) {
      throw new ValueError(`fit: ${name} expected only with rows in memory, got it with a source of batches.`);
    }
  }
}

/**
 * Refuses, where rows are in memory, what only a source can have; and batches in an array, which are taken for rows.
 */
export function refuseSourceOptions(x: unknown, y: unknown, options: FitOptions | undefined): void {
  if (fieldOf(options, 'batchesPerEpoch') !== undefined) {
    throw new ValueError('fit: batchesPerEpoch expected only with a source of batches, got it with rows in memory.');
  }
  if (y === undefined && isList(x)) {
    throw new ValueError('fit: y expected targets, got none. For batches in an array pass () => batches.');
  }
}
