/**
 * The space of settings that searches draw from. Settings of trial i are a function of the space, the seed and i alone,
 * whichever machine draws them, so `tune` and `sweep` make the same trials.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { learnPreprocessing, type Preprocessing } from 'wasm-mlp/tables';
import type { TrainingTable } from './data.js';
import type { NetworkOptions } from './estimate.js';
import { generator } from './random.js';

/** What is tried: for each name a list, of which each value is as likely as the others. */
export interface Space {
  /** Numbers of hidden layers. */
  readonly layers: readonly number[];
  /** Units of a hidden layer. */
  readonly units: readonly number[];
  readonly learningRate: readonly number[];
  readonly l2: readonly number[];
  readonly batchSize: readonly number[];
}

/** Lists instead of ranges: their values print well, and no logarithm differs between engines. */
export const SPACE: Space = {
  layers: [1, 1, 2, 2, 3],
  units: [16, 32, 64, 128, 256],
  learningRate: [1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2],
  l2: [0, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1],
  batchSize: [16, 32, 64, 128, 256],
};

/** Settings that are drawn for a trial until one fits into the size. */
const DRAWS = 100;

/** Settings of trial i, or undefined if none that was drawn is small enough. The first trial has those of `base`. */
export function settingsOf(
  space: Space,
  index: number,
  base: NetworkOptions,
  fits: (options: NetworkOptions) => boolean,
): NetworkOptions | undefined {
  const random = generator(base.seed, index);
  for (let draw = 0; draw < DRAWS; draw++) {
    const options = index === 0 && draw === 0 ? base : { ...base, ...drawn(space, random) };
    if (fits(options)) return options;
  }
  return undefined;
}

function drawn(space: Space, random: RandomGenerator): Partial<NetworkOptions> {
  const one = <T>(values: readonly T[]): T => values[uniformInt(random, 0, values.length - 1)];
  const layers = one(space.layers);
  const hiddenLayers = Array.from({ length: layers }, () => one(space.units));
  return { hiddenLayers, learningRate: one(space.learningRate), l2: one(space.l2), batchSize: one(space.batchSize) };
}

/** Returns a function from settings to the bytes of the weights of their network for a table. */
export function sizesFor(table: TrainingTable): (options: NetworkOptions) => number {
  const preprocessing = preprocessingOf(table);
  return ({ hiddenLayers }) => weightBytes(preprocessing, hiddenLayers, outputsOf(table));
}

/** Learns what the columns of a table become, without their targets. */
function preprocessingOf({ columns, targets, choices }: TrainingTable): Preprocessing {
  const inputs = Object.fromEntries(Object.entries(columns).filter(([name]) => !targets.includes(name)));
  return learnPreprocessing({ columns: choices }).add(inputs).finish();
}

const outputsOf = ({ task, labels, targets }: TrainingTable): number =>
  task === 'classification' ? labels.length : targets.length;

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
