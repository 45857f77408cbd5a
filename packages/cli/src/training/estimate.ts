/** Models of tables: made by the options of the command, fitted, asked. Classes and quantities have one form here. */
import type { MlpOptions } from 'wasm-mlp';
import {
  tableClassifier,
  tableRegressor,
  type PredictedLabels,
  type PredictedNumbers,
  type TableClassifier,
  type TableRegressor,
} from 'wasm-mlp/tables';
import type { ReadCell } from '../reading/reader.js';
import type { Choice, Columns, TrainingTable } from './data.js';
import type { Task } from './target.js';

/** The options of a network that a person chooses. */
export interface NetworkOptions {
  readonly hiddenLayers: readonly number[];
  readonly learningRate: number;
  readonly l2: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Epochs without a lower loss after which training stops. */
  readonly patience: number;
  readonly seed: number;
}

export const DEFAULTS: NetworkOptions = {
  hiddenLayers: [100],
  learningRate: 0.001,
  l2: 1e-4,
  epochs: 200,
  batchSize: 32,
  patience: 30,
  seed: 0,
};

export type TableModel = TableClassifier<PredictedLabels> | TableRegressor<PredictedNumbers>;
export type Label = string | number | boolean;

/** What a model says of rows. */
export interface Predictions {
  /** A column of labels for each target; none for quantities. */
  readonly labels: readonly (readonly Label[])[];
  /** Probabilities, (rows, classes), of one target; otherwise none. */
  readonly probabilities: readonly Float32Array[];
  /** A column of numbers for each target; none for classes. */
  readonly numbers: readonly Float64Array[];
}

/** Returns a model for a task. */
function makeModel(task: Task, options: NetworkOptions, choices: Readonly<Record<string, Choice>>): TableModel {
  const settings: MlpOptions & { columns: Readonly<Record<string, Choice>> } = { ...options, columns: choices };
  return task === 'regression'
    ? tableRegressor<PredictedNumbers>(settings)
    : tableClassifier<PredictedLabels>(settings);
}

/** Loss of each epoch, on the rows that were trained on and on those held out. */
export interface Losses {
  readonly loss: readonly number[];
  readonly valLoss: readonly number[];
}

/** A model trained on all rows, and how the number of its epochs was found. */
export interface Trained {
  readonly model: TableModel;
  readonly losses: Losses;
  /** Epochs that it was trained for. */
  readonly epochs: number;
}

/** Fewest rows of which some are held out: of fewer, a tenth says nothing. */
const LEAST_TO_VALIDATE = 50;
const VALIDATION_SHARE = 0.1;

type OnEpoch = (epoch: number, logs: Readonly<Record<string, number>>) => void;

/**
 * Trains a model twice. First a tenth of the rows is held out, drawn from the seed: the loss on them says after how many
 * epochs it is best to stop. Then all rows are trained on for so many, since small tables need the tenth, too.
 * @throws the reason of the signal, once it is given.
 */
export async function trainModel(
  { task, choices, columns, targets }: Pick<TrainingTable, 'task' | 'choices' | 'columns' | 'targets'>,
  options: NetworkOptions,
  onEpoch: OnEpoch = () => undefined,
  signal?: AbortSignal,
): Promise<Trained> {
  const model = makeModel(task, options, choices);
  const rows = columns[targets[0]].length;
  const losses = await fitModel(
    model,
    columns,
    targets,
    rows < LEAST_TO_VALIDATE ? undefined : VALIDATION_SHARE,
    onEpoch,
    signal,
  );
  if (losses.valLoss.length === 0) return { model, losses, epochs: losses.loss.length };
  model.dispose();
  const epochs = 1 + losses.valLoss.indexOf(Math.min(...losses.valLoss));
  // The number of epochs is known: no plateau of the training loss ends it earlier.
  const whole = makeModel(task, { ...options, epochs, patience: epochs }, choices);
  await fitModel(whole, columns, targets, undefined, () => undefined, signal);
  return { model: whole, losses, epochs };
}

async function fitModel(
  model: TableModel,
  columns: Columns,
  targets: readonly string[],
  validation: number | undefined,
  onEpoch: OnEpoch,
  signal: AbortSignal | undefined,
): Promise<Losses> {
  const options = {
    ...(signal !== undefined && { signal }),
    ...(validation !== undefined && { validation }),
    callbacks: [{ onEpochEnd: (epoch: number, logs: Readonly<Record<string, number>>) => onEpoch(epoch, logs) }],
  };
  const { history } = await model.fit(columns, targets, options);
  return { loss: history.loss, valLoss: (history as { valLoss?: readonly number[] }).valLoss ?? [] };
}

/** Asks a model for rows. */
export function predictRows(
  model: TableModel,
  columns: Readonly<Record<string, readonly (ReadCell | Date)[]>>,
): Predictions {
  const { targets } = model;
  if (model.kind === 'classifier') {
    if (targets.length > 1) {
      const byName = model.predict(columns) as Readonly<Record<string, boolean[]>>;
      return { labels: targets.map((name) => byName[name]), probabilities: [], numbers: [] };
    }
    const { classes } = model;
    const probabilities = model.predictProbabilities(columns);
    return { labels: [probabilities.map((row) => classes[row.indexOf(Math.max(...row))])], probabilities, numbers: [] };
  }
  const numbers = model.predict(columns);
  const list = numbers instanceof Float64Array ? [numbers] : targets.map((name) => numbers[name]);
  return { labels: [], probabilities: [], numbers: list };
}
