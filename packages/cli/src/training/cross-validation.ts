/** Cross-validation: every row is predicted once by a model that has not seen it. */
import { kFold, stratifiedKFold, takeRows, type Fold } from 'wasm-mlp/tables';
import { Failure } from '../failure.js';
import type { ReadCell } from '../reading/reader.js';
import type { TrainingTable } from './data.js';
import {
  predictRows,
  trainModel,
  type Label,
  type NetworkOptions,
  type Predictions,
  type TableModel,
} from './estimate.js';
import { generator, shuffledOrder } from './random.js';
import { scoresOf, type Score } from './scores.js';

export interface CrossValidation {
  /** Scores of each fold. */
  readonly folds: readonly (readonly Score[])[];
  /** Predictions of all rows, in their order, each by the model that was trained without it. */
  readonly predictions: Predictions;
  /** By column: what the main score of each fold loses when the column's values are shuffled. */
  readonly losses: Readonly<Record<string, readonly number[]>>;
}

/**
 * Trains a model for each fold. Classes are divided evenly.
 * @throws Failure for more folds than the table can have.
 */
export async function crossValidate(
  table: TrainingTable,
  options: NetworkOptions,
  folds: number,
  onFold: (fold: number) => void,
  {
    importance = true,
    onModel,
    signal,
  }: {
    /** Whether columns are shuffled to see what they are worth. */
    readonly importance?: boolean;
    /** Gets the model of each fold once it is trained. */
    readonly onModel?: (model: TableModel) => void;
    /** Ends it. */
    readonly signal?: AbortSignal | undefined;
  } = {},
): Promise<CrossValidation> {
  const { rows, columns, targets, task } = table;
  const truth = targets.map((name) => columns[name]);
  const scores: Score[][] = [];
  const labels = targets.map(() => new Array<Label>(rows));
  const probabilities = new Array<Float32Array>(rows);
  const numbers = targets.map(() => new Float64Array(rows));
  const losses = Object.create(null) as Record<string, number[]>;
  for (const [index, { train, test }] of divide(table, folds, options.seed).entries()) {
    onFold(index);
    const { model } = await trainModel({ ...table, columns: takeRows(columns, train) }, options, undefined, signal);
    onModel?.(model);
    const tested = takeRows(columns, test);
    const predicted = predictRows(model, tested);
    const own = truth.map((column) => Array.from(test, (row) => column[row]));
    const [main, ...others] = scoresOf(task, own, predicted);
    scores.push([main, ...others]);
    for (const { name } of importance ? model.schema.columns : []) {
      const order = shuffledOrder(test.length, generator(options.seed, index));
      const shuffled = { ...tested, [name]: Array.from(order, (row) => tested[name][row]) };
      const [without] = scoresOf(task, own, predictRows(model, shuffled));
      (losses[name] ??= []).push(main.value - without.value);
    }
    const order =
      model.kind === 'classifier' && task === 'classification'
        ? model.classes.map((label) => table.labels.indexOf(label))
        : [];
    test.forEach((row, at) => {
      predicted.labels.forEach((column, target) => (labels[target][row] = column[at]));
      predicted.numbers.forEach((column, target) => (numbers[target][row] = column[at]));
      if (task !== 'classification') return;
      // A class that only other folds have keeps the probability 0.
      const all = new Float32Array(table.labels.length);
      order.forEach((place, column) => (all[place] = predicted.probabilities[at][column]));
      probabilities[row] = all;
    });
    model.dispose();
  }
  const isRegression = task === 'regression';
  return {
    folds: scores,
    predictions: {
      labels: isRegression ? [] : labels,
      probabilities: task === 'classification' ? probabilities : [],
      numbers: isRegression ? numbers : [],
    },
    losses,
  };
}

function divide({ rows, columns, targets, task }: TrainingTable, folds: number, seed: number): Fold[] {
  if (folds > rows) throw new Failure(`--folds expected at most ${rows}, the rows of the table, got ${folds}.`);
  if (task !== 'classification') return kFold(rows, { folds, seed });
  const labels: readonly ReadCell[] = columns[targets[0]];
  const counts = new Map<ReadCell, number>();
  for (const label of labels) counts.set(label, (counts.get(label) ?? 0) + 1);
  const most = Math.max(...counts.values());
  return stratifiedKFold(labels, { folds: Math.min(folds, most), seed });
}
