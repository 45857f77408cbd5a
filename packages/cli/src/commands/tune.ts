/** `wasm-mlp tune`: tries settings within a budget, and trains a model with the best. */
import { Failure } from '../failure.js';
import { scoreText } from '../report/of-training.js';
import { bytesText, durationText } from '../terminal/layout.js';
import { readTrainingTable } from '../training/data.js';
import { DEFAULTS } from '../training/estimate.js';
import { tune as search, type Budget, type Trial } from '../training/tuning.js';
import type { CommandSpec } from './command.js';
import { bytesOption, durationOption, integerOption, TABLE_OPTIONS } from './options.js';
import {
  choicesFrom,
  LEARNING_NOTES,
  LEARNING_OPTIONS,
  readLearningOptions,
  trainTable,
  withTable,
  type LearningOptions,
} from './training.js';

interface TuneOptions extends LearningOptions {
  readonly time?: number;
  readonly trials?: number;
  readonly size?: number;
}

/** Seconds, where neither time nor trials are limited. */
const DEFAULT_SECONDS = 60;

export const tune: CommandSpec = {
  name: 'tune',
  summary: 'try settings of a network within a budget, and train with the best',
  arguments: [['[table]', 'file (.csv, .tsv, .json, .parquet), or - for standard input']],
  options: [
    ...LEARNING_OPTIONS,
    ['--time <duration>', 'time for the trials: 90s, 5m, 1h (default: 60s)', durationOption('--time')],
    ['--trials <n>', 'most trials; the same number gives the same result', integerOption('--trials', 1)],
    ['--size <bytes>', 'most bytes of weights: 20KB, 1MB', bytesOption('--size')],
    ...TABLE_OPTIONS,
    ['--json', 'print the result as JSON'],
  ],
  examples: [
    ['wasm-mlp tune houses.csv --target price --time 5m', ''],
    ['wasm-mlp tune iris.csv -t species --trials 20 --size 20KB', 'the same result on every machine'],
  ],
  notes: [
    'Trial i has settings that the seed and i alone decide, and its score by cross-validation of three folds. So --trials gives the same model everywhere; --time gives as many of the same trials as the machine has time for.',
    'Ctrl-C ends the trials, and trains with the best so far; a second one ends the command.',
    ...LEARNING_NOTES,
  ],
  async run([argument], given, print) {
    const options = readLearningOptions<TuneOptions>(given);
    const table = await withTable(argument, options, print, async (reader, isLarge) => {
      if (isLarge) {
        throw new Failure(
          `${reader.source.name} is too large for many trials. Try a part: --sql "select * from '…' using sample 100000 rows (reservoir, 1)".`,
        );
      }
      return readTrainingTable(reader, choicesFrom(options));
    });
    const name = argument ?? 'query';
    const budget: Budget = {
      seconds: options.time ?? (options.trials === undefined ? DEFAULT_SECONDS : Infinity),
      trials: options.trials ?? Infinity,
      bytes: options.size ?? Infinity,
    };
    const base = { ...DEFAULTS, epochs: options.epochs ?? DEFAULTS.epochs, seed: options.seed ?? DEFAULTS.seed };
    const started = performance.now();
    const score = table.task === 'regression' ? 'R²' : 'accuracy';
    let best: Trial | undefined;
    const ending = new AbortController();
    const end = (): void => {
      print.progress('Interrupted: training with the best so far. Ctrl-C again ends that, too.');
      ending.abort();
    };
    const onTrial = (trial: Trial, bestSoFar: Trial): void => {
      // Before the first trial is done there is nothing to keep.
      if (trial.index === 0) process.once('SIGINT', end);
      best = bestSoFar;
      const elapsed = (performance.now() - started) / 1000;
      const left = Number.isFinite(budget.seconds)
        ? `${durationText(Math.max(0, budget.seconds - elapsed))} left`
        : `${trial.index + 1} of ${budget.trials}`;
      print.progress(
        `trial ${String(trial.index + 1).padStart(3)}  ${score} ${scoreText(trial.score)}  best ${scoreText(bestSoFar.score)}  ${left}  ${settingsText(trial)}`,
      );
    };
    const trials = await search(table, base, budget, onTrial, ending.signal);
    process.off('SIGINT', end);
    if (best === undefined) {
      throw new Failure(
        `No network of the search is as small as --size ${bytesText(budget.bytes)}. Leave out columns, or allow more.`,
      );
    }
    if (!print.isJson) {
      print.line(`Best of ${trials.length} trials: ${score} ${scoreText(best.score)} ± ${scoreText(best.spread)}`);
      print.line(`  ${settingsText(best)}\n`);
    }
    await trainTable(table, name, best.options, options, print, { trials });
  },
};

const settingsText = ({ options: { hiddenLayers, learningRate, l2, batchSize } }: Trial): string =>
  `hidden ${hiddenLayers.join(',')}  rate ${learningRate}  l2 ${l2}  batch ${batchSize}`;
