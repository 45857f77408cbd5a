/** One trial: a pure function of the table, the plan, its number and its budget. */
import type { TrainingTable } from '../training/data.js';
import type { NetworkOptions } from '../training/estimate.js';
import { settingsOf, sizesFor } from '../training/space.js';
import { scoreSettings } from '../training/trial.js';
import { planId, type Plan } from './plan.js';
import type { TrialKey, TrialRecord } from './records.js';

export type RunTrial = (trial: TrialKey) => Promise<TrialRecord>;

/** Returns a function that makes trials of a plan. */
export function trialsIn(table: TrainingTable, plan: Plan): RunTrial {
  const [sweep, bytesOf] = [planId(plan), sizesFor(table)];
  const fits = (options: NetworkOptions): boolean => plan.size === null || bytesOf(options) <= plan.size;
  return async ({ trial, epochs }) => {
    const options = settingsOf(plan.space, trial, { ...plan.base, epochs }, fits);
    if (options === undefined) {
      const none = { settings: null, bytes: null, score: null, spread: null, scores: [], hash: null };
      return { sweep, trial, epochs, ...none, error: 'No settings are within the size.' };
    }
    const { hiddenLayers, learningRate, l2, batchSize } = options;
    const { score, spread, scores, hash, error } = await scoreSettings(table, options, plan.folds);
    return {
      sweep,
      trial,
      epochs,
      settings: { hiddenLayers, learningRate, l2, batchSize },
      bytes: bytesOf(options),
      // JSON has no infinities.
      ...(Number.isFinite(score) ? { score, spread } : { score: null, spread: null }),
      scores: scores.filter(Number.isFinite),
      hash,
      ...(error !== undefined && { error }),
    };
  };
}
