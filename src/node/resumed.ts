/** What `latestCheckpoint` has found for a model, until `modelCheckpoint` takes it at the start of its training. */
import type { CallbackState } from '../training/callbacks/callback.js';

export interface Resumed {
  /** Path of the file. */
  readonly file: string;
  /** Updates that the model had then. */
  readonly updates: number;
  readonly callbacks: readonly CallbackState[];
}

/** By model. */
export const resumed = new WeakMap<object, Resumed>();
