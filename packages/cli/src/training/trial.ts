/** Scores settings by cross-validation: what a search compares. */
import { createHash } from 'node:crypto';
import { MemoryError, WasmMlpError } from 'wasm-mlp';
import { Failure } from '../failure.js';
import { weightsHash } from '../model-files/open.js';
import { crossValidate, foldsFor } from './cross-validation.js';
import type { TrainingTable } from './data.js';
import type { NetworkOptions } from './estimate.js';
import { spreadOf } from './scores.js';

/** Folds of a trial: enough to tell settings apart. */
export const TRIAL_FOLDS = 3;

export interface TrialScore {
  /** Mean and standard deviation of the main score over the folds; the mean is −∞ if training diverged. */
  readonly score: number;
  readonly spread: number;
  /** The main score of each fold. */
  readonly scores: readonly number[];
  /** SHA-256 of the hashes of the models of all folds: equal if all their weights are, to the bit. */
  readonly hash: string;
  /** Why there is no score. */
  readonly error?: string;
}

/**
 * Trains and scores a model for each fold. Settings with which training diverges are the worst of all: that is a
 * result, the same everywhere. A lack of memory is none, since another machine may have more.
 */
export async function scoreSettings(
  table: TrainingTable,
  options: NetworkOptions,
  folds: number,
  signal?: AbortSignal,
): Promise<TrialScore> {
  const hash = createHash('sha256');
  try {
    const { folds: allowed } = foldsFor(table, undefined, folds);
    if (allowed === 0) throw new Failure(`${table.rows} rows are too few to compare settings by.`);
    const validation = await crossValidate(table, options, allowed, () => undefined, {
      importance: false,
      onModel: ({ model }) => hash.update(weightsHash(model)),
      signal,
    });
    if (validation.folds.length === 0) {
      throw new Failure(`No fold can be scored: ${validation.skipped[0].reason}. Settings cannot be compared.`);
    }
    const scores = validation.folds.map(([main]) => main.value);
    const { mean, spread } = spreadOf(scores);
    return { score: mean, spread, scores, hash: hash.digest('hex') };
  } catch (error) {
    if (!(error instanceof WasmMlpError) || error instanceof MemoryError) throw error;
    return { score: -Infinity, spread: 0, scores: [], hash: hash.digest('hex'), error: error.message };
  }
}
