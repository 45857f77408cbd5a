/** Models of tables: made by the options of the command, fitted, asked. Classes and quantities have one form here. */
import type { MlpOptions } from 'wasm-mlp';
import { tableClassifier, tableRegressor, type TableClassifier, type TableRegressor } from 'wasm-mlp/tables';
import type { Choice, Columns } from './data.js';
import type { Task } from './target.js';

/** The options of a network that a person chooses. */
export interface NetworkOptions {
  readonly hiddenLayers: readonly number[];
  readonly learningRate: number;
  readonly l2: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly seed: number;
}

export const DEFAULTS: NetworkOptions = {
  hiddenLayers: [100],
  learningRate: 0.001,
  l2: 1e-4,
  epochs: 200,
  batchSize: 32,
  seed: 0,
};

export type TableModel = TableClassifier | TableRegressor<Float64Array | Readonly<Record<string, Float64Array>>>;
export type Label = string | number | boolean;

/** What a model says of rows. */
export interface Predictions {
  /** The label of each row; none for quantities. */
  readonly labels: readonly Label[];
  /** Probabilities, (rows, classes); none for quantities. */
  readonly probabilities: readonly Float32Array[];
  /** A column of numbers for each target; none for classes. */
  readonly numbers: readonly Float64Array[];
}

/** Returns a model for a task. */
export function makeModel(task: Task, options: NetworkOptions, choices: Readonly<Record<string, Choice>>): TableModel {
  const settings: MlpOptions & { columns: Readonly<Record<string, Choice>> } = { ...options, columns: choices };
  return task === 'classification' ? tableClassifier(settings) : tableRegressor(settings);
}

/** Trains a model, and returns the loss of each epoch. */
export async function fitModel(
  model: TableModel,
  columns: Columns,
  targets: readonly string[],
): Promise<readonly number[]> {
  const history =
    model.kind === 'classifier' ? await model.fit(columns, targets[0]) : await model.fit(columns, [...targets]);
  return history.history.loss;
}

/** Asks a model for rows. */
export function predictRows(model: TableModel, columns: Columns): Predictions {
  if (model.kind === 'classifier') {
    const { classes } = model;
    const probabilities = model.predictProbabilities(columns);
    const labels = probabilities.map((row) => classes[row.indexOf(Math.max(...row))]);
    return { labels, probabilities, numbers: [] };
  }
  const numbers = model.predict(columns);
  const list = numbers instanceof Float64Array ? [numbers] : model.targets.map((name) => numbers[name]);
  return { labels: [], probabilities: [], numbers: list };
}
