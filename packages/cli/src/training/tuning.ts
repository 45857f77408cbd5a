/**
 * Random search: trial i has settings that the seed and i alone decide, and a score by cross-validation. A budget of
 * time decides how many trials there are, never what they give.
 */
import type { TrainingTable } from './data.js';
import { DEFAULTS, type NetworkOptions } from './estimate.js';
import { settingsOf, sizesFor, SPACE } from './space.js';
import { scoreSettings, TRIAL_FOLDS } from './trial.js';

export interface Trial {
  readonly index: number;
  readonly options: NetworkOptions;
  /** Bytes of the weights. */
  readonly bytes: number;
  /** Mean and standard deviation of the main score over the folds. */
  readonly score: number;
  readonly spread: number;
}

export interface Budget {
  readonly seconds: number;
  /** Most trials. */
  readonly trials: number;
  /** Most bytes of weights. */
  readonly bytes: number;
}

/**
 * Tries settings until a budget is used up or the signal is given, and reports each trial. Without a signal at least one
 * trial is made.
 * @returns the trials in order; none if no settings are small enough.
 */
export async function tune(
  table: TrainingTable,
  base: NetworkOptions,
  budget: Budget,
  onTrial: (trial: Trial, best: Trial) => void,
  signal?: AbortSignal,
): Promise<Trial[]> {
  const bytesOf = sizesFor(table);
  const end = performance.now() + 1000 * budget.seconds;
  const trials: Trial[] = [];
  let best: Trial | undefined;
  for (let index = 0; index < budget.trials; index++) {
    if (index > 0 && performance.now() >= end) break;
    const options = settingsOf(
      SPACE,
      index,
      { ...DEFAULTS, ...base },
      (drawnOptions) => bytesOf(drawnOptions) <= budget.bytes,
    );
    if (options === undefined) break;
    const scored = await scoreSettings(table, options, TRIAL_FOLDS, signal).catch((error: unknown) => {
      if (signal?.aborted === true) return undefined;
      throw error;
    });
    if (scored === undefined) break;
    const { score, spread } = scored;
    const trial = { index, options, bytes: bytesOf(options), score, spread };
    trials.push(trial);
    if (best === undefined || trial.score > best.score) best = trial;
    onTrial(trial, best);
  }
  return trials;
}
