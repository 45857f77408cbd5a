/** How good predictions are, by the library: one main score for each task, further ones, and what guessing gives. */
import { scorePredictions } from 'wasm-mlp/tables';
import type { Label, Predictions } from './estimate.js';
import type { ReadCell } from '../reading/reader.js';
import type { Task } from './target.js';

export interface Score {
  readonly name: string;
  readonly value: number;
}

const sum = (values: ArrayLike<number>): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i];
  return total;
};
const mean = (values: ArrayLike<number>): number => sum(values) / values.length;

/** Mean, and the standard deviation of a sample. */
export function spreadOf(values: readonly number[]): { readonly mean: number; readonly spread: number } {
  const middle = mean(values);
  const squares = values.map((value) => (value - middle) ** 2);
  return { mean: middle, spread: values.length < 2 ? 0 : Math.sqrt(sum(squares) / (values.length - 1)) };
}

/** Scores of predictions, the main one first. `truth` has a column for each target. */
export function scoresOf(task: Task, truth: readonly (readonly ReadCell[])[], predictions: Predictions): Score[] {
  if (task === 'multilabel') {
    const accuracies = truth.map(
      (column, target) => scorePredictions(column as Label[], predictions.labels[target], ['accuracy']).accuracy,
    );
    return [{ name: 'accuracy', value: mean(accuracies) }];
  }
  if (task === 'classification') {
    const [known, labels] = [truth[0] as Label[], predictions.labels[0]];
    const { accuracy, balancedAccuracy } = scorePredictions(known, labels, ['accuracy', 'balancedAccuracy']);
    return [
      { name: 'accuracy', value: accuracy },
      { name: 'balanced accuracy', value: balancedAccuracy },
    ];
  }
  const columns = truth.map((column) => Float64Array.from(column, Number));
  if (columns.length > 1) {
    const { r2 } = scorePredictions(rowsOf(columns), rowsOf(predictions.numbers), ['r2']);
    return [{ name: 'R²', value: r2 }];
  }
  const names = ['r2', 'rootMeanSquaredError', 'meanAbsoluteError'] as const;
  const { r2, rootMeanSquaredError, meanAbsoluteError } = scorePredictions(columns[0], predictions.numbers[0], names);
  return [
    { name: 'R²', value: r2 },
    { name: 'RMSE', value: rootMeanSquaredError },
    { name: 'mean absolute error', value: meanAbsoluteError },
  ];
}

const rowsOf = (columns: readonly Float64Array[]): number[][] =>
  Array.from(columns[0], (_, row) => columns.map((column) => column[row]));

/** The main score of always saying the most frequent class, or the mean. */
export function guessScore(task: Task, truth: readonly (readonly ReadCell[])[]): Score {
  if (task === 'regression') return { name: 'R²', value: 0 };
  return { name: 'accuracy', value: mean(truth.map(shareOfMostFrequent)) };
}

function shareOfMostFrequent(column: readonly ReadCell[]): number {
  const counts = new Map<ReadCell, number>();
  for (const label of column) counts.set(label, (counts.get(label) ?? 0) + 1);
  return Math.max(...counts.values()) / column.length;
}
