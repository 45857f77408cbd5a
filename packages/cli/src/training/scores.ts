/** How good predictions are: one main score for each task, further ones, and what guessing gives. */
import { classificationReport, type ClassificationReport } from 'wasm-mlp/tables';
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

/** 1 − Σ(y − ŷ)²/Σ(y − ȳ)². Where all y are the same it is 1 if they are met, otherwise 0, as in scikit-learn. */
function r2(truth: ArrayLike<number>, predicted: ArrayLike<number>): number {
  const middle = mean(truth);
  let [left, all] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    left += (truth[i] - predicted[i]) ** 2;
    all += (truth[i] - middle) ** 2;
  }
  if (all === 0) return left === 0 ? 1 : 0;
  return 1 - left / all;
}

/** Scores of predictions, the main one first. `truth` has a column for each target. */
export function scoresOf(task: Task, truth: readonly (readonly ReadCell[])[], predictions: Predictions): Score[] {
  const reportOf = (target: number): ClassificationReport =>
    classificationReport(truth[target] as readonly Label[], predictions.labels[target]);
  if (task === 'multilabel') {
    return [{ name: 'accuracy', value: mean(truth.map((_, target) => reportOf(target).accuracy)) }];
  }
  if (task === 'classification') {
    const { accuracy, labels } = reportOf(0);
    // Labels that occur: those that are only predicted have no rows to be right in.
    const recalls = labels.filter(({ support }) => support > 0).map(({ recall }) => recall);
    return [
      { name: 'accuracy', value: accuracy },
      { name: 'balanced accuracy', value: mean(recalls) },
    ];
  }
  const columns = truth.map((column) => Float64Array.from(column, Number));
  const errors = columns.map((column, at) => column.map((value, row) => value - predictions.numbers[at][row]));
  return [
    { name: 'R²', value: mean(columns.map((column, at) => r2(column, predictions.numbers[at]))) },
    ...(columns.length > 1
      ? []
      : [
          { name: 'RMSE', value: Math.sqrt(mean(errors[0].map((error) => error * error))) },
          { name: 'mean absolute error', value: mean(errors[0].map(Math.abs)) },
        ]),
  ];
}

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
