/** `wasm-mlp train`: from a table to the file of a model and a report. */
import { DEFAULTS, type NetworkOptions } from '../training/estimate.js';
import { readTrainingTable } from '../training/data.js';
import type { CommandSpec } from './command.js';
import { integerOption, layersOption, numberOption, TABLE_OPTIONS } from './options.js';
import {
  choicesFrom,
  LEARNING_NOTES,
  LEARNING_OPTIONS,
  readLearningOptions,
  trainLarge,
  trainTable,
  withTable,
  type LearningOptions,
} from './training.js';

interface TrainOptions extends LearningOptions {
  readonly hidden?: number[];
  readonly learningRate?: number;
  readonly l2?: number;
  readonly batchSize?: number;
  readonly stream?: boolean;
}

export const train: CommandSpec = {
  name: 'train',
  summary: 'train a model of a table',
  arguments: [['[table]', 'file (.csv, .tsv, .json, .parquet), or - for standard input']],
  options: [
    ...LEARNING_OPTIONS,
    ['--hidden <units>', 'units of the hidden layers: 64,32 (default: 100)', layersOption],
    [
      '--learning-rate <rate>',
      `learning rate of Adam (default: ${DEFAULTS.learningRate})`,
      numberOption('--learning-rate', 1e-12),
    ],
    ['--l2 <strength>', `penalty on the weights (default: ${DEFAULTS.l2})`, numberOption('--l2', 0)],
    ['--batch-size <rows>', `rows per update (default: ${DEFAULTS.batchSize})`, integerOption('--batch-size', 1)],
    ['--stream', 'stream the rows, as is done with files above 200 MB'],
    ['--no-stream', 'read all rows into memory'],
    ...TABLE_OPTIONS,
    ['--json', 'print the result as JSON'],
  ],
  examples: [
    ['wasm-mlp train iris.csv --target species', ''],
    ['wasm-mlp train houses.parquet -t price --columns zip=category', ''],
    [`wasm-mlp train -t y --sql "select * from 'a.csv' order by id"`, ''],
  ],
  notes: LEARNING_NOTES,
  async run([argument], given, print) {
    const options = readLearningOptions<TrainOptions>(given);
    const network = networkOf(options);
    await withTable(argument, options, print, async (reader, isLarge) => {
      if (options.stream ?? isLarge) await trainLarge(reader, network, options, print);
      else
        await trainTable(
          await readTrainingTable(reader, choicesFrom(options)),
          reader.source.name,
          network,
          options,
          print,
        );
    });
  },
};

const networkOf = ({ hidden, learningRate, l2, epochs, batchSize, seed }: TrainOptions): NetworkOptions => ({
  hiddenLayers: hidden ?? DEFAULTS.hiddenLayers,
  learningRate: learningRate ?? DEFAULTS.learningRate,
  l2: l2 ?? DEFAULTS.l2,
  epochs: epochs ?? DEFAULTS.epochs,
  batchSize: batchSize ?? DEFAULTS.batchSize,
  patience: DEFAULTS.patience,
  seed: seed ?? DEFAULTS.seed,
});
