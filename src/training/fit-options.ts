import { describe } from '../common/describe.js';
import { ValueError } from '../common/errors.js';
import { suggestion } from '../common/nearest.js';
import { flag, fraction, integer, optional, readOptions, type Check } from '../common/options.js';
import { HOOKS, type Callback } from './callbacks.js';
import type { Labels, Rows } from './rows.js';

export interface FitOptions {
  /** Index of the epoch after the last. Default 1. */
  epochs?: number;
  /** Rows per update; the last batch of an epoch may be smaller. Default 32. */
  batchSize?: number;
  /** Whether each epoch sees the rows in a new order, drawn from the model's seed. Default true. */
  shuffle?: boolean;
  /** Share of the rows, the last ones, kept for validation. Default 0. */
  validationSplit?: number;
  /** [x, y] to validate on after each epoch. */
  validationData?: readonly [x: Rows, y: Rows | Labels];
  /** Index of the first epoch, for resuming. Default 0. */
  initialEpoch?: number;
  callbacks?: readonly Callback[];
  /** Aborts after the batch in flight; `fit` then rejects with the signal's reason. */
  signal?: AbortSignal;
}

type Read = Required<Omit<FitOptions, 'validationData' | 'signal'>> & Pick<FitOptions, 'validationData' | 'signal'>;

const callbackList: Check<readonly Callback[]> = (path, value) => {
  if (!Array.isArray(value)) throw new ValueError(`${path} expected a list of objects, got ${describe(value)}.`);
  value.forEach((callback: unknown, index) => {
    if (typeof callback !== 'object' || callback === null) {
      throw new ValueError(`${path}[${index}] expected an object, got ${describe(callback)}.`);
    }
    // What starts with "on" is meant as a hook; a misspelt one would never be called.
    const stray = Object.keys(callback).find(
      (key) => /^on[A-Z]/.test(key) && !(HOOKS as readonly string[]).includes(key),
    );
    for (const hook of HOOKS) {
      const method = (callback as Record<string, unknown>)[hook];
      if (method !== undefined && typeof method !== 'function') {
        throw new ValueError(`${path}[${index}]: ${hook} expected a function, got ${describe(method)}.`);
      }
    }
    if (stray !== undefined)
      throw new ValueError(`${path}[${index}]: unknown method "${stray}".${suggestion(stray, HOOKS)}`);
  });
  return value as Callback[];
};

const pair: Check<readonly [Rows, Rows | Labels]> = (path, value) => {
  if (Array.isArray(value) && value.length === 2) return value as unknown as readonly [Rows, Rows];
  throw new ValueError(`${path} expected [x, y], got ${describe(value)}.`);
};

const abortSignal: Check<AbortSignal> = (path, value) => {
  if (value instanceof AbortSignal) return value;
  throw new ValueError(`${path} expected an AbortSignal, got ${describe(value)}.`);
};

export function readFitOptions(options: FitOptions | undefined): Read {
  const read = readOptions<Read>('fit', options, {
    epochs: { check: integer(1), or: 1 },
    batchSize: { check: integer(1), or: 32 },
    shuffle: { check: flag, or: true },
    validationSplit: { check: fraction, or: 0 },
    validationData: { check: optional(pair), or: undefined },
    initialEpoch: { check: integer(0), or: 0 },
    callbacks: { check: callbackList, or: [] },
    signal: { check: optional(abortSignal), or: undefined },
  });
  if (read.validationData !== undefined && read.validationSplit > 0) {
    throw new ValueError('fit: validationSplit expected 0 where validationData is given, got both.');
  }
  return read;
}
