/**
 * Random search: trial i has settings that the seed and i alone decide, and a score by cross-validation. A budget of
 * time decides how many trials there are, never what they give.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { learnPreprocessing, type Preprocessing } from 'wasm-mlp/tables';
import { crossValidate } from './cross-validation.js';
import type { TrainingTable } from './data.js';
import { DEFAULTS, type NetworkOptions } from './estimate.js';
import { generator } from './random.js';
import { spreadOf } from './scores.js';

/** What is tried. Lists instead of ranges: their values print well, and no logarithm differs between engines. */
const SPACE = {
  layers: [1, 1, 2, 2, 3],
  units: [16, 32, 64, 128, 256],
  learningRate: [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2],
  l2: [0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
  batchSize: [16, 32, 64, 128, 256],
};

/** Folds of a trial: enough to tell settings apart. */
const FOLDS = 3;
/** Settings that are drawn for a trial until one fits into the size. */
const DRAWS = 100;

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

/** Bytes of the weights of a network for a table. */
function weightBytes(
  { features, embeddings }: Preprocessing,
  hiddenLayers: readonly number[],
  outputs: number,
): number {
  const vectors = embeddings.reduce((sum, { places, length }) => sum + places * length, 0);
  const widths = [features.length + embeddings.reduce((sum, { length }) => sum + length, 0), ...hiddenLayers, outputs];
  return 4 * widths.slice(1).reduce((sum, width, at) => sum + width * (widths[at] + 1), vectors);
}

/** Learns what the columns of a table become, without their targets. */
function preprocessingOf({ columns, targets, choices }: TrainingTable): Preprocessing {
  const inputs = Object.fromEntries(Object.entries(columns).filter(([name]) => !targets.includes(name)));
  return learnPreprocessing({ columns: choices }).add(inputs).finish();
}

const outputsOf = ({ task, labels, targets }: TrainingTable): number =>
  task === 'classification' ? labels.length : targets.length;

/** Settings of trial i, or undefined if none that was drawn is small enough. The first trial has the defaults. */
function settingsOf(
  index: number,
  base: NetworkOptions,
  fits: (options: NetworkOptions) => boolean,
): NetworkOptions | undefined {
  const random = generator(base.seed, index);
  for (let draw = 0; draw < DRAWS; draw++) {
    const options = index === 0 && draw === 0 ? base : { ...base, ...drawn(random) };
    if (fits(options)) return options;
  }
  return undefined;
}

function drawn(random: RandomGenerator): Partial<NetworkOptions> {
  const one = <T>(values: readonly T[]): T => values[uniformInt(random, 0, values.length - 1)];
  const layers = one(SPACE.layers);
  const hiddenLayers = Array.from({ length: layers }, () => one(SPACE.units));
  return { hiddenLayers, learningRate: one(SPACE.learningRate), l2: one(SPACE.l2), batchSize: one(SPACE.batchSize) };
}

/**
 * Tries settings until a budget is used up, and reports each trial. At least one trial is made.
 * @returns the trials in order; none if no settings are small enough.
 */
export async function tune(
  table: TrainingTable,
  base: NetworkOptions,
  budget: Budget,
  onTrial: (trial: Trial, best: Trial) => void,
): Promise<Trial[]> {
  const preprocessing = preprocessingOf(table);
  const bytesOf = ({ hiddenLayers }: NetworkOptions): number =>
    weightBytes(preprocessing, hiddenLayers, outputsOf(table));
  const folds = Math.min(FOLDS, table.rows);
  const end = performance.now() + 1000 * budget.seconds;
  const trials: Trial[] = [];
  let best: Trial | undefined;
  for (let index = 0; index < budget.trials; index++) {
    if (index > 0 && performance.now() >= end) break;
    const options = settingsOf(
      index,
      { ...DEFAULTS, ...base },
      (drawnOptions) => bytesOf(drawnOptions) <= budget.bytes,
    );
    if (options === undefined) break;
    const { folds: scores } = await crossValidate(table, options, folds, () => undefined, { importance: false });
    const { mean, spread } = spreadOf(scores.map(([main]) => main.value));
    const trial = { index, options, bytes: bytesOf(options), score: mean, spread };
    trials.push(trial);
    if (best === undefined || trial.score > best.score) best = trial;
    onTrial(trial, best);
  }
  return trials;
}
