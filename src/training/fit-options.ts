/**
 * Options of `fit`: their types, defaults and checks. fit.ts and src/model use them; data/ checks the data itself,
 * sample and class weights included.
 */
import { isList } from '../common/arrays.js';
import { fieldOf, fieldsOf, isFunction, isObject } from '../common/objects.js';
import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestionFor } from '../common/other-names.js';
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
import type { Inputs } from '../common/rows.js';
import { HOOKS, inOrder, type Callback } from './callbacks/callback.js';
import type { ClassWeights, SampleWeight, Targets } from './data/shape.js';
import { isBatchSource, type BatchSource } from './data/source.js';

/**
 * Options of `fit`.
 * @category Training and callbacks
 */
export interface FitOptions {
  /** Index of the epoch at which training ends, exclusive; without `initialEpoch` the number of epochs. Default 1. */
  epochs?: number;
  /** Rows per update; the last batch of an epoch may be smaller. Default 32. */
  batchSize?: number;
  /** Whether each epoch takes the rows in a new order, drawn from the model's seed. Default true. */
  shuffle?: boolean;
  /** Share of the rows, in [0, 1), kept for validation: the last ones. Default 0. */
  validationSplit?: number;
  /**
   * Data to evaluate after each epoch: [x, y], [x, y, sampleWeight], or a source of batches, as `fit` takes it, which
   * is started anew each time; a generator continues. Default none.
   */
  validationData?:
    readonly [x: Inputs, y: Targets] | readonly [x: Inputs, y: Targets, sampleWeight: SampleWeight] | BatchSource;
  /**
   * Most batches that are evaluated after an epoch, only if `validationData` is a source. Default all that it yields.
   */
  validationBatches?: number;
  /**
   * Weight of each row in the loss, at least 0. The loss is still divided by the number of rows, as in Keras. A row of
   * weight 0 adds nothing, even if it overflows; only the statistics of batchNormalization and the penalties of
   * activityRegularizer include it. For a model with several outputs one list for all, or one for each, in their order
   * or by their names. Default 1.
   */
  sampleWeight?: SampleWeight;
  /**
   * Weight of the rows of each class, by class index; multiplies with `sampleWeight`. Only for outputs whose targets
   * give the class of a row: an index, one-hot, or yes or no; not several independent ones. For a model with several
   * outputs those of each, in their order or by their names. Default 1.
   */
  classWeight?: ClassWeights;
  /**
   * Whether to leave out the last batch of a pass over the rows if it has fewer than `batchSize` rows. Default false.
   */
  dropLast?: boolean;
  /**
   * Batches per epoch. An epoch continues where the one before ended; at the end of the rows, or of a source that can
   * start again, the next pass begins within the epoch. Default one pass over the rows, or all that a source yields.
   */
  batchesPerEpoch?: number;
  /**
   * Epochs from one validation to the next: with 2 it runs after every second epoch. Other epochs have no logs of
   * validation, and the lists of the history are shorter. Default 1.
   */
  validationFrequency?: number;
  /** Index of the first epoch, for resuming. Default 0. */
  initialEpoch?: number;
  /**
   * What is written to the standard output of Node, Deno and Bun: nothing (0, the default); a line for each epoch,
   * which on a terminal shows the batches so far (1); or a line when an epoch is over (2). Pages write nothing: print
   * in a callback there.
   */
  verbose?: 0 | 1 | 2;
  /** Callbacks, called in their order. Default none. */
  callbacks?: readonly Callback[];
  /** Aborts training after the current batch; `fit` then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Thread that trains. 'worker' trains in a separate thread, so that the calling one stays free; the trained bits are
   * the same. Default 'main'. With 'worker':
   * - Callbacks are called on the calling thread.
   * - `predict` uses the weights of some milliseconds ago; in a page without cross-origin isolation those of the last
   *   callback or end of an epoch.
   * - Data is copied in parts while `fit` begins: do not change it before `onTrainBegin`.
   * - Custom objects need `fromModule`, so that the worker can import them; others throw an UnsupportedError.
   */
  runIn?: 'main' | 'worker';
}

