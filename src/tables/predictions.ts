/** Predictions as columns: one for a single target, by name for several. */
import { isList } from '../common/arrays.js';
import { setField } from '../common/options.js';
import type { Label } from '../tabular/outputs.js';

/**
 * Predicted numbers: a number for each row, or, of several targets, such columns by their names.
 * @category Tables
 */
export type PredictedNumbers = Float64Array | Readonly<Record<string, Float64Array>>;

/**
 * Predicted labels: a label for each row, or, of several targets, columns of true and false by their names.
 * @category Tables
 */
export type PredictedLabels = readonly Label[] | Readonly<Record<string, boolean[]>>;

/** Returns columns by name. */
function byName<T>(targets: readonly string[], column: (name: string, index: number) => T): Record<string, T> {
  const columns: Record<string, T> = {};
  targets.forEach((name, index) => {
    setField(columns, name, column(name, index));
  });
  return columns;
}

/** Returns the numbers of rows, those of several targets one after the other, as columns. */
export const numberColumns = (flat: Float64Array, targets: readonly string[]): PredictedNumbers =>
  targets.length === 1 ? flat : byName(targets, (_, index) => flat.filter((_value, i) => i % targets.length === index));

/** Returns the label of each row; of several targets, each row has the list of those that are true. */
export const labelColumns = (
  rows: readonly (Label | readonly Label[])[],
  targets: readonly string[],
): PredictedLabels =>
  targets.length === 1
    ? (rows as readonly Label[])
    : byName(targets, (name) => rows.map((labels) => isList(labels) && labels.includes(name)));