type Optional = 'validationData' | 'validationBatches' | 'signal' | 'sampleWeight' | 'classWeight' | 'batchesPerEpoch';
export type ReadFitOptions = Required<Omit<FitOptions, Optional>> & {
  readonly [K in Optional]: FitOptions[K] | undefined;
};

/** A list of callbacks, whose hooks are functions. */
export const callbackList: Check<readonly Callback[]> = listOf('a list of objects', (path, callback) => {
  if (!isObject(callback)) throw new ValueError(`${path} expected an object, got ${describe(callback)}.`);
  for (const hook of HOOKS) {
    const method = fieldOf(callback, hook);
    if (method !== undefined && !isFunction(method)) {
      throw new ValueError(`${path}: ${hook} expected a function, got ${describe(method)}.`);
    }
  }
  // A method that starts with "on" is meant as a hook; a misspelt one would never be called.
  const stray = Object.keys(callback).find(
    (key) => /^on[A-Z_]/.test(key) && !(HOOKS as readonly string[]).includes(key),
  );
  if (stray !== undefined) {
    throw new ValueError(`${path}: unknown method ${describe(stray)}.${suggestionFor(stray, HOOKS)}`);
  }
  return callback;
});

const verbosity: Check<0 | 1 | 2> = (path, value) => {
  if (value === 0 || value === 1 || value === 2) return value;
  throw new ValueError(`${path} expected 0, 1 or 2, got ${describe(value)}.`);
};

const validationCheck: Check<NonNullable<FitOptions['validationData']>> = (path, value) => {
  if (isBatchSource(value)) return value;
  if (isList(value) && (value.length === 2 || value.length === 3)) {
    // By index: a list may have lost its iterator.
    const { length } = value;
    return Array.from({ length }, (_, index) => value[index]) as unknown as NonNullable<FitOptions['validationData']>;
  }
  const hint = fieldOf(value, 'x') === undefined ? '' : ' Write [x, y].';
  throw new ValueError(
    `${path} expected [x, y], [x, y, sampleWeight] or a source of batches, got ${describe(value)}.${hint}`,
  );
};

/** Recognizes a signal by its methods, since it may come from another realm. */
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
    validationBatches: { check: optional(integer(1)), or: undefined },
    sampleWeight: { check: unchecked, or: undefined },
    classWeight: { check: unchecked, or: undefined },
    validationFrequency: { check: integer(1), or: 1 },
    dropLast: { check: flag, or: false },
    batchesPerEpoch: { check: optional(integer(1)), or: undefined },
    initialEpoch: { check: integer(0), or: 0 },
    verbose: { check: verbosity, or: 0 },
    callbacks: { check: callbackList, or: [] },
    signal: { check: optional(abortSignal), or: undefined },
    runIn: { check: nameOf(['main', 'worker']), or: 'main' },
  });
  if (read.validationData !== undefined && read.validationSplit > 0) {
    throw new ValueError('fit: validationSplit expected 0 where validationData is given, got both.');
  }
  if (read.validationBatches !== undefined && !isBatchSource(read.validationData)) {
    throw new ValueError('fit: validationBatches expected only where validationData is a source, got it without one.');
  }
  return { ...read, callbacks: inOrder(read.callbacks) };
}

/** Throws, if batches come from a source, for options that only rows in memory can have, and for a third argument. */
export function refuseRowOptions(options: FitOptions | undefined, third: unknown): void {
  if (third !== undefined) {
    throw new ValueError('fit: options expected in second place, behind a source of batches, got them in third.');
  }
  for (const name of ['batchSize', 'shuffle', 'dropLast', 'validationSplit', 'sampleWeight'] as const) {
    if (fieldOf(options, name) !== undefined) {
      throw new ValueError(`fit: ${name} expected only with rows in memory, got it with a source of batches.`);
    }
  }
}

/** Throws for batches in an array, which are taken for rows. */
export function refuseBatchList(x: unknown, y: unknown): void {
  if (y === undefined && isList(x)) {
    throw new ValueError('fit: y expected targets, got none. For batches in an array pass () => batches.');
  }
}
